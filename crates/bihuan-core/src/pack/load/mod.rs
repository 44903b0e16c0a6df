//! From the files of a pack to its typed form, or to everything that is still missing.
//!
//! Invariants: every gap is told at once, each with file and line; a pack comes out only if there
//! is none; no bytes make the loader panic, and its work is bounded by the limits named here.

mod account;
mod after;
mod classes;
mod figure;
mod files;
mod form;
mod gap;
mod head;
mod moves;
mod node;
mod stage;
mod value;

pub use classes::CLASSES_MAX;
pub use files::{
    CLASSES_FILE, DOCUMENTS_FOLDER, PACK_BYTES_MAX, PACK_FILE, PACK_FILE_BYTES_MAX, PACK_FILES_MAX,
    PackFiles,
};
pub use gap::{GAPS_MAX, Gap};
pub(crate) use gap::{Sink, nearest, perhaps, quote};
pub use node::LIST_MAX;
pub(crate) use value::word_of;

use crate::id::PackId;
use crate::pack::{Class, Pack, Role, proof};
use crate::text::Text;
use node::{Node, Source};
use toml::de::DeTable;

impl Pack {
    /// Reads the files of a pack and proves that its loop is closed.
    ///
    /// # Errors
    /// Every [`Gap`] at once, sorted by file and line, each saying what to do.
    pub fn load(files: &PackFiles) -> Result<Pack, Vec<Gap>> {
        let sink = Sink::default();
        let pack = if files.fit(&sink) { read(files, &sink) } else { None };
        if let Some(pack) = &pack {
            proof::prove(pack, files, &sink);
        }
        let gaps = sink.into_gaps();
        match pack {
            Some(pack) if gaps.is_empty() => Ok(pack),
            _ => Err(gaps),
        }
    }
}

fn read(files: &PackFiles, sink: &Sink) -> Option<Pack> {
    let classes = files.text(CLASSES_FILE, sink);
    let classes = classes.map(|it| classes::classes(it, sink)).unwrap_or_default();
    let text = files.text(PACK_FILE, sink)?;
    let source = Source::new(PACK_FILE, text, sink);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |it| source.line(it.start));
            let message = quote(&error.message().replace('\n', " "));
            let what = Text::new(
                format!("此处不符合TOML格式：{message}"),
                format!("this is not TOML: {message}"),
            );
            sink.gap_at("syntax", PACK_FILE, line, what);
            return None;
        }
    };
    let root = Node::new(&source, table.get_ref(), String::new(), 1);
    let pack = pack(&root, classes);
    root.finish();
    pack
}

fn pack(root: &Node<'_>, classes: Vec<Class>) -> Option<Pack> {
    let head = head::head(root);
    let roles: Vec<Role> = root.each("role", head::role);
    let stages = root.each("stage", |it| stage::stage(it, &roles));
    let public = head::public(root);
    let (numbering, place) = (head::numbering(root), head::place(root));
    let duty_days = head::duty_days(root);
    let sources = root.each("source", head::source);
    let form = root.each("field", form::field);
    let checks = root.each("check", form::check);
    let registers = root.each("register", form::register);
    let params = root.each("param", form::param);
    let (watch, after) = (after::watch(root), after::after(root));
    let duties = root.each("duty", after::duty);
    let schedules = root.each("schedule", after::schedule);
    let tariffs = root.each("tariff", account::tariff);
    let adjusting = account::adjusting(root);
    let rankings = root.each("ranking", account::ranking);
    let ledger = root.each("ledger", after::column);
    let figures = root.each("figure", figure::figure);
    let documents = root.each("document", after::document);
    let head = head?;
    Some(Pack {
        id: PackId(head.id),
        rev: head.rev,
        title: head.title,
        purpose: head.purpose,
        basis: head.basis,
        compartment: head.compartment,
        public,
        numbering,
        place,
        duty_days,
        sources,
        roles,
        form,
        checks,
        registers,
        params,
        classes,
        stages,
        watch,
        after,
        duties,
        schedules,
        tariffs,
        adjusting,
        rankings,
        ledger,
        figures,
        documents,
    })
}
