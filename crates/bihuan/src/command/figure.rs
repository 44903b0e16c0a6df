//! `bihuan figure`: figures of a pack with their values, and the records behind one.

use super::Outcome;
use crate::cli::FigureWords;
use crate::config::Config;
use crate::day;
use crate::figured::{Asked, BY, Figured, FiguresShown, TraceShown, realm_cycles};
use crate::look::Look;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::figure::{Cycles, NO_VALUE, Period, today};
use bihuan_core::id::PackId;
use bihuan_core::text::Text;
use bihuan_store::figure::RECORDS_MAX;
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: &FigureWords,
) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let look = Look::operator(&realm);
    let pack = look.rules.pack(&PackId::from(words.pack.as_str())).cloned();
    let what = || Text::new("事项包", "pack");
    let pack = pack.ok_or_else(|| Problem::Unknown { what: what(), key: words.pack.clone() })?;
    let cycles = realm_cycles(&realm, look.rules.zone)?;
    let period = period(&realm, &cycles, words)?;
    let by = words.by.as_deref().map(|word| {
        let list = BY.map(|it| it.0).join(", ");
        let found = BY.iter().find(|it| it.0 == word).map(|it| it.1);
        found.ok_or_else(|| {
            Problem::word(word, &format!("可用：{list}"), &format!("give one of {list}"))
        })
    });
    let asked = Asked {
        figures: words.figures.clone(),
        by: by.transpose()?,
        key: words.key.clone(),
        as_of: words.as_of,
    };
    if words.records {
        return trace(out, &realm, &look, (pack, period), asked);
    }
    let shown = Figured::of(&realm, &look, (pack, period), asked)?.shown()?;
    out.answer(json!(shown), |text| told(out, &shown, text));
    Ok(Outcome::Good)
}

fn period(realm: &Realm, cycles: &Cycles, words: &FigureWords) -> Result<Period, Problem> {
    let unfit = |word: &str| {
        let (zh, en) = ("没有这个期间；如 2021-04", "no such period; give one such as 2021-04");
        Problem::word(word, zh, en)
    };
    if let Some(name) = &words.period {
        return cycles.period(name).ok_or_else(|| unfit(name));
    }
    if let (Some(from), Some(to)) = (&words.from, &words.to) {
        let date = |it: &str| day::start(cycles.zone, it).map(|it| cycles.zone.date(it));
        return cycles.days(date(from)?, date(to)?).ok_or_else(|| unfit(to));
    }
    today(cycles, realm.now()).ok_or_else(|| unfit(""))
}

fn told(out: &Output, shown: &FiguresShown, text: &mut String) {
    let (first, last) = (&shown.period.first, &shown.period.last);
    let as_of = out.pick("截至记录", "as of entry");
    let _ = writeln!(text, "{first} – {last} · {as_of} {}", shown.as_of);
    let heads = [("指标", "figure"), ("分组", "of"), ("值", "value"), ("构成", "made of")];
    let heads = heads.map(|it| out.pick(it.0, it.1).to_owned());
    let rows = shown.cells.iter().map(|it| {
        let figure = shown.figures.iter().find(|figure| figure.id == it.figure);
        let value = it.text.as_ref().map_or(NO_VALUE, |it| out.text(it));
        let parts = it.value.as_ref().map(|it| json!(it).to_string()).unwrap_or_default();
        vec![
            figure.map_or(it.figure.as_str(), |it| out.text(&it.title)).to_owned(),
            it.name.as_ref().map_or("", |it| out.text(it)).to_owned(),
            value.to_owned(),
            parts,
        ]
    });
    table(text, &heads, &rows.collect::<Vec<Vec<String>>>());
}

/// The one figure that is named, with every record behind it.
fn trace(
    out: &Output,
    realm: &Realm,
    look: &Look,
    of: (std::sync::Arc<bihuan_core::pack::Pack>, Period),
    asked: Asked,
) -> Result<Outcome, Problem> {
    if asked.figures.len() != 1 {
        let (zh, en) = ("请只写一项指标", "name one figure");
        return Err(Problem::word("--records", zh, en));
    }
    let key = asked.key.clone().unwrap_or_default();
    let figured = Figured::of(realm, look, of, asked)?;
    let unknown = || Problem::Unknown { what: Text::new("分组", "key"), key: key.clone() };
    let (mut shown, mut next) = figured.trace(None, RECORDS_MAX)?.ok_or_else(unknown)?;
    while let Some(after) = next {
        let (page, then) = figured.trace(Some(&after), RECORDS_MAX)?.ok_or_else(unknown)?;
        shown.records.extend(page.records);
        next = then;
    }
    out.answer(json!(shown), |text| traced(out, &shown, text));
    Ok(Outcome::Good)
}

fn traced(out: &Output, shown: &TraceShown, text: &mut String) {
    let value = shown.cell.text.as_ref().map_or(NO_VALUE, |it| out.text(it));
    let _ = writeln!(text, "{value}");
    let _ = writeln!(text, "{}", out.text(&shown.query));
    if let Some(digest) = &shown.digest {
        let _ = writeln!(text, "SHA-256 {digest}");
    }
    let heads = [("项", "side"), ("记录", "entry"), ("依据", "record"), ("计", "adds")];
    let heads = heads.map(|it| out.pick(it.0, it.1).to_owned());
    let rows = shown.records.iter().map(|it| {
        vec![it.side.clone(), it.seq.to_string(), it.id.clone(), it.contribution.to_string()]
    });
    table(text, &heads, &rows.collect::<Vec<Vec<String>>>());
}
