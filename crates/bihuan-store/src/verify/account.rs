//! The account of each unit, day by day: what moved must explain what stands.

use crate::verify::VerifyReport;
use bihuan_core::ledger::movement;
use bihuan_core::matter::Matter;
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use std::collections::{BTreeMap, BTreeSet};

/// The accounts while the record is replayed.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// By movements: opening of the day plus what entered, minus what left.
    moved: BTreeMap<UnitId, i64>,
    /// By counting where matters stand.
    standing: BTreeMap<UnitId, i64>,
    taken_over: i64,
    handed_over: i64,
    touched: BTreeSet<UnitId>,
    units: BTreeSet<UnitId>,
    days: u64,
}

impl Accounts {
    /// Takes the step from `before` to `after`.
    pub(super) fn step(&mut self, before: Option<&Matter>, after: &Matter) {
        let step = movement(before, after);
        let unit = &after.standing.responsible;
        if step.left.is_some() {
            let left = before.map_or(unit, |it| &it.standing.responsible);
            *self.moved.entry(left.clone()).or_default() -= 1;
            self.touched.insert(left.clone());
        }
        if step.entered.is_some() {
            *self.moved.entry(unit.clone()).or_default() += 1;
            self.touched.insert(unit.clone());
        }
        if step.left_at_once.is_some() {
            *self.moved.entry(unit.clone()).or_default() -= 1;
        }
        use bihuan_core::ledger::{Entered, LeftAs};
        self.taken_over += i64::from(step.entered == Some(Entered::TakenOver));
        self.handed_over += i64::from(step.left == Some(LeftAs::HandedOver));
        for (matter, sign) in before.map(|it| (it, -1)).into_iter().chain([(after, 1)]) {
            if matter.standing.is.is_in_ledger() {
                let unit = &matter.standing.responsible;
                *self.standing.entry(unit.clone()).or_default() += sign;
                self.touched.insert(unit.clone());
            }
        }
    }

    /// Closes a day: every unit that moved must balance.
    pub(super) fn close(&mut self, day: i64, report: &mut VerifyReport) {
        for unit in std::mem::take(&mut self.touched) {
            let moved = self.moved.get(&unit).copied().unwrap_or(0);
            let standing = self.standing.get(&unit).copied().unwrap_or(0);
            if moved != standing {
                let date = bihuan_core::time::date_of_day(day);
                let what = Text::new(
                    format!("{} 单位 {} 台账不平：应为 {moved}，实有 {standing}", date, unit.0),
                    format!("{} on {date}: {moved} by movements, {standing} stand", unit.0),
                );
                report.fault("balance", (None, None), what);
            }
            self.units.insert(unit);
        }
        if self.taken_over != self.handed_over {
            let (taken, handed) = (self.taken_over, self.handed_over);
            let what = Text::new(
                format!("全域接收 {taken} 与移出 {handed} 不等"),
                format!("taken over {taken} and handed over {handed} differ"),
            );
            report.fault("balance_realm", (None, None), what);
        }
        self.days += 1;
        report.balanced_units = self.units.len() as u64;
        report.balanced_days = self.days;
    }
}
