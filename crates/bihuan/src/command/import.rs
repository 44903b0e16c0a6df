//! `bihuan import`: tables of an administrator, previewed row by row, applied as one change.

use super::{Outcome, import_ledger};
use crate::cli::{ImportKind, ImportWords};
use crate::config::Config;
use crate::import::fault::RowFault;
use crate::import::preview::Preview;
use crate::import::table::Table;
use crate::import::{area, change, codes, limit, person, point, register, unit};
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::PackId;
use bihuan_core::place::Datum;
use bihuan_core::place::tiling::TilingReport;
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::realm::people;
use bihuan_store::rules::Change;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

/// Faults that are told to a person; JSON has all that were kept.
const FAULTS_SHOWN: usize = 50;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: &ImportWords,
) -> Result<Outcome, Problem> {
    let realm = if words.preview { Realm::look(config)? } else { Realm::open(config)? };
    realm.mark(out);
    let bytes = read(&words.file)?;
    let name = words.file.display().to_string();
    if words.kind == ImportKind::Areas {
        return areas(&realm, out, words, (&name, &bytes));
    }
    let table = Table::read(&name, &bytes)?;
    let rules = realm.rules();
    match words.kind {
        ImportKind::Units => {
            let rows = if codes::is_list(&table) {
                let district = words.district.clone().unwrap_or_else(|| name.clone());
                codes::read(&table, &Text::new(district.clone(), district))?
            } else {
                unit::read(&table, &rules.units, rules.zone)?
            };
            settle(&realm, out, words.preview, rows, change::units, json!({}))
        }
        ImportKind::People => {
            let packs = rules.packs.values().flat_map(|it| it.values());
            let roles = packs.flat_map(|it| it.roles.iter().map(|it| it.id.0.clone()));
            let roles: Vec<String> = roles.collect();
            let rows = person::read(&table, &rules.units, &roles, rules.zone)?;
            settle(&realm, out, words.preview, rows, change::people, json!({}))
        }
        ImportKind::Points => {
            let persons = realm.read(people)?.into_iter().map(|it| it.id).collect();
            let (units, zone) = (&rules.units, rules.zone);
            let known = point::Known { units, persons: &persons, kinds: &[], zone };
            let rows = point::read(&table, known)?;
            settle(&realm, out, words.preview, rows, change::points, json!({}))
        }
        ImportKind::Register => register(&realm, out, words, &table),
        ImportKind::Ledger => import_ledger::run(&realm, out, words, &table, &bytes),
        ImportKind::Areas => Err(Problem::Other("areas are no table".into())),
    }
}

fn register(
    realm: &Realm,
    out: &Output,
    words: &ImportWords,
    table: &Table,
) -> Result<Outcome, Problem> {
    let rules = realm.rules();
    let (id, name) = words.pack.clone().zip(words.register.clone()).ok_or_else(|| {
        Problem::word(
            "register",
            "请用 --pack 和 --register 指明名录",
            "name it by --pack and --register",
        )
    })?;
    let id = PackId(id);
    let pack = rules.pack(&id).ok_or_else(|| Problem::unknown("事项包", "pack", &id.0))?;
    let found = pack.registers.iter().find(|it| it.id == name);
    let found = found.ok_or_else(|| Problem::unknown("名录", "register", &name))?;
    let persons = realm.read(people)?.into_iter().map(|it| it.id).collect();
    let (units, zone) = (&rules.units, rules.zone);
    let known = register::Known { register: found, units, persons: &persons, zone };
    let rows = register::read(table, known)?;
    let change = |rows| change::register(id.clone(), name.clone(), rows);
    settle(realm, out, words.preview, rows, change, json!({}))
}

/// The bytes of a file, one more than allowed at most.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let file = std::fs::File::open(path).map_err(|it| Problem::file(path, &it))?;
    let mut bytes = Vec::new();
    let limit = limit::FILE_BYTES_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|it| Problem::file(path, &it))?;
    Ok(bytes)
}

fn areas(
    realm: &Realm,
    out: &Output,
    words: &ImportWords,
    (name, bytes): (&str, &[u8]),
) -> Result<Outcome, Problem> {
    let datum = Datum::from_word(&words.datum).ok_or_else(|| {
        let list = "wgs84, cgcs2000, gcj02, bd09";
        Problem::word(&words.datum, &format!("坐标系可选 {list}"), &format!("choose of {list}"))
    })?;
    let rules = realm.rules();
    let rows = area::read(name, bytes, datum, &rules.units)?;
    let tiling = area::tiling(&rows, &rules.units);
    let told: Vec<Value> = tiling.iter().map(|(unit, report)| told(unit, report)).collect();
    settle(realm, out, words.preview, rows, change::areas, json!({ "tiling": told }))
}

/// Gaps, overlaps and ground outside of a unit, as counts.
pub(super) fn told(unit: &UnitId, report: &TilingReport) -> Value {
    json!({
        "unit": unit, "gaps": report.gaps.len(), "overlaps": report.overlaps.len(),
        "outside": report.outside.len(),
    })
}

/// Tells the preview; applies the rows as one change where all are right.
fn settle<T>(
    realm: &Realm,
    out: &Output,
    only_preview: bool,
    rows: Preview<T>,
    change: impl FnOnce(Preview<T>) -> Change,
    extra: Value,
) -> Result<Outcome, Problem> {
    let (ok, faults) = (rows.rows_ok(), rows.faults.clone());
    let (more, ignored) = (rows.faults_more, rows.ignored.clone());
    let is_clean = rows.is_clean();
    // A part of a table would leave a realm that nobody meant.
    let seq = if is_clean && !only_preview { Some(realm.change(change(rows))?) } else { None };
    let mut value = json!({
        "rows_ok": ok, "faults": faults, "faults_more": more, "ignored": ignored,
        "applied": seq.is_some(), "seq": seq,
    });
    if let (Some(value), Some(extra)) = (value.as_object_mut(), extra.as_object()) {
        value.extend(extra.clone());
    }
    let tiling = value.get("tiling").and_then(Value::as_array).cloned().unwrap_or_default();
    out.answer(value, |text| {
        say_faults(out, text, &faults, more);
        if !ignored.is_empty() {
            let _ = writeln!(
                text,
                "{}: {}",
                out.pick("未使用的列", "columns not used"),
                ignored.join(", ")
            );
        }
        for it in &tiling {
            let _ = writeln!(text, "{}: {it}", out.pick("区域拼接", "tiling"));
        }
        let _ = writeln!(text, "{}", verdict(out, ok, is_clean, seq.is_some()));
    });
    Ok(Outcome::of(is_clean))
}

fn verdict(out: &Output, ok: usize, is_clean: bool, applied: bool) -> String {
    match (is_clean, applied, out.pick("zh", "en")) {
        (true, true, "zh") => format!("已导入 {ok} 行"),
        (true, true, _) => format!("imported {ok} rows"),
        (true, false, "zh") => format!("{ok} 行全部正确；去掉 --preview 即可导入"),
        (true, false, _) => format!("{ok} rows are right; leave out --preview to import them"),
        (false, _, "zh") => format!("{ok} 行正确，但有错误，未导入任何一行；请改正后重试"),
        (false, _, _) => format!("{ok} rows are right, but nothing was imported; mend the faults"),
    }
}

/// A table of faults by line and column.
pub(super) fn say_faults(out: &Output, text: &mut String, faults: &[RowFault], more: usize) {
    if faults.is_empty() {
        return;
    }
    let head = [
        out.pick("行", "line"),
        out.pick("列", "column"),
        out.pick("错误", "fault"),
        out.pick("怎么办", "what to do"),
    ];
    let shown = faults.iter().take(FAULTS_SHOWN);
    let row = |it: &RowFault| {
        let said = out.text(&it.message).to_owned();
        vec![it.line.to_string(), it.column.clone(), it.code.to_owned(), said]
    };
    table(text, &head.map(ToOwned::to_owned), &shown.map(row).collect::<Vec<_>>());
    let rest = more + faults.len().saturating_sub(FAULTS_SHOWN);
    if rest > 0 {
        let _ = writeln!(text, "… +{rest}");
    }
}
