//! Named points (点位): compounds, markets, building sites, back lanes, villages, toilets.

use super::ground::Ground;
use super::mesh::Vertex;
use super::names::{Name, Names};
use super::people::Roster;
use super::random::Random;
use super::units::{Tree, Village};
use std::collections::BTreeSet;

/// One row of `points.csv`.
pub(super) struct Point {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) name: Name,
    /// The responsible unit.
    pub(super) unit: String,
    /// The responsible person (责任人).
    pub(super) person: String,
    /// The leader in charge (分包领导); empty in the street, which has none.
    pub(super) leader: String,
    pub(super) place: Vertex,
}

/// What is being placed.
struct Placing<'a> {
    ground: &'a Ground,
    roster: &'a Roster,
    random: &'a mut Random,
    taken: BTreeSet<usize>,
    points: Vec<Point>,
}

/// All points of the demonstration.
pub(super) fn points(
    names: &Names,
    ground: &Ground,
    tree: &Tree,
    roster: &Roster,
    random: &mut Random,
) -> Vec<Point> {
    let mut placing =
        Placing { ground, roster, random, taken: BTreeSet::new(), points: Vec::new() };
    let stems = |kind: &str| names.stems.get(kind).map_or(&[][..], Vec::as_slice);
    for (no, village) in tree.town.iter().enumerate() {
        let (compounds, lanes) = match village.kind {
            "community" => (5, 2),
            "village" => (no % 2, 1 + no % 2),
            _ => (0, 0),
        };
        if village.kind == "village" {
            placing.put("village", village.name.clone(), village, &village.id);
        }
        placing.named(("compound", "苑", "Court"), stems("compound"), compounds, village);
        placing.named(("lane", "巷", "Lane"), stems("lane"), lanes, village);
        let toilet = village.name.with("公共厕所", "Public Toilet");
        placing.put("toilet", toilet, village, &village.id);
    }
    for village in &tree.street {
        placing.named(("compound", "苑", "Court"), stems("compound"), 2, village);
    }
    for (no, stem) in stems("market").iter().enumerate() {
        let village = owner_of(&tree.town, stem, no);
        placing.put("market", stem.with("农贸市场", "Market"), village, "markets");
    }
    for (no, stem) in stems("site").iter().enumerate() {
        let village = owner_of(&tree.town, stem, no * 3);
        let builder = if no % 2 == 0 { "builder-a" } else { "builder-b" };
        placing.put("site", stem.with("项目工地", "Building Site"), village, builder);
    }
    placing.points
}

/// The village that a stem is named after, the park for what says so, else one by number.
fn owner_of<'a>(villages: &'a [Village], stem: &Name, no: usize) -> &'a Village {
    let park = |it: &&Village| it.kind == "park" && stem.zh.starts_with("园区");
    let named = villages.iter().find(|it| it.name.zh.starts_with(&stem.zh) || park(it));
    named.unwrap_or(&villages[no % villages.len()])
}

impl Placing<'_> {
    /// Some points of a kind in a village, each with a stem of its own.
    fn named(
        &mut self,
        (kind, zh, en): (&'static str, &str, &str),
        stems: &[Name],
        count: usize,
        village: &Village,
    ) {
        let first = self.random.index(stems.len());
        for no in 0..count {
            let stem = &stems[(first + no * 3) % stems.len()];
            let short = village.name.zh.trim_end_matches(['社', '区', '村']);
            let place = village.name.en.split(' ').next().unwrap_or_default();
            let name = Name {
                zh: format!("{short}{}{zh}", stem.zh),
                en: format!("{place} {} {en}", stem.en),
            };
            self.put(kind, name, village, &village.id);
        }
    }

    /// A point somewhere in a village, in a cell that no other point has.
    fn put(&mut self, kind: &'static str, name: Name, village: &Village, unit: &str) {
        let cells = self.inner_cells(village);
        let free: Vec<usize> = cells.into_iter().filter(|it| !self.taken.contains(it)).collect();
        let cell = *self.random.pick(&free);
        self.taken.insert(cell);
        let leader = self.roster.leaders.get(&village.id).cloned().unwrap_or_default();
        self.points.push(Point {
            id: format!("pt{:03}", self.points.len() + 1),
            kind,
            name,
            unit: unit.to_owned(),
            person: self.roster.handlers.get(unit).cloned().unwrap_or_default(),
            leader,
            place: self.ground.mesh.middle(cell),
        });
    }

    /// Cells that lie in one grid with all around them: a point there is away from borders.
    fn inner_cells(&self, village: &Village) -> Vec<usize> {
        let grids = &self.ground.parts[village.part].grids;
        let inner = |grid: &&Vec<usize>, cell: &usize| {
            let around = &self.ground.mesh.cells[*cell].neighbours;
            around.len() == 6 && around.iter().all(|it| grid.contains(it))
        };
        grids
            .iter()
            .flat_map(|grid| grid.iter().copied().filter(move |it| inner(&grid, it)))
            .collect()
    }
}
