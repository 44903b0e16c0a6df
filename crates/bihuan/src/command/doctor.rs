//! `bihuan doctor`: what an administrator should look at, and how to mend each.

use super::Outcome;
use crate::config::Config;
use crate::examination::{Finding, State, examine};
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use serde_json::json;
use std::fmt::Write as _;

/// Items of one finding that a person is shown; JSON has all.
const ITEMS_SHOWN: usize = 12;

pub(super) fn run(config: &Config, out: &mut Output) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let findings = examine(&realm)?;
    let bad = findings.iter().filter(|it| it.state == State::Mend).count();
    let value = json!({ "ok": bad == 0, "mend": bad, "findings": findings });
    out.answer(value, |text| {
        for it in &findings {
            say(text, out, it);
        }
        let _ = match (bad, out.pick("zh", "en")) {
            (0, "zh") => writeln!(text, "没有必须处理的问题"),
            (0, _) => writeln!(text, "nothing has to be mended"),
            (_, "zh") => writeln!(text, "{bad} 项必须处理"),
            _ => writeln!(text, "{bad} findings have to be mended"),
        };
    });
    Ok(Outcome::of(bad == 0))
}

fn say(text: &mut String, out: &Output, it: &Finding) {
    let mark = match it.state {
        State::Good => out.pick("[好]", "[good]"),
        State::Look => out.pick("[看]", "[look]"),
        State::Mend => out.pick("[修]", "[mend]"),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{mark} {}", out.text(&it.said));
    for item in it.items.iter().take(ITEMS_SHOWN) {
        let _ = writeln!(text, "       {}", out.text(item));
    }
    if it.items.len() > ITEMS_SHOWN {
        let _ = writeln!(text, "       … +{}", it.items.len() - ITEMS_SHOWN);
    }
    if it.state != State::Good {
        let _ = writeln!(text, "       → {}", out.text(&it.mend));
    }
}
