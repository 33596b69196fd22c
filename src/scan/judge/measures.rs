//! The numbers that a model weighs, each with a name and with what it speaks
//! of. They are computed from a history and from what other codes say; no
//! model and no threshold is in here.

use std::fmt;

use arrayvec::ArrayVec;
use serde::Deserialize;

use crate::base::UnixMs;
use crate::base::limits::HISTORY_OBSERVATIONS_MAX as MAX;
use crate::scan::across::{Around, Provinces};
use crate::scan::walk::{Walk, Witness};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What belongs together socially: witnesses within two days; where eight came
/// in them, a picture goes round, and that lasts three weeks. Of one episode
/// at most three witnesses count.
const EPISODE_MS: i64 = 48 * HOUR_MS;
const PICTURE_WITNESSES: u32 = 8;
const PICTURE_MS: i64 = 21 * DAY_MS;
pub const EPISODE_WITNESSES_MAX: u32 = 3;

macro_rules! measures {
    ($($name:ident: $about:ident $kind:ident,)*) => {
        /// In the order of [`Measures::values`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
        pub enum Measure { $($name),* }

        impl Measure {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// More of it never makes a code look better, everything else equal.
            pub fn is_adverse(self) -> bool {
                match self { $(Self::$name => stringify!($kind) == "adverse"),* }
            }

            const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// What a measure speaks of.
            pub const fn about(self) -> About {
                match self { $(Self::$name => About::$about),* }
            }
        }
    };
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES[*self as usize])
    }
}

/// What a measure speaks of; a reason is given for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The code's own scans.
    Own,
    /// Other labels of its batch.
    Neighbours,
    /// A phone that scanned it.
    Phone,
}

impl About {
    pub const ALL: [Self; 3] = [Self::Own, Self::Neighbours, Self::Phone];
}

measures! {
    Witnesses: Own telling,
    // Of each episode no more than count.
    Counted: Own adverse,
    Episodes: Own adverse,
    Provinces: Own adverse,
    // Outside the homes of the batch: counted witnesses, their episodes, those
    // more than two weeks after the first scan, those not in the first's province.
    Away: Own adverse,
    AwayEpisodes: Own adverse,
    AwayLate: Own adverse,
    AwayAgain: Own adverse,
    AtHome: Own telling,
    // Counted more than sixty days after the first scan.
    Late: Own adverse,
    // Known devices that come again.
    Returns: Own telling,
    // Counted without a device of their own.
    Anonymous: Own telling,
    Devices: Own telling,
    // Scans of whatever kind.
    Scans: Own telling,
    LargestEpisode: Own telling,
    // Most witnesses within two days; counted witnesses outside them.
    Burst: Own telling,
    BeyondBurst: Own adverse,
    // Twelve hours or more after the witness before.
    Occasions: Own adverse,
    // Counted in the last thirty days.
    Recent: Own telling,
    // Logarithms to base 2 of one more than days, hours.
    Age: Own telling,
    Pause: Own telling,
    // Places given by a tap, two kilometres and more apart.
    Spots: Own adverse,
    FirstAway: Own adverse,
    // Of the batch, logarithm to base 2 of one more than codes seen.
    BatchCodes: Neighbours telling,
    BlockProvince: Neighbours adverse,
    BlockTown: Neighbours adverse,
    BlockExcess: Neighbours adverse,
    BatchExcess: Neighbours adverse,
    BatchTown: Neighbours adverse,
    PhoneMet: Phone adverse,
    PhoneShare: Phone adverse,
    PhoneCases: Phone telling,
    PhoneDays: Phone telling,
    LeftPhone: Phone adverse,
    OwnCases: Phone telling,
    OwnCodes: Phone telling,
}

/// The numbers of one code.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    pub values: [f32; Measure::ALL.len()],
    /// The busiest episode: witnesses, and minutes from its first to its last.
    pub busiest: (u32, u32),
}

impl Measures {
    /// `scans`: of the code, whatever their kind; `at`: the instant that is
    /// judged.
    pub fn of(walk: &Walk, scans: u64, around: &Around, at: UnixMs) -> Self {
        let mut count = Count::default();
        if let Some((first, _)) = walk.span {
            for witness in &walk.witnesses {
                count.take(witness, first, around.homes);
            }
        }
        count.values(walk, scans, around, at)
    }
}

#[derive(Default)]
struct Count {
    counted: ArrayVec<UnixMs, MAX>,
    episodes: u32,
    episode: Option<Episode>,
    largest: Option<Episode>,
    burst: Option<Episode>,
    largest_burst: Option<Episode>,
    provinces: Provinces,
    first_province: Option<u8>,
    away: u32,
    away_episodes: u32,
    away_episode: u32,
    away_late: u32,
    away_again: u32,
    at_home: u32,
    late: u32,
    anonymous: u32,
    occasions: u32,
    last: Option<UnixMs>,
    before: Option<UnixMs>,
}

#[derive(Clone, Copy)]
struct Episode {
    start: UnixMs,
    last: UnixMs,
    witnesses: u32,
}

/// Adds a witness to what lasts, or begins anew; whether it began.
fn join(episode: &mut Option<Episode>, at: UnixMs, lasts: impl Fn(&Episode) -> i64) -> bool {
    match episode {
        Some(e) if at.since(e.start) < lasts(e) => {
            e.witnesses += 1;
            e.last = e.last.max(at);
            false
        }
        _ => {
            *episode = Some(Episode { start: at, last: at, witnesses: 1 });
            true
        }
    }
}

fn keep_larger(largest: &mut Option<Episode>, now: Option<Episode>) {
    if largest.map_or(0, |e| e.witnesses) <= now.map_or(0, |e| e.witnesses) {
        *largest = now;
    }
}

impl Count {
    fn take(&mut self, w: &Witness, first: UnixMs, homes: Provinces) {
        let picture = |e: &Episode| match e.witnesses >= PICTURE_WITNESSES {
            true => PICTURE_MS,
            false => EPISODE_MS,
        };
        self.episodes += u32::from(join(&mut self.episode, w.at, picture));
        keep_larger(&mut self.largest, self.episode);
        join(&mut self.burst, w.at, |_| EPISODE_MS);
        keep_larger(&mut self.largest_burst, self.burst);
        self.occasions += u32::from(self.last.is_none_or(|l| w.at.since(l) > 12 * HOUR_MS));
        if self.episode.is_some_and(|e| e.witnesses <= EPISODE_WITNESSES_MAX) {
            self.count(w, first, homes);
        }
        (self.before, self.last) = (self.last, Some(w.at));
    }

    fn count(&mut self, w: &Witness, first: UnixMs, homes: Provinces) {
        self.counted.push(w.at);
        self.anonymous += u32::from(w.device.cookie().is_none());
        let age = w.at.since(first);
        self.late += u32::from(age > 60 * DAY_MS);
        let province = w.place.province();
        if province == 0 {
            return;
        }
        self.provinces.add(province);
        let began = *self.first_province.get_or_insert(province);
        if homes.is_empty() {
            return;
        }
        if homes.has(province) {
            self.at_home += 1;
            return;
        }
        self.away += 1;
        self.away_late += u32::from(age > 14 * DAY_MS);
        self.away_again += u32::from(province != began);
        if self.away_episode != self.episodes {
            self.away_episode = self.episodes;
            self.away_episodes += 1;
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts and days, weighed by their order")]
    fn values(&self, walk: &Walk, scans: u64, around: &Around, at: UnixMs) -> Measures {
        let n = |n: u32| n as f32;
        let counted = count(self.counted.len());
        let (burst, beyond) = self.largest_burst.map_or((0, 0), |b| {
            let end = UnixMs(b.start.0 + EPISODE_MS);
            let beyond = self.counted.iter().filter(|at| **at < b.start || **at > end).count();
            (b.witnesses, count(beyond))
        });
        let recent = self.counted.iter().filter(|c| at.since(**c) < 30 * DAY_MS).count();
        let age_days = walk.span.map_or(0.0, |(first, _)| ratio(at.since(first).max(0), DAY_MS));
        let pause = self.last.zip(self.before).map_or(0, |(b, a)| b.since(a).max(0));
        let first_away =
            self.first_province.is_some_and(|p| !around.homes.is_empty() && !around.homes.has(p));
        let largest = self.largest.map_or(0, |e| e.witnesses);
        let devices = walk.devices.iter().filter(|d| d.key.cookie().is_some()).count();
        let value = |measure: Measure| match measure {
            Measure::Witnesses => n(count(walk.witnesses.len())),
            Measure::Counted => n(counted),
            Measure::Episodes => n(self.episodes),
            Measure::Provinces => n(self.provinces.len()),
            Measure::Away => n(self.away),
            Measure::AwayEpisodes => n(self.away_episodes),
            Measure::AwayLate => n(self.away_late),
            Measure::AwayAgain => n(self.away_again),
            Measure::AtHome => n(self.at_home),
            Measure::Late => n(self.late),
            Measure::Returns => n(walk.returns),
            Measure::Anonymous => n(self.anonymous),
            Measure::Devices => n(count(devices)),
            Measure::Scans => scans as f32,
            Measure::LargestEpisode => n(largest),
            Measure::Burst => n(burst),
            Measure::BeyondBurst => n(beyond),
            Measure::Occasions => n(self.occasions),
            Measure::Recent => n(count(recent)),
            Measure::Age => (1.0 + age_days).log2(),
            Measure::Pause => (1.0 + ratio(pause, HOUR_MS)).log2(),
            Measure::Spots => n(walk.spots),
            Measure::FirstAway => n(u32::from(first_away)),
            Measure::BatchCodes => (1.0 + n(around.batch_codes)).log2(),
            Measure::BlockProvince => n(around.block_province),
            Measure::BlockTown => n(around.block_town),
            Measure::BlockExcess => around.block_excess,
            Measure::BatchExcess => around.batch_excess,
            Measure::BatchTown => n(around.batch_town),
            Measure::PhoneMet => n(around.phone_met),
            Measure::PhoneShare => around.phone_share,
            Measure::PhoneCases => n(around.phone_cases),
            Measure::PhoneDays => n(around.phone_days),
            Measure::LeftPhone => n(u32::from(around.left_phone)),
            Measure::OwnCases => n(around.own_cases),
            Measure::OwnCodes => n(around.own_codes),
        };
        let busiest = self.largest.map_or((0, 0), |e| {
            (e.witnesses, u32::try_from(e.last.since(e.start) / 60_000).unwrap_or(u32::MAX))
        });
        Measures { values: std::array::from_fn(|i| value(Measure::ALL[i])), busiest }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a bottle's life")]
fn ratio(ms: i64, unit: i64) -> f32 {
    (ms as f64 / unit as f64) as f32
}
