//! A matter from end to end as somebody may see it: its timeline in words, its spans, why its
//! deadline is what it is, what it is a rebound of.
//!
//! Invariant: what the viewer's sight does not show is taken out before anything is told.

use crate::problem::Problem;
use crate::realm::Realm;
use crate::telling::{Told, rule_words, tell};
use bihuan_core::content::ContentRef;
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::Pack;
use bihuan_core::policy::{
    Part, Scope, Sight, Viewer, hide_links, links, redact_entry, scope, shown_texts, shows_person,
};
use bihuan_core::text::{Lang, Text};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::matter::{Seen, among, seen};
use bihuan_store::record::{MatterSaid, Record, Said};
use bihuan_store::text::{Shown, names, texts_of};
use bihuan_store::timeline::{Inclusion, SpanLine, inclusion, receipt, spans, timeline};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rebounds that are followed back.
const LINEAGE_MAX: usize = 20;

/// Everything that is told of a matter.
pub struct Life {
    /// How much of it is shown.
    pub sight: Sight,
    /// The matter.
    pub matter: Matter,
    /// Its pack, in the revision it was opened under.
    pub pack: Arc<Pack>,
    /// Texts by their reference.
    pub texts: BTreeMap<ContentRef, Shown>,
    /// Names of persons.
    pub names: BTreeMap<PersonId, Shown>,
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// Where it stood, and how long.
    pub spans: Vec<SpanLine>,
    /// What it is a rebound of, nearest first, with numbers.
    pub lineage: Vec<(MatterId, Option<String>)>,
    /// First and last entry of the record.
    pub receipt: (u64, u64),
    /// That its last entry is in the record.
    pub proof: Option<Inclusion>,
}

/// One act of its life.
pub struct Entry {
    /// Number in the record.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What the record says.
    pub said: MatterSaid,
    /// The same in words.
    pub told: Told,
}

impl Life {
    /// A matter as `viewer` may see it; nothing where there is none, or none for this viewer.
    ///
    /// # Errors
    /// As the database says.
    pub fn read(
        realm: &Realm,
        id: MatterId,
        viewer: &Viewer,
        wants_proof: bool,
    ) -> Result<Option<Life>, Problem> {
        let rules = realm.rules();
        let seen = realm.read(|db| seen(db, &rules, viewer, id))?;
        let Some(Seen { whole, sight, matter }) = seen else { return Ok(None) };
        let Some(pack) = rules.pack_of(&whole).cloned() else { return Ok(None) };
        let mut life = read(realm, whole, pack, viewer, wants_proof)?;
        life.sight = sight;
        life.keep_to(&rules, matter);
        life.keep_links(realm, &scope(&rules, viewer))?;
        Ok(Some(life))
    }

    /// Hides the matters that it names and that are not in the scope.
    fn keep_links(&mut self, realm: &Realm, scope: &Scope) -> Result<(), Problem> {
        let links = links(&self.matter, self.entries.iter().map(|it| &it.said.event));
        if links.is_empty() {
            return Ok(());
        }
        let links: Vec<MatterId> = links.into_iter().collect();
        let seen = realm.read(|db| among(db, scope, &links))?;
        let entries = self.entries.iter_mut().map(|it| &mut it.said.event);
        hide_links(&mut self.matter, entries, &seen);
        Ok(())
    }

    /// Takes out what is not to be seen; `shown` is what may be told of the matter itself.
    fn keep_to(&mut self, rules: &Rules, shown: Matter) {
        let (sight, pack) = (self.sight, Arc::clone(&self.pack));
        let whole = std::mem::replace(&mut self.matter, shown);
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
    pub fn name<'a>(&'a self, person: &'a PersonId) -> &'a str {
        self.names.get(person).and_then(Shown::text).unwrap_or(person.as_str())
    }
}

fn read(
    realm: &Realm,
    found: Matter,
    pack: Arc<Pack>,
    viewer: &Viewer,
    wants_proof: bool,
) -> Result<Life, Problem> {
    let (records, texts, spans, receipt) = realm.read(|db| {
        let of = &found;
        Ok((timeline(db, of)?, texts_of(db, of)?, spans(db, of)?, receipt(db, of)?))
    })?;
    let receipt = receipt.unwrap_or_default();
    let proof = if wants_proof { realm.read(|db| inclusion(db, receipt.1))? } else { None };
    let rules = realm.rules();
    let entry = |record: Record| match record.said {
        Said::Matter(said) => {
            let told = tell(&rules.units, Some(&pack), &said.event.what);
            Some(Entry { seq: record.seq, at: record.at, said: *said, told })
        }
        Said::Rules(_) | Said::Audit(_) => None,
    };
    let entries: Vec<Entry> = records.into_iter().filter_map(entry).collect();
    let mut persons: BTreeSet<PersonId> =
        entries.iter().map(|it| it.said.by.person.clone()).collect();
    persons.insert(found.opened_by.clone());
    persons.extend(found.standing.owner.iter().filter_map(|it| it.person.clone()));
    persons.extend(found.acceptance.iter().map(|it| it.person.clone()));
    let names = realm.read(|db| names(db, &persons))?;
    let lineage = lineage(realm, &found, viewer)?;
    let sight = Sight::Nothing;
    Ok(Life { sight, matter: found, pack, texts, names, entries, spans, lineage, receipt, proof })
}

/// The matters that this one is a rebound of, nearest first, as far as the viewer sees them.
fn lineage(
    realm: &Realm,
    of: &Matter,
    viewer: &Viewer,
) -> Result<Vec<(MatterId, Option<String>)>, Problem> {
    let (mut lineage, mut next) = (Vec::new(), of.rebound_of);
    while let Some(id) = next.filter(|_| lineage.len() < LINEAGE_MAX) {
        let Some(before) = realm.read(|db| seen(db, &realm.rules(), viewer, id))? else { break };
        lineage.push((id, before.matter.number.clone()));
        next = before.matter.rebound_of;
    }
    Ok(lineage)
}

/// All of it as one object.
#[must_use]
pub fn value(rules: &Rules, shown: &Life) -> Value {
    let matter = &shown.matter;
    let unit = |id: &UnitId| rules.units.get(id).map(|it| json!({ "id": id, "title": it.title }));
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
                "zh": step.text(Lang::Zh),
                "en": step.text(Lang::En),
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

fn stage_title(shown: &Life) -> Option<&Text> {
    shown.pack.stage(&shown.matter.standing.stage).map(|it| &it.title)
}
