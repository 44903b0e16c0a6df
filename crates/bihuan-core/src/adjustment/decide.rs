//! `decide`: facts and a command on an adjustment in, one event or a refusal out.

use crate::adjustment::AdjustmentRefusal as Refusal;
use crate::adjustment::case::{Asked, Case, gather};
use crate::adjustment::command::{
    AdjustmentCommand, AdjustmentFacts, AdjustmentSubmission, CASES_MAX, Propose, Reverse,
};
use crate::adjustment::document::{Basis, RuleDocument};
use crate::adjustment::event::{Account, AdjustmentEvent, Line, Proposed, Reversal};
use crate::adjustment::state::{Adjustment, AdjustmentStage};
use crate::content::{ContentRef, derive_salt, seal};
use crate::id::{PersonId, RoleId};
use crate::matter::facts::Grant;
use crate::matter::submission::{TEXT_BYTES_MAX, Via};
use crate::matter::{By, Content};
use crate::pack::{Adjusting, Compartment, Pack, is_never_charged};
use crate::party::{Scene, covers_as};
use crate::text::Text;
use crate::unit::UnitId;

/// Longest number of an announcement, in bytes.
const NUMBER_BYTES_MAX: usize = 200;

/// What a command on an adjustment leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustmentDecision {
    /// Who did it, in which role and for which unit.
    pub by: By,
    /// What happened.
    pub event: AdjustmentEvent,
    /// Sealed texts, to be stored beside the record.
    pub contents: Vec<Content>,
}

/// Decides on a command.
///
/// # Errors
/// A refusal says who may and what to do; nothing has changed.
pub fn decide(
    facts: &AdjustmentFacts<'_>,
    submission: &AdjustmentSubmission,
) -> Result<AdjustmentDecision, Refusal> {
    if submission.via != Via::Person {
        return Err(Refusal::NotByMachine);
    }
    let person = facts.rules.accounts.get(&submission.by).ok_or(Refusal::NoAccount)?;
    let bench = Bench { facts, submission, person };
    let mut contents = Vec::new();
    let (grant, event) = match &submission.command {
        AdjustmentCommand::Propose(propose) => bench.propose(propose)?,
        AdjustmentCommand::Reverse(reverse) => bench.reverse(reverse, &mut contents)?,
        command => bench.next(command, &mut contents)?,
    };
    let by = By {
        account: submission.by.clone(),
        person: person.clone(),
        unit: Some(grant.unit),
        role: grant.role,
        via: submission.via,
    };
    Ok(AdjustmentDecision { by, event, contents })
}

type Acted = Result<(Grant, AdjustmentEvent), Refusal>;

/// Who acts, on what.
struct Bench<'a> {
    facts: &'a AdjustmentFacts<'a>,
    submission: &'a AdjustmentSubmission,
    person: &'a PersonId,
}

impl Bench<'_> {
    fn propose(&self, propose: &Propose) -> Acted {
        let facts = self.facts;
        let no_pack = || Refusal::NoPack { pack: propose.pack.clone() };
        let pack = facts.rules.pack(&propose.pack).ok_or_else(no_pack)?;
        let unit = facts.rules.units.get(&propose.unit);
        let unit = unit.ok_or_else(|| Refusal::NoUnit { unit: propose.unit.clone() })?;
        let grant = self.act_as(pack, |it| &it.propose, &unit.id)?;
        self.is_new()?;
        if pack.compartment == Compartment::Sealed {
            return Err(Refusal::Sealed);
        }
        if is_never_charged(&unit.kind) {
            return Err(Refusal::NeverCharged { unit: unit.id.clone() });
        }
        let document = facts.document.filter(|it| it.pack == pack.id);
        let no_document = || Refusal::NoDocument { document: propose.document.clone() };
        let document = document.ok_or_else(no_document)?;
        self.in_time(propose, document)?;
        let asked = Asked {
            rules: facts.rules,
            document,
            pack: &pack.id,
            unit: &unit.id,
            charged: facts.charged,
        };
        let gathered = gather(&asked, facts.scored);
        if gathered.cases.is_empty() {
            return Err(Refusal::NoCases { left_out: gathered.left_out.len() });
        }
        if gathered.cases.len() > CASES_MAX {
            return Err(Refusal::TooManyCases { most: CASES_MAX });
        }
        let left_fen = document.pool_fen.unwrap_or(0) - facts.rewarded_fen;
        if gathered.amount_fen > left_fen.max(0) {
            return Err(Refusal::PoolEmpty { left_fen: left_fen.max(0) });
        }
        let proposed = Proposed {
            pack: pack.id.clone(),
            rev: pack.rev,
            period: propose.period.clone(),
            unit: unit.id.clone(),
            basis: basis(document, &unit.id),
            cases: gathered.cases,
            amount_fen: gathered.amount_fen,
            reverses: None,
        };
        Ok((grant, AdjustmentEvent::Proposed(Box::new(proposed))))
    }

    /// The period has ended, lies in the document, and crosses no other.
    fn in_time(&self, propose: &Propose, document: &RuleDocument) -> Result<(), Refusal> {
        let Some((_, to)) = propose.period.instants(self.facts.rules.zone) else {
            return Err(invalid(
                "period",
                "写明起止日期（如 2021-03-01），最长366天",
                "give two days such as 2021-03-01, at most 366 days",
            ));
        };
        if !document.covers(&propose.period) {
            let (from, to) = (document.from.clone(), document.to.clone());
            return Err(Refusal::NotCovered { from, to });
        }
        if self.facts.clock_held {
            return Err(Refusal::ClockHeld);
        }
        if self.facts.now < to {
            return Err(Refusal::PeriodRuns);
        }
        if self.facts.overlaps { Err(Refusal::Overlaps) } else { Ok(()) }
    }

    fn reverse(&self, reverse: &Reverse, contents: &mut Vec<Content>) -> Acted {
        let original = self.facts.original.ok_or(Refusal::NoAdjustment)?;
        let of = &original.adjustment;
        let grant = self.act_as(self.pack(of)?, |it| &it.propose, &of.unit)?;
        self.is_new()?;
        if of.stage != AdjustmentStage::Executed || of.reverses.is_some() {
            return Err(Refusal::NotReversible);
        }
        let named: Vec<usize> = if reverse.cases.is_empty() {
            original.open.iter().map(|it| it + 1).collect()
        } else {
            reverse.cases.iter().copied().collect()
        };
        let is_open = |no: &usize| no.checked_sub(1).is_some_and(|it| original.open.contains(&it));
        let closed: Vec<usize> = named.iter().filter(|it| !is_open(it)).copied().collect();
        if !closed.is_empty() || named.is_empty() {
            return Err(Refusal::NotOpen { cases: closed });
        }
        let cases = named.iter().filter_map(|no| of.cases.get(no - 1));
        let undone = |it: &Case| Case { fen: -it.fen, scored_fen: None, ..it.clone() };
        let cases: Vec<Case> = cases.map(undone).collect();
        let reason = self.seal(&reverse.reason, contents)?;
        let proposed = Proposed {
            amount_fen: cases.iter().map(|it| it.fen).sum(),
            pack: of.pack.clone(),
            rev: of.rev,
            period: of.period.clone(),
            unit: of.unit.clone(),
            basis: of.basis.clone(),
            cases,
            reverses: Some(Reversal { of: of.id, reason }),
        };
        Ok((grant, AdjustmentEvent::Proposed(Box::new(proposed))))
    }

    /// The next step of an adjustment that is there.
    fn next(&self, command: &AdjustmentCommand, contents: &mut Vec<Content>) -> Acted {
        let adjustment = self.facts.adjustment.ok_or(Refusal::NoAdjustment)?;
        let grant = self.grant_for(command, adjustment)?;
        if self.submission.base_version.is_some_and(|it| it < adjustment.version) {
            return Err(Refusal::Stale { version: adjustment.version });
        }
        self.at_stage(command, adjustment)?;
        let event = match command {
            AdjustmentCommand::Review => AdjustmentEvent::Reviewed,
            AdjustmentCommand::Announce(number) => self.announce(number, adjustment)?,
            AdjustmentCommand::Object(why) => {
                self.in_term(adjustment)?;
                AdjustmentEvent::Objected(self.seal(why, contents)?)
            }
            AdjustmentCommand::Uphold(why) => AdjustmentEvent::Upheld(self.seal(why, contents)?),
            AdjustmentCommand::Overrule(why) => {
                AdjustmentEvent::Overruled(self.seal(why, contents)?)
            }
            AdjustmentCommand::Confirm => {
                self.after_term(adjustment)?;
                self.nothing_fell()?;
                AdjustmentEvent::Confirmed
            }
            AdjustmentCommand::Execute => {
                self.nothing_fell()?;
                AdjustmentEvent::Executed { lines: lines(adjustment) }
            }
            AdjustmentCommand::Reject(why) => AdjustmentEvent::Rejected(self.seal(why, contents)?),
            AdjustmentCommand::Withdraw(why) => {
                AdjustmentEvent::Withdrawn(self.seal(why, contents)?)
            }
            AdjustmentCommand::Propose(_) | AdjustmentCommand::Reverse(_) => {
                return Err(Refusal::AdjustmentExists);
            }
        };
        Ok((grant, event))
    }

    /// The grant under which the actor may take a step at all.
    fn grant_for(
        &self,
        command: &AdjustmentCommand,
        adjustment: &Adjustment,
    ) -> Result<Grant, Refusal> {
        let pack = self.pack(adjustment)?;
        let unit = &adjustment.unit;
        match command {
            AdjustmentCommand::Review => self.judge(pack, |it| &it.review, adjustment),
            AdjustmentCommand::Uphold(_)
            | AdjustmentCommand::Overrule(_)
            | AdjustmentCommand::Confirm
            | AdjustmentCommand::Reject(_) => self.judge(pack, |it| &it.confirm, adjustment),
            AdjustmentCommand::Object(_) => {
                let own = |it: &Grant| self.facts.rules.units.is_within(&it.unit, unit);
                self.grants(pack, |it| &it.object, unit)?
                    .into_iter()
                    .find(own)
                    .ok_or_else(|| Refusal::NotAllowed { roles: pack.adjusting.object.clone() })
            }
            AdjustmentCommand::Withdraw(_) if adjustment.proposed_by != *self.person => {
                Err(Refusal::NotAllowed { roles: pack.adjusting.propose.clone() })
            }
            AdjustmentCommand::Execute => self.act_as(pack, |it| &it.execute, unit),
            _ => self.act_as(pack, |it| &it.propose, unit),
        }
    }

    /// Whoever judges is another person than proposed, and of no charged unit by any employment.
    fn judge(
        &self,
        pack: &Pack,
        roles: impl Fn(&Adjusting) -> &Vec<RoleId>,
        adjustment: &Adjustment,
    ) -> Result<Grant, Refusal> {
        let grants = self.grants(pack, roles, &adjustment.unit)?;
        if adjustment.proposed_by == *self.person {
            return Err(Refusal::SamePerson);
        }
        let rules = self.facts.rules;
        let since = adjustment.period.instants(rules.zone).map_or(self.facts.now, |it| it.0);
        let employed = rules.employments(self.person, since, self.facts.now);
        let charged = |it: &UnitId| rules.units.is_within(it, &adjustment.unit);
        if employed.iter().any(|it| charged(&it.unit)) {
            return Err(Refusal::ChargedUnit { unit: adjustment.unit.clone() });
        }
        let other = grants.into_iter().find(|it| !charged(&it.unit));
        other.ok_or_else(|| Refusal::ChargedUnit { unit: adjustment.unit.clone() })
    }

    fn at_stage(
        &self,
        command: &AdjustmentCommand,
        adjustment: &Adjustment,
    ) -> Result<(), Refusal> {
        use AdjustmentStage::{Announced, Confirmed, Objected, Proposed, Reviewed};
        let stages: &[AdjustmentStage] = match command {
            AdjustmentCommand::Review => &[Proposed],
            AdjustmentCommand::Announce(_) => &[Reviewed],
            AdjustmentCommand::Object(_) | AdjustmentCommand::Confirm => &[Announced],
            AdjustmentCommand::Uphold(_) | AdjustmentCommand::Overrule(_) => &[Objected],
            AdjustmentCommand::Execute => &[Confirmed],
            AdjustmentCommand::Reject(_) => &[Proposed, Reviewed, Announced, Objected, Confirmed],
            AdjustmentCommand::Withdraw(_) => &[Proposed, Reviewed, Announced, Objected],
            AdjustmentCommand::Propose(_) | AdjustmentCommand::Reverse(_) => &[],
        };
        let penal = matches!(command, AdjustmentCommand::Confirm | AdjustmentCommand::Execute);
        if penal && self.facts.clock_held {
            return Err(Refusal::ClockHeld);
        }
        let stage = adjustment.stage;
        if stages.contains(&stage) { Ok(()) } else { Err(Refusal::WrongStage { stage }) }
    }

    fn announce(&self, number: &str, it: &Adjustment) -> Result<AdjustmentEvent, Refusal> {
        let number = number.trim();
        if number.is_empty() || number.len() > NUMBER_BYTES_MAX || number.contains('\0') {
            let en = "give the number of the announcement, in 200 bytes";
            return Err(invalid("announce", "写明公示文号（200字节以内）", en));
        }
        let zone = self.facts.rules.zone;
        let last = zone.day(self.facts.now) + i64::from(it.basis.objection_days);
        let until = zone.start_of_day(last + 1);
        Ok(AdjustmentEvent::Announced { number: number.to_owned(), until })
    }

    fn in_term(&self, adjustment: &Adjustment) -> Result<(), Refusal> {
        if adjustment.was_objected() {
            return Err(Refusal::ObjectedAlready);
        }
        let runs = adjustment.until.is_some_and(|it| self.facts.now < it);
        if runs { Ok(()) } else { Err(Refusal::TermOver) }
    }

    /// What takes from a unit waits for its term; what gives does not.
    fn after_term(&self, adjustment: &Adjustment) -> Result<(), Refusal> {
        let until = adjustment.until.filter(|it| self.facts.now < *it);
        match until.filter(|_| adjustment.amount_fen < 0) {
            Some(until) => Err(Refusal::TermRuns { until }),
            None => Ok(()),
        }
    }

    fn nothing_fell(&self) -> Result<(), Refusal> {
        let cases: Vec<usize> = self.facts.fallen.iter().map(|it| it + 1).collect();
        if cases.is_empty() { Ok(()) } else { Err(Refusal::CasesFell { cases }) }
    }

    fn is_new(&self) -> Result<(), Refusal> {
        if self.facts.adjustment.is_some() { Err(Refusal::AdjustmentExists) } else { Ok(()) }
    }

    /// The pack as it was when the adjustment was proposed.
    fn pack(&self, adjustment: &Adjustment) -> Result<&Pack, Refusal> {
        let pack = self.facts.rules.packs.get(&adjustment.pack);
        let pack = pack.and_then(|it| it.get(&adjustment.rev)).map(AsRef::as_ref);
        pack.ok_or_else(|| Refusal::NoPack { pack: adjustment.pack.clone() })
    }

    fn act_as(
        &self,
        pack: &Pack,
        roles: impl Fn(&Adjusting) -> &Vec<RoleId>,
        unit: &UnitId,
    ) -> Result<Grant, Refusal> {
        let grants = self.grants(pack, &roles, unit)?;
        let refused = || Refusal::NotAllowed { roles: roles(&pack.adjusting).clone() };
        grants.into_iter().next().ok_or_else(refused)
    }

    /// The grants under which the actor may do, for a unit, what some roles may; at least one.
    fn grants(
        &self,
        pack: &Pack,
        roles: impl Fn(&Adjusting) -> &Vec<RoleId>,
        unit: &UnitId,
    ) -> Result<Vec<Grant>, Refusal> {
        let roles = roles(&pack.adjusting);
        let scene = Scene { place: unit, assigned: Some(unit), opener: None, opener_unit: None };
        let (rules, only, via) = (self.facts.rules, &self.submission.roles, self.submission.via);
        let fits = |it: &&Grant| {
            let role = pack.role(&it.role).filter(|_| roles.contains(&it.role));
            (only.is_empty() || only.contains(&it.role))
                && role.is_some_and(|role| covers_as(&rules.units, it, role, &scene, via))
        };
        let held = rules.grants_of(self.person, self.facts.now);
        let grants: Vec<Grant> = held.filter(fits).cloned().collect();
        if grants.is_empty() {
            return Err(Refusal::NotAllowed { roles: roles.clone() });
        }
        Ok(grants)
    }

    /// Seals a reason; the text itself goes beside the record.
    fn seal(&self, text: &str, contents: &mut Vec<Content>) -> Result<ContentRef, Refusal> {
        let text = text.trim();
        if text.is_empty() || text.len() > TEXT_BYTES_MAX || text.contains('\0') {
            return Err(invalid("reason", "写明理由（16KB以内）", "say why, in 16 KiB"));
        }
        let salt = derive_salt(self.facts.salt, self.submission.id.0.as_bytes());
        let reference = seal(&salt, text.as_bytes());
        contents.push(Content {
            reference: reference.clone(),
            salt,
            bytes: text.as_bytes().to_vec(),
            kind: "reason".to_owned(),
        });
        Ok(reference)
    }
}

fn basis(document: &RuleDocument, unit: &UnitId) -> Basis {
    Basis {
        document: document.id.clone(),
        number: document.number.clone(),
        fund: document.fund.clone(),
        objection_days: document.objection_days,
        contract: document.contracts.get(unit).cloned(),
    }
}

/// The two lines that an adjustment posts; their sum is nothing.
fn lines(adjustment: &Adjustment) -> [Line; 2] {
    let unit = Account::Unit(adjustment.unit.clone());
    let fund = Account::Fund(adjustment.basis.fund.clone());
    let fen = adjustment.amount_fen;
    [Line { account: unit, fen }, Line { account: fund, fen: -fen }]
}

fn invalid(field: &str, zh: &str, en: &str) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), why: Text::new(zh, en) }
}
