//! Who calls: the account behind a session or a token.
//!
//! Invariant: a handler that takes a [`Caller`] is reached by nobody else; the extension is put
//! there by the session layer alone.

use super::{ApiProblem, App};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::matter::Via;

/// A signed-in account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The person that it belongs to.
    pub person: PersonId,
    /// How it came in: as a person, or as a machine that may do less.
    pub via: Via,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Caller, ApiProblem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(ApiProblem::signed_out)
    }
}
