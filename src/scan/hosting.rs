//! Networks of data centres: nobody stands there with a bottle in hand. What
//! comes from them is a program, or somebody behind a tunnel; neither its
//! place nor its number says anything of how often a label exists.

use std::net::IpAddr;

use crate::base::{Cidr, Near};
use crate::scan::Marks;

/// Bytes of a list that is read, at most: some hundred thousand networks.
pub const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A set of networks, as ranges of addresses that do not touch; IPv4 stands
/// among them as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosting(Vec<(u128, u128)>);

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Hosting {
    /// A network in CIDR notation a line; empty lines and what stands behind
    /// `#` say nothing.
    ///
    /// # Errors
    /// Naming the first line that is no network.
    pub fn read(list: &str) -> Result<Self, String> {
        let mut ranges = Vec::new();
        for (n, line) in (1..).zip(list.lines()) {
            let text = line.split('#').next().unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            let network = Cidr::try_from(text.to_owned()).map_err(|e| format!("line {n}: {e}"))?;
            let (first, last) = network.ends();
            ranges.push((mapped(first), mapped(last)));
        }
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Ok(Self(merged))
    }

    /// What the network of an address is, as far as it is known.
    pub fn marks(&self, address: Option<IpAddr>) -> Marks {
        let Some(address) = address else { return Marks::default() };
        let marks = Near::of(address).map_or_else(Marks::default, Marks::from);
        if self.contains(address) { marks.with(Marks::HOSTED) } else { marks }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = mapped(address.to_canonical());
        let behind = self.0.partition_point(|(first, _)| *first <= address);
        behind.checked_sub(1).is_some_and(|at| address <= self.0[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_any_length_is_known_by_every_address_of_it_and_no_other() {
        let list = "# clouds\n43.130.0.0/16\n43.130.7.0/24 # within\n\n8.8.8.8\n2001:db8::/32\n\
                    43.131.0.0/17\n";
        let hosting = Hosting::read(list).expect("a list");
        for (address, known) in [
            ("43.130.0.0", true),
            ("43.130.255.255", true),
            ("43.131.127.255", true),
            ("43.131.128.0", false),
            ("43.129.255.255", false),
            ("8.8.8.8", true),
            ("8.8.8.9", false),
            ("::ffff:8.8.8.8", true),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
            ("::1", false),
        ] {
            assert_eq!(hosting.contains(address.parse().expect("address")), known, "{address}");
        }
        for (address, marks) in [
            (None, Marks::default()),
            (Some("203.0.113.9"), Marks::default()),
            (Some("8.8.8.8"), Marks::HOSTED),
            (Some("192.168.1.20"), Marks::PRIVATE),
            (Some("100.64.0.9"), Marks::CARRIER_NAT),
        ] {
            let address = address.map(|text| text.parse().expect("address"));
            assert_eq!(hosting.marks(address), marks, "{address:?}");
        }
        assert!(!Hosting::default().contains("8.8.8.8".parse().expect("address")));
        let said = Hosting::read("10.0.0.0/8\n10.0.0.0/40").expect_err("no network");
        assert!(said.starts_with("line 2: \"10.0.0.0/40\" is not a network"), "{said}");
        let all = Hosting::read("::/0").expect("all");
        assert!(all.contains("255.255.255.255".parse().expect("address")));
    }
}
