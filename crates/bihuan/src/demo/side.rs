//! What people of a demonstration do beside the way: ask, decide, urge, merge.

use crate::demo::actors::Party;
use crate::demo::play::Play;
use crate::demo::scenario::word;
use bihuan_core::id::{MatterId, RoleId};
use bihuan_core::matter::Matter;
use bihuan_core::matter::state::Asked;
use bihuan_core::matter::submission::{
    Command, Extend, Join, JoinUnit, Merge, Remark, Submission, Suspend,
};
use bihuan_core::pack::{Act, Meaning, Pack, Stage};
use bihuan_core::time::DAY_MS;
use bihuan_core::unit::UnitId;

/// Something out of the ordinary that the handler of a matter will ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Extension,
    Suspension,
    Joint,
}

impl Play<'_> {
    /// Handlers ask for what they need, dispatchers decide, the squad urges.
    pub(super) fn side_act(
        &mut self,
        pack: &Pack,
        stage: &Stage,
        matter: &Matter,
    ) -> Option<Submission> {
        if matter.asked == Some(Asked::Extension) {
            let by = stage.allow.extend.as_ref()?.by.clone();
            let late = matter.standing.due.as_ref().is_none_or(|it| it.at < self.now);
            let grant = !late && self.chance.percent(80);
            let extend =
                if grant { Extend::Grant } else { Extend::Refuse("请按原时限整改".into()) };
            return self.side(pack, matter, &by, Command::Extend(extend));
        }
        if stage.is == Meaning::Opened && self.chance.percent(self.scenario.chances.duplicate * 10)
        {
            let into = matter
                .similar
                .iter()
                .find(|it| self.matters.get(it).is_some_and(|it| !it.is_final()));
            if let Some(into) = into.copied().filter(|_| !stage.allow.merge.is_empty()) {
                let merge = Merge { into, reason: "同一处问题".into() };
                return self.side(pack, matter, &stage.allow.merge, Command::Merge(merge));
            }
        }
        if stage.is == Meaning::Handling
            && matter.overdue_at.is_some()
            && matter.urged == 0
            && self.chance.percent(self.scenario.chances.urge * 8)
        {
            let text = word(&mut self.chance, &self.scenario.texts.urge);
            let urge = Command::Urge(Remark { text });
            return self.side(pack, matter, &stage.allow.urge, urge);
        }
        let wish = self.wish(stage, matter)?;
        self.ask(pack, stage, matter, wish)
    }

    /// Drawn once for each matter that is being fixed.
    fn wish(&mut self, stage: &Stage, matter: &Matter) -> Option<Wish> {
        let declares = stage.moves.iter().any(|it| it.act == Act::Declare);
        let fresh = matter.standing.since.plus_ms(1) <= self.now && matter.rework == 0;
        let asked_before = matter.handling.as_ref().is_none_or(|it| it.extended > 0)
            || matter.suspended_times > 0
            || !matter.children.is_empty()
            || matter.parent.is_some();
        if !declares || !fresh || asked_before || stage.is != Meaning::Handling {
            return None;
        }
        let chances = self.scenario.chances;
        let drawn = self.chance.below(100);
        if drawn < chances.extension {
            Some(Wish::Extension)
        } else if drawn < chances.extension + chances.suspension {
            Some(Wish::Suspension)
        } else if drawn < chances.extension + chances.suspension + chances.joint {
            Some(Wish::Joint)
        } else {
            None
        }
    }

    fn ask(
        &mut self,
        pack: &Pack,
        stage: &Stage,
        matter: &Matter,
        wish: Wish,
    ) -> Option<Submission> {
        match wish {
            Wish::Extension => {
                let in_time = matter.standing.due.as_ref().is_some_and(|it| it.at > self.now);
                let roles = stage.allow.extend.as_ref().filter(|_| in_time)?.ask.clone();
                let text = word(&mut self.chance, &self.scenario.texts.extend);
                self.side(pack, matter, &roles, Command::Extend(Extend::Ask(text)))
            }
            Wish::Suspension => {
                let roles = stage.allow.suspend.as_ref()?.by.clone();
                let days = 10 + self.ms_below(40);
                let until = self.now.plus_ms(days * DAY_MS);
                let reason = word(&mut self.chance, &self.scenario.texts.suspend);
                let suspend = Suspend::Grant { until, reason };
                self.side(pack, matter, &roles, Command::Suspend(suspend))
            }
            Wish::Joint => {
                let others: Vec<UnitId> = self
                    .rules
                    .by_role
                    .get(&stage.owner.as_ref()?.role)?
                    .iter()
                    .map(|it| it.unit.clone())
                    .filter(|it| !matter.has_part(it))
                    .collect();
                let unit = self.chance.one(&others)?.clone();
                let child = MatterId(self.id());
                let children = vec![JoinUnit { matter: child, unit }];
                let join = Join { children, reason: "需共同处置".into() };
                self.side(pack, matter, &stage.allow.join, Command::Join(join))
            }
        }
    }

    pub(super) fn side(
        &mut self,
        pack: &Pack,
        matter: &Matter,
        roles: &[RoleId],
        command: Command,
    ) -> Option<Submission> {
        let asked = (roles, Party::Any, self.now);
        let (account, _) = self.actors.on(&mut self.chance, &self.rules, pack, matter, asked)?;
        Some(self.submission(account, matter.id, command))
    }
}
