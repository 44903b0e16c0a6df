//! Who calls: the account behind a session or a token.
//!
//! Invariant: a handler that takes a [`Caller`] is reached by nobody else; the extension is put
//! there by the session layer alone.

use super::problem::denied;
use super::{ApiProblem, App};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::matter::{Rules, Via};
use bihuan_core::policy::{self, Action, Viewer};
use std::convert::Infallible;
use std::sync::Arc;

/// A signed-in account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The person that it belongs to.
    pub person: PersonId,
    /// How it came in: as a person, or as a machine that may do less.
    pub via: Via,
    /// The roles under which alone it may act; all that the person holds where empty.
    pub roles: Vec<RoleId>,
}

impl Caller {
    /// A person at a phone or desk.
    #[must_use]
    pub fn person(account: AccountId, person: PersonId) -> Caller {
        Caller { account, person, via: Via::Person, roles: Vec::new() }
    }

    /// The caller as the policy sees somebody, by the rules of this moment.
    #[must_use]
    pub fn viewer(&self, app: &App) -> (Arc<Rules>, Viewer) {
        let (rules, now) = (app.realm().rules(), app.realm().now());
        let viewer = Viewer::person(&rules, &self.person, self.via, now);
        (rules, viewer)
    }

    /// The same, where the policy lets the caller do something that is no act on a matter.
    ///
    /// # Errors
    /// Why it does not.
    pub fn may(&self, app: &App, action: &Action) -> Result<(Arc<Rules>, Viewer), ApiProblem> {
        let (rules, viewer) = self.viewer(app);
        policy::may(&rules, &viewer, action).map_err(|it| denied(&it))?;
        Ok((rules, viewer))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Caller, ApiProblem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(ApiProblem::signed_out)
    }
}

/// Whoever asks: somebody signed in, or the public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anyone(pub Option<Caller>);

impl Anyone {
    /// Whoever asks as the policy sees somebody, by the rules of this moment.
    #[must_use]
    pub fn viewer(&self, app: &App) -> (Arc<Rules>, Viewer) {
        match &self.0 {
            Some(caller) => caller.viewer(app),
            None => (app.realm().rules(), Viewer::public(app.realm().now())),
        }
    }
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Anyone, Infallible> {
        Ok(Anyone(parts.extensions.get::<Caller>().cloned()))
    }
}
