//! `bihuan tick`: fires the timers that are due.

use super::Outcome;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use crate::timer;
use bihuan_store::realm::confirm_clock;
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    clock_is_right: bool,
) -> Result<Outcome, Problem> {
    let realm = Realm::open(config)?;
    realm.mark(out);
    if clock_is_right {
        let now = realm.now();
        realm.store().write(move |db| confirm_clock(db, now))?;
    }
    let fired = timer::fire(&realm)?;
    out.answer(json!({ "done": fired.done, "refused": fired.refused }), |text| {
        let done = fired.done;
        let _ = writeln!(
            text,
            "{}",
            out.pick(&format!("触发 {done} 项到期提醒"), &format!("{done} timers fired"))
        );
        for (code, count) in &fired.refused {
            let said = out.pick("项暂缓", "wait");
            let _ = writeln!(text, "  {count} {said}: {code}");
        }
    });
    Ok(Outcome::Good)
}
