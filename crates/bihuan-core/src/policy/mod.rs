//! Who may see and do what: one answer for a row, a list, a search, a count, a tile, an export, a
//! file and the event stream.
//!
//! Invariants: [`sight`] and [`scope`] say the same of every matter: a matter is in the scope of a
//! viewer just where the sight of it is not [`Sight::Nothing`]; whatever is not granted is denied;
//! of a sealed pack only those on the case see anything; administrators see no matters by their
//! office. No I/O: the moment is the viewer's, the store turns a [`Scope`] into clauses.

mod action;
mod assign;
mod call;
mod condition;
mod link;
mod part;
mod redact;
mod scope;
mod seal;
mod sight;
mod viewer;

pub use action::{
    AUDIT_ADMINISTRATOR, Action, Denied, SECURITY_ADMINISTRATOR, SYSTEM_ADMINISTRATOR,
    is_administrative, may,
};
pub use assign::assignees;
pub use call::{Callee, NoCall, callees};
pub use condition::{Condition, Subtrees};
pub use link::{HIDDEN_MATTER, event_links, hide_links, links};
pub use part::{Part, shows_file, shows_person};
pub use redact::{HIDDEN, redact, redact_entry, shown_texts};
pub use scope::{PackRevs, Packs, Scope, Sector, coarse_m, map_scope, scope};
pub use seal::{count_min, shared_offices};
pub use sight::{Sight, compartment, is_published, publishes, sight};
pub use viewer::{Standpoint, Viewer};
