//! Keyed hashes in place of what would identify a person: cookies, addresses,
//! scan ids. The key is the installation's secret; without it a tag tells
//! nothing, and with it only "the same as before".

use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::base::Near;
use crate::scan::Tag48;

/// Makes tags under one installation's secret.
#[derive(Clone)]
pub struct Tagger {
    keyed: Hmac<Sha256>,
}

impl Tagger {
    pub fn new(secret: &[u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(secret).expect("HMAC takes a key of any length");
        Self { keyed }
    }

    /// A device known by our cookie.
    pub fn cookie(&self, cookie: &[u8; 16]) -> Tag48 {
        self.tag(b"cookie", cookie)
    }

    /// A device that is what an anonymous caller said of itself.
    pub fn claim(&self, claim: &str) -> Tag48 {
        self.tag(b"claim", claim.as_bytes())
    }

    /// A scan id: idempotency is per code, so the code is hashed with it.
    pub fn scan(&self, payload: &[u8; 12], id: &[u8; 16]) -> Tag48 {
        let mut both = [0; 28];
        both[..12].copy_from_slice(payload);
        both[12..].copy_from_slice(id);
        self.tag(b"scan", &both)
    }

    /// The /24 or /48 of an address, in its upper half the /16 or /32 that it is
    /// part of: a provider gives a phone another of the former each day, and
    /// seldom another of the latter ([`provider_of`]). 0 when there is none, and
    /// for what is [`Near`]: the addresses of a proxy's nodes or of the operator's
    /// own floors would pass for as many networks of buyers.
    pub fn network(&self, address: Option<IpAddr>) -> u32 {
        let address = address.filter(|address| Near::of(*address).is_none());
        address.map_or(0, |address| self.recorded(address))
    }

    /// The same of an address that a stream was recorded with: one from a range
    /// of private ones stands there for another, as whoever made it wished.
    pub fn recorded(&self, address: IpAddr) -> u32 {
        let network = Network::of(address);
        let (provider, own) = match network {
            Network::V4(bytes) => (self.tag(b"isp4", &bytes[..2]), self.tag(b"net4", &bytes)),
            Network::V6(bytes) => (self.tag(b"isp6", &bytes[..4]), self.tag(b"net6", &bytes)),
        };
        #[allow(clippy::cast_possible_truncation, reason = "16 bits of each tag are wanted")]
        let bits = (provider.get() as u32) << 16 | u32::from(own.get() as u16);
        bits.max(1)
    }

    /// A key for another purpose, made of the same secret.
    pub fn derived(&self, purpose: &[u8]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(b"key\0");
        mac.update(purpose);
        mac.finalize().into_bytes().into()
    }

    fn tag(&self, kind: &[u8], data: &[u8]) -> Tag48 {
        let mut mac = self.keyed.clone();
        mac.update(kind);
        mac.update(&[0]);
        mac.update(data);
        let out = mac.finalize().into_bytes();
        Tag48::from_bytes([out[0], out[1], out[2], out[3], out[4], out[5]])
    }
}

/// What tells the provider's block of a network's tag.
pub const fn provider_of(network: u32) -> u32 {
    network >> 16
}

/// The part of an address that is kept: /24 or /48.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    V4([u8; 3]),
    V6([u8; 6]),
}

impl Network {
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(a) => {
                let [x, y, z, _] = a.octets();
                Self::V4([x, y, z])
            }
            IpAddr::V6(a) => {
                let o = a.octets();
                Self::V6([o[0], o[1], o[2], o[3], o[4], o[5]])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_a_network_share_a_tag_and_kinds_do_not() {
        let tags = Tagger::new(&[7; 32]);
        let at = |text: &str| tags.network(Some(text.parse().expect("address")));
        assert_eq!(at("203.0.113.5"), at("203.0.113.99"));
        assert_eq!(at("203.0.113.5"), at("::ffff:203.0.113.7"));
        assert_ne!(at("203.0.113.5"), at("203.0.114.5"));
        assert_eq!(at("2001:db8:1::1"), at("2001:db8:1:ffff::2"));
        assert_ne!(at("2001:db8:1::1"), at("2001:db8:2::1"));
        let provider = |text| provider_of(at(text));
        assert_eq!(provider("203.0.113.5"), provider("203.0.114.5"));
        assert_ne!(provider("203.0.113.5"), provider("203.1.113.5"));
        assert_eq!(provider("2001:db8:1::1"), provider("2001:db8:2::1"));
        assert_ne!(provider("2001:db8:1::1"), provider("2001:db9:1::1"));
        assert_eq!(tags.network(None), 0);
        for near in ["10.1.2.3", "10.9.9.9", "100.64.3.1", "127.0.0.1", "fd00::1"] {
            assert_eq!(at(near), 0, "{near}");
        }
        assert_ne!(tags.claim("x").get(), Tagger::new(&[8; 32]).claim("x").get());
        assert_ne!(tags.cookie(&[120; 16]), tags.claim("xxxxxxxxxxxxxxxx"));
    }
}
