//! The statement of a unit (对账单): what stood, what moved, what stands.

use serde::Serialize;

/// What an account began a period with, each line of it, and what it ended with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement<T> {
    /// Fen before the first line.
    pub opening_fen: i64,
    /// The lines, each with what stood after it.
    pub lines: Vec<(T, i64)>,
    /// Fen after the last line.
    pub closing_fen: i64,
}

impl<T> Statement<T> {
    /// The statement of lines in order; `fen` tells what each moves.
    pub fn of(opening_fen: i64, lines: Vec<T>, fen: impl Fn(&T) -> i64) -> Statement<T> {
        let mut stands = opening_fen;
        let lines = lines.into_iter().map(|it| {
            stands += fen(&it);
            (it, stands)
        });
        let lines: Vec<(T, i64)> = lines.collect();
        Statement { opening_fen, lines, closing_fen: stands }
    }
}
