//! `bihuan export`: all matters of a filter into a file, page by page; or the whole record.

use super::Outcome;
use super::ledger::Totals;
use crate::cli::{ExportCommand, ExportWords, Format};
use crate::column;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use crate::safe_csv::{self, safe};
use crate::selection;
use crate::sheet::{Cell, Sheet};
use bihuan_core::content::hex;
use bihuan_core::id::PackId;
use bihuan_core::matter::Rules;
use bihuan_core::pack::LedgerColumn;
use bihuan_core::policy::Scope;
use bihuan_core::time::Zone;
use bihuan_press::xlsx;
use bihuan_store::page::{Ask, PAGE_MAX, page};
use bihuan_store::realm::head;
use bihuan_store::timeline::lines;
use serde_json::{Value, json};
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
    let columns = column::columns(&rules, pack, &words.columns)?;
    let ask = Ask {
        filter: selection::filter(&rules, realm.now(), &words.filter)?,
        after: None,
        limit: PAGE_MAX,
        whole: columns.iter().any(|it| column::needs_whole(&it.shows)),
    };
    let mut file = Table::new(path, words.format, out, &columns)?;
    let (count, totals) = write(&realm, out, &rules, &columns, ask, &mut file)?;
    file.finish(path, &totals.said(out))?;
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

/// Writes page after page.
fn write(
    realm: &Realm,
    out: &Output,
    rules: &Rules,
    columns: &[LedgerColumn],
    mut ask: Ask,
    file: &mut Table,
) -> Result<(i64, Totals), Problem> {
    let bar = Progress::counting(out.pick("导出", "exporting"));
    let (mut no, mut totals, now) = (0, Totals::default(), realm.now());
    loop {
        let page = realm.read(|db| page(db, &Scope::operator(), &ask))?;
        let sheet = Sheet::of(realm, rules, out.lang, columns, &page.rows)?;
        for row in &page.rows {
            no += 1;
            totals.count(row, now);
            let object = || out.marked(sheet.object(row, no));
            file.row(rules.zone, &sheet.cells(row, no), object)?;
        }
        bar.step(page.rows.len() as u64);
        ask.after = page.next;
        if ask.after.is_none() {
            return Ok((no, totals));
        }
    }
}

/// A file being written.
struct Table {
    path: std::path::PathBuf,
    kind: Kind,
}

enum Kind {
    Csv(Box<safe_csv::Writer<BufWriter<File>>>),
    Jsonl(BufWriter<File>),
    Xlsx(Box<xlsx::Sheet>),
}

impl Table {
    fn new(
        path: &Path,
        format: Format,
        out: &Output,
        columns: &[LedgerColumn],
    ) -> Result<Table, Problem> {
        let fault = |it: std::io::Error| Problem::file(path, &it);
        let create = || File::create(path).map(BufWriter::new).map_err(fault);
        let heads: Vec<String> = columns.iter().map(|it| out.text(&it.title).to_owned()).collect();
        let kind = match format {
            Format::Csv => {
                let mut csv = safe_csv::Writer::new(create()?).map_err(fault)?;
                let banner = out.banner();
                if !banner.is_empty() {
                    csv.comment(banner.trim_end(), heads.len()).map_err(fault)?;
                }
                let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
                csv.text_row(&heads).map_err(fault)?;
                Kind::Csv(Box::new(csv))
            }
            Format::Jsonl => Kind::Jsonl(create()?),
            Format::Xlsx => {
                let sheet = xlsx::Sheet::new(out.pick("台账", "Ledger"), &heads);
                let mut sheet = sheet.map_err(|it| Problem::file(path, &it))?;
                let banner = out.banner();
                if !banner.is_empty() {
                    sheet.foot(banner.trim_end()).map_err(|it| Problem::file(path, &it))?;
                }
                Kind::Xlsx(Box::new(sheet))
            }
        };
        Ok(Table { path: path.to_owned(), kind })
    }

    fn row(
        &mut self,
        zone: Zone,
        cells: &[Cell],
        object: impl FnOnce() -> Value,
    ) -> Result<(), Problem> {
        let path = &self.path;
        match &mut self.kind {
            Kind::Csv(csv) => {
                let plain = |it: &Cell| match it {
                    Cell::Text(text) => safe(text),
                    other => other.plain(zone),
                };
                let row: Vec<String> = cells.iter().map(plain).collect();
                csv.plain_row(&row).map_err(|it| Problem::file(path, &it))
            }
            Kind::Jsonl(file) => {
                writeln!(file, "{}", object()).map_err(|it| Problem::file(path, &it))
            }
            Kind::Xlsx(sheet) => {
                let row: Vec<xlsx::Cell> = cells.iter().map(|it| it.xlsx(zone)).collect();
                sheet.row(&row).map_err(|it| Problem::file(path, &it))
            }
        }
    }

    fn finish(self, path: &Path, totals: &str) -> Result<(), Problem> {
        let fault = |it: std::io::Error| Problem::file(path, &it);
        match self.kind {
            Kind::Csv(csv) => csv.finish().map_err(fault),
            Kind::Jsonl(mut file) => file.flush().map_err(fault),
            Kind::Xlsx(mut sheet) => {
                let foot = sheet.foot(totals);
                foot.and_then(|()| sheet.save(path)).map_err(|it| Problem::file(path, &it))
            }
        }
    }
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
