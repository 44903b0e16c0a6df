//! Founding the realm of a demonstration from embedded files, by the same import as any other.

use crate::demo::money::Money;
use crate::demo::pictures::Pictures;
use crate::demo::scenario::Scenario;
use crate::import::table::Table;
use crate::import::{area, change, person, point, unit};
use anyhow::{Context, Result, bail};
use bihuan_core::pack::PackFiles;
use bihuan_core::place::Datum;
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant, day_of_date};
use bihuan_store::rules::{Change, FileRow};
use bihuan_store::{Moment, Writer};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::BTreeMap;

static DEMO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../demo");
static PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../packs");

/// Rows of one change of the rules.
const CHUNK: usize = 2_000;

/// What the demonstration's own file says.
#[derive(Clone, Debug, Deserialize)]
pub struct Demonstration {
    zone_offset_s: i32,
    offline_window_hours: i64,
    title: bihuan_core::text::Text,
    period: Period,
}

#[derive(Clone, Debug, Deserialize)]
struct Period {
    from: String,
    to: String,
    clock_start: String,
}

impl Demonstration {
    /// Reads the embedded file.
    ///
    /// # Errors
    /// Where it is not as it should be; a test reads it.
    pub fn read() -> Result<Demonstration> {
        Ok(toml::from_str(text("realm.toml")?)?)
    }

    /// The scenario beside it.
    ///
    /// # Errors
    /// As [`Demonstration::read`].
    pub fn scenario() -> Result<Scenario> {
        Ok(toml::from_str(text("scenario.toml")?)?)
    }

    /// First and last day, counted from 1970-01-01.
    ///
    /// # Errors
    /// Where they are no dates.
    pub fn days(&self) -> Result<(i64, i64)> {
        let day = |text: &str| -> Result<i64> {
            Ok(day_of_date(text.parse().with_context(|| format!("{text} is no date"))?))
        };
        Ok((day(&self.period.from)?, day(&self.period.to)?))
    }

    /// The moment at which the realm lives on.
    ///
    /// # Errors
    /// Where it is no time.
    pub fn clock_start(&self) -> Result<Instant> {
        let civil = self.period.clock_start.parse().context("clock_start is no time")?;
        Ok(bihuan_core::time::Zone(self.zone_offset_s).instant(civil))
    }

    /// The moment at which the realm is founded: the evening before its first day.
    ///
    /// # Errors
    /// Where the first day is no date.
    pub fn founded_at(&self) -> Result<Instant> {
        let (first, _) = self.days()?;
        Ok(Instant(first * DAY_MS - i64::from(self.zone_offset_s) * 1_000 - 6 * HOUR_MS))
    }

    /// Name of the invented district.
    #[must_use]
    pub fn title(&self) -> &bihuan_core::text::Text {
        &self.title
    }
}

/// An embedded text.
pub(super) fn text(name: &str) -> Result<&'static str> {
    let file = DEMO.get_file(name).with_context(|| format!("{name} is not embedded"))?;
    file.contents_utf8().with_context(|| format!("{name} is not UTF-8"))
}

/// The embedded packs, each with its files.
pub(super) fn packs() -> Vec<(String, PackFiles)> {
    let folders = PACKS.dirs();
    folders
        .map(|folder| {
            let mut files = BTreeMap::new();
            collect(folder, folder, &mut files);
            let name = folder.path().to_string_lossy().into_owned();
            (name, PackFiles { files })
        })
        .collect()
}

fn collect(folder: &Dir<'_>, under: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in folder.files() {
        let path = file.path().strip_prefix(under.path()).unwrap_or(file.path());
        files.insert(path.to_string_lossy().replace('\\', "/"), file.contents().to_vec());
    }
    for below in folder.dirs() {
        collect(below, under, files);
    }
}

/// Founds the realm: settings, units, areas, people, points, packs, pictures.
///
/// # Errors
/// Where an embedded file is not sound or the store failed.
pub fn found(
    writer: &mut Writer,
    demonstration: &Demonstration,
    pictures: &Pictures,
    mut moment: impl FnMut() -> Moment,
) -> Result<()> {
    let window_ms = demonstration.offline_window_hours * HOUR_MS;
    let settings = BTreeMap::from([
        ("demonstration".to_owned(), "1".to_owned()),
        ("title_zh".to_owned(), demonstration.title.zh.clone()),
        ("title_en".to_owned(), demonstration.title.en.clone()),
        ("zone_s".to_owned(), demonstration.zone_offset_s.to_string()),
        ("offline_window_ms".to_owned(), window_ms.to_string()),
    ]);
    let mut put = |writer: &mut Writer, change: Change| -> Result<()> {
        writer.change(moment(), "operator", &change)?;
        Ok(())
    };
    put(writer, Change::Settings(settings))?;
    let money = Money::read()?;
    for (name, files) in packs() {
        let files = if name == money.pack.0 { money.in_pack(files)? } else { files };
        put(writer, Change::Pack(files))?;
    }
    put(writer, Change::RuleDocuments(money.document.clone()))?;
    let zone = writer.rules().zone;
    let rules = writer.rules().clone();
    let table = Table::read("units.csv", text("units.csv")?.as_bytes())?;
    let units = clean(unit::read(&table, &rules.units, zone)?)?;
    put(writer, change::units(units))?;
    let rules = writer.rules().clone();
    let bytes = text("areas.geojson")?.as_bytes();
    let areas = clean(area::read("areas.geojson", bytes, Datum::Wgs84, &rules.units)?)?;
    put(writer, change::areas(areas))?;
    let table = Table::read("people.csv", text("people.csv")?.as_bytes())?;
    let people = clean(person::read(&table, &rules.units, &[], zone)?)?;
    put(writer, change::people(people))?;
    let persons = writer.rules().grants.keys().cloned().collect();
    let known = point::Known { units: &rules.units, persons: &persons, kinds: &[], zone };
    let table = Table::read("points.csv", text("points.csv")?.as_bytes())?;
    let points = clean(point::read(&table, known)?)?;
    put(writer, change::points(points))?;
    let files: Vec<FileRow> = pictures
        .all
        .iter()
        .map(|(digest, bytes)| FileRow {
            digest: digest.clone(),
            bytes: bytes.len() as u64,
            media: "image/png".into(),
            picture: None,
        })
        .collect();
    for chunk in files.chunks(CHUNK) {
        put(writer, Change::Files(chunk.to_vec()))?;
    }
    Ok(())
}

fn clean<T>(
    preview: crate::import::preview::Preview<T>,
) -> Result<crate::import::preview::Preview<T>> {
    if let Some(fault) = preview.faults.first() {
        bail!("line {}, {}: {}", fault.line, fault.column, fault.message.en);
    }
    Ok(preview)
}
