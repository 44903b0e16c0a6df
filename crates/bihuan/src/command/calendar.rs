//! `bihuan calendar`: the years whose days off are on record.

use super::Outcome;
use crate::cli::CalendarCommand;
use crate::config::Config;
use crate::entropy;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use bihuan_core::clock::{YEAR_TEXT_BYTES_MAX, YearTable};
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Command, Submission};
use bihuan_store::Answer;
use bihuan_store::realm::open_matters;
use bihuan_store::rules::Change;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// Matters whose deadlines are computed anew together.
const BATCH: usize = 256;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    command: CalendarCommand,
) -> Result<Outcome, Problem> {
    let realm = match command {
        CalendarCommand::List => Realm::look(config)?,
        CalendarCommand::Add { .. } => Realm::open(config)?,
    };
    realm.mark(out);
    match command {
        CalendarCommand::List => Ok(list(&realm, out)),
        CalendarCommand::Add { file } => add(&realm, out, &file),
    }
}

fn list(realm: &Realm, out: &Output) -> Outcome {
    let rules = realm.rules();
    let years = &rules.calendar.spec().years;
    let value: Vec<_> =
        years.iter().map(|it| json!({ "year": it.year, "source": it.source })).collect();
    out.answer(json!({ "rev": rules.calendar.rev(), "years": value }), |text| {
        let head = [out.pick("年份", "year"), out.pick("依据", "source")];
        let rows = years.iter().map(|it| vec![it.year.to_string(), it.source.clone()]);
        table(text, &head.map(ToOwned::to_owned), &rows.collect::<Vec<_>>());
    });
    Outcome::Good
}

fn add(realm: &Realm, out: &Output, file: &Path) -> Result<Outcome, Problem> {
    let length = std::fs::metadata(file).map_err(|it| Problem::file(file, &it))?.len();
    if length > YEAR_TEXT_BYTES_MAX as u64 {
        return Err(Problem::file(file, &format!("more than {YEAR_TEXT_BYTES_MAX} bytes")));
    }
    let text = std::fs::read_to_string(file).map_err(|it| Problem::file(file, &it))?;
    let year = YearTable::read(&text).map_err(|it| Problem::Unsound(vec![it.to_string()]))?.year;
    realm.change(Change::CalendarYear(text))?;
    let matters = realm.read(open_matters)?;
    let moved = recompute(realm, out, &matters)?;
    let seen = matters.len();
    out.answer(json!({ "year": year, "open": seen, "recomputed": moved }), |text| {
        let said = match out.pick("zh", "en") {
            "zh" => format!("已加入 {year} 年；{seen} 件未办结，其中 {moved} 件的时限已重算"),
            _ => format!("added {year}; of {seen} open matters {moved} have a new deadline"),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}

/// Computes the deadlines of matters anew; says how many moved.
fn recompute(realm: &Realm, out: &Output, matters: &[MatterId]) -> Result<u64, Problem> {
    let bar = Progress::of(matters.len() as u64, out.pick("重算时限", "computing deadlines"));
    let mut moved = 0;
    for chunk in matters.chunks(BATCH) {
        let submissions = chunk.iter().map(|matter| {
            Submission::of_clock(entropy::command_id(realm.now()), *matter, Command::Recompute)
        });
        for answer in realm.store().submit_all(submissions.collect()) {
            match answer {
                Answer::Done(_) => moved += 1,
                // Nothing to move is the usual answer.
                Answer::Refused(_) | Answer::Conflict => {}
                Answer::Failed(failure) => return Err(Problem::Store(failure)),
            }
        }
        bar.step(chunk.len() as u64);
    }
    Ok(moved)
}
