//! Registers as rows: entries are checked as forms are, their texts and places sealed.

use super::load::unfit;
use super::write::{ms, put, some, text, unsound};
use crate::db::{Db, DbError, Value};
use crate::execute::Moment;
use crate::rules::{ChangeError, EntryRow, RegisterRows};
use bihuan_core::content::{ContentRef, derive_salt, seal};
use bihuan_core::form::{
    Entries, Entry, FieldFault, FieldValue, Ground, Register, check_entries, check_form,
    check_required, fill_formulas,
};
use bihuan_core::id::{PackId, PersonId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::Pack;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use std::collections::BTreeMap;

/// Most entries of one change.
const ENTRIES_MAX: usize = 10_000;

/// Writes entries of a register; a key that stands there already is replaced.
pub(super) fn write(
    db: &mut Db,
    rules: &Rules,
    moment: Moment,
    rows: &RegisterRows,
) -> Result<u64, ChangeError> {
    let refuse = |why: String| ChangeError::Unsound(vec![why]);
    let pack = rules.pack(&rows.pack);
    let pack = pack.ok_or_else(|| refuse(format!("there is no pack {}", rows.pack)))?;
    let register = pack.registers.iter().find(|it| it.id == rows.register);
    let register = register
        .ok_or_else(|| refuse(format!("pack {} has no register {}", rows.pack, rows.register)))?;
    if rows.entries.len() > ENTRIES_MAX {
        return Err(refuse(format!("at most {ENTRIES_MAX} entries at once")));
    }
    let mut desk = Desk { rules, pack, register, moment, faults: Vec::new(), sealed: Vec::new() };
    let lines: Vec<_> = rows.entries.iter().map(|it| desk.line(it)).collect();
    unsound(desk.faults)?;
    db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &desk.sealed, "")?;
    put(
        db,
        "INSERT INTO register_entry
         (pack, register, id, zh, en, unit, person, from_ms, to_ms, fields) VALUES",
        &lines,
        "ON CONFLICT (pack, register, id) DO UPDATE
         SET zh = excluded.zh, en = excluded.en, unit = excluded.unit, person = excluded.person,
         from_ms = excluded.from_ms, to_ms = excluded.to_ms, fields = excluded.fields",
    )
}

/// What the lines of one change are made with.
struct Desk<'a> {
    rules: &'a Rules,
    pack: &'a Pack,
    register: &'a Register,
    moment: Moment,
    faults: Vec<String>,
    sealed: Vec<Vec<Value>>,
}

impl Desk<'_> {
    fn line(&mut self, row: &EntryRow) -> Vec<Value> {
        if !bihuan_core::id::is_key(&row.id) {
            self.faults.push(format!("entry {}: letters, digits, `_`, `-` and `.`", row.id));
        }
        if self.rules.units.get(&row.unit).is_none() {
            self.faults.push(format!("entry {}: no unit {}", row.id, row.unit.0));
        }
        if row.from.zip(row.to).is_some_and(|(from, to)| to <= from) {
            self.faults.push(format!("entry {}: it ends before it begins", row.id));
        }
        let fields = self.fields(row).unwrap_or_else(|faults| {
            let told = |it: &FieldFault| {
                format!("entry {}, field {}: {} ({})", row.id, it.field, it.what.en, it.code)
            };
            self.faults.extend(faults.iter().map(told));
            BTreeMap::new()
        });
        let fields = serde_json::to_string(&fields).expect("keys of fields are strings");
        vec![
            text(&self.pack.id.0),
            text(&self.register.id),
            text(&row.id),
            text(&row.title.zh),
            text(&row.title.en),
            text(&row.unit.0),
            some(row.person.as_ref().map(|it| &it.0)),
            ms(row.from),
            ms(row.to),
            Value::Text(fields),
        ]
    }

    fn fields(&mut self, row: &EntryRow) -> Result<BTreeMap<String, FieldValue>, Vec<FieldFault>> {
        let Desk { rules, pack, register, moment, .. } = *self;
        let inputs = check_form(&register.fields, &row.fields)?;
        let mut values = BTreeMap::new();
        for (field, input) in inputs {
            let mut count = 0;
            let value = input.into_value(&mut |plain| {
                count += 1;
                let of = [&pack.id.0, &register.id, &row.id, &field, &count.to_string()];
                let salt = derive_salt(&moment.salt, of.map(String::as_str).join("/").as_bytes());
                Ok::<_, Vec<FieldFault>>(self.keep(&salt, plain))
            })?;
            values.insert(field, value);
        }
        let entries = rules.entries(&pack.id);
        check_entries(&register.fields, &values, entries, moment.clock)?;
        let ground = Ground::of(pack, entries, rules.zone.date(moment.clock));
        fill_formulas(&register.fields, &ground, &BTreeMap::new(), &mut values)?;
        check_required(&register.fields, &values)?;
        Ok(values)
    }

    fn keep(&mut self, salt: &[u8; 32], plain: &str) -> ContentRef {
        let sealed = seal(salt, plain.as_bytes());
        self.sealed.push(vec![
            Value::Text(sealed.0.clone()),
            text("register"),
            Value::Blob(salt.to_vec()),
            Value::Blob(plain.as_bytes().to_vec()),
        ]);
        sealed
    }
}

/// What stands in the registers of each pack.
pub(super) fn load_registers(db: &mut Db) -> Result<BTreeMap<PackId, Entries>, DbError> {
    let sql = "SELECT pack, register, id, zh, en, unit, person, from_ms, to_ms, fields
               FROM register_entry ORDER BY pack, register, id";
    let mut registers: BTreeMap<PackId, Entries> = BTreeMap::new();
    db.query(sql, &[], |row| {
        let entry = Entry {
            title: Text::new(row.text(3)?, row.text(4)?),
            unit: UnitId(row.text(5)?.to_owned()),
            person: row.some_text(6)?.map(PersonId::from),
            from: row.some_int(7)?.map(Instant),
            to: row.some_int(8)?.map(Instant),
            fields: serde_json::from_str(row.text(9)?).map_err(|it| unfit(&it))?,
        };
        let pack = registers.entry(PackId(row.text(0)?.to_owned())).or_default();
        let register = pack.entry(row.text(1)?.to_owned()).or_default();
        register.insert(row.text(2)?.to_owned(), entry);
        Ok(())
    })?;
    Ok(registers)
}
