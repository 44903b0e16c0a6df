//! The ground divided: which cells each village, community and grid has.

use super::mesh::{Mesh, Vertex};
use super::partition::{divide, members, roughness, spread};
use super::random::Random;
use super::ring::outline;

/// Villages, communities and the park of the town, in this order of seeds.
pub(super) const TOWN_COMMUNITIES: usize = 7;
/// Villages of the town.
pub(super) const TOWN_VILLAGES: usize = 22;
/// Communities of the street.
pub(super) const STREET_COMMUNITIES: usize = 11;
/// Everything below the town: communities, villages, the industrial park.
pub(super) const TOWN_PARTS: usize = TOWN_COMMUNITIES + TOWN_VILLAGES + 1;
/// Grids of the street, one for each petition agent.
const STREET_GRIDS: usize = 30;
/// Fewest and most grids of a village.
const GRIDS: (usize, usize) = (3, 8);
/// Cells of one grid, about 0.33 km².
const GRID_CELLS: usize = 23;
/// The first column of the street; the town lies west of it.
const STREET_COLUMN: i64 = 65;
/// Rounds of smoothing the borders.
const SMOOTH_ROUNDS: usize = 2;
/// Grounds tried before giving up.
const TRIES_MAX: u64 = 50;

/// A village, community or park: its grids, each a list of cells.
pub(super) struct Part {
    /// Grids in the order of their codes.
    pub(super) grids: Vec<Vec<usize>>,
}

impl Part {
    /// All cells of the part.
    pub(super) fn cells(&self) -> Vec<usize> {
        self.grids.concat()
    }
}

/// The ground and its parts: communities, villages and park of the town, then the street's.
pub(super) struct Ground {
    pub(super) mesh: Mesh,
    pub(super) parts: Vec<Part>,
}

impl Ground {
    /// The first ground from `seed` on whose every area is one ring without a hole.
    pub(super) fn new(seed: u64) -> Option<Ground> {
        (0..TRIES_MAX).find_map(|attempt| Ground::attempt(seed + attempt * 1_000_003))
    }

    fn attempt(seed: u64) -> Option<Ground> {
        let mut random = Random::new(seed);
        let mut mesh = Mesh::new(&mut random);
        let rough = roughness(&mesh, &mut random);
        let land: Vec<usize> = (0..mesh.cells.len()).collect();
        let seeds = seeds(&mesh, &land, &mut random);
        let part_of = divide(&mesh, &land, seeds, &rough);
        let cells: Vec<Vec<usize>> =
            (0..TOWN_PARTS + STREET_COMMUNITIES).map(|it| members(&part_of, it)).collect();
        let counts = grid_counts(&cells);
        let mut parts = Vec::new();
        for (cells, count) in cells.iter().zip(counts) {
            let mut seeds = Vec::new();
            spread(&mesh, cells, count, &mut seeds, &mut random);
            let grid_of = divide(&mesh, cells, seeds, &rough);
            let mut grids: Vec<_> = (0..count).map(|it| members(&grid_of, it)).collect();
            grids.sort_by_key(|it| reading_order(&mesh, it));
            parts.push(Part { grids });
        }
        mesh.smooth(&area_of_cell(&mesh, &parts), SMOOTH_ROUNDS);
        let ground = Ground { mesh, parts };
        ground.is_sound().then_some(ground)
    }

    /// The cells of the town.
    pub(super) fn town(&self) -> Vec<usize> {
        self.parts[..TOWN_PARTS].iter().flat_map(Part::cells).collect()
    }

    /// The cells of the street.
    pub(super) fn street(&self) -> Vec<usize> {
        self.parts[TOWN_PARTS..].iter().flat_map(Part::cells).collect()
    }

    /// The outline of cells that are known to have one.
    pub(super) fn outline(&self, cells: &[usize]) -> Vec<Vertex> {
        outline(&self.mesh, cells).expect("a sound ground has an outline for every area")
    }

    fn is_sound(&self) -> bool {
        let all: Vec<usize> = (0..self.mesh.cells.len()).collect();
        let mut areas = vec![all, self.town(), self.street()];
        for part in &self.parts {
            areas.push(part.cells());
            areas.extend(part.grids.iter().cloned());
        }
        areas.iter().all(|it| outline(&self.mesh, it).is_some())
            && (0..self.mesh.cells.len()).all(|it| self.mesh.is_star(it))
    }
}

/// Seeds of the parts: communities in the middle, the park in the north-east, villages around.
fn seeds(mesh: &Mesh, land: &[usize], random: &mut Random) -> Vec<usize> {
    let among = |keep: &dyn Fn(i64, i64) -> bool| -> Vec<usize> {
        let is_kept = |&&it: &&usize| keep(mesh.cells[it].column, mesh.cells[it].row);
        land.iter().filter(is_kept).copied().collect()
    };
    let from_middle = |column: i64, row: i64| (column - 34).pow(2) + (row - 30).pow(2);
    let mut seeds = Vec::new();
    spread(mesh, &among(&|c, r| from_middle(c, r) < 110), TOWN_COMMUNITIES, &mut seeds, random);
    let outside = among(&|c, r| c < STREET_COLUMN - 2 && from_middle(c, r) > 190);
    spread(mesh, &outside, TOWN_VILLAGES, &mut seeds, random);
    let park = among(&|c, r| (50..62).contains(&c) && (36..50).contains(&r));
    spread(mesh, &park, 1, &mut seeds, random);
    let east = among(&|c, _| c >= STREET_COLUMN + 2);
    spread(mesh, &east, STREET_COMMUNITIES, &mut seeds, random);
    seeds
}

/// Grids by size: 3 to 8 in the town; in the street 30 together, the largest have one more.
fn grid_counts(parts: &[Vec<usize>]) -> Vec<usize> {
    let mut counts: Vec<usize> =
        parts.iter().map(|it| (it.len() / GRID_CELLS).clamp(GRIDS.0, GRIDS.1)).collect();
    let mut street: Vec<usize> = (TOWN_PARTS..parts.len()).collect();
    street.sort_by_key(|&it| std::cmp::Reverse(parts[it].len()));
    let (each, more) = (STREET_GRIDS / street.len(), STREET_GRIDS % street.len());
    for (rank, part) in street.into_iter().enumerate() {
        counts[part] = each + usize::from(rank < more);
    }
    counts
}

/// For each cell the number of its grid among all grids.
fn area_of_cell(mesh: &Mesh, parts: &[Part]) -> Vec<usize> {
    let mut area_of = vec![0; mesh.cells.len()];
    for (area, grid) in parts.iter().flat_map(|it| &it.grids).enumerate() {
        grid.iter().for_each(|&cell| area_of[cell] = area);
    }
    area_of
}

/// Sequence inside a community: by bands from the north, each from the west (DB11 unit grids).
fn reading_order(mesh: &Mesh, cells: &[usize]) -> (i64, i64) {
    let count = i64::try_from(cells.len()).expect("a count of cells fits").max(1);
    let row = cells.iter().map(|&it| mesh.cells[it].row).sum::<i64>() / count;
    let column = cells.iter().map(|&it| mesh.cells[it].column).sum::<i64>() / count;
    (-(row / 6), column)
}
