//! One run: phones with outboxes of their own, a network that loses, doubles and reorders, and a
//! realm that dies between batches. The same seed plays the same run, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::id::{CommandId, MatterId};
use bihuan_core::matter::Matter;
use bihuan_core::matter::submission::Submission;
use bihuan_core::story::chance::{Chance, View, submission};
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::Answer;
use bihuan_store::execute::BATCH_MAX;

use super::server::Server;
use crate::torture::oracle::{self, Key, Range, Sound};
use crate::torture::realm;

/// Phones of the realm.
const PHONES: usize = 40;
/// Matters that a phone holds.
const HELD_MAX: usize = 20;
/// Replies that never reach the phone, in percent.
const REPLIES_LOST: u64 = 30;
/// Requests that never reach the realm, in percent.
const REQUESTS_LOST: u64 = 5;
/// Requests that reach it twice, in percent.
const DOUBLED: u64 = 20;
/// Submissions that report something new, at least, in percent.
const OPENED: u64 = 20;
/// Accepted ids that come back with another body, in percent.
const FORGED: u64 = 1;
/// Ticks after which an unanswered request is sent again.
const PATIENCE: u64 = 5;
/// Ticks after which a run that does not come to an end is given up.
const DRAIN_MAX: u64 = 5_000;
/// The sender that is the clock of the realm.
const CLOCK: usize = PHONES;

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Played {
    pub(super) submissions: u64,
    pub(super) sent: u64,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) replayed: u64,
    pub(super) replies_lost: u64,
    pub(super) conflicts: u64,
    /// Refused, and accepted by a copy that the network held back; the next sync shows it.
    pub(super) late: u64,
    /// Answered as accepted, and not in the record.
    pub(super) lost: u64,
    /// Accepted more than once.
    pub(super) doubled: u64,
    pub(super) timers: u64,
    pub(super) batches: u64,
    pub(super) crashes: u64,
    pub(super) clock_back: u64,
    pub(super) refusals: BTreeMap<String, u64>,
    pub(super) sound: Sound,
}

struct Phone {
    matters: BTreeMap<MatterId, Matter>,
    skew_ms: i64,
    online: bool,
    outbox: Vec<usize>,
}

struct Item {
    phone: usize,
    submission: Submission,
    /// Ids that it was sent under: one, unless the sender forgets.
    ids: Vec<CommandId>,
    sent: Option<u64>,
    answer: Option<Verdict>,
    accepted: Option<Range>,
    forged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Done(Range),
    Refused,
}

struct Message {
    item: usize,
    body: Submission,
    forged: bool,
}

struct Play {
    chance: Chance,
    server: Server,
    places: Vec<(UnitId, bihuan_core::place::Point)>,
    phones: Vec<Phone>,
    items: Vec<Item>,
    timers: BTreeMap<CommandId, usize>,
    network: BTreeMap<(u64, u64), Message>,
    tick: u64,
    forgetful: bool,
    played: Played,
}

/// Plays `count` submissions of phones; `forgetful` senders choose a new id when they retry.
///
/// # Errors
/// Something that must hold does not.
pub(super) fn play(dir: &Path, seed: u64, count: u64, forgetful: bool) -> Result<Played> {
    let mut chance = Chance::new(seed);
    let phones = (0..=PHONES).map(|_| Phone {
        matters: BTreeMap::new(),
        skew_ms: skew(&mut chance),
        online: true,
        outbox: Vec::new(),
    });
    let phones = phones.collect();
    let mut play = Play {
        chance,
        server: Server::found(dir, seed)?,
        places: realm::places(),
        phones,
        items: Vec::new(),
        timers: BTreeMap::new(),
        network: BTreeMap::new(),
        tick: 0,
        forgetful,
        played: Played::default(),
    };
    while play.played.submissions < count {
        play.step(count).with_context(|| format!("seed {seed}, tick {}", play.tick))?;
    }
    let last = play.tick + DRAIN_MAX;
    while play.open() {
        ensure!(play.tick < last, "seed {seed}: submissions stay unanswered");
        play.step(count).with_context(|| format!("seed {seed}, tick {}", play.tick))?;
    }
    play.judge().with_context(|| format!("seed {seed}"))
}

/// How far a phone's clock is off, in milliseconds.
fn skew(chance: &mut Chance) -> i64 {
    let most = match chance.below(10) {
        0..=5 => 2 * 60_000,
        6..=7 => 5 * HOUR_MS,
        _ => 2 * DAY_MS,
    };
    within(chance, 2 * most) - most
}

fn within(chance: &mut Chance, most: i64) -> i64 {
    let most = u64::try_from(most).expect("a span is positive");
    i64::try_from(chance.below(most)).expect("below a span")
}

impl Play {
    fn open(&self) -> bool {
        !self.network.is_empty() || self.phones.iter().any(|it| !it.outbox.is_empty())
    }

    fn step(&mut self, count: u64) -> Result<()> {
        self.tick += 1;
        let draining = self.played.submissions >= count;
        let ahead = if self.chance.percent(1) { 14 * HOUR_MS } else { 20 * 60_000 };
        let ahead = within(&mut self.chance, ahead);
        self.server.now = self.server.now.plus_ms(ahead);
        if self.tick.is_multiple_of(12) {
            self.server.keep_files()?;
        }
        if !draining {
            self.ring()?;
        }
        for no in 0..PHONES {
            self.connect(no, draining);
            if !draining {
                self.create(no, count)?;
            }
            self.send(no);
        }
        self.send(CLOCK);
        self.deliver()
    }

    /// The clock of the realm puts what is due into its outbox, each once.
    fn ring(&mut self) -> Result<()> {
        for due in self.server.due()? {
            if !self.timers.contains_key(&due.id) {
                self.timers.insert(due.id, self.items.len());
                self.played.timers += 1;
                self.put(CLOCK, due);
            }
        }
        Ok(())
    }

    fn put(&mut self, phone: usize, submission: Submission) {
        self.phones[phone].outbox.push(self.items.len());
        self.items.push(Item {
            phone,
            ids: vec![submission.id],
            submission,
            sent: None,
            answer: None,
            accepted: None,
            forged: false,
        });
    }

    /// A phone goes out of reach and comes back; in reach, it sometimes looks what is new.
    fn connect(&mut self, no: usize, draining: bool) {
        let flips = if self.phones[no].online { 4 } else { 6 };
        if self.chance.percent(flips) {
            self.phones[no].online ^= true;
        }
        let phone = &mut self.phones[no];
        phone.online |= draining;
        if phone.online && self.chance.percent(50) {
            phone.matters.clear();
            let recent = &self.server.recent;
            for _ in 0..HELD_MAX.min(recent.len()) {
                let at = within(&mut self.chance, recent.len() as i64);
                let id = recent[usize::try_from(at).expect("a position is positive")];
                phone.matters.insert(id, self.server.seen[&id].clone());
            }
        }
    }

    /// The person at a phone does something, by what the phone shows.
    fn create(&mut self, no: usize, count: u64) -> Result<()> {
        for _ in 0..self.chance.below(3) {
            if self.played.submissions == count {
                return Ok(());
            }
            let rules = self.server.writer()?.rules().clone();
            let pack = realm::pack(&rules)?;
            let phone = &self.phones[no];
            // Who sees nothing reports something.
            let nothing = BTreeMap::new();
            let blank = self.chance.percent(OPENED);
            let view = View {
                rules: &rules,
                pack: &pack,
                now: self.server.now.plus_ms(phone.skew_ms),
                matters: if blank { &nothing } else { &phone.matters },
                places: &self.places,
            };
            let made = submission(&mut self.chance, &view);
            for file in made.command.files() {
                if self.chance.percent(85) {
                    self.server.arrive(file.digest.clone());
                }
            }
            self.played.submissions += 1;
            self.put(no, made);
        }
        Ok(())
    }

    /// A phone in reach sends what is new and what was not answered in time.
    fn send(&mut self, no: usize) {
        if !self.phones[no].online {
            return;
        }
        for at in self.phones[no].outbox.clone() {
            let item = &mut self.items[at];
            let again = match item.sent {
                None => false,
                Some(sent) if self.tick - sent < PATIENCE => continue,
                Some(_) => true,
            };
            item.sent = Some(self.tick);
            let mut body = item.submission.clone();
            if again && self.forgetful && no != CLOCK {
                body.id = CommandId(self.chance.uuid());
                item.ids.push(body.id);
            }
            self.post(Message { item: at, body, forged: false });
        }
    }

    /// The network takes a message: it may be late, come twice, or never.
    fn post(&mut self, message: Message) {
        self.played.sent += 1;
        if self.chance.percent(REQUESTS_LOST) && !message.forged {
            return;
        }
        let copies = if self.chance.percent(DOUBLED) { 2 } else { 1 };
        for _ in 0..copies {
            // Most come at once; some overtake others, some come long after their repetition.
            let delay = if self.chance.percent(5) { 30 } else { 3 };
            let due = self.tick + self.chance.below(delay);
            let key = (due, self.chance.bits());
            let Message { item, ref body, forged } = message;
            self.network.insert(key, Message { item, body: body.clone(), forged });
        }
    }

    fn deliver(&mut self) -> Result<()> {
        let later = self.network.split_off(&(self.tick + 1, 0));
        let due = std::mem::replace(&mut self.network, later);
        let mut due: Vec<Message> = due.into_values().collect();
        while !due.is_empty() {
            let most = self.chance.below(BATCH_MAX as u64) as usize + 1;
            let rest = due.split_off(most.min(due.len()));
            let batch: Vec<Submission> = due.iter().map(|it| it.body.clone()).collect();
            let answers = self.server.execute(&batch)?;
            let dies = self.chance.percent(4);
            if dies {
                self.server.crash();
            }
            for (message, answer) in due.into_iter().zip(answers) {
                let heard = self.record(&message, &answer)?;
                if dies || self.chance.percent(REPLIES_LOST) {
                    self.played.replies_lost += 1;
                } else if let Some(verdict) = heard {
                    self.hear(&message, verdict)?;
                }
            }
            due = rest;
        }
        Ok(())
    }

    /// What the realm has done, whether or not the sender comes to hear of it.
    fn record(&mut self, message: &Message, answer: &Answer) -> Result<Option<Verdict>> {
        let item = &mut self.items[message.item];
        match answer {
            Answer::Done(_) | Answer::Refused(_) if message.forged => {
                bail!("another body under a used id was taken as new: {answer:?}")
            }
            Answer::Done(receipt) => {
                let range = (receipt.first_seq, receipt.last_seq);
                self.played.replayed += u64::from(receipt.replayed);
                if !self.forgetful || message.item == CLOCK {
                    let known = item.accepted.is_some_and(|it| it != range);
                    ensure!(!known, "two receipts: {:?} and {range:?}", item.accepted);
                    let first = item.accepted.is_none();
                    ensure!(receipt.replayed != first, "not marked as repeated: {receipt:?}");
                }
                item.accepted = Some(range);
                Ok(Some(Verdict::Done(range)))
            }
            Answer::Refused(refusal) => {
                let sure = item.accepted.is_some() && !self.forgetful;
                ensure!(!sure, "refused after it was accepted: {refusal:?}");
                *self.played.refusals.entry(refusal.code().to_owned()).or_default() += 1;
                Ok(Some(Verdict::Refused))
            }
            Answer::Conflict if message.forged => {
                self.played.conflicts += u64::from(!item.forged);
                item.forged = true;
                Ok(None)
            }
            Answer::Conflict => bail!("a conflict of {} with itself", message.body.id),
            Answer::Failed(failure) => bail!("the store failed: {failure:?}"),
        }
    }

    /// A reply reaches its sender, which takes the item out of its outbox.
    fn hear(&mut self, message: &Message, verdict: Verdict) -> Result<()> {
        let item = &mut self.items[message.item];
        match (&item.answer, &verdict) {
            (Some(Verdict::Done(_)), Verdict::Refused) if !self.forgetful => {
                bail!("the sender was told that it is done, then that it is refused")
            }
            (Some(Verdict::Done(_)), _) => {}
            _ => item.answer = Some(verdict.clone()),
        }
        let phone = item.phone;
        let phone = &mut self.phones[phone];
        phone.outbox.retain(|it| *it != message.item);
        if let Some(matter) = self.server.seen.get(&message.body.matter) {
            phone.matters.insert(matter.id, matter.clone());
        }
        if matches!(verdict, Verdict::Done(_)) && self.chance.percent(FORGED) && !self.forgetful {
            let mut body = self.items[message.item].submission.clone();
            let at = body.captured_at.unwrap_or(Instant(0));
            body.captured_at = Some(at.plus_ms(1));
            self.post(Message { item: message.item, body, forged: true });
        }
        Ok(())
    }

    /// Judges the whole run from the rows of the realm.
    fn judge(mut self) -> Result<Played> {
        // A last crash: what is judged has been read from the file.
        self.server.crash();
        let sound = oracle::sound(self.server.writer()?.db())?;
        let mut played = self.played;
        let mut told: BTreeSet<Key> = BTreeSet::new();
        for item in &self.items {
            let actor = item.submission.by.to_string();
            let keys = item.ids.iter().map(|it| (actor.clone(), it.to_string()));
            let keys: Vec<Key> = keys.filter(|it| sound.commands.contains_key(it)).collect();
            let kept = keys.first().map(|it| sound.commands[it]);
            match (&item.answer, kept) {
                (None, _) => bail!("{actor} {} has no answer", item.submission.id),
                (Some(Verdict::Done(_)), None) => played.lost += 1,
                (Some(Verdict::Done(range)), Some(kept)) if !self.forgetful => {
                    ensure!(*range == kept, "told {range:?}, kept as {kept:?}");
                }
                (Some(Verdict::Refused), Some(_)) => played.late += 1,
                _ => {}
            }
            played.accepted += u64::from(kept.is_some());
            played.refused += u64::from(kept.is_none());
            played.doubled += keys.len().saturating_sub(1) as u64;
            ensure!(item.accepted.is_some() == kept.is_some(), "the realm answered otherwise");
            told.extend(keys);
        }
        let strange = sound.commands.keys().find(|it| !told.contains(it));
        ensure!(strange.is_none(), "nobody sent {strange:?}");
        ensure!(
            sound.quarantined == played.conflicts,
            "{} bodies were answered as conflicts, {} are kept aside",
            played.conflicts,
            sound.quarantined
        );
        let server = &self.server;
        played.batches = server.batches;
        (played.crashes, played.clock_back) = (server.crashes, server.clock_back);
        played.sound = sound;
        Ok(played)
    }
}
