//! Who sends a file: somebody signed in, or whoever has a link to one matter.
//!
//! Invariant: what comes by a link is kept apart from all accounts, and is no more than a link may
//! send.

use crate::http::link::task::live;
use crate::http::link::{ACCOUNT, PREFIX, account_of};
use crate::http::{ApiProblem, App, Caller};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bihuan_core::id::AccountId;
use bihuan_core::text::Text;
use bihuan_store::link::{self, FILES_MAX};

/// Who sends.
#[derive(Clone, Debug)]
pub struct Sender {
    /// By which uploads are told apart.
    pub account: AccountId,
}

impl FromRequestParts<App> for Sender {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Sender, ApiProblem> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(Sender { account: caller.account.clone() });
        }
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        let token = value.and_then(|it| it.strip_prefix("Bearer ")).map(str::trim);
        let token = token.filter(|it| it.starts_with(PREFIX)).ok_or_else(ApiProblem::signed_out)?;
        let (link, _) = live(app, token).await?;
        Ok(Sender { account: account_of(&link.id) })
    }
}

impl Sender {
    /// The link by which it comes, if by one.
    fn link(account: &AccountId) -> Option<&str> {
        account.as_str().strip_prefix(ACCOUNT)
    }

    /// Whether one more file may come.
    ///
    /// # Errors
    /// A link that has sent as many as it may.
    pub(super) async fn may_begin(&self, app: &App) -> Result<(), ApiProblem> {
        let Some(link) = Sender::link(&self.account).map(ToOwned::to_owned) else { return Ok(()) };
        let sent = app.run(move |realm| realm.read(|db| link::files(db, &link))).await?;
        if i64::try_from(sent.len()).is_ok_and(|it| it < FILES_MAX) {
            return Ok(());
        }
        let text = Text::new("每个链接最多上传12个文件", "at most 12 files come by one link");
        Err(ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", text))
    }
}

/// Notes that a file has come, where it came by a link.
///
/// # Errors
/// As the database says.
pub(super) async fn arrived(
    app: &App,
    account: &AccountId,
    digest: &str,
) -> Result<(), ApiProblem> {
    let Some(link) = Sender::link(account).map(ToOwned::to_owned) else { return Ok(()) };
    let digest = digest.to_owned();
    app.write(move |db| link::arrived(db, &link, &digest)).await
}
