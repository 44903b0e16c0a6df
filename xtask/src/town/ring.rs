//! Outlines of sets of cells.

use super::mesh::{Mesh, Vertex};
use std::collections::{BTreeMap, BTreeSet};

/// The outline of `cells` as one closed ring, anticlockwise, the first vertex repeated at the end.
///
/// `None` when the set is empty, in several pieces, or has a hole.
pub(super) fn outline(mesh: &Mesh, cells: &[usize]) -> Option<Vec<Vertex>> {
    let edges: BTreeSet<(usize, usize)> =
        cells.iter().flat_map(|&it| mesh.cells[it].edges()).collect();
    // An edge that is not walked back by a cell of the set lies on the outline.
    let next: BTreeMap<usize, usize> =
        edges.iter().filter(|&&(from, to)| !edges.contains(&(to, from))).copied().collect();
    let start = *next.keys().next()?;
    let mut ring = vec![start];
    let mut at = next[&start];
    while at != start {
        ring.push(at);
        at = *next.get(&at)?;
    }
    if ring.len() != next.len() {
        return None;
    }
    ring.push(start);
    Some(ring.into_iter().map(|it| mesh.vertices[it]).collect())
}
