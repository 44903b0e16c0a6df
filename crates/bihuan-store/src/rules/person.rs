//! Accounts and the end of a person's service, as rows.
//!
//! Invariant: an account that is not active leaves no session and no token behind.

use crate::batch::Head;
use crate::db::{Db, DbError, Value};
use crate::execute::Moment;
use crate::rules::write::{put, text, unsound};
use crate::rules::{AccountRow, ChangeError};
use crate::{credential, session, token};
use bihuan_core::content::{derive_salt, seal};
use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::matter::Rules;

/// Words that an account's status may be.
const STATUSES: [&str; 2] = ["active", "suspended"];

/// That an account belongs to another person, also where it is suspended or has ended: what it is
/// entered by is still that person's.
pub(super) fn somebody_elses(
    db: &mut Db,
    account: &AccountId,
    person: &PersonId,
) -> Result<Option<String>, DbError> {
    let sql = "SELECT person FROM account WHERE id = $1";
    let owner = db.first(sql, &[text(&account.0)], |row| Ok(row.text(0)?.to_owned()))?;
    let other = owner.filter(|it| *it != person.0);
    Ok(other.map(|it| format!("account {account} belongs to {it}")))
}

pub(super) fn write_accounts(
    db: &mut Db,
    head: &Head,
    accounts: &[AccountRow],
) -> Result<u64, ChangeError> {
    let mut faults = Vec::new();
    for it in accounts {
        faults.extend(somebody_elses(db, &it.id, &it.person)?);
        let sql = "SELECT 1 FROM person WHERE id = $1";
        if db.first(sql, &[text(&it.person.0)], |_| Ok(()))?.is_none() {
            faults.push(format!("there is no person {}; add the person first", it.person));
        }
        if !STATUSES.contains(&it.status.as_str()) {
            faults.push(format!("account {}: {} or {}", it.id, STATUSES[0], STATUSES[1]));
        }
    }
    unsound(faults)?;
    for it in accounts.iter().filter(|it| it.status != STATUSES[0]) {
        leave_nothing(db, head, &it.id)?;
    }
    let row = |it: &AccountRow| vec![text(&it.id.0), text(&it.person.0), text(&it.status)];
    let rows: Vec<_> = accounts.iter().map(row).collect();
    let tail = "ON CONFLICT (id) DO UPDATE SET status = excluded.status";
    put(db, "INSERT INTO account (id, person, status) VALUES", &rows, tail)
}

/// Ends what a person holds: roles, deputies, accounts, log-ins and tokens. What the person did
/// stays, and so does the name until it is erased.
pub(super) fn end(
    db: &mut Db,
    rules: &Rules,
    head: &Head,
    person: &PersonId,
) -> Result<u64, ChangeError> {
    let of = [text(&person.0)];
    let sql = "SELECT id FROM account WHERE person = $1 AND status <> 'ended'";
    let accounts = db.all(sql, &of, |row| Ok(AccountId::from(row.text(0)?)))?;
    let has_grant = rules.grants.get(person).is_some_and(|it| !it.is_empty());
    if accounts.is_empty() && !has_grant {
        return Err(ChangeError::Unsound(vec![format!("{person} holds nothing that could end")]));
    }
    let values = [text(&person.0), Value::Int(head.now.0)];
    let mut rows = db.execute(
        "UPDATE membership SET status = 'left',
           to_ms = CASE WHEN to_ms IS NULL OR to_ms > $2 THEN $2 ELSE to_ms END
         WHERE person = $1 AND status <> 'left'",
        &values,
    )?;
    for sql in [
        "UPDATE deputy SET to_ms = $2 WHERE person = $1 AND to_ms > $2 AND from_ms < $2",
        "UPDATE deputy SET to_ms = $2 WHERE stands_for = $1 AND to_ms > $2 AND from_ms < $2",
    ] {
        rows += db.execute(sql, &values)?;
    }
    for sql in [
        "DELETE FROM deputy WHERE person = $1 AND from_ms >= $2",
        "DELETE FROM deputy WHERE stands_for = $1 AND from_ms >= $2",
    ] {
        rows += db.execute(sql, &values)?;
    }
    rows += forget_telephone(db, person)?;
    rows += db.execute("UPDATE account SET status = 'ended' WHERE person = $1", &of)?;
    for account in &accounts {
        leave_nothing(db, head, account)?;
        credential::forget(db, account)?;
    }
    Ok(rows)
}

fn leave_nothing(db: &mut Db, head: &Head, account: &AccountId) -> Result<(), ChangeError> {
    session::close_all(db, account, None)?;
    token::revoke_all(db, account, head.now)?;
    Ok(())
}

/// Sets the work telephone of a person, or takes it away. The one before is not kept: no entry of
/// the record names it.
pub(super) fn set_telephone(
    db: &mut Db,
    moment: Moment,
    person: &PersonId,
    telephone: Option<&str>,
) -> Result<u64, ChangeError> {
    let mut rows = forget_telephone(db, person)?;
    if let Some(telephone) = telephone {
        let salt = derive_salt(&moment.salt, format!("telephone {person}").as_bytes());
        let reference = seal(&salt, telephone.as_bytes());
        rows += db.execute(
            "UPDATE person SET telephone_ref = $2 WHERE id = $1",
            &[text(&person.0), text(&reference.0)],
        )?;
        if rows > 0 {
            let (salt, bytes) = (Value::Blob(salt.to_vec()), telephone.as_bytes().to_vec());
            let row = vec![text(&reference.0), text("telephone"), salt, Value::Blob(bytes)];
            db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &[row], "")?;
        }
    }
    if rows == 0 {
        let fault = format!("{person} is unknown, or has no telephone that could go");
        return Err(ChangeError::Unsound(vec![fault]));
    }
    Ok(rows)
}

fn forget_telephone(db: &mut Db, person: &PersonId) -> Result<u64, DbError> {
    let of = [text(&person.0)];
    db.execute(
        "DELETE FROM content WHERE ref = (SELECT telephone_ref FROM person WHERE id = $1)",
        &of,
    )?;
    db.execute(
        "UPDATE person SET telephone_ref = NULL WHERE id = $1 AND telephone_ref IS NOT NULL",
        &of,
    )
}
