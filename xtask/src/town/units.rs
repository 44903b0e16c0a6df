//! Units of the demonstration and the outlines of those that have ground.

use super::ground::{
    Ground, Part, STREET_COMMUNITIES, TOWN_COMMUNITIES, TOWN_PARTS, TOWN_VILLAGES,
};
use super::mesh::Vertex;
use super::names::{Name, Names};

/// The invented district's six digits; no division of the country begins with 99.
const DISTRICT_CODE: &str = "990106";

/// One unit, a row of `units.csv`.
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) kind: &'static str,
    pub(super) name: Name,
    pub(super) code: String,
    pub(super) functions: Vec<String>,
}

/// The outline of a unit, a feature of `areas.geojson`.
pub(super) struct Area {
    pub(super) unit: String,
    pub(super) ring: Vec<Vertex>,
}

/// A village, community or park with its grids.
pub(super) struct Village {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) name: Name,
    /// Ids of its grids, in the order of `Part::grids`.
    pub(super) grids: Vec<String>,
    /// Index into `Ground::parts`.
    pub(super) part: usize,
}

/// The tree of units, their areas, and the villages by themselves.
pub(super) struct Tree {
    pub(super) units: Vec<Unit>,
    pub(super) areas: Vec<Area>,
    /// Communities, villages and park of the town.
    pub(super) town: Vec<Village>,
    /// Communities of the street.
    pub(super) street: Vec<Village>,
}

impl Tree {
    /// The tree over a ground.
    pub(super) fn new(names: &Names, ground: &Ground) -> Tree {
        let mut tree =
            Tree { units: Vec::new(), areas: Vec::new(), town: Vec::new(), street: Vec::new() };
        tree.unit("district", "", "district", &names.district, DISTRICT_CODE, &[]);
        let desk = ["dispatch_desk".to_owned()];
        let code = |tail: &str| format!("{DISTRICT_CODE}{tail}");
        tree.unit("town", "district", "town", &names.town, &code("100"), &desk);
        tree.unit("street", "district", "street", &names.street, &code("001"), &desk);
        for it in &names.department {
            let name = Name { zh: it.zh.clone(), en: it.en.clone() };
            tree.unit(&it.id, "district", "department", &name, "", &it.functions);
        }
        tree.unit("squad", "town", "department", &names.squad, "", &[]);
        for it in &names.company {
            let name = Name { zh: it.zh.clone(), en: it.en.clone() };
            tree.unit(&it.id, &it.parent, "company", &name, "", &it.functions);
        }
        let all: Vec<usize> = (0..ground.mesh.cells.len()).collect();
        for (unit, cells) in
            [("district", all), ("town", ground.town()), ("street", ground.street())]
        {
            tree.areas.push(Area { unit: unit.to_owned(), ring: ground.outline(&cells) });
        }
        tree.villages(names, ground);
        tree
    }

    fn villages(&mut self, names: &Names, ground: &Ground) {
        let places = &names.names;
        for (no, name) in places.communities.iter().take(TOWN_COMMUNITIES).enumerate() {
            let (id, name) = (format!("c{:02}", no + 1), name.with("社区", "Community"));
            let code = format!("{DISTRICT_CODE}100{:03}", no + 1);
            let village = self.village(id, ("town", "community"), name, &code, ground, no);
            self.town.push(village);
        }
        for (no, name) in places.villages.iter().take(TOWN_VILLAGES).enumerate() {
            let (id, name) = (format!("v{:02}", no + 1), name.with("村", "Village"));
            let code = format!("{DISTRICT_CODE}100{:03}", no + 201);
            let part = TOWN_COMMUNITIES + no;
            let village = self.village(id, ("town", "village"), name, &code, ground, part);
            self.town.push(village);
        }
        let (code, part) = (format!("{DISTRICT_CODE}100400"), TOWN_PARTS - 1);
        let name = names.park.clone();
        let park = self.village("park".to_owned(), ("town", "park"), name, &code, ground, part);
        self.town.push(park);
        for (no, name) in places.street_communities.iter().take(STREET_COMMUNITIES).enumerate() {
            let (id, name) = (format!("s{:02}", no + 1), name.with("社区", "Community"));
            let code = format!("{DISTRICT_CODE}001{:03}", no + 1);
            let part = TOWN_PARTS + no;
            let village = self.village(id, ("street", "community"), name, &code, ground, part);
            self.street.push(village);
        }
    }

    /// Adds a village with its grids.
    fn village(
        &mut self,
        id: String,
        (parent, kind): (&str, &'static str),
        name: Name,
        code: &str,
        ground: &Ground,
        part: usize,
    ) -> Village {
        let Part { grids } = &ground.parts[part];
        self.unit(&id, parent, kind, &name, code, &[]);
        let ring = ground.outline(&ground.parts[part].cells());
        self.areas.push(Area { unit: id.clone(), ring });
        let mut ids = Vec::new();
        for (no, cells) in grids.iter().enumerate() {
            let grid = format!("{id}-g{}", no + 1);
            let title = name.with(&format!("第{}网格", no + 1), &format!("Grid {}", no + 1));
            self.unit(&grid, &id, "grid", &title, &format!("{code}{:03}", no + 1), &[]);
            self.areas.push(Area { unit: grid.clone(), ring: ground.outline(cells) });
            ids.push(grid);
        }
        Village { id, kind, name, grids: ids, part }
    }

    fn unit(
        &mut self,
        id: &str,
        parent: &str,
        kind: &'static str,
        name: &Name,
        code: &str,
        functions: &[String],
    ) {
        self.units.push(Unit {
            id: id.to_owned(),
            parent: parent.to_owned(),
            kind,
            name: name.clone(),
            code: code.to_owned(),
            functions: functions.to_vec(),
        });
    }
}
