//! How fast passwords and codes may be guessed. What is slowed is the guesser:
//!
//! * one login from one network: ten tries, then six a minute;
//! * one network, whatever the login: sixty tries a minute;
//! * one login from everywhere: thirty tries, then one in two minutes, so that
//!   many networks together get 750 guesses a day and no more;
//! * but a browser that signed in before as this login, which its mark proves,
//!   has a budget of its own and passes the crowd: guessing does not lock the
//!   owner out.
//!
//! All of it stands in memory. To begin anew a guesser would have to restart
//! the server, and of N servers each gives its own budget: both cost less than
//! a write to the ledger for each try, which is what a crowd would like to
//! cause.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;
use tokio::sync::Semaphore;

use crate::auth::secrets::Browser;
use crate::http::rate::Keyed;
use crate::scan::tags::Network;

const fn few(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("not zero")
}

const TRIES_PER_MINUTE: NonZeroU32 = few(10);
const NETWORK_TRIES_PER_MINUTE: NonZeroU32 = few(60);
/// Of one login, by browsers that nobody knows.
const STRANGERS_AT_ONCE: NonZeroU32 = few(30);
const STRANGERS_EVERY: Duration = Duration::from_secs(120);
/// Of one browser that signed in before.
const KNOWN_AT_ONCE: NonZeroU32 = few(10);
const KNOWN_EVERY: Duration = Duration::from_secs(60);
/// Of the second step. Three of a million codes are good at once: whoever has the
/// password and makes all 144 guesses of a day has even odds after 1 600 days.
const CODES_AT_ONCE: NonZeroU32 = few(5);
const CODES_EVERY: Duration = Duration::from_secs(600);
const KNOWN_CODES_EVERY: Duration = Duration::from_secs(60);
/// Passwords that are hashed at once: each takes 19 MiB and a core.
const HASHING_MAX: usize = 2;

/// Tries to sign in, slowed down.
pub(super) struct SignIns {
    tries: Keyed<(Option<Network>, u16)>,
    networks: Keyed<Option<Network>>,
    /// Logins are many, and made-up ones endless: each falls into one of 65 536
    /// budgets, by a hash that nobody outside can work out.
    strangers: Keyed<u16>,
    known: Keyed<Browser>,
    codes: Keyed<u16>,
    known_codes: Keyed<Browser>,
    hash: RandomState,
    pub(super) hashing: Semaphore,
}

fn every(period: Duration, at_once: NonZeroU32) -> Quota {
    Quota::with_period(period).expect("not zero").allow_burst(at_once)
}

impl Default for SignIns {
    fn default() -> Self {
        Self {
            tries: Keyed::new(TRIES_PER_MINUTE),
            networks: Keyed::new(NETWORK_TRIES_PER_MINUTE),
            strangers: Keyed::with(every(STRANGERS_EVERY, STRANGERS_AT_ONCE)),
            known: Keyed::with(every(KNOWN_EVERY, KNOWN_AT_ONCE)),
            codes: Keyed::with(every(CODES_EVERY, CODES_AT_ONCE)),
            known_codes: Keyed::with(every(KNOWN_CODES_EVERY, CODES_AT_ONCE)),
            hash: RandomState::new(),
            hashing: Semaphore::new(HASHING_MAX),
        }
    }
}

impl SignIns {
    /// Counts one try of a password.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub(super) fn check(
        &self,
        network: Option<Network>,
        login: &str,
        browser: Option<Browser>,
    ) -> Result<(), u64> {
        match browser {
            Some(browser) => self.known.check(&browser),
            None => {
                let bucket = self.bucket(login);
                self.tries.check(&(network, bucket))?;
                self.networks.check(&network)?;
                self.strangers.check(&bucket)
            }
        }
    }

    /// Counts one try of a code by somebody who had the password.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub(super) fn check_code(&self, login: &str, browser: Option<Browser>) -> Result<(), u64> {
        match browser {
            Some(browser) => self.known_codes.check(&browser),
            None => self.codes.check(&self.bucket(login)),
        }
    }

    /// Counts one try of a package's code; the package closes itself after too
    /// many from everywhere.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub(super) fn check_pick_up(&self, network: Option<Network>, number: &str) -> Result<(), u64> {
        self.tries.check(&(network, self.bucket(number)))?;
        self.networks.check(&network)
    }

    /// Counts one try of a link, which takes a hash when it is good.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub(super) fn check_link(&self, network: Option<Network>) -> Result<(), u64> {
        self.networks.check(&network)
    }

    fn bucket(&self, login: &str) -> u16 {
        let [a, b, ..] = self.hash.hash_one(login).to_be_bytes();
        u16::from_be_bytes([a, b])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(n: u8) -> Option<Network> {
        Some(Network::V4([203, 0, n]))
    }

    #[test]
    fn a_crowd_that_guesses_one_login_is_bounded_and_its_owner_comes_in() {
        let tries = SignIns::default();
        let owner = Some([7; 16]);
        let mut let_through = 0;
        // A try each from 200 networks, which none of them exceeds.
        for n in 0..200 {
            let_through += u32::from(tries.check(network(n), "wang", None).is_ok());
        }
        assert_eq!(let_through, STRANGERS_AT_ONCE.get());
        let wait = tries.check(network(201), "wang", None).expect_err("one more");
        assert!((1..=121).contains(&wait), "{wait}");
        assert_eq!(tries.check(network(201), "wang", owner), Ok(()));
        assert_eq!(tries.check(network(201), "zhang", None), Ok(()), "another login");
        // Nor does a known browser guess without end.
        let own = (0..50).filter(|_| tries.check(None, "wang", owner).is_ok()).count();
        assert_eq!(u32::try_from(own).ok(), Some(KNOWN_AT_ONCE.get() - 1));
    }

    #[test]
    fn one_network_guesses_ten_times_and_its_neighbour_still_comes_in() {
        let tries = SignIns::default();
        let of = |n| (0..20).filter(|_| tries.check(network(n), "wang", None).is_ok()).count();
        assert_eq!((of(1), of(2)), (10, 10));
    }

    #[test]
    fn codes_are_guessed_five_at_a_time() {
        let tries = SignIns::default();
        let of = |browser| (0..20).filter(|_| tries.check_code("wang", browser).is_ok()).count();
        assert_eq!((of(None), of(Some([1; 16]))), (5, 5));
    }
}
