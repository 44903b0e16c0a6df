//! A matter from end to end as somebody may see it: its timeline in words, its spans, why its
//! deadline is what it is, what it is a rebound of.
//!
//! Invariant: what the viewer's sight does not show is taken out before anything is told.

use crate::problem::Problem;
use crate::realm::Realm;
use crate::telling::{Told, rule_words, tell};
use bihuan_core::content::ContentRef;
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::event::{Event, Score};
use bihuan_core::matter::{By, Matter, Rules};
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
use serde::Serialize;
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
        let mut life = read(realm, (whole, pack), (viewer, sight), wants_proof)?;
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

    /// Takes out what is not to be seen beside the entries; `shown` is what may be told of the
    /// matter itself.
    fn keep_to(&mut self, rules: &Rules, shown: Matter) {
        let sight = self.sight;
        self.matter = shown;
        if !sight.shows(Part::Entries) {
            self.spans.clear();
        }
        let texts = shown_texts(&self.matter, self.entries.iter().map(|it| &it.said.event));
        self.texts.retain(|it, _| texts.contains(it));
        self.names.retain(|it, _| shows_person(rules, sight, it));
    }

    /// Takes out what happened from an entry on, and who accepted: whoever looks at an acceptance
    /// again judges for oneself.
    pub fn keep_before(&mut self, seq: u64) {
        self.entries.retain(|it| it.seq < seq);
        self.matter.acceptance = None;
        let texts = shown_texts(&self.matter, self.entries.iter().map(|it| &it.said.event));
        self.texts.retain(|it, _| texts.contains(it));
    }

    /// The name of a person, or the key.
    pub fn name<'a>(&'a self, person: &'a PersonId) -> &'a str {
        self.names.get(person).and_then(Shown::text).unwrap_or(person.as_str())
    }
}

fn read(
    realm: &Realm,
    (found, pack): (Matter, Arc<Pack>),
    (viewer, sight): (&Viewer, Sight),
    wants_proof: bool,
) -> Result<Life, Problem> {
    let (records, texts, spans, receipt) = realm.read(|db| {
        let of = &found;
        Ok((timeline(db, of)?, texts_of(db, of)?, spans(db, of)?, receipt(db, of)?))
    })?;
    let receipt = receipt.unwrap_or_default();
    let proof = if wants_proof { realm.read(|db| inclusion(db, receipt.1))? } else { None };
    let rules = realm.rules();
    // Each as far as it is seen; what is not seen at all is left out.
    let entry = |record: Record| {
        let Said::Matter(mut said) = record.said else { return None };
        (said.by, said.event) = redact_entry(&rules, &found, sight, &said.by, &said.event)?;
        let told = tell(&rules.units, Some(&pack), &said.event.what);
        Some(Entry { seq: record.seq, at: record.at, said: *said, told })
    };
    let entries: Vec<Entry> = records.into_iter().filter_map(entry).collect();
    let mut persons: BTreeSet<PersonId> =
        entries.iter().map(|it| it.said.by.person.clone()).collect();
    persons.insert(found.opened_by.clone());
    persons.extend(found.standing.owner.iter().filter_map(|it| it.person.clone()));
    persons.extend(found.acceptance.iter().map(|it| it.person.clone()));
    let names = realm.read(|db| names(db, &persons))?;
    let lineage = lineage(realm, &found, viewer)?;
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

/// A matter from end to end as others are told of it.
#[derive(Debug, Serialize)]
pub struct LifeTold<'a> {
    /// The matter as it stands.
    pub matter: &'a Matter,
    /// Texts by their reference.
    pub texts: &'a BTreeMap<ContentRef, Shown>,
    /// The name of its stage.
    pub stage: Option<&'a Text>,
    /// Its title.
    pub title: Option<&'a Shown>,
    /// What happened, in order.
    pub timeline: Vec<EntryTold<'a>>,
    /// Where it stood, and how long.
    pub spans: &'a [SpanLine],
    /// Its deadline, and why.
    pub due: Option<DueTold>,
    /// What it is a rebound of.
    pub rebound_of: Vec<Ancestor<'a>>,
    /// Where it stands in the record.
    pub receipt: ReceiptTold<'a>,
}

/// One act, with what was said and by whom.
#[derive(Debug, Serialize)]
pub struct EntryTold<'a> {
    seq: u64,
    at: Instant,
    act: &'a Text,
    notes: &'a [Text],
    said: Vec<SaidTold<'a>>,
    by: &'a By,
    name: Option<&'a Shown>,
    unit: Option<UnitTold<'a>>,
    scores: &'a [Score],
    event: &'a Event,
}

#[derive(Debug, Serialize)]
struct SaidTold<'a> {
    heading: &'a Text,
    text: Option<&'a Shown>,
}

#[derive(Debug, Serialize)]
struct UnitTold<'a> {
    id: &'a UnitId,
    title: &'a Text,
}

/// A deadline, by which rule, and each step of the reckoning.
#[derive(Debug, Serialize)]
pub struct DueTold {
    at: Instant,
    rule: Text,
    provisional: bool,
    because: Vec<Text>,
}

/// A matter that another is a rebound of.
#[derive(Debug, Serialize)]
pub struct Ancestor<'a> {
    id: &'a MatterId,
    number: Option<&'a str>,
}

/// First and last entry of the record, and that the last is in it.
#[derive(Debug, Serialize)]
pub struct ReceiptTold<'a> {
    first_seq: u64,
    last_seq: u64,
    inclusion: Option<&'a Inclusion>,
}

/// All of it as one object.
#[must_use]
pub fn told<'a>(rules: &'a Rules, shown: &'a Life) -> LifeTold<'a> {
    let matter = &shown.matter;
    let unit = |id: &'a UnitId| rules.units.get(id).map(|it| UnitTold { id, title: &it.title });
    let said =
        |(heading, text): &'a (Text, ContentRef)| SaidTold { heading, text: shown.texts.get(text) };
    let entry = |it: &'a Entry| EntryTold {
        seq: it.seq,
        at: it.at,
        act: &it.told.act,
        notes: &it.told.notes,
        said: it.told.said.iter().map(said).collect(),
        by: &it.said.by,
        name: shown.names.get(&it.said.by.person),
        unit: it.said.by.unit.as_ref().and_then(unit),
        scores: &it.said.event.scores,
        event: &it.said.event,
    };
    let due = matter.standing.due.as_ref().map(|it| DueTold {
        at: it.at,
        rule: rule_words(&it.rule),
        provisional: it.provisional,
        because: it
            .because
            .iter()
            .map(|step| Text::new(step.text(Lang::Zh), step.text(Lang::En)))
            .collect(),
    });
    let ancestor =
        |(id, number): &'a (MatterId, Option<String>)| Ancestor { id, number: number.as_deref() };
    let (first_seq, last_seq) = shown.receipt;
    LifeTold {
        matter,
        texts: &shown.texts,
        stage: shown.pack.stage(&matter.standing.stage).map(|it| &it.title),
        title: matter.title.as_ref().and_then(|it| shown.texts.get(it)),
        timeline: shown.entries.iter().map(entry).collect(),
        spans: &shown.spans,
        due,
        rebound_of: shown.lineage.iter().map(ancestor).collect(),
        receipt: ReceiptTold { first_seq, last_seq, inclusion: shown.proof.as_ref() },
    }
}
