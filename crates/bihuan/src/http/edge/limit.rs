//! The limits of a connection, each with its name.

use std::time::Duration;

/// How fast bytes must come, once a grace is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long the other side may keep us waiting in all, however little it brings.
    pub grace: Duration,
    /// Bytes that buy a second of waiting more.
    pub bytes_per_s: u64,
}

impl Pace {
    /// How long the other side may keep us waiting in all, for so many bytes.
    #[must_use]
    pub fn allowance(&self, bytes: u64) -> Duration {
        let earned_ms = bytes.saturating_mul(1_000) / self.bytes_per_s.max(1);
        self.grace.saturating_add(Duration::from_millis(earned_ms))
    }
}

/// The limits of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a new connection may say nothing, and a TLS handshake may take.
    pub first_byte: Duration,
    /// How long the head of a request may take from its first byte.
    pub header: Duration,
    /// How long a connection may rest between two requests.
    pub idle: Duration,
    /// How fast the body of a request must come.
    pub body: Pace,
    /// How fast an answer must be taken.
    pub answer: Pace,
    /// How long requests that were begun may go on when the service closes.
    pub drain: Duration,
    /// Connections in all; more wait in the queue of the system.
    pub connections_max: usize,
    /// Connections of one address, an IPv6 network of 64 bits counting as one; more are closed.
    pub connections_per_address_max: usize,
    /// Bytes of the head of a request.
    pub header_bytes_max: usize,
    /// Requests at once on one connection of HTTP/2.
    pub streams_max: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            body: Pace { grace: Duration::from_secs(15), bytes_per_s: 1_024 },
            answer: Pace { grace: Duration::from_secs(30), bytes_per_s: 1_024 },
            drain: Duration::from_secs(10),
            connections_max: 16_384,
            connections_per_address_max: 512,
            header_bytes_max: 32 * 1_024,
            streams_max: 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_buy_time() {
        let pace = Pace { grace: Duration::from_secs(10), bytes_per_s: 1_000 };
        assert_eq!(pace.allowance(0), Duration::from_secs(10));
        assert_eq!(pace.allowance(500), Duration::from_millis(10_500));
        assert!(pace.allowance(u64::MAX) > Duration::from_secs(1 << 40));
        let none = Pace { bytes_per_s: 0, ..pace };
        assert_eq!(none.allowance(1), Duration::from_secs(11), "no pace is no division by it");
    }
}
