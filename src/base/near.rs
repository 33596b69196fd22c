//! Addresses that mean something within one operator's network alone. Seen by
//! a server, they are of somebody on that same network or of a proxy there,
//! which hides whom it serves: such an address has no place, and two of them
//! do not tell two networks.

use std::net::IpAddr;

/// The kinds of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Near {
    /// This machine or a private network: loopback, link-local (RFC 3927,
    /// RFC 4291), RFC 1918, RFC 4193.
    Private,
    /// 100.64.0.0/10, shared between a carrier and its customers (RFC 6598);
    /// clouds and overlay networks use it for their balancers too.
    CarrierNat,
}

impl Near {
    /// `None` for an address of the whole net.
    pub fn of(address: IpAddr) -> Option<Self> {
        let private = match address.to_canonical() {
            IpAddr::V4(a) => match a.octets() {
                [100, 64..128, ..] => return Some(Self::CarrierNat),
                _ => a.is_loopback() || a.is_private() || a.is_link_local(),
            },
            IpAddr::V6(a) => a.is_loopback() || a.is_unique_local() || a.is_unicast_link_local(),
        };
        private.then_some(Self::Private)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_near_up_to_their_ends() {
        use Near::{CarrierNat, Private};
        for (address, near) in [
            ("9.255.255.255", None),
            ("10.0.0.0", Some(Private)),
            ("10.255.255.255", Some(Private)),
            ("11.0.0.0", None),
            ("100.63.255.255", None),
            ("100.64.0.0", Some(CarrierNat)),
            ("100.127.255.255", Some(CarrierNat)),
            ("100.128.0.0", None),
            ("127.0.0.1", Some(Private)),
            ("169.254.0.1", Some(Private)),
            ("172.15.255.255", None),
            ("172.16.0.0", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("172.32.0.0", None),
            ("192.168.255.255", Some(Private)),
            ("192.169.0.0", None),
            ("203.0.113.9", None),
            ("::1", Some(Private)),
            ("::ffff:10.1.2.3", Some(Private)),
            ("::ffff:100.64.1.1", Some(CarrierNat)),
            ("fbff::1", None),
            ("fc00::1", Some(Private)),
            ("fdff::1", Some(Private)),
            ("fe80::1", Some(Private)),
            ("fec0::1", None),
            ("2408:8352::1", None),
        ] {
            assert_eq!(Near::of(address.parse().expect("address")), near, "{address}");
        }
    }
}
