//! Every cell of the matrix, and what the policy answers in it.

use crate::oracle::{Answer, Cell, Oracle};
use crate::town;
use bihuan_core::id::{PackId, PersonId, RoleId};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::{Compartment, Meaning, Of, Pack, Surface};
use bihuan_core::policy::{
    AUDIT_ADMINISTRATOR, Action, Part, SECURITY_ADMINISTRATOR, SYSTEM_ADMINISTRATOR, Sight, Viewer,
    may, scope, sight,
};
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;

const COMPARTMENTS: [(&str, Compartment); 3] = [
    ("open", Compartment::Open),
    ("internal", Compartment::Internal),
    ("sealed", Compartment::Sealed),
];
/// Roles of the table, each with the role that is granted.
const ROLES: [(&str, &str); 11] = [
    ("public", ""),
    ("resident", "resident"),
    ("requester", "inspector"),
    ("intake", "intake"),
    ("inspector", "inspector"),
    ("handler", "handler"),
    ("agent", "agent"),
    ("clerk", "clerk"),
    ("system", SYSTEM_ADMINISTRATOR),
    ("security", SECURITY_ADMINISTRATOR),
    ("audit", AUDIT_ADMINISTRATOR),
];
/// Relations, each with the unit and the area of the grant.
const RELATIONS: [(&str, &str, &str); 10] = [
    ("own", "v1", "v1"),
    ("grid", "g1", "g1"),
    ("sibling_grid", "g2", "g2"),
    ("sibling", "v2", "v2"),
    ("parent", "t1", "t1"),
    ("top", "d1", "d1"),
    ("squad", "s1", "t1"),
    ("other", "t2", "t2"),
    ("colleague", "dep", "dep"),
    ("opener", "v2", "v2"),
];
const STATUSES: [&str; 6] = ["active", "not_yet", "ended", "suspended", "deputy", "deputy_ended"];
const STAGES: [(&str, Meaning); 9] = [
    ("opened", Meaning::Opened),
    ("filed", Meaning::Filed),
    ("handling", Meaning::Handling),
    ("declared", Meaning::Declared),
    ("verifying", Meaning::Verifying),
    ("closed", Meaning::Closed),
    ("self_handled", Meaning::SelfHandled),
    ("merged", Meaning::Merged),
    ("voided", Meaning::Voided),
];

fn actions() -> Vec<Action> {
    let (unit, person) = (UnitId::from("v1"), PersonId::from("somebody"));
    vec![
        Action::ChangeUnits,
        Action::PublishPack,
        Action::ChangeCalendar,
        Action::ChangeSettings,
        Action::ChangeConnections,
        Action::SeeOperation,
        Action::ChangePoints(unit.clone()),
        Action::ChangeRegisters(unit.clone()),
        Action::SeePeople(unit.clone()),
        Action::ChangePerson { person: person.clone(), unit: unit.clone() },
        Action::Grant {
            person: person.clone(),
            role: RoleId::from("handler"),
            unit: unit.clone(),
            area: unit.clone(),
        },
        Action::Deputise { person: person.clone(), stands_for: PersonId::from("other"), unit },
        Action::EraseContent,
        Action::ReadAudit,
        Action::ReadRecord,
        Action::SeeRules,
        Action::SeeDirectory,
        Action::ChangeOwnLogin,
    ]
}

fn word(sight: Sight) -> &'static str {
    match sight {
        Sight::Nothing => "deny",
        Sight::Published => "published",
        Sight::Own => "own",
        Sight::Beside => "beside",
        Sight::Fixing => "fixing",
        Sight::OnCase => "on_case",
    }
}

/// What comparing the policy with the table showed.
#[derive(Default)]
pub(crate) struct Compared {
    pub(crate) cells: usize,
    /// Cells of which the two say otherwise.
    pub(crate) wrong: Vec<String>,
    /// How often each line decided.
    pub(crate) used: Vec<usize>,
    /// How often the policy allowed, denied, masked.
    pub(crate) answers: [usize; 3],
}

/// The pack that the matter is of, and another one, in one compartment.
pub(crate) fn publish(rules: &mut Rules, compartment: Compartment) {
    rules.packs.clear();
    let function = Of::Function("dispatch_desk".into());
    let public = if compartment == Compartment::Open { town::shown(50) } else { None };
    let roles = vec![
        town::role("resident", Of::Opener, Surface::Public),
        town::role("intake", function, Surface::Desk),
        town::role("inspector", Of::Place, Surface::Field),
        town::role("handler", Of::Assigned, Surface::Field),
        town::role("agent", Of::Opener, Surface::Desk),
    ];
    town::add(
        rules,
        Pack { id: PackId::from("p"), rev: 1, compartment, public, roles, ..town::pack() },
    );
    let roles = vec![town::role("clerk", Of::Place, Surface::Desk)];
    let (id, compartment) = (PackId::from("q"), Compartment::Internal);
    town::add(rules, Pack { id, rev: 1, compartment, public: None, roles, ..town::pack() });
}

/// Compares the policy with the table in every cell; `flip` is the number of one whose answer in
/// the table is turned round first.
pub(crate) fn compare(oracle: &Oracle, flip: Option<usize>) -> Compared {
    let mut compared = Compared { used: vec![0; oracle.len()], ..Compared::default() };
    let (mut rules, now) = town::rules();
    let actions = actions();
    for (compartment, it) in COMPARTMENTS {
        publish(&mut rules, it);
        for (role, granted) in ROLES {
            for (relation, unit, area) in RELATIONS {
                for status in STATUSES {
                    let viewer = viewer(&mut rules, (role, granted), (unit, area), status, now);
                    let case = [compartment, role, relation, status];
                    let mut check = Check { oracle, flip, compared: &mut compared, case };
                    for (stage, is) in STAGES {
                        let matter = matter(is, relation, now);
                        check.matter(&rules, &viewer, &matter, stage);
                    }
                    for action in &actions {
                        let got = may(&rules, &viewer, action).is_ok();
                        check.action(action.word(), got);
                    }
                }
            }
        }
    }
    compared
}

/// A viewer with one grant in a status; who holds it is `holder`, who looks is that person or,
/// standing in, `deputy`.
fn viewer(
    rules: &mut Rules,
    (role, granted): (&str, &str),
    (unit, area): (&str, &str),
    status: &str,
    now: Instant,
) -> Viewer {
    rules.grants.clear();
    rules.deputies.clear();
    if role == "public" {
        return Viewer::public(now);
    }
    let mut grant = town::grant("holder", granted, unit, area);
    match status {
        "not_yet" => grant.from = Some(now.plus_ms(1)),
        "ended" => grant.to = Some(now),
        _ => {}
    }
    if status != "suspended" {
        town::hold(rules, grant);
    }
    let end = if status == "deputy_ended" { now } else { now.plus_ms(DAY_MS) };
    let start = now.plus_ms(-DAY_MS);
    rules.deputies.push(town::deputy("deputy", "holder", start, end));
    let person = if status.starts_with("deputy") { "deputy" } else { "holder" };
    let via = if role == "requester" { Via::Requester } else { Via::Person };
    Viewer::person(rules, &PersonId::from(person), via, now)
}

fn matter(is: Meaning, relation: &str, now: Instant) -> Matter {
    let mut matter = town::matter("p", 1, is, "g1", now);
    if matches!(is, Meaning::Handling | Meaning::Declared | Meaning::Verifying | Meaning::Closed) {
        town::dispatch(&mut matter, "v1", now);
    }
    if relation == "opener" {
        matter.opened_by = PersonId::from("holder");
    }
    matter
}

struct Check<'a> {
    oracle: &'a Oracle,
    flip: Option<usize>,
    compared: &'a mut Compared,
    case: [&'static str; 4],
}

impl Check<'_> {
    fn matter(&mut self, rules: &Rules, viewer: &Viewer, matter: &Matter, stage: &'static str) {
        let [compartment, role, relation, status] = self.case;
        let cell = [compartment, role, relation, status, stage, "matter"];
        let wanted = self.decided(&cell);
        let sight = sight(rules, matter, viewer);
        let is_seen = sight != Sight::Nothing;
        let listed = scope(rules, viewer).holds(matter);
        let row = if is_seen && listed { Answer::Allow } else { Answer::Deny };
        let (row, wanted_row) = (row, self.oracle.of_sight(wanted, "matter"));
        // How much is seen is part of the answer about the row.
        self.cell(&cell, row, wanted_row, is_seen == listed && word(sight) == wanted);
        for part in Part::ALL {
            let got = match (is_seen, sight.shows(part)) {
                (false, false) => Answer::Deny,
                (true, false) => Answer::Mask,
                (_, true) => Answer::Allow,
            };
            let cell = [compartment, role, relation, status, stage, part.word()];
            let wanted = self.oracle.of_sight(wanted, part.word());
            self.cell(&cell, got, wanted, true);
        }
    }

    fn action(&mut self, action: &'static str, got: bool) {
        let [compartment, role, relation, status] = self.case;
        let cell = [compartment, role, relation, status, "none", action];
        let wanted = if self.decided(&cell) == "allow" { Answer::Allow } else { Answer::Deny };
        let got = if got { Answer::Allow } else { Answer::Deny };
        self.cell(&cell, got, wanted, true);
    }

    fn decided(&mut self, cell: &Cell<'_>) -> &'static str {
        let Some((line, word)) = self.oracle.line(cell) else { return "deny" };
        self.compared.used[line] += 1;
        word
    }

    fn cell(&mut self, cell: &Cell<'_>, got: Answer, wanted: Answer, agrees: bool) {
        let no = self.compared.cells;
        self.compared.cells += 1;
        self.compared.answers[got as usize] += 1;
        let wanted = match (self.flip == Some(no), wanted) {
            (false, it) => it,
            (true, Answer::Allow) => Answer::Deny,
            (true, _) => Answer::Allow,
        };
        if got != wanted || !agrees {
            self.compared.wrong.push(format!("{}: {got:?}, not {wanted:?}", cell.join(",")));
        }
    }
}
