//! `bihuan export`: all matters of a filter into a file, page by page; or the whole record.

use super::Outcome;
use crate::cli::{ExportCommand, ExportWords, Format};
use crate::column;
use crate::config::Config;
use crate::export::{Export, Wanted};
use crate::look::Look;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use crate::selection;
use bihuan_core::content::hex;
use bihuan_core::id::PackId;
use bihuan_store::page::Sort;
use bihuan_store::realm::head;
use bihuan_store::timeline::lines;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Entries of the record that one statement reads.
const LINES: i64 = 1_000;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: &ExportWords,
) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    if let Some(ExportCommand::Log { out: path }) = &words.command {
        return log(&realm, out, path);
    }
    let path = words.out.as_deref().ok_or_else(|| {
        Problem::word("--out", "请用 --out 指明输出文件", "name the file with --out")
    })?;
    let rules = realm.rules();
    let pack = words.filter.pack.as_deref().and_then(|it| rules.pack(&PackId::from(it)));
    let wanted = Wanted {
        filter: selection::filter(&rules, realm.now(), &words.filter)?,
        sort: Sort::Newest,
        columns: column::columns(&rules, pack, &words.columns)?,
        lang: out.lang,
        format: words.format,
    };
    let mut export = Export::new(&realm, Look::operator(&realm), wanted);
    let bar = Progress::counting(out.pick("导出", "exporting"));
    let fault = |it: std::io::Error| Problem::file(path, &it);
    let mut file = match words.format {
        Format::Xlsx => None,
        Format::Csv | Format::Jsonl => Some(File::create(path).map_err(fault)?),
    };
    let mut before = 0;
    while let Some(bytes) = export.step(&realm)? {
        if let Some(file) = &mut file {
            file.write_all(&bytes).map_err(fault)?;
        }
        bar.step(export.rows().abs_diff(before));
        before = export.rows();
    }
    let (count, totals) = (export.rows(), *export.totals());
    export.save(path)?;
    out.answer(json!({ "rows": count, "totals": totals, "out": path }), |text| {
        let path = path.display();
        let said = match out.pick("zh", "en") {
            "zh" => format!("已导出 {count} 件到 {path}\n{}", totals.said(out)),
            _ => format!("wrote {count} matters to {path}\n{}", totals.said(out)),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}

/// Writes the whole record: each entry's bytes with its leaf hash, then the root.
fn log(realm: &Realm, out: &Output, path: &Path) -> Result<Outcome, Problem> {
    let fault = |it: std::io::Error| Problem::file(path, &it);
    let mut file = File::create(path).map(BufWriter::new).map_err(fault)?;
    let head = realm.read(head)?;
    let bar = Progress::of(head.seq, out.pick("导出记录", "exporting the record"));
    let mut after = 0;
    while after < head.seq {
        let limit = LINES.min(i64::try_from(head.seq - after).unwrap_or(LINES));
        let found = realm.read(|db| lines(db, after, limit))?;
        let Some(last) = found.last() else { break };
        after = last.seq;
        for line in &found {
            let (seq, leaf) = (line.seq, hex(&line.leaf));
            // The bytes are what was hashed: they stand in the line as a string, untouched.
            let bytes = String::from_utf8_lossy(&line.bytes);
            let object = json!({ "seq": seq, "leaf": leaf, "record": bytes });
            writeln!(file, "{object}").map_err(fault)?;
        }
        bar.step(found.len() as u64);
    }
    let last = out.marked(json!({ "size": head.seq, "root": head.root }));
    writeln!(file, "{last}").map_err(fault)?;
    file.flush().map_err(fault)?;
    out.answer(json!({ "entries": head.seq, "root": head.root, "out": path }), |text| {
        let (seq, root, path) = (head.seq, &head.root, path.display());
        let said = match out.pick("zh", "en") {
            "zh" => format!("已导出 {seq} 条记录到 {path}，根 {root}"),
            _ => format!("wrote {seq} entries to {path}, root {root}"),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}
