//! Where the rows behind a figure are: statements over steps, points and numbers of forms.

use super::{Ask, By};
use crate::db::Value;
use crate::filter::Clauses;
use crate::row::seq_value;
use bihuan_core::pack::{Counted, Origin, Scored, Sign, Stake};
use bihuan_core::policy::Scope;

/// Rows that a take counts, as a part of a statement.
pub(super) struct Rows {
    /// From where, with what holds of them.
    from: String,
    /// The value of a row.
    pub(super) value: &'static str,
    /// The unit for which it counts.
    unit: &'static str,
    /// What tells its matter from others.
    pub(super) matter: &'static str,
    /// Numbers of its entry, and of it in that entry.
    pub(super) seq: &'static str,
    pub(super) no: &'static str,
    /// The moment at which it counts.
    at: &'static str,
    pub(super) clauses: Clauses,
}

/// The column of a step by which figures are told apart.
pub(super) fn tally_column(by: By) -> &'static str {
    match by {
        By::Unit => "tally.unit",
        By::Place => "tally.place_unit",
        By::Class => "tally.class",
        By::Source => "tally.source",
    }
}

/// Holds steps to those of matters in a scope.
pub(super) fn seen(clauses: &mut Clauses, scope: &Scope) -> String {
    let before = clauses.parts.len();
    clauses.scope(scope);
    let parts = clauses.parts.split_off(before);
    match &parts[..] {
        [] => String::new(),
        parts => format!(
            "AND tally.first_seq IN (SELECT matter.first_seq FROM matter WHERE {})",
            parts.join(" AND ")
        ),
    }
}

impl Rows {
    /// The rows of an origin; `None` where it stands in the rules.
    pub(super) fn of(ask: &Ask<'_>, scope: &Scope, origin: &Origin) -> Option<Rows> {
        let mut clauses = Clauses::default();
        let (from, value, score) = match origin {
            Origin::Matters(counted) => {
                (steps(&mut clauses, ask, *counted, ""), "tally.took_ms", false)
            }
            Origin::Field { field, at } => {
                let field = clauses.bind(Value::Text(field.clone()));
                let seq = clauses.bind(seq_value(ask.as_of.seq));
                let measured = format!(
                    "JOIN matter AS owner ON owner.first_seq = tally.first_seq
                     JOIN measure ON measure.matter = owner.id AND measure.field = {field}
                       AND measure.from_seq <= {seq}
                       AND (measure.left_seq IS NULL OR measure.left_seq > {seq})"
                );
                (steps(&mut clauses, ask, *at, &measured), "measure.value", false)
            }
            Origin::Scored(scored) => {
                let value = match (scored.what, scored.sign) {
                    (Stake::Points, Sign::Deducted) => "-score.points_milli",
                    (Stake::Points, _) => "score.points_milli",
                    (Stake::Fen, Sign::Deducted) => "-score.fen",
                    (Stake::Fen, _) => "score.fen",
                };
                (scores(&mut clauses, ask, scored), value, true)
            }
            Origin::Register { .. } | Origin::Holders(_) | Origin::Param(_) => return None,
        };
        let seen = seen(&mut clauses, scope);
        let from = format!("{from} {seen}");
        Some(if score {
            Rows {
                from,
                value,
                unit: "score.unit",
                matter: "tally.first_seq",
                seq: "score.seq",
                no: "score.no",
                at: "score.at_ms",
                clauses,
            }
        } else {
            Rows {
                from,
                value,
                unit: "tally.unit",
                matter: "tally.first_seq",
                seq: "tally.from_seq",
                no: "CAST(0 AS BIGINT)",
                at: "tally.at_ms",
                clauses,
            }
        })
    }

    /// The column by which figures are told apart.
    pub(super) fn column(&self, by: By) -> &'static str {
        if by == By::Unit { self.unit } else { tally_column(by) }
    }

    /// A statement over the rows: what is read, what more holds, and what follows.
    pub(super) fn sql(&self, what: &str, also: &str, tail: &str) -> String {
        format!("SELECT {what} FROM {} {also} {tail}", self.from)
    }

    /// In the order of the moments at which they count.
    pub(super) fn order(&self) -> String {
        format!("ORDER BY {}, {}, {}", self.at, self.seq, self.no)
    }
}

/// Steps that a word of the vocabulary counts.
fn steps(clauses: &mut Clauses, ask: &Ask<'_>, counted: Counted, join: &str) -> String {
    let counting = counted.counting();
    let pack = clauses.bind(Value::Text(ask.pack.id.0.clone()));
    let kind = clauses.bind(Value::Text(counting.kind.word().to_owned()));
    let from = clauses.bind(Value::Int(ask.period.from.0));
    let to = clauses.bind(Value::Int(ask.period.to.0));
    let seq = clauses.bind(seq_value(ask.as_of.seq));
    let mut sql = format!(
        "tally {join}
         WHERE tally.pack = {pack} AND tally.kind = {kind}
           AND tally.at_ms >= {from} AND tally.at_ms < {to} AND tally.from_seq <= {seq}"
    );
    if counting.kept || counting.kind.is_state() {
        sql += &format!(" AND (tally.left_seq IS NULL OR tally.left_seq > {seq})");
    }
    if !counting.how.is_empty() {
        let how = counting.how.iter().map(|it| Value::Text((*it).to_owned()));
        let how = clauses.bind_all(how);
        sql += &format!(" AND tally.how IN ({how})");
    }
    if counting.on_time {
        sql += " AND tally.on_time = 1";
    }
    if counting.passed {
        let at = clauses.bind(Value::Int(ask.as_of.at.0));
        sql += &format!(" AND tally.at_ms < {at}");
    }
    sql
}

/// Points or money, each with the matter as it was reported and classed when it fell.
fn scores(clauses: &mut Clauses, ask: &Ask<'_>, scored: &Scored) -> String {
    let pack = clauses.bind(Value::Text(ask.pack.id.0.clone()));
    let from = clauses.bind(Value::Int(ask.period.from.0));
    let to = clauses.bind(Value::Int(ask.period.to.0));
    let seq = clauses.bind(seq_value(ask.as_of.seq));
    let column = match scored.what {
        Stake::Points => "score.points_milli",
        Stake::Fen => "score.fen",
    };
    let sign = match scored.sign {
        Sign::Both => "<> 0",
        Sign::Deducted => "< 0",
        Sign::Awarded => "> 0",
    };
    let mut sql = format!(
        "score
         JOIN matter AS owner ON owner.id = score.matter
         JOIN tally ON tally.first_seq = owner.first_seq AND tally.kind = 'opened'
           AND tally.from_seq <= score.seq
           AND (tally.left_seq IS NULL OR tally.left_seq > score.seq)
         WHERE tally.pack = {pack} AND score.at_ms >= {from} AND score.at_ms < {to}
           AND score.seq <= {seq} AND {column} {sign}"
    );
    if let Some(tariff) = &scored.tariff {
        let tariff = clauses.bind(Value::Text(tariff.clone()));
        sql += &format!(" AND score.tariff = {tariff}");
    }
    sql
}
