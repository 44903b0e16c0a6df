//! Running a story.

use crate::form::FieldKind;
use crate::id::{AccountId, ClassCode, CommandId, MatterId, MoveId, PersonId};
use crate::matter::refusal::Refusal;
use crate::matter::submission::{
    Appeal, Command, Extend, FILES_MAX, FileDecl, Found, HandOver, Item, Join, JoinUnit, Merge,
    MoveInput, Name, OnBehalf, Open, Order, Recheck, Reclass, Remark, Submission, Supervise,
    Suspend, Via,
};
use crate::pack::{Level, Pack, PlaceKind};
use crate::place::{Place, PlaceSource, Point};
use crate::story::scene::Scene;
use crate::story::words::{civil, pair, split};
use crate::story::world::World;
use crate::story::{STORY_BYTES_MAX, StoryFault, StoryReport};
use crate::time::{DAY_MS, SECOND_MS};
use crate::unit::UnitId;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Runs a story of a pack.
#[must_use]
pub fn run(pack: &Pack, text: &str) -> StoryReport {
    let mut report = StoryReport::default();
    if text.len() > STORY_BYTES_MAX {
        report.faults.push(fault(1, "a story of at most 256 KiB", "a longer one"));
        return report;
    }
    let mut teller: Option<Teller<'_>> = None;
    let mut scene = Some(Scene::default());
    for (no, line) in text.lines().enumerate() {
        let no = u32::try_from(no + 1).unwrap_or(u32::MAX);
        let words = split(line);
        let Some(first) = words.first().filter(|it| !it.starts_with('#')) else { continue };
        if first == ">" && teller.is_none() {
            match Teller::new(pack, scene.take().unwrap_or_default()) {
                Ok(new) => teller = Some(new),
                Err(got) => {
                    report.faults.push(fault(no, "a scene that stands", &got));
                    return report;
                }
            }
        }
        let outcome = match (&mut teller, &mut scene) {
            (Some(teller), _) => teller.line(no, &words, &mut report),
            (None, Some(scene)) => scene.take(pack, &words),
            (None, None) => Ok(()),
        };
        if let Err(got) = outcome {
            report.faults.push(fault(no, line.trim(), &got));
        }
    }
    if report.steps == 0 {
        report.faults.push(fault(1, "at least one step", "none"));
    }
    report
}

/// The world that the scene of a story makes, with a place in each of its units.
///
/// # Errors
/// What is wrong with the scene.
pub fn world(pack: &Pack, text: &str) -> Result<(World, Vec<(UnitId, Point)>), String> {
    let mut scene = Scene::default();
    for line in text.lines() {
        let words = split(line);
        match words.first() {
            Some(first) if first == ">" => break,
            Some(first) if !first.starts_with('#') => scene.take(pack, &words)?,
            _ => {}
        }
    }
    let start = scene.start.ok_or("the scene has no start")?;
    let units = scene.unit_names();
    let places = units
        .iter()
        .filter_map(|it| Some((UnitId(it.clone()), Scene::point_in(&units, it)?)))
        .collect();
    Ok((World::new(scene.rules(pack)?, start), places))
}

fn fault(line: u32, expected: &str, got: &str) -> StoryFault {
    StoryFault { line, expected: expected.to_owned(), got: got.to_owned() }
}

/// Tells a story in a world.
pub(super) struct Teller<'a> {
    pack: &'a Pack,
    pub(super) world: World,
    units: Vec<String>,
    pub(super) labels: BTreeMap<String, MatterId>,
    pub(super) last: Option<MatterId>,
    pub(super) outcome: Option<Result<(), Refusal>>,
    ids: u128,
}

type Words<'a> = BTreeMap<&'a str, &'a str>;
type Filled = (BTreeMap<String, serde_json::Value>, Vec<FileDecl>);

impl<'a> Teller<'a> {
    fn new(pack: &'a Pack, scene: Scene) -> Result<Teller<'a>, String> {
        let start = scene.start.ok_or("the scene has no start")?;
        let units = scene.unit_names();
        let world = World::new(scene.rules(pack)?, start);
        let labels = BTreeMap::new();
        Ok(Teller { pack, world, units, labels, last: None, outcome: None, ids: 0 })
    }

    fn line(&mut self, no: u32, words: &[String], report: &mut StoryReport) -> Result<(), String> {
        match words[0].as_str() {
            ">" => {
                report.steps += 1;
                self.step(words, report)
            }
            "->" => self.expect_done(words),
            "refused:" => self.expect_refused(words),
            other => Err(format!("line {no} starts with {other}")),
        }
    }

    fn step(&mut self, words: &[String], report: &mut StoryReport) -> Result<(), String> {
        let who = words.get(1).map_or("", String::as_str);
        if who == "at" {
            let to = words.get(2).and_then(|it| civil(it)).ok_or("at takes a time")?;
            let to = self.world.rules.zone.instant(to);
            self.world.advance(to);
            self.outcome = Some(Ok(()));
            return Ok(());
        }
        if let Some(days) = who.strip_prefix('+').and_then(|it| it.strip_suffix('d')) {
            let days: i64 = days.parse().map_err(|_| "+Nd takes whole days")?;
            self.world.advance(self.world.now.plus_ms(days * DAY_MS));
            self.outcome = Some(Ok(()));
            return Ok(());
        }
        self.world.advance(self.world.now.plus_ms(SECOND_MS));
        let act = words.get(2).ok_or("a step is WHO ACT …")?.clone();
        let rest: Words<'_> = words.iter().skip(3).map(|it| pair(it)).collect();
        let photos: Vec<&String> = words.iter().filter(|it| it.starts_with("photo=")).collect();
        let submission = self.submission(who, &act, &rest, &photos)?;
        let result = self.world.submit(&submission).map(|_| ());
        match &result {
            Ok(()) if act == "open" => {
                self.last = Some(submission.matter);
                if let Some(label) = rest.get("as") {
                    self.labels.insert((*label).to_owned(), submission.matter);
                }
            }
            Ok(()) => {}
            Err(refusal) => {
                report.refused.insert(refusal.code().to_owned());
            }
        }
        if result.is_ok() {
            if let (Command::Recheck(it), Some(label)) = (&submission.command, rest.get("as"))
                && let Found::Rebounded(new) = it.found
            {
                self.labels.insert((*label).to_owned(), new);
            }
            report.made.insert(match &submission.command {
                Command::Move(_) => format!("move:{act}"),
                _ => format!("act:{act}"),
            });
        }
        self.outcome = Some(result);
        Ok(())
    }

    fn submission(
        &mut self,
        who: &str,
        act: &str,
        rest: &Words<'_>,
        photos: &[&String],
    ) -> Result<Submission, String> {
        let account = AccountId(who.to_owned());
        if !self.world.rules.accounts.contains_key(&account) {
            return Err(format!("{who} is nobody in this scene"));
        }
        let matter = match (act, rest.get("matter")) {
            ("open", _) => MatterId(self.fresh()),
            (_, Some(label)) => *self.labels.get(*label).ok_or(format!("no matter {label}"))?,
            (_, None) => self.last.ok_or("no matter was opened yet")?,
        };
        let command = match act {
            "open" => self.open(rest, photos)?,
            _ => self.command(act, rest, photos, matter)?,
        };
        Ok(Submission {
            id: CommandId(self.fresh()),
            by: account,
            via: self.via(rest)?,
            matter,
            base_version: None,
            captured_at: None,
            captured_in: None,
            roles: Vec::new(),
            command,
        })
    }

    fn via(&self, rest: &Words<'_>) -> Result<Via, String> {
        match rest.get("via").copied() {
            None => Ok(Via::Person),
            Some("requester") => Ok(Via::Requester),
            Some("bulk") => Ok(Via::Bulk),
            Some("token") => Ok(Via::Token),
            Some("import") => Ok(Via::Import),
            Some(other) => Err(format!("via={other} is not known")),
        }
    }

    fn fresh(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn open(&mut self, rest: &Words<'_>, photos: &[&String]) -> Result<Command, String> {
        let unit = rest.get("place").copied();
        let at = match (unit, rest.get("same").and_then(|it| self.labels.get(*it))) {
            (_, Some(matter)) => {
                self.world.matters.get(matter).and_then(|it| it.place.as_ref()).map(|it| it.at)
            }
            (Some(unit), None) => Scene::point_in(&self.units, unit),
            (None, None) => None,
        };
        let is_point = self.pack.place.kind == PlaceKind::Point;
        let place = at.filter(|_| is_point).map(|it| self.place_at(it, 0));
        let known = ["class", "source", "place", "as", "same", "photo", "text", "via", "party"];
        let (form, mut files) = self.form(rest, &known);
        files.extend(self.photos(photos, at)?);
        Ok(Command::Open(Box::new(Open {
            pack: self.pack.id.clone(),
            class: ClassCode((*rest.get("class").unwrap_or(&"")).to_owned()),
            source: (*rest.get("source").unwrap_or(&"")).to_owned(),
            title: rest.get("text").map(ToString::to_string).unwrap_or_default(),
            form,
            unit: unit.filter(|_| !is_point).map(|it| UnitId(it.to_owned())),
            files,
            place,
            ..Open::default()
        })))
    }

    fn place_at(&self, at: Point, metres: i64) -> Place {
        // 1 m north is about 89.9 ten-millionths of a degree.
        let at = Point { lat_e7: at.lat_e7 + metres * 899 / 10, ..at };
        let mut place = Place::of_point(at, self.world.now);
        place.source = PlaceSource::Gnss;
        place
    }

    fn photos(&mut self, words: &[&String], at: Option<Point>) -> Result<Vec<FileDecl>, String> {
        let mut files = Vec::new();
        for word in words {
            let (_, value) = pair(word);
            let (slot, metres) = value.split_once('@').unwrap_or((value, "0m"));
            let metres = metres.trim_end_matches('m').parse().map_err(|_| "photo=SLOT@12m")?;
            let taken_in = at.map(|it| self.place_at(it, metres));
            files.push(self.file(slot, taken_in));
        }
        Ok(files)
    }

    fn file(&mut self, slot: &str, taken_in: Option<Place>) -> FileDecl {
        let digest = format!("{:064x}", self.fresh().as_u128());
        self.world.arrived.insert(digest.clone());
        FileDecl { digest, slot: slot.to_owned(), taken_at: Some(self.world.now), taken_in }
    }

    /// The fields given, and the files that they name.
    fn form(&mut self, rest: &Words<'_>, known: &[&str]) -> Filled {
        let (mut form, mut files) = (BTreeMap::new(), Vec::new());
        let pack = self.pack;
        for (key, word) in rest.iter().filter(|(key, _)| !known.contains(key)) {
            let kind = pack.form.iter().find(|it| it.id == **key).map(|it| &it.kind);
            let value = match kind {
                Some(kind) if kind.holds_files() => {
                    let count = word.parse().unwrap_or(0).min(FILES_MAX);
                    let new: Vec<FileDecl> = (0..count).map(|_| self.file(key, None)).collect();
                    let mut digests = new.iter().map(|it| it.digest.clone());
                    let value = match kind {
                        FieldKind::Signature => digests.next().into(),
                        _ => digests.collect::<Vec<_>>().into(),
                    };
                    files.extend(new);
                    value
                }
                Some(FieldKind::Place) => {
                    let place = Scene::point_in(&self.units, word).map(|it| self.place_at(it, 0));
                    serde_json::to_value(place).unwrap_or_default()
                }
                _ => field_value(kind, word),
            };
            form.insert((*key).to_owned(), value);
        }
        (form, files)
    }

    fn command(
        &mut self,
        act: &str,
        rest: &Words<'_>,
        photos: &[&String],
        matter: MatterId,
    ) -> Result<Command, String> {
        let text = || rest.get("text").map(ToString::to_string).unwrap_or_default();
        let matter_at =
            |label: &str| self.labels.get(label).copied().ok_or(format!("no matter {label}"));
        let step = rest.get("do").copied().unwrap_or("ask");
        Ok(match act {
            "name" => Command::Name(Name { person: person(rest, "person")? }),
            "hand_over" => Command::HandOver(HandOver {
                from: person(rest, "from")?,
                to: person(rest, "person")?,
                reason: text(),
            }),
            "join" => {
                let unit = UnitId((*rest.get("unit").ok_or("join takes unit=")?).to_owned());
                let children = vec![JoinUnit { matter: MatterId(self.fresh()), unit }];
                if let Some(label) = rest.get("as") {
                    self.labels.insert((*label).to_owned(), children[0].matter);
                }
                Command::Join(Join { children, reason: text() })
            }
            "order" => Command::Order(Order {
                within: within(rest)?,
                measure: rest.get("measure").map(ToString::to_string),
                standard: rest.get("standard").map(ToString::to_string),
                reason: text(),
            }),
            "extend" => Command::Extend(match step {
                "grant" => Extend::Grant,
                "refuse" => Extend::Refuse(text()),
                _ => Extend::Ask(text()),
            }),
            "suspend" => Command::Suspend(self.suspend(step, rest, text())?),
            "urge" => Command::Urge(Remark { text: text() }),
            "note" => Command::Note(Remark { text: text() }),
            "supervise" => Command::Supervise(Supervise { level: level(rest)?, reason: text() }),
            "merge" => {
                let into = matter_at(rest.get("into").ok_or("merge takes into=LABEL")?)?;
                Command::Merge(Merge { into, reason: text() })
            }
            "reclass" => Command::Reclass(Reclass {
                class: ClassCode((*rest.get("class").unwrap_or(&"")).to_owned()),
                reason: text(),
            }),
            "recheck" => {
                let found = match rest.get("found").copied() {
                    Some("rebounded") => Found::Rebounded(MatterId(self.fresh())),
                    _ => Found::Kept,
                };
                let files = self.photos(photos, self.place_of(matter))?;
                Command::Recheck(Recheck { found, files, note: None })
            }
            "appeal" => Command::Appeal(match step {
                "agree" => Appeal::Agree,
                "refuse" => Appeal::Refuse(text()),
                _ => Appeal::Ask(text()),
            }),
            _ => Command::Move(Box::new(self.make(act, rest, photos, matter)?)),
        })
    }

    fn suspend(&self, step: &str, rest: &Words<'_>, reason: String) -> Result<Suspend, String> {
        Ok(match step {
            "grant" => {
                let days: i64 = match rest.get("days") {
                    Some(days) => days.parse().map_err(|_| "days=N")?,
                    None => 30,
                };
                let until = match rest.get("until").and_then(|it| civil(it)) {
                    Some(until) => self.world.rules.zone.instant(until),
                    None => self.world.now.plus_ms(days * DAY_MS),
                };
                Suspend::Grant { until, reason }
            }
            "refuse" => Suspend::Refuse(reason),
            "resume" => Suspend::Resume,
            _ => Suspend::Ask(reason),
        })
    }

    fn place_of(&self, matter: MatterId) -> Option<Point> {
        self.world.matters.get(&matter).and_then(|it| it.place.as_ref()).map(|it| it.at)
    }

    fn make(
        &mut self,
        act: &str,
        rest: &Words<'_>,
        photos: &[&String],
        matter: MatterId,
    ) -> Result<MoveInput, String> {
        let known = [
            "matter",
            "photo",
            "unit",
            "person",
            "within",
            "reason",
            "text",
            "note",
            "checklist",
            "document",
            "visit",
            "signature",
            "payment",
            "via",
            "as",
            "party",
            "paper",
        ];
        let (form, mut files) = self.form(rest, &known);
        files.extend(self.photos(photos, self.place_of(matter))?);
        for kind in rest.get("document").into_iter().flat_map(|it| it.split(',')) {
            files.push(self.file(kind, None));
        }
        let mut items = Vec::new();
        if rest.contains_key("visit") {
            items.push(Item::Visit(self.world.now));
        }
        if rest.contains_key("signature") {
            items.push(Item::Signature("0".repeat(64)));
        }
        if let Some(fen) = rest.get("payment") {
            let amount_fen = fen.parse().map_err(|_| "payment=FEN")?;
            items.push(Item::Payment { amount_fen, voucher: "1".into() });
        }
        let on_behalf = rest.get("party").map(|party| OnBehalf {
            party: (*party).to_owned(),
            means: "signed_paper".into(),
            evidence: Some("0".repeat(64)),
        });
        let checklist =
            if rest.get("checklist") == Some(&"all") { (0..40).collect() } else { vec![] };
        Ok(MoveInput {
            id: MoveId(act.to_owned()),
            form,
            files,
            note: rest.get("note").map(ToString::to_string),
            reason: rest.get("reason").or(rest.get("text")).map(ToString::to_string),
            unit: rest.get("unit").map(|it| UnitId((*it).to_owned())),
            person: rest.get("person").map(|it| PersonId((*it).to_owned())),
            within: within(rest)?,
            checklist,
            items,
            on_behalf,
        })
    }
}

fn field_value(kind: Option<&FieldKind>, word: &str) -> serde_json::Value {
    let as_text = kind.is_none_or(|it| {
        matches!(it, FieldKind::Text { .. } | FieldKind::Date | FieldKind::Choice { .. })
    });
    match (as_text, word) {
        (false, "yes") => true.into(),
        (false, "no") => false.into(),
        (false, number) => number.parse::<i64>().map_or_else(|_| number.into(), Into::into),
        (true, text) => text.into(),
    }
}

fn person(rest: &Words<'_>, key: &str) -> Result<PersonId, String> {
    let person = rest.get(key).ok_or(format!("{key}=ROLE@UNIT is needed"))?;
    Ok(PersonId((*person).to_owned()))
}

fn within(rest: &Words<'_>) -> Result<Option<crate::clock::Within>, String> {
    let Some(text) = rest.get("within") else { return Ok(None) };
    let spaced = text.replacen('_', " ", 1);
    spaced.parse().map(Some).map_err(|it| format!("within={text}: {it}"))
}

fn level(rest: &Words<'_>) -> Result<Level, String> {
    match rest.get("level").copied() {
        Some("blue") => Ok(Level::Blue),
        Some("yellow") => Ok(Level::Yellow),
        Some("red") => Ok(Level::Red),
        _ => Err("level=blue, yellow or red".into()),
    }
}
