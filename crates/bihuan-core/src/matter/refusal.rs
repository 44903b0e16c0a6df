//! Refusals: answers, not errors. Each has a stable code and says what to do next.

mod words;

use crate::form::FieldFault;
use crate::id::{ClassCode, MoveId, PackId, RoleId, StageId};
use crate::matter::facts::Rules;
use crate::pack::{Need, Pack};
use crate::place::PlaceError;
use crate::text::Text;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::Serialize;
use std::collections::BTreeMap;
use words::{joined, listed, title};

/// What people call things, by their keys in the pack.
pub type Titles = BTreeMap<String, Text>;

/// Why a command was not accepted. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such matter in what the actor may see.
    NoMatter,
    /// The id of the new matter is taken.
    MatterExists,
    /// The account is unknown or not active.
    NoAccount,
    /// The pack is unknown.
    NoPack {
        /// As named.
        pack: PackId,
    },
    /// The class is unknown or not valid on this day.
    NoClass {
        /// As named.
        class: ClassCode,
    },
    /// The unit is unknown, not active or not of the right kind.
    NoUnit {
        /// As named.
        unit: UnitId,
    },
    /// The stage does not offer this.
    WrongStage {
        /// The stage that the matter is in.
        stage: StageId,
        /// The moves that it offers.
        offers: Vec<MoveId>,
        /// What people call them.
        #[serde(skip_serializing_if = "Titles::is_empty")]
        titles: Titles,
    },
    /// The actor holds none of the roles that may do it, for this place or unit.
    NotAllowed {
        /// Who may.
        roles: Vec<RoleId>,
        /// What people call them.
        #[serde(skip_serializing_if = "Titles::is_empty")]
        titles: Titles,
    },
    /// Accepting is for another party.
    SameParty(SameParty),
    /// Accepting is for persons: not for tokens, bulk acts or importers.
    NotByMachine,
    /// Something is still needed; all of it at once.
    Missing {
        /// What.
        needs: Vec<Missing>,
        /// What people call its fields.
        #[serde(skip_serializing_if = "Titles::is_empty")]
        titles: Titles,
    },
    /// The form has faults; all of them at once.
    Form {
        /// Which.
        faults: Vec<FieldFault>,
    },
    /// The matter has moved on since the sender saw it.
    Stale {
        /// The version that it has now.
        version: u64,
    },
    /// The matter is suspended.
    Suspended {
        /// Until when.
        until: Instant,
    },
    /// It has been done as often as it may.
    TooOften {
        /// How often it may.
        times: u32,
    },
    /// The deadline has passed.
    Overdue,
    /// The same is already so, or was already asked for.
    Already,
    /// Nothing was asked for.
    NotAsked,
    /// Files have not arrived yet.
    FilesMissing {
        /// How many.
        count: usize,
    },
    /// Parts of the matter have not ended.
    ChildrenOpen {
        /// How many.
        count: usize,
    },
    /// A longer limit is an extension, not an order.
    NotShorter,
    /// No unit of this kind lies above.
    NoTierAbove,
    /// The place cannot be used.
    Place(PlaceFault),
    /// A value is out of range; names the field.
    Invalid {
        /// Which field of the command.
        field: String,
        /// What is wrong with it.
        why: Text,
    },
    /// The clock of this machine is out of bounds; penal acts wait.
    ClockHeld,
    /// The deadline is provisional; nothing penal follows from it.
    Provisional,
}

/// Why the actor is not another party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "same", rename_all = "snake_case")]
pub enum SameParty {
    /// The person took part.
    Person {
        /// For this unit.
        unit: UnitId,
        /// What people call it.
        title: Text,
    },
    /// The accepting unit took part, or lies below one that did.
    Unit {
        /// The unit that took part.
        unit: UnitId,
        /// What people call it.
        title: Text,
    },
    /// The person is employed in a unit that took part, or below it.
    Employed {
        /// The unit that took part.
        unit: UnitId,
        /// What people call it.
        title: Text,
    },
}

/// Something that a move needs and did not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What.
    pub need: Need,
    /// What was wrong with what was given.
    pub why: MissingWhy,
}

/// What was wrong with what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingWhy {
    /// Nothing was given.
    Absent,
    /// Too few.
    TooFew,
    /// Too far from the matter's place.
    TooFar,
    /// No position was given.
    NoPosition,
    /// Not later than the photo before, or no time was given.
    NotLater,
    /// Too old.
    NotFresh,
    /// A check of the pack fails.
    CheckFails,
}

/// What is wrong with a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum PlaceFault {
    /// A place is required.
    Required,
    /// The pack takes no place of this kind.
    NotWanted,
    /// Outside the realm's areas.
    Outside,
    /// On a border: name the unit.
    Border {
        /// Between which units.
        units: Vec<UnitId>,
    },
    /// The coordinates are not usable.
    Coordinates {
        /// Code of the fault.
        fault: &'static str,
    },
}

impl From<PlaceError> for Refusal {
    fn from(error: PlaceError) -> Refusal {
        Refusal::Place(PlaceFault::Coordinates { fault: error.code() })
    }
}

impl Refusal {
    /// Nobody but holders of these roles may.
    #[must_use]
    pub fn not_allowed(roles: Vec<RoleId>) -> Refusal {
        Refusal::NotAllowed { roles, titles: Titles::new() }
    }

    /// All of this is still needed.
    #[must_use]
    pub fn missing(needs: Vec<Missing>) -> Refusal {
        Refusal::Missing { needs, titles: Titles::new() }
    }

    /// One thing is still needed.
    #[must_use]
    pub fn absent(need: Need) -> Refusal {
        Refusal::missing(vec![Missing { need, why: MissingWhy::Absent }])
    }

    /// The same with what people call what it names, as far as a pack says so; keys and code stay.
    #[must_use]
    pub fn titled(mut self, rules: &Rules, pack: Option<&Pack>) -> Refusal {
        match &mut self {
            Refusal::NotAllowed { roles, titles } => {
                let all = || rules.packs.values().flat_map(|it| it.values().rev());
                for id in roles {
                    let own = pack.and_then(|it| it.role(id));
                    let role = own.or_else(|| all().find_map(|it| it.role(id)));
                    titles.extend(role.map(|it| (id.0.clone(), it.title.clone())));
                }
            }
            Refusal::WrongStage { stage, titles, .. } => {
                if let Some(stage) = pack.and_then(|it| it.stage(stage)) {
                    titles.insert(stage.id.0.clone(), stage.title.clone());
                    let moves = stage.moves.iter();
                    titles.extend(moves.map(|it| (it.id.0.clone(), it.title.clone())));
                }
            }
            Refusal::Missing { needs, titles } => {
                for id in needs.iter().filter_map(|it| it.field()) {
                    let field = pack.and_then(|it| it.form.iter().find(|it| it.id == id));
                    titles.extend(field.map(|it| (it.id.clone(), it.title.clone())));
                }
            }
            _ => {}
        }
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NoMatter => "no_matter",
            Refusal::MatterExists => "matter_exists",
            Refusal::NoAccount => "no_account",
            Refusal::NoPack { .. } => "no_pack",
            Refusal::NoClass { .. } => "no_class",
            Refusal::NoUnit { .. } => "no_unit",
            Refusal::WrongStage { .. } => "wrong_stage",
            Refusal::NotAllowed { .. } => "not_allowed",
            Refusal::SameParty(_) => "same_party",
            Refusal::NotByMachine => "not_by_machine",
            Refusal::Missing { .. } => "missing",
            Refusal::Form { .. } => "form",
            Refusal::Stale { .. } => "stale",
            Refusal::Suspended { .. } => "suspended",
            Refusal::TooOften { .. } => "too_often",
            Refusal::Overdue => "overdue",
            Refusal::Already => "already",
            Refusal::NotAsked => "not_asked",
            Refusal::FilesMissing { .. } => "files_missing",
            Refusal::ChildrenOpen { .. } => "children_open",
            Refusal::NotShorter => "not_shorter",
            Refusal::NoTierAbove => "no_tier_above",
            Refusal::Place(_) => "place",
            Refusal::Invalid { .. } => "invalid",
            Refusal::ClockHeld => "clock_held",
            Refusal::Provisional => "provisional",
        }
    }

    /// What it says to a person, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        if let Some((zh, en)) = self.fixed() {
            return Text::new(zh, en);
        }
        match self {
            Refusal::NoPack { pack } => {
                Text::new(format!("没有事项包 {pack}"), format!("there is no pack {pack}"))
            }
            Refusal::NoClass { class } => Text::new(
                format!("类别 {class} 不存在或当日无效"),
                format!("class {class} is unknown or not valid on this day"),
            ),
            Refusal::NoUnit { unit } => Text::new(
                format!("单位 {} 不存在、已停用或类型不符", unit.0),
                format!("unit {} is unknown, not active or of the wrong kind", unit.0),
            ),
            Refusal::WrongStage { stage, offers, titles } => {
                let stage = title(titles, &stage.0);
                let offers = listed(titles, offers.iter().map(|it| it.0.as_str()));
                Text::new(
                    format!("当前环节“{}”不能这样办理；可办理：{}", stage.zh, offers.zh),
                    format!("stage {} does not offer this; it offers: {}", stage.en, offers.en),
                )
            }
            Refusal::NotAllowed { roles, titles } => {
                let roles = listed(titles, roles.iter().map(|it| it.0.as_str()));
                Text::new(
                    format!("只有{}可以办理，且须管辖该处", roles.zh),
                    format!("only {} may do this, for this place or unit", roles.en),
                )
            }
            Refusal::SameParty(same) => same.text(),
            Refusal::Missing { needs, titles } => {
                let names: Vec<Text> = needs.iter().map(|it| it.name(titles)).collect();
                let names = joined(&names);
                Text::new(format!("还需要：{}", names.zh), format!("still needed: {}", names.en))
            }
            Refusal::Form { faults } => Text::new(
                format!("表单有 {} 处错误", faults.len()),
                format!("the form has {} faults", faults.len()),
            ),
            Refusal::Stale { version } => Text::new(
                format!("事项已更新到第 {version} 版，请刷新后再办"),
                format!("the matter has moved on to version {version}; look again first"),
            ),
            Refusal::TooOften { times } => Text::new(
                format!("已达上限 {times} 次"),
                format!("it may be done at most {times} times"),
            ),
            Refusal::FilesMissing { count } => Text::new(
                format!("还有 {count} 个文件未到达"),
                format!("{count} files have not arrived yet"),
            ),
            Refusal::ChildrenOpen { count } => Text::new(
                format!("还有 {count} 件协同事项未办结"),
                format!("{count} joint parts have not ended"),
            ),
            Refusal::Place(fault) => Text::new(
                format!("位置不可用：{}", fault.name().zh),
                format!("the place cannot be used: {}", fault.name().en),
            ),
            Refusal::Invalid { field, why } => {
                Text::new(format!("{field}：{}", why.zh), format!("{field}: {}", why.en))
            }
            // All others are fixed.
            other => Text::new(other.code(), other.code()),
        }
    }

    /// The texts that name nothing.
    fn fixed(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Refusal::NoMatter => {
                ("没有这件事项，或您无权查看", "there is no such matter that you may see")
            }
            Refusal::MatterExists => {
                ("事项编号已被使用，请重新生成", "this matter id is taken; make a new one")
            }
            Refusal::NoAccount => (
                "账号不存在或已停用，请联系管理员",
                "the account is unknown or not active; ask the administrator",
            ),
            Refusal::NotByMachine => (
                "验收须由本人逐件进行，不能由令牌、批量或导入代办",
                "acceptance is by a person, one by one: not by a token, a bulk act or an import",
            ),
            Refusal::Suspended { .. } => {
                ("事项挂账中，恢复后再办", "the matter is suspended; resume it first")
            }
            Refusal::Overdue => {
                ("已超期，不能再延期", "the deadline has passed; it cannot be extended now")
            }
            Refusal::Already => ("已经办理过了", "this is already so"),
            Refusal::NotAsked => ("没有待批的申请", "nothing was asked for"),
            Refusal::NotShorter => (
                "只能缩短时限；延长请走延期",
                "an order may only shorten the limit; ask for an extension",
            ),
            Refusal::NoTierAbove => ("上面没有这一级单位", "there is no unit of that tier above"),
            Refusal::ClockHeld => (
                "服务器时钟异常，暂停一切处罚性动作",
                "the clock of the server is out of bounds; penal acts wait",
            ),
            Refusal::Provisional => {
                ("时限为暂定，不作处罚", "the deadline is provisional; nothing penal follows")
            }
            _ => return None,
        })
    }
}
