//! The tree of a real district, from the public list of its codes.

use bihuan::import::codes;
use bihuan::import::table::Table;
use bihuan_core::text::Text;
use bihuan_core::unit::{UnitId, Units};

const LIST: &[u8] = include_bytes!("data/shangjie-units.tsv");

#[test]
fn a_real_districts_tree_is_read_from_its_codes() {
    let table = Table::read("units.tsv", LIST).expect("the list is a table");
    assert!(codes::is_list(&table));
    let preview =
        codes::read(&table, &Text::new("上街区", "Shangjie District")).expect("it is whole");
    assert!(preview.faults.is_empty(), "{:?}", preview.faults);
    let units: Vec<_> = preview.rows.into_iter().map(|it| it.row).collect();
    assert_eq!(units.len(), 64 + 6 + 1);
    let units = Units::build(units).expect("it is a tree");
    let town = UnitId("u410106100".into());
    assert_eq!(units.children(&town).count(), 30);
    let kinds = |kind: &str| units.children(&town).filter(|it| it.kind.0 == kind).count();
    assert_eq!((kinds("community"), kinds("village"), kinds("park")), (7, 22, 1));
    assert!(units.is_within(&UnitId("u410106100208".into()), &UnitId("u410106".into())));
}

#[test]
fn a_code_that_does_not_fit_its_town_is_told_by_line() {
    let text = "code12\tname\ttown_code9\ttown\tkind\n\
                990106100201\t甲村\t990106100\t乙镇\t村委会\n\
                990106101201\t丙村\t990106100\t乙镇\t村委会\n\
                990106100201\t甲村\t990106100\t乙镇\t村委会\n";
    let table = Table::read("units.tsv", text.as_bytes()).expect("it is a table");
    let preview = codes::read(&table, &Text::new("丁区", "D")).expect("it has its columns");
    let faults: Vec<_> = preview.faults.iter().map(|it| (it.line, it.code)).collect();
    assert_eq!(faults, [(3, "value_unknown"), (4, "value_twice")]);
    assert_eq!(preview.rows.len(), 3);
}

#[test]
fn the_real_tree_stands_beside_another_in_one_realm() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_string_lossy().into_owned();
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/shangjie-units.tsv");
    let run = |words: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_bihuan"));
        let output = program.args(words).args(["--dir", &dir, "--json"]).output();
        let output = output.expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(run(&["demo", "--days", "1"]).0, Some(0));
    let (code, told) = run(&["import", "units", list, "--district", "上街区"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = run(&["verify"]);
    assert_eq!(code, Some(0), "{told}");
}
