//! The audit trail: who entered, who was shown personal data, who administered.
//!
//! Invariants: each entry is an entry of the record, committed with what it tells of or before what
//! it tells of is shown; the rows here are an index that `verify` compares with the record; nothing
//! personal is in it but keys and references.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
use crate::record::{Record, Said};
use crate::row::seq_value;
use crate::text::{Shown, texts};
use bihuan_core::content::ContentRef;
use bihuan_core::id::{AccountId, MatterId};
use bihuan_core::matter::Via;
use bihuan_core::time::{HOUR_MS, Instant};
use serde::{Deserialize, Serialize};

/// Most entries of one page.
pub const PAGE_MAX: i64 = 500;
/// Most entries of one export.
pub const EXPORT_MAX: i64 = 20_000;
/// Failed log-ins that one hour records; more are counted by their names alone, so that nobody
/// fills the record from outside.
pub const FAILURES_AN_HOUR_MAX: i64 = 1_000;

/// What somebody did that is neither an act on a matter nor a change of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Signed in.
    LogIn,
    /// Tried to sign in, in vain.
    LogInFailed,
    /// Signed a device out.
    LogOut,
    /// Changed the own password.
    PasswordChanged,
    /// Made a token for a program.
    TokenMade,
    /// Revoked a token.
    TokenRevoked,
    /// Called by a token, the first time on a day.
    TokenUsed,
    /// Set up a second factor for log-in.
    FactorOn,
    /// Removed the second factor.
    FactorOff,
    /// Signed in by a recovery code.
    RecoveryUsed,
    /// Forgot the failed log-ins of an account.
    Unlocked,
    /// Made a secret for a new password.
    ResetMade,
    /// Set a password by such a secret.
    ResetUsed,
    /// Kept who reported a matter.
    ReporterKept,
    /// Asked to see who reported a matter.
    RevealAsked,
    /// Consented to that.
    RevealApproved,
    /// Refused that.
    RevealRefused,
    /// Was shown who reported a matter.
    Revealed,
    /// Set how long something is kept.
    RetentionSet,
    /// Held a matter back from erasure.
    HoldSet,
    /// Ended that.
    HoldEnded,
    /// Entered a request of a person about own data.
    RequestEntered,
    /// Said what came of one.
    RequestDecided,
    /// Was shown such requests.
    RequestsSeen,
    /// Published what people are told of how their data is used.
    NoticePublished,
    /// Released a photo to the public.
    PhotoReleased,
    /// Took a released photo back.
    PhotoTakenBack,
    /// Was shown people, as a list or one.
    PeopleSeen,
    /// Was shown the work telephone of a person, to call about a matter.
    TelephoneSeen,
    /// Was shown a matter of a sealed pack, whose words name its parties.
    SealedSeen,
    /// Made a link to one matter for whoever fixes it.
    LinkMade,
    /// Opened such a link, the first time.
    LinkUsed,
    /// Sent by such a link what was done.
    LinkSubmitted,
    /// Revoked such a link.
    LinkRevoked,
    /// Gave a verdict on an acceptance that was drawn.
    SecondLooked,
    /// Took matters away as a file.
    Exported,
    /// Read the audit trail.
    AuditRead,
    /// Took the audit trail away.
    AuditExported,
}

impl Act {
    /// Every act.
    pub const EACH: [Act; 38] = [
        Act::LogIn,
        Act::LogInFailed,
        Act::LogOut,
        Act::PasswordChanged,
        Act::TokenMade,
        Act::TokenRevoked,
        Act::TokenUsed,
        Act::FactorOn,
        Act::FactorOff,
        Act::RecoveryUsed,
        Act::Unlocked,
        Act::ResetMade,
        Act::ResetUsed,
        Act::ReporterKept,
        Act::RevealAsked,
        Act::RevealApproved,
        Act::RevealRefused,
        Act::Revealed,
        Act::RetentionSet,
        Act::HoldSet,
        Act::HoldEnded,
        Act::RequestEntered,
        Act::RequestDecided,
        Act::RequestsSeen,
        Act::NoticePublished,
        Act::PhotoReleased,
        Act::PhotoTakenBack,
        Act::PeopleSeen,
        Act::TelephoneSeen,
        Act::SealedSeen,
        Act::LinkMade,
        Act::LinkUsed,
        Act::LinkSubmitted,
        Act::LinkRevoked,
        Act::SecondLooked,
        Act::Exported,
        Act::AuditRead,
        Act::AuditExported,
    ];

    /// Its word, as the record has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Act::LogIn => "log_in",
            Act::LogInFailed => "log_in_failed",
            Act::LogOut => "log_out",
            Act::PasswordChanged => "password_changed",
            Act::TokenMade => "token_made",
            Act::TokenRevoked => "token_revoked",
            Act::TokenUsed => "token_used",
            Act::FactorOn => "factor_on",
            Act::FactorOff => "factor_off",
            Act::RecoveryUsed => "recovery_used",
            Act::Unlocked => "unlocked",
            Act::ResetMade => "reset_made",
            Act::ResetUsed => "reset_used",
            Act::ReporterKept => "reporter_kept",
            Act::RevealAsked => "reveal_asked",
            Act::RevealApproved => "reveal_approved",
            Act::RevealRefused => "reveal_refused",
            Act::Revealed => "revealed",
            Act::RetentionSet => "retention_set",
            Act::HoldSet => "hold_set",
            Act::HoldEnded => "hold_ended",
            Act::RequestEntered => "request_entered",
            Act::RequestDecided => "request_decided",
            Act::RequestsSeen => "requests_seen",
            Act::NoticePublished => "notice_published",
            Act::PhotoReleased => "photo_released",
            Act::PhotoTakenBack => "photo_taken_back",
            Act::PeopleSeen => "people_seen",
            Act::TelephoneSeen => "telephone_seen",
            Act::SealedSeen => "sealed_seen",
            Act::LinkMade => "link_made",
            Act::LinkUsed => "link_used",
            Act::LinkSubmitted => "link_submitted",
            Act::LinkRevoked => "link_revoked",
            Act::SecondLooked => "second_looked",
            Act::Exported => "exported",
            Act::AuditRead => "audit_read",
            Act::AuditExported => "audit_exported",
        }
    }
}

/// One entry of the trail, as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// What.
    pub act: Act,
    /// Which account, or `operator`; nobody where no account was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// By what way.
    #[serde(default, skip_serializing_if = "is_person")]
    pub via: Via,
    /// What or whom it is about: a key, never a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The matter that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<MatterId>,
    /// How many rows were shown or taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// A sealed text that belongs to it, such as why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<ContentRef>,
}

fn is_person(via: &Via) -> bool {
    *via == Via::Person
}

impl Audited {
    /// An act of an account, by a person.
    #[must_use]
    pub fn by(act: Act, account: &AccountId) -> Audited {
        Audited { by: Some(account.0.clone()), ..Audited::nobody(act) }
    }

    /// An act of nobody in particular.
    #[must_use]
    pub fn nobody(act: Act) -> Audited {
        let (by, about, matter, rows, text) = (None, None, None, None, None);
        Audited { act, by, via: Via::Person, about, matter, rows, text }
    }

    /// The same by another way.
    #[must_use]
    pub fn via(self, via: Via) -> Audited {
        Audited { via, ..self }
    }

    /// The same about something.
    #[must_use]
    pub fn about(self, key: impl Into<String>) -> Audited {
        Audited { about: Some(key.into()), ..self }
    }

    /// The same about a matter.
    #[must_use]
    pub fn matter(self, id: MatterId) -> Audited {
        Audited { matter: Some(id), ..self }
    }

    /// The same with a sealed text.
    #[must_use]
    pub fn text(self, text: ContentRef) -> Audited {
        Audited { text: Some(text), ..self }
    }

    /// The same with the number of rows that were shown.
    #[must_use]
    pub fn rows(self, rows: usize) -> Audited {
        Audited { rows: Some(rows as u64), ..self }
    }
}

/// The row of an entry; none for acts on matters, and for what only says that files are safe.
pub(crate) fn row_of(record: &Record) -> Option<Vec<Value>> {
    let (act, account, about, matter) = match &record.said {
        Said::Matter(_) | Said::Adjustment(_) | Said::Ranking(_) => return None,
        Said::Rules(it) if it.kind == "files" => return None,
        Said::Rules(it) => {
            (format!("change_{}", it.kind), Some(it.by.clone()), it.of.clone(), None)
        }
        Said::Audit(it) => (it.act.word().to_owned(), it.by.clone(), it.about.clone(), it.matter),
    };
    let some = |it: Option<String>| it.map_or(Value::Null, Value::Text);
    Some(vec![
        seq_value(record.seq),
        Value::Int(record.at.0),
        Value::Text(act),
        some(account),
        some(about),
        some(matter.map(|it| it.to_string())),
    ])
}

/// Writes rows of the trail.
pub(crate) fn put(db: &mut Db, rows: &[Vec<Value>]) -> Result<(), DbError> {
    db.insert("INSERT INTO audit (seq, at_ms, act, account, about, matter) VALUES", rows, "")
}

/// Fills the trail from the record, for a realm that is older than it.
pub(crate) fn index(db: &mut Db) -> Result<(), DbError> {
    let mut after = 0;
    loop {
        let sql = "SELECT seq, bytes FROM event
                   WHERE matter IS NULL AND seq > $1
                   ORDER BY seq LIMIT $2";
        let page = db.all(sql, &[seq_value(after), Value::Int(PAGE_MAX)], |row| {
            Ok((row.count(0)?, row.blob(1)?.to_vec()))
        })?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        // What cannot be read is told by `verify`.
        let records = page.iter().filter_map(|(_, bytes)| Record::from_bytes(bytes).ok());
        let rows: Vec<_> = records.filter_map(|it| row_of(&it)).collect();
        put(db, &rows)?;
    }
}

/// Whether a failed log-in is still recorded in this hour.
///
/// # Errors
/// As the database says.
pub fn has_room(db: &mut Db, now: Instant) -> Result<bool, DbError> {
    let hour = Value::Int(now.0 - now.0.rem_euclid(HOUR_MS));
    let sql = "SELECT COUNT(*) FROM (
                 SELECT at_ms FROM audit WHERE act = 'log_in_failed' ORDER BY seq DESC LIMIT $2
               ) AS newest WHERE at_ms >= $1";
    let count = db.first(sql, &[hour, Value::Int(FAILURES_AN_HOUR_MAX)], |row| row.int(0))?;
    Ok(count.unwrap_or(0) < FAILURES_AN_HOUR_MAX)
}

/// Which entries of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of these acts; all where empty.
    pub acts: Vec<String>,
    /// By this account.
    pub account: Option<String>,
    /// About this.
    pub about: Option<String>,
    /// About this matter.
    pub matter: Option<MatterId>,
    /// From this moment on.
    pub from: Option<Instant>,
    /// Before this moment.
    pub to: Option<Instant>,
    /// Older than this entry, the last of the page before.
    pub before: Option<u64>,
}

/// An entry of the trail as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its number in the record.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What.
    pub act: String,
    /// By which account.
    pub account: Option<String>,
    /// By what way; only a person's where it is not told.
    pub via: Option<Via>,
    /// About what.
    pub about: Option<String>,
    /// About which matter.
    pub matter: Option<String>,
    /// How many rows were changed, shown or taken away.
    pub rows: Option<u64>,
    /// Why, where a reason was given and stands.
    pub reason: Option<String>,
}

/// Entries of the trail, the newest first, at most `limit`.
///
/// # Errors
/// As the database says, or where an entry is damaged.
pub fn page(db: &mut Db, filter: &AuditFilter, limit: i64) -> Result<Vec<AuditEntry>, DbError> {
    let mut clauses = Clauses::default();
    if !filter.acts.is_empty() {
        let acts = clauses.bind_all(filter.acts.iter().map(|it| Value::Text(it.clone())));
        clauses.parts.push(format!("audit.act IN ({acts})"));
    }
    let keys = [
        ("account", filter.account.clone()),
        ("about", filter.about.clone()),
        ("matter", filter.matter.map(|it| it.to_string())),
    ];
    for (column, value) in keys {
        let Some(value) = value else { continue };
        let place = clauses.bind(Value::Text(value));
        clauses.parts.push(format!("audit.{column} = {place}"));
    }
    let bounds = [
        ("at_ms >=", filter.from.map(|it| Value::Int(it.0))),
        ("at_ms <", filter.to.map(|it| Value::Int(it.0))),
        ("seq <", filter.before.map(seq_value)),
    ];
    for (condition, value) in bounds {
        let Some(value) = value else { continue };
        let place = clauses.bind(value);
        clauses.parts.push(format!("audit.{condition} {place}"));
    }
    let limit = clauses.bind(Value::Int(limit));
    let seen = clauses.joined();
    let sql = format!(
        "SELECT audit.seq, audit.at_ms, audit.act, audit.account, audit.about, audit.matter,
                event.bytes
         FROM audit JOIN event ON event.seq = audit.seq
         WHERE {seen}
         ORDER BY audit.seq DESC
         LIMIT {limit}"
    );
    let mut entries = Vec::new();
    let mut reasons = Vec::new();
    db.query(&sql, &clauses.values, |row| {
        let (entry, reason) = read(row)?;
        reasons.extend(reason.map(|it| (entries.len(), it)));
        entries.push(entry);
        Ok(())
    })?;
    let told = texts(db, &reasons.iter().map(|it: &(usize, ContentRef)| it.1.clone()).collect())?;
    for (at, reference) in reasons {
        entries[at].reason = told.get(&reference).and_then(Shown::text).map(ToOwned::to_owned);
    }
    Ok(entries)
}

fn read(row: &Row<'_>) -> Result<(AuditEntry, Option<ContentRef>), DbError> {
    let seq = row.count(0)?;
    let own = |it: Option<&str>| it.map(ToOwned::to_owned);
    let record = Record::from_bytes(row.blob(6)?)
        .map_err(|it| DbError::Unfit(format!("entry {seq} is damaged: {it}")))?;
    let (via, rows, reason) = match record.said {
        // Only reasons are read here: what was kept is shown to nobody by the way.
        Said::Audit(it) => (
            Some(it.via),
            it.rows,
            it.text.filter(|_| [Act::RevealAsked, Act::HoldSet].contains(&it.act)),
        ),
        Said::Rules(it) => (None, Some(it.rows), None),
        Said::Matter(_) | Said::Adjustment(_) | Said::Ranking(_) => (None, None, None),
    };
    let entry = AuditEntry {
        seq,
        at: Instant(row.int(1)?),
        act: row.text(2)?.to_owned(),
        account: own(row.some_text(3)?),
        via: via.filter(|it| *it != Via::Person),
        about: own(row.some_text(4)?),
        matter: own(row.some_text(5)?),
        rows,
        reason: None,
    };
    Ok((entry, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_the_word_of_the_record() {
        for act in Act::EACH {
            assert_eq!(serde_json::to_value(act).unwrap(), act.word());
        }
    }

    #[test]
    fn a_realm_that_is_older_than_the_trail_gets_it_from_its_record() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = crate::Target::Sqlite(dir.path().join("realm.db"));
        let mut db = Db::connect(&target, crate::db::Role::Writer).expect("a database");
        crate::migrate(&mut db).expect("a realm's tables");
        let moment = || crate::Moment { clock: Instant(1), salt: [7; 32] };
        let mut writer = crate::Writer::new(db, moment()).expect("a writer");
        let title = [("title_zh".to_owned(), "某区".to_owned())];
        let change = crate::rules::Change::Settings(title.into_iter().collect());
        writer.change(moment(), "operator", &change).expect("a sound change");
        let entry = Audited::nobody(Act::LogInFailed).about("zhao");
        writer.record(&moment(), |_, _| Ok(((), vec![entry]))).expect("it is written");
        let db = writer.db();
        let all = page(db, &AuditFilter::default(), 9).expect("it reads");
        assert_eq!(all.len(), 2);
        db.run("DELETE FROM audit").expect("it goes");
        index(db).expect("it comes back");
        assert_eq!(page(db, &AuditFilter::default(), 9).expect("it reads"), all);
    }
}
