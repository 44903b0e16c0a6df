//! Figures by hand: every matter is followed event by event, and each word is counted by what its
//! definition says, from the state of the matter before and after each of its events.

use bihuan_core::figure::{Exact, Period};
use bihuan_core::id::MatterId;
use bihuan_core::matter::event::{Event, Score, What};
use bihuan_core::matter::{Matter, apply};
use bihuan_core::pack::{
    Act, Against, Counted, Figure, Formula, How, Meaning, Origin, Sign, Stake, Take,
};
use bihuan_core::time::{Instant, Zone, date_of_day, day_of_date};
use bihuan_store::Db;
use bihuan_store::figure::{Ask, By};
use bihuan_store::record::{Record, Said};
use std::collections::{BTreeMap, BTreeSet};

/// Every word of the vocabulary.
pub(crate) const ALL: [Counted; 38] = [
    Counted::Opened,
    Counted::OpenedKept,
    Counted::OpenedCleared,
    Counted::Filed,
    Counted::FiledOnTime,
    Counted::PreChecked,
    Counted::PreCheckedOnTime,
    Counted::Dispatched,
    Counted::DispatchedKept,
    Counted::Due,
    Counted::DueDeclared,
    Counted::DueDeclaredOnTime,
    Counted::DueCleared,
    Counted::DueClearedOnTime,
    Counted::DueMissed,
    Counted::Declared,
    Counted::DeclaredOnTime,
    Counted::Judged,
    Counted::JudgedOnTime,
    Counted::Accepted,
    Counted::SentBack,
    Counted::Cleared,
    Counted::ClearedOnTime,
    Counted::FixedOnSpot,
    Counted::SelfHandled,
    Counted::Merged,
    Counted::Voided,
    Counted::Returned,
    Counted::Transferred,
    Counted::Lifted,
    Counted::Extended,
    Counted::Suspended,
    Counted::Overdue,
    Counted::Urged,
    Counted::Supervised,
    Counted::Rechecked,
    Counted::RecheckFailed,
    Counted::Rebounded,
];

/// One event of a matter.
struct Happened {
    seq: u64,
    at: Instant,
    before: Option<Matter>,
    event: Event,
    after: Matter,
}

/// Every matter, event by event, and what each event alone says of each word.
pub(crate) struct History {
    matters: Vec<Vec<Happened>>,
    happened: BTreeMap<Counted, Vec<Hit>>,
}

/// Something that counts.
#[derive(Clone)]
struct Hit {
    matter: MatterId,
    place: String,
    source: String,
    seq: u64,
    at: i64,
    unit: String,
    class: String,
    value: Option<i64>,
    /// The entry that undid it.
    undone: Option<u64>,
}

/// Words that are told by how a matter stands, not by what happened to it.
const BY_STATE: [Counted; 9] = [
    Counted::Opened,
    Counted::OpenedKept,
    Counted::OpenedCleared,
    Counted::Due,
    Counted::DueDeclared,
    Counted::DueDeclaredOnTime,
    Counted::DueCleared,
    Counted::DueClearedOnTime,
    Counted::DueMissed,
];

impl History {
    /// Reads the events; the number of the last entry comes along.
    pub(crate) fn read(db: &mut Db) -> (History, u64) {
        let mut matters: BTreeMap<_, Vec<Happened>> = BTreeMap::new();
        let mut head = 0;
        db.query("SELECT bytes FROM event ORDER BY seq", &[], |row| {
            let record = Record::from_bytes(row.blob(0)?).expect("an entry");
            head = record.seq;
            let Said::Matter(said) = record.said else { return Ok(()) };
            let events = matters.entry(said.id).or_default();
            let before = events.last().map(|it| it.after.clone());
            let after = apply(before.clone(), said.id, record.at, &said.event).expect("it follows");
            let (seq, at, event) = (record.seq, record.at, said.event);
            events.push(Happened { seq, at, before, event, after });
            Ok(())
        })
        .expect("the record");
        let matters: Vec<Vec<Happened>> = matters.into_values().collect();
        let mut all: BTreeMap<Counted, Vec<Hit>> = BTreeMap::new();
        for counted in ALL.into_iter().filter(|it| !BY_STATE.contains(it)) {
            let of = |events: &Vec<Happened>| -> Vec<Hit> {
                let each = events.iter().enumerate();
                each.filter_map(|(no, it)| happened(it, counted, &events[no + 1..])).collect()
            };
            all.insert(counted, matters.iter().flat_map(of).collect());
        }
        (History { matters, happened: all }, head)
    }

    /// First and last day on which something happened.
    pub(crate) fn days(&self, zone: Zone) -> (i64, i64) {
        let days = || self.matters.iter().flatten().map(|it| zone.day(it.at));
        (days().min().expect("a day"), days().max().expect("a day"))
    }

    /// Everything that figures may be told apart by.
    pub(crate) fn keys(&self, ask: &Ask<'_>) -> BTreeSet<Option<String>> {
        let key = |it: &Happened| match ask.by {
            None => None,
            Some(By::Unit) => Some(it.after.standing.responsible.0.clone()),
            Some(By::Place) => Some(it.after.place_unit.0.clone()),
            Some(By::Class) => Some(it.after.standing.class.0.clone()),
            Some(By::Source) => Some(it.after.source.clone()),
        };
        self.matters.iter().flatten().map(key).collect()
    }

    /// A figure, counted by hand.
    pub(crate) fn figure(&self, ask: &Ask<'_>, figure: &Figure, key: Option<&str>) -> Exact {
        let named = |id: &str| ask.pack.figures.iter().find(|it| it.id == id).expect("it is there");
        match &figure.is {
            Formula::One(take) if take.how == How::Average => {
                let (over, under) = self.take(ask, take, key, ask.period);
                Exact::Ratio { over: over.unwrap_or(0), under }
            }
            Formula::One(take) => match (take.how, self.take(ask, take, key, ask.period).0) {
                (_, Some(it)) => Exact::Whole(it),
                (How::Min | How::Max | How::First | How::Last, None) => Exact::Nothing,
                (_, None) => Exact::Whole(0),
            },
            Formula::Rate { over, under } => {
                let count = |it: &Take| self.take(ask, it, key, ask.period).0.unwrap_or(0);
                Exact::Ratio { over: count(over), under: count(under) }
            }
            Formula::Growth { of, against } => {
                let take = plain(named(of));
                let before = before(ask, *against);
                let now = self.take(ask, take, key, ask.period).0.unwrap_or(0);
                let was = self.take(ask, take, key, &before).0.unwrap_or(0);
                Exact::Ratio { over: now - was, under: was }
            }
            Formula::Share { part, whole } => {
                let count =
                    |id: &str| self.take(ask, plain(named(id)), key, ask.period).0.unwrap_or(0);
                Exact::Ratio { over: count(part), under: count(whole) }
            }
            Formula::Above { rate, base } => {
                let pair = |id: &str| match self.figure(ask, named(id), key) {
                    Exact::Ratio { over, under } => (over, under),
                    other => panic!("{other:?}"),
                };
                let ((over, under), (base_over, base_under)) = (pair(rate), pair(base));
                Exact::Difference { over, under, base_over, base_under }
            }
        }
    }

    /// One number, and of how many it was taken.
    fn take(
        &self,
        ask: &Ask<'_>,
        take: &Take,
        key: Option<&str>,
        period: &Period,
    ) -> (Option<i64>, i64) {
        if let Origin::Holders(role) = &take.of {
            // Nobody came or went in this town, and everybody has one unit.
            return match (ask.by, key) {
                (None, _) => (Some(naive_holders(role.as_str())), 0),
                (Some(By::Unit | By::Place), Some("v01" | "v03" | "squad" | "district")) => {
                    (Some(i64::from(role.as_str() == "acceptor")), 0)
                }
                _ => (None, 0),
            };
        }
        let mut hits: Vec<Hit> = self
            .hits(ask, &take.of)
            .into_iter()
            .filter(|it| period.from.0 <= it.at && it.at < period.to.0)
            .filter(|it| key.is_none() || key == Some(it.key(ask.by)))
            .collect();
        hits.sort_by_key(|it| (it.at, it.seq));
        let values: Vec<i64> = hits.iter().filter_map(|it| it.value).collect();
        let (all, some) = (hits.len() as i64, values.len() as i64);
        match take.how {
            How::Count => (Some(all), all),
            How::Units => {
                let units: BTreeSet<_> = hits.iter().map(|it| &it.unit).collect();
                (Some(units.len() as i64), all)
            }
            How::Matters => {
                let ids: BTreeSet<_> = hits.iter().map(|it| it.matter).collect();
                (Some(ids.len() as i64), all)
            }
            How::Sum | How::Average => (Some(values.iter().sum()), some),
            How::Min => (values.iter().min().copied(), some),
            How::Max => (values.iter().max().copied(), some),
            How::First => (values.first().copied(), some),
            How::Last => (values.last().copied(), some),
        }
    }
}

impl History {
    /// What counts of all matters, of any period, as of an entry.
    fn hits(&self, ask: &Ask<'_>, of: &Origin) -> Vec<Hit> {
        let seq = ask.as_of.seq;
        if let Origin::Matters(counted) = of
            && let Some(hits) = self.happened.get(counted)
        {
            let is_known = |it: &&Hit| it.seq <= seq && it.undone.is_none_or(|it| it > seq);
            return hits.iter().filter(is_known).cloned().collect();
        }
        let each = self.matters.iter().flat_map(|it| {
            let known = it.partition_point(|it| it.seq <= seq);
            hits(&it[..known], of, ask.as_of.at)
        });
        each.collect()
    }
}

/// How many hold a role in the town.
fn naive_holders(role: &str) -> i64 {
    // v01, v03 (who is the handler of v02 too), the squad and the district.
    if role == "acceptor" { 4 } else { 0 }
}

fn plain(figure: &Figure) -> &Take {
    match &figure.is {
        Formula::One(take) => take,
        other => panic!("{other:?}"),
    }
}

fn before(ask: &Ask<'_>, against: Against) -> Period {
    let (first, last) = (ask.period.first, ask.period.last);
    let days = day_of_date(last) - day_of_date(first) + 1;
    let back = |it| date_of_day(day_of_date(it) - days);
    match against {
        Against::Period => ask.cycles.days(back(first), back(last)).expect("a period"),
        // What follows the last day is looked for a year before, as leap days come and go.
        Against::Year => {
            let year_before = |day: i64| {
                let it = date_of_day(day);
                let (year, month, day) = (it.year() - 1, it.month(), it.day());
                let that = |day: i8| format!("{year:04}-{month:02}-{day:02}").parse();
                day_of_date(that(day).or_else(|_| that(day - 1)).expect("a day"))
            };
            let (first, next) =
                (year_before(day_of_date(first)), year_before(day_of_date(last) + 1));
            ask.cycles.days(date_of_day(first), date_of_day(next - 1)).expect("a period")
        }
    }
}

impl Hit {
    fn key(&self, by: Option<By>) -> &str {
        match by {
            None => "",
            Some(By::Unit) => &self.unit,
            Some(By::Place) => &self.place,
            Some(By::Class) => &self.class,
            Some(By::Source) => &self.source,
        }
    }
}

/// What counts of one matter, its events being known up to the last.
fn hits(events: &[Happened], of: &Origin, now: Instant) -> Vec<Hit> {
    match of {
        Origin::Matters(counted) => words(events, *counted, now),
        Origin::Scored(scored) => {
            let amount = |it: &Score| match scored.what {
                Stake::Points => it.points_milli,
                Stake::Fen => it.fen,
            };
            let fits = |it: &&Score| match scored.sign {
                Sign::Both => amount(it) != 0,
                Sign::Deducted => amount(it) < 0,
                Sign::Awarded => amount(it) > 0,
            };
            let sign = if scored.sign == Sign::Deducted { -1 } else { 1 };
            events
                .iter()
                .flat_map(|it| it.event.scores.iter().filter(fits).map(move |score| (it, score)))
                .map(|(it, score)| hit(it, &score.unit.0, it.at, Some(sign * amount(score))))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

/// What a word counts of one matter.
fn words(events: &[Happened], counted: Counted, now: Instant) -> Vec<Hit> {
    let Some(last) = events.last() else { return Vec::new() };
    let now_is = last.after.standing.is;
    let was_voided = matches!(now_is, Meaning::Voided | Meaning::Merged);
    let reported = |counts: bool| {
        let it = &last.after;
        let unit = &it.opened_unit.0;
        let hit = hit(last, unit, it.opened_at, None);
        if counts { vec![hit] } else { Vec::new() }
    };
    match counted {
        Counted::Opened => reported(true),
        Counted::OpenedKept => reported(!was_voided),
        Counted::OpenedCleared => reported(now_is == Meaning::Closed),
        _ => due(last, counted, now),
    }
}

fn hit(it: &Happened, unit: &str, at: Instant, value: Option<i64>) -> Hit {
    Hit {
        matter: it.after.id,
        place: it.after.place_unit.0.clone(),
        source: it.after.source.clone(),
        seq: it.seq,
        at: at.0,
        unit: unit.to_owned(),
        class: it.after.standing.class.0.clone(),
        value,
        undone: None,
    }
}

/// A matter is due at the deadline of the unit that has it in hand, or had it when it was cleared.
fn due(last: &Happened, counted: Counted, now: Instant) -> Vec<Hit> {
    let it = &last.after;
    let Some(handling) = &it.handling else { return Vec::new() };
    let is = it.standing.is;
    let ended_otherwise = is.is_final() && is != Meaning::Closed;
    let stands = handling.paused_at.is_some() || (it.suspension.is_some() && !is_done(is));
    if ended_otherwise || stands {
        return Vec::new();
    }
    let timely = it.overdue_at.is_none();
    let counts = match counted {
        Counted::Due => true,
        Counted::DueDeclared => is_done(is),
        Counted::DueDeclaredOnTime => is_done(is) && timely,
        Counted::DueCleared => is == Meaning::Closed,
        Counted::DueClearedOnTime => is == Meaning::Closed && timely,
        _ => !is_done(is) && handling.due.at < now,
    };
    if counts { vec![hit(last, &handling.unit.0, handling.due.at, None)] } else { Vec::new() }
}

fn is_done(is: Meaning) -> bool {
    matches!(is, Meaning::Declared | Meaning::Verifying | Meaning::Closed)
}

/// What a word counts of one event; `later` are those that follow.
fn happened<'a>(it: &'a Happened, counted: Counted, later: &'a [Happened]) -> Option<Hit> {
    let (before, after) = (it.before.as_ref(), &it.after);
    let act = |it: &Happened| match &it.event.what {
        What::Moved(moved) => Some(moved.act),
        _ => None,
    };
    let act_is = |acts: &[Act]| act(it).is_some_and(|it| acts.contains(&it));
    let responsible = &after.standing.responsible.0;
    let was_responsible = before.map_or(responsible, |it| &it.standing.responsible.0);
    let handler = after.handling.as_ref().map_or(responsible, |it| &it.unit.0);
    let in_hand = |it: &'a Happened| {
        let handling = it.before.as_ref().and_then(|it| it.handling.as_ref());
        handling.filter(|it| it.paused_at.is_none()).map(|it| &it.unit.0)
    };
    let timely = after.overdue_at.is_none();
    let in_time = before.and_then(|it| it.standing.due.as_ref()).map(|due| it.at <= due.at);
    let whole = it.at.0 - after.opened_at.0;
    let plain = |counts: bool, unit: &'a str| counts.then(|| hit(it, unit, it.at, None));
    let timed =
        |counts: bool, unit: &'a str, ms: i64| counts.then(|| hit(it, unit, it.at, Some(ms)));
    let ends_as = |is: Meaning| after.standing.is == is && before.is_none_or(|it| !it.is_final());
    let files = after.filed_at.is_some() && before.is_none_or(|it| it.filed_at.is_none());
    let gives = act_is(&[Act::Dispatch, Act::Transfer])
        || matches!(&it.event.what, What::Opened(it) if it.handling.is_some())
        || (act_is(&[Act::FixOnSpot]) && in_hand(it) != Some(handler));
    let declares = act_is(&[Act::Declare, Act::FixOnSpot]);
    let worked = after.handling.as_ref().map_or(0, |handling| {
        let stood: i64 = handling.stood.iter().map(|(from, to)| to.0.min(it.at.0) - from.0).sum();
        (it.at.0 - handling.since.0 - stood).max(0)
    });
    match counted {
        Counted::Filed => timed(files, responsible, whole),
        Counted::FiledOnTime => timed(files && in_time != Some(false), responsible, whole),
        Counted::PreChecked | Counted::PreCheckedOnTime => {
            let unit = before.and_then(|it| it.standing.owner.as_ref()).map(|it| &it.unit.0);
            let counts = counted == Counted::PreChecked || in_time == Some(true);
            plain(act_is(&[Act::PreCheck]) && counts, unit.unwrap_or(was_responsible))
        }
        Counted::Dispatched => plain(gives, handler),
        Counted::DispatchedKept => {
            let undoes = |it: &'a Happened| {
                matches!(act(it), Some(Act::Return | Act::Transfer)) && in_hand(it).is_some()
            };
            let undone = later.iter().find(|it| undoes(it)).map(|it| it.seq);
            plain(gives, handler).map(|it| Hit { undone, ..it })
        }
        Counted::Declared => timed(declares, handler, worked),
        Counted::DeclaredOnTime => timed(declares && timely, handler, worked),
        Counted::Judged => plain(act_is(&[Act::Accept, Act::SendBack]), handler),
        Counted::JudgedOnTime => {
            plain(act_is(&[Act::Accept, Act::SendBack]) && in_time == Some(true), handler)
        }
        Counted::Accepted => plain(act_is(&[Act::Accept]), handler),
        Counted::SentBack => plain(act_is(&[Act::SendBack]), handler),
        Counted::Cleared => timed(ends_as(Meaning::Closed), responsible, whole),
        Counted::ClearedOnTime => timed(ends_as(Meaning::Closed) && timely, responsible, whole),
        Counted::FixedOnSpot => {
            timed(ends_as(Meaning::Closed) && act_is(&[Act::FixOnSpot]), responsible, whole)
        }
        Counted::SelfHandled => plain(ends_as(Meaning::SelfHandled), responsible),
        Counted::Merged => plain(ends_as(Meaning::Merged), responsible),
        Counted::Voided => plain(ends_as(Meaning::Voided), responsible),
        Counted::Returned => plain(act_is(&[Act::Return]), in_hand(it)?),
        Counted::Transferred => plain(act_is(&[Act::Transfer]), in_hand(it)?),
        Counted::Lifted => plain(act_is(&[Act::Lift]), was_responsible),
        _ => beside(it, counted),
    }
}

/// What a word counts of an act beside the way of a matter, or of a mark on it.
fn beside(it: &Happened, counted: Counted) -> Option<Hit> {
    let (before, after) = (it.before.as_ref(), &it.after);
    let responsible = &after.standing.responsible.0;
    let was_responsible = before.map_or(responsible, |it| &it.standing.responsible.0);
    let handler = after.handling.as_ref().map_or(responsible, |it| &it.unit.0);
    let plain = |counts: bool, unit: &str| counts.then(|| hit(it, unit, it.at, None));
    match counted {
        Counted::Extended => plain(matches!(it.event.what, What::ExtensionGranted(_)), handler),
        Counted::Suspended => plain(matches!(it.event.what, What::Suspended(..)), handler),
        Counted::Urged => plain(matches!(it.event.what, What::Urged(_)), responsible),
        Counted::Overdue => {
            let marked = after.overdue_at.is_some();
            plain(marked && before.is_none_or(|it| it.overdue_at.is_none()), was_responsible)
        }
        Counted::Supervised => {
            let raised = after.supervised > before.and_then(|it| it.supervised);
            match it.event.what {
                What::Supervised(..) => plain(true, responsible),
                _ => plain(raised, was_responsible),
            }
        }
        Counted::Rechecked => plain(matches!(it.event.what, What::Rechecked(_)), responsible),
        Counted::RecheckFailed => {
            let failed = matches!(&it.event.what, What::Rechecked(it) if !it.kept);
            plain(failed, responsible)
        }
        Counted::Rebounded => plain(matches!(it.event.what, What::Rebounded(_)), responsible),
        _ => unreachable!("told by the state of the matter"),
    }
}
