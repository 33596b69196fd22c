//! All that is kept of a code's scans, in at most [`History::BYTES_MAX`] bytes.
//!
//! Layout, version 1: the byte 1, then one to 64 observations of
//! [`Observation::BYTES`], oldest first. When a 65th comes, the first stays
//! (it is what later scans are compared with), the second leaves and is
//! counted in a summary; the version byte is then 2 and the summary stands
//! before the observations:
//!
//! | bytes | what |
//! |---|---|
//! | 0 | version: 1 without, 2 with a summary |
//! | 1-4 | observations left, u32, saturating |
//! | 5-10 | instant of the last one that left, u48 ms |
//! | 11-26 | devices that left: 128 bits, bit = last 7 bits of the tag |
//! | 27-42 | networks that left: 128 bits, bit = last 7 bits of the tag |
//! | 43-52 | provinces that left: 80 bits, bit = province code - 10 |
//!
//! Bit n of a set is bit `n % 8` of its byte `n / 8`. Only consumers' scans,
//! and of those only such as do not come from a data centre, enter the three
//! sets. The Redis script keeps the same bytes; the contract
//! suite compares the two.

use crate::base::UnixMs;
use crate::base::limits::HISTORY_OBSERVATIONS_MAX;
use crate::scan::Observation;

/// What is still known of observations that no longer fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub count: u32,
    pub last_at: UnixMs,
    pub devices: [u8; 16],
    pub networks: [u8; 16],
    pub provinces: [u8; 10],
}

impl Summary {
    pub const BYTES: usize = 52;

    fn absorb(&mut self, left: &Observation) {
        self.count = self.count.saturating_add(1);
        self.last_at = self.last_at.max(left.at);
        if left.is_witness() {
            set_bit(&mut self.devices, (left.device.get() & 127) as usize);
            set_bit(&mut self.networks, (left.network & 127) as usize);
            let province = usize::from(left.place.province());
            if (10..90).contains(&province) {
                set_bit(&mut self.provinces, province - 10);
            }
        }
    }
}

fn set_bit(bits: &mut [u8], n: usize) {
    bits[n / 8] |= 1 << (n % 8);
}

/// The observations of one code, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub summary: Option<Summary>,
    pub observations: Vec<Observation>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stored history of {length} bytes, version {version}, cannot be read")]
pub struct UnreadableHistory {
    pub version: u8,
    pub length: usize,
}

impl History {
    pub const BYTES_MAX: usize = 1 + Summary::BYTES + HISTORY_OBSERVATIONS_MAX * Observation::BYTES;

    /// Adds a scan and gives its place among `observations`; a scan that is
    /// already there keeps its place and adds nothing.
    pub fn fold(&mut self, seen: Observation) -> Folded {
        if let Some(position) = self.observations.iter().position(|o| o.scan == seen.scan) {
            return Folded { position, repeated: true };
        }
        if self.observations.len() == HISTORY_OBSERVATIONS_MAX {
            let left = self.observations.remove(1);
            self.summary.get_or_insert_default().absorb(&left);
        }
        self.observations.push(seen);
        Folded { position: self.observations.len() - 1, repeated: false }
    }

    /// Scans ever recorded, those that left included.
    pub fn count(&self) -> u64 {
        self.observations.len() as u64 + self.summary.map_or(0, |s| u64::from(s.count))
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(1 + Summary::BYTES + self.observations.len() * Observation::BYTES);
        match &self.summary {
            None => out.push(1),
            Some(s) => {
                out.push(2);
                out.extend(s.count.to_be_bytes());
                out.extend(&s.last_at.0.max(0).to_be_bytes()[2..8]);
                out.extend(s.devices);
                out.extend(s.networks);
                out.extend(s.provinces);
            }
        }
        for o in &self.observations {
            out.extend(o.to_bytes());
        }
        out
    }

    /// # Errors
    /// When the version is unknown or the length is not one this writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableHistory> {
        let version = bytes.first().copied().unwrap_or(0);
        let unreadable = || UnreadableHistory { version, length: bytes.len() };
        let (summary, rest) = match version {
            1 => (None, &bytes[1..]),
            2 if bytes.len() > Summary::BYTES => {
                let (head, rest) = bytes[1..].split_at(Summary::BYTES);
                (Some(summary_from(head).ok_or_else(unreadable)?), rest)
            }
            _ => return Err(unreadable()),
        };
        let (records, left_over) = rest.as_chunks::<{ Observation::BYTES }>();
        if !left_over.is_empty() || records.len() > HISTORY_OBSERVATIONS_MAX {
            return Err(unreadable());
        }
        Ok(Self { summary, observations: records.iter().map(Observation::from_bytes).collect() })
    }
}

fn summary_from(head: &[u8]) -> Option<Summary> {
    Some(Summary {
        count: u32::from_be_bytes(head.get(0..4)?.try_into().ok()?),
        last_at: {
            let mut at = [0; 8];
            at[2..].copy_from_slice(head.get(4..10)?);
            UnixMs(i64::from_be_bytes(at))
        },
        devices: head.get(10..26)?.try_into().ok()?,
        networks: head.get(26..42)?.try_into().ok()?,
        provinces: head.get(42..52)?.try_into().ok()?,
    })
}

/// Where a scan stands in the history after [`History::fold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    pub position: usize,
    pub repeated: bool,
}
