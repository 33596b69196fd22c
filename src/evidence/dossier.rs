//! Everything that goes into a package, read before it is made.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::base::UnixMs;
use crate::code::Payload;
use crate::evidence::manifest::{CaseNamed, LeftOut, MadeBy};
use crate::keys::{Keyring, office::OfficeKeys};

/// What one package is made of.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// UUID of the package.
    pub package: String,
    pub case: CaseNamed,
    pub title: String,
    /// The case as it stands, in one word: `open`, `closed`.
    pub state: String,
    pub made_by: MadeBy,
    pub made_at: UnixMs,
    /// The zone in which days are told.
    pub zone: TimeZone,
    pub entries: Vec<EntryLine>,
    pub units: Vec<Unit>,
    pub photos: Vec<Photo>,
    pub visits: Vec<Visit>,
    pub custody: Vec<Custody>,
    pub clock: Clock,
    /// Keys of the labels in the case.
    pub keys: Keyring,
    /// The key that signs, among those that are published.
    pub offices: OfficeKeys,
    pub left_out: Vec<LeftOut>,
}

/// One entry of the case file.
#[derive(Clone, Debug)]
pub struct EntryLine {
    pub seq: u64,
    pub id: String,
    pub at: UnixMs,
    pub by: String,
    /// False for one that another entry took back.
    pub stands: bool,
    /// As the case file has it, `kind` first.
    pub fact: Value,
}

/// One label of the case.
#[derive(Clone, Debug)]
pub struct Unit {
    pub payload: Payload,
    /// Running number in its batch; `None` for one that was never issued.
    pub number: Option<u64>,
    /// What the register knows: product, lot, enterprise, state.
    pub register: Value,
    /// Where somebody scanned the whole code; `None` where the serial alone is known.
    pub signed: Option<UnitSigned>,
    /// `None` where no history can be judged.
    pub judged: Option<Judged>,
    pub scans: Vec<ScanLine>,
    /// Scans that are not listed: the oldest are counted only.
    pub scans_unlisted: u64,
    /// What officers decided, latest first.
    pub decisions: Vec<Value>,
}

/// The signature of a label, as it was read off it.
#[derive(Clone, Debug)]
pub struct UnitSigned {
    pub signature: [u8; 64],
    /// The very bytes that the key signed.
    pub message: Vec<u8>,
    /// Where it was read: a check of a visit, an entry.
    pub read_in: String,
}

/// What the judge says of a label at the time of the package.
#[derive(Clone, Debug)]
pub struct Judged {
    pub outcome: String,
    /// Probability that the code was copied, 0 to 1.
    pub risk: f64,
    /// Name of the policy with the versions of what it looked at.
    pub judged_by: String,
    pub reasons: Vec<ReasonLine>,
}

/// A reason as officers read it.
#[derive(Clone, Debug)]
pub struct ReasonLine {
    pub code: String,
    pub zh: String,
    pub en: String,
}

/// One scan, without what names a person.
#[derive(Clone, Debug)]
pub struct ScanLine {
    pub at: UnixMs,
    pub channel: String,
    /// GB/T 2260, four digits; 0: not known.
    pub region: u16,
    pub place: String,
    /// A known data centre's network.
    pub hosted: bool,
    /// The same number in one package is the same device; it means nothing outside.
    pub device: Option<u32>,
}

/// A photo by its SHA-256.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Of the original, 64 small hexadecimal digits.
    pub sha256: String,
    /// Without a dot: `jpg`, `png`, `webp`.
    pub ending: &'static str,
    pub path: PathBuf,
    pub caption: String,
    /// What it shows, who added it, what the camera wrote.
    pub about: Value,
}

/// What was recorded on the spot.
#[derive(Clone, Debug)]
pub struct Visit {
    pub id: String,
    pub about: Value,
}

/// One line of who had or did what.
#[derive(Clone, Debug)]
pub struct Custody {
    pub at: UnixMs,
    pub who: String,
    pub what: String,
    pub of: String,
    /// Hash of the audit row or id of the entry that says so.
    pub reference: String,
}

/// What is known of clocks and networks.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Of the server that made the package.
    pub server: Value,
    /// Of phones, a record each.
    pub phones: Vec<Value>,
}
