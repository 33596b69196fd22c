//! Who changes something: what every change of the ledger carries into the
//! audit trail.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::base::UnixMs;

/// Somebody's hand at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Of an account; `shell` or `worker` where there is none.
    pub login: String,
    pub origin: Origin,
    pub at: UnixMs,
}

impl By {
    /// Whoever works at the machine itself.
    pub fn shell(at: UnixMs) -> Self {
        Self { login: "shell".to_owned(), origin: Origin::Shell, at }
    }

    /// The process that makes labels and follows scans.
    pub fn worker(at: UnixMs) -> Self {
        Self { login: "worker".to_owned(), origin: Origin::Worker, at }
    }
}

/// From where something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Shell,
    Worker,
    /// The first address of a /24 or /48: never a whole address.
    Network(IpAddr),
    /// By a request whose address is not known.
    Unknown,
}

impl Origin {
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.map(|a| a.to_canonical()) {
            None => Self::Unknown,
            Some(IpAddr::V4(a)) => {
                Self::Network(Ipv4Addr::from_bits(a.to_bits() & 0xffff_ff00).into())
            }
            Some(IpAddr::V6(a)) => {
                Self::Network(Ipv6Addr::from_bits(a.to_bits() >> 80 << 80).into())
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell => f.write_str("shell"),
            Self::Worker => f.write_str("worker"),
            Self::Network(IpAddr::V4(a)) => write!(f, "{a}/24"),
            Self::Network(IpAddr::V6(a)) => write!(f, "{a}/48"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_its_network_alone_is_told() {
        let told = |text: &str| Origin::of(Some(text.parse().expect("an address"))).to_string();
        assert_eq!(told("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(told("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(told("2001:db8:12:34::9"), "2001:db8:12::/48");
        assert_eq!(Origin::of(None).to_string(), "unknown");
    }
}
