//! Phones that scan many unrelated labels. A dealer's, a shop's, a collector
//! of red packets do, and so does whoever copies labels and tries each of
//! them: what tells him is that his labels are met far away afterwards.

use std::hash::Hasher;

use arrayvec::ArrayVec;

use super::{Across, Around, Label};
use crate::base::UnixMs;
use crate::scan::walk::{Device, Walk};

/// A bottle is bought by the case of six: labels of one case are one.
const CASE: u64 = 6;
/// Cases that are told apart.
const CASES_MAX: usize = 64;
/// A phone of so many cases on so many days is one of many labels.
const MANY_CASES: u32 = 4;
const MANY_DAYS: u32 = 3;
const DAY_MS: i64 = 86_400_000;

/// Phones held in memory, some 100 MB of them; those that scanned longest ago
/// go first.
const PHONES_MAX: usize = 500_000;

/// Tags are hashes under a key that nobody outside has: they are spread as
/// they are, and hashing them anew would be a tenth of the time of a scan.
#[derive(Clone, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, tag: u64) {
        // The table looks at the upper bits too, which a tag of 48 leaves empty.
        self.0 = (self.0 ^ tag).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A phone and what became of the labels that it scanned; of a network of one
/// batch, the codes and the days alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phone {
    /// The latest cases, each by a hash of batch and case.
    pub latest: ArrayVec<u32, CASES_MAX>,
    pub cases: u32,
    pub codes: u32,
    pub days: u32,
    /// Days since 1970.
    pub last_day: i64,
    /// Labels that somebody else met, and that were met in another province.
    pub followed: u32,
    pub met: u32,
}

impl Phone {
    pub const LATEST_MAX: usize = CASES_MAX;

    /// Another code, be it a phone's or a network's.
    pub(super) fn witnesses(&mut self, at: UnixMs) {
        let day = at.0.div_euclid(DAY_MS);
        if self.days == 0 || day > self.last_day {
            self.days += 1;
            self.last_day = day;
        }
        self.codes += 1;
    }

    fn scans(&mut self, label: &Label, at: UnixMs) {
        self.witnesses(at);
        let case = case_hash(label);
        if self.latest.contains(&case) {
            return;
        }
        if self.latest.is_full() {
            self.latest.remove(0);
        }
        self.latest.push(case);
        self.cases += 1;
    }

    /// Scanned more than one code: the others are not held in memory.
    pub const fn is_known(&self) -> bool {
        self.codes >= 2
    }

    const fn of_many(&self) -> bool {
        self.cases >= MANY_CASES && self.days >= MANY_DAYS
    }
}

/// FNV-1a over batch and case: two of a phone's cases fall together once in
/// two million.
#[allow(clippy::cast_possible_truncation, reason = "folded to 32 bits")]
fn case_hash(label: &Label) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let key = u64::from(label.batch.key.get()) << 32 | u64::from(label.batch.batch);
    for part in [key, label.number / CASE] {
        for byte in part.to_be_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (hash ^ hash >> 32) as u32
}

impl Across {
    pub(super) fn note_phones(&mut self, label: &Label, before: &Walk, after: &Walk) {
        for seen in &after.devices {
            let Some(tag) = seen.key.cookie() else { continue };
            let old = before.devices.iter().find(|d| d.key == seen.key);
            let newly = |told: fn(&Walk, &Device) -> bool| {
                told(after, seen) && !old.is_some_and(|old| told(before, old))
            };
            let (met, followed) = (newly(Walk::met_elsewhere), newly(Walk::met_by_others));
            if old.is_some() && !met && !followed {
                continue;
            }
            if let Some(touched) = &mut self.touched {
                touched.phones.insert(tag);
            }
            let phone = self.phones.entry(tag).or_default();
            if old.is_none()
                && let Some((_, at)) = after.span
            {
                phone.scans(label, at);
            }
            phone.met += u32::from(met);
            phone.followed += u32::from(followed);
        }
    }

    pub(super) fn bound_phones(&mut self) {
        if self.phones.len() <= PHONES_MAX {
            return;
        }
        let mut days: Vec<_> = self.phones.values().map(|p| p.last_day).collect();
        let surplus = days.len() - PHONES_MAX * 9 / 10;
        let (_, oldest_kept, _) = days.select_nth_unstable(surplus);
        let oldest_kept = *oldest_kept;
        self.phones.retain(|_, p| p.last_day > oldest_kept);
    }

    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn ask_phones(&self, walk: &Walk, noted: &Walk, out: &mut Around) {
        for seen in &walk.devices {
            let Some(phone) = seen.key.cookie().and_then(|tag| self.phones.get(&tag)) else {
                continue;
            };
            if !phone.of_many() {
                continue;
            }
            let left = walk.met_elsewhere(seen);
            let own = noted.devices.iter().find(|d| d.key == seen.key);
            let told = |is: fn(&Walk, &Device) -> bool| own.is_some_and(|own| is(noted, own));
            let met = phone.met.saturating_sub(u32::from(told(Walk::met_elsewhere)));
            let followed = phone.followed.saturating_sub(u32::from(told(Walk::met_by_others)));
            if met > out.phone_met {
                (out.phone_met, out.phone) = (met, seen.key.cookie());
                out.phone_share = met as f32 / (followed as f32 + 1.0);
            }
            out.phone_cases = out.phone_cases.max(phone.cases);
            out.phone_days = out.phone_days.max(phone.days);
            out.left_phone |= left;
        }
        let last = walk.devices.iter().max_by_key(|d| d.last_at()).and_then(|d| d.key.cookie());
        if let Some(phone) = last.and_then(|tag| self.phones.get(&tag)).filter(|p| p.is_known()) {
            (out.own_cases, out.own_codes) = (phone.cases, phone.codes);
        }
    }
}
