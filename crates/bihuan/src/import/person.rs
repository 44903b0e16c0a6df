//! Reading persons: one row a membership, so a person stands in as many rows as roles are held.
//!
//! Invariants: rows of one person agree in name, phone and telephone; an account belongs to one
//! person. Names and phones are personal: who writes them puts them under content, not into rows.

use super::fault::{Fault, ImportError};
use super::point::unit;
use super::preview::{Cells, Columns, Field, Preview};
use super::table::Table;
use super::value;
use crate::telephone;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::time::{Instant, Zone};
use bihuan_core::unit::{UnitId, Units};
use std::collections::BTreeMap;

const FIELDS: [Field; 11] = [
    Field { id: "person", zh: "人员编号", needed: true },
    Field { id: "account", zh: "账号", needed: true },
    Field { id: "name", zh: "姓名", needed: true },
    Field { id: "phone", zh: "电话", needed: false },
    Field { id: "telephone", zh: "工作电话", needed: false },
    Field { id: "role", zh: "角色", needed: true },
    Field { id: "unit", zh: "所在单位", needed: true },
    Field { id: "area", zh: "负责区域", needed: false },
    Field { id: "from", zh: "开始日期", needed: false },
    Field { id: "to", zh: "结束日期", needed: false },
    Field { id: "status", zh: "状态", needed: false },
];

/// Whether a membership is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// Held back for a while.
    Suspended,
    /// The person has left.
    Left,
}

impl Status {
    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Suspended => "suspended",
            Status::Left => "left",
        }
    }
}

/// A membership: a person, an account, a role in a unit on an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The human being.
    pub person: PersonId,
    /// The log-in; the same membership may stand once for each account.
    pub account: AccountId,
    /// Name; personal.
    pub name: String,
    /// Phone, digits with an optional `+`, which tells two of one name apart; personal.
    pub phone: Option<String>,
    /// Work telephone, by which those of a matter call; personal.
    pub telephone: Option<String>,
    /// Role.
    pub role: RoleId,
    /// Employed by.
    pub unit: UnitId,
    /// Works on; the unit itself when the column is empty.
    pub area: UnitId,
    /// From when, inclusive.
    pub from: Option<Instant>,
    /// Until when, exclusive.
    pub to: Option<Instant>,
    /// Whether it is in use.
    pub status: Status,
}

/// What rows read before have said.
#[derive(Default)]
struct Seen {
    persons: BTreeMap<PersonId, (usize, PersonRow)>,
    accounts: BTreeMap<AccountId, (usize, PersonId)>,
    memberships: BTreeMap<(AccountId, RoleId, UnitId, UnitId, Option<Instant>), usize>,
}

/// Reads memberships; `roles` are those of the packs and of the realm, empty means any.
///
/// # Errors
/// The table lacks a column.
pub fn read(
    table: &Table,
    units: &Units,
    roles: &[String],
    zone: Zone,
) -> Result<Preview<PersonRow>, ImportError> {
    let columns = Columns::find(table, &FIELDS)?;
    let mut preview = Preview { ignored: columns.ignored(), ..Preview::default() };
    let mut seen = Seen::default();
    for row in &table.rows {
        let mut cells = columns.cells(row);
        let person = read_row(&mut cells, units, roles, zone);
        if let Some(person) = &person {
            seen.check(row.line, person, &mut cells);
        }
        cells.finish(person, &mut preview);
    }
    Ok(preview.settle())
}

fn read_row(cells: &mut Cells, units: &Units, roles: &[String], zone: Zone) -> Option<PersonRow> {
    let person = cells.need("person", value::key).map(PersonId);
    let account = cells.need("account", value::key).map(AccountId);
    let name = cells.need("name", value::name);
    let phone = cells.may("phone", number);
    let telephone = cells.may("telephone", number);
    let role = cells.need("role", |it| {
        let is_listed = roles.is_empty() || roles.iter().any(|role| role == it);
        if is_listed { value::key(it) } else { Err(Fault::Unknown(it.to_owned())) }
    });
    let employer = cells.need("unit", |it| unit(it, units));
    let area = cells.may("area", |it| unit(it, units));
    let from = cells.may("from", |it| value::instant(it, zone));
    let to = cells.may("to", |it| value::instant(it, zone));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        cells.fault("to", Fault::Period);
    }
    let status = cells.may("status", status).unwrap_or_default();
    let (person, account, name, unit) = (person?, account?, name?, employer?);
    let area = area.unwrap_or_else(|| unit.clone());
    let role = RoleId(role?);
    Some(PersonRow { person, account, name, phone, telephone, role, unit, area, from, to, status })
}

impl Seen {
    /// Compares a row with those before.
    fn check(&mut self, line: usize, row: &PersonRow, cells: &mut Cells) {
        let known = self.persons.entry(row.person.clone());
        let (first, known) = known.or_insert_with(|| (line, row.clone()));
        for (column, is_same) in [
            ("name", known.name == row.name),
            ("phone", known.phone == row.phone),
            ("telephone", known.telephone == row.telephone),
        ] {
            if !is_same {
                cells.fault(column, Fault::Differs(*first));
            }
        }
        let owner = (line, row.person.clone());
        let (first, person) = self.accounts.entry(row.account.clone()).or_insert(owner);
        if *person != row.person {
            cells.fault("account", Fault::Differs(*first));
        }
        let key =
            (row.account.clone(), row.role.clone(), row.unit.clone(), row.area.clone(), row.from);
        let first = *self.memberships.entry(key).or_insert(line);
        if first != line {
            cells.fault("role", Fault::Twice(first));
        }
    }
}

fn number(text: &str) -> Result<String, Fault> {
    telephone::read(text).ok_or_else(|| Fault::Number(text.to_owned()))
}

fn status(text: &str) -> Result<Status, Fault> {
    match text {
        "active" | "在岗" => Ok(Status::Active),
        "suspended" | "停用" => Ok(Status::Suspended),
        "left" | "离岗" => Ok(Status::Left),
        _ => Err(Fault::Choice(text.to_owned(), "active / suspended / left（在岗 / 停用 / 离岗）")),
    }
}
