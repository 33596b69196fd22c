//! Who changes something: what every change of the ledger carries into the
//! audit trail.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::base::UnixMs;

/// Somebody's hand at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Of an account; `shell`, `worker` or `buyer` where there is none.
    pub login: String,
    /// Who made the API key by which it was done, and has seen it; `None`: it was
    /// no key, or one made at the machine itself.
    pub key_by: Option<String>,
    pub origin: Origin,
    pub at: UnixMs,
}

impl By {
    /// Whoever works at the machine itself.
    pub fn shell(at: UnixMs) -> Self {
        Self { login: "shell".to_owned(), key_by: None, origin: Origin::Shell, at }
    }

    /// The process that makes labels and follows scans.
    pub fn worker(at: UnixMs) -> Self {
        Self { login: "worker".to_owned(), key_by: None, origin: Origin::Worker, at }
    }

    /// A buyer, of whom the trail, which is kept for ever, tells nothing more.
    pub fn buyer(at: UnixMs) -> Self {
        Self { login: "buyer".to_owned(), key_by: None, origin: Origin::Unknown, at }
    }

    /// The person who can have done this and also what `login` did, by a key
    /// that `key_by` made if it was one. Where two people are asked for, there
    /// must be nobody.
    pub fn also(&self, login: &str, key_by: Option<&str>) -> Option<&str> {
        let mine = [Some(&*self.login), self.key_by.as_deref()];
        mine.into_iter().flatten().find(|name| *name == login || Some(*name) == key_by)
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
    fn whoever_made_a_key_stands_behind_what_it_does() {
        let by = |login: &str, key_by: Option<&str>| By {
            login: login.to_owned(),
            key_by: key_by.map(str::to_owned),
            ..By::shell(UnixMs(0))
        };
        let (wang, erp) = (by("wang", None), by("erp", Some("wang")));
        assert_eq!(wang.also("wang", None), Some("wang"));
        assert_eq!(wang.also("erp", Some("wang")), Some("wang"));
        assert_eq!(erp.also("wang", None), Some("wang"));
        assert_eq!(erp.also("mes", Some("wang")), Some("wang"), "two keys of one hand");
        assert_eq!(wang.also("erp", Some("li")), None);
        assert_eq!(by("erp", None).also("mes", None), None);
    }

    #[test]
    fn of_an_address_its_network_alone_is_told() {
        let told = |text: &str| Origin::of(Some(text.parse().expect("an address"))).to_string();
        assert_eq!(told("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(told("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(told("2001:db8:12:34::9"), "2001:db8:12::/48");
        assert_eq!(Origin::of(None).to_string(), "unknown");
    }
}
