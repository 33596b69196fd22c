//! Who is at the other end, as far as proxies may be believed.
//!
//! Forwarding headers are read from the right: each hop was written by the
//! one before it, so a hop counts only while the one that wrote it is in a
//! trusted network. Where both Forwarded (RFC 7239) and X-Forwarded-For come
//! and differ, one of them was made up by the client, and neither counts.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::base::limits::PROXY_HOPS_MAX;
use crate::base::{Cidr, Near};

/// The client of one request; a request extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub address: Option<IpAddr>,
    /// The host that the client asked for, in small letters with its port;
    /// `None` where a trusted proxy did not pass it on.
    pub host: Option<String>,
    /// The request came through a proxy that is trusted.
    pub proxied: bool,
    /// Some proxy, trusted or not, passed it on.
    pub forwarded: bool,
}

impl Client {
    pub fn of(request: &Parts, trusted: &[Cidr]) -> Self {
        let (peer, headers) = (peer(request), &request.headers);
        let trusts = |address| is_in(trusted, address);
        let proxied = peer.is_some_and(trusts);
        let host = if proxied {
            forwarded_host(headers)
        } else {
            // What the target of a request names stands there (`serve`).
            headers.get(header::HOST).and_then(|h| h.to_str().ok()).map(str::to_owned)
        };
        Self {
            address: peer.map(|peer| address(peer, headers, trusts)),
            host: host.map(|h| h.to_ascii_lowercase()),
            proxied,
            forwarded: FORWARDING.iter().any(|name| headers.contains_key(*name)),
        }
    }

    /// Whether a request came through a proxy that is trusted, for who asks nothing else.
    pub fn is_proxied(request: &Parts, trusted: &[Cidr]) -> bool {
        peer(request).is_some_and(|address| is_in(trusted, address))
    }

    /// On this machine or in a private network, as far as can be known: what
    /// a proxy that we do not trust passes on may come from anywhere.
    pub fn is_near(&self) -> bool {
        (self.proxied || !self.forwarded) && self.address.and_then(Near::of) == Some(Near::Private)
    }
}

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip())
}

fn is_in(trusted: &[Cidr], address: IpAddr) -> bool {
    trusted.iter().any(|net| net.contains(address))
}

const FORWARDING: [&str; 5] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

fn address(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let peer = peer.to_canonical();
    let walk = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev().take(PROXY_HOPS_MAX) {
            if !trusts(client) {
                break;
            }
            let Some(hop) = hop else { break };
            client = hop;
        }
        client
    };
    let by_list = hops(headers, "x-forwarded-for", hop);
    let by_standard = hops(headers, "forwarded", |element| parameter(element, "for").and_then(hop));
    match (by_standard.is_empty(), by_list.is_empty()) {
        (true, _) => walk(by_list),
        (false, true) => walk(by_standard),
        (false, false) => {
            let (a, b) = (walk(by_standard), walk(by_list));
            if a == b { a } else { peer }
        }
    }
}

fn hops<'a, T>(
    headers: &'a HeaderMap,
    name: &str,
    read: impl Fn(&'a str) -> Option<T>,
) -> Vec<Option<T>> {
    let lines = headers.get_all(name).into_iter().map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| split(line, ',')).map(|element| read(element.trim())).collect()
}

/// Splits outside of double quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

/// A parameter of one element of Forwarded, its quotes taken off.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    split(element, ';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// `203.0.113.7`, `203.0.113.7:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|a| a.ip()));
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    address.ok().or_else(bare).map(|a| a.to_canonical())
}

fn forwarded_host(headers: &HeaderMap) -> Option<String> {
    let standard = hops(headers, "forwarded", |element| parameter(element, "host"));
    let plain = hops(headers, "x-forwarded-host", Some);
    let last = standard.last().copied().flatten().or_else(|| plain.last().copied().flatten());
    last.filter(|host| !host.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, trusted: &[&str], headers: &[(&str, &str)]) -> String {
        let mut request = axum::http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut request, ()) = request.body(()).expect("request").into_parts();
        let peer: IpAddr = peer.parse().expect("address");
        request.extensions.insert(ConnectInfo(SocketAddr::new(peer, 1)));
        let trusted: Vec<Cidr> =
            trusted.iter().map(|t| (*t).to_owned().try_into().expect("network")).collect();
        Client::of(&request, &trusted).address.expect("a peer").to_string()
    }

    #[test]
    fn forwarding_headers_count_as_far_as_the_writer_is_trusted() {
        let us = &["10.0.0.0/8"][..];
        for (peer, trusted, headers, wanted) in [
            ("198.51.100.1", us, vec![("x-forwarded-for", "203.0.113.9")], "198.51.100.1"),
            ("10.0.0.1", us, vec![], "10.0.0.1"),
            ("10.0.0.1", us, vec![("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
            ("10.0.0.1", us, vec![("x-forwarded-for", "1.1.1.1, 203.0.113.9")], "203.0.113.9"),
            ("10.0.0.1", us, vec![("x-forwarded-for", "203.0.113.9, 10.2.0.1")], "203.0.113.9"),
            (
                "10.0.0.1",
                us,
                vec![("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")],
                "203.0.113.9",
            ),
            ("10.0.0.1", us, vec![("x-forwarded-for", "203.0.113.9, nonsense")], "10.0.0.1"),
            ("10.0.0.1", us, vec![("forwarded", "for=203.0.113.9;proto=https")], "203.0.113.9"),
            ("10.0.0.1", us, vec![("forwarded", "For=\"[2001:db8::7]:4711\"")], "2001:db8::7"),
            (
                "10.0.0.1",
                us,
                vec![("forwarded", "for=1.1.1.1;by=\"a,b;c\", for=203.0.113.9")],
                "203.0.113.9",
            ),
            ("10.0.0.1", us, vec![("forwarded", "for=unknown")], "10.0.0.1"),
            (
                "10.0.0.1",
                us,
                vec![("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "203.0.113.9")],
                "10.0.0.1",
            ),
            ("::ffff:10.0.0.1", us, vec![("x-forwarded-for", "203.0.113.9:99")], "203.0.113.9"),
        ] {
            assert_eq!(client(peer, trusted, &headers), wanted, "{peer} {headers:?}");
        }
    }
}
