//! Invented persons and the roles they hold, one row a membership.
//!
//! Roles are those of the packs in `packs/`; those of administrators are the realm's own.

use super::names::Names;
use super::random::Random;
use super::units::{Tree, Village};
use std::collections::{BTreeMap, BTreeSet};

/// The day from which everybody serves who did not come later.
const SERVES_FROM: &str = "2021-01-01";
/// The day on which one grid inspector hands over to another.
const HANDED_OVER: &str = "2021-03-20";
/// Grids of one grid inspector.
const INSPECTOR_GRIDS: usize = 3;
/// Villages of one inspector of the squad.
const SQUAD_VILLAGES: usize = 3;
/// Deputy leaders of the town, each in charge of some villages (分包领导).
const DEPUTIES: usize = 5;
/// Every so many accounts a person has a second one.
const SECOND_ACCOUNTS: [&str; 6] =
    ["intake-2", "dispatcher-1", "inspector-squad-1", "inspector-squad-4", "acceptor-1", "squad-2"];

/// One row of `people.csv`.
pub(super) struct Membership {
    pub(super) person: String,
    pub(super) account: String,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) role: &'static str,
    pub(super) unit: String,
    pub(super) area: String,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) status: &'static str,
}

/// Everybody, and who answers for which unit.
pub(super) struct Roster {
    pub(super) rows: Vec<Membership>,
    /// The handler of each unit.
    pub(super) handlers: BTreeMap<String, String>,
    /// The leader in charge of each village.
    pub(super) leaders: BTreeMap<String, String>,
    names: Vec<String>,
    persons: usize,
}

/// A role, the unit that employs, the unit worked on.
type Grant<'a> = (&'static str, &'a str, &'a str);

impl Roster {
    /// The persons of a tree.
    pub(super) fn new(names: &Names, tree: &Tree, random: &mut Random) -> Roster {
        let mut roster = Roster {
            rows: Vec::new(),
            handlers: BTreeMap::new(),
            leaders: BTreeMap::new(),
            names: invented(names, random),
            persons: 0,
        };
        roster.town(tree);
        roster.squad(tree);
        roster.villages(tree);
        roster.street(tree);
        roster.companies(names);
        roster.district();
        roster.disputes(tree);
        roster.guardians();
        roster
    }

    /// The town's own desk and its leaders.
    fn town(&mut self, tree: &Tree) {
        for no in 1..=2 {
            self.add(&format!("intake-{no}"), &[("intake", "town", "town")]);
        }
        for no in 1..=3 {
            self.add(&format!("dispatcher-{no}"), &[("dispatcher", "town", "town")]);
        }
        self.add("leader-town", &[("leader", "town", "town")]);
        let each = tree.town.len().div_ceil(DEPUTIES);
        for (no, villages) in tree.town.chunks(each).enumerate() {
            let grants: Vec<Grant> =
                villages.iter().map(|it| ("leader", "town", it.id.as_str())).collect();
            let person = self.add(&format!("leader-town-{}", no + 1), &grants);
            for village in villages {
                self.leaders.insert(village.id.clone(), person.clone());
            }
        }
        self.add("assessor-town", &[("assessor", "town", "town")]);
        self.add("administrator-town", &[("system_administrator", "town", "town")]);
        self.responsible("town");
    }

    /// The task squad: inspectors in the villages' grids, acceptors, those who urge.
    fn squad(&mut self, tree: &Tree) {
        for no in 1..=3 {
            self.add(&format!("squad-{no}"), &[("squad", "squad", "town")]);
        }
        for no in 1..=3 {
            self.add(&format!("acceptor-{no}"), &[("acceptor", "squad", "town")]);
        }
        for (no, villages) in tree.town.chunks(SQUAD_VILLAGES).enumerate() {
            let grants: Vec<Grant> =
                villages.iter().map(|it| ("inspector", "squad", it.id.as_str())).collect();
            self.add(&format!("inspector-squad-{}", no + 1), &grants);
        }
    }

    /// Every village: who answers, who fixes, who walks the grids.
    fn villages(&mut self, tree: &Tree) {
        for village in &tree.town {
            self.responsible(&village.id);
            for (no, grids) in village.grids.chunks(INSPECTOR_GRIDS).enumerate() {
                let account = format!("inspector-{}-{}", village.id, no + 1);
                let grants: Vec<Grant> = grids
                    .iter()
                    .map(|it| ("inspector", village.id.as_str(), it.as_str()))
                    .collect();
                self.add(&account, &grants);
                if account == "inspector-v05-1" {
                    self.hand_over(&grants);
                }
            }
        }
    }

    /// The person added last leaves; another takes the same grids over.
    fn hand_over(&mut self, grants: &[Grant]) {
        let count = self.rows.len();
        for row in &mut self.rows[count - grants.len()..] {
            row.to = HANDED_OVER;
            row.status = "left";
        }
        self.add("inspector-v05-new", grants);
        for row in &mut self.rows[count..] {
            row.from = HANDED_OVER;
        }
    }

    /// The street: 13 mediators, 30 petition agents who also walk a grid each.
    fn street(&mut self, tree: &Tree) {
        self.add("leader-street", &[("leader", "street", "street")]);
        self.add("intake-street", &[("intake", "street", "street")]);
        self.add("dispatcher-street", &[("dispatcher", "street", "street")]);
        for no in 1..=2 {
            self.add(&format!("mediation-desk-{no}"), &[("mediation_desk", "street", "street")]);
            self.add(&format!("mediator-street-{no}"), &[("mediator", "street", "street")]);
        }
        self.responsible("street");
        for community in &tree.street {
            let id = community.id.as_str();
            self.responsible(id);
            self.add(&format!("mediator-{id}"), &[("mediator", id, id)]);
            self.agents(community);
        }
    }

    fn agents(&mut self, community: &Village) {
        let id = community.id.as_str();
        for (no, grid) in community.grids.iter().enumerate() {
            let grants = [("grid_agent", id, id), ("inspector", id, grid.as_str())];
            self.add(&format!("agent-{id}-{}", no + 1), &grants);
        }
    }

    /// Companies: who answers and who fixes.
    fn companies(&mut self, names: &Names) {
        for company in &names.company {
            self.responsible(&company.id);
        }
    }

    /// The district and its departments.
    fn district(&mut self) {
        self.add("leader-district", &[("leader", "district", "district")]);
        self.add("administrator-district", &[("system_administrator", "district", "district")]);
        self.add("mediator-district", &[("mediator", "district", "district")]);
        self.add("assessor-district", &[("assessor", "inspection", "district")]);
        self.add("squad-district", &[("squad", "inspection", "district")]);
        for no in 1..=2 {
            let account = format!("acceptor-district-{no}");
            self.add(&account, &[("acceptor", "inspection", "district")]);
            self.add(&format!("justice-{no}"), &[("justice", "justice", "district")]);
        }
        for department in ["sanitation", "management", "greening", "roads"] {
            self.responsible(department);
        }
        self.add("crew-1", &[("crew", "greening", "greening")]);
    }

    /// Whoever takes up a dispute in a village: an agent and a mediator each, and the town's desk.
    fn disputes(&mut self, tree: &Tree) {
        self.add("mediation-desk-town", &[("mediation_desk", "town", "town")]);
        self.add("mediator-town", &[("mediator", "town", "town")]);
        for village in &tree.town {
            let id = village.id.as_str();
            self.add(&format!("agent-{id}"), &[("grid_agent", id, id)]);
            self.add(&format!("mediator-{id}"), &[("mediator", id, id)]);
        }
    }

    /// Who grants roles, and who reads what both administrators did: never one person.
    fn guardians(&mut self) {
        self.add("security-district", &[("security_administrator", "district", "district")]);
        self.add("audit-district", &[("audit_administrator", "district", "district")]);
    }

    /// A head and a handler for a unit that may be made responsible.
    fn responsible(&mut self, unit: &str) {
        self.add(&format!("head-{unit}"), &[("unit_head", unit, unit)]);
        let person = self.add(&format!("handler-{unit}"), &[("handler", unit, unit)]);
        self.handlers.insert(unit.to_owned(), person);
    }

    /// Adds a person with an account and all grants; gives the person's id.
    fn add(&mut self, account: &str, grants: &[Grant]) -> String {
        self.persons += 1;
        let person = format!("p{:03}", self.persons);
        let name = self.names[self.persons - 1].clone();
        // No number of the country begins with 000.
        let phone = format!("000{:08}", 21_000_000 + self.persons * 137);
        let row = |account: String, &(role, unit, area): &Grant| Membership {
            person: person.clone(),
            account,
            name: name.clone(),
            phone: phone.clone(),
            role,
            unit: unit.to_owned(),
            area: area.to_owned(),
            from: SERVES_FROM,
            to: "",
            status: "active",
        };
        let mut rows: Vec<_> = grants.iter().map(|it| row(account.to_owned(), it)).collect();
        if SECOND_ACCOUNTS.contains(&account) {
            rows.extend(grants.iter().map(|it| row(format!("{account}-phone"), it)));
        }
        self.rows.extend(rows);
        person
    }
}

/// All names that the lists can make, each once, in the order of the seed.
fn invented(names: &Names, random: &mut Random) -> Vec<String> {
    let surnames: Vec<char> = names.surnames.chars().collect();
    let all: BTreeSet<String> = surnames
        .iter()
        .flat_map(|surname| names.given.iter().map(move |it| format!("{surname}{it}")))
        .collect();
    let mut all: Vec<String> = all.into_iter().collect();
    for last in (1..all.len()).rev() {
        all.swap(last, random.index(last + 1));
    }
    all
}
