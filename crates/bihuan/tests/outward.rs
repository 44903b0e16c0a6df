//! What the service may call out to: sixty addresses, each with what becomes of it.

use bihuan::outward::{Outward, Unreachable, is_public};
use std::net::IpAddr;

/// Addresses that may be called, and those that may not, each with why.
const CORPUS: [(&str, Option<Unreachable>); 60] = {
    use Unreachable::{Plain, Port, Private, Shape};
    [
        ("https://example.org/hook", None),
        ("https://example.org:8443/hook?a=b", None),
        ("https://hooks.example.gov.cn/x", None),
        ("https://8.8.8.8/hook", None),
        ("https://[2606:4700:4700::1111]/hook", None),
        ("https://xn--fiqs8s.example/hook", None),
        ("https://例子.中国/hook", None),
        ("https://1.2.3.4:443", None),
        ("https://[::ffff:8.8.8.8]/", None),
        ("https://EXAMPLE.ORG./hook", None),
        // Without encryption, and other ways to speak.
        ("http://example.org/hook", Some(Plain)),
        ("http://8.8.8.8/", Some(Plain)),
        ("ftp://example.org/", Some(Shape)),
        ("file:///etc/passwd", Some(Shape)),
        ("gopher://example.org/_x", Some(Shape)),
        ("javascript:alert(1)", Some(Shape)),
        ("data:text/plain,x", Some(Shape)),
        ("//example.org/x", Some(Shape)),
        ("example.org", Some(Shape)),
        ("", Some(Shape)),
        ("https://", Some(Shape)),
        ("https://a:b@example.org/", Some(Shape)),
        ("https://example.org@10.0.0.1/", Some(Shape)),
        ("https://example.org/#x", Some(Shape)),
        // Ports of other services.
        ("https://example.org:22/", Some(Port)),
        ("https://example.org:25/", Some(Port)),
        ("https://example.org:0/", Some(Port)),
        // This machine, in many spellings.
        ("https://127.0.0.1/", Some(Private)),
        ("https://127.1/", Some(Private)),
        ("https://2130706433/", Some(Private)),
        ("https://0x7f000001/", Some(Private)),
        ("https://0177.0.0.1/", Some(Private)),
        ("https://0x7f.0.0.0x1/", Some(Private)),
        ("https://127.255.255.254/", Some(Private)),
        ("https://0.0.0.0/", Some(Private)),
        ("https://0/", Some(Private)),
        ("https://[::1]/", Some(Private)),
        ("https://[::]/", Some(Private)),
        ("https://[::ffff:127.0.0.1]/", Some(Private)),
        ("https://[::ffff:7f00:1]/", Some(Private)),
        ("https://localhost/", Some(Private)),
        ("https://LOCALHOST./", Some(Private)),
        ("https://a.localhost/", Some(Private)),
        ("https://１２７.0.0.1/", Some(Private)),
        // Private networks.
        ("https://10.1.2.3/", Some(Private)),
        ("https://172.16.0.1/", Some(Private)),
        ("https://172.31.255.255/", Some(Private)),
        ("https://192.168.1.1/", Some(Private)),
        ("https://100.64.0.1/", Some(Private)),
        ("https://[fd00::1]/", Some(Private)),
        ("https://[fe80::1]/", Some(Private)),
        ("https://[::ffff:10.0.0.1]/", Some(Private)),
        ("https://[64:ff9b::a00:1]/", Some(Private)),
        ("https://[2002:a00:1::]/", Some(Private)),
        ("https://printer/", Some(Private)),
        ("https://nas.local/", Some(Private)),
        // What clouds tell of their machines.
        ("https://169.254.169.254/latest/meta-data/", Some(Private)),
        ("https://100.100.100.200/", Some(Private)),
        ("https://[fd00:ec2::254]/", Some(Private)),
        ("https://metadata.google.internal/", Some(Private)),
    ]
};

#[test]
fn sixty_addresses_lead_where_they_may_and_nowhere_else() {
    let outward = Outward::new(Vec::new()).expect("it can encrypt");
    for (address, refused) in CORPUS {
        assert_eq!(outward.check(address).err(), refused, "{address}");
    }
}

#[test]
fn a_network_that_the_operator_names_opens_itself_and_no_other() {
    let nets = ["10.20.0.0/16", "fd12::/16"].map(|it| it.parse().expect("a network"));
    let outward = Outward::new(nets.to_vec()).expect("it can encrypt");
    for address in ["https://10.20.3.4/", "http://10.20.3.4:8080/", "http://[fd12::1]/"] {
        assert!(outward.check(address).is_ok(), "{address}");
    }
    for address in
        ["https://10.21.3.4/", "http://8.8.8.8/", "https://127.0.0.1/", "http://localhost/"]
    {
        assert_eq!(outward.check(address).err(), Some(Unreachable::Private), "{address}");
    }
}

#[test]
fn the_edges_of_closed_networks_are_closed_and_what_lies_beside_is_open() {
    for (address, wanted) in [
        ("9.255.255.255", true),
        ("10.0.0.0", false),
        ("10.255.255.255", false),
        ("11.0.0.0", true),
        ("100.63.255.255", true),
        ("100.127.255.255", false),
        ("100.128.0.0", true),
        ("172.15.255.255", true),
        ("172.32.0.0", true),
        ("223.255.255.255", true),
        ("224.0.0.1", false),
        ("255.255.255.255", false),
        ("2400:3200::1", true),
        ("2001:db8::1", false),
        ("2001::1", false),
        ("3fff::1", false),
        ("::1.2.3.4", false),
        ("ff02::1", false),
    ] {
        let parsed: IpAddr = address.parse().expect("an address");
        assert_eq!(is_public(parsed), wanted, "{address}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    // The one name that leads inside on every machine, asked for past the check of names.
    let outward = Outward::new(Vec::new()).expect("it can encrypt");
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let url: reqwest::Url = format!("https://localhost:{port}/").parse().expect("an address");
    let error = outward.client(&url).post(url).send().await.expect_err("it is not called");
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    assert_eq!(deepest.to_string(), Unreachable::Private.to_string());
}
