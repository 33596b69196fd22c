//! What counts as one scan.
//!
//! A reload, the back button and a language switch are the same scan: its id
//! stands in a cookie of half an hour on the path of the code. A caller
//! without cookies is known again for a minute by payload, /24 or /48 and
//! user agent. That memory is each server's own; where several servers share
//! a store, the id is also derived from the minute of the clock, so that two
//! of them give one id unless the minute turned between.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::CookieJar;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::{UnixMs, ids, rng};
use crate::code::Payload;
use crate::http::client::Client;
use crate::http::consumer::recent::Recent;
use crate::scan::service::Device;
use crate::scan::tags::Network;

const SCAN_COOKIE: &str = "zm_scan";
const DEVICE_COOKIE: &str = "zm_device";
const SCAN_COOKIE_S: i64 = 30 * 60;
const DEVICE_COOKIE_S: i64 = 400 * 86_400;
const REMEMBERED_MS: i64 = 60_000;

/// Which scan by which device a request is.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub scan_id: Uuid,
    pub device: Device,
    scan_is_new: bool,
    device_is_new: bool,
}

/// What a request says of itself.
pub struct Caller<'a> {
    pub headers: &'a HeaderMap,
    pub client: &'a Client,
    /// `None` where nothing could be parsed.
    pub payload: Option<Payload>,
    /// Given in the body of a POST.
    pub scan_id: Option<Uuid>,
    pub device: Option<&'a str>,
    pub at: UnixMs,
}

/// The scans of the last minute by callers without cookies.
pub struct Visits {
    recent: Recent,
    /// Of the cookies that they are given.
    secret: [u8; 32],
}

impl Default for Visits {
    fn default() -> Self {
        Self { recent: Recent::new(REMEMBERED_MS), secret: rng::bytes() }
    }
}

impl Visits {
    /// A page's scan: by its cookies, else by what else is known.
    pub fn of_page(&self, caller: &Caller<'_>) -> Visit {
        let jar = CookieJar::from_headers(caller.headers);
        let device = device_cookie(&jar);
        let scan = jar.get(SCAN_COOKIE).and_then(|c| c.value().parse::<Uuid>().ok());
        let (scan_id, cookie) = match (scan, device) {
            (Some(scan_id), Some(cookie)) => (scan_id, cookie),
            (None, Some(cookie)) => (ids::new_id(caller.at), cookie),
            (_, None) => {
                let (scan_id, cookie) = self.remembered(caller);
                (scan.unwrap_or(scan_id), cookie)
            }
        };
        Visit {
            scan_id,
            device: Device::Cookie(cookie),
            scan_is_new: scan.is_none(),
            device_is_new: device.is_none(),
        }
    }

    /// The scan of a POST, which names itself or is known by what else is.
    pub fn of_post(&self, caller: &Caller<'_>) -> Visit {
        let device = device_cookie(&CookieJar::from_headers(caller.headers)).map_or_else(
            || Device::Claimed(caller.device.unwrap_or(user_agent(caller.headers)).to_owned()),
            Device::Cookie,
        );
        let scan_id = match (caller.scan_id, &device) {
            (Some(id), _) => id,
            (None, Device::Cookie(_)) => ids::new_id(caller.at),
            (None, Device::Claimed(_)) => self.remembered(caller).0,
        };
        Visit { scan_id, device, scan_is_new: false, device_is_new: false }
    }

    /// The id of the scan and the bytes of a cookie, both made of who asks and of when it
    /// began, so that only that is kept.
    fn remembered(&self, caller: &Caller<'_>) -> (Uuid, [u8; 16]) {
        let key = key(caller);
        let since = self.recent.since(&key, caller.at).0;
        let minute = since.div_euclid(REMEMBERED_MS).to_be_bytes();
        let id = Sha256::new().chain_update(key).chain_update(minute).finalize();
        let cookie = Sha256::new().chain_update(self.secret).chain_update(key);
        let cookie = cookie.chain_update(since.to_be_bytes()).finalize();
        let [id, cookie] = [id, cookie].map(|digest| std::array::from_fn(|i| digest[i]));
        (uuid::Builder::from_custom_bytes(id).into_uuid(), cookie)
    }
}

fn key(caller: &Caller<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    match caller.payload {
        Some(payload) => hash.update(payload.to_bytes()),
        None => hash.update([0; 12]),
    }
    match caller.client.address.map(Network::of) {
        None => hash.update([0]),
        Some(Network::V4(net)) => hash.update([&[4], &net[..]].concat()),
        Some(Network::V6(net)) => hash.update([&[6], &net[..]].concat()),
    }
    for text in [user_agent(caller.headers), caller.device.unwrap_or_default()] {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// The random bytes of our device cookie, where the request has a sound one.
pub fn device_of(headers: &HeaderMap) -> Option<[u8; 16]> {
    device_cookie(&CookieJar::from_headers(headers))
}

fn device_cookie(jar: &CookieJar) -> Option<[u8; 16]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(jar.get(DEVICE_COOKIE)?.value()).ok()?;
    bytes.try_into().ok()
}

impl Visit {
    /// `Set-Cookie` lines for what is new; `path` is that of the code.
    pub fn cookies(&self, path: &str, secure: bool) -> Vec<HeaderValue> {
        let secure = if secure { "; Secure" } else { "" };
        let mut set = Vec::with_capacity(2);
        let mut add = |line: String| set.extend(HeaderValue::try_from(line));
        if self.scan_is_new {
            add(format!(
                "{SCAN_COOKIE}={}; HttpOnly; SameSite=Lax{secure}; Path={path}; \
                 Max-Age={SCAN_COOKIE_S}",
                self.scan_id
            ));
        }
        if let (true, Device::Cookie(bytes)) = (self.device_is_new, &self.device) {
            let bytes = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            add(format!(
                "{DEVICE_COOKIE}={bytes}; HttpOnly; SameSite=Lax{secure}; Path=/; \
                 Max-Age={DEVICE_COOKIE_S}"
            ));
        }
        set
    }
}
