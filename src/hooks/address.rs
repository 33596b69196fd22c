//! Whom a webhook may call. A member names the address, our worker makes the
//! call from within the operator's network: what is not of the whole net is
//! called only where the operator allows its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use hyper::Uri;

use crate::base::{Cidr, FieldError, Near};

/// Characters of an address.
pub const URL_CHARACTERS_MAX: usize = 2_048;

/// Networks that the operator allows (`ZHENMA_WEBHOOK_ALLOW`), beside the whole
/// net.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Arc<[Cidr]>);

impl From<Vec<Cidr>> for Allowed {
    fn from(networks: Vec<Cidr>) -> Self {
        Self(networks.into())
    }
}

impl Allowed {
    /// Named by the operator: there http will do too.
    fn named(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether this address may be called, by https or by http.
    pub fn may_call(&self, address: IpAddr, https: bool) -> bool {
        self.named(address) || (https && is_of_the_whole_net(address))
    }

    /// Reads an address that somebody gave, and refuses what would never be
    /// called. A name is resolved, and each of its addresses checked, with every
    /// call: it may lead elsewhere by then.
    ///
    /// # Errors
    /// Naming the field `url`.
    pub fn check(&self, url: &str) -> Result<Target, FieldError> {
        let target = Target::parse(url)?;
        let fault = |problem, remedy| Err(FieldError::new("url", problem, remedy));
        if !target.https && self.0.is_empty() {
            return fault("is http, which anybody on the way can read", "write an https address");
        }
        match target.host.parse::<IpAddr>() {
            Ok(address) if !self.may_call(address, target.https) => fault(
                "is an address within a private network",
                "name a public one, or ask the operator to allow the network (ZHENMA_WEBHOOK_ALLOW)",
            ),
            _ => Ok(target),
        }
    }
}

/// Where a webhook goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub https: bool,
    /// A name, or an address without brackets.
    pub host: String,
    pub port: u16,
    /// Host and port as the URL has them.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl Target {
    /// # Errors
    /// Naming the field `url`.
    pub fn parse(url: &str) -> Result<Self, FieldError> {
        let fault = |problem: &str| {
            FieldError::new(
                "url",
                problem,
                "write an address such as https://erp.example.cn/zhenma",
            )
        };
        if url.len() > URL_CHARACTERS_MAX {
            return Err(fault("is too long"));
        }
        let uri: Uri = url.parse().map_err(|_| fault("is no address (names in punycode)"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(fault("does not begin with https://")),
        };
        let authority = uri.authority().ok_or_else(|| fault("names no host"))?.as_str();
        if authority.contains('@') || url.contains('#') {
            return Err(fault("has a user, a password or a fragment, which are not sent"));
        }
        let named = uri.host().unwrap_or_default();
        // Of a port that is none the parser says that there is none.
        let port = match authority.strip_prefix(named).and_then(|rest| rest.strip_prefix(':')) {
            Some(port) => port.parse().ok().filter(|port| *port != 0),
            None => Some(if https { 443 } else { 80 }),
        };
        let port = port.ok_or_else(|| fault("has no port that can be called"))?;
        let host = named.trim_matches(['[', ']']).to_ascii_lowercase();
        if host.is_empty() {
            return Err(fault("names no host"));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self { https, host, port, authority: authority.to_owned(), path: path.to_owned() })
    }
}

/// An address that means the same machine from everywhere (IANA's registries of
/// special-purpose addresses, RFC 6890).
fn is_of_the_whole_net(address: IpAddr) -> bool {
    if Near::of(address).is_some() {
        return false;
    }
    match address.to_canonical() {
        IpAddr::V4(a) => v4_is_of_the_whole_net(a),
        IpAddr::V6(a) => v6_is_of_the_whole_net(a),
    }
}

fn v4_is_of_the_whole_net(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network; protocols; 6to4 relays; benchmarks; multicast, reserved, broadcast.
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [224..=255, ..] => true,
        _ => address.is_documentation(),
    };
    !special
}

fn v6_is_of_the_whole_net(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64: an address of IPv4 behind a translator.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let inner = Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
            is_of_the_whole_net(inner.into())
        }
        // Protocols (Teredo among them), documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => {
            false
        }
        // Unicast that has been given out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_whole_net_are_called() {
        let nobody = Allowed::default();
        for (address, may) in [
            ("8.8.8.8", true),
            ("114.114.114.114", true),
            ("198.17.255.255", true),
            ("223.255.255.255", true),
            ("2408:8352::1", true),
            ("2a00:1450::1", true),
            ("64:ff9b::808:808", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.31.0.1", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b:1::1", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(nobody.may_call(address, true), may, "{address}");
            assert!(!nobody.may_call(address, false), "{address} by http");
        }
    }

    #[test]
    fn the_operator_may_allow_a_network_and_http_there() {
        let network: Cidr = "10.20.0.0/16".to_owned().try_into().expect("a network");
        let allowed = Allowed::from(vec![network]);
        for https in [true, false] {
            assert!(allowed.may_call([10, 20, 1, 1].into(), https));
            assert!(!allowed.may_call([10, 21, 1, 1].into(), https));
            assert_eq!(allowed.may_call([8, 8, 8, 8].into(), https), https);
        }
    }

    #[test]
    fn what_would_never_be_called_is_refused_when_it_is_given() {
        let nobody = Allowed::default();
        for url in [
            "",
            "erp.example.cn",
            "ftp://erp.example.cn/",
            "http://erp.example.cn/",
            "https://",
            "https:///path",
            "https://a:b@erp.example.cn/",
            "https://erp.example.cn/#part",
            "https://erp.example.cn:0/",
            "https://erp.example.cn:99999/",
            "https://宋河.cn/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]:8443/",
            "https://169.254.169.254/latest",
        ] {
            assert_eq!(nobody.check(url).expect_err(url).field, "url");
        }
        let long = format!("https://erp.example.cn/{}", "a".repeat(URL_CHARACTERS_MAX));
        assert!(nobody.check(&long).is_err());
        let target = nobody.check("https://ERP.example.cn:8443/in?q=1").expect("an address");
        assert_eq!((target.host.as_str(), target.port), ("erp.example.cn", 8443));
        assert_eq!((target.path.as_str(), target.https), ("/in?q=1", true));
        let target = Target::parse("http://[::1]:81").expect("an address");
        assert_eq!((target.host.as_str(), target.port, target.path.as_str()), ("::1", 81, "/"));
    }
}
