//! Which matters the words of the command line mean.

use crate::cli::FilterWords;
use crate::day;
use crate::problem::Problem;
use bihuan_core::id::{ClassCode, PackId, StageId};
use bihuan_core::matter::Rules;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::filter::{Filter, Period, Standing};

/// The filter that words mean at `now`.
///
/// # Errors
/// Where a word names nothing of this realm.
pub fn filter(rules: &Rules, now: Instant, words: &FilterWords) -> Result<Filter, Problem> {
    let packs = || rules.packs.values().flat_map(|it| it.values());
    let pack = words.pack.as_deref().map(PackId::from);
    if let Some(it) = pack.as_ref().filter(|it| rules.pack(it).is_none()) {
        return Err(Problem::unknown("事项包", "pack", &it.0));
    }
    let stage = words.stage.as_deref().map(StageId::from);
    if let Some(it) = stage.as_ref().filter(|it| packs().all(|pack| pack.stage(it).is_none())) {
        return Err(Problem::unknown("环节", "stage", &it.0));
    }
    let class = words.class.as_deref().map(ClassCode::from);
    if let Some(it) = class.as_ref().filter(|it| packs().all(|pack| pack.class(it).is_none())) {
        return Err(Problem::unknown("类别", "class", &it.0));
    }
    Ok(Filter {
        units: words.unit.as_deref().map(|it| units(rules, it)).transpose()?.flatten(),
        stages: stage.into_iter().collect(),
        classes: class.into_iter().collect(),
        packs: pack.into_iter().collect(),
        opened: Period {
            from: words.from.as_deref().map(|it| day::start(rules.zone, it)).transpose()?,
            to: words.to.as_deref().map(|it| day::end(rules.zone, it)).transpose()?,
        },
        standing: match (words.overdue, words.open) {
            (true, _) => Standing::Overdue(now),
            (false, true) => Standing::Open,
            (false, false) => Standing::Any,
        },
        search: words.search.clone(),
        ..Filter::default()
    })
}

/// A unit and all below; `None` where that is the whole realm.
///
/// # Errors
/// Where there is no such unit.
pub fn units(rules: &Rules, key: &str) -> Result<Option<Vec<UnitId>>, Problem> {
    let id = UnitId::from(key);
    if rules.units.get(&id).is_none() {
        return Err(Problem::unknown("单位", "unit", key));
    }
    let units: Vec<UnitId> = rules.units.subtree(&id).iter().map(|it| it.id.clone()).collect();
    Ok(Some(units).filter(|it| it.len() < rules.units.len()))
}
