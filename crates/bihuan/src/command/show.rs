//! `bihuan show`: one matter from end to end, with why its deadline is what it is and the proof
//! that it is in the record.

use super::{Outcome, show_text};
use crate::cli::ShowWords;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use crate::telling::{Told, rule_words, tell};
use bihuan_core::content::ContentRef;
use bihuan_core::id::{AccountId, MatterId, PersonId};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::Pack;
use bihuan_core::policy::{
    Part, Sight, Viewer, redact, redact_entry, shown_texts, shows_person, sight,
};
use bihuan_core::time::Instant;
use bihuan_store::matter::matter;
use bihuan_store::realm::find;
use bihuan_store::record::{MatterSaid, Record, Said};
use bihuan_store::text::{Shown, names, texts_of};
use bihuan_store::timeline::{Inclusion, SpanLine, inclusion, receipt, spans, timeline};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rebounds that are followed back.
const LINEAGE_MAX: usize = 20;

/// Everything that is told of a matter.
pub(super) struct Life {
    pub(super) matter: Matter,
    pub(super) pack: Arc<Pack>,
    pub(super) texts: BTreeMap<ContentRef, Shown>,
    pub(super) names: BTreeMap<PersonId, Shown>,
    pub(super) entries: Vec<Entry>,
    pub(super) spans: Vec<SpanLine>,
    pub(super) lineage: Vec<(MatterId, Option<String>)>,
    pub(super) receipt: (u64, u64),
    pub(super) proof: Option<Inclusion>,
}

/// One act of its life.
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) at: Instant,
    pub(super) said: MatterSaid,
    pub(super) told: Told,
}

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: &ShowWords,
) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let rules = realm.rules();
    let unknown = || Problem::unknown("事项", "matter", &words.key);
    let id = realm.read(|db| find(db, &words.key))?.ok_or_else(unknown)?;
    let found = realm.read(|db| matter(db, id))?.ok_or_else(unknown)?;
    let pack = rules.pack_of(&found).cloned();
    let pack = pack.ok_or_else(|| Problem::unknown("事项包", "pack", &found.pack.0))?;
    let sight = match &words.account {
        None => Sight::OnCase,
        Some(account) => {
            let account = AccountId(account.clone());
            let viewer = Viewer::of(&rules, &account, Via::Person, realm.now());
            let viewer = viewer.map_err(|it| Problem::Refused(Box::new(it)))?;
            match sight(&rules, &found, &viewer) {
                Sight::Nothing => return Err(unknown()),
                sight => sight,
            }
        }
    };
    let mut shown = read(&realm, found, pack, words.proof)?;
    shown.keep_to(&rules, sight);
    let value = value(&rules, &shown);
    out.answer(value, |text| show_text::tell(text, out, &rules, &shown));
    Ok(Outcome::Good)
}

fn read(realm: &Realm, found: Matter, pack: Arc<Pack>, wants_proof: bool) -> Result<Life, Problem> {
    let id = found.id;
    let (records, texts, spans, receipt) = realm
        .read(|db| Ok((timeline(db, id)?, texts_of(db, id)?, spans(db, id)?, receipt(db, id)?)))?;
    let receipt = receipt.unwrap_or_default();
    let proof = if wants_proof { realm.read(|db| inclusion(db, receipt.1))? } else { None };
    let rules = realm.rules();
    let entry = |record: Record| match record.said {
        Said::Matter(said) => {
            let told = tell(&rules.units, Some(&pack), &said.event.what);
            Some(Entry { seq: record.seq, at: record.at, said: *said, told })
        }
        Said::Rules(_) => None,
    };
    let entries: Vec<Entry> = records.into_iter().filter_map(entry).collect();
    let mut persons: BTreeSet<PersonId> =
        entries.iter().map(|it| it.said.by.person.clone()).collect();
    persons.insert(found.opened_by.clone());
    persons.extend(found.standing.owner.iter().filter_map(|it| it.person.clone()));
    persons.extend(found.acceptance.iter().map(|it| it.person.clone()));
    let names = realm.read(|db| names(db, &persons))?;
    let lineage = lineage(realm, &found)?;
    Ok(Life { matter: found, pack, texts, names, entries, spans, lineage, receipt, proof })
}

/// The matters that this one is a rebound of, nearest first.
fn lineage(realm: &Realm, of: &Matter) -> Result<Vec<(MatterId, Option<String>)>, Problem> {
    let (mut lineage, mut next) = (Vec::new(), of.rebound_of);
    while let Some(id) = next.filter(|_| lineage.len() < LINEAGE_MAX) {
        let before = realm.read(|db| matter(db, id))?;
        lineage.push((id, before.as_ref().and_then(|it| it.number.clone())));
        next = before.and_then(|it| it.rebound_of);
    }
    Ok(lineage)
}

impl Life {
    /// Takes out what is not to be seen.
    fn keep_to(&mut self, rules: &Rules, sight: Sight) {
        let (whole, pack) = (self.matter.clone(), Arc::clone(&self.pack));
        self.matter = redact(rules, &whole, sight).unwrap_or_else(|| whole.clone());
        self.entries.retain_mut(|entry| {
            let said = &mut entry.said;
            let shown = redact_entry(rules, &whole, sight, &said.by, &said.event);
            let is_shown = shown.is_some();
            if let Some((by, event)) = shown {
                (said.by, said.event) = (by, event);
                entry.told = tell(&rules.units, Some(&pack), &said.event.what);
            }
            is_shown
        });
        if !sight.shows(Part::Entries) {
            self.spans.clear();
        }
        let texts = shown_texts(&self.matter, self.entries.iter().map(|it| &it.said.event));
        self.texts.retain(|it, _| texts.contains(it));
        self.names.retain(|it, _| shows_person(rules, sight, it));
    }

    /// The name of a person, or the key.
    pub(super) fn name<'a>(&'a self, person: &'a PersonId) -> &'a str {
        self.names.get(person).and_then(Shown::text).unwrap_or(person.as_str())
    }
}

fn value(rules: &Rules, shown: &Life) -> Value {
    let matter = &shown.matter;
    let unit = |id: &bihuan_core::unit::UnitId| {
        rules.units.get(id).map(|it| json!({ "id": id, "title": it.title }))
    };
    let entries: Vec<Value> = shown
        .entries
        .iter()
        .map(|it| {
            let by = &it.said.by;
            let said: Vec<Value> = it
                .told
                .said
                .iter()
                .map(|(heading, text)| json!({ "heading": heading, "text": shown.texts.get(text) }))
                .collect();
            json!({
                "seq": it.seq, "at": it.at, "act": it.told.act, "notes": it.told.notes,
                "said": said, "by": by, "name": shown.names.get(&by.person),
                "unit": by.unit.as_ref().and_then(unit),
                "scores": it.said.event.scores, "event": it.said.event,
            })
        })
        .collect();
    let due = matter.standing.due.as_ref().map(|it| {
        let steps = it.because.iter().map(|step| {
            json!({
                "zh": step.text(bihuan_core::text::Lang::Zh),
                "en": step.text(bihuan_core::text::Lang::En),
            })
        });
        json!({
            "at": it.at, "rule": rule_words(&it.rule), "provisional": it.provisional,
            "because": steps.collect::<Vec<_>>(),
        })
    });
    let lineage: Vec<Value> =
        shown.lineage.iter().map(|(id, number)| json!({ "id": id, "number": number })).collect();
    let (first, last) = shown.receipt;
    json!({
        "matter": matter, "texts": shown.texts, "stage": stage_title(shown),
        "title": matter.title.as_ref().and_then(|it| shown.texts.get(it)), "timeline": entries,
        "spans": shown.spans, "due": due, "rebound_of": lineage,
        "receipt": { "first_seq": first, "last_seq": last, "inclusion": shown.proof },
    })
}

fn stage_title(shown: &Life) -> Option<&bihuan_core::text::Text> {
    shown.pack.stage(&shown.matter.standing.stage).map(|it| &it.title)
}
