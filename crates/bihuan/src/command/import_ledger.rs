//! Importing an existing ledger (台账): each open row becomes a matter by an ordinary command.
//!
//! Invariants: every row gets its own answer; the same file imported again changes nothing; a row
//! that the old ledger calls cleared is not imported, since no import accepts anything.

use super::{Outcome, import};
use crate::cli::ImportWords;
use crate::import::ledger::{Directory, LedgerRow};
use crate::import::mapping::Mapping;
use crate::import::preview::{Numbered, Preview};
use crate::import::table::Table;
use crate::import::{ledger, limit};
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use crate::safe_csv;
use bihuan_core::id::{AccountId, CommandId, MatterId, PackId};
use bihuan_core::matter::submission::{Command, Open, Submission, Via};
use bihuan_core::pack::{Pack, PlaceKind};
use bihuan_store::Answer;
use bihuan_store::realm::point_titles;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Rows that are submitted together.
const BATCH: usize = 256;

/// What became of one row.
#[derive(Serialize)]
struct Answered {
    line: usize,
    number: Option<String>,
    code: String,
    matter: Option<MatterId>,
    said: String,
}

pub(super) fn run(
    realm: &Realm,
    out: &Output,
    words: &ImportWords,
    sheet: &Table,
    bytes: &[u8],
) -> Result<Outcome, Problem> {
    let mapping = mapping(words.map.as_deref(), sheet)?;
    let rows = read(realm, sheet, &mapping)?;
    if words.preview {
        return Ok(preview(out, &mapping, &rows));
    }
    let (pack, by) = (pack(realm, words)?, account(words)?);
    if !realm.rules().accounts.contains_key(&by) {
        return Err(Problem::unknown("账号", "account", &by.0));
    }
    let opening = Opening { realm, out, pack: &pack, by: &by, file: Sha256::digest(bytes).into() };
    let mut answered = opening.open_all(&rows.rows)?;
    answered.extend(rows.faults.iter().map(|it| Answered {
        line: it.line,
        number: None,
        code: it.code.to_owned(),
        matter: None,
        said: format!("{}: {}", it.column, out.text(&it.message)),
    }));
    answered.sort_by_key(|it| it.line);
    if let Some(path) = &words.result {
        write_result(path, &answered)?;
    }
    let is_good = answered.iter().all(|it| matches!(it.code.as_str(), "done" | "ended"));
    let opened = answered.iter().filter(|it| it.code == "done").count();
    out.answer(json!({ "opened": opened, "rows": answered }), |text| {
        let head = [out.pick("行", "line"), out.pick("编号", "number"), out.pick("结果", "answer")];
        let shown = answered.iter().filter(|it| it.code != "done").take(50);
        let rows = shown.map(|it| {
            vec![it.line.to_string(), it.number.clone().unwrap_or_default(), it.said.clone()]
        });
        table(text, &head.map(ToOwned::to_owned), &rows.collect::<Vec<_>>());
        let count = answered.len();
        let said = match out.pick("zh", "en") {
            "zh" => format!("{count} 行中 {opened} 行已上报"),
            _ => format!("of {count} rows {opened} were opened"),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::of(is_good))
}

fn mapping(path: Option<&Path>, sheet: &Table) -> Result<Mapping, Problem> {
    let Some(path) = path else { return Ok(Mapping::guess(sheet)) };
    let bytes = import::read(path)?;
    Ok(Mapping::read(&path.display().to_string(), &String::from_utf8_lossy(&bytes))?)
}

fn read(realm: &Realm, sheet: &Table, mapping: &Mapping) -> Result<Preview<LedgerRow>, Problem> {
    let rules = realm.rules();
    let mut classes = BTreeMap::new();
    for class in rules.packs.values().filter_map(|it| it.values().next_back()) {
        for class in &class.classes {
            classes.insert(class.code.0.clone(), class.code.clone());
            classes.insert(class.title.zh.clone(), class.code.clone());
        }
    }
    let mut points = BTreeMap::new();
    for (id, title) in realm.read(point_titles)? {
        points.insert(title.zh, id.clone());
        points.insert(id.0.clone(), id);
    }
    let (units, zone) = (&rules.units, rules.zone);
    let directory = Directory { units, classes: &classes, points: &points, zone };
    Ok(ledger::read(sheet, mapping, directory)?)
}

fn preview(out: &Output, mapping: &Mapping, rows: &Preview<LedgerRow>) -> Outcome {
    let (ok, is_clean) = (rows.rows_ok(), rows.is_clean());
    let ended = rows.rows.iter().filter(|it| it.row.cleared_at.is_some()).count();
    let value = json!({
        "rows_ok": ok, "ended": ended, "faults": rows.faults, "faults_more": rows.faults_more,
        "ignored": rows.ignored, "mapping": mapping.to_toml(), "applied": false,
    });
    out.answer(value, |text| {
        import::say_faults(out, text, &rows.faults, rows.faults_more);
        let _ = writeln!(text, "# {}", out.pick("列对应关系（可存为 --map 文件）", "mapping"));
        text.push_str(&mapping.to_toml());
        let said = match out.pick("zh", "en") {
            "zh" => format!("{ok} 行可读，其中 {ended} 行已销号（不导入）"),
            _ => format!("{ok} rows can be read; {ended} of them are cleared and stay out"),
        };
        let _ = writeln!(text, "{said}");
    });
    Outcome::of(is_clean)
}

fn pack(realm: &Realm, words: &ImportWords) -> Result<Arc<Pack>, Problem> {
    let rules = realm.rules();
    let only = rules.packs.keys().next().filter(|_| rules.packs.len() == 1);
    let id = words.pack.as_ref().map(|it| PackId(it.clone())).or_else(|| only.cloned());
    let id = id.ok_or_else(|| {
        Problem::word("--pack", "请用 --pack 指明事项包", "name the pack with --pack")
    })?;
    rules.pack(&id).cloned().ok_or_else(|| Problem::unknown("事项包", "pack", &id.0))
}

fn account(words: &ImportWords) -> Result<AccountId, Problem> {
    let account = words.account.clone().map(AccountId);
    account.ok_or_else(|| {
        Problem::word("--as", "请用 --as 指明上报账号", "name the account that opens with --as")
    })
}

/// Rows on their way into matters.
struct Opening<'a> {
    realm: &'a Realm,
    out: &'a Output,
    pack: &'a Pack,
    by: &'a AccountId,
    file: [u8; 32],
}

impl Opening<'_> {
    fn open_all(&self, rows: &[Numbered<LedgerRow>]) -> Result<Vec<Answered>, Problem> {
        let what = self.out.pick("导入台账", "importing");
        let bar = Progress::of(rows.len() as u64, what);
        let mut answered = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(BATCH) {
            let (mut sent, mut lines) = (Vec::new(), Vec::new());
            for it in chunk {
                let number = it.row.number.clone();
                if it.row.cleared_at.is_some() {
                    let said = self.out.pick("原台账已销号，不导入", "cleared before; stays out");
                    let (matter, code) = (None, "ended".to_owned());
                    answered.push(Answered {
                        line: it.line,
                        number,
                        code,
                        matter,
                        said: said.into(),
                    });
                    continue;
                }
                sent.push(self.submission(it));
                lines.push((it.line, number));
            }
            let ids: Vec<MatterId> = sent.iter().map(|it| it.matter).collect();
            let answers = self.realm.store().submit_all(sent);
            for ((answer, (line, number)), id) in answers.into_iter().zip(lines).zip(ids) {
                let (code, said) = self.said(answer)?;
                let matter = (code == "done").then_some(id);
                answered.push(Answered { line, number, code, matter, said });
            }
            bar.step(chunk.len() as u64);
        }
        Ok(answered)
    }

    fn said(&self, answer: Answer) -> Result<(String, String), Problem> {
        Ok(match answer {
            Answer::Done(_) => ("done".into(), self.out.pick("已上报", "opened").into()),
            Answer::Refused(refusal) => {
                (refusal.code().into(), self.out.text(&refusal.text()).to_owned())
            }
            Answer::Conflict => ("conflict".into(), Problem::Conflict.text().zh),
            Answer::Failed(failure) => return Err(Problem::Store(failure)),
        })
    }

    fn submission(&self, row: &Numbered<LedgerRow>) -> Submission {
        let LedgerRow { number, source, class, point, place, .. } = &row.row;
        let known =
            self.pack.sources.iter().find(|it| {
                source.as_ref().is_some_and(|word| it.id == *word || it.title.zh == *word)
            });
        let source = known.or(self.pack.sources.first()).map(|it| it.id.clone());
        let class = class.clone().or_else(|| self.pack.classes.first().map(|it| it.code.clone()));
        let is_unit = self.pack.place.kind == PlaceKind::Unit;
        let unit = row.row.grid.clone().or_else(|| is_unit.then(|| row.row.unit.clone()));
        let number = number.as_ref().map(|it| format!("[{it}] ")).unwrap_or_default();
        let place_word = row.row.location.as_ref().map(|it| format!("{it}：")).unwrap_or_default();
        let title = format!("{number}{place_word}{}", row.row.description);
        let open = Open {
            pack: self.pack.id.clone(),
            class: class.unwrap_or_default(),
            source: source.unwrap_or_default(),
            title: title.chars().take(limit::TEXT_CHARS_MAX).collect(),
            place: place.clone(),
            point: point.clone(),
            unit,
            ..Open::default()
        };
        Submission {
            id: CommandId(self.id(b"command", row.line)),
            by: self.by.clone(),
            via: Via::Import,
            matter: MatterId(self.id(b"matter", row.line)),
            base_version: None,
            captured_at: Some(row.row.found_at),
            captured_in: None,
            roles: Vec::new(),
            command: Command::Open(Box::new(open)),
        }
    }

    /// An id that the same row of the same file always gets.
    fn id(&self, purpose: &[u8], line: usize) -> uuid::Uuid {
        let mut hash = Sha256::new();
        hash.update(b"bihuan ledger");
        hash.update(purpose);
        hash.update(self.file);
        hash.update((line as u64).to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

fn write_result(path: &Path, answered: &[Answered]) -> Result<(), Problem> {
    let file = std::fs::File::create(path).map_err(|it| Problem::file(path, &it))?;
    let mut csv = safe_csv::Writer::new(file).map_err(|it| Problem::file(path, &it))?;
    let mut write = |cells: &[&str]| csv.text_row(cells).map_err(|it| Problem::file(path, &it));
    write(&["line", "number", "code", "matter", "said"])?;
    for it in answered {
        let matter = it.matter.map(|it| it.to_string()).unwrap_or_default();
        let number = it.number.as_deref().unwrap_or("");
        write(&[&it.line.to_string(), number, &it.code, &matter, &it.said])?;
    }
    csv.finish().map_err(|it| Problem::file(path, &it))
}
