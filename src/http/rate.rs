//! How often one device and one network may ask. Generous, since thousands of
//! buyers share a carrier's addresses: what it keeps out is a machine that
//! reads codes off a list. An answer of 429 says nothing about the label.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use quick_cache::sync::{Cache, EntryAction, EntryResult};

use crate::base::UnixMs;
use crate::base::limits::{OWN_MISSES_A_MINUTE_MAX, RATE_KEYS_MAX};
use crate::scan::tags::Network;

/// Scans a minute; as many may come at once.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// By a device's cookie. A shopkeeper who unpacks cases stays below it.
    pub device_per_minute: NonZeroU32,
    /// By /24 or /48. Loopback is not limited: it is the operator's own.
    pub network_per_minute: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            device_per_minute: NonZeroU32::new(30).expect("not zero"),
            network_per_minute: NonZeroU32::new(600).expect("not zero"),
        }
    }
}

pub struct Throttle {
    devices: Keyed<[u8; 16]>,
    networks: Keyed<Network>,
}

impl Throttle {
    pub fn new(rates: Rates) -> Self {
        Self {
            devices: Keyed::new(rates.device_per_minute),
            networks: Keyed::new(rates.network_per_minute),
        }
    }

    /// Counts one scan.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub fn check(&self, device: Option<[u8; 16]>, address: Option<IpAddr>) -> Result<(), u64> {
        if let Some(device) = device {
            self.devices.check(&device)?;
        }
        match address.map(|a| a.to_canonical()) {
            Some(address) if !address.is_loopback() => self.networks.check(&Network::of(address)),
            _ => Ok(()),
        }
    }
}

/// Asks for numbers that no list of own serials has, by network and minute. A
/// list can be guessed through where its numbers follow one another: whoever
/// tries is told nothing more for the rest of the minute, of numbers that stand
/// in it no more than of others.
pub struct Misses {
    seen: Cache<(Network, i64), u32>,
}

impl Default for Misses {
    fn default() -> Self {
        Self { seen: Cache::new(RATE_KEYS_MAX) }
    }
}

impl Misses {
    fn key(address: Option<IpAddr>, now: UnixMs) -> Option<(Network, i64)> {
        let address = address?.to_canonical();
        (!address.is_loopback()).then(|| (Network::of(address), now.0.div_euclid(60_000)))
    }

    /// # Errors
    /// Seconds to the end of the minute, where too many were asked in it.
    pub fn check(&self, address: Option<IpAddr>, now: UnixMs) -> Result<(), u64> {
        let seen = Self::key(address, now).and_then(|key| self.seen.get(&key)).unwrap_or(0);
        let left_ms = 60_000 - now.0.rem_euclid(60_000);
        let left_s = u64::try_from(left_ms / 1_000).unwrap_or(0) + 1;
        if seen < OWN_MISSES_A_MINUTE_MAX { Ok(()) } else { Err(left_s) }
    }

    /// Counts one.
    pub fn count(&self, address: Option<IpAddr>, now: UnixMs) {
        let Some(key) = Self::key(address, now) else { return };
        let one_more = |_: &_, seen: &mut u32| {
            *seen += 1;
            EntryAction::Retain(())
        };
        if let EntryResult::Vacant(first) = self.seen.entry(&key, None, one_more) {
            // Who took its place meanwhile has counted as well as we.
            let _ = first.insert(1);
        }
    }
}

/// Checks between two looks for keys that have long been quiet, and at how many are
/// left: either costs a walk along all, and so none may be had for a single check.
const CHECKS_BETWEEN_SWEEPS: u32 = 10_000;

pub(super) struct Keyed<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
    /// More devices than can be followed are a crowd, not a machine.
    is_crowded: AtomicBool,
    clock: DefaultClock,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        Self::with(Quota::per_minute(per_minute))
    }

    pub(super) fn with(quota: Quota) -> Self {
        Self {
            limiter: RateLimiter::keyed(quota),
            checks: AtomicU32::new(0),
            is_crowded: AtomicBool::new(false),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub(super) fn check(&self, key: &K) -> Result<(), u64> {
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks.is_multiple_of(CHECKS_BETWEEN_SWEEPS) {
            self.limiter.retain_recent();
            let is_crowded = self.limiter.len() > RATE_KEYS_MAX - CHECKS_BETWEEN_SWEEPS as usize;
            self.is_crowded.store(is_crowded, Ordering::Relaxed);
        }
        if self.is_crowded.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.limiter.check_key(key).map_err(|not_until| {
            not_until.wait_time_from(self.clock.now()).as_secs().saturating_add(1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_and_a_network_run_out_apart_and_loopback_never_does() {
        let few = |n| NonZeroU32::new(n).expect("not zero");
        let throttle =
            Throttle::new(Rates { device_per_minute: few(2), network_per_minute: few(3) });
        let at = |text: &str| Some(text.parse::<IpAddr>().expect("address"));
        let (a, b) = (Some([1; 16]), Some([2; 16]));
        assert_eq!(throttle.check(a, at("203.0.113.1")), Ok(()));
        assert_eq!(throttle.check(a, at("203.0.113.2")), Ok(()));
        let wait = throttle.check(a, at("203.0.113.2")).expect_err("the device's third");
        assert!((1..=31).contains(&wait), "{wait}");
        assert_eq!(throttle.check(b, at("203.0.113.3")), Ok(()));
        assert!(throttle.check(None, at("203.0.113.4")).is_err(), "the network's fourth");
        assert_eq!(throttle.check(None, at("203.0.114.4")), Ok(()));
        for _ in 0..50 {
            assert_eq!(throttle.check(None, at("127.0.0.1")), Ok(()));
        }
    }
}
