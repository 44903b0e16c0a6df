//! One digest of an answer: what was asked, what came out, and every record behind it.
//!
//! The canonical form is lines of UTF-8, each ended by a line feed, hashed by SHA-256 as they come;
//! whoever has the answer and the list of its records can write them anew in any language:
//!
//! ```text
//! bihuan figure 1
//! figure FIGURE
//! pack PACK REVISION
//! period FROM_MS TO_MS
//! group DIMENSION KEY        (or `group -`)
//! as_of SEQ
//! value WORD NUMBER…         (as the exact value has them)
//! side NAME FROM_MS TO_MS
//! SEQ ID CONTRIBUTION        (each record of the side, by the number of its entry, then its id)
//! ```

use super::exact::Exact;
use super::period::Period;
use super::words::Question;
use crate::content::hex;
use sha2::{Digest, Sha256};

/// The first line of the canonical form; another form has another.
pub const FORM: &str = "bihuan figure 1";

/// A digest on its way.
#[derive(Clone, Debug)]
pub struct Sealing(Sha256);

impl Sealing {
    /// Begins with what was asked and what came out.
    #[must_use]
    pub fn begin(question: &Question<'_>, figure: &str, value: &Exact) -> Sealing {
        let mut sealing = Sealing(Sha256::new());
        let Question { pack, period, as_of, .. } = question;
        sealing.line(FORM);
        sealing.line(&format!("figure {figure}"));
        sealing.line(&format!("pack {} {}", pack.id, pack.rev));
        sealing.line(&format!("period {} {}", period.from.0, period.to.0));
        match question.group {
            None => sealing.line("group -"),
            Some((by, key, _)) => sealing.line(&format!("group {by} {key}")),
        }
        sealing.line(&format!("as_of {as_of}"));
        sealing.line(&match value {
            Exact::Nothing => "value nothing".to_owned(),
            Exact::Whole(it) => format!("value whole {it}"),
            Exact::Ratio { over, under } => format!("value ratio {over} {under}"),
            Exact::Difference { over, under, base_over, base_under } => {
                format!("value difference {over} {under} {base_over} {base_under}")
            }
        });
        sealing
    }

    /// The records of a side follow.
    pub fn side(&mut self, name: &str, period: &Period) {
        self.line(&format!("side {name} {} {}", period.from.0, period.to.0));
    }

    /// A record: the number of its entry, its id, and what it adds.
    pub fn record(&mut self, seq: u64, id: &str, contribution: i64) {
        self.line(&format!("{seq} {id} {contribution}"));
    }

    /// The digest, 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn done(self) -> String {
        hex(&self.0.finalize())
    }

    fn line(&mut self, line: &str) {
        self.0.update(line.as_bytes());
        self.0.update(b"\n");
    }
}
