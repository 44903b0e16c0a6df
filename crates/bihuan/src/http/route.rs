//! Every address of the service in one list: who it is for, and what it does.
//!
//! Invariant: an address that is not listed here, or not described, fails a test.

use axum::extract::MatchedPath;
use axum::http::request::Parts;

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

/// The address that a request is for, where it leads to one.
#[must_use]
pub fn of(parts: &Parts) -> Option<&'static Route> {
    let path = parts.extensions.get::<MatchedPath>()?.as_str();
    let named = |method: &str| ROUTES.iter().find(|it| it.path == path && it.method == method);
    match parts.method.as_str() {
        // HEAD is answered where GET is, and where an upload is added to: for the same callers.
        "HEAD" => named("GET").or_else(|| named("PATCH")),
        method => named(method),
    }
}

/// For all who are signed in.
const OFFICE: &[Surface] = &[Desk, Field, Machine];

/// For people who are signed in, not for their programs.
const PEOPLE: &[Surface] = &[Desk, Field];

const fn route(
    method: &'static str,
    path: &'static str,
    surfaces: &'static [Surface],
    action: &'static str,
) -> Route {
    Route { method, path, surfaces, action }
}

const CONSENT: &str = "/api/v1/matters/{id}/reporter/reveals/{reveal}/consent";
const LINK_FILE: &str = "/api/v1/links/{token}/files/{digest}/{copy}";
const OPEN: &str = "/api/v1/matters/{id}/reporter/reveals/{reveal}/open";
const RELEASE: &str = "/api/v1/matters/{id}/files/{digest}/release";
const REDELIVER: &str = "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver";

/// Every address, in the order of paths.
pub const ROUTES: &[Route] = &[
    route("PUT", "/api/v1/accounts/{id}", &[Desk], "account.put"),
    route("DELETE", "/api/v1/accounts/{id}/factor", &[Desk], "account.remove_factor"),
    route("POST", "/api/v1/accounts/{id}/reset", &[Desk], "account.reset"),
    route("POST", "/api/v1/accounts/{id}/unlock", &[Desk], "account.unlock"),
    route("GET", "/api/v1/adjustments", PEOPLE, "adjustment.list"),
    route("POST", "/api/v1/adjustments", &[Desk], "adjustment.propose"),
    route("GET", "/api/v1/adjustments/{id}", PEOPLE, "adjustment.read"),
    route("POST", "/api/v1/adjustments/{id}/steps", &[Desk], "adjustment.step"),
    route("GET", "/api/v1/areas", OFFICE, "area.list"),
    route("PUT", "/api/v1/areas", &[Desk], "area.put"),
    route("GET", "/api/v1/audit", &[Desk], "audit.read"),
    route("GET", "/api/v1/audit/export", &[Desk], "audit.export"),
    route("GET", "/api/v1/base-map", &[Anybody], "base_map.read"),
    route("DELETE", "/api/v1/calendar-feed", &[Desk, Field], "calendar_feed.end"),
    route("POST", "/api/v1/calendar-feed", &[Desk, Field], "calendar_feed.make"),
    route("GET", "/api/v1/calendar.ics", &[Machine], "calendar_feed.read"),
    route("GET", "/api/v1/calendar/{year}", OFFICE, "calendar.read"),
    route("PUT", "/api/v1/calendar/{year}", &[Desk], "calendar.put"),
    route("POST", "/api/v1/commands", OFFICE, "command.send"),
    route("POST", "/api/v1/commands/bulk", OFFICE, "command.send_many"),
    route("POST", "/api/v1/commands/undo", OFFICE, "command.undo"),
    route("GET", "/api/v1/counts", OFFICE, "matter.count"),
    route("POST", "/api/v1/deputies", &[Desk], "grant.deputise"),
    route("GET", "/api/v1/due", OFFICE, "matter.list_due"),
    route("GET", "/api/v1/events", OFFICE, "event.listen"),
    route("GET", "/api/v1/figures", OFFICE, "figure.list"),
    route("GET", "/api/v1/figures/{id}/records", OFFICE, "figure.trace"),
    route("DELETE", "/api/v1/files/{digest}", &[Operator], "file.erase"),
    route("GET", "/api/v1/files/{digest}/{copy}", OFFICE, "file.read"),
    route("GET", "/api/v1/grants", &[Desk], "grant.list"),
    route("POST", "/api/v1/hand-overs", &[Desk], "matter.hand_over"),
    route("GET", "/api/v1/holds", &[Desk], "hold.list"),
    route("DELETE", "/api/v1/holds/{matter}", &[Desk], "hold.release"),
    route("PUT", "/api/v1/holds/{matter}", &[Desk], "hold.set"),
    route("POST", "/api/v1/imports/{kind}", &[Desk], "import.import"),
    route("GET", "/api/v1/ledger", OFFICE, "ledger.read"),
    route("GET", "/api/v1/ledger/balance", OFFICE, "ledger.balance"),
    route("GET", "/api/v1/links/{token}", &[Field], "link.read"),
    route("GET", LINK_FILE, &[Field], "link.file"),
    route("POST", "/api/v1/links/{token}/submission", &[Field], "link.submit"),
    route("GET", "/api/v1/map/areas/{z}/{x}/{y}", OFFICE, "map.areas"),
    route("GET", "/api/v1/map/matters.geojson", &[Public, Desk, Field, Machine], "map.matters"),
    route("GET", "/api/v1/map/matters/{z}/{x}/{y}", &[Public, Desk, Field, Machine], "map.matters"),
    route("GET", "/api/v1/matters", OFFICE, "matter.list"),
    route("GET", "/api/v1/matters/export", OFFICE, "matter.export"),
    route("GET", "/api/v1/matters/near", OFFICE, "matter.near"),
    route("GET", "/api/v1/matters/{id}", OFFICE, "matter.read"),
    route("GET", "/api/v1/matters/{id}/call", PEOPLE, "matter.call"),
    route("GET", "/api/v1/matters/{id}/files", OFFICE, "file.list"),
    route("DELETE", RELEASE, &[Desk], "photo.take_back"),
    route("PUT", RELEASE, &[Desk], "photo.release"),
    route("GET", "/api/v1/matters/{id}/links", PEOPLE, "link.list"),
    route("POST", "/api/v1/matters/{id}/links", PEOPLE, "link.make"),
    route("DELETE", "/api/v1/matters/{id}/links/{link}", PEOPLE, "link.revoke"),
    route("GET", "/api/v1/matters/{id}/messages", PEOPLE, "message.of_matter"),
    route("GET", "/api/v1/matters/{id}/reporter", PEOPLE, "reporter.read"),
    route("PUT", "/api/v1/matters/{id}/reporter", PEOPLE, "reporter.keep"),
    route("POST", "/api/v1/matters/{id}/reporter/reveals", PEOPLE, "reporter.ask"),
    route("POST", CONSENT, PEOPLE, "reporter.consent"),
    route("POST", OPEN, PEOPLE, "reporter.open"),
    route("GET", "/api/v1/matters/{id}/suggestions", OFFICE, "matter.suggest"),
    route("GET", "/api/v1/messages", OFFICE, "message.list"),
    route("POST", "/api/v1/messages/read", PEOPLE, "message.read"),
    route("POST", "/api/v1/messages/{id}/receive", PEOPLE, "message.receive"),
    route("GET", "/api/v1/notice", &[Anybody], "notice.read"),
    route("POST", "/api/v1/notice", &[Desk], "notice.publish"),
    route("GET", "/api/v1/notice/{rev}", &[Anybody], "notice.read"),
    route("POST", "/api/v1/notice/{rev}/accept", &[Anybody], "notice.accept"),
    route("GET", "/api/v1/openapi.json", &[Anybody], "docs.describe"),
    route("GET", "/api/v1/packs", OFFICE, "pack.list"),
    route("POST", "/api/v1/packs", &[Desk], "pack.publish"),
    route("GET", "/api/v1/packs/{id}", OFFICE, "pack.read"),
    route("GET", "/api/v1/packs/{id}/flow", OFFICE, "pack.flow"),
    route("GET", "/api/v1/packs/{id}/flow.svg", OFFICE, "pack.flow"),
    route("GET", "/api/v1/packs/{id}/gaps", &[Desk], "pack.gaps"),
    route("POST", "/api/v1/password-resets", &[Anybody], "session.use_reset"),
    route("GET", "/api/v1/people", &[Desk], "person.list"),
    route("POST", "/api/v1/people", &[Desk], "person.add"),
    route("POST", "/api/v1/people/{id}/end", &[Desk], "person.end"),
    route("PUT", "/api/v1/people/{id}/grants", &[Desk], "grant.put"),
    route("PUT", "/api/v1/people/{id}/telephone", &[Desk], "person.put_telephone"),
    route("GET", "/api/v1/person-requests", &[Desk], "person_request.list"),
    route("POST", "/api/v1/person-requests", &[Desk], "person_request.add"),
    route("POST", "/api/v1/person-requests/{id}/outcome", &[Desk], "person_request.decide"),
    route("GET", "/api/v1/points", OFFICE, "point.list"),
    route("PUT", "/api/v1/points", &[Desk], "point.put"),
    route("GET", "/api/v1/points/placards", &[Desk], "point.placards"),
    route("GET", "/api/v1/public/matters", &[Public], "public.list"),
    route("GET", "/api/v1/public/photos/{digest}", &[Public], "photo.read"),
    route("POST", "/api/v1/public/reports", &[Public], "public.report"),
    route("GET", "/api/v1/public/reports/{code}", &[Public], "public.follow"),
    route("POST", "/api/v1/public/reports/{code}/objections", &[Public], "public.object"),
    route("GET", "/api/v1/rankings", OFFICE, "ranking.read"),
    route("POST", "/api/v1/rankings", &[Desk], "ranking.publish"),
    route("GET", "/api/v1/rankings/published", OFFICE, "ranking.list"),
    route("GET", "/api/v1/realm", &[Anybody], "realm.read"),
    route("GET", "/api/v1/record/consistency", OFFICE, "record.prove"),
    route("GET", "/api/v1/record/head", OFFICE, "record.read"),
    route("GET", "/api/v1/record/inclusion", OFFICE, "record.prove"),
    route("GET", "/api/v1/registers/{pack}/{register}", OFFICE, "register.read"),
    route("GET", "/api/v1/retention", &[Desk], "retention.read"),
    route("PUT", "/api/v1/retention", &[Desk], "retention.put"),
    route("GET", "/api/v1/retention/due", &[Desk], "retention.due"),
    route("GET", "/api/v1/rule-documents", PEOPLE, "rule_document.list"),
    route("PUT", "/api/v1/rule-documents", &[Desk], "rule_document.put"),
    route("GET", "/api/v1/second-looks", PEOPLE, "second_look.list"),
    route("GET", "/api/v1/second-looks/summary", PEOPLE, "second_look.summary"),
    route("POST", "/api/v1/second-looks/{id}", PEOPLE, "second_look.decide"),
    route("DELETE", "/api/v1/session", PEOPLE, "session.end"),
    route("GET", "/api/v1/session", OFFICE, "session.read"),
    route("GET", "/api/v1/session/factor", PEOPLE, "session.factor"),
    route("POST", "/api/v1/session/factor", PEOPLE, "session.factor_begin"),
    route("PUT", "/api/v1/session/factor", PEOPLE, "session.factor_confirm"),
    route("POST", "/api/v1/session/factor/removal", PEOPLE, "session.factor_remove"),
    route("PUT", "/api/v1/session/password", PEOPLE, "session.change_password"),
    route("GET", "/api/v1/session/provider", &[Anybody], "session.provider"),
    route("GET", "/api/v1/session/provider/begin", &[Anybody], "session.provider_begin"),
    route("POST", "/api/v1/session/provider/leave", PEOPLE, "session.provider_leave"),
    route("GET", "/api/v1/session/provider/return", &[Anybody], "session.provider_return"),
    route("GET", "/api/v1/sessions", PEOPLE, "session.list"),
    route("POST", "/api/v1/sessions", PEOPLE, "session.begin"),
    route("DELETE", "/api/v1/sessions/{id}", PEOPLE, "session.end"),
    route("PUT", "/api/v1/settings", &[Desk], "setting.put"),
    route("GET", "/api/v1/statements/{unit}", PEOPLE, "adjustment.statement"),
    route("GET", "/api/v1/tokens", PEOPLE, "token.list"),
    route("POST", "/api/v1/tokens", PEOPLE, "token.add"),
    route("DELETE", "/api/v1/tokens/{id}", PEOPLE, "token.revoke"),
    route("GET", "/api/v1/units", OFFICE, "unit.list"),
    route("PUT", "/api/v1/units", &[Desk], "unit.put"),
    route("GET", "/api/v1/units/{id}", OFFICE, "unit.read"),
    route("GET", "/api/v1/units/{id}/area", OFFICE, "area.read"),
    route("GET", "/api/v1/units/{id}/assignees", PEOPLE, "person.list_assignees"),
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
