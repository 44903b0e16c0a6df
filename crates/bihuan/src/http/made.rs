//! What depends on the rules alone, made once for each revision of them: the whole realm as a map,
//! which every phone asks for.
//!
//! Invariants: what is handed out was made from the revision that it is asked for with; so little
//! is kept that no asker fills the memory.

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
    /// What goes by this name at a revision of the rules, made if need be.
    #[must_use]
    pub fn of(&self, rev: u64, name: &str, make: impl FnOnce() -> Bytes) -> Bytes {
        let find = |kept: &(u64, BTreeMap<String, Bytes>)| {
            (kept.0 == rev).then(|| kept.1.get(name).cloned()).flatten()
        };
        let found = find(&self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(bytes) = found {
            return bytes;
        }
        let bytes = make();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != rev || kept.1.len() >= KEPT_MAX {
            *kept = (rev, BTreeMap::new());
        }
        kept.1.insert(name.to_owned(), bytes.clone());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_thing_is_made_once_for_each_revision_and_few_are_kept() {
        let (made, count) = (Made::default(), Cell::new(0));
        let make = |text: &'static str| {
            count.set(count.get() + 1);
            Bytes::from_static(text.as_bytes())
        };
        assert_eq!(made.of(1, "map", || make("one")), "one");
        assert_eq!(made.of(1, "map", || make("other")), "one");
        assert_eq!(made.of(2, "map", || make("two")), "two", "the rules have changed");
        assert_eq!(count.get(), 2);
        for no in 0..KEPT_MAX {
            let _ = made.of(2, &no.to_string(), || make("more"));
        }
        assert!(made.kept.lock().unwrap().1.len() <= KEPT_MAX);
        assert_eq!(made.of(2, "map", || make("again")), "again");
    }
}
