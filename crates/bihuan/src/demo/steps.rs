//! What people of a demonstration do next with a matter, and when.

use crate::demo::actors::Party;
use crate::demo::play::{Entry, Play, Sent};
use crate::demo::scenario::word;
use bihuan_core::form::{FieldKind, sample};
use bihuan_core::id::MatterId;
use bihuan_core::matter::Matter;
use bihuan_core::matter::state::AppealState;
use bihuan_core::matter::submission::{
    Appeal, Command, FileDecl, Found, Item, MoveInput, Recheck, Submission,
};
use bihuan_core::pack::{Act, Class, DefaultOwner, Meaning, Move, Need, Pack, Stage};
use bihuan_core::time::{DAY_MS, HOUR_MS};
use bihuan_core::unit::UnitId;
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;

impl Play<'_> {
    /// The next step of a matter.
    pub(super) fn step(&mut self, id: MatterId) -> Option<Submission> {
        let matter = self.matters.get(&id)?.clone();
        if matter.is_final() || matter.suspension.is_some() {
            return None;
        }
        let pack = Arc::clone(self.rules.pack_of(&matter)?);
        let stage = pack.stage(&matter.standing.stage)?.clone();
        if let Some(submission) = self.side_act(&pack, &stage, &matter) {
            return Some(submission);
        }
        let made = if pack.id == self.pack.id {
            self.chosen(&stage, &matter)?
        } else {
            self.onward(&stage)?
        };
        self.make(&pack, &matter, &made)
    }

    fn make(&mut self, pack: &Pack, matter: &Matter, made: &Move) -> Option<Submission> {
        let party = Self::party_of(
            made.act.is_acceptance() || matches!(made.act, Act::Void | Act::SelfHandle),
            matter,
        );
        let asked = (&made.by[..], party, self.now);
        let (account, _) = self.actors.on(&mut self.chance, &self.rules, pack, matter, asked)?;
        let input = self.input(pack, matter, made)?;
        Some(self.submission(account, matter.id, Command::Move(Box::new(input))))
    }

    /// The move that the main pack's people choose, told by what it means.
    fn chosen(&mut self, stage: &Stage, matter: &Matter) -> Option<Move> {
        let chances = self.scenario.chances;
        let by_public = matches!(matter.source.as_str(), "public" | "hotline");
        let wrong = self.is_wrong_unit(matter);
        let mut order: Vec<Act> = Vec::new();
        match stage.is {
            Meaning::Opened => {
                if stage.moves.iter().any(|it| it.act == Act::PreCheck) {
                    order.extend(self.chance.percent(8).then_some(Act::Void));
                    order.push(Act::PreCheck);
                }
                if by_public && matter.version == 1 && self.chance.percent(60) {
                    order.push(Act::Advance);
                }
                order.extend(self.chance.percent(chances.void).then_some(Act::Void));
                if matter.source == "patrol" && self.chance.percent(chances.self_handled) {
                    order.push(Act::SelfHandle);
                }
                order.push(Act::File);
            }
            Meaning::Filed => {
                order.extend(self.chance.percent(chances.on_the_spot).then_some(Act::FixOnSpot));
                order.push(Act::Dispatch);
            }
            Meaning::Handling => {
                order.extend(wrong.then_some(Act::Return));
                order.extend([Act::Receive, Act::Declare]);
            }
            Meaning::Declared => {
                let again = matter.rework < 2 && self.chance.percent(chances.rework);
                order.extend(again.then_some(Act::SendBack));
                order.push(Act::Accept);
            }
            _ => order.extend([Act::Accept, Act::SignOff]),
        }
        let find = |act: &Act| stage.moves.iter().find(|it| it.act == *act);
        order.iter().find_map(find).or(stage.moves.first()).cloned()
    }

    /// A move that goes on, for a pack that the play knows nothing of.
    fn onward(&mut self, stage: &Stage) -> Option<Move> {
        let back = [Act::Void, Act::Return, Act::SendBack, Act::Transfer, Act::SelfHandle];
        let lift = self.chance.percent(18);
        let on: Vec<&Move> = stage
            .moves
            .iter()
            .filter(|it| !back.contains(&it.act) && (it.act == Act::Lift) == lift)
            .collect();
        let end = stage.moves.iter().find(|it| it.act == Act::Void);
        if end.is_some() && stage.is == Meaning::Handling && self.chance.percent(6) {
            return end.cloned();
        }
        self.chance.one(&on).copied().or(stage.moves.first()).cloned()
    }

    /// Whether a matter was dispatched to a unit that has nothing to do with it.
    fn is_wrong_unit(&self, matter: &Matter) -> bool {
        let Some(handling) = &matter.handling else { return false };
        let units = &self.rules.units;
        let is_village = units.children(&handling.unit).next().is_some();
        is_village
            && matter.parent.is_none()
            && !units.is_within(&matter.place_unit, &handling.unit)
    }

    /// What a move is given: every need, with the words of its class.
    fn input(&mut self, pack: &Pack, matter: &Matter, made: &Move) -> Option<MoveInput> {
        let class = pack.class(&matter.standing.class)?.clone();
        let mut input = MoveInput { id: made.id.clone(), ..MoveInput::default() };
        if matches!(made.act, Act::Dispatch | Act::FixOnSpot | Act::Transfer) {
            input.unit = Some(self.unit_for(pack, matter, made, &class)?);
        }
        if !made.reasons.is_empty() {
            input.reason = self.chance.one(&made.reasons).map(|it| it.id.clone());
        }
        for need in &made.needs {
            self.give(pack, matter, &class, need, &mut input);
        }
        if made.act == Act::SendBack && made.reasons.is_empty() {
            input.reason = Some(word(&mut self.chance, &self.scenario.texts.send_back));
        }
        Some(input)
    }

    /// The unit that a dispatcher names: the one that the class suggests, or now and then a wrong
    /// one.
    fn unit_for(
        &mut self,
        pack: &Pack,
        matter: &Matter,
        made: &Move,
        class: &Class,
    ) -> Option<UnitId> {
        let to = pack.stage(&made.to)?;
        let handling = pack.stages.iter().find(|it| it.is == Meaning::Handling)?;
        let role = &to.owner.as_ref().or(handling.owner.as_ref())?.role;
        let holders = self.rules.by_role.get(role)?;
        let units = &self.rules.units;
        let wrong = made.act == Act::Dispatch
            && matter.handling.is_none()
            && self.chance.percent(self.scenario.chances.wrong_unit);
        if wrong {
            let others: Vec<&UnitId> = holders
                .iter()
                .map(|it| &it.unit)
                .filter(|it| units.children(it).next().is_some())
                .collect();
            return self.chance.one(&others).map(|it| (*it).clone());
        }
        let suggested = match &class.owner {
            DefaultOwner::Function(it) => units.with_function(&matter.place_unit, it),
            DefaultOwner::Point => {
                let point = matter.point.as_ref().and_then(|it| self.rules.points.get(it));
                point.and_then(|it| units.get(&it.unit))
            }
            DefaultOwner::Place => None,
        };
        let start = suggested.map_or(&matter.place_unit, |it| &it.id);
        let staffed = |id: &UnitId| holders.iter().any(|it| it.unit == *id);
        let near = |from: &UnitId| units.up_from(from).find(|it| staffed(&it.id));
        near(start).or_else(|| near(&matter.place_unit)).map(|it| it.id.clone())
    }

    fn give(
        &mut self,
        pack: &Pack,
        matter: &Matter,
        class: &Class,
        need: &Need,
        input: &mut MoveInput,
    ) {
        match need {
            Need::Photo(photo) => {
                let has = matter.files.iter().any(|it| it.slot == photo.slot);
                if photo.later_than.is_some() || !has {
                    for _ in 0..photo.count.max(1) {
                        let place = matter.place.as_ref();
                        let file =
                            self.pictures.other(&mut self.chance, &photo.slot, place, self.now);
                        input.files.push(file);
                    }
                }
            }
            Need::Field(id) => {
                let field = pack.form.iter().find(|it| it.id == *id);
                let value = match (id.as_str(), field.map(|it| &it.kind)) {
                    ("measure", _) => class.measure.zh.clone().into(),
                    ("standard", _) => class.standard.zh.clone().into(),
                    (_, Some(FieldKind::Text { .. })) => {
                        word(&mut self.chance, &self.scenario.texts.done).into()
                    }
                    (_, Some(kind)) => sample(kind),
                    (_, None) => serde_json::Value::Null,
                };
                input.form.insert(id.clone(), value);
            }
            Need::Note => input.note = Some(word(&mut self.chance, &self.scenario.texts.note)),
            Need::Reason => {
                let note = word(&mut self.chance, &self.scenario.texts.note);
                input.reason = input.reason.take().or(Some(note));
            }
            Need::Checklist => input.checklist = (0..40).collect(),
            Need::Person => {
                let unit = input.unit.clone();
                let unit = unit.or_else(|| Some(matter.handling.as_ref()?.unit.clone()));
                let holders = self.rules.by_role.values().flatten();
                let owner = pack.stages.iter().find(|it| it.is == Meaning::Handling);
                let role = owner.and_then(|it| it.owner.as_ref()).map(|it| &it.role);
                let mut fits =
                    holders.filter(|it| Some(&it.unit) == unit.as_ref() && Some(&it.role) == role);
                input.person = fits.next().map(|it| it.person.clone());
            }
            Need::Document(kind) => input.files.push(FileDecl {
                taken_in: None,
                ..self.pictures.other(&mut self.chance, kind, None, self.now)
            }),
            Need::Visit => input.items.push(Item::Visit(self.now)),
            Need::Signature => input.items.push(Item::Signature("0".repeat(64))),
            Need::Payment => {
                input.items.push(Item::Payment { amount_fen: 100, voucher: "1".into() });
            }
            Need::Unit | Need::Limit | Need::Rows(_) | Need::Checks | Need::Children => {}
        }
    }

    /// Looking back at a cleared matter.
    pub(super) fn recheck(&mut self, id: MatterId) -> Option<Submission> {
        let matter = self.matters.get(&id)?.clone();
        let pack = Arc::clone(self.rules.pack_of(&matter)?);
        let found = if self.chance.percent(self.scenario.chances.rebound) {
            Found::Rebounded(MatterId(self.id()))
        } else {
            Found::Kept
        };
        let place = matter.place.as_ref();
        let photo = self.pictures.other(&mut self.chance, "recheck", place, self.now);
        let recheck = Recheck { found, files: vec![photo], note: None };
        let asked = (&pack.after.recheck[..], Party::Other, self.now);
        let (account, _) = self.actors.on(&mut self.chance, &self.rules, &pack, &matter, asked)?;
        Some(self.submission(account, id, Command::Recheck(recheck)))
    }

    /// An appeal against an overdue mark, and those who decide on it.
    pub(super) fn appeal(&mut self, id: MatterId, step: u32) -> Option<Submission> {
        let matter = self.matters.get(&id)?.clone();
        let pack = Arc::clone(self.rules.pack_of(&matter)?);
        let (roles, appeal) = match step {
            0 => {
                let text = word(&mut self.chance, &self.scenario.texts.appeal);
                (pack.after.appeal.clone(), Appeal::Ask(text))
            }
            _ => {
                let by = pack.after.appeal_decide.get(step as usize - 1)?.clone();
                let agree = self.chance.percent(70);
                let refuse = || Appeal::Refuse("理由不充分".into());
                (vec![by], if agree { Appeal::Agree } else { refuse() })
            }
        };
        self.side(&pack, &matter, &roles, Command::Appeal(appeal))
    }

    /// What follows from a command that was accepted: who acts next, and when.
    pub(super) fn follow(&mut self, sent: &Sent) {
        let id = sent.submission.matter;
        match (&sent.submission.command, &sent.entry) {
            (Command::Join(join), _) => {
                for child in &join.children {
                    self.next(child.matter);
                }
                self.next(id);
            }
            (Command::Recheck(it), _) => {
                if let Found::Rebounded(new) = it.found {
                    self.next(new);
                }
            }
            (Command::Appeal(_), Entry::Appeal(_, step)) => {
                let open = self
                    .matters
                    .get(&id)
                    .is_some_and(|it| matches!(it.appeal, Some(AppealState::Asked(_))));
                if open {
                    let at = self.working(self.now.0 + 2 * HOUR_MS, true);
                    self.put(at, Entry::Appeal(id, step + 1));
                }
            }
            (Command::Expire(timer), _) => {
                use bihuan_core::matter::submission::TimerRule;
                if matches!(timer.rule, TimerRule::Resume | TimerRule::Lapse) {
                    self.next(id);
                }
            }
            _ => {
                self.next(id);
                let parent = self.matters.get(&id).filter(|it| it.is_final());
                if let Some(parent) = parent.and_then(|it| it.parent) {
                    self.next(parent);
                }
            }
        }
    }

    /// Puts the next step of a matter on the agenda.
    fn next(&mut self, id: MatterId) {
        let Some(matter) = self.matters.get(&id).cloned() else { return };
        let Some(pack) = self.rules.pack_of(&matter).cloned() else { return };
        let Some(stage) = pack.stage(&matter.standing.stage) else { return };
        let now = self.now.0;
        if matter.is_final() {
            self.after_the_end(&matter);
            return;
        }
        if matter.children.iter().any(|it| !it.ended) || matter.suspension.is_some() {
            return;
        }
        let declares = stage.moves.iter().any(|it| it.act == Act::Declare);
        let at = match stage.is {
            _ if pack.id != self.pack.id => {
                let wait = 4 * HOUR_MS + self.ms_below(4 * DAY_MS);
                self.working(now + wait, true)
            }
            Meaning::Handling if declares => self.fixed_at(&matter),
            Meaning::Handling => {
                let wait = 10 * MINUTE_MS + self.ms_below(90 * MINUTE_MS);
                self.working(now + wait, false)
            }
            Meaning::Declared | Meaning::Verifying => {
                let wait = 20 * MINUTE_MS + self.ms_below(5 * HOUR_MS);
                self.working(now + wait, false)
            }
            _ => {
                let wait = 5 * MINUTE_MS + self.ms_below(45 * MINUTE_MS);
                self.working(now + wait, true)
            }
        };
        self.put(at, Entry::Step(id, 0));
    }

    /// When a handler is done: mostly in time, some late, some units later than others.
    fn fixed_at(&mut self, matter: &Matter) -> i64 {
        let now = self.now.0;
        let due = matter.standing.due.as_ref().map_or(now + DAY_MS, |it| it.at.0);
        let unit = &matter.standing.responsible.0;
        // Each unit has a pace of its own, drawn from its name.
        let pace = unit.bytes().fold(7_u64, |sum, it| sum.wrapping_mul(31) + u64::from(it)) % 10;
        let late = self.scenario.chances.late * (2 + pace * pace / 10) / 4;
        if due <= now || self.chance.percent(late) {
            let wait = HOUR_MS + self.ms_below(3 * DAY_MS);
            return self.working(due.max(now) + wait, false);
        }
        let share = 15 + self.ms_below(70);
        let at = now + (due - now) * share / 100;
        let working = self.working(at, false);
        if working < due { working } else { at }
    }

    /// Looking back and appeals, after a matter has ended.
    fn after_the_end(&mut self, matter: &Matter) {
        if matter.standing.is != Meaning::Closed || matter.acceptance.is_none() {
            return;
        }
        let open = matter.duties.iter().filter(|it| it.id == "recheck" && it.done_at.is_none());
        let first = open.map(|it| it.due.at.0).min();
        if let Some(due) = first {
            let early = self.ms_below(8 * HOUR_MS);
            let at = self.working(due - early, false);
            self.put(at, Entry::Recheck(matter.id));
        }
        if matter.overdue_at.is_some()
            && matter.appeal.is_none()
            && self.chance.percent(self.scenario.chances.appeal)
        {
            let at = self.working(self.now.0 + 3 * HOUR_MS, true);
            self.put(at, Entry::Appeal(matter.id, 0));
        }
    }
}
