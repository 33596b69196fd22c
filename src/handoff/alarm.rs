//! What an enterprise is to look after: computed from what is known, so that an
//! alarm ends when its cause does.

use super::package::PackageState;
use super::settings::Settings;
use super::{Package, Refusal};
use crate::base::UnixMs;
use crate::registry::BatchRef;

const DAY_MS: i64 = 86_400_000;

/// A package with what came of it.
#[derive(Clone, Debug)]
pub struct Progress {
    pub package: Package,
    /// Of all its downloads.
    pub first_download_at: Option<UnixMs>,
    /// Items that are printed, and those that were ordered.
    pub printed: u64,
    pub ordered: u64,
    /// Any of its labels is on sale.
    pub in_use: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Days since its files were ready.
    NotPickedUp(i64),
    /// Days since the first download.
    NotPrinted(i64),
    /// Days since the sign-off.
    NotActivated(i64),
    /// Many wrong codes closed the pick-up.
    WrongCodes,
}

impl Progress {
    /// At most one: the first thing that is late.
    pub fn alarm(&self, settings: &Settings, now: UnixMs) -> Option<Alarm> {
        let package = &self.package;
        let days = |since: UnixMs| now.since(since) / DAY_MS;
        let late = |since: UnixMs, limit: u32| days(since) >= i64::from(limit);
        if let Some(sign_off) = package.sign_off.as_ref().filter(|s| s.accepted) {
            let late = !self.in_use && late(sign_off.at, settings.activated_days);
            return late.then(|| Alarm::NotActivated(days(sign_off.at)));
        }
        if package.state == PackageState::Ended || package.sign_off.is_some() {
            return None;
        }
        if package.admits(now) == Err(Refusal::Closed) {
            return Some(Alarm::WrongCodes);
        }
        match (self.first_download_at, package.ready_at) {
            (Some(begun), _) if self.printed < self.ordered => {
                late(begun, settings.printed_days).then(|| Alarm::NotPrinted(days(begun)))
            }
            (None, Some(ready)) => {
                late(ready, settings.pick_up_days).then(|| Alarm::NotPickedUp(days(ready)))
            }
            _ => None,
        }
    }
}

/// Where an item of a pool stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planting {
    pub package: uuid::Uuid,
    pub package_number: String,
    pub enterprise: crate::registry::Uscc,
    pub house: String,
    /// Never to be printed; else a spare that was not released.
    pub planted: bool,
    /// Downloads that carried it; all were begun.
    pub downloads: Vec<super::Download>,
}

/// An item of a pool that somebody met though it was not released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    pub planting: Planting,
    pub batch: BatchRef,
    pub number: u64,
    pub scans: u64,
    pub first_seen_at: UnixMs,
    /// GB/T 2260, four digits; 0 unknown.
    pub place: u16,
}

#[cfg(test)]
mod tests {
    use super::super::package::SignOff;
    use super::*;

    fn progress() -> Progress {
        let package = Package {
            id: uuid::Uuid::nil(),
            number: "ABCD2345".to_owned(),
            order: uuid::Uuid::nil(),
            enterprise: crate::registry::Uscc::parse("91411628MA9DEM01XU").unwrap(),
            batch: "1-4".parse().unwrap(),
            house: uuid::Uuid::nil(),
            items: Some((0, 99)),
            pool: Some((100, 100)),
            recipient: String::new(),
            key_file: None,
            pick_up: 1,
            code_hash: [0; 32],
            wrong_codes: 0,
            state: PackageState::Ready,
            problem: None,
            directory: None,
            created_by: "planner".to_owned(),
            created_at: UnixMs(0),
            ready_at: Some(UnixMs(0)),
            sign_off: None,
        };
        Progress { package, first_download_at: None, printed: 0, ordered: 100, in_use: false }
    }

    #[test]
    fn what_is_late_is_told_and_ends_with_its_cause() {
        let at = |days: i64| UnixMs(days * DAY_MS);
        let settings = Settings::default();
        let said = |progress: &Progress, days| progress.alarm(&settings, at(days));
        let mut p = progress();
        assert_eq!(said(&p, 4), None);
        assert_eq!(said(&p, 5), Some(Alarm::NotPickedUp(5)));
        p.first_download_at = Some(at(5));
        assert_eq!(said(&p, 6), None);
        assert_eq!(said(&p, 19), Some(Alarm::NotPrinted(14)));
        p.printed = 100;
        assert_eq!(said(&p, 60), None);
        let sign_off = |accepted| SignOff {
            accepted,
            reason: String::new(),
            by: "quality".to_owned(),
            at: at(20),
        };
        p.package.sign_off = Some(sign_off(true));
        assert_eq!(said(&p, 49), None);
        assert_eq!(said(&p, 50), Some(Alarm::NotActivated(30)));
        p.in_use = true;
        assert_eq!(said(&p, 90), None);
        p.package.sign_off = Some(sign_off(false));
        assert_eq!(said(&p, 90), None, "a rejected roll waits for nobody");
    }
}
