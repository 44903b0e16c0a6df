//! `bihuan record check`: a proof in a file, with no realm anywhere near.

use crate::program::Program;
use bihuan_core::content::hex;
use bihuan_core::merkle::{leaf_hash, node_hash};
use serde_json::{Value, json};

/// The proof that `乙` is the second of two entries, and the root.
fn proof() -> (Value, String) {
    let leaves = ["甲", "乙"].map(|it| leaf_hash(it.as_bytes()));
    let root = hex(&node_hash(&leaves[0], &leaves[1]));
    let proof = json!({
        "proof": "inclusion", "tree": "rfc6962-sha256", "index": 1, "size": 2,
        "leaf": hex(&leaves[1]), "path": [hex(&leaves[0])], "root": root, "entry": "乙",
    });
    (proof, root)
}

#[test]
fn a_proof_is_checked_and_compared_with_a_root() {
    let program = Program::new();
    let (mut proof, root) = proof();
    let file = program.file("proof.json", &proof.to_string());
    let told = program.run(&["record", "check", &file, "--lang", "en"]).good().stdout;
    assert!(told.contains("entry 2 is in the record of 2") && told.contains("--root"), "{told}");
    let words = ["record", "check", &file, "--root", &root, "--json"];
    let said = program.run(&words).good().json();
    assert_eq!((&said["sound"], &said["compared"]), (&json!(true), &json!(true)));
    let other = "0".repeat(64);
    let told = program.run(&["record", "check", &file, "--root", &other]).exits(1).stdout;
    assert!(told.contains("other_root"), "{told}");
    proof["entry"] = json!("丙");
    let file = program.file("changed.json", &proof.to_string());
    let said = program.run(&["record", "check", &file, "--json"]).exits(1).json();
    assert_eq!(said["fault"]["code"], "other_entry");
}

#[test]
fn what_is_no_proof_is_said_to_be_none() {
    let program = Program::new();
    for text in ["", "{}", "[1]", &"x".repeat(1_100_000)] {
        let file = program.file("odd.json", text);
        program.run(&["record", "check", &file]).exits(2);
    }
    program.run(&["record", "check", &program.path("nowhere")]).exits(3);
}
