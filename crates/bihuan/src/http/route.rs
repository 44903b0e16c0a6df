//! Every address of the service in one list: who it is for, and what it does.
//!
//! Invariant: an address that is not listed here, or not described, fails a test.

/// For whom an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// Anybody who can reach the service, signed in or not.
    Anybody,
    /// The public page.
    Public,
    /// People at a desk, signed in.
    Desk,
    /// People in the field, signed in.
    Field,
    /// Programs with an access token.
    Machine,
    /// Who runs the service.
    Operator,
    /// What watches the service, on a listener of its own.
    Watch,
}

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method, upper case.
    pub method: &'static str,
    /// The path, as the description has it.
    pub path: &'static str,
    /// For whom.
    pub surfaces: &'static [Surface],
    /// What is done, as `noun.verb`.
    pub action: &'static str,
}

use Surface::{Anybody, Desk, Field, Machine, Operator, Public, Watch};

/// For all who are signed in.
const OFFICE: &[Surface] = &[Desk, Field, Machine];

const fn route(
    method: &'static str,
    path: &'static str,
    surfaces: &'static [Surface],
    action: &'static str,
) -> Route {
    Route { method, path, surfaces, action }
}

const REDELIVER: &str = "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver";

/// Every address, in the order of paths.
pub const ROUTES: &[Route] = &[
    route("GET", "/api/v1/areas", OFFICE, "area.list"),
    route("DELETE", "/api/v1/calendar-feed", &[Desk, Field], "calendar_feed.end"),
    route("POST", "/api/v1/calendar-feed", &[Desk, Field], "calendar_feed.make"),
    route("GET", "/api/v1/calendar.ics", &[Machine], "calendar_feed.read"),
    route("GET", "/api/v1/calendar/{year}", OFFICE, "calendar.read"),
    route("POST", "/api/v1/commands", OFFICE, "command.send"),
    route("POST", "/api/v1/commands/bulk", OFFICE, "command.send_many"),
    route("POST", "/api/v1/commands/undo", OFFICE, "command.undo"),
    route("GET", "/api/v1/counts", OFFICE, "matter.count"),
    route("GET", "/api/v1/due", OFFICE, "matter.list_due"),
    route("GET", "/api/v1/events", OFFICE, "event.listen"),
    route("DELETE", "/api/v1/files/{digest}", &[Operator], "file.erase"),
    route("GET", "/api/v1/files/{digest}/{copy}", OFFICE, "file.read"),
    route("GET", "/api/v1/grants", &[Desk], "grant.list"),
    route("GET", "/api/v1/ledger", OFFICE, "ledger.read"),
    route("GET", "/api/v1/ledger/balance", OFFICE, "ledger.balance"),
    route("GET", "/api/v1/map/areas/{z}/{x}/{y}", OFFICE, "map.areas"),
    route("GET", "/api/v1/map/matters.geojson", &[Public, Desk, Field, Machine], "map.matters"),
    route("GET", "/api/v1/map/matters/{z}/{x}/{y}", &[Public, Desk, Field, Machine], "map.matters"),
    route("GET", "/api/v1/matters", OFFICE, "matter.list"),
    route("GET", "/api/v1/matters/export", OFFICE, "matter.export"),
    route("GET", "/api/v1/matters/near", OFFICE, "matter.near"),
    route("GET", "/api/v1/matters/{id}", OFFICE, "matter.read"),
    route("GET", "/api/v1/matters/{id}/files", OFFICE, "file.list"),
    route("GET", "/api/v1/openapi.json", &[Anybody], "docs.describe"),
    route("GET", "/api/v1/packs", OFFICE, "pack.list"),
    route("GET", "/api/v1/packs/{id}", OFFICE, "pack.read"),
    route("GET", "/api/v1/packs/{id}/flow", OFFICE, "pack.flow"),
    route("GET", "/api/v1/packs/{id}/flow.svg", OFFICE, "pack.flow"),
    route("GET", "/api/v1/packs/{id}/gaps", &[Desk], "pack.gaps"),
    route("GET", "/api/v1/people", &[Desk], "person.list"),
    route("GET", "/api/v1/points", OFFICE, "point.list"),
    route("GET", "/api/v1/record/consistency", OFFICE, "record.prove"),
    route("GET", "/api/v1/record/head", OFFICE, "record.read"),
    route("GET", "/api/v1/record/inclusion", OFFICE, "record.prove"),
    route("GET", "/api/v1/registers/{pack}/{register}", OFFICE, "register.read"),
    route("DELETE", "/api/v1/session", OFFICE, "session.end"),
    route("GET", "/api/v1/session", OFFICE, "session.read"),
    route("PUT", "/api/v1/session/password", OFFICE, "session.change_password"),
    route("GET", "/api/v1/sessions", OFFICE, "session.list"),
    route("POST", "/api/v1/sessions", &[Desk, Field], "session.begin"),
    route("DELETE", "/api/v1/sessions/{id}", OFFICE, "session.end"),
    route("GET", "/api/v1/units", OFFICE, "unit.list"),
    route("GET", "/api/v1/units/{id}", OFFICE, "unit.read"),
    route("GET", "/api/v1/units/{id}/area", OFFICE, "area.read"),
    route("POST", "/api/v1/uploads", OFFICE, "upload.begin"),
    route("DELETE", "/api/v1/uploads/{id}", OFFICE, "upload.end"),
    route("PATCH", "/api/v1/uploads/{id}", OFFICE, "upload.add"),
    route("POST", "/api/v1/uploads/{id}", OFFICE, "upload.add"),
    route("GET", "/api/v1/webhooks", &[Desk], "webhook.list"),
    route("POST", "/api/v1/webhooks", &[Desk], "webhook.add"),
    route("DELETE", "/api/v1/webhooks/{id}", &[Desk], "webhook.remove"),
    route("PATCH", "/api/v1/webhooks/{id}", &[Desk], "webhook.change"),
    route("GET", "/api/v1/webhooks/{id}/deliveries", &[Desk], "webhook.deliveries"),
    route("POST", REDELIVER, &[Desk], "webhook.redeliver"),
    route("POST", "/api/v1/webhooks/{id}/secret", &[Desk], "webhook.rotate"),
    route("GET", "/docs", &[Anybody], "docs.read"),
    route("GET", "/docs/{file}", &[Anybody], "docs.read"),
    route("GET", "/live", &[Anybody], "health.live"),
    route("GET", "/metrics", &[Watch], "metrics.read"),
    route("GET", "/ready", &[Anybody], "health.ready"),
];
