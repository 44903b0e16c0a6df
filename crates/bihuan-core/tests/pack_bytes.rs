//! Whatever bytes come in as a pack, the loader answers with gaps: it never panics, and its
//! answer is bounded, sorted and said in both languages.

use bihuan_core::pack::{
    GAPS_MAX, Gap, LIST_MAX, PACK_FILE_BYTES_MAX, PACK_FILES_MAX, Pack, PackFiles,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

const TOML: &str = "pack.toml";
const CSV: &str = "classes.csv";
const SHEET: &str = "documents/sheet.md";

fn good() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/good");
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    BTreeMap::from([TOML, CSV, SHEET].map(read))
}

/// Loads, and looks at the form of the answer.
fn load(files: BTreeMap<String, Vec<u8>>) -> Result<Pack, Vec<Gap>> {
    let answer = Pack::load(&PackFiles { files });
    if let Err(gaps) = &answer {
        assert!(!gaps.is_empty() && gaps.len() <= GAPS_MAX, "{} gaps", gaps.len());
        assert!(gaps.is_sorted());
        for gap in gaps {
            assert!(!gap.what.zh.is_empty() && !gap.what.en.is_empty(), "{gap}");
            assert!(gap.what.en.len() < 2_000, "{gap}");
        }
    }
    answer
}

fn codes(files: BTreeMap<String, Vec<u8>>) -> Vec<&'static str> {
    load(files).expect_err("it has gaps").into_iter().map(|it| it.code).collect()
}

fn with(file: &str, bytes: impl Into<Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let mut files = good();
    files.insert(file.to_owned(), bytes.into());
    files
}

/// The good pack's text with a piece repeated.
fn with_many(piece: impl Fn(usize) -> String, count: usize) -> BTreeMap<String, Vec<u8>> {
    let mut text = good()[TOML].clone();
    for no in 0..count {
        text.extend(piece(no).into_bytes());
    }
    with(TOML, text)
}

#[test]
fn no_files_at_all_are_told() {
    assert_eq!(codes(BTreeMap::new()), ["missing_file", "missing_file"]);
}

#[test]
fn files_too_many_or_too_large_are_told_and_not_read() {
    let large = vec![b'#'; PACK_FILE_BYTES_MAX + 1];
    assert_eq!(codes(with("documents/large.md", large)), ["too_large"]);
    let mut files = good();
    files.extend((0..PACK_FILES_MAX).map(|no| (format!("stories/{no}.story"), Vec::new())));
    assert_eq!(codes(files), ["too_large"]);
    let mut files = good();
    let large = vec![b' '; PACK_FILE_BYTES_MAX];
    files.extend((0..8).map(|no| (format!("documents/{no}.md"), large.clone())));
    assert_eq!(codes(files), ["too_large"]);
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let gaps = load(with(TOML, b"# fine\n\xff\xfe".as_slice())).expect_err("not UTF-8");
    assert_eq!(gaps.iter().map(|it| (it.code, it.line)).collect::<Vec<_>>(), [("not_utf8", 2)]);
    assert_eq!(codes(with(CSV, b"\xff".as_slice()))[0], "not_utf8");
}

#[test]
fn deep_nesting_is_told() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let depth = 100_000;
        let text = format!("a = {}0{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(codes(with(TOML, text)), ["syntax"]);
    }
    for text in [format!("{} = 1", deep_key()), format!("[{}]", deep_key())] {
        let found = codes(with(TOML, text));
        assert!(found.contains(&"syntax") || found.contains(&"unknown_key"), "{found:?}");
    }
}

fn deep_key() -> String {
    vec!["a"; PACK_FILE_BYTES_MAX / 2 - 10].join(".")
}

#[test]
fn lists_without_end_are_told() {
    let source =
        |no| format!("[[source]]\nid = \"s{no}\"\ntitle = {{ zh = \"一\", en = \"1\" }}\n");
    load(with_many(source, LIST_MAX - 1)).expect("as many as may be");
    assert_eq!(codes(with_many(source, LIST_MAX)), ["too_many"]);
    let unknown = |no| format!("[unknown{no}]\n");
    assert_eq!(codes(with_many(unknown, 10 * GAPS_MAX)).len(), GAPS_MAX);
}

#[test]
fn a_file_full_of_faults_is_answered_soon() {
    let words = "{nonsense}\n".repeat(PACK_FILE_BYTES_MAX / 11);
    assert_eq!(codes(with(SHEET, words)), ["unknown_name"; GAPS_MAX]);
    let keys: String = (0..60_000).map(|no| format!("key{no} = {no}\n")).collect();
    assert_eq!(codes(with(TOML, keys)).len(), GAPS_MAX);
    let rows = "x\n".repeat(PACK_FILE_BYTES_MAX / 2);
    assert!(codes(with(CSV, rows)).contains(&"missing_key"));
}

#[test]
fn a_long_chain_of_stages_is_walked() {
    let stage = |no: usize| {
        let next = no + 1;
        format!(
            "[[stage]]\nid = \"c{no}\"\ntitle = {{ zh = \"环\", en = \"Chain\" }}\nis = \"opened\"\n\
             owner = {{ role = \"dispatcher\" }}\nclock = {{ within = \"1 work_day\" }}\n\
             overdue = [{{ after = \"0\", tell = \"inspector\" }}]\n[[stage.move]]\n\
             id = \"m{no}\"\ntitle = {{ zh = \"走\", en = \"Go\" }}\nact = \"advance\"\n\
             by = \"dispatcher\"\nto = \"c{next}\"\n"
        )
    };
    let found = codes(with_many(stage, LIST_MAX - 8));
    assert_eq!(found, ["unknown_name"], "a gap in the stages themselves is told alone");
    let last = |stages: usize, no: usize| match stage(no) {
        text if no + 1 == stages => text.replace(&format!("\"c{stages}\""), "\"c0\""),
        text => text,
    };
    codes(with_many(|no| last(LIST_MAX - 8, no), LIST_MAX - 8));
    let found = codes(with_many(|no| last(100, no), 100));
    assert_eq!(found.iter().filter(|it| **it == "endless").count(), 1, "{found:?}");
    assert_eq!(found.iter().filter(|it| **it == "unreachable").count(), 100);
}

/// Words of the pack language and of TOML, to be stirred into a pack.
const WORDS: [&str; 28] = [
    "[[stage]]\n",
    "[[stage.move]]\n",
    "[stage.allow]\n",
    "is = \"closed\"\n",
    "to = \"seen\"\n",
    "by = \"fitter\"\n",
    "act = \"accept\"\n",
    "act = \"advance\"\n",
    "[[role]]\n",
    "at_most = 1\n",
    "needs = [{ photo = \"after\" }]\n",
    "needs = [{ }]\n",
    "type = \"rows\"\n",
    "type = \"formula\"\n",
    "id = \"\"\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "=",
    ",",
    "\n",
    "99999999999999999999",
    "-1",
    "\u{feff}",
    "；",
];

#[derive(Clone, Debug)]
enum Change {
    Put(usize, &'static str),
    Cut(usize, usize),
    Copy(usize, usize, usize),
    Byte(usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || any::<usize>();
    prop_oneof![
        (at(), 0..WORDS.len()).prop_map(|(at, word)| Change::Put(at, WORDS[word])),
        (at(), 1_usize..80).prop_map(|(at, len)| Change::Cut(at, len)),
        (at(), at(), 1_usize..400).prop_map(|(from, to, len)| Change::Copy(from, to, len)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let spot = |at: usize, len: usize| at % (len + 1);
    let len = bytes.len();
    match *change {
        Change::Put(at, word) => {
            let at = spot(at, len);
            bytes.splice(at..at, word.bytes());
        }
        Change::Cut(at, count) => {
            let at = spot(at, len);
            bytes.drain(at..(at + count).min(len));
        }
        Change::Copy(from, to, count) => {
            let (from, to) = (spot(from, len), spot(to, len));
            let piece = bytes[from..(from + count).min(len)].to_vec();
            bytes.splice(to..to, piece);
        }
        Change::Byte(at, byte) if len > 0 => bytes[at % len] = byte,
        Change::Byte(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_never_panic(
        toml in proptest::collection::vec(any::<u8>(), 0..400),
        csv in "\\PC{0,200}",
    ) {
        let mut files = with(TOML, toml);
        files.insert(CSV.to_owned(), csv.into_bytes());
        let _ = load(files);
    }

    #[test]
    fn a_stirred_pack_never_panics(
        file in prop_oneof![4 => Just(TOML), 1 => Just(CSV), 1 => Just(SHEET)],
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let mut bytes = good().remove(file).expect("it is in the folder");
        for change in &changes {
            apply(&mut bytes, change);
        }
        let _ = load(with(file, bytes));
    }

    /// Lines of the good pack in any order and number are mostly good TOML and mostly no pack.
    #[test]
    fn lines_in_another_order_never_panic(seed in proptest::collection::vec(any::<u16>(), 1..160)) {
        let text = String::from_utf8(good().remove(TOML).expect("there")).expect("UTF-8");
        let parts: Vec<&str> = text.split("\n\n").collect();
        let mixed: Vec<&str> =
            seed.iter().map(|it| parts[usize::from(*it) % parts.len()]).collect();
        let _ = load(with(TOML, mixed.join("\n\n")));
    }
}
