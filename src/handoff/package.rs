//! A package and its way: built, ready, picked up, ended; renewed as often as
//! `PICK_UPS_MAX`.

use uuid::Uuid;

use super::spares::{DOWNLOADS_MAX, PICK_UPS_MAX};
use crate::base::UnixMs;
use crate::registry::{BatchRef, Uscc};

/// A pick-up is good so long after its files are ready.
pub const PICK_UP_DAYS: i64 = 7;
/// A download may go on so long after it was begun.
pub const DOWNLOAD_HOURS: i64 = 24;
/// Times its own size that one download may send: what a broken line costs.
const RESENT_MAX: u64 = 3;
/// Wrong codes after which a pick-up is closed.
pub const WRONG_CODES_MAX: u32 = 50;

const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageState {
    /// Waits for its order, or for the worker.
    Building,
    Ready,
    /// By the enterprise: nothing more is given out.
    Ended,
}

impl PackageState {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Ended => "ended",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Building, Self::Ready, Self::Ended].into_iter().find(|s| s.slug() == slug)
    }
}

/// The quality office's word on the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    pub accepted: bool,
    /// Why it was rejected.
    pub reason: String,
    pub by: String,
    pub at: UnixMs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub id: Uuid,
    /// What people call it: eight letters.
    pub number: String,
    pub order: Uuid,
    pub enterprise: Uscc,
    pub batch: BatchRef,
    pub house: Uuid,
    /// Running numbers of the order's items, both inclusive; `None` where its
    /// labels are those of cases.
    pub items: Option<(u64, u64)>,
    /// First number of its spares' pool, and how many there are.
    pub pool: Option<(u64, u64)>,
    /// Public key that it is sealed to.
    pub recipient: String,
    /// The key's secret half under a passphrase, where it is the package's own.
    pub key_file: Option<Vec<u8>>,
    /// From 1 on.
    pub pick_up: u32,
    pub code_hash: [u8; 32],
    pub wrong_codes: u32,
    pub state: PackageState,
    /// What keeps it from being built.
    pub problem: Option<String>,
    /// Where its files lie, from when the worker takes it until they are cleared.
    pub directory: Option<String>,
    pub created_by: String,
    pub created_at: UnixMs,
    /// When the files of this pick-up were ready.
    pub ready_at: Option<UnixMs>,
    pub sign_off: Option<SignOff>,
}

/// What a package is made with or renewed with.
#[derive(Clone, Debug)]
pub struct Grant {
    pub recipient: String,
    pub key_file: Option<Vec<u8>>,
    pub code_hash: [u8; 32],
    /// Draws spares and planted numbers.
    pub seed: [u8; 32],
}

/// Why something is not given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The files are not built yet.
    NotReady,
    Expired,
    Ended,
    /// Three downloads were begun.
    UsedUp,
    /// So many wrong codes that nobody is let in.
    Closed,
    /// This download was sent whole: what follows is another one.
    Sent,
    /// It was begun too long ago, or sent too often.
    Over,
}

impl Package {
    /// When this pick-up ends; unknown before its files are ready.
    pub fn good_until(&self) -> Option<UnixMs> {
        self.ready_at.map(|at| at.plus_ms(PICK_UP_DAYS * DAY_MS))
    }

    /// # Errors
    /// When nobody is let in any more.
    pub fn admits(&self, now: UnixMs) -> Result<(), Refusal> {
        if self.state == PackageState::Ended {
            Err(Refusal::Ended)
        } else if self.wrong_codes >= WRONG_CODES_MAX {
            Err(Refusal::Closed)
        } else if self.good_until().is_some_and(|until| now.0 > until.0) {
            Err(Refusal::Expired)
        } else {
            Ok(())
        }
    }

    /// The number of the next download, `begun` of this pick-up being begun.
    ///
    /// # Errors
    /// When there is none.
    pub fn next_download(&self, begun: u32, now: UnixMs) -> Result<u32, Refusal> {
        self.admits(now)?;
        if self.state != PackageState::Ready {
            Err(Refusal::NotReady)
        } else if begun >= DOWNLOADS_MAX {
            Err(Refusal::UsedUp)
        } else {
            Ok((self.pick_up - 1) * DOWNLOADS_MAX + begun + 1)
        }
    }

    pub const fn may_be_renewed(&self) -> bool {
        self.pick_up < PICK_UPS_MAX
    }

    /// Holds back the activation of its labels: it was handed over and nobody
    /// has signed off what came back.
    pub fn is_accepted(&self) -> bool {
        self.sign_off.as_ref().is_some_and(|sign_off| sign_off.accepted)
    }
}

/// Pick-up and variant of a download, by its number.
pub const fn variant(download: u32) -> (u32, u32) {
    let before = download.saturating_sub(1);
    (before / DOWNLOADS_MAX + 1, before % DOWNLOADS_MAX + 1)
}

/// The file of a download, in the package's folder.
pub fn file_name(download: u32) -> String {
    format!("download-{download}.tar.age")
}

/// A download that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Over all pick-ups of the package, from 1 on.
    pub number: u32,
    pub begun_at: UnixMs,
    /// Where it was begun from: `203.0.113.0/24`.
    pub network: String,
    /// Bytes sent so far, by all its transfers.
    pub sent: u64,
    /// When its last byte was sent, and no fewer bytes than it has.
    pub finished_at: Option<UnixMs>,
}

impl Download {
    /// Whether the part that begins with byte `first` of `size` may be sent. A
    /// line that broke off is taken up as often as it takes; a download that
    /// was sent whole is not begun anew.
    ///
    /// # Errors
    /// With what stands against it.
    pub fn may_send(&self, size: u64, first: u64, now: UnixMs) -> Result<(), Refusal> {
        let over = now.since(self.begun_at) > DOWNLOAD_HOURS * 3_600_000;
        if over || self.sent >= size.saturating_mul(RESENT_MAX) {
            Err(Refusal::Over)
        } else if self.finished_at.is_some() && first == 0 {
            Err(Refusal::Sent)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Download {
        let network = "203.0.113.0/24".to_owned();
        Download { number: 4, begun_at: UnixMs(0), network, sent: 0, finished_at: None }
    }

    #[test]
    fn a_broken_download_goes_on_and_a_whole_one_is_not_begun_anew() {
        let hour = UnixMs(3_600_000);
        let half = Download { sent: 50, ..begun() };
        assert_eq!(half.may_send(100, 50, hour), Ok(()));
        // A tool that cannot take up a transfer begins with the first byte.
        assert_eq!(half.may_send(100, 0, hour), Ok(()));
        let whole = Download { sent: 100, finished_at: Some(UnixMs(5)), ..begun() };
        assert_eq!(whole.may_send(100, 0, hour), Err(Refusal::Sent));
        assert_eq!(whole.may_send(100, 99, hour), Ok(()), "the last bytes were lost on the way");
        assert_eq!(begun().may_send(100, 0, UnixMs(86_400_001)), Err(Refusal::Over));
        let often = Download { sent: 300, ..begun() };
        assert_eq!(often.may_send(100, 7, hour), Err(Refusal::Over));
    }

    #[test]
    fn downloads_are_counted_over_all_pick_ups() {
        for (number, of) in [(1, (1, 1)), (3, (1, 3)), (4, (2, 1)), (15, (5, 3))] {
            assert_eq!(variant(number), of);
        }
    }
}
