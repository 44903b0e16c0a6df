//! What a value must look like.

use bihuan_core::text::Text;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text, or none.
    Text,
    /// A path, or none.
    Path,
    /// An address with a port, or none.
    Address,
    /// An address of the web, or none.
    Url,
    /// Networks, separated by commas, or none.
    Networks,
    /// `true` or `false`.
    Yes,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number {
        /// What is counted.
        unit: &'static str,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

impl Kind {
    /// Says what is wanted where a text is not it.
    pub(super) fn check(&self, text: &str) -> Result<(), Text> {
        let fits = match self {
            Kind::Text | Kind::Path => !text.contains('\0'),
            Kind::Address => text.is_empty() || text.parse::<SocketAddr>().is_ok(),
            Kind::Url => text.is_empty() || is_url(text),
            Kind::Networks => networks(text).is_some(),
            Kind::Yes => matches!(text, "true" | "false"),
            Kind::Choice(words) => words.contains(&text),
            Kind::Number { least, most, .. } => {
                text.parse::<u64>().is_ok_and(|it| (*least..=*most).contains(&it))
            }
        };
        if fits { Ok(()) } else { Err(self.want()) }
    }

    fn want(&self) -> Text {
        match self {
            Kind::Text | Kind::Path => Text::new("不能含有空字符", "must not contain NUL"),
            Kind::Address => Text::new(
                "须为地址和端口，如 127.0.0.1:8080",
                "must be an address with a port, such as 127.0.0.1:8080",
            ),
            Kind::Url => Text::new(
                "须为网址，如 http://127.0.0.1:4318/v1/traces",
                "must be an address such as http://127.0.0.1:4318/v1/traces",
            ),
            Kind::Networks => {
                Text::new("须为网段，如 10.20.0.0/16", "must be networks, such as 10.20.0.0/16")
            }
            Kind::Yes => Text::new("须为 true 或 false", "must be true or false"),
            Kind::Choice(words) => {
                let words = words.join(" | ");
                Text::new(format!("须为 {words}"), format!("must be {words}"))
            }
            Kind::Number { unit, least, most } => Text::new(
                format!("须为 {least} 到 {most} 之间的整数（{unit}）"),
                format!("must be a whole number from {least} to {most} ({unit})"),
            ),
        }
    }

    /// The unit, or what kind of text it is.
    #[must_use]
    pub fn unit(&self) -> String {
        match self {
            Kind::Text => "text".to_owned(),
            Kind::Path => "path".to_owned(),
            Kind::Address => "address:port".to_owned(),
            Kind::Url => "url".to_owned(),
            Kind::Networks => "networks".to_owned(),
            Kind::Yes => "true/false".to_owned(),
            Kind::Choice(words) => words.join("/"),
            Kind::Number { unit, .. } => (*unit).to_owned(),
        }
    }
}

/// An address by HTTP, with or without TLS.
fn is_url(text: &str) -> bool {
    let url = text.parse::<reqwest::Url>();
    url.is_ok_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host())
}

/// Networks separated by commas; an address alone is a network of one.
pub(super) fn networks(text: &str) -> Option<Vec<IpNet>> {
    let words = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let alone = |it: &str| it.parse::<IpAddr>().map(IpNet::from);
    let network = |it: &str| it.parse().or_else(|_| alone(it)).ok();
    words.map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_takes_its_own_and_nothing_else() {
        let number = Kind::Number { unit: "s", least: 1, most: 10 };
        for (kind, good, bad) in [
            (number, &["1", "10"][..], &["0", "11", "", "-1", "1.5", "x"][..]),
            (Kind::Yes, &["true", "false"], &["", "yes", "1"]),
            (Kind::Address, &["", "127.0.0.1:0", "[::1]:8080"], &["8080", "localhost:1", ":1"]),
            (Kind::Url, &["", "http://a:1/b"], &["a", "ftp://a", "http://", "127.0.0.1:1"]),
            (Kind::Networks, &["", "10.0.0.0/8", "10.0.0.1, ::1/128"], &["10.0.0.0/33", "a"]),
            (Kind::Choice(&["a", "b"]), &["a"], &["", "c"]),
            (Kind::Text, &["", "x"], &["\0"]),
        ] {
            assert!(good.iter().all(|it| kind.check(it).is_ok()), "{kind:?}");
            assert!(bad.iter().all(|it| kind.check(it).is_err()), "{kind:?}");
        }
    }
}
