//! The tree against published vectors, a naive implementation and forgers.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Leaves of the certificate-transparency reference implementation.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Roots over the first 0 to 8 of them.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const SECOND_LEAF: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const THIRD_PAIR: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const SECOND_PAIR: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const FIFTH_LEAF: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const FIFTH_AND_SIXTH: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const RIGHT_HALF: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hash(hex: &str) -> Hash {
    bytes(hex).try_into().unwrap()
}

/// A store that keeps leaf hashes and the reported tiles, and nothing else.
#[derive(Default)]
struct Kept {
    frontier: Frontier,
    rows: BTreeMap<(u32, u64), Hash>,
}

impl Kept {
    fn of(leaves: impl IntoIterator<Item = Hash>) -> Kept {
        let mut kept = Kept::default();
        for leaf in leaves {
            kept.rows.insert((0, kept.frontier.size()), leaf);
            for tile in kept.frontier.push(leaf).unwrap() {
                assert!(kept.rows.insert((tile.level, tile.index), tile.hash).is_none());
            }
        }
        kept
    }
}

impl Source for Kept {
    type Error = Infallible;

    fn row(&mut self, level: u32, nodes: Range<u64>) -> Result<Vec<Hash>, Infallible> {
        assert!(level.is_multiple_of(TILE_LEVELS) && nodes.end - nodes.start <= 128);
        Ok(nodes.map_while(|index| self.rows.get(&(level, index)).copied()).collect())
    }
}

fn reference() -> Kept {
    Kept::of(LEAVES.iter().map(|leaf| leaf_hash(&bytes(leaf))))
}

fn numbered(size: u64) -> Vec<Hash> {
    (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

/// Straight from the text of RFC 6962, section 2.1.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn naive_split(size: usize) -> usize {
    let mut split = 1;
    while split * 2 < size {
        split *= 2;
    }
    split
}

/// Section 2.1.1, `PATH(m, D[n])`.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, sibling) = if index < split {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - split, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// Section 2.1.2, `SUBPROOF(m, D[n], b)`.
fn naive_subproof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut proof, sibling) = if old <= split {
        (naive_subproof(old, left, known), naive_root(right))
    } else {
        (naive_subproof(old - split, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

#[test]
fn roots_are_those_of_the_reference_implementation() {
    let leaves: Vec<Hash> = LEAVES.iter().map(|leaf| leaf_hash(&bytes(leaf))).collect();
    for (size, want) in ROOTS.iter().enumerate() {
        assert_eq!(root(&leaves[..size]), hash(want), "{size} leaves");
    }
    assert_eq!(Frontier::default().root(), empty_root());
}

#[test]
fn inclusion_proofs_are_those_of_the_reference_implementation() {
    let vectors: [(u64, u64, &[&str]); 7] = [
        (0, 1, &[]),
        (0, 2, &[SECOND_LEAF]),
        (1, 2, &[ROOTS[1]]),
        (2, 3, &[ROOTS[2]]),
        (1, 5, &[ROOTS[1], SECOND_PAIR, FIFTH_LEAF]),
        (0, 8, &[SECOND_LEAF, SECOND_PAIR, RIGHT_HALF]),
        (5, 8, &[FIFTH_LEAF, THIRD_PAIR, ROOTS[4]]),
    ];
    let mut kept = reference();
    for (index, size, want) in vectors {
        let want: Vec<Hash> = want.iter().map(|it| hash(it)).collect();
        assert_eq!(inclusion_proof(index, size, &mut kept).unwrap(), want);
        let leaf = leaf_hash(&bytes(LEAVES[index as usize]));
        let root = hash(ROOTS[size as usize]);
        assert!(verify_inclusion(&leaf, index, size, &want, &root), "{index} of {size}");
    }
    assert_eq!(inclusion_proof(8, 8, &mut kept), Err(ProofError::Range(8, 8)));
    assert_eq!(
        inclusion_proof(0, 9, &mut kept),
        Err(ProofError::Missing { level: 0, index: 8 }),
        "a size the record has not reached"
    );
}

#[test]
fn consistency_proofs_are_those_of_the_reference_implementation() {
    let vectors: [(u64, u64, &[&str]); 5] = [
        (1, 1, &[]),
        (1, 8, &[SECOND_LEAF, SECOND_PAIR, RIGHT_HALF]),
        (2, 5, &[SECOND_PAIR, FIFTH_LEAF]),
        (2, 8, &[SECOND_PAIR, RIGHT_HALF]),
        (6, 8, &[FIFTH_AND_SIXTH, THIRD_PAIR, ROOTS[4]]),
    ];
    let mut kept = reference();
    for (old, new, want) in vectors {
        let want: Vec<Hash> = want.iter().map(|it| hash(it)).collect();
        assert_eq!(consistency_proof(old, new, &mut kept).unwrap(), want);
        let (old_root, new_root) = (hash(ROOTS[old as usize]), hash(ROOTS[new as usize]));
        assert!(verify_consistency(old, new, &old_root, &new_root, &want), "{old} in {new}");
    }
    assert_eq!(consistency_proof(8, 7, &mut kept), Err(ProofError::Range(8, 7)));
}

#[test]
fn every_inclusion_up_to_64_agrees_with_the_text_and_no_other_claim_passes() {
    let leaves = numbered(64);
    let mut kept = Kept::of(leaves.iter().copied());
    for size in 1..=64 {
        let root = naive_root(&leaves[..size]);
        assert_eq!(super::root(&leaves[..size]), root);
        for index in 0..size {
            let proof = inclusion_proof(index as u64, size as u64, &mut kept).unwrap();
            assert_eq!(proof, naive_path(index, &leaves[..size]));
            for (claimed, leaf) in leaves.iter().enumerate() {
                let passes = verify_inclusion(leaf, claimed as u64, size as u64, &proof, &root);
                assert_eq!(passes, claimed == index, "{claimed} with the proof of {index}");
            }
            for bad in mutations(&proof) {
                assert!(!verify_inclusion(&leaves[index], index as u64, size as u64, &bad, &root));
            }
        }
    }
}

#[test]
fn every_consistency_up_to_64_agrees_with_the_text_and_no_forged_root_passes() {
    let leaves = numbered(64);
    let mut kept = Kept::of(leaves.iter().copied());
    for new in 0..=64 {
        let new_root = naive_root(&leaves[..new]);
        for old in 0..=new {
            let old_root = naive_root(&leaves[..old]);
            let proof = consistency_proof(old as u64, new as u64, &mut kept).unwrap();
            let want = match old {
                0 => Vec::new(),
                _ => naive_subproof(old, &leaves[..new], true),
            };
            assert_eq!(proof, want);
            let verify = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                verify_consistency(old as u64, new as u64, old_root, new_root, proof)
            };
            assert!(verify(&old_root, &new_root, &proof), "{old} in {new}");
            assert!(!verify(&[7; 32], &new_root, &proof), "a forged older root");
            if old > 0 {
                assert!(!verify(&old_root, &[7; 32], &proof), "a forged newer root");
            }
            for bad in mutations(&proof) {
                assert!(!verify(&old_root, &new_root, &bad));
            }
        }
    }
}

/// Each hash with one bit turned, one hash less at either end, one more at either end, two swapped.
fn mutations(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut bad = vec![[proof, &[[0; 32]]].concat(), [&[[0; 32]], proof].concat()];
    for at in 0..proof.len() {
        let mut turned = proof.to_vec();
        turned[at][at % 32] ^= 0x10;
        bad.push(turned);
    }
    if let [_, rest @ ..] = proof {
        bad.push(rest.to_vec());
        bad.push(proof[..proof.len() - 1].to_vec());
    }
    if proof.len() > 1 {
        let mut swapped = proof.to_vec();
        swapped.swap(0, 1);
        bad.push(swapped);
    }
    bad
}

#[test]
fn a_record_of_seventy_thousand_is_proved_from_leaves_and_tiles_alone() {
    let leaves = numbered(70_000);
    let mut kept = Kept::of(leaves.iter().copied());
    let tiles: Vec<_> = kept.rows.keys().filter(|(level, _)| *level > 0).collect();
    assert_eq!(tiles.len(), 273 + 1, "256 leaves 273 times, 65,536 leaves once");
    let root = kept.frontier.root();
    for index in [0, 255, 256, 65_535, 65_536, 69_999] {
        let proof = inclusion_proof(index, 70_000, &mut kept).unwrap();
        assert!(verify_inclusion(&leaves[index as usize], index, 70_000, &proof, &root));
    }
    for old in [1, 255, 256, 257, 65_536, 65_537, 69_999] {
        let proof = consistency_proof(old, 70_000, &mut kept).unwrap();
        let old_root = super::root(&leaves[..old as usize]);
        assert!(verify_consistency(old, 70_000, &old_root, &root, &proof));
        let mut rewritten = leaves[..old as usize].to_vec();
        rewritten[0] = leaf_hash(b"history as somebody would like it");
        let forged = super::root(&rewritten);
        assert!(!verify_consistency(old, 70_000, &forged, &root, &proof));
    }
    kept.rows.remove(&(16, 0));
    assert_eq!(
        inclusion_proof(69_999, 70_000, &mut kept),
        Err(ProofError::Missing { level: 16, index: 0 })
    );
}

#[test]
fn a_stored_frontier_goes_on_where_it_stopped_and_a_torn_one_is_refused() {
    let leaves = numbered(300);
    let mut frontier = Frontier::default();
    for (size, leaf) in leaves.iter().enumerate() {
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes).unwrap(), frontier);
        for torn in [&bytes[1..], &bytes[..bytes.len() - 1], &[&bytes[..], &[0; 32]].concat()] {
            assert!(Frontier::from_bytes(torn).is_err(), "{size}");
        }
        frontier = Frontier::from_bytes(&bytes).unwrap();
        frontier.push(*leaf).unwrap();
    }
    assert_eq!(frontier.root(), naive_root(&leaves));
}

#[test]
fn a_full_tree_takes_no_more_and_stays_as_it_is() {
    let mut bytes = u64::MAX.to_be_bytes().to_vec();
    bytes.extend([0x5a; 64 * 32]);
    let mut frontier = Frontier::from_bytes(&bytes).unwrap();
    assert_eq!(frontier.push([0; 32]), Err(MerkleError::Full));
    assert_eq!(frontier.to_bytes(), bytes);
    let root = frontier.root();
    assert!(!verify_inclusion(&[0; 32], u64::MAX - 1, u64::MAX, &[[0; 32]; 64], &root));
    assert!(!verify_consistency(u64::MAX - 1, u64::MAX, &[0; 32], &root, &[[0; 32]; 64]));
}

proptest! {
    #[test]
    fn no_input_makes_a_verifier_or_a_prover_panic(
        a in any::<u64>(),
        b in any::<u64>(),
        level in 0..100_u32,
        proof in proptest::collection::vec(any::<Hash>(), 0..70),
        root in any::<Hash>(),
    ) {
        prop_assert!(!verify_inclusion(&root, a, b, &proof, &empty_root()));
        prop_assert!(!verify_consistency(a, b, &root, &empty_root(), &proof) || a == b);
        let mut kept = Kept::of(numbered(3));
        let _ = inclusion_proof(a, b, &mut kept);
        let _ = consistency_proof(a, b, &mut kept);
        let _ = node(&mut kept, level, a);
        let _ = Frontier::from_bytes(proof.as_flattened());
    }
}
