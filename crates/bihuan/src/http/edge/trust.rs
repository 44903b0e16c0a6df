//! Whose connection it is, where proxies stand between.
//!
//! Invariant: `X-Forwarded-For` is read from the right, and only as far as trusted proxies wrote
//! it: what a caller wrote there itself is never believed.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of a caller, as an extension of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

/// The networks of proxies that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Trusted(pub Vec<IpNet>);

impl Trusted {
    /// Whether an address is that of a trusted proxy.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|it| it.contains(&address))
    }

    /// The caller behind a peer: the rightmost address that is no trusted proxy.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let mut client = peer.to_canonical();
        let said = headers.get_all(FORWARDED).iter().map(|it| it.to_str().unwrap_or_default());
        let said: Vec<&str> = said.flat_map(|it| it.split(',')).collect();
        for word in said.into_iter().rev() {
            if !self.has(client) {
                break;
            }
            // What is no address was written by nobody whom we trust.
            let Some(next) = address(word) else { break };
            client = next.to_canonical();
        }
        Client(client)
    }
}

/// An address, with or without a port.
fn address(word: &str) -> Option<IpAddr> {
    let word = word.trim();
    let bare = word.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(word);
    bare.parse().ok().or_else(|| word.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(trusted: &[&str], peer: &str, said: &[&'static str]) -> String {
        let trusted = Trusted(trusted.iter().map(|it| it.parse().expect("a network")).collect());
        let mut headers = HeaderMap::new();
        for it in said {
            headers.append(FORWARDED, HeaderValue::from_static(it));
        }
        trusted.client(peer.parse().expect("an address"), &headers).0.to_string()
    }

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let lan = ["10.0.0.0/8", "fd00::/8"];
        for (trusted, peer, said, want) in [
            (&[][..], "203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            (&lan, "203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            (&lan, "10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            (&lan, "10.0.0.1", &[], "10.0.0.1"),
            // The caller itself wrote the first; its proxy saw the second.
            (&lan, "10.0.0.1", &["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            (&lan, "10.0.0.1", &["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
            (&lan, "10.0.0.1", &["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (&lan, "10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&lan, "10.0.0.1", &["192.0.2.66, nonsense, 10.0.0.2"], "10.0.0.2"),
            (&lan, "10.0.0.1", &[""], "10.0.0.1"),
            (&lan, "10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            (&lan, "fd00::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            (&lan, "::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            assert_eq!(client(trusted, peer, said), want, "{peer} said {said:?}");
        }
    }
}
