//! The account of each unit, day by day: what moved must explain what stands.
//!
//! Steps may come in any order: each is kept under its day, and the days are summed up at the end.

use crate::verify::VerifyReport;
use bihuan_core::ledger::{Entered, LeftAs, movement};
use bihuan_core::matter::Matter;
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, Zone, date_of_day};
use bihuan_core::unit::UnitId;
use std::collections::BTreeMap;

/// What stands on the ledger of a unit, told in two ways; or what one day changed of it.
#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    /// By movements: what entered, minus what left.
    moved: i64,
    /// By counting where matters stand.
    standing: i64,
}

/// What one day changed.
#[derive(Debug, Default)]
struct Day {
    units: BTreeMap<UnitId, Balance>,
    taken_over: i64,
    handed_over: i64,
}

/// The accounts of a realm.
#[derive(Debug)]
pub(super) struct Accounts {
    zone: Zone,
    days: BTreeMap<i64, Day>,
}

impl Accounts {
    pub(super) fn new(zone: Zone) -> Accounts {
        Accounts { zone, days: BTreeMap::new() }
    }

    /// Takes the step from `before` to `after`, committed at `at`.
    pub(super) fn step(&mut self, at: Instant, before: Option<&Matter>, after: &Matter) {
        let day = self.days.entry(self.zone.day(at)).or_default();
        let step = movement(before, after);
        let unit = &after.standing.responsible;
        if step.left.is_some() {
            let left = before.map_or(unit, |it| &it.standing.responsible);
            day.of(left).moved -= 1;
        }
        if step.entered.is_some() {
            day.of(unit).moved += 1;
        }
        if step.left_at_once.is_some() {
            day.of(unit).moved -= 1;
        }
        day.taken_over += i64::from(step.entered == Some(Entered::TakenOver));
        day.handed_over += i64::from(step.left == Some(LeftAs::HandedOver));
        for (matter, sign) in before.map(|it| (it, -1)).into_iter().chain([(after, 1)]) {
            if matter.standing.is.is_in_ledger() {
                day.of(&matter.standing.responsible).standing += sign;
            }
        }
    }

    /// Closes every day: each unit that moved must balance, and the realm as a whole.
    pub(super) fn close(self, report: &mut VerifyReport) {
        report.balanced_days = self.days.len() as u64;
        let mut running: BTreeMap<UnitId, Balance> = BTreeMap::new();
        let (mut taken, mut handed) = (0, 0);
        for (day, changes) in self.days {
            let date = date_of_day(day);
            for (unit, change) in changes.units {
                let now = running.entry(unit.clone()).or_default();
                now.moved += change.moved;
                now.standing += change.standing;
                let Balance { moved, standing } = *now;
                if moved != standing {
                    let what = Text::new(
                        format!("{date} 单位 {} 台账不平：应为 {moved}，实有 {standing}", unit.0),
                        format!("{} on {date}: {moved} by movements, {standing} stand", unit.0),
                    );
                    report.fault("balance", (None, None), what);
                }
            }
            taken += changes.taken_over;
            handed += changes.handed_over;
            if taken != handed {
                let what = Text::new(
                    format!("{date} 全域接收 {taken} 与移出 {handed} 不等"),
                    format!("on {date} taken over {taken} and handed over {handed} differ"),
                );
                report.fault("balance_realm", (None, None), what);
            }
        }
        report.balanced_units = running.len() as u64;
    }
}

impl Day {
    fn of(&mut self, unit: &UnitId) -> &mut Balance {
        self.units.entry(unit.clone()).or_default()
    }
}
