//! Why nothing was done to an adjustment: answers with a stable code, that say what to do.

use crate::adjustment::state::AdjustmentStage;
use crate::id::{PackId, RoleId};
use crate::text::Text;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::Serialize;

/// Why a command on an adjustment was not accepted. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AdjustmentRefusal {
    /// There is no such adjustment, or not for the sender.
    NoAdjustment,
    /// The id of the new adjustment is taken.
    AdjustmentExists,
    /// The account is unknown or not active.
    NoAccount,
    /// The actor holds none of the roles that may do it for this unit.
    NotAllowed {
        /// Who may.
        roles: Vec<RoleId>,
    },
    /// Adjustments are decided by persons.
    NotByMachine,
    /// Whoever proposed it may not judge it.
    SamePerson,
    /// Whoever judges it must not be of the unit that it is about.
    ChargedUnit {
        /// The unit.
        unit: UnitId,
    },
    /// There is no such pack.
    NoPack {
        /// As named.
        pack: PackId,
    },
    /// A sealed pack moves no money.
    Sealed,
    /// There is no such unit.
    NoUnit {
        /// As named.
        unit: UnitId,
    },
    /// The kind of the unit is never charged.
    NeverCharged {
        /// The unit.
        unit: UnitId,
    },
    /// No rule document of this key is there for the pack.
    NoDocument {
        /// As named.
        document: String,
    },
    /// The rule document is not in force on every day of the period.
    NotCovered {
        /// From when it is.
        from: String,
        /// Until when, where it ends.
        to: Option<String>,
    },
    /// The period has not ended.
    PeriodRuns,
    /// Another period of the unit overlaps.
    Overlaps,
    /// No score makes a case.
    NoCases {
        /// How many were left out.
        left_out: usize,
    },
    /// Too many cases for one adjustment.
    TooManyCases {
        /// Most that one has.
        most: usize,
    },
    /// The pool of rewards of the rule document would be overdrawn.
    PoolEmpty {
        /// Fen that are left in it.
        left_fen: i64,
    },
    /// It is not at a stage that allows this.
    WrongStage {
        /// The stage that it is at.
        stage: AdjustmentStage,
    },
    /// It has moved on since the sender saw it.
    Stale {
        /// The version that it has now.
        version: u64,
    },
    /// The unit may still object.
    TermRuns {
        /// Until when.
        until: Instant,
    },
    /// The term for objections is over.
    TermOver,
    /// The unit has objected already.
    ObjectedAlready,
    /// Cases have fallen since: their matter was voided, or an appeal granted.
    CasesFell {
        /// Which, counted from 1.
        cases: Vec<usize>,
    },
    /// What a counter-entry names is not executed, or is one itself.
    NotReversible,
    /// Cases that were named are not there, or are undone already.
    NotOpen {
        /// Which, counted from 1.
        cases: Vec<usize>,
    },
    /// The clock is out of bounds: penal acts wait for a person.
    ClockHeld,
    /// A value cannot be used.
    Invalid {
        /// Which.
        field: String,
        /// What to give instead.
        why: Text,
    },
}

impl AdjustmentRefusal {
    /// A stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            AdjustmentRefusal::NoAdjustment => "no_adjustment",
            AdjustmentRefusal::AdjustmentExists => "adjustment_exists",
            AdjustmentRefusal::NoAccount => "no_account",
            AdjustmentRefusal::NotAllowed { .. } => "not_allowed",
            AdjustmentRefusal::NotByMachine => "not_by_machine",
            AdjustmentRefusal::SamePerson => "same_person",
            AdjustmentRefusal::ChargedUnit { .. } => "charged_unit",
            AdjustmentRefusal::NoPack { .. } => "no_pack",
            AdjustmentRefusal::Sealed => "sealed",
            AdjustmentRefusal::NoUnit { .. } => "no_unit",
            AdjustmentRefusal::NeverCharged { .. } => "never_charged",
            AdjustmentRefusal::NoDocument { .. } => "no_document",
            AdjustmentRefusal::NotCovered { .. } => "not_covered",
            AdjustmentRefusal::PeriodRuns => "period_runs",
            AdjustmentRefusal::Overlaps => "overlaps",
            AdjustmentRefusal::NoCases { .. } => "no_cases",
            AdjustmentRefusal::TooManyCases { .. } => "too_many_cases",
            AdjustmentRefusal::PoolEmpty { .. } => "pool_empty",
            AdjustmentRefusal::WrongStage { .. } => "wrong_stage",
            AdjustmentRefusal::Stale { .. } => "stale",
            AdjustmentRefusal::TermRuns { .. } => "term_runs",
            AdjustmentRefusal::TermOver => "term_over",
            AdjustmentRefusal::ObjectedAlready => "objected_already",
            AdjustmentRefusal::CasesFell { .. } => "cases_fell",
            AdjustmentRefusal::NotReversible => "not_reversible",
            AdjustmentRefusal::NotOpen { .. } => "not_open",
            AdjustmentRefusal::ClockHeld => "clock_held",
            AdjustmentRefusal::Invalid { .. } => "invalid",
        }
    }

    /// What to do, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            AdjustmentRefusal::NoAdjustment
            | AdjustmentRefusal::AdjustmentExists
            | AdjustmentRefusal::NoAccount
            | AdjustmentRefusal::NotAllowed { .. }
            | AdjustmentRefusal::NotByMachine
            | AdjustmentRefusal::SamePerson
            | AdjustmentRefusal::ChargedUnit { .. } => self.of_actor(),
            AdjustmentRefusal::NoPack { .. }
            | AdjustmentRefusal::Sealed
            | AdjustmentRefusal::NoUnit { .. }
            | AdjustmentRefusal::NeverCharged { .. }
            | AdjustmentRefusal::NoDocument { .. }
            | AdjustmentRefusal::NotCovered { .. }
            | AdjustmentRefusal::PeriodRuns
            | AdjustmentRefusal::Overlaps
            | AdjustmentRefusal::NoCases { .. }
            | AdjustmentRefusal::TooManyCases { .. }
            | AdjustmentRefusal::PoolEmpty { .. } => self.of_proposal(),
            _ => self.of_course(),
        }
    }

    /// Who may not.
    fn of_actor(&self) -> Text {
        match self {
            AdjustmentRefusal::NotAllowed { roles } => {
                let list = roles.iter().map(RoleId::as_str).collect::<Vec<_>>().join(", ");
                Text::new(
                    format!("须由管辖该单位的以下角色办理：{list}"),
                    format!("this is for whoever holds one of {list} for the unit"),
                )
            }
            AdjustmentRefusal::AdjustmentExists => Text::new(
                "此编号已有考核扣款，请另取编号",
                "there is an adjustment of this id; choose another id",
            ),
            AdjustmentRefusal::NoAccount => {
                Text::new("账号不存在或已停用", "the account is unknown or not active")
            }
            AdjustmentRefusal::NotByMachine => Text::new(
                "只能由本人办理，程序不能代办",
                "only a person may do this, not a program",
            ),
            AdjustmentRefusal::SamePerson => Text::new(
                "提出人不能复核、确认或裁定，请由另一人办理",
                "whoever proposed it may not judge it; ask another person",
            ),
            AdjustmentRefusal::ChargedUnit { unit } => Text::new(
                format!("“{unit}”的人员不能复核或确认本单位的扣款，请由上级或其他单位办理"),
                format!("nobody of {unit} may judge what it is charged; ask another unit"),
            ),
            _ => Text::new("没有这笔考核扣款，或您无权查看", "there is none, or not for you"),
        }
    }

    /// What stands against a proposal.
    fn of_proposal(&self) -> Text {
        match self {
            AdjustmentRefusal::NoPack { pack } => Text::new(
                format!("没有事项包“{pack}”，请核对"),
                format!("there is no pack {pack}; check the name"),
            ),
            AdjustmentRefusal::Sealed => {
                Text::new("保密事项不计扣款", "a sealed pack moves no money")
            }
            AdjustmentRefusal::NoUnit { unit } => Text::new(
                format!("没有单位“{unit}”，请核对"),
                format!("there is no unit {unit}; check the name"),
            ),
            AdjustmentRefusal::NeverCharged { unit } => Text::new(
                format!("“{unit}”不是可扣款的单位：个人、住户、商户一律不扣款"),
                format!("{unit} is never charged: no persons, households or shops"),
            ),
            AdjustmentRefusal::NoDocument { document } => Text::new(
                format!("此事项包没有名为“{document}”的扣款办法，请先由系统管理员登记"),
                format!("the pack has no rule document {document}; have it entered first"),
            ),
            AdjustmentRefusal::NotCovered { from, to } => {
                let to = to.as_deref();
                Text::new(
                    format!("扣款办法自{from}至{}有效，期间须在其内", to.unwrap_or("另行废止")),
                    format!(
                        "the rule document is in force from {from} to {}; choose days within",
                        to.unwrap_or("its end")
                    ),
                )
            }
            AdjustmentRefusal::PeriodRuns => {
                Text::new("期间尚未结束，请在期末次日提出", "the period runs; propose after it")
            }
            AdjustmentRefusal::Overlaps => Text::new(
                "与该单位已有的另一期间重叠；请用同一期间，或不重叠的期间",
                "another period of the unit overlaps; take the same days, or others",
            ),
            AdjustmentRefusal::NoCases { left_out } => Text::new(
                format!("没有可列入的案件（{left_out} 项不计，见预览）"),
                format!("no score makes a case; {left_out} are left out, see the preview"),
            ),
            AdjustmentRefusal::TooManyCases { most } => Text::new(
                format!("超过 {most} 件，请缩短期间"),
                format!("more than {most} cases; take fewer days"),
            ),
            AdjustmentRefusal::PoolEmpty { left_fen } => Text::new(
                format!("奖励额度不足，本期还剩 {left_fen} 分"),
                format!("the pool of rewards has {left_fen} fen left in this period"),
            ),
            other => other.of_actor(),
        }
    }

    /// What stands against the next step.
    fn of_course(&self) -> Text {
        match self {
            AdjustmentRefusal::WrongStage { stage } => Text::new(
                format!("当前环节（{}）不能这样办理，请刷新后再看", stage.word()),
                format!("it is {}, which does not allow this; look again", stage.word()),
            ),
            AdjustmentRefusal::Stale { version } => Text::new(
                format!("已有新的办理（第 {version} 版），请刷新后再办"),
                format!("it has moved on to version {version}; look again"),
            ),
            AdjustmentRefusal::TermRuns { .. } => Text::new(
                "公示期内责任单位可提出异议，期满后再确认",
                "the unit may still object; confirm after the term",
            ),
            AdjustmentRefusal::TermOver => Text::new(
                "异议期已过；如有错误，请考核员提出冲销",
                "the term for objections is over; ask the assessor for a counter-entry",
            ),
            AdjustmentRefusal::ObjectedAlready => {
                Text::new("已提出过异议", "the unit has objected already")
            }
            AdjustmentRefusal::CasesFell { cases } => {
                let list = cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Text::new(
                    format!("第 {list} 项所列事项已作废或免予计分；请撤回或驳回后重新提出"),
                    format!("the matters of cases {list} no longer count; end it, propose anew"),
                )
            }
            AdjustmentRefusal::NotReversible => Text::new(
                "只能冲销已执行的考核扣款；未执行的请撤回或驳回",
                "only what is executed is undone by a counter-entry; else withdraw or reject it",
            ),
            AdjustmentRefusal::NotOpen { cases } => {
                let list = cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Text::new(
                    format!("第 {list} 项不存在或已冲销"),
                    format!("cases {list} are not there, or undone already"),
                )
            }
            AdjustmentRefusal::ClockHeld => Text::new(
                "系统时钟异常，扣款暂停办理，请联系管理员",
                "the clock is in doubt and money waits; tell the administrator",
            ),
            AdjustmentRefusal::Invalid { field, why } => {
                Text::new(format!("{field}：{}", why.zh), format!("{field}: {}", why.en))
            }
            other => other.of_actor(),
        }
    }
}
