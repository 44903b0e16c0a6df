//! `bihuan serve`: the API on the network.

use super::Outcome;
use crate::config::{Config, webhook_networks};
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
        axum::serve(listener, http::router(app)).await.map_err(|it| failed(&it))
    })?;
    Ok(Outcome::Good)
}
