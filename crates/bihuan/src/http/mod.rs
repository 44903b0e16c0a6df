//! The API on the network: one router over one realm.
//!
//! Invariants: a handler reaches the store only through [`App`]; every route stands in the OpenAPI
//! description with the statuses that it answers, and in [`route::ROUTES`]; a refusal is
//! `application/problem+json`.

pub mod adjustment;
pub mod admin;
pub mod app;
pub mod area;
pub mod assignee;
pub mod audit;
pub mod base_map;
pub mod body;
pub mod calendar;
pub mod calendar_feed;
pub mod call;
pub mod caller;
pub mod command;
pub mod count;
pub mod cursor;
pub mod docs;
pub mod due;
pub mod edge;
pub mod event;
pub mod export;
pub mod feed;
pub mod figure;
pub mod file;
pub mod filter;
mod geo;
pub mod health;
pub mod layer;
pub mod ledger;
pub mod link;
pub mod list;
pub mod made;
pub mod map;
pub mod matter;
pub mod message;
pub mod metrics;
pub mod notice;
pub mod openapi;
pub mod pack;
mod page;
pub mod person;
pub mod placard;
pub mod point;
pub mod preview;
pub mod problem;
pub mod public;
pub mod query;
pub mod ranking;
pub mod realm;
pub mod record;
pub mod register;
pub mod release;
pub mod reporter;
pub mod route;
pub mod second_look;
mod served;
pub mod session;
pub mod suggest;
mod tagged;
mod tile;
pub mod token;
pub mod undo;
pub mod unit;
pub mod upload;
pub mod webhook;

pub use app::{App, Publishing, Watch};
pub use caller::{Anyone, Caller};
pub use problem::ApiProblem;

use openapi::Description;
use session::{factor, provider};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where the API begins.
pub const API: &str = "/api/v1";

/// All routes, and their description.
pub fn routes() -> (axum::Router<App>, utoipa::openapi::OpenApi) {
    let api = OpenApiRouter::with_openapi(Description::openapi());
    let (router, described) = api
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::figures))
        .routes(routes!(realm::show))
        .routes(routes!(base_map::file))
        .routes(routes!(command::one))
        .routes(routes!(command::bulk))
        .routes(routes!(undo::undo))
        .routes(routes!(event::events))
        .routes(routes!(list::list))
        .routes(routes!(export::export))
        .routes(routes!(ledger::page))
        .routes(routes!(ledger::balances))
        .routes(routes!(figure::list))
        .routes(routes!(figure::records))
        .routes(routes!(due::list))
        .routes(routes!(count::counts))
        .routes(routes!(matter::one))
        .routes(routes!(call::list))
        .routes(routes!(unit::list))
        .routes(routes!(unit::one))
        .routes(routes!(assignee::list))
        .routes(routes!(area::one))
        .routes(routes!(area::all))
        .routes(routes!(point::list))
        .routes(routes!(placard::sheet))
        .routes(routes!(person::list))
        .routes(routes!(person::grants))
        .routes(routes!(register::list))
        .routes(routes!(calendar::year))
        .routes(routes!(pack::list))
        .routes(routes!(pack::one))
        .routes(routes!(pack::graph))
        .routes(routes!(pack::picture))
        .routes(routes!(pack::gaps))
        .routes(routes!(record::stands))
        .routes(routes!(record::included))
        .routes(routes!(record::consistent))
        .routes(routes!(calendar_feed::make, calendar_feed::end))
        .routes(routes!(calendar_feed::feed))
        .routes(routes!(map::geojson))
        .routes(routes!(map::matters))
        .routes(routes!(map::areas))
        .routes(routes!(map::near))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(webhook::list, webhook::add))
        .routes(routes!(webhook::change, webhook::remove))
        .routes(routes!(webhook::rotate))
        .routes(routes!(webhook::deliveries))
        .routes(routes!(webhook::redeliver))
        .routes(routes!(openapi::json))
        .routes(routes!(docs::page))
        .routes(routes!(docs::asset))
        .merge(files())
        .merge(accounts())
        .merge(outside())
        .merge(inbox())
        .merge(ways_in())
        .merge(kept())
        .split_for_parts();
    (router, openapi::complete(described))
}

/// Files of matters: on their way, kept, and released to the public.
fn files() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(file::list))
        .routes(routes!(file::one))
        .routes(routes!(file::erase))
        .routes(routes!(release::release, release::take_back))
        .routes(routes!(upload::options, upload::begin))
        .routes(routes!(upload::look, upload::add, upload::end, upload::instead))
}

/// What units are held to account by.
fn accounts() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(adjustment::documents, adjustment::put_documents))
        .routes(routes!(adjustment::list, adjustment::proposal::propose))
        .routes(routes!(adjustment::one))
        .routes(routes!(adjustment::step))
        .routes(routes!(adjustment::statement))
        .routes(routes!(ranking::show, ranking::publish))
        .routes(routes!(ranking::published))
}

/// What the public page is made of.
fn outside() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(public::report))
        .routes(routes!(public::follow))
        .routes(routes!(public::object))
        .routes(routes!(public::listed::list))
        .routes(routes!(release::photo))
}

/// What is kept beside the record of matters: who is told of what, and links to one matter.
fn inbox() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(message::list))
        .routes(routes!(message::read))
        .routes(routes!(message::receive))
        .routes(routes!(message::of_matter))
        .routes(routes!(link::list, link::make))
        .routes(routes!(link::revoke))
        .routes(routes!(link::task::show))
        .routes(routes!(link::task::file))
        .routes(routes!(link::task::submit))
        .routes(routes!(suggest::suggestions))
        .routes(routes!(second_look::list))
        .routes(routes!(second_look::summary))
        .routes(routes!(second_look::decide))
}

/// How people and programs sign in.
fn ways_in() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session::log_in, session::devices))
        .routes(routes!(session::end))
        .routes(routes!(session::who, session::log_out))
        .routes(routes!(session::change_password))
        .routes(routes!(factor::show, factor::begin, factor::confirm))
        .routes(routes!(factor::remove))
        .routes(routes!(provider::show))
        .routes(routes!(provider::begin))
        .routes(routes!(provider::back))
        .routes(routes!(provider::leave))
        .routes(routes!(token::list, token::add))
        .routes(routes!(token::revoke))
}

/// What administrators keep, and who reported what.
fn kept() -> OpenApiRouter<App> {
    let packs = OpenApiRouter::new().routes(routes!(admin::pack::publish));
    let imports = OpenApiRouter::new().routes(routes!(admin::import::import));
    OpenApiRouter::new()
        .routes(routes!(admin::person::add))
        .routes(routes!(admin::person::end))
        .routes(routes!(admin::person::put_telephone))
        .routes(routes!(admin::person::hand_over))
        .routes(routes!(admin::grant::put))
        .routes(routes!(admin::grant::deputise))
        .routes(routes!(admin::account::put))
        .routes(routes!(admin::account::unlock))
        .routes(routes!(admin::account::reset))
        .routes(routes!(admin::account::use_reset))
        .routes(routes!(admin::account::remove_factor))
        .routes(routes!(admin::realm::put_units))
        .routes(routes!(admin::realm::put_areas))
        .routes(routes!(admin::realm::put_points))
        .routes(routes!(admin::realm::put_year))
        .routes(routes!(admin::realm::put_settings))
        .routes(routes!(admin::retention::show, admin::retention::put))
        .routes(routes!(admin::retention::due))
        .routes(routes!(admin::retention::holds))
        .routes(routes!(admin::retention::hold, admin::retention::release))
        .routes(routes!(admin::request::list, admin::request::add))
        .routes(routes!(admin::request::decide))
        .routes(routes!(notice::newest, notice::publish))
        .routes(routes!(notice::one))
        .routes(routes!(notice::accept))
        .routes(routes!(reporter::show, reporter::keep))
        .routes(routes!(reporter::ask))
        .routes(routes!(reporter::consent))
        .routes(routes!(reporter::open))
        .merge(packs.layer(admin::pack::limit()))
        .merge(imports.layer(admin::import::limit_of_upload()))
}

/// What answers requests for a realm.
pub fn router(app: App) -> axum::Router {
    let routes = routes().0.fallback(page::page_or_nothing);
    layer::around(routes.method_not_allowed_fallback(problem::no_method), &app).with_state(app)
}
