//! Texts in the two languages of the product.
//!
//! Invariant: every text that a pack or the engine shows has both; Chinese is the one of record.

use serde::{Deserialize, Serialize};

/// A language of the product.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Chinese, simplified; the language of record.
    #[default]
    Zh,
    /// English.
    En,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text from its two halves.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Text {
        Text { zh: zh.into(), en: en.into() }
    }

    /// The half in `lang`.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_both_halves_or_is_refused() {
        let text: Text = serde_json::from_str(r#"{"zh":"整改中","en":"Rectifying"}"#).unwrap();
        assert_eq!((text.get(Lang::Zh), text.get(Lang::En)), ("整改中", "Rectifying"));
        assert!(serde_json::from_str::<Text>(r#"{"zh":"整改中"}"#).is_err());
    }
}
