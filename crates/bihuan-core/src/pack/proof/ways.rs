//! The stages as a graph: which ways lead where.

use crate::pack::{Meaning, Move, Pack};

/// A way from one stage to another: a move, or a merge into another matter.
#[derive(Clone, Copy)]
pub(super) struct Way<'p> {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The move and its position in the stage; `None` is a merge.
    pub(super) made: Option<(usize, &'p Move)>,
}

impl Way<'_> {
    /// The path of the move, or of the stage for a merge.
    pub(super) fn path(&self) -> String {
        match self.made {
            Some((no, _)) => format!("stage.{}.move.{no}", self.from),
            None => format!("stage.{}.allow.merge", self.from),
        }
    }

    pub(super) fn is_acceptance(&self) -> bool {
        self.made.is_some_and(|(_, it)| it.act.is_acceptance())
    }

    pub(super) fn is_limited(&self) -> bool {
        self.made.is_some_and(|(_, it)| it.at_most.is_some())
    }
}

/// All ways of a pack; stages are numbered as in the file.
pub(super) struct Ways<'p> {
    pub(super) pack: &'p Pack,
    /// The stage in which a matter opens.
    pub(super) start: Option<usize>,
    pub(super) ways: Vec<Way<'p>>,
    from: Vec<Vec<usize>>,
}

impl<'p> Ways<'p> {
    pub(super) fn of(pack: &'p Pack) -> Ways<'p> {
        let number = |id: &crate::id::StageId| pack.stages.iter().position(|it| it.id == *id);
        let merged = pack.stages.iter().position(|it| it.is == Meaning::Merged);
        let mut ways = Vec::new();
        for (from, stage) in pack.stages.iter().enumerate() {
            let moves = stage.moves.iter().enumerate();
            ways.extend(moves.filter_map(|(no, made)| {
                Some(Way { from, to: number(&made.to)?, made: Some((no, made)) })
            }));
            if let Some(to) = merged.filter(|_| !stage.allow.merge.is_empty()) {
                ways.push(Way { from, to, made: None });
            }
        }
        let mut from = vec![Vec::new(); pack.stages.len()];
        for (no, way) in ways.iter().enumerate() {
            from[way.from].push(no);
        }
        let start = pack.stages.iter().position(|it| it.is == Meaning::Opened);
        Ways { pack, start, ways, from }
    }

    pub(super) fn leaving(&self, stage: usize) -> impl Iterator<Item = &Way<'p>> {
        self.from[stage].iter().map(|it| &self.ways[*it])
    }

    /// The stages that can be reached from `starts` by ways that `takes` admits, with `starts`.
    pub(super) fn reach(
        &self,
        starts: impl Iterator<Item = usize>,
        takes: impl Fn(&Way<'p>) -> bool,
    ) -> Vec<bool> {
        let mut reached = vec![false; self.pack.stages.len()];
        let mut next: Vec<usize> = starts.collect();
        while let Some(stage) = next.pop() {
            if !std::mem::replace(&mut reached[stage], true) {
                next.extend(self.leaving(stage).filter(|it| takes(it)).map(|it| it.to));
            }
        }
        reached
    }

    /// The stages from which one of those that `ends` admits can be reached, with these.
    pub(super) fn reach_back(&self, ends: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut reached: Vec<bool> = (0..self.pack.stages.len()).map(ends).collect();
        let mut into = vec![Vec::new(); reached.len()];
        for way in &self.ways {
            into[way.to].push(way.from);
        }
        let all = reached.iter().enumerate();
        let mut next: Vec<usize> = all.filter(|(_, it)| **it).map(|(no, _)| no).collect();
        while let Some(stage) = next.pop() {
            for from in &into[stage] {
                if !std::mem::replace(&mut reached[*from], true) {
                    next.push(*from);
                }
            }
        }
        reached
    }
}
