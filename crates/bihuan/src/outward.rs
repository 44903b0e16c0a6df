//! What the service may call out to: public addresses, and networks that the operator names.
//!
//! Invariants: every address of a name is looked at before any is called, and what is called is
//! what was looked at; nothing is followed elsewhere; without encryption only named networks are
//! called. Sources: the special-purpose registries of IANA (RFC 6890), RFC 6598, RFC 7526.

use bihuan_core::text::Text;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Longest address, in bytes.
pub const URL_BYTES_MAX: usize = 2_000;
/// How long a whole call may take.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Networks of IPv4 that are nobody's on the internet.
const CLOSED_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Carriers' own, and the metadata service of a cloud.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, and the metadata services of most clouds.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // Metadata of another cloud, on an address that looks public.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// Networks within 2000::/3 that are nobody's, or lead to other networks.
const CLOSED_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// What may be called, and the two ways to call it.
#[derive(Clone, Debug)]
pub struct Outward {
    allowed: Arc<Vec<IpNet>>,
    sealed: Client,
    plain: Client,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// It is no address, or says more than where.
    #[error("give an address such as https://example.org/hook, without name, password or fragment")]
    Shape,
    /// It is not encrypted.
    #[error("the address must begin with https://; http:// is for networks that are named")]
    Plain,
    /// Its port belongs to another service.
    #[error("the port must be 80, 443 or above 1023")]
    Port,
    /// It leads into a private network.
    #[error("the address lies in a private network that the operator has not named")]
    Private,
}

impl Unreachable {
    /// What to do, in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        let zh = match self {
            Unreachable::Shape => "请填写完整地址，如 https://example.org/hook，不含账号、密码和 #",
            Unreachable::Plain => "地址须以 https:// 开头；http:// 仅限运维人员指定的网段",
            Unreachable::Port => "端口须为 80、443 或大于 1023",
            Unreachable::Private => "地址位于内部网络，须由运维人员在配置中放行该网段",
        };
        Text::new(zh, self.to_string())
    }
}

impl Outward {
    /// A way out to public addresses and to the networks named.
    ///
    /// # Errors
    /// Where the system cannot encrypt.
    pub fn new(allowed: Vec<IpNet>) -> Result<Outward, reqwest::Error> {
        let allowed = Arc::new(allowed);
        let client = |guard: Guard| -> Result<Client, reqwest::Error> {
            let builder: ClientBuilder = Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .timeout(TIMEOUT)
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_max_idle_per_host(1)
                .user_agent(concat!("bihuan/", env!("CARGO_PKG_VERSION")));
            builder.dns_resolver(Arc::new(guard)).build()
        };
        let guard = |is_plain| Guard { allowed: Arc::clone(&allowed), is_plain };
        Ok(Outward { sealed: client(guard(false))?, plain: client(guard(true))?, allowed })
    }

    /// The address, if it may be called as far as it can be told without asking for its name.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, address: &str) -> Result<Url, Unreachable> {
        let url = Url::parse(address).map_err(|_| Unreachable::Shape)?;
        let bare = url.username().is_empty() && url.password().is_none();
        if address.len() > URL_BYTES_MAX || !bare || url.fragment().is_some() {
            return Err(Unreachable::Shape);
        }
        let is_plain = match url.scheme() {
            "https" => false,
            "http" if self.allowed.is_empty() => return Err(Unreachable::Plain),
            "http" => true,
            _ => return Err(Unreachable::Shape),
        };
        let port = url.port_or_known_default().unwrap_or(0);
        if !matches!(port, 80 | 443 | 1_024..) {
            return Err(Unreachable::Port);
        }
        let host = url.host_str().ok_or(Unreachable::Shape)?;
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let may = match literal {
            Ok(address) => may_call(&self.allowed, address, is_plain),
            Err(_) => is_public_name(host) || (self.has_names() && !is_own_name(host)),
        };
        if may { Ok(url) } else { Err(Unreachable::Private) }
    }

    /// Whether inner names may be tried: only where inner networks are named.
    fn has_names(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// The way to call an address that was checked.
    #[must_use]
    pub fn client(&self, url: &Url) -> &Client {
        if url.scheme() == "http" { &self.plain } else { &self.sealed }
    }
}

/// Whether an address may be called.
fn may_call(allowed: &[IpNet], address: IpAddr, is_plain: bool) -> bool {
    let address = match address {
        IpAddr::V6(it) => it.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    allowed.iter().any(|it| it.contains(&address)) || (!is_plain && is_public(address))
}

/// Whether an address is somebody's on the internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let within = |nets: &[(IpAddr, u8)]| {
        nets.iter().any(|(net, bits)| IpNet::new(*net, *bits).is_ok_and(|it| it.contains(&address)))
    };
    match address {
        IpAddr::V4(_) => !within(&CLOSED_V4.map(|(net, bits)| (net.into(), bits))),
        IpAddr::V6(it) if it.to_ipv4_mapped().is_some() => {
            it.to_ipv4_mapped().is_some_and(|it| is_public(it.into()))
        }
        IpAddr::V6(it) => {
            let global = it.segments()[0] & 0xe000 == 0x2000;
            global && !within(&CLOSED_V6.map(|(net, bits)| (net.into(), bits)))
        }
    }
}

/// Whether a name can be one of the internet: it has a dot, and is not of the kinds kept apart
/// (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
fn is_public_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    let inner =
        ["localhost", "local", "internal", "lan", "home", "corp", "test", "invalid", "onion"];
    host.contains('.') && !inner.contains(&last) && !host.ends_with(".home.arpa")
}

/// Whether a name is this machine's, whatever networks are named.
fn is_own_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Looks at every address of a name before any is called.
#[derive(Debug)]
struct Guard {
    allowed: Arc<Vec<IpNet>>,
    is_plain: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, is_plain) = (Arc::clone(&self.allowed), self.is_plain);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            // One that is closed closes all: who answers so is not to be trusted.
            if found.is_empty() || !found.iter().all(|it| may_call(&allowed, it.ip(), is_plain)) {
                return Err(Box::from(Unreachable::Private));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
