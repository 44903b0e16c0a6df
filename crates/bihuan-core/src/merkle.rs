//! The tree over the record: a hash tree after RFC 6962, section 2.1, with SHA-256.
//!
//! Every event is one leaf, so one root of 32 bytes pins the whole record, an inclusion proof
//! shows that an event is in it, and a consistency proof shows that nothing older was changed.
//!
//! Invariants: the writer needs only the [`Frontier`]; a proof needs only the leaf hashes and the
//! [`Tile`]s that [`Frontier::push`] reported; verifying needs neither and never panics.

use sha2::{Digest, Sha256};
use std::ops::Range;
use thiserror::Error;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Only nodes at multiples of this level are kept: roots of 256, 65,536, … leaves.
pub const TILE_LEVELS: u32 = 8;

/// The hash of a leaf, `SHA-256(0x00 ‖ bytes)`.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(bytes).finalize().into()
}

/// The hash of an inner node, `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree without leaves, `SHA-256("")`.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over leaf hashes, in order.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf).expect("a slice is shorter than 2^64");
    }
    frontier.root()
}

/// The root of a complete subtree of `2^level` leaves, the `index`-th of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// A multiple of [`TILE_LEVELS`], at least one.
    pub level: u32,
    /// Counted from the left, from 0.
    pub index: u64,
    /// Root of the subtree.
    pub hash: Hash,
}

/// What went wrong with a tree or a proof.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MerkleError {
    /// The stored frontier is not `8 + 32 × peaks` bytes.
    #[error("the stored frontier has {0} bytes, which fits no tree size")]
    Frontier(usize),
    /// The tree holds `u64::MAX` leaves.
    #[error("the tree is full")]
    Full,
}

/// The right edge of a growing tree: all that is needed to append and to give the root.
///
/// One peak for each complete subtree, largest first: as many as `size` has bits set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash; answers the tiles it completed, lowest first (mostly none).
    ///
    /// # Errors
    /// [`MerkleError::Full`] at `u64::MAX` leaves; the frontier is unchanged.
    pub fn push(&mut self, leaf: Hash) -> Result<Vec<Tile>, MerkleError> {
        let size = self.size.checked_add(1).ok_or(MerkleError::Full)?;
        let mut hash = leaf;
        let mut tiles = Vec::new();
        for level in 1..=size.trailing_zeros() {
            let left = self.peaks.pop().expect("one peak for each bit of the size");
            hash = node_hash(&left, &hash);
            if level % TILE_LEVELS == 0 {
                tiles.push(Tile { level, index: (size >> level) - 1, hash });
            }
        }
        self.peaks.push(hash);
        self.size = size;
        Ok(tiles)
    }

    /// The root over all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_right(&self.peaks).unwrap_or_else(empty_root)
    }

    /// `size` as 8 bytes, big end first, then the peaks.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.size.to_be_bytes()[..], self.peaks.as_flattened()].concat()
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`MerkleError::Frontier`] when the length does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Frontier, MerkleError> {
        let wrong = MerkleError::Frontier(bytes.len());
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(wrong.clone())?;
        let size = u64::from_be_bytes(*size);
        let (peaks, tail) = rest.as_chunks::<32>();
        if !tail.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(wrong);
        }
        Ok(Frontier { size, peaks: peaks.to_vec() })
    }
}

/// Where a proof finds the hashes that a store kept.
pub trait Source {
    /// What the store may answer instead.
    type Error;

    /// The hashes of `nodes` at `level`, in order: leaf hashes at level 0, tiles above.
    ///
    /// `level` is a multiple of [`TILE_LEVELS`] and at most 2^7 nodes are asked for at once.
    /// A shorter answer means that the rest is missing.
    ///
    /// # Errors
    /// The store's own.
    fn row(&mut self, level: u32, nodes: Range<u64>) -> Result<Vec<Hash>, Self::Error>;
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofError<E> {
    /// No such leaf, or the older tree is the larger one.
    #[error("{0} lies outside a tree of {1} leaves")]
    Range(u64, u64),
    /// A leaf or a tile that the record should have is not there.
    #[error("the record lacks node {index} of level {level}")]
    Missing {
        /// Level of the node.
        level: u32,
        /// Index within the level.
        index: u64,
    },
    /// The store failed.
    #[error("reading the tree")]
    Source(#[source] E),
}

/// The root of any complete subtree, from leaves and tiles.
///
/// # Errors
/// [`ProofError::Missing`] where the source has a gap, or its own error.
pub fn node<S: Source>(
    source: &mut S,
    level: u32,
    index: u64,
) -> Result<Hash, ProofError<S::Error>> {
    let missing = ProofError::Missing { level, index };
    let (base, height) = (level - level % TILE_LEVELS, level % TILE_LEVELS);
    let width = 1_u64 << height;
    let Some(from) = index.checked_mul(width) else { return Err(missing) };
    let Some(to) = from.checked_add(width) else { return Err(missing) };
    let mut row = source.row(base, from..to).map_err(ProofError::Source)?;
    if row.len() as u64 != width {
        return Err(ProofError::Missing {
            level: base,
            index: from.saturating_add(row.len() as u64),
        });
    }
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row.pop().ok_or(missing)
}

/// The root over the first `size` leaves.
///
/// # Errors
/// As [`node`].
pub fn root_of<S: Source>(size: u64, source: &mut S) -> Result<Hash, ProofError<S::Error>> {
    range_root(source, 0..size)
}

/// The hashes that lead from leaf `index` to the root over the first `size` leaves, lowest first
/// (RFC 6962, section 2.1.1).
///
/// # Errors
/// [`ProofError::Range`] when the tree has no such leaf, else as [`node`].
pub fn inclusion_proof<S: Source>(
    index: u64,
    size: u64,
    source: &mut S,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if index >= size {
        return Err(ProofError::Range(index, size));
    }
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range_root(source, middle..to)?);
            to = middle;
        } else {
            proof.push(range_root(source, from..middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The hashes that show the first `old` leaves of a tree of `new` to be unchanged
/// (RFC 6962, section 2.1.2); empty when `old` is 0 or `new`.
///
/// # Errors
/// [`ProofError::Range`] when `old > new`, else as [`node`].
pub fn consistency_proof<S: Source>(
    old: u64,
    new: u64,
    source: &mut S,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if old > new {
        return Err(ProofError::Range(old, new));
    }
    let mut proof = Vec::new();
    if old == 0 {
        return Ok(proof);
    }
    let (mut from, mut to) = (0, new);
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(range_root(source, middle..to)?);
            to = middle;
        } else {
            proof.push(range_root(source, from..middle)?);
            from = middle;
        }
    }
    // From the left edge the verifier already has this subtree: it is the older root.
    if from != 0 {
        proof.push(range_root(source, from..to)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether `leaf` (a leaf hash) is number `index` of the `size` leaves under `root`.
///
/// Strict: a proof of another length is refused (RFC 9162, section 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            skip_left_edge(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree of `new` leaves under `new_root` begins with the `old` under `old_root`.
///
/// Strict: a proof of another length is refused (RFC 9162, section 2.1.4.2).
/// An empty older tree is consistent with any, provided its root is [`empty_root`].
#[must_use]
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root && (old != 0 || *old_root == empty_root());
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    let (first, rest) = match proof.split_first() {
        Some(_) if old.is_power_of_two() => (old_root, proof),
        Some(parts) => parts,
        None => return false,
    };
    let (mut node, mut last) = (old - 1, new - 1);
    let levels = node.trailing_ones();
    node >>= levels;
    last >>= levels;
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_left_edge(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// Climbs the levels at which a node on the right edge has no sibling.
fn skip_left_edge(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The hash over the leaves of `range`, which begins where a subtree of its size would.
fn range_root<S: Source>(source: &mut S, range: Range<u64>) -> Result<Hash, ProofError<S::Error>> {
    let mut peaks = Vec::new();
    let mut from = range.start;
    while from < range.end {
        let level = (range.end - from).ilog2();
        peaks.push(node(source, level, from >> level)?);
        from += 1 << level;
    }
    Ok(fold_right(&peaks).unwrap_or_else(empty_root))
}

/// Joins peaks, largest first, into one root.
fn fold_right(peaks: &[Hash]) -> Option<Hash> {
    let (last, rest) = peaks.split_last()?;
    Some(rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)))
}

#[cfg(test)]
#[path = "merkle_tests.rs"]
mod tests;
