//! The packs of the repository: each loads without a gap, and its stories make every move.

use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn folders() -> Vec<PathBuf> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = std::fs::read_dir(packs).unwrap().map(|it| it.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|it| it.is_dir()).collect();
    folders.sort();
    assert!(folders.len() >= 3, "{folders:?}");
    folders
}

fn read(folder: &Path, under: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, under, files);
        } else {
            let name = path.strip_prefix(under).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn load(folder: &Path) -> (Pack, BTreeMap<String, Vec<u8>>) {
    let mut files = BTreeMap::new();
    read(folder, folder, &mut files);
    match Pack::load(&PackFiles { files: files.clone() }) {
        Ok(pack) => (pack, files),
        Err(gaps) => {
            let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
            panic!("{}:\n{}", folder.display(), gaps.join("\n"))
        }
    }
}

#[test]
fn every_pack_loads_without_a_gap_and_says_whom_it_can_hurt() {
    for folder in folders() {
        let (pack, files) = load(&folder);
        assert_eq!(folder.file_name().unwrap(), pack.id.as_str());
        let readme = std::str::from_utf8(&files["README.md"]).unwrap();
        for part in ["## Purpose and basis", "## Retention", "## Whom it can hurt"] {
            assert!(readme.contains(part), "{}: README.md lacks {part}", pack.id);
        }
    }
}

#[test]
fn the_stories_of_a_pack_make_every_move_and_refuse_some() {
    for folder in folders() {
        let (pack, files) = load(&folder);
        let (mut made, mut refused) = (BTreeSet::new(), BTreeSet::new());
        for bytes in files.iter().filter(|(name, _)| name.ends_with(".story")).map(|it| it.1) {
            let report = story::run(&pack, std::str::from_utf8(bytes).unwrap());
            made.extend(report.made);
            refused.extend(report.refused);
        }
        let moves = pack.stages.iter().flat_map(|it| &it.moves);
        let untold: Vec<_> =
            moves.map(|it| format!("move:{}", it.id)).filter(|it| !made.contains(it)).collect();
        assert!(untold.is_empty(), "{}: no story makes {untold:?}", pack.id);
        for code in ["missing", "not_allowed", "same_party"] {
            assert!(refused.contains(code), "{}: no story is refused with {code}", pack.id);
        }
    }
}

#[test]
fn no_pack_of_the_repository_charges_money() {
    for folder in folders() {
        let (pack, _) = load(&folder);
        let charging = pack.tariffs.iter().find(|it| it.fen != 0 || !it.fen_kinds.is_empty());
        assert_eq!(charging, None, "{}", pack.id);
    }
}

#[test]
fn a_pack_with_a_stage_nobody_owns_does_not_load() {
    let folder = folders().into_iter().find(|it| it.ends_with("street_tree")).unwrap();
    let (_, mut files) = load(&folder);
    let text = String::from_utf8(files["pack.toml"].clone()).unwrap();
    let text = text.replace("owner = { role = \"acceptor\" }\n", "");
    files.insert("pack.toml".into(), text.into_bytes());
    let gaps = Pack::load(&PackFiles { files }).unwrap_err();
    assert!(gaps.iter().any(|it| it.code == "no_owner"), "{gaps:?}");
}
