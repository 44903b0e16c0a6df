//! `bihuan migrate`: brings the tables of a realm to their newest form, and does nothing else.

use super::Outcome;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn run(config: &Config, out: &mut Output) -> Result<Outcome, Problem> {
    // Whoever opens a realm to write brings it there.
    let realm = Realm::open(config)?;
    realm.mark(out);
    out.answer(json!({ "migrated": true }), |text| {
        let said = out.pick("数据表已是最新结构", "the tables have their newest form");
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}
