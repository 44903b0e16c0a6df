//! Proofs about the record that anybody can check who has one in a file: that an entry is in it,
//! and that an older record is the beginning of a newer one.
//!
//! Invariant: checking needs nothing but the file, and what it does not know it does not claim:
//! whether the root is the realm's own is for whoever holds a root that was told elsewhere.

use bihuan_core::content::hex;
use bihuan_core::merkle::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use bihuan_core::text::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most bytes of a proof in a file.
pub const PROOF_BYTES_MAX: usize = 1024 * 1024;
/// The tree: RFC 6962, section 2.1, with SHA-256; a leaf is hashed after a byte 0, a node after 1.
pub const TREE: &str = "rfc6962-sha256";

/// A proof about the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "proof", rename_all = "snake_case")]
pub enum RecordProof {
    /// An entry is in the record.
    Inclusion(InclusionProof),
    /// An older record is the beginning of a newer one.
    Consistency(ConsistencyProof),
}

/// That an entry is in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InclusionProof {
    /// The tree: `rfc6962-sha256`.
    #[schema(example = "rfc6962-sha256")]
    pub tree: String,
    /// Which leaf, counted from 0: the number of the entry less 1.
    pub index: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// Hash of the leaf, as 64 hexadecimal digits: SHA-256 of a byte 0 and the bytes of the entry.
    pub leaf: String,
    /// Hashes that lead to the root, lowest first (audit path).
    pub path: Vec<String>,
    /// The root.
    pub root: String,
    /// The bytes of the entry, which are text; only to those who see all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
}

/// That an older record is the beginning of a newer one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsistencyProof {
    /// The tree: `rfc6962-sha256`.
    #[schema(example = "rfc6962-sha256")]
    pub tree: String,
    /// The older record.
    pub from: TreeHead,
    /// The newer record.
    pub to: TreeHead,
    /// The proof, lowest first.
    pub path: Vec<String>,
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// Number of entries.
    pub size: u64,
    /// Root over them, as 64 hexadecimal digits.
    pub root: String,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// Of another tree than ours.
    #[error("the tree is not rfc6962-sha256")]
    Tree,
    /// Something that should be a hash is none.
    #[error("a hash is 64 hexadecimal digits")]
    Digits,
    /// The entry has another hash than the leaf.
    #[error("the entry does not have the hash of the leaf")]
    Entry,
    /// The path does not lead where it should.
    #[error("the path does not lead to the root")]
    Path,
    /// It proves something about another root.
    #[error("the proof is about another root than the one given")]
    Root,
}

impl ProofFault {
    /// A stable word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ProofFault::Tree => "other_tree",
            ProofFault::Digits => "no_hash",
            ProofFault::Entry => "other_entry",
            ProofFault::Path => "wrong_path",
            ProofFault::Root => "other_root",
        }
    }

    /// The same in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        let zh = match self {
            ProofFault::Tree => "不是 rfc6962-sha256 树的证明",
            ProofFault::Digits => "摘要须为64位十六进制数字",
            ProofFault::Entry => "记录内容与叶摘要不符",
            ProofFault::Path => "路径推不出所称的根",
            ProofFault::Root => "证明所称的根与给定的根不同",
        };
        Text::new(zh, self.to_string())
    }
}

impl RecordProof {
    /// The newer root that it is about.
    #[must_use]
    pub fn root(&self) -> &str {
        match self {
            RecordProof::Inclusion(it) => &it.root,
            RecordProof::Consistency(it) => &it.to.root,
        }
    }

    /// Checks it, and that it is about a root where one is given.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn check(&self, root: Option<&str>) -> Result<(), ProofFault> {
        let holds = match self {
            RecordProof::Inclusion(it) => it.holds()?,
            RecordProof::Consistency(it) => it.holds()?,
        };
        if !holds {
            return Err(ProofFault::Path);
        }
        let is_other = |it: &str| hash(it).ok() != hash(self.root()).ok();
        if root.is_some_and(is_other) { Err(ProofFault::Root) } else { Ok(()) }
    }
}

impl InclusionProof {
    fn holds(&self) -> Result<bool, ProofFault> {
        check_tree(&self.tree)?;
        let (leaf, path, root) = (hash(&self.leaf)?, hashes(&self.path)?, hash(&self.root)?);
        if self.entry.as_ref().is_some_and(|it| leaf_hash(it.as_bytes()) != leaf) {
            return Err(ProofFault::Entry);
        }
        Ok(verify_inclusion(&leaf, self.index, self.size, &path, &root))
    }
}

impl ConsistencyProof {
    fn holds(&self) -> Result<bool, ProofFault> {
        check_tree(&self.tree)?;
        let (from, to) = (hash(&self.from.root)?, hash(&self.to.root)?);
        let path = hashes(&self.path)?;
        Ok(verify_consistency(self.from.size, self.to.size, &from, &to, &path))
    }
}

fn check_tree(tree: &str) -> Result<(), ProofFault> {
    if tree == TREE { Ok(()) } else { Err(ProofFault::Tree) }
}

fn hashes(texts: &[String]) -> Result<Vec<Hash>, ProofFault> {
    texts.iter().map(|it| hash(it)).collect()
}

fn hash(text: &str) -> Result<Hash, ProofFault> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Err(ProofFault::Digits);
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| ProofFault::Digits)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| ProofFault::Digits)?;
    }
    Ok(bytes)
}

/// Hashes as texts.
#[must_use]
pub fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|it| hex(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_core::merkle::{node_hash, root};

    fn inclusion() -> InclusionProof {
        let leaves = ["甲", "乙", "丙"].map(|it| leaf_hash(it.as_bytes()));
        InclusionProof {
            tree: TREE.to_owned(),
            index: 2,
            size: 3,
            leaf: hex(&leaves[2]),
            path: vec![hex(&node_hash(&leaves[0], &leaves[1]))],
            root: hex(&root(&leaves)),
            entry: Some("丙".into()),
        }
    }

    #[test]
    fn a_proof_holds_for_what_it_is_about_and_for_nothing_else() {
        let good = inclusion();
        let root = good.root.clone();
        let check = |it: InclusionProof| RecordProof::Inclusion(it).check(Some(&root));
        assert_eq!(check(good.clone()), Ok(()));
        assert_eq!(check(InclusionProof { entry: None, ..good.clone() }), Ok(()));
        for (bad, fault) in [
            (InclusionProof { entry: Some("丁".into()), ..good.clone() }, ProofFault::Entry),
            (InclusionProof { index: 1, ..good.clone() }, ProofFault::Path),
            (InclusionProof { size: 4, ..good.clone() }, ProofFault::Path),
            (InclusionProof { path: vec![], ..good.clone() }, ProofFault::Path),
            (InclusionProof { root: "zz".into(), ..good.clone() }, ProofFault::Digits),
            (InclusionProof { leaf: "é".repeat(32), ..good.clone() }, ProofFault::Digits),
            (InclusionProof { tree: "md5".into(), ..good.clone() }, ProofFault::Tree),
        ] {
            assert_eq!(check(bad.clone()), Err(fault), "{bad:?}");
        }
        let proof = RecordProof::Inclusion(good);
        assert_eq!(proof.check(Some(&"0".repeat(64))), Err(ProofFault::Root));
        assert_eq!(proof.check(Some(&root.to_uppercase())), Ok(()));
        let json = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<RecordProof>(&json).unwrap(), proof);
    }
}
