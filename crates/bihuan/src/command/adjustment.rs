//! `bihuan adjustment`: adjustments (考核扣款), what a period would come to, statements, documents.

use super::Outcome;
use crate::cli::adjustment::AdjustmentWords;
use crate::config::Config;
use crate::day;
use crate::http::adjustment::shown::{AdjustmentShown, show};
use crate::http::adjustment::stated;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use crate::selection;
use bihuan_core::adjustment::{AdjustmentStage, Period, RuleDocument};
use bihuan_core::id::{AdjustmentId, PackId};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::adjustment::{self, AdjustmentFilter, Of, Preview};
use bihuan_store::rules::Change;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Rule documents of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    document: Vec<RuleDocument>,
}

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: AdjustmentWords,
) -> Result<Outcome, Problem> {
    if let AdjustmentWords::Document { file: Some(file) } = &words {
        return enter(config, out, file);
    }
    let realm = Realm::look(config)?;
    realm.mark(out);
    match words {
        AdjustmentWords::List { unit, stage } => list(&realm, out, unit.as_deref(), stage)?,
        AdjustmentWords::Show { id } => one(&realm, out, &id)?,
        AdjustmentWords::Preview { pack, from, to, kind, document } => {
            let period = Period { from, to };
            preview(&realm, out, (&PackId(pack), &period), (&kind, &document))?;
        }
        AdjustmentWords::Statement { unit, from, to } => {
            let zone = realm.rules().zone;
            let from = from.map(|it| day::start(zone, &it)).transpose()?.unwrap_or(Instant(0));
            let to = to.map(|it| day::end(zone, &it)).transpose()?;
            let to = to.unwrap_or_else(|| realm.now().plus_ms(1));
            statement(&realm, out, UnitId(unit), (from, to))?;
        }
        AdjustmentWords::Document { .. } => documents(&realm, out)?,
    }
    Ok(Outcome::Good)
}

/// Fen as yuan: `-123.45`.
fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

fn list(
    realm: &Realm,
    out: &Output,
    unit: Option<&str>,
    stage: Option<String>,
) -> Result<(), Problem> {
    let rules = realm.rules();
    let known = |it: &str| AdjustmentStage::EACH.into_iter().find(|stage| stage.word() == it);
    let words = AdjustmentStage::EACH.map(AdjustmentStage::word).join(", ");
    let (zh, en) = (format!("可用：{words}"), format!("give one of {words}"));
    let read = |it: String| known(&it).ok_or_else(|| Problem::word(&it, &zh, &en));
    let stage = stage.map(read).transpose()?;
    let units = unit.map(|it| selection::units(&rules, it)).transpose()?.flatten();
    let filter = AdjustmentFilter { units, stage, pack: None };
    let found = realm.read(|db| adjustment::list(db, &filter))?;
    let shown = found.iter().map(|it| show(realm, it)).collect::<Result<Vec<_>, _>>()?;
    out.answer(json!({ "adjustments": shown }), |text| {
        let heads = [("编号", "id"), ("单位", "unit"), ("期间", "period"), ("环节", "stage")];
        let heads = heads.into_iter().chain([("元", "yuan"), ("案件", "cases")]);
        let heads: Vec<String> = heads.map(|it| out.pick(it.0, it.1).to_owned()).collect();
        let row = |it: &AdjustmentShown| {
            vec![
                it.id.to_string(),
                out.text(&it.unit_title).to_owned(),
                format!("{} – {}", it.period.from, it.period.to),
                it.stage.word().to_owned(),
                yuan(it.amount_fen),
                it.cases.len().to_string(),
            ]
        };
        table(text, &heads, &shown.iter().map(row).collect::<Vec<_>>());
    });
    Ok(())
}

fn one(realm: &Realm, out: &Output, id: &str) -> Result<(), Problem> {
    let unknown = || Problem::unknown("考核扣款", "adjustment", id);
    let key = id.parse().map(AdjustmentId).map_err(|_| unknown())?;
    let found = realm.read(|db| adjustment::adjustment(db, key))?.ok_or_else(unknown)?;
    let shown = show(realm, &found)?;
    out.answer(json!(shown), |text| {
        let title = out.text(&shown.unit_title);
        let (period, stage) = (&shown.period, shown.stage.word());
        let _ = writeln!(text, "{title} {} – {} {stage}", period.from, period.to);
        let _ = writeln!(text, "{} · {}", shown.basis.number, shown.basis.fund);
        let heads = [("序号", "no."), ("问题编号", "number"), ("标准", "tariff"), ("元", "yuan")];
        let heads = heads.map(|it| out.pick(it.0, it.1).to_owned());
        let mut rows: Vec<Vec<String>> = Vec::with_capacity(shown.cases.len() + 1);
        for it in &shown.cases {
            rows.push(vec![
                it.no.to_string(),
                it.number.clone().unwrap_or_default(),
                out.text(&it.tariff_title).to_owned(),
                yuan(it.fen),
            ]);
        }
        let total = out.pick("合计", "total").to_owned();
        rows.push(vec![total, String::new(), String::new(), yuan(shown.amount_fen)]);
        table(text, &heads, &rows);
    });
    Ok(())
}

fn preview(
    realm: &Realm,
    out: &Output,
    (pack, period): (&PackId, &Period),
    (kind, document): (&str, &str),
) -> Result<(), Problem> {
    let rules = realm.rules();
    let found = realm.read(|db| adjustment::document(db, document))?;
    let unknown = || Problem::unknown("扣款办法", "rule document", document);
    let document = found.filter(|it| it.pack == *pack).ok_or_else(unknown)?;
    if period.days().is_none() {
        let (zh, en) = ("期间最长366天，写作 2021-03-01", "two days, at most 366 in all");
        return Err(Problem::word(&period.from, zh, en));
    }
    let units = rules.units.iter().filter(|it| it.kind.as_str() == kind);
    let units = units.map(|it| it.id.clone()).collect();
    let of = Of { pack, period, unit: None };
    let told = realm.read(|db| adjustment::preview(db, &rules, &document, of, &units))?;
    let left = |it: &Preview| -> Vec<Value> {
        let all = it.gathered.left_out.iter();
        all.map(|it| json!({ "matter": it.scored.matter, "fen": it.scored.fen, "why": it.why }))
            .collect()
    };
    let value = |it: &Preview| {
        json!({
            "unit": it.unit, "amount_fen": it.gathered.amount_fen, "cases": it.gathered.cases,
            "left_out": left(it),
        })
    };
    let covers = document.covers(period);
    let rows: Vec<Value> = told.iter().map(value).collect();
    out.answer(json!({ "units": rows, "covered": covers }), |text| {
        let heads = [("单位", "unit"), ("案件", "cases"), ("不计", "left out"), ("元", "yuan")];
        let heads = heads.map(|it| out.pick(it.0, it.1).to_owned());
        let row = |it: &Preview| {
            let title = rules.units.get(&it.unit).map(|it| out.text(&it.title).to_owned());
            vec![
                title.unwrap_or_else(|| it.unit.0.clone()),
                it.gathered.cases.len().to_string(),
                it.gathered.left_out.len().to_string(),
                yuan(it.gathered.amount_fen),
            ]
        };
        table(text, &heads, &told.iter().map(row).collect::<Vec<_>>());
        if !covers {
            let said = ("扣款办法不覆盖此期间", "the rule document does not cover these days");
            let _ = writeln!(text, "{}", out.pick(said.0, said.1));
        }
    });
    Ok(())
}

fn statement(
    realm: &Realm,
    out: &Output,
    unit: UnitId,
    period: (Instant, Instant),
) -> Result<(), Problem> {
    let rules = realm.rules();
    if rules.units.get(&unit).is_none() {
        return Err(Problem::unknown("单位", "unit", &unit.0));
    }
    let told = stated(realm, unit, period)?;
    out.answer(json!(told), |text| {
        let heads = [("日期", "day"), ("文号", "number"), ("案件", "cases")];
        let heads = heads.into_iter().chain([("元", "yuan"), ("余额", "stands")]);
        let heads: Vec<String> = heads.map(|it| out.pick(it.0, it.1).to_owned()).collect();
        let plain = |name: &str, fen: i64| {
            vec![name.to_owned(), String::new(), String::new(), String::new(), yuan(fen)]
        };
        let mut rows = vec![plain(out.pick("期初", "opening"), told.opening_fen)];
        for it in &told.lines {
            rows.push(vec![
                rules.zone.date(it.at).to_string(),
                it.adjustment.number.clone().unwrap_or_default(),
                it.adjustment.cases.len().to_string(),
                yuan(it.fen),
                yuan(it.stands_fen),
            ]);
        }
        rows.push(plain(out.pick("期末", "closing"), told.closing_fen));
        table(text, &heads, &rows);
    });
    Ok(())
}

fn documents(realm: &Realm, out: &Output) -> Result<(), Problem> {
    let found = realm.read(adjustment::documents)?;
    out.answer(json!({ "documents": found }), |text| {
        let heads = [("编号", "id"), ("文号", "number"), ("事项包", "pack"), ("起止", "days")];
        let heads = heads.map(|it| out.pick(it.0, it.1).to_owned());
        let row = |it: &RuleDocument| {
            let to = it.to.as_deref().unwrap_or("");
            let days = format!("{} – {to}", it.from);
            vec![it.id.clone(), it.number.clone(), it.pack.to_string(), days]
        };
        table(text, &heads, &found.iter().map(row).collect::<Vec<_>>());
    });
    Ok(())
}

/// Enters the rule documents of a file, as the operator.
fn enter(config: &Config, out: &mut Output, file: &Path) -> Result<Outcome, Problem> {
    let text = std::fs::read_to_string(file).map_err(|it| Problem::file(file, &it))?;
    let read: Documents = toml::from_str(&text).map_err(|it| Problem::file(file, &it))?;
    let realm = Realm::open(config)?;
    realm.mark(out);
    let count = read.document.len();
    realm.change(Change::RuleDocuments(read.document))?;
    out.answer(json!({ "documents": count }), |text| {
        let said = out.pick("已登记扣款办法", "rule documents entered");
        let _ = writeln!(text, "{said}: {count}");
    });
    Ok(Outcome::Good)
}
