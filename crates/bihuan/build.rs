//! Says when the pages inside the program have changed: files that are new are seen by no macro.

fn main() {
    println!("cargo:rerun-if-changed=../../web/dist");
}
