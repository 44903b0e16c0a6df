//! A demonstration from nothing to a realm that lives on from its last day.

use crate::demo::money::Money;
use crate::demo::{Counted, Demonstration, Pictures, Play, found};
use anyhow::{Result, anyhow};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use bihuan_store::rules::Change;
use bihuan_store::{Db, Moment, Target, Writer};
use std::collections::BTreeMap;

/// How many days of the period are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// All of them.
    All,
    /// The first so many: for tests.
    First(i64),
}

/// Makes a demonstration in an empty target. `machine_now` is what the machine's clock shows: the
/// realm's clock is set off against it, so that the realm lives on from its last day.
///
/// # Errors
/// Where the target is not empty, or as the store says.
pub fn run(
    target: &Target,
    (seed, days): (u64, Days),
    machine_now: Instant,
    keep: impl FnOnce(&Pictures) -> Result<()>,
    progress: impl FnMut(u64, u64),
) -> Result<Counted> {
    let demonstration = Demonstration::read()?;
    let scenario = Demonstration::scenario()?;
    let mut chance = Chance::new(seed ^ 0x5EED);
    let founded_at = demonstration.founded_at()?;
    let mut moment = move || {
        let mut salt = [0; 32];
        for part in salt.chunks_mut(8) {
            part.copy_from_slice(&chance.bits().to_be_bytes());
        }
        Moment { clock: founded_at, salt }
    };
    let mut db = Db::connect(target, bihuan_store::db::Role::Writer)?;
    bihuan_store::migrate(&mut db)?;
    let mut writer = Writer::new(db, moment())?;
    if writer.rules().rev > 0 {
        return Err(anyhow!("there is a realm already; name an empty folder or schema"));
    }
    let pictures = Pictures::draw(seed);
    // Bytes are safe on disk before a row names them.
    keep(&pictures)?;
    found(&mut writer, &demonstration, &pictures, &mut moment)?;
    let (first, last) = demonstration.days()?;
    let last = match days {
        Days::All => last,
        Days::First(count) => last.min(first + count - 1),
    };
    let play = Play::new(writer, &scenario, pictures, seed).map_err(|it| anyhow!(it))?;
    let (mut writer, counted) = play.run((first, last), progress)?;
    let lives_on = demonstration.clock_start()?;
    let offset_ms = lives_on.0 - machine_now.0;
    let settings = BTreeMap::from([("clock_offset_ms".to_owned(), offset_ms.to_string())]);
    let end = Moment { clock: lives_on, ..moment() };
    writer.change(end, "operator", &Change::Settings(settings))?;
    if days == Days::All {
        Money::read()?.announce(&mut writer, end, seed)?;
    }
    Ok(counted)
}
