//! What counts as one scan.
//!
//! A reload, the back button and a language switch are the same scan: its id
//! stands in a cookie of half an hour on the path of the code. A caller
//! without cookies is known again for a minute by payload, /24 or /48 and
//! user agent. That memory is each server's own; where several servers share
//! a store, the id is also derived from the minute of the clock, so that two
//! of them give one id unless the minute turned between.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use quick_cache::sync::{Cache, EntryAction, EntryResult};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::limits::RECENT_VISITS_MAX;
use crate::base::{UnixMs, ids, rng};
use crate::code::Payload;
use crate::http::client::Client;
use crate::scan::service::Device;
use crate::scan::tags::Network;

const SCAN_COOKIE: &str = "zm_scan";
const DEVICE_COOKIE: &str = "zm_device";
const SCAN_COOKIE_S: i64 = 30 * 60;
const DEVICE_COOKIE_DAYS: i64 = 400;
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

#[derive(Clone, Copy)]
struct Recent {
    scan_id: Uuid,
    cookie: [u8; 16],
    at: UnixMs,
}

/// The scans of the last minute by callers without cookies.
pub struct Visits {
    recent: Cache<[u8; 32], Recent>,
}

impl Default for Visits {
    fn default() -> Self {
        Self { recent: Cache::new(RECENT_VISITS_MAX) }
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
                let recent = self.remembered(caller);
                (scan.unwrap_or(recent.scan_id), recent.cookie)
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
            (None, Device::Claimed(_)) => self.remembered(caller).scan_id,
        };
        Visit { scan_id, device, scan_is_new: false, device_is_new: false }
    }

    fn remembered(&self, caller: &Caller<'_>) -> Recent {
        let key = key(caller);
        let fresh = || {
            let minute = caller.at.0.div_euclid(REMEMBERED_MS).to_be_bytes();
            let digest = Sha256::new().chain_update(key).chain_update(minute).finalize();
            let id: [u8; 16] = digest[..16].try_into().expect("sixteen bytes");
            Recent {
                scan_id: uuid::Builder::from_custom_bytes(id).into_uuid(),
                cookie: rng::often(),
                at: caller.at,
            }
        };
        let again = |_: &_, recent: &mut Recent| {
            if caller.at.since(recent.at).abs() >= REMEMBERED_MS {
                *recent = fresh();
            }
            EntryAction::Retain(*recent)
        };
        match self.recent.entry(&key, None, again) {
            EntryResult::Retained(recent) => recent,
            EntryResult::Vacant(place) => {
                let recent = fresh();
                let _ = place.insert(recent);
                recent
            }
            // Nothing is removed or replaced, and no one is waited for with an end.
            _ => fresh(),
        }
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
        let mut set = Vec::new();
        let mut add = |name: &'static str, value: String, path: String, max_age| {
            let cookie = Cookie::build((name, value))
                .path(path)
                .max_age(max_age)
                .http_only(true)
                .secure(secure)
                .same_site(SameSite::Lax)
                .build();
            set.extend(HeaderValue::from_str(&cookie.to_string()));
        };
        if self.scan_is_new {
            let age = time::Duration::seconds(SCAN_COOKIE_S);
            add(SCAN_COOKIE, self.scan_id.to_string(), path.to_owned(), age);
        }
        if let (true, Device::Cookie(bytes)) = (self.device_is_new, &self.device) {
            let age = time::Duration::days(DEVICE_COOKIE_DAYS);
            add(DEVICE_COOKIE, BASE64_URL_SAFE_NO_PAD.encode(bytes), "/".to_owned(), age);
        }
        set
    }
}
