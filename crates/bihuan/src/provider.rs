//! Signing in at an OpenID Connect provider: the authorisation code flow with PKCE, for one
//! provider that the operator names.
//!
//! Invariants: only an id token that the provider signed for this service, for this sign-in, is
//! believed; nothing is followed elsewhere; what the provider answers has a limit.
//! Sources: OpenID Connect Core 1.0, RFC 7636, OpenID Connect RP-Initiated Logout 1.0.

use crate::clock::machine_now;
use crate::setting::Settings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bihuan_core::time::Instant;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse,
};
use reqwest::Client;
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long what the provider says of itself is believed, in milliseconds.
const METADATA_MS: i64 = 60_000;
/// How long a call of the provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer of the provider, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A provider, as the operator names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Its issuer, such as `https://id.example.org/realms/town`.
    pub issuer: String,
    /// What this service is called there.
    pub client: String,
    /// The secret of this service there, where it has one.
    pub secret: Option<String>,
    /// Where it sends people back to: `https://…/api/v1/session/provider/return`.
    pub back: String,
    /// The claim that names an account.
    pub claim: String,
    /// What the button says.
    pub title: String,
}

impl ProviderConfig {
    /// The provider that the settings name, where they name one.
    #[must_use]
    pub fn of(settings: &Settings) -> Option<ProviderConfig> {
        let said = |key: &str| settings.text(key).to_owned();
        Some(ProviderConfig {
            issuer: settings.some("oidc.issuer")?.to_owned(),
            client: said("oidc.client"),
            secret: settings.some("oidc.secret").map(str::to_owned),
            back: said("oidc.return"),
            claim: said("oidc.claim"),
            title: said("oidc.title"),
        })
    }
}

/// A provider that is ready to be asked.
#[derive(Clone, Debug)]
pub struct Provider {
    /// As the operator names it.
    pub config: Arc<ProviderConfig>,
    http: Client,
    known: Arc<Mutex<Option<(Instant, ProviderMetadataWithLogout)>>>,
}

/// A sign-in that has begun, as the browser carries it, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Comes back with the answer.
    pub state: String,
    /// Stands in the id token.
    pub nonce: String,
    /// Proves that who fetches the token began the sign-in.
    pub verifier: String,
    /// The page to go on with.
    pub then: String,
    /// When it began, by the machine's clock.
    pub at: Instant,
}

/// Whom the provider says somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its own key of that person.
    pub subject: String,
    /// The claim that names an account.
    pub account: String,
    /// Whether the provider asked for more than a password (RFC 8176).
    pub factor: bool,
}

/// Why a sign-in did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The configuration cannot be used.
    #[error("the configuration of the provider cannot be used: {0}")]
    Config(String),
    /// The provider could not be reached or answered oddly.
    #[error("the provider could not be asked: {0}")]
    Away(String),
    /// What it answered is not to be believed.
    #[error("what the provider answered is not to be believed: {0}")]
    Unbelievable(String),
}

/// A call that failed.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Shape(#[from] openidconnect::http::Error),
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
}

impl Provider {
    /// A provider to be asked.
    ///
    /// # Errors
    /// Where the configuration cannot be used.
    pub fn new(config: ProviderConfig) -> Result<Provider, ProviderError> {
        let wrong = |it: &dyn std::fmt::Display| ProviderError::Config(it.to_string());
        IssuerUrl::new(config.issuer.clone()).map_err(|it| wrong(&it))?;
        RedirectUrl::new(config.back.clone()).map_err(|it| wrong(&it))?;
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .user_agent(concat!("bihuan/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|it| wrong(&it))?;
        Ok(Provider { config: Arc::new(config), http, known: Arc::default() })
    }

    /// Begins a sign-in: where to send the browser, and what it carries.
    ///
    /// # Errors
    /// Where the provider cannot be asked.
    pub async fn begin(&self, then: String) -> Result<(String, Begun), ProviderError> {
        let metadata = self.metadata().await?;
        let client = CoreClient::from_provider_metadata(metadata, self.id(), self.secret())
            .set_redirect_uri(self.back()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            then,
            at: machine_now(),
        };
        Ok((url.to_string(), begun))
    }

    /// Ends a sign-in: asks the provider whose code it is.
    ///
    /// # Errors
    /// Where the provider cannot be asked, or its answer is not to be believed.
    pub async fn finish(&self, begun: &Begun, code: String) -> Result<Known, ProviderError> {
        let odd = |it: &dyn std::fmt::Display| ProviderError::Unbelievable(it.to_string());
        let metadata = self.metadata().await?;
        let client = CoreClient::from_provider_metadata(metadata, self.id(), self.secret())
            .set_redirect_uri(self.back()?);
        let http = |request| call(self.http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|it| odd(&it))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&http)
            .await
            .map_err(|it| odd(&it))?;
        let token = answer.id_token().ok_or_else(|| odd(&"there is no id token"))?;
        let verifier = client.id_token_verifier();
        let nonce = Nonce::new(begun.nonce.clone());
        let claims = token.claims(&verifier, &nonce).map_err(|it| odd(&it))?;
        let subject = claims.subject().as_str().to_owned();
        let methods = claims.auth_method_refs().into_iter().flatten();
        let factor = methods.into_iter().any(|it| ["mfa", "otp", "hwk"].contains(&it.as_str()));
        let account = claim(&token.to_string(), &self.config.claim)
            .ok_or_else(|| odd(&format!("there is no claim {}", self.config.claim)))?;
        Ok(Known { subject, account, factor })
    }

    /// Where to send the browser so that the provider signs it out too; none where it has no such
    /// place.
    ///
    /// # Errors
    /// Where the provider cannot be asked.
    pub async fn leave(&self) -> Result<Option<String>, ProviderError> {
        let metadata = self.metadata().await?;
        let Some(at) = metadata.additional_metadata().end_session_endpoint.clone() else {
            return Ok(None);
        };
        let mut home = self.back()?.url().clone();
        home.set_path("/");
        let request = LogoutRequest::from(at)
            .set_client_id(self.id())
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(home));
        Ok(Some(request.http_get_url().to_string()))
    }

    /// What the provider says of itself, with its keys.
    async fn metadata(&self) -> Result<ProviderMetadataWithLogout, ProviderError> {
        let now = machine_now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_fresh = |at: Instant| (0..METADATA_MS).contains(&(now.0 - at.0));
        if let Some((_, metadata)) = known.filter(|it| is_fresh(it.0)) {
            return Ok(metadata);
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone())
            .map_err(|it| ProviderError::Config(it.to_string()))?;
        let http = |request| call(self.http.clone(), request);
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &http)
            .await
            .map_err(|it| ProviderError::Away(it.to_string()))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((now, metadata.clone()));
        Ok(metadata)
    }

    fn id(&self) -> ClientId {
        ClientId::new(self.config.client.clone())
    }

    fn secret(&self) -> Option<ClientSecret> {
        self.config.secret.clone().map(ClientSecret::new)
    }

    fn back(&self) -> Result<RedirectUrl, ProviderError> {
        RedirectUrl::new(self.config.back.clone())
            .map_err(|it| ProviderError::Config(it.to_string()))
    }
}

/// One call of the provider.
async fn call(http: Client, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > ANSWER_BYTES_MAX {
            return Err(CallError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(body)?)
}

/// A claim of an id token whose signature was checked.
fn claim(token: &str, name: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get(name)?.as_str().filter(|it| !it.is_empty()).map(ToOwned::to_owned)
}
