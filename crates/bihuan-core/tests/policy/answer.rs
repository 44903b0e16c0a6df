//! The policy answers every cell as the reviewed table does.

use crate::cells::compare;
use crate::oracle::Oracle;
use bihuan_core::story::chance::Chance;

/// Fewer cells would leave something out.
const CELLS_MIN: usize = 80_000;

#[test]
fn the_policy_answers_every_cell_as_the_table_does() {
    let compared = compare(&Oracle::read(), None);
    let few: Vec<_> = compared.wrong.iter().take(20).collect();
    assert!(few.is_empty(), "{} cells: {few:#?}", compared.wrong.len());
    assert!(compared.cells >= CELLS_MIN, "{} cells", compared.cells);
    for (no, used) in compared.used.iter().enumerate() {
        assert!(*used > 0, "line {no} of the table decides nothing");
    }
    assert!(compared.answers.iter().all(|it| *it > 1_000), "{:?}", compared.answers);
}

#[test]
fn a_table_that_says_otherwise_in_one_cell_is_told_from_the_policy() {
    let oracle = Oracle::read();
    let cells = compare(&oracle, None).cells;
    let mut chance = Chance::new(3);
    for _ in 0..3 {
        let no = usize::try_from(chance.below(cells as u64)).unwrap();
        assert_eq!(compare(&oracle, Some(no)).wrong.len(), 1, "cell {no}");
    }
}
