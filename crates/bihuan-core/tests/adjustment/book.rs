//! A ledger of adjustments in memory: the engine with no store.

use bihuan_core::adjustment::{
    Account, Adjustment, AdjustmentCommand, AdjustmentEvent, AdjustmentFacts, AdjustmentRefusal,
    AdjustmentStage, AdjustmentSubmission, Original, Period, Propose, Reverse, RuleDocument,
    Scored, apply, decide,
};
use bihuan_core::id::{AccountId, AdjustmentId, CommandId, MatterId, PackId};
use bihuan_core::matter::{Rules, Via};
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story::{self, world::World};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;
use uuid::Uuid;

const SCENE: &str = "
start 2021-04-01T08:30
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v01 in=town kind=village
unit v02 in=town kind=village
unit cleaner in=town kind=company
unit stall in=town kind=shop
person assessor@town
person leader@town
person leader@district
person leader@v01 on=town
person unit_head@v01
person unit_head@v02
person handler@v01
person assessor@district same_as=leader@district
";

/// The sanitation pack with money in two tariffs, as an operator's own revision has it.
fn pack() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/sanitation");
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    }
    for entry in std::fs::read_dir(folder.join("documents")).expect("documents") {
        let entry = entry.expect("a document");
        let name = format!("documents/{}", entry.file_name().to_string_lossy());
        files.insert(name, std::fs::read(entry.path()).expect("a document"));
    }
    let text = String::from_utf8(files["pack.toml"].clone()).expect("text");
    let text = with_fen(&text, "finding", "fen = -10000\ncap_fen = 25000\ngrace_hours = 2");
    let text = with_fen(&text, "on_time", "fen = 3000");
    files.insert("pack.toml".to_owned(), text.into_bytes());
    Pack::load(&PackFiles { files }).expect("the pack has no gaps")
}

/// The text of a pack where one tariff has money.
fn with_fen(text: &str, tariff: &str, fen: &str) -> String {
    let (before, after) = text.split_once(&format!("[[tariff]]\nid = \"{tariff}\"")).expect(tariff);
    let after = after.replacen("fen = 0", fen, 1);
    let kinds = "fen_kinds = [\"village\", \"company\"]";
    let after = after.replacen("fen_kinds = []", kinds, 1);
    format!("{before}[[tariff]]\nid = \"{tariff}\"{after}")
}

pub(crate) fn document() -> RuleDocument {
    RuleDocument {
        id: "2021-3".into(),
        pack: PackId::from("sanitation"),
        number: "镇发〔2021〕3号".into(),
        title: Text::new("考核扣款办法", "rules for adjustments"),
        from: "2021-01-01".into(),
        to: Some("2021-12-31".into()),
        fund: "保洁经费".into(),
        objection_days: 5,
        pool_fen: Some(5_000),
        contracts: BTreeMap::new(),
    }
}

/// A ledger of adjustments in memory: the engine with no store.
pub(crate) struct Book {
    pub(crate) rules: Rules,
    pub(crate) now: Instant,
    pub(crate) document: RuleDocument,
    pub(crate) scored: Vec<Scored>,
    pub(crate) adjustments: BTreeMap<AdjustmentId, Adjustment>,
    /// What stands on the account of a unit and of the fund.
    pub(crate) accounts: BTreeMap<Account, i64>,
    next: u128,
}

impl Book {
    pub(crate) fn new() -> Book {
        static WORLD: LazyLock<World> =
            LazyLock::new(|| story::world(&pack(), SCENE).expect("the scene is sound").0);
        let world = WORLD.clone();
        Book {
            now: world.now,
            rules: world.rules,
            document: document(),
            scored: Vec::new(),
            adjustments: BTreeMap::new(),
            accounts: BTreeMap::new(),
            next: 1,
        }
    }

    /// A score in March.
    pub(crate) fn score(&mut self, unit: &str, tariff: &str, fen: i64) -> &mut Scored {
        let no = self.scored.len() as u64 + 1;
        self.scored.push(Scored {
            seq: no * 10,
            no: 0,
            matter: MatterId(Uuid::from_u128(u128::from(no))),
            number: Some(format!("HW-{no}")),
            rev: 1,
            unit: UnitId::from(unit),
            tariff: tariff.into(),
            fen,
            before: 0,
            opened_at: Instant(0),
            cleared_at: Some(Instant(3 * HOUR_MS)),
            is_void: false,
            is_exempt: false,
            is_held: false,
        });
        self.scored.last_mut().expect("it was just put there")
    }

    /// Scores that living adjustments hold, and that living counter-entries are about to undo.
    pub(crate) fn held(&self, is_counter: bool) -> BTreeSet<u64> {
        let seqs = |it: &Adjustment| it.cases.iter().map(|it| it.seq).collect::<Vec<_>>();
        let living = |it: &&Adjustment| !it.stage.is_void();
        let all = || self.adjustments.values().filter(living);
        let done = |it: &&Adjustment| it.stage == AdjustmentStage::Executed;
        if is_counter {
            let counters = all().filter(|it| it.reverses.is_some() && !done(it));
            return counters.flat_map(seqs).collect();
        }
        let undone: BTreeSet<u64> =
            all().filter(|it| it.reverses.is_some() && done(it)).flat_map(seqs).collect();
        let held = all().filter(|it| it.reverses.is_none()).flat_map(seqs);
        held.filter(|it| !undone.contains(it)).collect()
    }

    pub(crate) fn submit(
        &mut self,
        account: &str,
        id: AdjustmentId,
        command: AdjustmentCommand,
    ) -> Result<AdjustmentStage, AdjustmentRefusal> {
        self.next += 1;
        let submission = AdjustmentSubmission {
            id: CommandId(Uuid::from_u128(self.next)),
            by: AccountId::from(account),
            via: Via::Person,
            roles: Vec::new(),
            adjustment: id,
            base_version: None,
            command,
        };
        self.send(&submission)
    }

    pub(crate) fn send(
        &mut self,
        submission: &AdjustmentSubmission,
    ) -> Result<AdjustmentStage, AdjustmentRefusal> {
        let id = submission.adjustment;
        let (held, countered) = (self.held(false), self.held(true));
        let mut scored = self.scored.clone();
        scored.iter_mut().for_each(|it| it.is_held = held.contains(&it.seq));
        let mut charged: BTreeMap<String, i64> = BTreeMap::new();
        if let AdjustmentCommand::Propose(it) = &submission.command {
            scored.retain(|scored| scored.unit == it.unit);
            let living = self.adjustments.values().filter(|of| of.unit == it.unit);
            for case in living.filter(|it| it.reverses.is_none()).flat_map(|it| &it.cases) {
                if held.contains(&case.seq) {
                    *charged.entry(case.tariff.clone()).or_default() += case.fen;
                }
            }
        }
        let original = match &submission.command {
            AdjustmentCommand::Reverse(it) => self.adjustments.get(&it.of).map(|it| Original {
                open: (0..it.cases.len())
                    .filter(|no| {
                        let seq = it.cases[*no].seq;
                        held.contains(&seq) && !countered.contains(&seq)
                    })
                    .collect(),
                adjustment: it.clone(),
            }),
            _ => None,
        };
        let adjustment = self.adjustments.get(&id).cloned();
        let fell = |seq: u64| {
            let scored = self.scored.iter().find(|it| it.seq == seq);
            scored.is_some_and(|it| it.is_void || it.is_exempt)
        };
        let cases = adjustment.iter().filter(|it| it.reverses.is_none()).flat_map(|it| &it.cases);
        let fallen: Vec<usize> =
            cases.enumerate().filter(|it| fell(it.1.seq)).map(|it| it.0).collect();
        let facts = AdjustmentFacts {
            now: self.now,
            clock_held: false,
            rules: &self.rules,
            salt: &[7; 32],
            adjustment: adjustment.as_ref(),
            document: Some(&self.document),
            scored: &scored,
            charged: &charged,
            overlaps: false,
            rewarded_fen: 0,
            fallen: &fallen,
            original: original.as_ref(),
        };
        let decision = decide(&facts, submission)?;
        if let AdjustmentEvent::Executed { lines } = &decision.event {
            assert_eq!(lines.iter().map(|it| it.fen).sum::<i64>(), 0, "entries balance");
            for line in lines {
                *self.accounts.entry(line.account.clone()).or_default() += line.fen;
            }
        }
        let after = apply(adjustment, id, self.now, &decision.by, &decision.event);
        let after = after.expect("apply takes whatever decide makes");
        let stage = after.stage;
        self.adjustments.insert(id, after);
        Ok(stage)
    }

    pub(crate) fn propose(&mut self, unit: &str) -> Result<AdjustmentId, AdjustmentRefusal> {
        self.next += 1;
        let id = AdjustmentId(Uuid::from_u128(self.next));
        let propose = Propose {
            pack: PackId::from("sanitation"),
            period: Period { from: "2021-03-01".into(), to: "2021-03-31".into() },
            unit: UnitId::from(unit),
            document: "2021-3".into(),
        };
        self.submit("assessor@town", id, AdjustmentCommand::Propose(propose)).map(|_| id)
    }

    /// From its proposal to the money.
    pub(crate) fn settle(&mut self, id: AdjustmentId) {
        for (who, command) in [
            ("leader@town", AdjustmentCommand::Review),
            ("assessor@town", AdjustmentCommand::Announce("公示3号".into())),
            ("leader@town", AdjustmentCommand::Confirm),
            ("assessor@town", AdjustmentCommand::Execute),
        ] {
            if command == AdjustmentCommand::Confirm {
                self.now = self.now.plus_ms(6 * DAY_MS);
            }
            self.submit(who, id, command).expect(who);
        }
    }

    pub(crate) fn reverse(
        &mut self,
        of: AdjustmentId,
        cases: &[usize],
    ) -> Result<AdjustmentId, AdjustmentRefusal> {
        self.next += 1;
        let id = AdjustmentId(Uuid::from_u128(self.next));
        let cases = cases.iter().copied().collect();
        let reverse = Reverse { of, cases, reason: "误计".into() };
        self.submit("assessor@town", id, AdjustmentCommand::Reverse(reverse)).map(|_| id)
    }

    pub(crate) fn account(&self, unit: &str) -> i64 {
        let account = Account::Unit(UnitId::from(unit));
        self.accounts.get(&account).copied().unwrap_or(0)
    }
}
