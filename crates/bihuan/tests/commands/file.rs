//! A file of a realm is erased by the built binary, after it was said what would go.

use crate::program::Program;
use std::fs;

#[test]
fn a_file_is_erased_once_it_is_confirmed_and_the_realm_still_verifies() {
    let program = Program::new();
    program.run(&["demo", "--days", "1", "--dir", "town"]).good();
    let run = |words: &[&str]| program.run(&[words, &["--dir", "town", "--json"]].concat());
    let folder = fs::read_dir(program.path("town/files")).unwrap().next().unwrap().unwrap();
    let file = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    let name = |it: &fs::DirEntry| it.file_name().into_string().unwrap();
    let digest = name(&folder) + &name(&file);
    let said = run(&["file", "erase", &digest]).good().json();
    assert_eq!((said["erased"].as_bool(), file.path().exists()), (Some(false), true));
    let said = run(&["file", "erase", &digest, "--yes"]).good().json();
    assert_eq!((said["erased"].as_bool(), file.path().exists()), (Some(true), false));
    let report = run(&["verify"]).good().json();
    assert_eq!(report["report"]["erased"], 1);
    let unknown = run(&["file", "erase", &"0".repeat(64), "--yes"]).exits(2).json();
    assert_eq!(unknown["problem"]["code"], "unknown");

    let findings = run(&["doctor"]).json();
    let found = findings["findings"].as_array().unwrap().iter().find(|it| it["id"] == "pictures");
    assert_eq!(found.unwrap()["state"], "good", "{findings}");
    fs::remove_dir_all(program.path("town/files")).unwrap();
    let findings = run(&["doctor"]).json();
    let found = findings["findings"].as_array().unwrap().iter().find(|it| it["id"] == "files");
    assert_eq!(found.unwrap()["state"], "mend");
    assert!(!fs::exists(program.path("town/files")).unwrap(), "looking makes nothing");
}
