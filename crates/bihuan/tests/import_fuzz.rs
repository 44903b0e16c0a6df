//! Random and damaged files: every one is read or refused, none makes the reader panic.

use bihuan::import::Mapping;
use bihuan::import::fuzz::{fuzz_areas, fuzz_mapping, fuzz_table};
use proptest::prelude::*;
use proptest::sample::Index;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

fn workbook() -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, text) in (0_u16..).zip(["编号", "责任单位", "问题描述", "发现时间"])
    {
        sheet.write(0, column, text).unwrap();
        sheet.write(1, column, format!("{text}一")).unwrap();
        sheet.write(2, column, 44_302.5 + f64::from(column)).unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

/// The workbook with bytes of one unpacked part changed, packed again.
fn with_changes(bytes: &[u8], name: &str, changes: &[(Index, u8)]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let part_name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        if part_name == name {
            for (index, byte) in changes {
                let at = index.index(content.len());
                content[at] = *byte;
            }
        }
        to.start_file(part_name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&content).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// The corpus: every file in `tests/corpus/import`, in the order of names.
fn corpus() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/import");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|it| std::fs::read(it).unwrap()).collect()
}

#[test]
fn the_corpus_is_read_or_refused() {
    let files = corpus();
    assert!(files.len() >= 15, "the corpus is there");
    for bytes in &files {
        fuzz_table(bytes);
        fuzz_areas(bytes);
        fuzz_mapping(bytes);
    }
}

#[test]
fn every_cut_of_the_corpus_is_read_or_refused() {
    for bytes in corpus() {
        for len in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            fuzz_table(&bytes[..len]);
            fuzz_areas(&bytes[..len]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz_table(&bytes);
        fuzz_areas(&bytes);
        fuzz_mapping(&bytes);
    }

    #[test]
    fn random_text_of_tables(text in "[,;\t\"\r\n=0-9a-c编号单位é\u{3000}\u{0}]{0,300}") {
        fuzz_table(text.as_bytes());
        let (gbk, _, _) = encoding_rs::GBK.encode(&text);
        fuzz_table(&gbk);
    }

    #[test]
    fn random_mappings(heading in "(?s).{0,20}", word in "(?s).{0,20}", ours in "(?s).{0,9}") {
        let mut mapping = Mapping::default();
        mapping.columns.insert("unit".to_owned(), heading);
        mapping.values.insert("unit".to_owned(), [(word, ours)].into());
        prop_assert_eq!(Mapping::read("again", &mapping.to_toml()), Ok(mapping));
    }

    #[test]
    fn a_workbook_with_some_bytes_changed(
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = workbook();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        fuzz_table(&bytes);
    }

    #[test]
    fn a_part_with_some_bytes_changed(
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        part in proptest::sample::select(vec![
            "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml",
            "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml",
        ]),
    ) {
        fuzz_table(&with_changes(&workbook(), part, &changes));
    }
}
