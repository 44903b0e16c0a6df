//! Adjustments and rankings in a store: the whole way, told by `verify`, found where tampered with.

mod support;
#[expect(dead_code, reason = "the town has more than this file needs")]
mod town;

use bihuan_core::adjustment::{
    Account, AdjustmentCommand, AdjustmentRefusal, AdjustmentStage, AdjustmentSubmission, Period,
    Propose, Reverse, RuleDocument,
};
use bihuan_core::id::{AccountId, AdjustmentId, CommandId, PackId, PersonId, RoleId};
use bihuan_core::matter::Via;
use bihuan_core::pack::PackFiles;
use bihuan_core::ranking::{digest, rank};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::adjustment::{self, AdjustmentFilter, Of};
use bihuan_store::ranking::{RankingAsk, published, tallies};
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use bihuan_store::verify::{VerifyReport, verify};
use bihuan_store::{AdjustError, AdjustmentReceipt, Answer, Db, RankingError, RankingSubmission};
use std::collections::{BTreeMap, BTreeSet};
use support::Ground;
use town::{Town, moment, pack_files};
use uuid::Uuid;

/// The sanitation pack with money on findings, as an operator's own revision has it.
fn files() -> PackFiles {
    let mut files = pack_files();
    let text = String::from_utf8(files.files["pack.toml"].clone()).expect("text");
    let (before, after) = text.split_once("[[tariff]]\nid = \"finding\"").expect("a tariff");
    let after = after.replacen("fen = 0", "fen = -10000", 1);
    let after = after.replacen("fen_kinds = []", "fen_kinds = [\"village\"]", 1);
    let text = format!("{before}[[tariff]]\nid = \"finding\"{after}");
    files.files.insert("pack.toml".into(), text.into_bytes());
    files
}

fn assessor() -> PersonRow {
    PersonRow {
        id: PersonId::from("assessor@town"),
        name: "考核员".into(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from("assessor@town")],
        memberships: vec![MembershipRow {
            role: RoleId::from("assessor"),
            unit: UnitId::from("town"),
            area: UnitId::from("town"),
            from: None,
            to: None,
            status: "active".into(),
        }],
    }
}

fn document() -> RuleDocument {
    RuleDocument {
        id: "2021-3".into(),
        pack: PackId::from("sanitation"),
        number: "镇发〔2021〕3号".into(),
        title: Text::new("考核扣款办法", "rules for adjustments"),
        from: "2021-01-01".into(),
        to: None,
        fund: "保洁经费".into(),
        objection_days: 5,
        pool_fen: None,
        contracts: BTreeMap::new(),
    }
}

fn period() -> Period {
    Period { from: "2021-03-01".into(), to: "2021-03-14".into() }
}

fn pack() -> PackId {
    PackId::from("sanitation")
}

fn proof(db: &mut Db) -> VerifyReport {
    verify(db, None, &mut |_, _| {}).expect("what does not hold is in the report")
}

/// A town that lived for some weeks, with money on what was found.
struct Paying {
    town: Town,
    now: Instant,
    next: u128,
    /// The unit that is charged most.
    unit: UnitId,
}

impl Paying {
    fn found(ground: &Ground, seed: u64) -> Paying {
        let mut town = Town::found_with(ground, seed, files());
        for _ in 0..40 {
            let batch = town.batch(16);
            let moment = town.moment();
            for (submission, answer) in batch.iter().zip(town.writer.execute(moment, &batch)) {
                let known = town.world.submit(submission).is_ok();
                assert_eq!(known, matches!(answer, Answer::Done(_)), "seed {seed}");
            }
        }
        for change in [Change::People(vec![assessor()]), Change::RuleDocuments(vec![document()])] {
            let moment = town.moment();
            town.writer.change(moment, "operator", &change).expect("a sound change");
        }
        let now = town.world.now;
        let mut paying = Paying { town, now, next: 1_000, unit: UnitId::from("v01") };
        let told = paying.preview().into_iter().max_by_key(|it| it.gathered.cases.len());
        let most = told.filter(|it| it.gathered.cases.len() > 1);
        paying.unit = most.expect("the story must charge somebody twice").unit;
        paying
    }

    /// What the period would come to.
    fn preview(&mut self) -> Vec<adjustment::Preview> {
        let rules = self.town.writer.rules().clone();
        let units = rules.units.iter().map(|it| it.id.clone()).collect();
        let of = Of { pack: &pack(), period: &period(), unit: None };
        let db = self.town.writer.db();
        adjustment::preview(db, &rules, &document(), of, &units).expect("a preview")
    }

    fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    fn submission(
        &mut self,
        by: &str,
        id: AdjustmentId,
        command: AdjustmentCommand,
    ) -> AdjustmentSubmission {
        AdjustmentSubmission {
            id: CommandId(self.id()),
            by: AccountId::from(by),
            via: Via::Person,
            roles: Vec::new(),
            adjustment: id,
            base_version: None,
            command,
        }
    }

    fn send(&mut self, it: &AdjustmentSubmission) -> Result<AdjustmentReceipt, AdjustError> {
        self.next += 1;
        let salt = u8::try_from(self.next % 250).expect("small");
        self.town.writer.adjust(&moment(self.now, salt), it)
    }

    fn act(
        &mut self,
        by: &str,
        id: AdjustmentId,
        command: AdjustmentCommand,
    ) -> Result<AdjustmentReceipt, AdjustError> {
        let submission = self.submission(by, id, command);
        self.send(&submission)
    }

    fn propose(&mut self) -> Result<AdjustmentId, AdjustError> {
        let id = AdjustmentId(self.id());
        let unit = self.unit.clone();
        let propose = Propose { pack: pack(), period: period(), unit, document: "2021-3".into() };
        self.act("assessor@town", id, AdjustmentCommand::Propose(propose)).map(|_| id)
    }

    fn settle(&mut self, id: AdjustmentId) {
        self.act("leader@town", id, AdjustmentCommand::Review).expect("reviewed");
        let announce = AdjustmentCommand::Announce("公示1号".into());
        self.act("assessor@town", id, announce).expect("announced");
        self.now = self.now.plus_ms(6 * DAY_MS);
        self.act("leader@town", id, AdjustmentCommand::Confirm).expect("confirmed");
        self.act("assessor@town", id, AdjustmentCommand::Execute).expect("executed");
    }

    fn balance(&mut self, account: &Account) -> i64 {
        let all = (Instant(0), self.now.plus_ms(1));
        let told = adjustment::statement(self.town.writer.db(), account, all);
        told.expect("a statement").closing_fen
    }
}

fn refused<T>(done: Result<T, AdjustError>) -> &'static str {
    match done {
        Ok(_) => "done",
        Err(AdjustError::Refused(it)) => it.code(),
        Err(AdjustError::Conflict) => "conflict",
        Err(AdjustError::Db(_)) => "db",
    }
}

#[test]
fn money_is_proposed_settled_stated_and_undone_and_the_record_proves_it() {
    for ground in Ground::all("adjustment") {
        let mut paying = Paying::found(&ground, 21);
        let told = paying.preview();
        let first = told.iter().find(|it| it.unit == paying.unit).expect("it has scores");
        let (amount, cases) = (first.gathered.amount_fen, first.gathered.cases.len());
        assert!(amount < 0 && cases > 1, "the story must charge something: {amount} of {cases}");

        let id = paying.propose().expect("proposed");
        assert_eq!(refused(paying.propose()), "no_cases", "each score is held once");
        paying.settle(id);
        let (unit, fund) = (Account::Unit(paying.unit.clone()), Account::Fund("保洁经费".into()));
        assert_eq!((paying.balance(&unit), paying.balance(&fund)), (amount, -amount));
        let report = proof(paying.town.writer.db());
        assert!(report.is_sound() && report.adjustments == 1, "{:?}", report.faults);

        let counter = AdjustmentId(paying.id());
        let cases = BTreeSet::from([1]);
        let reverse = Reverse { of: id, cases, reason: "误计".into() };
        let reverse = AdjustmentCommand::Reverse(reverse);
        paying.act("assessor@town", counter, reverse.clone()).expect("a counter-entry");
        let again = AdjustmentId(paying.id());
        assert_eq!(refused(paying.act("assessor@town", again, reverse)), "not_open");
        assert!(proof(paying.town.writer.db()).is_sound(), "half way");
        paying.settle(counter);
        let rest = AdjustmentId(paying.id());
        let whole = Reverse { of: id, cases: BTreeSet::new(), reason: "全部冲销".into() };
        paying.act("assessor@town", rest, AdjustmentCommand::Reverse(whole)).expect("the rest");
        paying.settle(rest);
        assert_eq!((paying.balance(&unit), paying.balance(&fund)), (0, 0), "back to nothing");
        let again = paying.propose().expect("what was undone may be charged anew");
        let withdraw = AdjustmentCommand::Withdraw("不再扣".into());
        paying.act("assessor@town", again, withdraw).expect("own proposal");
        let report = proof(paying.town.writer.db());
        assert!(report.is_sound() && report.adjustments == 4, "{:?}", report.faults);
        let filter = AdjustmentFilter {
            stage: Some(AdjustmentStage::Executed),
            units: Some(vec![paying.unit.clone()]),
            ..AdjustmentFilter::default()
        };
        let listed = adjustment::list(paying.town.writer.db(), &filter).expect("a list");
        assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [rest, counter, id]);
    }
}

#[test]
fn the_same_command_is_done_once_and_another_body_is_kept_aside() {
    for ground in Ground::all("adjustment_once") {
        let mut paying = Paying::found(&ground, 22);
        let id = paying.propose().expect("proposed");
        let review = paying.submission("leader@town", id, AdjustmentCommand::Review);
        let first = paying.send(&review).expect("reviewed");
        let again = paying.send(&review).expect("the same answer");
        assert_eq!((first.version, first.replayed), (2, false));
        assert_eq!((again.version, again.replayed), (2, true));
        let other = AdjustmentSubmission {
            command: AdjustmentCommand::Reject("想改".into()),
            ..review.clone()
        };
        assert_eq!(refused(paying.send(&other)), "conflict");
        let db = paying.town.writer.db();
        let kept = db.first("SELECT COUNT(*) FROM quarantine", &[], |row| row.int(0));
        assert_eq!(kept.expect("a count"), Some(1));
        let overlapping = Propose {
            pack: pack(),
            period: Period { from: "2021-03-05".into(), to: "2021-03-13".into() },
            unit: paying.unit.clone(),
            document: "2021-3".into(),
        };
        let new = AdjustmentId(paying.id());
        let propose = AdjustmentCommand::Propose(overlapping);
        assert_eq!(refused(paying.act("assessor@town", new, propose)), "overlaps");
        let none = paying.act("leader@town", new, AdjustmentCommand::Review);
        let Err(AdjustError::Refused(none)) = none else { panic!("there is none") };
        assert_eq!(*none, AdjustmentRefusal::NoAdjustment);
        assert!(proof(paying.town.writer.db()).is_sound());
    }
}

/// SQL behind the store's back.
const CHANGES: [&str; 9] = [
    "UPDATE adjustment SET amount_fen = amount_fen + 1",
    "UPDATE adjustment SET state = REPLACE(state, '\"version\":5', '\"version\":4')",
    "UPDATE adjustment SET stage = 'confirmed'",
    "UPDATE adjustment_case SET fen = fen + 100 WHERE place = 0",
    "UPDATE adjustment_case SET held = 0",
    "DELETE FROM adjustment_case WHERE place = 0",
    "UPDATE posting SET fen = fen * 2",
    "DELETE FROM posting",
    "DELETE FROM adjustment",
];

#[test]
fn an_amount_that_is_changed_behind_the_record_is_found() {
    for ground in Ground::all("adjustment_tamper") {
        let mut paying = Paying::found(&ground, 23);
        let id = paying.propose().expect("proposed");
        paying.settle(id);
        let db = paying.town.writer.db();
        for sql in CHANGES {
            db.begin().expect("a transaction");
            assert!(db.execute(sql, &[]).expect(sql) > 0, "{sql}");
            let report = proof(db);
            db.rollback();
            let named = ["adjustment", "adjustment_case", "posting"];
            let found = report.faults.iter().any(|it| named.contains(&it.code));
            assert!(found, "{sql}: {:?}", report.faults);
        }
        assert!(proof(db).is_sound(), "each change was undone");
    }
}

#[test]
fn a_ranking_is_the_same_on_any_later_day_and_a_person_publishes_what_was_seen() {
    for ground in Ground::all("ranking") {
        let mut paying = Paying::found(&ground, 24);
        let rules = paying.town.writer.rules().clone();
        let rule = rules.pack(&pack()).expect("the pack").rankings[0].clone();
        let head = |db: &mut Db| {
            let seq = db.first("SELECT seq FROM head", &[], |row| row.count(0));
            seq.expect("a head").expect("a row")
        };
        let as_of = head(paying.town.writer.db());
        let ask = RankingAsk {
            pack: pack(),
            under: UnitId::from("town"),
            period: Period { from: "2021-03-01".into(), to: "2021-03-31".into() },
            as_of,
        };
        let db = paying.town.writer.db();
        let seen = tallies(db, &rules, &rule, &ask).expect("tallies").expect("a period");
        let units: Vec<&str> = seen.iter().map(|it| it.unit.as_str()).collect();
        assert_eq!(units, ["v01", "v02", "v03"]);
        assert!(seen.iter().any(|it| it.cases > 0 && it.points_milli != 0), "{seen:?}");
        assert!(rank(&rule, &seen).iter().any(|it| it.rank == Some(1)));

        for _ in 0..10 {
            let batch = paying.town.batch(16);
            let moment = paying.town.moment();
            let answers = paying.town.writer.execute(moment, &batch);
            assert!(answers.iter().any(|it| matches!(it, Answer::Done(_))));
            batch.iter().for_each(|it| drop(paying.town.world.submit(it)));
        }
        let db = paying.town.writer.db();
        let again = tallies(db, &rules, &rule, &ask).expect("tallies").expect("a period");
        assert_eq!(again, seen, "as of the same entry");
        let later = RankingAsk { as_of: head(db), ..ask.clone() };
        let later = tallies(db, &rules, &rule, &later).expect("tallies").expect("a period");
        assert_ne!(later, seen, "the story must go on");

        paying.now = paying.town.world.now;
        let submission = |by: &str, digest: String| RankingSubmission {
            by: AccountId::from(by),
            via: Via::Person,
            roles: Vec::new(),
            ask: ask.clone(),
            ranking: "villages".into(),
            digest,
        };
        let right = digest(&rule, &seen);
        let at = moment(paying.now, 9);
        let writer = &mut paying.town.writer;
        let stranger = writer.publish_ranking(&at, &submission("handler@v01", right.clone()));
        assert!(matches!(stranger, Err(RankingError::NotAllowed(_))), "{stranger:?}");
        let other = digest(&rule, &later);
        let changed = writer.publish_ranking(&at, &submission("leader@town", other));
        assert!(matches!(changed, Err(RankingError::Changed)), "{changed:?}");
        let leader = submission("leader@town", right.clone());
        assert!(!writer.publish_ranking(&at, &leader).expect("published").replayed);
        assert!(writer.publish_ranking(&at, &leader).expect("once").replayed);
        let told = published(writer.db()).expect("a list");
        assert_eq!((told.len(), told[0].said.digest.as_str()), (1, right.as_str()));
        let report = proof(writer.db());
        assert!(report.is_sound() && report.rankings == 1, "{:?}", report.faults);
        let db = writer.db();
        db.begin().expect("a transaction");
        db.execute("UPDATE ranking SET digest = 'x'", &[]).expect("one row");
        let report = proof(db);
        db.rollback();
        assert!(report.faults.iter().any(|it| it.code == "ranking"), "{:?}", report.faults);
    }
}
