//! Figures that trace (指标): exact values, query in words, the steps that count, one digest.
//!
//! Invariants: nothing here reads a store; what a figure is told as follows from its exact value
//! and its own rules; the same value, question and records give the same digest.

mod digest;
mod exact;
mod period;
mod side;
mod tally;
mod thing;
mod value;
mod words;

pub use digest::{FORM, Sealing};
pub use exact::{Exact, NO_VALUE, PLACES_MAX, rounded, written};
pub use period::{
    CAMPAIGNS_MAX, Cut, Cycles, MONTH_FROM_MAX, PERIOD_DAYS_MAX, Period, read_campaigns,
    read_month_from, today,
};
pub use side::{Side, sides};
pub use tally::{Counting, Step, Tally, TallyKind, steps};
pub(crate) use thing::adds_up;
pub use thing::{InUnit, Thing, like, thing, told};
pub(crate) use value::is_percent;
pub use value::{Published, Unworded, holds_in_words, in_words, published, told_as, value};
pub use words::{Question, noun, query};
