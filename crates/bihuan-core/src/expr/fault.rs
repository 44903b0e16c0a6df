//! What is wrong with an expression, and where.

use crate::text::Text;
use serde::Serialize;

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable code, such as `unknown_name`.
    pub code: &'static str,
    /// Character from 1 at which it stands.
    pub column: u32,
    /// What to do.
    pub what: Text,
}

impl Fault {
    pub(crate) fn new(
        code: &'static str,
        column: u32,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Fault {
        Fault { code, column, what: Text::new(zh, en) }
    }

    /// Whether the expression could not even be read.
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        let codes = ["empty", "too_long", "syntax", "number_too_large", "too_deep", "too_large"];
        codes.contains(&self.code)
    }
}
