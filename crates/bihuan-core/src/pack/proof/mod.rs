//! What a pack must prove before it may run: closed, acceptable, possible, typed, balanced,
//! private, told.
//!
//! Invariants: each proof reads the typed model alone and finds its lines by path; a proof about
//! ways through the stages runs only where the stages themselves could be read, so that one slip
//! does not tell a dozen gaps that are none.

mod accept;
mod account;
mod closed;
mod figured;
mod names;
mod order;
mod possible;
mod printed;
mod private;
mod sound;
mod typed;
mod ways;

use crate::pack::{Move, Pack, PackFiles, Sink, Stage};
use crate::text::Text;
use ways::Ways;

/// Proves a pack; what fails goes to `sink`.
pub(crate) fn prove(pack: &Pack, files: &PackFiles, sink: &Sink) {
    names::prove(pack, sink);
    typed::prove(pack, sink);
    figured::prove(pack, sink);
    printed::prove(pack, files, sink);
    private::prove(pack, sink);
    sound::prove(pack, sink);
    account::prove(pack, sink);
    if !sink.stages_are_sure() {
        return;
    }
    let ways = Ways::of(pack);
    closed::prove(pack, &ways, sink);
    accept::prove(pack, &ways, sink);
    order::prove(pack, sink);
    possible::prove(pack, &ways, sink);
}

/// Each stage with its path.
fn stages(pack: &Pack) -> impl Iterator<Item = (String, &Stage)> {
    pack.stages.iter().enumerate().map(|(no, it)| (format!("stage.{no}"), it))
}

/// Each move with its path and the stage it leaves.
fn moves(pack: &Pack) -> impl Iterator<Item = (String, &Stage, &Move)> {
    stages(pack).flat_map(|(path, stage)| {
        let moves = stage.moves.iter().enumerate();
        moves.map(move |(no, it)| (format!("{path}.move.{no}"), stage, it))
    })
}

/// Tells a gap at a path.
fn tell(sink: &Sink, code: &'static str, path: &str, zh: impl Into<String>, en: impl Into<String>) {
    sink.gap(code, path, Text::new(zh, en));
}
