//! The habits of the house are tests too: `cargo test` fails where `cargo xtask tidy` does.

#[test]
fn the_house_is_tidy() {
    let faults = xtask::tidy::check(&xtask::process::root()).expect("the workspace can be read");
    let said: String = faults.iter().map(|it| format!("{it}\n")).collect();
    assert!(faults.is_empty(), "{} faults:\n{said}", faults.len());
}
