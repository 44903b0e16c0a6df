//! Accepted commands against the record: each is remembered, with the entries that it made, so
//! that none can be done a second time.

use crate::db::{Db, DbError};
use crate::verify::VerifyReport;
use bihuan_core::id::CommandId;
use bihuan_core::matter::By;
use bihuan_core::text::Text;
use sha2::{Digest, Sha256};

/// A command as its entries tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// Of its sender and id; a realm has many.
    key: [u8; 16],
    first: u64,
    last: u64,
}

fn key(account: &str, id: &str) -> [u8; 16] {
    let digest = Sha256::digest(format!("{id} {account}").as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}

/// Takes an entry: it goes on with the command of the entry before, or begins another.
pub(super) fn sent(commands: &mut Vec<Sent>, seq: u64, by: &By, command: CommandId) {
    let key = key(&by.account.0, &command.to_string());
    match commands.last_mut() {
        Some(last) if last.key == key && last.last + 1 == seq => last.last = seq,
        _ => commands.push(Sent { key, first: seq, last: seq }),
    }
}

/// Remembered commands against those of the record.
pub(super) fn commands(
    db: &mut Db,
    commands: &[Sent],
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut expected = commands.iter().peekable();
    let sql = "SELECT actor, id, first_seq, last_seq FROM command ORDER BY first_seq";
    db.query(sql, &[], |row| {
        let (first, last) = (row.count(2)?, row.count(3)?);
        let got = Sent { key: key(row.text(0)?, row.text(1)?), first, last };
        while let Some(it) = expected.next_if(|it| it.first < first) {
            tell_missing(it, report);
        }
        if expected.next_if(|it| it.first == first) == Some(&got) {
            report.commands += 1;
        } else {
            let what = Text::new(
                "记住的命令与记录不符",
                "a remembered command is not the one that the record has",
            );
            report.fault("command", (Some(first), None), what);
        }
        Ok(())
    })?;
    for it in expected {
        tell_missing(it, report);
    }
    Ok(())
}

fn tell_missing(command: &Sent, report: &mut VerifyReport) {
    let what = Text::new(
        "命令未被记住，可能被重复执行",
        "the command is not remembered: it could be done twice",
    );
    report.fault("command_missing", (Some(command.first), None), what);
}
