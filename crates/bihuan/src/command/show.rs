//! `bihuan show`: one matter from end to end, with why its deadline is what it is and the proof
//! that it is in the record.

use super::{Outcome, show_text};
use crate::cli::ShowWords;
use crate::config::Config;
use crate::life::{Life, told};
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::AccountId;
use bihuan_core::matter::Via;
use bihuan_core::policy::{Scope, Viewer};
use bihuan_store::realm::find;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: &ShowWords,
) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let rules = realm.rules();
    let unknown = || Problem::unknown("事项", "matter", &words.key);
    let id = realm.read(|db| find(db, &Scope::operator(), &words.key))?.ok_or_else(unknown)?;
    let viewer = match &words.account {
        None => Viewer::operator(realm.now()),
        Some(account) => {
            let account = AccountId(account.clone());
            let viewer = Viewer::of(&rules, &account, Via::Person, realm.now());
            viewer.map_err(|it| Problem::Refused(Box::new(it)))?
        }
    };
    let shown = Life::read(&realm, id, &viewer, words.proof)?.ok_or_else(unknown)?;
    let value = serde_json::to_value(told(&rules, &shown));
    let value = value.map_err(|it| Problem::Other(it.to_string()))?;
    out.answer(value, |text| show_text::tell(text, out, &rules, &shown));
    Ok(Outcome::Good)
}
