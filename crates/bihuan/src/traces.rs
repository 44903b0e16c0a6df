//! Traces of requests, sent to a collector of OpenTelemetry where an operator has one.
//!
//! Invariants: nothing is sent unless an address is set; a trace says of a request what the log
//! says, and nothing that anybody wrote; a collector that is slow or gone costs traces and nothing
//! else; a trace begins here, since what callers say of one is not believed.

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use std::time::Duration;

/// How long the collector may take to accept what is sent to it.
const ACCEPTS: Duration = Duration::from_secs(5);
/// What the service calls itself.
const SERVICE: &str = "bihuan";

/// Where traces go.
#[derive(Clone, Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The trace of one request, until it ends.
#[derive(Debug)]
pub struct Trace(Span);

impl Traces {
    /// Traces to a collector that takes OTLP over HTTP at an address, such as
    /// `http://127.0.0.1:4318/v1/traces`.
    ///
    /// # Errors
    /// Where that is no address.
    pub fn to(address: &str) -> Result<Traces, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address)
            .with_timeout(ACCEPTS)
            .build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty().with_service_name(SERVICE);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.with_attribute(version).build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Traces { tracer: provider.tracer(SERVICE), provider })
    }

    /// Begins the trace of a request: its id, its method and the template of its path.
    #[must_use]
    pub fn begin(&self, id: &str, method: &'static str, route: &str) -> Trace {
        let said = [
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("bihuan.request_id", id.to_owned()),
        ];
        let span = self.tracer.span_builder(format!("{method} {route}"));
        Trace(span.with_kind(SpanKind::Server).with_attributes(said).start(&self.tracer))
    }

    /// Sends what was not sent yet, and nothing more.
    pub fn end(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(ACCEPTS) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

impl Trace {
    /// Ends it with the status of the answer and the code of a problem.
    pub fn end(mut self, status: u16, code: &str) {
        self.0.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if !code.is_empty() {
            self.0.set_attribute(KeyValue::new("error.type", code.to_owned()));
        }
        if status >= 500 {
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}
