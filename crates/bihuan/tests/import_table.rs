//! Tables from strangers: what is read, and what is refused with which code and where.

use bihuan::import::{ImportError, Table, limit};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

const SHEET: &str = "xl/worksheets/sheet1.xml";

fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    Table::read("台账.csv", bytes)
}

/// Asserts the code and the place of a refusal, and that it says something in both languages.
#[track_caller]
fn check_refused(bytes: &[u8], code: &str, line: Option<usize>, column: Option<&str>) {
    let error = read(bytes).unwrap_err();
    assert_eq!((error.code, error.line, error.column.as_deref()), (code, line, column));
    assert_eq!(error.file, "台账.csv");
    assert!(!error.message.zh.is_empty() && !error.message.en.is_empty());
    assert!(error.to_string().starts_with("failed to read `台账.csv`"), "{error}");
}

fn cells(table: &Table) -> Vec<Vec<&str>> {
    table.rows.iter().map(|it| it.cells.iter().map(String::as_str).collect()).collect()
}

fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

/// The workbook with one part put in the place of another, or removed.
fn with_part(bytes: &[u8], name: &str, content: Option<&[u8]>) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let names: Vec<String> =
        (0..from.len()).map(|it| from.by_index(it).unwrap().name().unwrap().into_owned()).collect();
    for part in names {
        if part != name {
            to.raw_copy_file(from.by_name(&part).unwrap()).unwrap();
        }
    }
    if let Some(content) = content {
        to.start_file(name, SimpleFileOptions::default()).unwrap();
        to.write_all(content).unwrap();
    }
    to.finish().unwrap().into_inner()
}

fn plain() -> Vec<u8> {
    workbook(|sheet| {
        sheet.write(0, 0, "责任单位").unwrap();
        sheet.write(0, 1, "数量").unwrap();
        sheet.write(1, 0, "柳埠头村").unwrap();
        sheet.write(1, 1, 3).unwrap();
    })
}

#[test]
fn the_same_table_is_read_from_every_encoding() {
    let text = "编号,名称\nv01,柳埠头村\nv02,\"东槐坡,村\"\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(text);
    let utf16 = |mark: &[u8], swap: fn(u16) -> [u8; 2]| {
        [mark, &text.encode_utf16().flat_map(swap).collect::<Vec<u8>>()].concat()
    };
    let all = [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        gbk.to_vec(),
        utf16(b"\xff\xfe", u16::to_le_bytes),
        utf16(b"\xfe\xff", u16::to_be_bytes),
        utf16(b"", u16::to_le_bytes),
        utf16(b"", u16::to_be_bytes),
        text.replace('\n', "\r\n").into_bytes(),
    ];
    for bytes in &all {
        let table = read(bytes).unwrap();
        assert_eq!(table.columns, ["编号", "名称"]);
        assert_eq!(cells(&table), [["v01", "柳埠头村"], ["v02", "东槐坡,村"]]);
        assert_eq!((table.heading_line, table.rows[1].line), (1, 3));
    }
}

#[test]
fn foreign_and_damaged_encodings_are_refused() {
    let (big5, _, _) = encoding_rs::BIG5.encode("編號,責任單位,問題描述\n一,柳埠頭,垃圾未清運\n");
    let (kana, _, _) = encoding_rs::EUC_JP.encode("ばんごう,なまえ\n1,やなぎ\n");
    let cut = "编号,名称\nv01,柳".as_bytes();
    check_refused(&big5, "file_encoding", None, None);
    check_refused(&kana, "file_encoding", None, None);
    check_refused(b"name\ncaf\xe9s\n", "file_encoding", None, None);
    check_refused(&cut[..cut.len() - 1], "file_encoding", None, None);
    check_refused(b"\xff\xfea\x00,\x00b", "file_encoding", None, None);
}

#[test]
fn semicolons_and_tabs_divide_cells_too() {
    for delimiter in [";", "\t"] {
        let text = "编号,名称\nv01,\"a\"\n".replace(',', delimiter);
        assert_eq!(cells(&read(text.as_bytes()).unwrap()), [["v01", "a"]]);
    }
    let quoted = read("\"a,b,c\";\"d\"\n1;2\n".as_bytes()).unwrap();
    assert_eq!(quoted.columns, ["a,b,c", "d"]);
}

#[test]
fn a_title_above_the_headings_is_passed_over() {
    let text = "苇溪镇整改台账,,\n\n编号,名称,\n 1 ,　乙　,\n,,\n";
    let table = read(text.as_bytes()).unwrap();
    assert_eq!((table.heading_line, table.columns.len()), (3, 2));
    assert_eq!((cells(&table), table.rows[0].line), (vec![vec!["1", "乙"]], 4));
    let one = read(b"name\na\nb\n").unwrap();
    assert_eq!((one.columns.len(), one.rows.len()), (1, 2));
}

#[test]
fn what_is_wrong_in_text_is_told_with_its_place() {
    check_refused(b"", "file_empty", None, None);
    check_refused(b"a,b\n", "file_empty", None, None);
    check_refused(b"a,b\n1,\"2\n3,4\n", "quote_open", Some(2), None);
    check_refused(b"a,a\n1,2\n", "heading_twice", Some(1), Some("a"));
    check_refused(b"a,b\n1,2,3\n", "heading_missing", Some(2), Some("3"));
    check_refused(b"a,b\n1,2\n1,=1+1\n", "cell_formula", Some(3), Some("b"));
    check_refused(b"a,b\n1,\x07\n", "cell_control", Some(2), Some("b"));
    check_refused("a,b\n1,\u{202e}gpj.exe\n".as_bytes(), "cell_control", Some(2), Some("b"));
}

#[test]
fn every_limit_of_a_table_is_kept() {
    let huge = format!("a,b\n1,{}\n", "x".repeat(limit::CELL_BYTES_MAX + 1));
    check_refused(huge.as_bytes(), "cell_large", Some(2), Some("b"));
    let wide = format!("{}\n", vec!["x"; limit::COLUMNS_MAX + 1].join(","));
    check_refused(wide.as_bytes(), "table_columns", Some(1), Some("201"));
    let long = format!("a,b\n{}", "1,2\n".repeat(limit::ROWS_MAX + 1));
    check_refused(long.as_bytes(), "table_rows", Some(limit::ROWS_MAX + 2), None);
    check_refused(&vec![b'x'; limit::FILE_BYTES_MAX + 1], "file_large", None, None);
}

#[test]
fn one_long_text_shared_by_many_cells_is_counted_each_time() {
    let text = "x".repeat(limit::CELL_BYTES_MAX);
    let count = limit::TABLE_BYTES_MAX / limit::CELL_BYTES_MAX + 2;
    let bytes = workbook(|sheet| {
        sheet.write(0, 0, "备注").unwrap();
        for row in 1..count {
            sheet.write(u32::try_from(row).unwrap(), 0, &text[..32_767]).unwrap();
        }
    });
    assert!(bytes.len() < 1_000_000);
    assert_eq!(read(&bytes).unwrap_err().code, "table_large");
}

#[test]
fn files_of_other_kinds_are_known_by_their_first_bytes() {
    check_refused(b"%PDF-1.7 ...", "file_kind", None, None);
    check_refused(b"\x89PNG\r\n", "file_kind", None, None);
    check_refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "file_kind", None, None);
    let name: Vec<u8> = "EncryptedPackage".bytes().flat_map(|it| [it, 0]).collect();
    let locked = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &name].concat();
    check_refused(&locked, "workbook_password", None, None);
}

#[test]
fn a_workbook_is_read_as_it_looks() {
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let bytes = workbook(|sheet| {
        sheet.write(0, 0, "整改台账").unwrap();
        for (column, heading) in ["编号", "发现时间", "数量", "是否超期"].iter().enumerate()
        {
            sheet.write(2, u16::try_from(column).unwrap(), *heading).unwrap();
        }
        sheet.write(4, 0, "0007").unwrap();
        let found = ExcelDateTime::parse_from_str("2021-04-16T15:30:00").unwrap();
        sheet.write_with_format(4, 1, &found, &date).unwrap();
        sheet.write(4, 2, 2.5).unwrap();
        sheet.write(4, 3, true).unwrap();
    });
    let table = read(&bytes).unwrap();
    assert_eq!(table.columns, ["编号", "发现时间", "数量", "是否超期"]);
    assert_eq!(cells(&table), [["0007", "2021-04-16 15:30:00", "2.5", "是"]]);
    assert_eq!((table.heading_line, table.rows[0].line), (3, 5));
}

#[test]
fn the_first_visible_sheet_with_a_table_is_read_and_the_others_are_named() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("空表").unwrap();
    let hidden = workbook.add_worksheet().set_name("隐藏").unwrap();
    hidden.set_hidden(true).write(0, 0, "x").unwrap();
    let sheet = workbook.add_worksheet().set_name("台账").unwrap();
    sheet.write(0, 0, "a").unwrap();
    sheet.write(1, 0, "1").unwrap();
    let table = read(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!((cells(&table), &table.other_sheets), (vec![vec!["1"]], &vec!["空表".to_owned()]));
    let mut empty = Workbook::new();
    empty.add_worksheet();
    check_refused(&empty.save_to_buffer().unwrap(), "workbook_sheet", None, None);
}

#[test]
fn formulas_and_failed_cells_are_refused_where_they_stand() {
    let formula = workbook(|sheet| {
        sheet.write(0, 0, "编号").unwrap();
        sheet.write(0, 1, "数量").unwrap();
        sheet.write(1, 0, "1").unwrap();
        sheet.write(1, 1, Formula::new("=1+1").set_result("2")).unwrap();
    });
    check_refused(&formula, "cell_formula", Some(2), Some("数量"));
    let failed = r#"<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row>
        <row r="2"><c r="A2" t="e"><v>#REF!</v></c></row></sheetData></worksheet>"#;
    let failed = with_part(&plain(), SHEET, Some(failed.as_bytes()));
    check_refused(&failed, "cell_error", Some(2), Some("A"));
}

#[test]
fn a_cell_far_away_costs_no_memory() {
    let sheet = r#"<worksheet><dimension ref="A1:XFD1048576"/><sheetData>
        <row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>
        <row r="1048576"><c r="A1048576" t="str"><v>1</v></c></row></sheetData></worksheet>"#;
    let far = read(&with_part(&plain(), SHEET, Some(sheet.as_bytes()))).unwrap();
    assert_eq!((far.rows.len(), far.rows[0].line), (1, 1_048_576));
    let wide = sheet.replace("\"A1048576\"", "\"XFD1048576\"");
    let wide = with_part(&plain(), SHEET, Some(wide.as_bytes()));
    check_refused(&wide, "table_columns", Some(1_048_576), Some("XFD"));
}

#[test]
fn a_shared_formula_of_a_huge_number_makes_no_room() {
    let sheet = r#"<worksheet><sheetData><row r="1"><c r="A1">
        <f t="shared" si="4000000000" ref="A1:A2">1+1</f><v>2</v></c></row>
        </sheetData></worksheet>"#;
    let bytes = with_part(&plain(), SHEET, Some(sheet.as_bytes()));
    check_refused(&bytes, "cell_formula", Some(1), Some("A"));
}

#[test]
fn bombs_are_counted_while_they_unpack() {
    let packed_well = vec![b' '; 8 * 1024 * 1024];
    let sheet = with_part(&plain(), SHEET, Some(&packed_well));
    assert!(sheet.len() < 100_000);
    check_refused(&sheet, "workbook_unpacked", None, None);
    let styles = vec![b' '; usize::try_from(limit::PART_BYTES_MAX).unwrap() + 1];
    let styles = with_part(&plain(), "xl/styles.xml", Some(&styles));
    check_refused(&styles, "workbook_unpacked", None, None);
    let mut many = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for part in 0..=limit::PACKED_FILES_MAX {
        many.start_file(format!("p{part}"), SimpleFileOptions::default()).unwrap();
    }
    let many = many.finish().unwrap().into_inner();
    check_refused(&many, "workbook_files", None, None);
}

#[test]
fn xml_that_nests_or_names_other_files_is_refused() {
    let deep = "<a>".repeat(limit::XML_DEPTH_MAX + 1);
    let deep = with_part(&plain(), SHEET, Some(deep.as_bytes()));
    check_refused(&deep, "xml_depth", None, None);
    let entity = br#"<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;"#;
    check_refused(&with_part(&plain(), SHEET, Some(entity)), "xml_doctype", None, None);
}

#[test]
fn a_workbook_cut_short_or_without_its_parts_is_refused() {
    let whole = plain();
    assert!(read(&whole).is_ok());
    for len in [4, 30, whole.len() / 2, whole.len() - 1] {
        check_refused(&whole[..len], "workbook_broken", None, None);
    }
    let headless = with_part(&whole, "xl/workbook.xml", None);
    check_refused(&headless, "workbook_sheet", None, None);
    let open = with_part(&whole, SHEET, Some(b"<worksheet>"));
    check_refused(&open, "workbook_broken", Some(1), None);
}
