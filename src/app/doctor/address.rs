//! Where labels lead, and where the server listens.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::Finding;
use crate::app::config::Settings;
use crate::base::Near;
use crate::code::{Layer, Payload, compact_text};
use crate::keys::KeyNumber;
use crate::label::{Symbol, url_prefix};
use crate::scan::Marks;
use crate::store::sql::Ledger;

/// Modules a side of version 6, which a host of 23 characters fills.
const MODULES_EXPECTED: u32 = 41;
/// Prefixes that one operator's proxies need at most.
const PROXY_BITS_V4_MIN: u8 = 8;
const PROXY_BITS_V6_MIN: u8 = 32;
/// Scans of buyers from which on it is told where most of them come from.
const BUYERS_MIN: u64 = 20;
/// How long whoever holds the address may take to say who it is.
const ANSWER_MAX: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

pub fn public_url(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "public_url";
    let url = settings.public_url.trim_end_matches('/');
    let hosts = settings.hosts();
    let loopback = hosts.first().is_some_and(|host| is_loopback(host));
    let mut found = Vec::new();
    if loopback && !settings.listen.ip().is_loopback() {
        found.push(Finding::warning(
            CHECK,
            format!("labels would begin with {url}, which leads every phone to itself"),
            "set it to the name under which buyers reach this server",
        ));
    }
    found.extend(in_the_clear(settings));
    found.extend(long_host(settings));
    if found.is_empty() {
        let alone = if loopback { ", which this machine alone can reach" } else { "" };
        found.push(Finding::ok(CHECK, format!("labels begin with {url}{alone}")));
    }
    found
}

/// A label that is printed so leads there for good.
pub(crate) fn in_the_clear(settings: &Settings) -> Option<Finding> {
    let url = settings.public_url.trim_end_matches('/');
    let loopback = settings.hosts().first().is_some_and(|host| is_loopback(host));
    (!loopback && url.starts_with("http://")).then(|| {
        Finding::warning(
            "public_url",
            format!("{url} is not encrypted: cookies are sent in the clear, and browsers warn"),
            "put a proxy with TLS in front and write https:// before a label is printed, which \
             says it for good",
        )
    })
}

/// What is wrong with the length of the host.
pub(crate) fn long_host(settings: &Settings) -> Option<Finding> {
    const CHECK: &str = "public_url";
    let url = settings.public_url.trim_end_matches('/');
    match Symbol::of(&sample_text(url)) {
        Err(error) => Some(Finding::fault(CHECK, error.to_string(), "take a shorter host")),
        Ok(symbol) if symbol.size() > MODULES_EXPECTED => Some(Finding::warning(
            CHECK,
            format!(
                "{url} makes the symbol version {}, {} x {} modules, where a host of up to 23 \
                 characters needs {MODULES_EXPECTED}: the same label has smaller modules",
                symbol.version(),
                symbol.size(),
                symbol.size()
            ),
            "take a shorter host, or print larger symbols",
        )),
        Ok(_) => None,
    }
}

/// The text of a symbol of this installation; every one is as long.
fn sample_text(public_url: &str) -> String {
    let key = KeyNumber::new(1).expect("1 is a key number");
    let payload = Payload { layer: Layer::Outer, key, batch: 1, serial: 0 };
    url_prefix(public_url) + &compact_text(payload, &[0; 64])
}

/// Of a host with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = name_of(host);
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Of this machine or a private network.
fn is_near(host: &str) -> bool {
    is_loopback(host) || name_of(host).parse().is_ok_and(|ip| Near::of(ip).is_some())
}

fn name_of(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']'])
}

pub fn listen(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "listen";
    let address = settings.listen;
    let problem = match TcpListener::bind(address) {
        Ok(_) => return vec![Finding::ok(CHECK, format!("{address} is free"))],
        Err(problem) => problem,
    };
    let remedy = match problem.kind() {
        ErrorKind::AddrInUse if is_zhenma(address) => {
            return vec![Finding::ok(CHECK, format!("{address} is served by a zhenma now"))];
        }
        ErrorKind::AddrInUse => {
            "end the program that has it (`ss -ltnp` names it), or set \
                                 another address"
        }
        ErrorKind::AddrNotAvailable => "set an address that this machine has, such as 0.0.0.0",
        ErrorKind::PermissionDenied => {
            "set a port from 1024 on, or give the service CAP_NET_BIND_SERVICE"
        }
        _ => "set another address",
    };
    vec![Finding::fault(CHECK, format!("{address} cannot be used: {problem}"), remedy)]
}

/// Asks what only zhenma answers; anything else is another program.
fn is_zhenma(address: SocketAddr) -> bool {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let ask = || -> std::io::Result<String> {
        let place = SocketAddr::new(ip, address.port());
        let mut stream = TcpStream::connect_timeout(&place, ANSWER_MAX)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_write_timeout(Some(ANSWER_MAX))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        // A program that never closes has said enough by then.
        let _ = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer);
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    ask().is_ok_and(|answer| answer.contains("\"register_revision\""))
}

pub fn proxies(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "trusted_proxies";
    let trusted = &settings.trusted_proxies;
    let wide: Vec<_> = trusted
        .iter()
        .filter(|net| net.is_wider_than(PROXY_BITS_V4_MIN, PROXY_BITS_V6_MIN))
        .map(|net| {
            Finding::warning(
                CHECK,
                format!("{net} takes in very many: each may claim to be any address"),
                "name the proxies' own networks",
            )
        })
        .collect();
    if !wide.is_empty() {
        return wide;
    }
    if !trusted.is_empty() {
        let names: Vec<_> = trusted.iter().map(ToString::to_string).collect();
        return vec![Finding::ok(CHECK, format!("{} are believed", names.join(", ")))];
    }
    let public = settings.hosts().first().is_some_and(|host| !is_loopback(host));
    if public && settings.listen.ip().is_loopback() {
        return vec![Finding::warning(
            CHECK,
            "only a proxy on this machine can reach the server, and none is trusted: all buyers \
             seem to come from one address",
            "set trusted_proxies to 127.0.0.1, and let the proxy set X-Forwarded-For",
        )];
    }
    vec![Finding::ok(CHECK, "none: an address is that of its connection")]
}

/// Whether buyers are seen behind what passes their requests on. On a machine
/// or in a house that serves itself alone it is as it must be.
pub async fn buyers(settings: &Settings, ledger: &Ledger) -> Option<Finding> {
    if settings.hosts().first().is_none_or(|host| is_near(host)) {
        return None;
    }
    let near = Marks::PRIVATE.with(Marks::CARRIER_NAT);
    let (all, hidden) = ledger.latest_buyers(near).await.ok()?;
    (all >= BUYERS_MIN && hidden * 2 > all).then(|| {
        Finding::warning(
            "trusted_proxies",
            format!(
                "{hidden} of the latest {all} scans of buyers came from private addresses or from \
                 a carrier's 100.64.0.0/10: they have no place, and all count as one network"
            ),
            "name the proxy or load balancer in front, from which they come, in trusted_proxies, \
             and let it set X-Forwarded-For",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::State;

    fn with(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings =
            Settings { public_url: "https://id.example.cn".into(), ..Settings::default() };
        change(&mut settings);
        settings
    }

    fn says(found: &[Finding], state: State, words: &str) {
        assert!(found.iter().any(|f| f.state == state && f.says.contains(words)), "{found:?}");
    }

    #[test]
    fn a_host_of_23_characters_is_the_longest_that_keeps_the_symbol_small() {
        let url = |host: &str| public_url(&with(|s| s.public_url = format!("https://{host}")));
        says(&url("trace.luyi-products.com"), State::Ok, "labels begin with");
        says(&url("trace.luyi-products1.com"), State::Warning, "45 x 45");
        says(&url(&format!("{}.cn", "a".repeat(250))), State::Fault, "too long");
    }

    #[test]
    fn addresses_that_mislead_are_told() {
        let found = public_url(&with(|s| s.public_url = "http://id.example.cn".into()));
        says(&found, State::Warning, "not encrypted");
        let public = "0.0.0.0:80".parse().expect("an address");
        for url in ["http://127.0.0.1:8080", "http://localhost"] {
            let found = public_url(&with(|s| (s.public_url, s.listen) = (url.into(), public)));
            says(&found, State::Warning, "phone to itself");
        }
    }

    #[test]
    fn proxies_are_neither_everybody_nor_forgotten() {
        let trust = |net: &str| {
            proxies(&with(|s| s.trusted_proxies = vec![net.to_owned().try_into().expect("net")]))
        };
        says(&trust("0.0.0.0/0"), State::Warning, "0.0.0.0/0");
        says(&trust("2000::/3"), State::Warning, "2000::/3");
        says(&trust("10.0.0.0/8"), State::Ok, "10.0.0.0/8");
        says(&proxies(&with(|_| {})), State::Warning, "one address");
    }
}
