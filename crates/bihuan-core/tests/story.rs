//! Runs every story of every pack, and the stories of the engine itself.

use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read_folder(folder: &Path, under: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, under, files);
        } else {
            let name = path.strip_prefix(under).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn load(folder: &Path) -> (Pack, BTreeMap<String, Vec<u8>>) {
    let mut files = BTreeMap::new();
    read_folder(folder, folder, &mut files);
    let pack = Pack::load(&PackFiles { files: files.clone() });
    (pack.unwrap_or_else(|gaps| panic!("{}: {gaps:#?}", folder.display())), files)
}

#[test]
fn every_story_of_every_pack_comes_out_as_told() {
    let mut told = 0;
    for entry in std::fs::read_dir(root().join("packs")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let (pack, files) = load(&folder);
        for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".story")) {
            let report = story::run(&pack, std::str::from_utf8(bytes).unwrap());
            assert!(report.faults.is_empty(), "{}/{name}: {:#?}", folder.display(), report.faults);
            told += 1;
        }
    }
    assert!(told >= 10, "{told} stories");
}

#[test]
fn the_stories_of_the_engine_come_out_as_told() {
    let (pack, _) = load(&root().join("packs/sanitation"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let report = story::run(&pack, &std::fs::read_to_string(&path).unwrap());
        assert!(report.faults.is_empty(), "{}: {:#?}", path.display(), report.faults);
    }
}

#[test]
fn a_story_that_tells_otherwise_is_found_out() {
    let (pack, files) = load(&root().join("packs/sanitation"));
    let text = String::from_utf8(files["stories/clear.story"].clone()).unwrap();
    let text = text.replace("refused: same_party", "-> closed");
    let report = story::run(&pack, &text);
    assert_eq!(report.faults.len(), 1, "{:#?}", report.faults);
}
