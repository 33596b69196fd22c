//! Networks, as settings name them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Cidr {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(a)) => {
                let shift = 32 - u32::from(self.bits);
                (u64::from(net.to_bits()) >> shift) == (u64::from(a.to_bits()) >> shift)
            }
            (IpAddr::V6(net), IpAddr::V6(a)) => {
                let shift = 128 - u32::from(self.bits);
                shift == 128 || (net.to_bits() >> shift) == (a.to_bits() >> shift)
            }
            _ => false,
        }
    }
}

impl Cidr {
    /// Its first address and its last.
    pub fn ends(&self) -> (IpAddr, IpAddr) {
        // Bits of the host; a shift by all of them is none.
        match self.address {
            IpAddr::V4(net) => {
                let host = u32::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let net = net.to_bits() & !host;
                (Ipv4Addr::from_bits(net).into(), Ipv4Addr::from_bits(net | host).into())
            }
            IpAddr::V6(net) => {
                let host = u128::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let net = net.to_bits() & !host;
                (Ipv6Addr::from_bits(net).into(), Ipv6Addr::from_bits(net | host).into())
            }
        }
    }

    /// True when it takes in more addresses than a prefix of so many bits.
    pub fn is_wider_than(&self, v4_bits: u8, v6_bits: u8) -> bool {
        self.bits < if self.address.is_ipv4() { v4_bits } else { v6_bits }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl TryFrom<String> for Cidr {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((a, b)) => (a, b.parse::<u8>().ok()),
            None => (text.as_str(), Some(128)),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(128) if !text.contains('/') => most,
            Some(bits) if bits <= most => bits,
            _ => return Err(wrong()),
        };
        Ok(Self { address, bits })
    }
}

impl From<Cidr> for String {
    fn from(net: Cidr) -> Self {
        net.to_string()
    }
}
