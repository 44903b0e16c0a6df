//! Money in a demonstration: the one place where a tariff has some, with the document that allows
//! it, and a month that was proposed, reviewed and announced by ordinary commands.

use crate::demo::found::text;
use anyhow::{Context, Result, anyhow};
use bihuan_core::adjustment::{
    AdjustmentCommand, AdjustmentSubmission, Period, Propose, RuleDocument,
};
use bihuan_core::id::{AccountId, AdjustmentId, CommandId, PackId};
use bihuan_core::matter::Via;
use bihuan_core::pack::{PACK_FILE, PackFiles};
use bihuan_core::story::chance::Chance;
use bihuan_core::unit::{KindId, UnitId};
use bihuan_store::{AdjustError, Moment, Writer};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the demonstration's own file says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Money {
    pub(super) pack: PackId,
    kinds: Vec<KindId>,
    proposer: AccountId,
    reviewer: AccountId,
    announcement: String,
    fen: BTreeMap<String, i64>,
    cap_fen: BTreeMap<String, i64>,
    period: Period,
    pub(super) document: Vec<RuleDocument>,
}

impl Money {
    /// Reads the embedded file.
    pub(super) fn read() -> Result<Money> {
        Ok(toml::from_str(text("money.toml")?)?)
    }

    /// The files of a pack with money in its tariffs.
    pub(super) fn in_pack(&self, mut files: PackFiles) -> Result<PackFiles> {
        let bytes = files.files.get(PACK_FILE).context("a pack has a pack.toml")?;
        let mut text = std::str::from_utf8(bytes)?.to_owned();
        let kinds: Vec<String> = self.kinds.iter().map(|it| format!("\"{it}\"")).collect();
        let kinds = format!("fen_kinds = [{}]", kinds.join(", "));
        for (id, fen) in &self.fen {
            let head = format!("[[tariff]]\nid = \"{id}\"");
            let (before, tariff) =
                text.split_once(&head).with_context(|| format!("the pack has no tariff {id}"))?;
            let cap = self.cap_fen.get(id).map(|it| format!("\ncap_fen = {it}"));
            let fen = format!("fen = {fen}{}", cap.unwrap_or_default());
            let tariff = tariff.replacen("fen = 0", &fen, 1).replacen("fen_kinds = []", &kinds, 1);
            text = format!("{before}{head}{tariff}");
        }
        files.files.insert(PACK_FILE.into(), text.into_bytes());
        Ok(files)
    }

    /// Proposes, reviews and announces the month for each unit that has cases.
    pub(super) fn announce(&self, writer: &mut Writer, end: Moment, seed: u64) -> Result<()> {
        let mut chance = Chance::new(seed ^ 0xFE);
        let document = self.document.first().context("a rule document")?.id.clone();
        let units: Vec<UnitId> = {
            let units = writer.rules().units.iter();
            units.filter(|it| self.kinds.contains(&it.kind)).map(|it| it.id.clone()).collect()
        };
        for unit in units {
            let id = AdjustmentId(chance.uuid());
            let propose = Propose {
                pack: self.pack.clone(),
                period: self.period.clone(),
                unit,
                document: document.clone(),
            };
            let announce = AdjustmentCommand::Announce(self.announcement.clone());
            for (by, command) in [
                (&self.proposer, AdjustmentCommand::Propose(propose)),
                (&self.reviewer, AdjustmentCommand::Review),
                (&self.proposer, announce),
            ] {
                let submission = AdjustmentSubmission {
                    id: CommandId(chance.uuid()),
                    by: by.clone(),
                    via: Via::Person,
                    roles: Vec::new(),
                    adjustment: id,
                    base_version: None,
                    command,
                };
                match writer.adjust(&end, &submission) {
                    Ok(_) => {}
                    // A unit without cases, or of a place whose assessor is another.
                    Err(AdjustError::Refused(_)) => break,
                    Err(error) => return Err(anyhow!(error)),
                }
            }
        }
        Ok(())
    }
}
