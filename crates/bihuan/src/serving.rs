//! What the service is told by its settings, in types.

use crate::http::edge::{Limits, Pace, Tls, Trusted};
use crate::http::layer::{ALL, DESK, FIELD, PUBLIC, Rate, Rates, Reach, WATCH};
use crate::problem::Problem;
use crate::setting::Settings;
use bihuan_core::text::Text;
use std::net::SocketAddr;
use std::sync::Arc;

/// A listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What it is for, as the settings call it.
    pub name: &'static str,
    /// Where.
    pub address: SocketAddr,
    /// Which addresses it has.
    pub reach: Reach,
}

/// What the service is told.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// The limits of connections.
    pub limits: Limits,
    /// Proxies that are trusted.
    pub trusted: Trusted,
    /// TLS, where it is on.
    pub tls: Option<Arc<Tls>>,
    /// Whether callers come by TLS, to us or to a proxy.
    pub is_secure: bool,
    /// How often one may ask.
    pub rates: Rates,
    /// Less free space than this is said, in bytes.
    pub free_bytes_min: u64,
}

/// The listeners by their settings.
const LISTENERS: [(&str, &str, Reach); 5] = [
    ("all", "listen.all", ALL),
    ("public", "listen.public", PUBLIC),
    ("field", "listen.field", FIELD),
    ("desk", "listen.desk", DESK),
    ("watch", "listen.watch", WATCH),
];

impl Serving {
    /// Reads what the service is told.
    ///
    /// # Errors
    /// Where settings do not fit each other, or a certificate cannot be used.
    pub fn of(settings: &Settings) -> Result<Serving, Problem> {
        let listener = |(name, key, reach): (&'static str, &str, Reach)| {
            Some(Listener { name, address: settings.address(key)?, reach })
        };
        let listeners: Vec<Listener> = LISTENERS.into_iter().filter_map(listener).collect();
        let tls = tls(settings)?;
        let mut faults = Vec::new();
        if listeners.iter().all(|it| it.name == "watch") {
            faults.push(Text::new(
                "listen：至少设一个监听地址",
                "listen: set at least one address to listen on",
            ));
        }
        for (no, one) in listeners.iter().enumerate() {
            let is_same = |it: &&Listener| it.address == one.address && one.address.port() != 0;
            if let Some(other) = listeners[..no].iter().find(is_same) {
                let (one, other, at) = (one.name, other.name, one.address);
                faults.push(Text::new(
                    format!("listen.{one} 与 listen.{other} 不能同为 {at}"),
                    format!("listen.{one} and listen.{other} cannot both be {at}"),
                ));
            }
        }
        if !faults.is_empty() {
            return Err(Problem::Settings(faults));
        }
        let rate = |what: &str| Rate {
            per_min: u32::try_from(settings.number(&format!("rate.{what}_per_min"))).unwrap_or(1),
            burst: u32::try_from(settings.number(&format!("rate.{what}_burst"))).unwrap_or(1),
        };
        Ok(Serving {
            listeners,
            limits: limits(settings),
            trusted: Trusted(settings.networks("proxy.trusted")),
            is_secure: tls.is_some() || settings.is("proxy.tls"),
            tls,
            rates: Rates::new(rate("address"), rate("account"), rate("sign_in"))
                .reports(rate("report")),
            free_bytes_min: settings.number("disk.free_min_mb") << 20,
        })
    }
}

fn limits(settings: &Settings) -> Limits {
    let bytes_per_s = settings.number("limit.body_bytes_per_s");
    Limits {
        first_byte: settings.seconds("limit.first_byte_s"),
        header: settings.seconds("limit.header_s"),
        idle: settings.seconds("limit.idle_s"),
        body: Pace { grace: settings.seconds("limit.body_grace_s"), bytes_per_s },
        answer: Pace { grace: settings.seconds("limit.answer_grace_s"), bytes_per_s },
        drain: settings.seconds("limit.drain_s"),
        connections_max: settings.count("limit.connections"),
        connections_per_address_max: settings.count("limit.connections_per_address"),
        ..Limits::default()
    }
}

fn tls(settings: &Settings) -> Result<Option<Arc<Tls>>, Problem> {
    let fault = |zh: String, en: String| Problem::Settings(vec![Text { zh, en }]);
    match (settings.path("tls.certificate"), settings.path("tls.key")) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let tls = Tls::open(&certificate, &key);
            let tls = tls.map_err(|it| fault(format!("tls：{it}"), format!("tls: {it}")))?;
            Ok(Some(Arc::new(tls)))
        }
        _ => Err(fault(
            "tls.certificate 与 tls.key 须同时设置".to_owned(),
            "set both tls.certificate and tls.key, or neither".to_owned(),
        )),
    }
}
