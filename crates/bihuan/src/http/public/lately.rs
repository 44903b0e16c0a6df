//! What public pages say of lately: counted once in a while, however many ask.
//!
//! Invariant: whoever has no account makes nothing be counted more often than every [`FRESH_MS`].

use super::report::packs;
use crate::http::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::{ClassCode, PackId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::Pack;
use bihuan_core::policy::{Scope, Viewer, count_min, scope};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant, day_of_date};
use bihuan_store::count::{Counted, Dimension, count};
use bihuan_store::filter::{Filter, Period};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long what was counted is said, in milliseconds.
const FRESH_MS: i64 = 10 * 60_000;
/// Classes that the form offers.
const CLASSES_MAX: usize = 8;
/// How far back is looked for what is common.
const COMMON_DAYS: i64 = 90;

/// Classes that are common in a pack that takes reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) pack: PackId,
    pub(super) title: Text,
    pub(super) classes: Vec<(ClassCode, Text)>,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Opened in this month, as far as packs publish it; `None` where it is too few to be told.
    pub(super) opened: Option<u64>,
    /// Cleared in this month, as above.
    pub(super) cleared: Option<u64>,
    /// What the form offers.
    pub(super) common: Vec<Common>,
}

/// What was counted last, by which rules, and when.
#[derive(Debug, Default)]
pub struct Lately(Mutex<Option<(Instant, u64, Arc<Counts>)>>);

impl Lately {
    /// What was counted last, or is counted now; meanwhile others wait for it.
    pub(super) async fn counts(app: &App) -> Result<Arc<Counts>, ApiProblem> {
        let mut kept = app.lately().0.lock().await;
        let (now, rev) = (app.realm().now(), app.realm().rules().rev);
        let is_fresh = |at: Instant| (0..FRESH_MS).contains(&(now.0 - at.0));
        if let Some((_, _, counts)) = kept.as_ref().filter(|it| it.1 == rev && is_fresh(it.0)) {
            return Ok(Arc::clone(counts));
        }
        let counts = Arc::new(app.run(read).await?);
        *kept = Some((now, rev, Arc::clone(&counts)));
        Ok(counts)
    }
}

/// The public, who counts.
struct Public<'a> {
    realm: &'a Realm,
    rules: &'a Rules,
    viewer: Viewer,
    scope: Scope,
}

fn read(realm: &Realm) -> Result<Counts, Problem> {
    let (rules, now) = (realm.rules(), realm.now());
    let viewer = Viewer::public(now);
    let scope = scope(&rules, &viewer);
    let public = Public { realm, rules: &rules, viewer, scope };
    let first = day_of_date(rules.zone.civil(now).date().first_of_month());
    let month = Period { from: Some(rules.zone.start_of_day(first)), to: None };
    let since = Period { from: Some(now.plus_ms(-COMMON_DAYS * DAY_MS)), to: None };
    let takes = packs(&rules);
    let common = takes.iter().map(|it| public.common(it, since));
    Ok(Counts {
        common: common.collect::<Result<_, _>>()?,
        opened: public.sum(Filter { opened: month, ..Filter::default() })?,
        cleared: public.sum(Filter { cleared: month, ..Filter::default() })?,
    })
}

impl Public<'_> {
    fn count(&self, filter: &Filter, by: &[Dimension]) -> Result<Vec<Counted>, Problem> {
        let who = (self.rules, &self.viewer, &self.scope);
        let counted = self.realm.read(|db| count(db, who, filter, by))?;
        Ok(counted.unwrap_or_default())
    }

    fn sum(&self, filter: Filter) -> Result<Option<u64>, Problem> {
        let standpoint = self.viewer.standpoint();
        let enough = |it: &Counted| it.count >= count_min(self.rules, standpoint, &it.pack);
        let counted = self.count(&filter, &[])?;
        let sum: u64 = counted.into_iter().filter(|it| enough(it)).map(|it| it.count).sum();
        Ok(Some(sum).filter(|it| *it > 0))
    }

    /// The classes that are common: of what is published lately, else the first that hold today.
    fn common(&self, pack: &Pack, since: Period) -> Result<Common, Problem> {
        let filter = Filter { packs: vec![pack.id.clone()], opened: since, ..Filter::default() };
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for it in self.count(&filter, &[Dimension::Class])? {
            if let Some(class) = it.keys.into_iter().flatten().next() {
                *counted.entry(class).or_default() += it.count;
            }
        }
        let mut common: Vec<(String, u64)> = counted.into_iter().collect();
        common.sort_by_key(|it| std::cmp::Reverse(it.1));
        let class = |code: &str| pack.class(&ClassCode::from(code));
        let mut classes: Vec<_> = common.iter().filter_map(|it| class(&it.0)).collect();
        if classes.is_empty() {
            classes = pack.classes.iter().filter(|it| it.valid_to.is_none()).collect();
        }
        let shown = classes.iter().take(CLASSES_MAX).map(|it| (it.code.clone(), it.title.clone()));
        Ok(Common { pack: pack.id.clone(), title: pack.title.clone(), classes: shown.collect() })
    }
}
