//! `bihuan serve`: the API on the network.

use super::Outcome;
use crate::config::{Config, webhook_networks};
use crate::http::edge::{Edge, Limits, Trusted};
use crate::http::{self, App};
use crate::job;
use crate::output::Output;
use crate::outward::Outward;
use crate::problem::Problem;
use crate::realm::Realm;
use serde_json::json;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    listen: SocketAddr,
) -> Result<Outcome, Problem> {
    let realm = Realm::open(config)?;
    realm.mark(out);
    let outward = Outward::new(webhook_networks()?);
    let outward = outward.map_err(|it| Problem::Other(format!("{it}")))?;
    let app = App::new(realm).reaching(outward);
    let failed = |it: &std::io::Error| Problem::file(Path::new(&listen.to_string()), it);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|it| failed(&it))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(|it| failed(&it))?;
        let at = format!("http://{}", listener.local_addr().map_err(|it| failed(&it))?);
        out.answer(json!({ "listening": at }), |text| {
            let _ = writeln!(text, "{} {at}", out.pick("服务已启动：", "listening on"));
        });
        let _jobs = job::start(&app);
        let edge = Edge::new(Limits::default(), Trusted::default(), None);
        let router = http::router(app.clone());
        tokio::select! {
            () = edge.serve(listener, router) => {}
            ended = asked_to_end() => ended.map_err(|it| failed(&it))?,
        }
        // Streams of events would go on for ever.
        app.feed().close();
        edge.drained().await;
        Ok::<_, Problem>(())
    })?;
    Ok(Outcome::Good)
}

/// Waits until whoever started the service wants it to end.
async fn asked_to_end() -> std::io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
