//! Dividing the ground: town and street into villages, each village into grids.
//!
//! Each part grows from a seed cell over rough ground, the nearest seed takes a cell, so every
//! part is connected and its border wanders as a border of fields does.

use super::mesh::Mesh;
use super::random::Random;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How many times seeds move to the middle of what grew from them.
const RELAX_ROUNDS: usize = 3;
/// Candidates looked at for each further seed; the one farthest from the others wins.
const CANDIDATES: usize = 24;

/// Cost of crossing each cell: rough ground.
pub(super) fn roughness(mesh: &Mesh, random: &mut Random) -> Vec<u64> {
    mesh.cells.iter().map(|_| u64::try_from(random.between(8, 14)).expect("positive")).collect()
}

/// Adds `count` seeds among `cells`, far from each other and from those already there.
pub(super) fn spread(
    mesh: &Mesh,
    cells: &[usize],
    count: usize,
    seeds: &mut Vec<usize>,
    random: &mut Random,
) {
    for _ in 0..count {
        let candidates = (0..CANDIDATES).map(|_| *random.pick(cells));
        let nearest = |&it: &usize| seeds.iter().map(|&seed| distance(mesh, it, seed)).min();
        let best = candidates.max_by_key(nearest).expect("there are candidates");
        seeds.push(best);
    }
}

/// Divides `cells` among `seeds`: for each cell the index of its seed.
pub(super) fn divide(
    mesh: &Mesh,
    cells: &[usize],
    mut seeds: Vec<usize>,
    roughness: &[u64],
) -> BTreeMap<usize, usize> {
    let mut part_of = grow(mesh, cells, &seeds, roughness);
    for _ in 0..RELAX_ROUNDS {
        for (part, seed) in seeds.iter_mut().enumerate() {
            *seed = central(mesh, &members(&part_of, part)).unwrap_or(*seed);
        }
        part_of = grow(mesh, cells, &seeds, roughness);
    }
    part_of
}

/// The cells of a part, ascending.
pub(super) fn members(part_of: &BTreeMap<usize, usize>, part: usize) -> Vec<usize> {
    part_of.iter().filter(|it| *it.1 == part).map(|it| *it.0).collect()
}

/// The member nearest to the middle of all.
fn central(mesh: &Mesh, members: &[usize]) -> Option<usize> {
    let count = i64::try_from(members.len()).expect("a count of cells fits");
    let sum = |of: fn(&Mesh, usize) -> i64| members.iter().map(|&it| of(mesh, it)).sum::<i64>();
    let (x, y) = (sum(across) / count.max(1), sum(up) / count.max(1));
    members.iter().copied().min_by_key(|&it| square(across(mesh, it) - x, up(mesh, it) - y))
}

/// Shortest ways from all seeds at once; ties go to the earlier seed.
fn grow(
    mesh: &Mesh,
    cells: &[usize],
    seeds: &[usize],
    roughness: &[u64],
) -> BTreeMap<usize, usize> {
    let mut is_free = vec![false; mesh.cells.len()];
    cells.iter().for_each(|&it| is_free[it] = true);
    let starts = seeds.iter().enumerate().map(|(part, &seed)| Reverse((0, part, seed)));
    let mut front: BinaryHeap<_> = starts.collect();
    let mut part_of = BTreeMap::new();
    while let Some(Reverse((way, part, cell))) = front.pop() {
        if !is_free[cell] {
            continue;
        }
        is_free[cell] = false;
        part_of.insert(cell, part);
        for &next in &mesh.cells[cell].neighbours {
            if is_free[next] {
                front.push(Reverse((way + roughness[next], part, next)));
            }
        }
    }
    part_of
}

/// Squared distance of two cells, in quarters of a cell's width.
fn distance(mesh: &Mesh, a: usize, b: usize) -> i64 {
    square(across(mesh, a) - across(mesh, b), up(mesh, a) - up(mesh, b))
}

fn square(x: i64, y: i64) -> i64 {
    x * x + y * y
}

/// Quarters of a cell's width from the west.
fn across(mesh: &Mesh, cell: usize) -> i64 {
    let cell = &mesh.cells[cell];
    4 * cell.column + 2 * (cell.row % 2)
}

/// The same unit from the south: rows stand 0.866 of a width apart.
fn up(mesh: &Mesh, cell: usize) -> i64 {
    mesh.cells[cell].row * 7 / 2
}
