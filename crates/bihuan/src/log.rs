//! The log of the service: one line for each request and for each thing an operator should know,
//! on standard error.
//!
//! Invariant: no line holds what people wrote, their names or addresses, a query, a body or a
//! token; see [`crate::http::layer`].

use crate::setting::Settings;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A log in a form, from a level on, to a writer.
pub fn subscriber<W>(form: Form, level: &str, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // What libraries have to say is only of interest where something is wrong.
    let filter = EnvFilter::new(format!("warn,bihuan={level}"));
    let registry = Registry::default().with(filter);
    match form {
        Form::Text => Box::new(registry.with(layer().with_ansi(false).with_writer(writer))),
        Form::Json => Box::new(registry.with(layer().json().with_writer(writer))),
    }
}

/// Begins the log of this process, as the settings say.
pub fn begin(settings: &Settings) {
    let form = if settings.text("log.format") == "json" { Form::Json } else { Form::Text };
    let subscriber = subscriber(form, settings.text("log.level"), std::io::stderr);
    // Somebody who began one before keeps it.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
