//! What depends on the rules alone, made once for each revision of them: the whole realm as a map,
//! which every phone asks for.
//!
//! Invariant: what is handed out was made from the rules that it is asked for with.

use bihuan_core::matter::Rules;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Things that are kept at once; when there are more, all are made anew.
const KEPT_MAX: usize = 64;

/// What was made, by the revision of the rules.
#[derive(Debug, Default)]
pub struct Made {
    kept: Mutex<(u64, BTreeMap<String, Bytes>)>,
}

impl Made {
    /// What goes by this name, made if need be.
    #[must_use]
    pub fn of(&self, rules: &Rules, name: &str, make: impl FnOnce(&Rules) -> Bytes) -> Bytes {
        let find = |kept: &(u64, BTreeMap<String, Bytes>)| {
            (kept.0 == rules.rev).then(|| kept.1.get(name).cloned()).flatten()
        };
        let found = find(&self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(bytes) = found {
            return bytes;
        }
        let bytes = make(rules);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != rules.rev || kept.1.len() >= KEPT_MAX {
            *kept = (rules.rev, BTreeMap::new());
        }
        kept.1.insert(name.to_owned(), bytes.clone());
        bytes
    }
}
