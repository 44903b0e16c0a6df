//! Six weeks of a realm, played by a seed: people find, file, dispatch, fix, accept and look back,
//! each by an ordinary command, with the clock moved from slot to slot.
//!
//! Invariant: the same seed over the same realm gives the same record, byte for byte.

use crate::demo::actors::{Actors, Party};
use crate::demo::pictures::Pictures;
use crate::demo::scenario::{Scenario, weighted, word};
use bihuan_core::id::{AccountId, CommandId, MatterId, RoleId};
use bihuan_core::matter::submission::{Command, Open, Submission};
use bihuan_core::matter::{Matter, Rules, Via, next_timer, timer_command};
use bihuan_core::pack::{Meaning, Pack};
use bihuan_core::place::{Place, PlaceSource, Point};
use bihuan_core::policy::Scope;
use bihuan_core::story::chance::Chance;
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::{Answer, DbError, Moment, Writer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Length of a slot of the clock, in milliseconds.
const SLOT_MS: i64 = 5 * 60_000;
/// How far around a point things are found, in ten-millionths of a degree.
const SPREAD_E7: i64 = 24_000;
/// How often one act is tried before it is given up.
const TRIES_MAX: u32 = 3;

/// A realm being played.
pub struct Play<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) rules: Arc<Rules>,
    pub(super) pack: Arc<Pack>,
    pub(super) side: Arc<Pack>,
    pub(super) actors: Actors,
    pub(super) chance: Chance,
    pub(super) pictures: Pictures,
    pub(super) now: Instant,
    writer: Writer,
    /// Matters as the play last saw them.
    pub(super) matters: BTreeMap<MatterId, Matter>,
    agenda: BTreeMap<i64, Vec<Entry>>,
    timers: BTreeSet<(Instant, MatterId)>,
    timer_of: BTreeMap<MatterId, Instant>,
    counted: Counted,
}

/// What a play came to.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Counted {
    /// Commands accepted.
    pub done: u64,
    /// Commands refused: people err too.
    pub refused: BTreeMap<String, u64>,
    /// Acts that nobody was found for.
    pub nobody: u64,
}

/// Something on the agenda.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// A find of the main pack.
    Find,
    /// An opening of the side pack.
    Side,
    /// The next step of a matter.
    Step(MatterId, u32),
    /// Looking back at a matter.
    Recheck(MatterId),
    /// An appeal, at this step.
    Appeal(MatterId, u32),
}

/// A command on its way, and what it was for.
pub(super) struct Sent {
    pub(super) submission: Submission,
    pub(super) entry: Entry,
}

impl<'a> Play<'a> {
    /// A play over a realm that is founded.
    ///
    /// # Errors
    /// Where the realm lacks a pack that the scenario names.
    pub fn new(
        writer: Writer,
        scenario: &'a Scenario,
        pictures: Pictures,
        seed: u64,
    ) -> Result<Play<'a>, String> {
        let rules = Arc::clone(writer.rules());
        let pack = |id: &str| {
            let pack = rules.pack(&id.into()).cloned();
            pack.ok_or_else(|| format!("the realm has no pack {id}"))
        };
        let (pack, side) = (pack(&scenario.pack)?, pack(&scenario.side_pack)?);
        let actors = Actors::new(&rules);
        Ok(Play {
            scenario,
            pack,
            side,
            actors,
            rules,
            chance: Chance::new(seed),
            pictures,
            now: Instant(0),
            writer,
            matters: BTreeMap::new(),
            agenda: BTreeMap::new(),
            timers: BTreeSet::new(),
            timer_of: BTreeMap::new(),
            counted: Counted::default(),
        })
    }

    /// Plays from the first day to the end of the last.
    ///
    /// # Errors
    /// As the store says.
    pub fn run(
        mut self,
        (first_day, last_day): (i64, i64),
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(Writer, Counted), DbError> {
        self.plan(first_day, last_day);
        let end = self.rules.zone.start_of_day(last_day + 1);
        let days = u64::try_from(last_day - first_day + 1).unwrap_or(1);
        loop {
            let next_entry = self.agenda.first_key_value().map(|(at, _)| *at);
            let next_timer = self.timers.first().map(|(at, _)| at.0);
            let Some(next) = next_entry.into_iter().chain(next_timer).min() else { break };
            let slot = next.div_euclid(SLOT_MS) * SLOT_MS + SLOT_MS;
            if slot >= end.0 {
                break;
            }
            self.now = Instant(slot.max(self.now.0));
            let day = self.rules.zone.day(self.now) - first_day;
            progress(u64::try_from(day).unwrap_or(0), days);
            self.fire()?;
            self.act()?;
        }
        progress(days, days);
        Ok((self.writer, self.counted))
    }

    /// Puts finds and side openings on the agenda of each day.
    fn plan(&mut self, first_day: i64, last_day: i64) {
        for day in first_day..=last_day {
            // 1970-01-01 was a Thursday.
            let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
            let count = self.scenario.found_per_day[weekday];
            let start = self.rules.zone.start_of_day(day).0;
            for _ in 0..count {
                let in_day = 8 * HOUR_MS + self.ms_below(10 * HOUR_MS);
                self.put(start + in_day, Entry::Find);
            }
        }
        let days = last_day - first_day;
        for _ in 0..self.scenario.side_count {
            let day = first_day + self.ms_below(days.max(1) * 9 / 10);
            let at = self.rules.zone.start_of_day(day).0 + 9 * HOUR_MS + self.ms_below(8 * HOUR_MS);
            self.put(at, Entry::Side);
        }
    }

    pub(super) fn ms_below(&mut self, end: i64) -> i64 {
        i64::try_from(self.chance.below(u64::try_from(end).unwrap_or(0))).unwrap_or(0)
    }

    pub(super) fn put(&mut self, at_ms: i64, entry: Entry) {
        let at_ms = at_ms.max(self.now.0 + 1);
        self.agenda.entry(at_ms).or_default().push(entry);
    }

    fn moment(&mut self) -> Moment {
        let mut salt = [0; 32];
        for part in salt.chunks_mut(8) {
            part.copy_from_slice(&self.chance.bits().to_be_bytes());
        }
        Moment { clock: self.now, salt }
    }

    /// Fires the timers that are due.
    fn fire(&mut self) -> Result<(), DbError> {
        loop {
            let now = self.now;
            let due: Vec<MatterId> = self
                .timers
                .iter()
                .take_while(|(at, _)| *at <= now)
                .map(|(_, id)| *id)
                .take(200)
                .collect();
            let submissions: Vec<Submission> = due
                .iter()
                .filter_map(|id| {
                    let (_, timer) = next_timer(&self.rules, self.matters.get(id)?)?;
                    Some(timer_command(*id, timer))
                })
                .collect();
            if submissions.is_empty() {
                return Ok(());
            }
            let sent = submissions
                .into_iter()
                .map(|submission| {
                    let entry = Entry::Step(submission.matter, u32::MAX);
                    Sent { submission, entry }
                })
                .collect();
            self.send(sent)?;
        }
    }

    /// Does what the agenda has for this slot.
    fn act(&mut self) -> Result<(), DbError> {
        let later = self.agenda.split_off(&(self.now.0 + 1));
        let due = std::mem::replace(&mut self.agenda, later);
        let mut sent: Vec<Sent> = Vec::new();
        for entry in due.into_values().flatten() {
            match self.prepare(&entry) {
                Some(submission) => sent.push(Sent { submission, entry }),
                None => self.counted.nobody += 1,
            }
        }
        while !sent.is_empty() {
            let rest = sent.split_off(sent.len().min(bihuan_store::execute::BATCH_MAX));
            self.send(sent)?;
            sent = rest;
        }
        Ok(())
    }

    fn prepare(&mut self, entry: &Entry) -> Option<Submission> {
        match entry {
            Entry::Find => self.find(),
            Entry::Side => self.open_side(),
            Entry::Step(id, _) => self.step(*id),
            Entry::Recheck(id) => self.recheck(*id),
            Entry::Appeal(id, step) => self.appeal(*id, *step),
        }
    }

    fn send(&mut self, sent: Vec<Sent>) -> Result<(), DbError> {
        let moment = self.moment();
        let batch: Vec<Submission> = sent.iter().map(|it| it.submission.clone()).collect();
        let answers = self.writer.execute(moment, &batch);
        let mut done = Vec::new();
        for (sent, answer) in sent.into_iter().zip(answers) {
            match answer {
                Answer::Done(_) => {
                    self.counted.done += 1;
                    done.push(sent);
                }
                Answer::Refused(refusal) => {
                    *self.counted.refused.entry(refusal.code().to_owned()).or_default() += 1;
                    self.again(sent);
                }
                Answer::Conflict => return Err(DbError::Other("an id was used twice".into())),
                Answer::Failed(failure) => return Err(DbError::Other(failure.why)),
            }
        }
        self.see(&done)?;
        for sent in done {
            self.follow(&sent);
        }
        Ok(())
    }

    /// Whoever was refused tries again a little later, a few times.
    fn again(&mut self, sent: Sent) {
        if let Entry::Step(id, tries) = sent.entry {
            if tries == u32::MAX {
                // A timer that no longer holds is dropped.
                if let Some(at) = self.timer_of.remove(&id) {
                    self.timers.remove(&(at, id));
                }
            } else if tries < TRIES_MAX {
                let at = self.now.0 + 20 * 60_000 + self.ms_below(2 * HOUR_MS);
                self.put(at, Entry::Step(id, tries + 1));
            }
        }
    }

    /// Reads the matters that commands changed.
    fn see(&mut self, done: &[Sent]) -> Result<(), DbError> {
        let mut ids: BTreeSet<MatterId> = BTreeSet::new();
        for sent in done {
            ids.insert(sent.submission.matter);
            ids.extend(named_by(&sent.submission));
            ids.extend(self.matters.get(&sent.submission.matter).and_then(|it| it.parent));
        }
        for id in ids {
            let Some(matter) =
                bihuan_store::matter::matter(self.writer.db(), &Scope::operator(), id)?
            else {
                continue;
            };
            if let Some(at) = self.timer_of.remove(&id) {
                self.timers.remove(&(at, id));
            }
            if let Some((at, _)) = next_timer(&self.rules, &matter) {
                self.timers.insert((at, id));
                self.timer_of.insert(id, at);
            }
            self.matters.insert(id, matter);
        }
        Ok(())
    }

    /// Somebody finds something.
    fn find(&mut self) -> Option<Submission> {
        let sources = self.scenario.source.iter().map(|it| (it.id.as_str(), it.weight));
        let source = weighted(&mut self.chance, sources)?.to_owned();
        let ids: Vec<_> = self.rules.points.keys().cloned().collect();
        let point_id = self.chance.one(&ids)?.clone();
        let point = self.rules.points.get(&point_id)?.clone();
        // A compound or a market is some 200 m across.
        let (east, north) = (self.ms_below(SPREAD_E7), self.ms_below(SPREAD_E7));
        let at = Point {
            lon_e7: point.at.lon_e7 + east - SPREAD_E7 / 2,
            lat_e7: point.at.lat_e7 + north - SPREAD_E7 / 2,
        };
        let fits = |code: &str| {
            self.pack
                .classes
                .iter()
                .find(|it| it.code.0 == code)
                .filter(|it| it.point_types.is_empty() || it.point_types.contains(&point.kind))
        };
        let classes: Vec<(String, u64)> = self
            .scenario
            .classes
            .iter()
            .filter(|(code, _)| fits(code).is_some())
            .map(|(code, weight)| (code.clone(), *weight))
            .collect();
        let code = weighted(&mut self.chance, classes.into_iter())?;
        let class = fits(&code)?.clone();
        let unit = self.rules.areas.locate(at).candidates.first()?.clone();
        let roles: Vec<RoleId> = match source.as_str() {
            "squad" | "drone" | "upper" => vec!["squad".into()],
            "leader" => vec!["leader".into()],
            "public" | "hotline" => vec!["intake".into()],
            "self" => vec!["unit_head".into()],
            _ => vec!["inspector".into()],
        };
        let now = self.now;
        let (account, _) = self.actors.at(&mut self.chance, &self.rules, &unit, (&roles, now))?;
        let is_drone = source == "drone";
        let mut place = Place::of_point(at, now);
        place.source = if is_drone { PlaceSource::Drone } else { PlaceSource::Gnss };
        place.accuracy_m = 3 + u32::try_from(self.chance.below(12)).unwrap_or(0);
        let whereabouts = word(&mut self.chance, &self.scenario.texts.whereabouts);
        let named = self.chance.percent(self.scenario.at_point_percent);
        let before = self.pictures.before(&mut self.chance, &class.code, &place, now);
        Some(self.submission(
            account,
            MatterId(uuid::Uuid::nil()),
            Command::Open(Box::new(Open {
                pack: self.pack.id.clone(),
                class: class.code.clone(),
                source,
                title: format!("{whereabouts}{}", class.title.zh),
                unit: Some(unit),
                point: named.then_some(point_id),
                place: Some(place),
                files: vec![before],
                ..Open::default()
            })),
        ))
    }

    /// Somebody brings a matter of the side pack.
    fn open_side(&mut self) -> Option<Submission> {
        let side = Arc::clone(&self.side);
        let role = side.stage_of(Meaning::Opened)?.owner.as_ref()?.role.clone();
        let grants = self.rules.by_role.get(&role)?;
        let unit: UnitId = self.chance.one(grants)?.area.clone();
        let (account, _) =
            self.actors.at(&mut self.chance, &self.rules, &unit, (&[role], self.now))?;
        let class = self.chance.one(&side.classes)?.code.clone();
        let wanted = word(&mut self.chance, &self.scenario.side_source);
        let source = side.source(&wanted).or(side.sources.first())?.id.clone();
        let title = word(&mut self.chance, &self.scenario.side_titles);
        let id = MatterId(uuid::Uuid::nil());
        Some(self.submission(
            account,
            id,
            Command::Open(Box::new(Open {
                pack: side.id.clone(),
                class,
                source,
                title,
                unit: Some(unit),
                ..Open::default()
            })),
        ))
    }

    /// A submission with ids drawn now; an opening gets an id for its matter too.
    pub(super) fn submission(
        &mut self,
        by: AccountId,
        matter: MatterId,
        command: Command,
    ) -> Submission {
        let matter = if matter.0.is_nil() { MatterId(self.id()) } else { matter };
        Submission {
            id: CommandId(self.id()),
            by,
            via: Via::Person,
            matter,
            base_version: None,
            captured_at: Some(self.now),
            captured_in: None,
            roles: Vec::new(),
            command,
        }
    }

    /// An id that carries its time, as senders make them (UUIDv7).
    pub(super) fn id(&mut self) -> uuid::Uuid {
        let millis = u64::try_from(self.now.0).unwrap_or(0);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.chance.bits().to_be_bytes());
        random[8..].copy_from_slice(&self.chance.bits().to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// The end of the day, and the hour of it, for planning what people do next.
    pub(super) fn working(&self, at_ms: i64, office: bool) -> i64 {
        let zone = self.rules.zone;
        let mut at = at_ms;
        for _ in 0..20 {
            let day = zone.day(Instant(at));
            let start = zone.start_of_day(day).0;
            let date = zone.date(Instant(at));
            let (open, close) = (start + 8 * HOUR_MS + HOUR_MS / 2, start + 18 * HOUR_MS);
            if office && !self.rules.calendar.is_working_day(date) {
                at = start + DAY_MS + (at - start) % (2 * HOUR_MS) + 8 * HOUR_MS + HOUR_MS / 2;
            } else if at < open {
                return open + (at - start) % (90 * 60_000);
            } else if at < close {
                return at;
            } else {
                at = start + DAY_MS + 8 * HOUR_MS + HOUR_MS / 2 + (at - start) % (90 * 60_000);
            }
        }
        at
    }

    pub(super) fn party_of(act_is_acceptance: bool, matter: &Matter) -> Party {
        if act_is_acceptance && !matter.parts.is_empty() { Party::Other } else { Party::Any }
    }
}

/// Other matters that a command names.
fn named_by(submission: &Submission) -> Vec<MatterId> {
    use bihuan_core::matter::submission::Found;
    match &submission.command {
        Command::Merge(it) => vec![it.into],
        Command::Join(it) => it.children.iter().map(|it| it.matter).collect(),
        Command::Recheck(it) => match it.found {
            Found::Rebounded(new) => vec![new],
            Found::Kept => Vec::new(),
        },
        _ => Vec::new(),
    }
}
