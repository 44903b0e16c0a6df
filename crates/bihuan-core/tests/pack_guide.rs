//! The guide for writers of packs: its example loads, and it names every word, key and code.

use bihuan_core::clock::RestDay;
use bihuan_core::pack::{
    AcceptBy, Act, Compartment, Counted, DutyDays, Every, Level, Meaning, Pack, PackFiles,
    PlaceKind, Shows, Starts, Surface, TariffOn,
};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).expect("the file is there")
}

/// The first fenced block of a language.
fn block(guide: &str, language: &str) -> String {
    let (_, after) = guide.split_once(&format!("```{language}\n")).expect(language);
    after.split_once("```").expect("a block ends").0.to_owned()
}

/// The words that a type of the pack language knows, as its own refusal lists them.
fn words<T: DeserializeOwned>() -> Vec<String> {
    let error = serde_json::from_str::<T>("\"?\"").err().expect("no word is a question mark");
    let text = error.to_string();
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|it| *it != "?").map(str::to_owned).collect()
}

#[test]
fn the_example_of_the_guide_loads() {
    let guide = read("docs/pack-guide.md");
    let files = BTreeMap::from([
        ("pack.toml".to_owned(), block(&guide, "toml").into_bytes()),
        ("classes.csv".to_owned(), block(&guide, "csv").into_bytes()),
    ]);
    let pack = Pack::load(&PackFiles { files }).expect("the example has no gap");
    assert_eq!(pack.id.as_str(), "bench");
}

#[test]
fn the_guide_names_every_word() {
    let guide = read("docs/pack-guide.md");
    let known = [
        words::<AcceptBy>(),
        words::<Act>(),
        words::<Compartment>(),
        words::<Counted>(),
        words::<DutyDays>(),
        words::<Every>(),
        words::<Level>(),
        words::<Meaning>(),
        words::<PlaceKind>(),
        words::<RestDay>(),
        words::<Shows>(),
        words::<Starts>(),
        words::<Surface>(),
        words::<TariffOn>(),
    ]
    .concat();
    assert!(known.len() > 90, "{} words", known.len());
    for word in known.iter().filter(|it| *it != "field") {
        assert!(guide.contains(&format!("`{word}`")), "the guide does not name `{word}`");
    }
}

/// Every `"word"` that follows one of `calls` in the sources of the loader and its proofs.
fn said(calls: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    for folder in ["load", "proof"] {
        let folder = root().join("crates/bihuan-core/src/pack").join(folder);
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let source = read(entry.expect("readable").path());
            for call in calls {
                for (_, after) in
                    source.match_indices(call).map(|(at, it)| source.split_at(at + it.len()))
                {
                    let word =
                        after.trim_start().strip_prefix('"').and_then(|it| it.split_once('"'));
                    said.extend(word.map(|(word, _)| word.to_owned()));
                }
            }
        }
    }
    said
}

#[test]
fn the_guide_names_every_key() {
    let guide = read("docs/pack-guide.md");
    let calls = [
        "node.get(",
        "node.need(",
        "node.id(",
        "node.text(",
        "node.string(",
        "node.ids(",
        "node.kinds(",
        "node.word(",
        "node.word_or(",
        "node.words(",
        "node.number(",
        "node.some_number(",
        "node.amount(",
        "node.flag(",
        "node.date(",
        "node.node(",
        "node.each(",
        "it.number(",
        "it.some_number(",
        "it.id(",
        "it.text(",
    ];
    let keys = said(&calls);
    assert!(keys.len() > 100, "{} keys", keys.len());
    for key in keys {
        let named =
            ["`KEY`", "`KEY ", " KEY`", "[[stage.KEY]]", " KEY,", " KEY }", "{ KEY ", "{ KEY,"];
        let is_named = named.iter().any(|it| guide.contains(&it.replace("KEY", &key)));
        assert!(is_named, "the guide does not name the key `{key}`");
    }
    for table in said(&["root.each("]) {
        assert!(guide.contains(&format!("[[{table}")), "the guide does not name [[{table}]]");
    }
}

#[test]
fn the_guide_names_every_code() {
    let guide = read("docs/pack-guide.md");
    let codes = said(&["gap(", "gap_at(", "tell(\n            sink,", "tell(sink,", "sink,"]);
    let codes: Vec<String> = codes
        .into_iter()
        .filter(|it| it.bytes().all(|it| it == b'_' || it.is_ascii_lowercase()))
        .collect();
    assert!(codes.len() > 60, "{} codes", codes.len());
    // Lists of keys go through the same calls; they stand in the guide as tables.
    for code in codes {
        let named = guide.contains(&format!("`{code}`")) || guide.contains(&format!("[[{code}"));
        assert!(named, "the guide does not name `{code}`");
    }
}
