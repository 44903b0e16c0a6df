//! The ground of the town: hexagons with jittered corners inside a ragged outline.
//!
//! Why hexagons: three meet at each corner, never four, so the outline of any connected set of
//! cells is made of simple rings and two areas can share a border but never just a corner.
//! Invariant: cells share their corners by index, so a border is the same vertices on both sides.

use super::random::Random;
use std::collections::BTreeMap;

/// A corner or a centre, in 1e-7 degrees of WGS-84.
pub(super) type Vertex = (i64, i64);

/// Columns of cells; one is about 139 m wide.
const COLUMNS: i64 = 87;
/// Rows of cells; one is about 120 m high.
const ROWS: i64 = 58;
/// Western and southern edge, in 1e-7 degrees.
const ORIGIN: Vertex = (1_130_000_000, 348_800_000);
/// Half the width of a cell and half its side: about 69 m and 40 m.
const STEP: Vertex = (7_590, 3_610);
/// Coordinates are whole multiples of this, so that six decimals are enough.
const UNIT_E7: i64 = 10;
/// How far the outline wanders inwards, in cells.
const MARGIN_MAX: i64 = 5;

/// Corners of a cell around its centre, anticlockwise, in steps.
const CORNERS: [Vertex; 6] = [(1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2)];

/// One hexagon.
pub(super) struct Cell {
    /// Column, from the west.
    pub(super) column: i64,
    /// Row, from the south.
    pub(super) row: i64,
    /// Corners, anticlockwise, as indexes of [`Mesh::vertices`].
    pub(super) corners: [usize; 6],
    /// Cells that share an edge.
    pub(super) neighbours: Vec<usize>,
}

/// All cells and their corners.
pub(super) struct Mesh {
    /// Corners.
    pub(super) vertices: Vec<Vertex>,
    /// Cells, row by row from the south, each from the west.
    pub(super) cells: Vec<Cell>,
}

impl Mesh {
    /// The ground of a seed.
    pub(super) fn new(random: &mut Random) -> Mesh {
        let mut ids = BTreeMap::new();
        let mut vertices = Vec::new();
        let mut cells = Vec::new();
        for (column, row) in land(random) {
            let (x, y) = (2 * column + row % 2, 3 * row);
            let corners = CORNERS.map(|(dx, dy)| {
                *ids.entry((x + dx, y + dy)).or_insert_with(|| {
                    vertices.push(jittered(x + dx, y + dy, random));
                    vertices.len() - 1
                })
            });
            cells.push(Cell { column, row, corners, neighbours: Vec::new() });
        }
        let mut mesh = Mesh { vertices, cells };
        mesh.link();
        mesh
    }

    /// Finds the neighbours: an edge that one cell walks forwards the other walks backwards.
    fn link(&mut self) {
        let mut by_edge = BTreeMap::new();
        for (index, cell) in self.cells.iter().enumerate() {
            for (from, to) in cell.edges() {
                by_edge.insert((from, to), index);
            }
        }
        for index in 0..self.cells.len() {
            let edges = self.cells[index].edges();
            let neighbours = edges.filter_map(|(from, to)| by_edge.get(&(to, from)).copied());
            self.cells[index].neighbours = neighbours.collect();
        }
    }

    /// The middle of a cell: inside it as long as [`Mesh::is_star`] holds.
    pub(super) fn middle(&self, cell: usize) -> Vertex {
        let corners = self.cells[cell].corners.map(|it| self.vertices[it]);
        let lon: i64 = corners.iter().map(|it| it.0).sum();
        let lat: i64 = corners.iter().map(|it| it.1).sum();
        (lon / 6 / UNIT_E7 * UNIT_E7, lat / 6 / UNIT_E7 * UNIT_E7)
    }

    /// Whether every edge is seen anticlockwise from the middle: then the cell is simple.
    pub(super) fn is_star(&self, cell: usize) -> bool {
        let middle = self.middle(cell);
        self.cells[cell]
            .edges()
            .all(|(from, to)| turn(middle, self.vertices[from], self.vertices[to]) > 0)
    }

    /// Draws the borders between areas out of their zigzag, as far as cells stay simple.
    pub(super) fn smooth(&mut self, area_of: &[usize], rounds: usize) {
        let around = self.cells_by_vertex();
        for _ in 0..rounds {
            let along = self.border_neighbours(area_of);
            for (&vertex, others) in &along {
                let before = self.vertices[vertex];
                let count = i64::try_from(others.len()).expect("at most three");
                let sum = others.iter().map(|&it| self.vertices[it]);
                let sum = sum.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
                let halfway = |own: i64, sum: i64| (own + sum / count) / 2 / UNIT_E7 * UNIT_E7;
                self.vertices[vertex] = (halfway(before.0, sum.0), halfway(before.1, sum.1));
                if !around[vertex].iter().all(|&cell| self.is_star(cell)) {
                    self.vertices[vertex] = before;
                }
            }
        }
    }

    /// For each corner on a border, its neighbours along borders.
    fn border_neighbours(&self, area_of: &[usize]) -> BTreeMap<usize, Vec<usize>> {
        let mut areas_of_edge: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (cell, area) in self.cells.iter().zip(area_of) {
            for (from, to) in cell.edges() {
                areas_of_edge.entry((from.min(to), from.max(to))).or_default().push(*area);
            }
        }
        let mut along: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for ((a, b), areas) in areas_of_edge {
            if areas.len() == 1 || areas[0] != areas[1] {
                along.entry(a).or_default().push(b);
                along.entry(b).or_default().push(a);
            }
        }
        along
    }

    fn cells_by_vertex(&self) -> Vec<Vec<usize>> {
        let mut around = vec![Vec::new(); self.vertices.len()];
        for (index, cell) in self.cells.iter().enumerate() {
            for corner in cell.corners {
                around[corner].push(index);
            }
        }
        around
    }
}

impl Cell {
    /// Edges, anticlockwise, as pairs of corners.
    pub(super) fn edges(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let corners = self.corners;
        (0..6).map(move |it| (corners[it], corners[(it + 1) % 6]))
    }
}

/// Twice the area of the triangle `a b c`, positive when anticlockwise.
pub(super) fn turn(a: Vertex, b: Vertex, c: Vertex) -> i64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// A corner at its place, moved by up to a quarter of a step.
fn jittered(x: i64, y: i64, random: &mut Random) -> Vertex {
    let mut moved = |step: i64| random.between(-step / 4, step / 4) / UNIT_E7 * UNIT_E7;
    (ORIGIN.0 + x * STEP.0 + moved(STEP.0), ORIGIN.1 + y * STEP.1 + moved(STEP.1))
}

/// Columns and rows of the cells inside the ragged outline, row by row.
fn land(random: &mut Random) -> Vec<(i64, i64)> {
    let south = margins(COLUMNS, random);
    let north = margins(COLUMNS, random);
    let west = margins(ROWS, random);
    let east = margins(ROWS, random);
    let at = |list: &[i64], it: i64| list[usize::try_from(it).expect("not negative")];
    let is_land = |column: i64, row: i64| {
        row >= at(&south, column)
            && row < ROWS - at(&north, column)
            && column >= at(&west, row)
            && column < COLUMNS - at(&east, row)
    };
    (0..ROWS)
        .flat_map(|row| (0..COLUMNS).map(move |column| (column, row)))
        .filter(|&(column, row)| is_land(column, row))
        .collect()
}

/// A margin that wanders by one cell at most.
fn margins(len: i64, random: &mut Random) -> Vec<i64> {
    let mut margin = random.between(1, MARGIN_MAX);
    let mut next = |_| {
        margin = (margin + random.between(-1, 1)).clamp(0, MARGIN_MAX);
        margin
    };
    (0..len).map(&mut next).collect()
}
