//! Which matters an address asks for: the same keys for a list, the ledger, counts and exports.
//!
//! Invariants: every column of a list row has a key of its name; a unit means all below it; a
//! person or a point that is not there finds what one finds that is.

use super::query::Words;
use crate::day;
use bihuan_core::id::{ClassCode, PackId, PersonId, PointId, StageId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::{Level, Meaning, Pack};
use bihuan_core::place::BBox;
use bihuan_core::time::{Instant, Zone};
use bihuan_core::unit::UnitId;
use bihuan_store::filter::{Filter, Period, Standing};
use bihuan_store::row::{level_word, meaning_word};
use bihuan_store::search::query_words;
use utoipa::IntoParams;

/// What a question may be answered with.
const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];

/// Which matters; a key may be given several times and then one of its values has to fit, unless
/// it says otherwise. A moment is given in milliseconds since 1970 UTC or as a day of the realm
/// such as `2021-04-16`; a period begins with its first and ends with its last day.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `filter` reads")]
pub struct FilterParams {
    /// The kind of loop.
    pack: Option<Vec<String>>,
    /// The stage.
    stage: Option<Vec<String>>,
    /// What the stage means: `opened`, `filed`, `handling`, `declared`, `verifying`, `closed`,
    /// `self_handled`, `merged` or `voided`.
    meaning: Option<Vec<String>>,
    /// The class.
    class: Option<Vec<String>>,
    /// The source.
    source: Option<Vec<String>>,
    /// The responsible unit, with all below.
    unit: Option<Vec<String>>,
    /// The unit that owes the next move, with all below.
    owner: Option<Vec<String>>,
    /// The person who does.
    person: Option<Vec<String>>,
    /// The unit whose area holds the place, with all below.
    place_unit: Option<Vec<String>>,
    /// The named point.
    point: Option<Vec<String>>,
    /// The level of supervision: `blue`, `yellow` or `red`.
    supervised: Option<Vec<String>>,
    /// Sent back at least so often; once.
    rework_min: Option<u32>,
    /// Whether it is a rebound (反弹): `true` or `false`; once.
    rebound: Option<bool>,
    /// `true`: cleared, and no deadline was missed before; `false`: cleared, and one was; once.
    cleared_on_time: Option<bool>,
    /// `open`, `ended`, `overdue` or `suspended`; once.
    standing: Option<String>,
    /// Opened at or after; once.
    opened_from: Option<String>,
    /// Opened before, or on this day or earlier; once.
    opened_to: Option<String>,
    /// Due at or after; once.
    due_from: Option<String>,
    /// Due before, or on this day or earlier; once.
    due_to: Option<String>,
    /// Cleared at or after; once.
    cleared_from: Option<String>,
    /// Cleared before, or on this day or earlier; once.
    cleared_to: Option<String>,
    /// First deadline missed at or after; once.
    overdue_from: Option<String>,
    /// First deadline missed before, or on this day or earlier; once.
    overdue_to: Option<String>,
    /// The number, whole.
    number: Option<Vec<String>>,
    /// How the number begins; once.
    number_prefix: Option<String>,
    /// The number of the clearance, whole.
    clear_number: Option<Vec<String>>,
    /// Words of the title: two Chinese characters or more; once.
    q: Option<String>,
    /// A box in degrees of WGS-84, `west,south,east,north`; once.
    bbox: Option<String>,
}

/// The filter that words mean at `now`; faults stay with the words.
pub fn filter(words: &mut Words, rules: &Rules, now: Instant) -> Filter {
    let packs = || rules.packs.values().flat_map(|it| it.values());
    let known = |words: &mut Words, key: &str, is_known: &dyn Fn(&Pack, &str) -> bool| {
        words.each(key, ("没有此项，请核对", "there is none; check the key"), |it| {
            packs().any(|pack| is_known(pack, it)).then(|| it.to_owned())
        })
    };
    let supervised = [Level::Blue, Level::Yellow, Level::Red].map(level_word);
    let standings = [
        ("open", Standing::Open),
        ("ended", Standing::Ended),
        ("overdue", Standing::Overdue(now)),
        ("suspended", Standing::Suspended),
    ];
    let meanings = Meaning::ALL.map(|it| (meaning_word(it), it));
    let mut filter = Filter {
        packs: known(words, "pack", &|pack, it| pack.id.as_str() == it)
            .into_iter()
            .map(PackId)
            .collect(),
        stages: known(words, "stage", &|pack, it| pack.stage(&StageId::from(it)).is_some())
            .into_iter()
            .map(StageId)
            .collect(),
        meanings: choices(words, "meaning", &meanings),
        classes: known(words, "class", &|pack, it| pack.class(&ClassCode::from(it)).is_some())
            .into_iter()
            .map(ClassCode)
            .collect(),
        sources: known(words, "source", &|pack, it| pack.source(it).is_some()),
        units: units(words, rules, "unit"),
        owners: units(words, rules, "owner"),
        persons: words.several("person").into_iter().map(PersonId).collect(),
        places: units(words, rules, "place_unit"),
        points: words.several("point").into_iter().map(PointId).collect(),
        supervised: choices(words, "supervised", &supervised.map(|it| (it, it.to_owned()))),
        rework_min: words.number("rework_min", 0..=1_000_000),
        rebound: words.word("rebound", &YES_OR_NO),
        cleared_on_time: words.word("cleared_on_time", &YES_OR_NO),
        opened: period(words, rules.zone, "opened"),
        due: period(words, rules.zone, "due"),
        cleared: period(words, rules.zone, "cleared"),
        overdue: period(words, rules.zone, "overdue"),
        numbers: words.several("number"),
        number_prefix: words.one("number_prefix"),
        clear_numbers: words.several("clear_number"),
        standing: words.word("standing", &standings).unwrap_or_default(),
        search: search(words),
        within: bbox(words),
    };
    // What is open is little, and has indexes of its own: a list of open stages is one of those.
    let ends =
        |stage: &StageId| packs().filter_map(|it| it.stage(stage)).any(|it| it.is.is_final());
    if filter.standing == Standing::Any
        && !filter.stages.is_empty()
        && !filter.stages.iter().any(ends)
    {
        filter.standing = Standing::Open;
    }
    filter
}

fn choices<T: Clone>(words: &mut Words, key: &str, known: &[(&str, T)]) -> Vec<T> {
    let list = known.iter().map(|it| it.0).collect::<Vec<_>>().join(", ");
    let (zh, en) = (format!("可用：{list}"), format!("give some of {list}"));
    words.each(key, (&zh, &en), |it| known.iter().find(|word| word.0 == it).map(|it| it.1.clone()))
}

/// Units with all below; `None` where no unit is named, or all of the realm are.
fn units(words: &mut Words, rules: &Rules, key: &str) -> Option<Vec<UnitId>> {
    let want = ("没有这个单位，请核对", "there is no such unit; check the key");
    let tops = words.each(key, want, |it| {
        let id = UnitId::from(it);
        rules.units.get(&id).map(|it| it.id.clone())
    });
    if tops.is_empty() {
        return None;
    }
    let mut units: Vec<UnitId> =
        tops.iter().flat_map(|it| rules.units.subtree(it)).map(|it| it.id.clone()).collect();
    units.sort();
    units.dedup();
    Some(units).filter(|it| it.len() < rules.units.len())
}

/// From `…_from` to `…_to`.
fn period(words: &mut Words, zone: Zone, name: &str) -> Period {
    let want = (
        "应为毫秒时间戳或日期，如 2021-04-16",
        "give milliseconds since 1970 or a day such as 2021-04-16",
    );
    let from = words.read(&format!("{name}_from"), want, |it| moment(zone, it, day::start));
    let to = words.read(&format!("{name}_to"), want, |it| moment(zone, it, day::end));
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        let key = format!("{name}_to");
        words.bad(&key, "结束早于开始", "it lies before the beginning; give a later one");
    }
    Period { from, to }
}

/// A moment in milliseconds, or the edge of a day.
pub(super) fn moment(
    zone: Zone,
    text: &str,
    edge: impl Fn(Zone, &str) -> Result<Instant, crate::problem::Problem>,
) -> Option<Instant> {
    match text.parse() {
        Ok(ms) => Some(Instant(ms)).filter(|it| it.is_plausible()),
        Err(_) => edge(zone, text).ok(),
    }
}

/// Words of a title; one character alone is found in half of them.
fn search(words: &mut Words) -> Option<String> {
    let want =
        ("请填写至少两个汉字，或一个字母数字词", "give two Chinese characters or more, or a word");
    words.read("q", want, |it| {
        let asked = query_words(it);
        let is_one = |it: &String| {
            let mut chars = it.chars();
            chars.next().is_some_and(|it| !it.is_ascii()) && chars.next().is_none()
        };
        let is_some = asked.iter().any(|it| !is_one(it));
        is_some.then(|| it.to_owned())
    })
}

fn bbox(words: &mut Words) -> Option<BBox> {
    let want = (
        "应为 西,南,东,北（度，WGS-84），如 116.1,39.8,116.2,39.9",
        "give west,south,east,north in degrees of WGS-84, such as 116.1,39.8,116.2,39.9",
    );
    words.read("bbox", want, |it| {
        let degrees: Vec<f64> =
            it.split(',').map(|it| it.trim().parse()).collect::<Result<_, _>>().ok()?;
        BBox::new(degrees.try_into().ok()?).ok()
    })
}
