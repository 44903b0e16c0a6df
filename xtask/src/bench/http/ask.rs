//! What the service is asked: addresses that chance chose, the same kinds that the store is asked.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use bihuan_core::story::chance::Chance;
use bihuan_store::db::Role;
use bihuan_store::{Db, Target, Value};

use super::super::life::{FAULTS, USUAL};
use super::super::town::{VILLAGES, spot, town_of, village};
use super::realm;
use crate::service::{Question, Service};

/// A thing that is asked over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::bench) enum Ask {
    Command,
    Page,
    Filter,
    Search,
    One,
    Viewport,
    Export,
}

/// The list that pages, filters and searches come from.
const LIST: &str = "/api/v1/matters";
/// One matter.
const ONE: &str = "/api/v1/matters/{id}";
/// The list as a table.
const EXPORT: &str = "/api/v1/matters/export";
/// Pages that are read one after the other for cursors.
const CURSORS: usize = 40;
/// Half the side of a viewport, in ten-millionths of a degree: about 1.5 km.
const VIEW_E7: i64 = 150_000;

impl Ask {
    pub(in crate::bench) const READS: [Ask; 6] =
        [Ask::Page, Ask::Filter, Ask::Search, Ask::One, Ask::Viewport, Ask::Export];
    pub(in crate::bench) const ALL: [Ask; 7] =
        [Ask::Command, Ask::Page, Ask::Filter, Ask::Search, Ask::One, Ask::Viewport, Ask::Export];

    pub(in crate::bench) fn title(self) -> &'static str {
        match self {
            Ask::Command => "command",
            Ask::Page => "page of 100, anywhere",
            Ask::Filter => "page of 100 by stage, class and unit",
            Ask::Search => "page of 100 by two Chinese characters",
            Ask::One => "one matter, with what may be done",
            Ask::Viewport => "open matters in a viewport of 3 km",
            Ask::Export => "export of all that a town sees, as CSV",
        }
    }

    /// Microseconds of processor that it may take at most.
    pub(in crate::bench) fn most_us(self) -> Option<f64> {
        match self {
            Ask::Command => Some(300.0),
            Ask::Page | Ask::Filter | Ask::Search => Some(1_000.0),
            Ask::One => Some(100.0),
            Ask::Viewport => None,
            Ask::Export => Some(500_000.0),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Ask::Command => "/api/v1/commands",
            Ask::One => ONE,
            Ask::Export => EXPORT,
            _ => LIST,
        }
    }
}

/// Whoever asks, and what.
pub(super) struct Asker {
    token: String,
    paths: BTreeMap<Ask, Vec<String>>,
    described: serde_json::Value,
}

impl Asker {
    /// Somebody who sees a town, with `count` questions of each kind.
    pub(super) fn new(target: &Target, chance: &mut Chance, count: usize) -> Result<Asker> {
        let mut paths: BTreeMap<Ask, Vec<String>> = BTreeMap::new();
        let mut db = Db::connect(target, Role::Reader)?;
        let newest = db.first("SELECT MAX(first_seq) FROM matter", &[], |row| row.int(0))?;
        let newest = u64::try_from(newest.context("the realm is empty")?)?;
        let town = town_of(0);
        let own: Vec<u64> = (0..VILLAGES).filter(|it| town_of(*it) == town).collect();
        let mut add = |ask: Ask, path: String| paths.entry(ask).or_default().push(path);
        for _ in 0..count {
            let no = *chance.one(&own).context("a town has villages")?;
            // In the newer half, so that each village has one before, also where all are few.
            let seq = Value::Int(i64::try_from(newest / 2 + chance.below(newest / 2))?);
            let sql = "SELECT id FROM matter WHERE first_seq <= $1 AND responsible = $2
                       ORDER BY first_seq DESC LIMIT 1";
            let unit = Value::Text(village(no));
            let id = db.first(sql, &[seq, unit], |row| Ok(row.text(0)?.to_owned()))?;
            add(Ask::One, format!("{LIST}/{}", id.context("a village has matters")?));
            let unit = village(no);
            add(Ask::Filter, format!("{LIST}?limit=100&stage=closed&class={USUAL}&unit={unit}"));
            let words: String =
                chance.one(&FAULTS).context("there are words")?.chars().take(2).collect();
            add(Ask::Search, format!("{LIST}?limit=100&q={}", escaped(&words)));
            let at = spot(no, chance.bits() >> 20, chance.bits() >> 20);
            let degrees = |it: i64| format!("{}.{:07}", it / 10_000_000, it % 10_000_000);
            let corners = [
                at.lon_e7 - VIEW_E7,
                at.lat_e7 - VIEW_E7,
                at.lon_e7 + VIEW_E7,
                at.lat_e7 + VIEW_E7,
            ];
            let bbox = corners.map(degrees).join(",");
            add(Ask::Viewport, format!("{LIST}?limit=500&standing=open&bbox={bbox}"));
        }
        add(Ask::Export, format!("{EXPORT}?format=csv"));
        let token = realm::token(&format!("leader-{town}").as_str().into());
        Ok(Asker { token, paths, described: serde_json::Value::Null })
    }

    /// Asks the service what it serves, and reads pages one after the other for their cursors.
    pub(super) fn learn(&mut self, service: &Service) -> Result<()> {
        let told = service.ask("GET", "/api/v1/openapi.json", None, &serde_json::Value::Null)?;
        self.described = told.body;
        if !self.serves(Ask::Page) {
            return Ok(());
        }
        let count = self.paths(Ask::One).len();
        let mut pages = vec![format!("{LIST}?limit=100")];
        for _ in 0..CURSORS {
            let last = pages.last().context("there is a page")?;
            let null = serde_json::Value::Null;
            let told = service.ask("GET", last, Some(&self.token), &null)?;
            ensure!(told.status == 200, "{last} answers {} {}", told.status, told.body);
            let Some(next) = told.body["next"].as_str() else { break };
            pages.push(format!("{LIST}?limit=100&cursor={}", escaped(next)));
        }
        let all = pages.iter().cycle().take(count).cloned().collect();
        self.paths.insert(Ask::Page, all);
        Ok(())
    }

    /// Whether the service serves it.
    pub(super) fn serves(&self, ask: Ask) -> bool {
        let method = if ask == Ask::Command { "post" } else { "get" };
        self.described["paths"][ask.path()].get(method).is_some()
    }

    pub(super) fn paths(&self, ask: Ask) -> &[String] {
        self.paths.get(&ask).map_or(&[], Vec::as_slice)
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The bytes of an answer.
    pub(super) fn bytes(&self, service: &Service, path: &str) -> Result<Vec<u8>> {
        let question =
            Question { way: ("GET", path), token: Some(&self.token), ..Question::default() };
        let (status, bytes) = service.bytes(question)?;
        ensure!(status == 200, "{path} answers {status}");
        Ok(bytes)
    }
}

/// A value of a query as an address carries it.
fn escaped(text: &str) -> String {
    let byte = |it: u8| {
        if it.is_ascii_alphanumeric() || b"-_.~".contains(&it) {
            char::from(it).to_string()
        } else {
            format!("%{it:02X}")
        }
    };
    text.bytes().map(byte).collect()
}
