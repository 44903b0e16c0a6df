//! Packs that must not run: each is the good one broken in one place, and tells just that.

use bihuan_core::pack::{Gap, Pack, PackFiles};
use std::collections::BTreeMap;
use std::path::Path;

const TOML: &str = "pack.toml";
const CSV: &str = "classes.csv";
const SHEET: &str = "documents/sheet.md";

fn good() -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/good");
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    PackFiles { files: BTreeMap::from([TOML, CSV, SHEET].map(read)) }
}

fn text(files: &PackFiles, file: &str) -> String {
    String::from_utf8(files.files[file].clone()).expect("the good pack is UTF-8")
}

/// The good pack with `old`, which stands once, replaced by `new` in a file.
fn broken(changes: &[(&str, &str, &str)]) -> PackFiles {
    let mut files = good();
    for (file, old, new) in changes {
        let before = text(&files, file);
        assert_eq!(before.matches(old).count(), 1, "{old} must stand once in {file}");
        files.files.insert((*file).to_owned(), before.replacen(old, new, 1).into_bytes());
    }
    files
}

fn gaps(files: &PackFiles) -> Vec<Gap> {
    Pack::load(files).expect_err("a broken pack must not load")
}

/// The line, from 1, on which `needle` begins.
fn line_of(files: &PackFiles, file: &str, needle: &str) -> u32 {
    let text = text(files, file);
    let at = text.find(needle).unwrap_or_else(|| panic!("{needle} is not in {file}"));
    text[..at].matches('\n').count() as u32 + 1
}

/// Breaks the good pack; each gap wanted is a code, a file and what its line begins at.
#[track_caller]
fn check(changes: &[(&str, &str, &str)], wanted: &[(&str, &str, &str)]) {
    let files = broken(changes);
    let found: Vec<Gap> = gaps(&files);
    let mut wanted: Vec<(String, u32, String)> = wanted
        .iter()
        .map(|(code, file, at)| ((*file).to_owned(), line_of(&files, file, at), (*code).to_owned()))
        .collect();
    wanted.sort();
    let brief: Vec<(String, u32, String)> =
        found.iter().map(|it| (it.file.clone(), it.line, it.code.to_owned())).collect();
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(brief, wanted, "{told:#?}");
    for gap in &found {
        assert!(!gap.what.zh.is_empty() && !gap.what.en.is_empty(), "{gap}");
    }
}

/// The first stage of the file with this id, up to its first move.
fn stage_line(id: &str) -> String {
    format!("[[stage]]\nid = \"{id}\"")
}

fn move_line(id: &str) -> String {
    format!("[[stage.move]]\nid = \"{id}\"")
}

#[test]
fn the_good_pack_has_no_gap() {
    let pack = Pack::load(&good()).unwrap();
    assert_eq!(pack.stages.len(), 7);
    assert_eq!(pack.classes.len(), 2);
    let mut files = good();
    let csv = [b"\xef\xbb\xbf".as_slice(), &files.files[CSV]].concat();
    files.files.insert(CSV.to_owned(), csv);
    assert_eq!(Pack::load(&files).unwrap(), pack, "a byte order mark changes nothing");
}

#[test]
fn a_word_that_is_not_known_is_told_with_the_one_meant() {
    let files = broken(&[(TOML, "duty_days =", "duty_dayz =")]);
    let found = gaps(&files);
    assert_eq!((found[0].code, found[0].line), ("unknown_key", 3));
    assert!(found[0].what.en.contains("did you mean `duty_days`"), "{}", found[0]);
    check(
        &[(TOML, "every = \"month\"", "every = \"moon\"")],
        &[("bad_word", TOML, "every = \"moon\"")],
    );
    check(
        &[(TOML, "to = \"looking\"", "to = \"lookin\"")],
        &[("unknown_name", TOML, "to = \"lookin\"")],
    );
    check(
        &[(TOML, "shows = \"field:work_done\"", "shows = \"field:works_done\"")],
        &[("unknown_name", TOML, "shows = \"field:works_done\"")],
    );
}

#[test]
fn a_value_of_the_wrong_type_or_size_is_told() {
    check(&[(TOML, "rev = 1", "rev = \"1\"")], &[("wrong_type", TOML, "rev =")]);
    check(&[(TOML, "rev = 1", "rev = 0")], &[("bad_value", TOML, "rev =")]);
    check(&[(TOML, "\"80%\"", "\"180%\"")], &[("bad_value", TOML, "warn =")]);
    check(&[(TOML, "\"2 work_day\"", "\"2 day\"")], &[("bad_value", TOML, "within = \"2 day\"")]);
    check(&[(TOML, "id = \"lamp\"", "id = \"路灯\"")], &[("bad_key", TOML, "id = \"路灯\"")]);
    check(&[(TOML, "[[duty]]", "[duty]")], &[("wrong_type", TOML, "[duty]")]);
}

#[test]
fn a_text_in_one_language_is_told() {
    check(
        &[(TOML, "title = { zh = \"派工\", en = \"Send\" }", "title = { zh = \"派工\" }")],
        &[("missing_text", TOML, "title = { zh = \"派工\" }")],
    );
    check(&[(CSV, "Dark at night", "")], &[("missing_text", CSV, "L1,")]);
}

#[test]
fn a_key_that_stands_twice_is_told_where_it_stands_again() {
    check(
        &[(TOML, "id = \"send_back\"", "id = \"declare\"")],
        &[("duplicate_id", TOML, "id = \"declare\"\ntitle = { zh = \"返工\"")],
    );
    check(&[(CSV, "\nL2,", "\nL1,")], &[("duplicate_id", CSV, "L1,L,路灯,Lamps,灯杆")]);
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let found = gaps(&broken(&[(TOML, "[watch]", "[watch")]));
    let files = broken(&[(TOML, "[watch]", "[watch")]);
    let wanted = [("syntax", line_of(&files, TOML, "[watch"))];
    assert_eq!(found.iter().map(|it| (it.code, it.line)).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_stage_needs_an_owner_a_clock_and_what_follows() {
    let waiting = stage_line("waiting");
    let owner = "owner = { role = \"dispatcher\" }\nclock = { within = \"4 work_hour\", starts";
    check(
        &[(TOML, owner, "clock = { within = \"4 work_hour\", starts")],
        &[("no_owner", TOML, &waiting)],
    );
    let clock = "clock = { within = \"1 work_day\" }\n";
    check(&[(TOML, clock, "")], &[("no_clock", TOML, &stage_line("looking"))]);
    let overdue = "overdue = [{ after = \"0\", tell = \"dispatcher\" }]\n";
    check(&[(TOML, overdue, "")], &[("no_escalation", TOML, &stage_line("looking"))]);
    check(
        &[(TOML, "{ after = \"1 work_day\", supervise = \"red\" }", "{ after = \"1 work_day\" }")],
        &[("no_escalation", TOML, "{ after = \"1 work_day\" }")],
    );
}

#[test]
fn an_end_has_nothing_after_it() {
    check(
        &[(TOML, "is = \"voided\"", "is = \"voided\"\nowner = { role = \"dispatcher\" }")],
        &[("final_stage", TOML, &stage_line("voided"))],
    );
}

#[test]
fn a_stage_must_be_reached_and_must_end() {
    check(
        &[(TOML, "allow = { merge = \"dispatcher\", note", "allow = { note")],
        &[("unreachable", TOML, &stage_line("merged"))],
    );
    let accept = "act = \"accept\"\nby = [\"inspector\"]\nto = \"closed\"";
    let stays = "act = \"accept\"\nby = [\"inspector\"]\nto = \"signing\"";
    let signing = "[[stage]]\nid = \"signing\"\ntitle = { zh = \"待签批\", en = \"To sign\" }\n\
        is = \"verifying\"\nowner = { role = \"inspector\" }\nclock = { within = \"1 work_day\" }\n\
        overdue = [{ after = \"0\", tell = \"resident\" }]\n\n";
    let closed = stage_line("closed");
    check(
        &[(TOML, accept, stays), (TOML, &closed, &format!("{signing}{closed}"))],
        &[
            ("no_end", TOML, &stage_line("waiting")),
            ("no_end", TOML, &stage_line("mending")),
            ("no_end", TOML, &stage_line("looking")),
            ("no_end", TOML, &stage_line("signing")),
            ("unreachable", TOML, &closed),
        ],
    );
}

#[test]
fn a_cycle_needs_a_limit() {
    check(
        &[(TOML, "at_most = 3\nthen = \"supervise red\"\n", "")],
        &[("endless", TOML, &move_line("send_back"))],
    );
}

#[test]
fn no_way_closes_without_an_acceptance() {
    let accept = "act = \"accept\"\nby = [\"inspector\"]\nto = \"closed\"";
    let sign = "act = \"sign_off\"\nby = [\"inspector\"]\nto = \"closed\"";
    check(
        &[(TOML, accept, sign)],
        &[
            ("no_acceptance", TOML, &move_line("accept")),
            ("wrong_meaning", TOML, "act = \"sign_off\""),
        ],
    );
}

#[test]
fn rework_after_an_acceptance_is_accepted_again() {
    // Sign-off follows acceptance, but whoever signs may also send it to handling, from where
    // one may go to sign-off at once.
    let accept = "act = \"accept\"\nby = [\"inspector\"]\nto = \"closed\"";
    let stays = "act = \"accept\"\nby = [\"inspector\"]\nto = \"signing\"";
    let signing = "[[stage]]\nid = \"signing\"\ntitle = { zh = \"待签批\", en = \"To sign\" }\n\
        is = \"verifying\"\nowner = { role = \"inspector\" }\nclock = { within = \"1 work_day\" }\n\
        overdue = [{ after = \"0\", tell = \"inspector\" }]\n\n\
        [[stage.move]]\nid = \"sign\"\ntitle = { zh = \"签批\", en = \"Sign\" }\n\
        act = \"sign_off\"\nby = \"inspector\"\nto = \"closed\"\n\n";
    let around = "[[stage.move]]\nid = \"skip\"\ntitle = { zh = \"略过\", en = \"Skip\" }\n\
        act = \"advance\"\nby = \"inspector\"\nto = \"signing\"\n\n";
    let (closed, back) = (stage_line("closed"), move_line("send_back"));
    let signed = format!("{signing}{closed}");
    let changes = [(TOML, accept, stays), (TOML, closed.as_str(), signed.as_str())];
    Pack::load(&broken(&changes)).expect("sign-off after acceptance is fine");
    let skipped = format!("{around}{back}");
    check(
        &[changes[0], changes[1], (TOML, &back, &skipped)],
        &[("no_acceptance", TOML, &move_line("sign"))],
    );
}

#[test]
fn the_party_that_handles_does_not_accept() {
    check(
        &[(TOML, "act = \"accept\"\nby = [\"inspector\"]", "act = \"accept\"\nby = [\"fitter\"]")],
        &[("same_party", TOML, "by = [\"fitter\"]\nto = \"closed\"")],
    );
    let public = "act = \"accept\"\nby = [\"inspector\", \"resident\"]";
    check(
        &[(TOML, "act = \"accept\"\nby = [\"inspector\"]", public)],
        &[
            ("accept_by", TOML, "by = [\"inspector\", \"resident\"]"),
            ("impossible_need", TOML, "needs = [\"checklist\""),
        ],
    );
}

#[test]
fn somebody_must_be_able_to_make_a_move() {
    check(
        &[(TOML, "by = [\"dispatcher\"]\nto = \"voided\"", "by = []\nto = \"voided\"")],
        &[("nobody", TOML, &move_line("void"))],
    );
    check(
        &[(TOML, "by = \"dispatcher\"\nto = \"waiting\"", "by = \"resident\"\nto = \"waiting\"")],
        &[("not_public", TOML, "by = \"resident\"")],
    );
    check(
        &[(TOML, "kinds = [\"company\"]\nsurfaces = [\"field\"]\n", "")],
        &[("nobody", TOML, "[[role]]\nid = \"fitter\"")],
    );
}

#[test]
fn what_a_move_needs_must_be_possible_to_give() {
    let needs = "needs = [{ photo = \"after\"";
    check(
        &[(TOML, "kinds = [\"company\"]\nsurfaces = [\"field\"]", "surfaces = [\"desk\"]")],
        &[("impossible_need", TOML, needs)],
    );
    check(&[(TOML, "required = true", "")], &[("impossible_need", TOML, needs)]);
    check(&[(TOML, "needs = [{ photo = \"before\" }]\n", "")], &[("impossible_need", TOML, needs)]);
    check(&[(TOML, "join = \"dispatcher\"\n", "")], &[("impossible_need", TOML, needs)]);
    check(
        &[(CSV, "已点亮；无松动,Lit；Firm", ","), (CSV, "已扶正；基础牢固,Upright；Firm", ",")],
        &[("impossible_need", TOML, "needs = [\"checklist\"")],
    );
    check(
        &[(TOML, "{ field = \"work_done\" }", "{ rows = \"work_done\" }")],
        &[("impossible_need", TOML, needs)],
    );
    check(
        &[(TOML, "{ document = \"sheet\" }", "{ document = \"sheets\" }")],
        &[("unknown_name", TOML, "needs = [\"checklist\"")],
    );
}

#[test]
fn the_law_limits_extensions_and_suspensions() {
    check(&[(TOML, "times = 2", "times = 3")], &[("beyond_limit", TOML, "extend =")]);
    check(
        &[(TOML, "\"365 natural_day\"", "\"366 natural_day\"")],
        &[("beyond_limit", TOML, "suspend =")],
    );
    check(
        &[(TOML, "\"365 natural_day\"", "\"200 work_day\"")],
        &[("bad_value", TOML, "suspend =")],
    );
}

#[test]
fn merging_needs_a_stage_for_what_is_merged() {
    let merged = "[[stage]]\nid = \"merged\"\ntitle = { zh = \"已并案\", en = \"Merged\" }\n";
    check(
        &[(TOML, &format!("{merged}is = \"merged\"\n"), "")],
        &[("no_merged_stage", TOML, "allow = { merge")],
    );
}

#[test]
fn what_is_sealed_is_not_public() {
    check(
        &[(TOML, "compartment = \"open\"", "compartment = \"sealed\"")],
        &[
            ("private", TOML, "list = true"),
            ("private", TOML, "map = true"),
            ("private", TOML, "count_min = 3"),
        ],
    );
    check(
        &[(TOML, "shows = \"field:work_done\"", "shows = \"field:phone\"")],
        &[("private", TOML, "shows = \"field:phone\"")],
    );
}

#[test]
fn a_number_counts_and_money_falls_on_units_named() {
    check(
        &[(TOML, "\"LD-{yy}{mm}-{n4}\"", "\"LD-{yy}{mm}\"")],
        &[("bad_template", TOML, "open =")],
    );
    check(
        &[(TOML, "\"LX-{yyyy}-{n5}\"", "\"LX-{year}-{n5}\"")],
        &[("bad_template", TOML, "clear =")],
    );
    check(&[(TOML, "points_milli = -500", "fen = -500")], &[("fen_kinds", TOML, "fen = -500")]);
    let charged = "fen = -500\nfen_kinds = [\"village\", \"shop\"]";
    check(
        &[(TOML, "points_milli = -500", charged)],
        &[("nobody", TOML, "fen = -500"), ("never_charged", TOML, "fen_kinds =")],
    );
}

#[test]
fn a_matter_is_filed_once_and_handled_by_a_unit() {
    check(
        &[(TOML, "act = \"dispatch\"", "act = \"advance\"")],
        &[("wrong_meaning", TOML, "to = \"mending\"\nneeds = [\"unit\"")],
    );
    check(
        &[(
            TOML,
            "role = \"dispatcher\" }\nclock = { within = \"4 work_hour\", starts = \"stage\"",
            "role = \"fitter\" }\nclock = { within = \"4 work_hour\", starts = \"dispatch\"",
        )],
        &[
            ("before_dispatch", TOML, "owner = { role = \"fitter\" }"),
            ("before_dispatch", TOML, "clock = { within = \"4 work_hour\", starts"),
        ],
    );
}

#[test]
fn nobody_is_assigned_before_dispatch() {
    check(
        &[(TOML, "by = \"dispatcher\"\nto = \"mending\"", "by = \"fitter\"\nto = \"mending\"")],
        &[("before_dispatch", TOML, "by = \"fitter\"\nto = \"mending\"")],
    );
}

#[test]
fn a_paper_is_not_mistaken_for_a_photo() {
    check(
        &[
            (TOML, "id = \"sheet\"", "id = \"after\""),
            (TOML, "{ document = \"sheet\" }", "{ document = \"after\" }"),
        ],
        &[("duplicate_id", TOML, "id = \"after\"")],
    );
}

#[test]
fn the_table_of_classes_is_read_row_by_row() {
    check(&[(CSV, ",2,work_day,", ",2,day,")], &[("bad_value", CSV, "L1,")]);
    check(&[(CSV, ",0.5,", ",0.5555,")], &[("bad_value", CSV, "L1,")]);
    check(&[(CSV, "function:lighting", "someone")], &[("bad_word", CSV, "L1,")]);
    check(&[(CSV, "road|lane,2021-01-01,", "road|lane,2021-13-01,")], &[("bad_value", CSV, "L2,")]);
    check(&[(CSV, "Upright；Firm", "Upright")], &[("bad_value", CSV, "L2,")]);
    check(&[(CSV, "扶正,Straighten,", "扶正,Straighten,more,")], &[("row_length", CSV, "L2,")]);
    check(
        &[(CSV, "limit,unit", "limits,unit")],
        &[("missing_key", CSV, "code,"), ("unknown_key", CSV, "code,")],
    );
}

#[test]
fn what_is_printed_has_a_template_with_known_words() {
    check(&[(TOML, "\"sheet.md\"", "\"sheets.md\"")], &[("missing_file", TOML, "template =")]);
    check(&[(SHEET, "{responsible}", "{responsable}")], &[("unknown_name", SHEET, "{number}")]);
    check(&[(SHEET, "{field:work_done}", "{field:work}")], &[("unknown_name", SHEET, "{field:")]);
}

#[test]
fn all_gaps_are_told_at_once() {
    check(
        &[
            (TOML, "compartment = \"open\"", "compartment = \"opne\""),
            (TOML, "coarse_m = 50", "coarse = 50"),
            (TOML, "{ zh = \"巡查\", en = \"Patrol\" }", "{ zh = \"巡查\", en = \"\" }"),
            (
                TOML,
                "tell = \"inspector\", supervise = \"blue\"",
                "tell = \"boss\", supervise = \"green\"",
            ),
            (TOML, "at_most = 3\nthen = \"supervise red\"", ""),
            (TOML, "to = \"voided\"", "to = \"closed\""),
            (TOML, "times = 2", "times = 9"),
            (TOML, "class = \"L1\"", "class = \"L9\""),
            (CSV, ",5,work_day,", ",many,work_day,"),
            (SHEET, "{number}", "{numbre}"),
        ],
        &[
            ("bad_word", TOML, "compartment ="),
            ("private", TOML, "list = true"),
            ("private", TOML, "map = true"),
            ("private", TOML, "count_min ="),
            ("unknown_key", TOML, "coarse ="),
            ("missing_text", TOML, "title = { zh = \"巡查\""),
            ("unknown_name", TOML, "overdue = [{ after = \"0\", tell = \"boss\""),
            ("bad_word", TOML, "overdue = [{ after = \"0\", tell = \"boss\""),
            ("endless", TOML, &move_line("send_back")),
            ("no_acceptance", TOML, &move_line("void")),
            ("wrong_meaning", TOML, "to = \"closed\"\nneeds = [\"reason\"]"),
            ("unreachable", TOML, &stage_line("voided")),
            ("beyond_limit", TOML, "extend ="),
            ("unknown_name", TOML, "class = \"L9\""),
            ("bad_value", CSV, "L2,"),
            ("unknown_name", SHEET, "{numbre}"),
        ],
    );
}

/// A length laid and one surveyed, both of the form, before the first stage.
fn with_lengths(more: &str) -> String {
    let length = |id: &str| {
        format!(
            "[[field]]\nid = \"{id}\"\ntitle = {{ zh = \"长\", en = \"L\" }}\ntype = \"length\"\n\n"
        )
    };
    format!("{}{}{more}\n\n{}", length("laid"), length("surveyed"), stage_line("seen"))
}

#[test]
fn a_formula_is_read_and_its_units_fit() {
    let formula = |expr: &str| {
        with_lengths(&format!(
            "[[field]]\nid = \"off\"\ntitle = {{ zh = \"差\", en = \"Off\" }}\n\
             type = \"formula\"\nexpr = \"{expr}\""
        ))
    };
    let seen = stage_line("seen");
    Pack::load(&broken(&[(TOML, &seen, &formula("surveyed - laid"))])).expect("fits");
    for (expr, code) in [
        ("surveyed - work_done", "formula_type"),
        ("surveyed * laid", "formula_type"),
        ("surveyed = laid", "formula_type"),
        ("off + 1", "formula_type"),
        ("surveyed / laid", "formula_syntax"),
    ] {
        check(&[(TOML, &seen, &formula(expr))], &[(code, TOML, &format!("expr = \"{expr}\""))]);
    }
    let found = gaps(&broken(&[(TOML, &seen, &formula("surveyed - lade"))]));
    assert!(found[0].what.en.contains("at character 12"), "{}", found[0]);
    assert!(found[0].what.en.contains("did you mean `laid`"), "{}", found[0]);
}

#[test]
fn a_check_is_a_rule_over_what_is_there() {
    let rule = |expr: &str| {
        with_lengths(&format!(
            "[[check]]\nid = \"near\"\nexpr = \"{expr}\"\n\
             message = {{ zh = \"差异过大\", en = \"Too far off\" }}"
        ))
    };
    let seen = stage_line("seen");
    let fits = "max(surveyed - laid, laid - surveyed) <= max(1000, ratio(laid, 100, 0))";
    Pack::load(&broken(&[(TOML, &seen, &rule(fits))])).expect("fits");
    let expr = "param(most) < laid and phone = surveyed";
    let at = format!("expr = \"{expr}\"");
    check(
        &[(TOML, &seen, &rule(expr))],
        &[("formula_type", TOML, &at), ("formula_type", TOML, &at)],
    );
    check(&[(TOML, &seen, &rule(""))], &[("bad_value", TOML, "expr = \"\"")]);
}
