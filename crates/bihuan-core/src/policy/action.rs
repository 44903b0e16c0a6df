//! Who may administer what: three offices that no person holds two of (三员分立).
//!
//! Invariants: whatever is not granted is denied; an administrator sees no matters by that office;
//! nobody administers own accounts, roles or the offices themselves; machines administer nothing.

use super::viewer::{Standpoint, Viewer};
use crate::id::{PersonId, RoleId};
use crate::matter::facts::{DISPATCH_DESK, Rules};
use crate::matter::submission::Via;
use crate::text::Text;
use crate::unit::UnitId;
use std::collections::BTreeSet;

/// The role that keeps the realm running: units, packs, calendar, connections (系统管理员).
pub const SYSTEM_ADMINISTRATOR: &str = "system_administrator";
/// The role that keeps people, roles and log-ins (安全管理员).
pub const SECURITY_ADMINISTRATOR: &str = "security_administrator";
/// The role that reads who did what, and nothing else (审计管理员).
pub const AUDIT_ADMINISTRATOR: &str = "audit_administrator";

/// Whether a role is one of the three offices; no pack may have a role of that name.
#[must_use]
pub fn is_administrative(role: &RoleId) -> bool {
    [SYSTEM_ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDIT_ADMINISTRATOR].contains(&role.as_str())
}

/// Something that is no act on a matter. What names no unit concerns the whole realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Change units and their areas.
    ChangeUnits,
    /// Publish a revision of a pack.
    PublishPack,
    /// Change working days and settings.
    ChangeCalendar,
    /// Change settings of the realm.
    ChangeSettings,
    /// Keep tokens of programs, webhooks and other connections.
    ChangeConnections,
    /// See how the service runs: health, figures, what waits, backups.
    SeeOperation,
    /// Change the named points of a unit.
    ChangePoints(UnitId),
    /// Change the entries of registers of a unit.
    ChangeRegisters(UnitId),
    /// See who works for a unit, in which roles and by which accounts.
    SeePeople(UnitId),
    /// Add a person to a unit, or change accounts and log-ins of one.
    ChangePerson {
        /// Who.
        person: PersonId,
        /// Employed by.
        unit: UnitId,
    },
    /// Grant, change or end a role.
    Grant {
        /// Whose.
        person: PersonId,
        /// Which.
        role: RoleId,
        /// Employed by.
        unit: UnitId,
        /// Working on.
        area: UnitId,
    },
    /// Name who stands in for a person.
    Deputise {
        /// Who stands in.
        person: PersonId,
        /// For whom.
        stands_for: PersonId,
        /// The unit that employs that person.
        unit: UnitId,
    },
    /// Erase personal content at the request of whoever it is about.
    EraseContent,
    /// Read the audit trail, or take it away.
    ReadAudit,
    /// Ask where the record stands: its root, the proof of an entry.
    ReadRecord,
    /// See units, areas, packs, registers and points.
    SeeRules,
    /// See names and offices of colleagues.
    SeeDirectory,
    /// Change own password, second factor and sessions.
    ChangeOwnLogin,
}

impl Action {
    /// The word of the action.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Action::ChangeUnits => "change_units",
            Action::PublishPack => "publish_pack",
            Action::ChangeCalendar => "change_calendar",
            Action::ChangeSettings => "change_settings",
            Action::ChangeConnections => "change_connections",
            Action::SeeOperation => "see_operation",
            Action::ChangePoints(_) => "change_points",
            Action::ChangeRegisters(_) => "change_registers",
            Action::SeePeople(_) => "see_people",
            Action::ChangePerson { .. } => "change_person",
            Action::Grant { .. } => "grant",
            Action::Deputise { .. } => "deputise",
            Action::EraseContent => "erase_content",
            Action::ReadAudit => "read_audit",
            Action::ReadRecord => "read_record",
            Action::SeeRules => "see_rules",
            Action::SeeDirectory => "see_directory",
            Action::ChangeOwnLogin => "change_own_login",
        }
    }
}

/// Why an action is not for a viewer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("sign in first")]
    SignedOut,
    /// A machine asked.
    #[error("only a person may do this, not a program")]
    NotByMachine,
    /// It takes a role of a pack or an office.
    #[error("this is for those who work in the realm")]
    NotOfficial,
    /// It takes another office.
    #[error("this is for the {}", list(.roles))]
    NotGranted {
        /// Any of these would do.
        roles: Vec<RoleId>,
    },
    /// The office does not reach so far.
    #[error("the grant does not reach {}", reach(.unit.as_ref()))]
    OutOfArea {
        /// The unit; `None` is the whole realm.
        unit: Option<UnitId>,
    },
    /// It concerns the viewer's own account, role or deputy.
    #[error("nobody does this for oneself; ask another administrator")]
    Oneself,
    /// The three offices are given at the machine alone.
    #[error("the offices of administrators are given by the operator at the machine")]
    ByOperator,
    /// The viewer holds two of the three offices.
    #[error("one person holds two of the three offices of administrators; end one of them first")]
    NotSeparated,
}

fn reach(unit: Option<&UnitId>) -> &str {
    unit.map_or("the whole realm", UnitId::as_str)
}

fn list(roles: &[RoleId]) -> String {
    roles.iter().map(RoleId::as_str).collect::<Vec<_>>().join(", ")
}

impl Denied {
    /// A stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Denied::SignedOut => "signed_out",
            Denied::NotByMachine => "not_by_machine",
            Denied::NotOfficial => "not_official",
            Denied::NotGranted { .. } => "not_granted",
            Denied::OutOfArea { .. } => "out_of_area",
            Denied::Oneself => "oneself",
            Denied::ByOperator => "by_operator",
            Denied::NotSeparated => "not_separated",
        }
    }

    /// What to do, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh = match self {
            Denied::SignedOut => "请先登录".to_owned(),
            Denied::NotByMachine => "只能由本人操作，程序不能代办".to_owned(),
            Denied::NotOfficial => "仅限工作人员".to_owned(),
            Denied::NotGranted { roles } => format!("需要以下角色之一：{}", list(roles)),
            Denied::OutOfArea { unit: Some(unit) } => format!("授权范围不含“{unit}”"),
            Denied::OutOfArea { unit: None } => "授权范围须为全域".to_owned(),
            Denied::Oneself => "不能为本人办理，请由另一名管理员办理".to_owned(),
            Denied::ByOperator => "管理员角色只能由运维人员在本机授予".to_owned(),
            Denied::NotSeparated => "同一人兼任两种管理员，请先停用其一".to_owned(),
        };
        Text::new(zh, self.to_string())
    }
}

/// Whether a viewer may do something that is no act on a matter.
///
/// # Errors
/// The reason why not.
pub fn may(rules: &Rules, viewer: &Viewer, action: &Action) -> Result<(), Denied> {
    if viewer.standpoint() == Standpoint::Operator {
        return Ok(());
    }
    let Some(person) = viewer.as_person() else { return Err(Denied::SignedOut) };
    match action {
        Action::ReadRecord | Action::SeeRules | Action::SeeDirectory => {
            let works = viewer.standpoint() == Standpoint::Official || !viewer.powers().is_empty();
            return if works { Ok(()) } else { Err(Denied::NotOfficial) };
        }
        Action::ChangeOwnLogin => return only_person(viewer),
        _ => only_person(viewer)?,
    }
    let powers: BTreeSet<&RoleId> = viewer.powers().iter().map(|it| &it.role).collect();
    if powers.len() > 1 {
        return Err(Denied::NotSeparated);
    }
    match action {
        Action::ChangePoints(unit) | Action::ChangeRegisters(unit) => desk(rules, viewer, unit)
            .or_else(|_| office(rules, viewer, &[SYSTEM_ADMINISTRATOR], Some(unit))),
        Action::SeePeople(unit) => office(rules, viewer, &[SECURITY_ADMINISTRATOR], Some(unit)),
        Action::ChangePerson { person: of, unit } => {
            office(rules, viewer, &[SECURITY_ADMINISTRATOR], Some(unit))?;
            not_oneself(person, &[of])?;
            not_an_administrator(rules, of)
        }
        Action::Grant { person: of, role, unit, area } => {
            office(rules, viewer, &[SECURITY_ADMINISTRATOR], Some(unit))?;
            office(rules, viewer, &[SECURITY_ADMINISTRATOR], Some(area))?;
            not_oneself(person, &[of])?;
            let given = if is_administrative(role) { Err(Denied::ByOperator) } else { Ok(()) };
            given.and_then(|()| not_an_administrator(rules, of))
        }
        Action::Deputise { person: by, stands_for, unit } => {
            office(rules, viewer, &[SECURITY_ADMINISTRATOR], Some(unit))?;
            not_oneself(person, &[by, stands_for])?;
            not_an_administrator(rules, by)
        }
        Action::EraseContent => office(rules, viewer, &[SECURITY_ADMINISTRATOR], None),
        Action::ReadAudit => office(rules, viewer, &[AUDIT_ADMINISTRATOR], None),
        _ => office(rules, viewer, &[SYSTEM_ADMINISTRATOR], None),
    }
}

fn only_person(viewer: &Viewer) -> Result<(), Denied> {
    if viewer.via() == Via::Person { Ok(()) } else { Err(Denied::NotByMachine) }
}

fn not_oneself(person: &PersonId, of: &[&PersonId]) -> Result<(), Denied> {
    if of.contains(&person) { Err(Denied::Oneself) } else { Ok(()) }
}

/// Log-ins and roles of administrators are kept at the machine: else one office could make itself
/// another by taking over an account.
fn not_an_administrator(rules: &Rules, person: &PersonId) -> Result<(), Denied> {
    let mut grants = rules.grants.get(person).into_iter().flatten();
    if grants.any(|it| is_administrative(&it.role)) { Err(Denied::ByOperator) } else { Ok(()) }
}

/// Holds an office that reaches a unit, or the whole realm.
fn office(
    rules: &Rules,
    viewer: &Viewer,
    names: &[&str],
    unit: Option<&UnitId>,
) -> Result<(), Denied> {
    let mut held = viewer.powers().iter().filter(|it| names.contains(&it.role.as_str())).peekable();
    if held.peek().is_none() {
        return Err(Denied::NotGranted {
            roles: names.iter().map(|it| RoleId::from(*it)).collect(),
        });
    }
    let reaches = |area: &UnitId| match unit {
        Some(unit) => rules.units.is_within(unit, area),
        None => rules.units.iter().all(|it| rules.units.is_within(&it.id, area)),
    };
    if held.any(|it| reaches(&it.area)) {
        return Ok(());
    }
    Err(Denied::OutOfArea { unit: unit.cloned() })
}

/// Employed by a unit that files and dispatches, and working on the unit.
fn desk(rules: &Rules, viewer: &Viewer, unit: &UnitId) -> Result<(), Denied> {
    let is_desk =
        |it: &UnitId| rules.units.get(it).is_some_and(|it| it.has_function(DISPATCH_DESK));
    let mut offices = viewer.offices().iter();
    if offices.any(|it| is_desk(&it.unit) && rules.units.is_within(unit, &it.area)) {
        return Ok(());
    }
    Err(Denied::NotGranted { roles: vec![RoleId::from(SYSTEM_ADMINISTRATOR)] })
}
