//! The realm of the bench as the service serves it: a clock that stands where the realm does,
//! sessions for all, photos that have come.

use std::path::Path;

use anyhow::{Context, Result};
use bihuan_core::content::hex;
use bihuan_core::id::AccountId;
use bihuan_core::matter::Submission;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::db::Role;
use bihuan_store::rules::Change;
use bihuan_store::session::{self, Session};
use bihuan_store::{Db, Store, Target};
use sha2::{Digest, Sha256};

use super::super::town::{NOW, tick};
use super::super::write::files;
use super::Lives;
use crate::process::clock_ms;

/// The token of an account.
pub(super) fn token(account: &AccountId) -> String {
    hex(&Sha256::digest(account.0.as_bytes()))
}

/// Makes a realm that was filled in bulk ready to be served.
pub(super) fn prepare(folder: &Path, target: &Target, commands: &[Vec<Lives>]) -> Result<()> {
    std::fs::create_dir_all(folder.join("files")).context("failed to make a folder for files")?;
    let store = Store::open(target, Box::new(tick))?;
    let settings = [
        ("demonstration".to_owned(), "1".to_owned()),
        ("clock_offset_ms".to_owned(), (NOW.0 + DAY_MS / 24 - clock_ms()).to_string()),
    ];
    store.change("operator", Change::Settings(settings.into_iter().collect()))?;
    let all: Vec<&Submission> = commands.iter().flatten().flatten().flatten().flatten().collect();
    let digests: Vec<String> =
        all.iter().flat_map(|it| it.command.files()).map(|it| it.digest.clone()).collect();
    for some in digests.chunks(1_000) {
        store.change("edge", files(some.iter()))?;
    }
    let accounts: Vec<AccountId> = store.rules().accounts.keys().cloned().collect();
    drop(store);
    let mut db = Db::connect(target, Role::Writer)?;
    db.begin()?;
    for (no, account) in accounts.iter().enumerate() {
        let digest: [u8; 32] = Sha256::digest(token(account).as_bytes()).into();
        let session = Session {
            id: format!("01900000-0000-7000-8000-{no:012x}"),
            account: account.clone(),
            device: "bench".into(),
            began_at: NOW,
            // Seen just now, so that nobody notes its use again while it is measured.
            seen_at: Instant(NOW.0 + DAY_MS / 24),
            ends_at: Instant(NOW.0 + 30 * DAY_MS),
            factor: false,
        };
        session::open(&mut db, &digest, &session)?;
    }
    db.commit()?;
    Ok(())
}
