//! Everything that goes into a package, read before it is made.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::base::{UnixMs, hex};
use crate::code::Payload;
use crate::evidence::EvidenceError;
use crate::evidence::manifest::{CaseNamed, LeftOut, MadeBy};
use crate::evidence::parts;
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
    /// Questions to enterprises, with their answers.
    pub inquiries: Vec<Value>,
    /// Blocks that were set for the case.
    pub blocks: Vec<Value>,
    /// What buyers reported that is part of the case.
    pub reports: Vec<Value>,
    /// The policy by which the labels were judged.
    pub policies: Vec<PolicyText>,
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

impl Dossier {
    /// SHA-256 of all that is the case's, in hex: the same as long as nothing that goes
    /// into a package changes. Not of it: who makes the package and when, with which
    /// key; the list of custody, whose lines tell of entries, of looks and of packages;
    /// the number of what is known across codes, which every scan anywhere raises.
    ///
    /// # Errors
    /// As [`Package::of`](crate::evidence::Package::of).
    pub fn digest(&self) -> Result<String, EvidenceError> {
        let anybody = MadeBy { login: String::new(), name: String::new(), seat: String::new() };
        let mut of_case = Self {
            package: String::new(),
            made_by: anybody,
            made_at: UnixMs(0),
            custody: Vec::new(),
            offices: OfficeKeys::default(),
            ..self.clone()
        };
        let judged = of_case.units.iter_mut().filter_map(|unit| unit.judged.as_mut());
        judged.for_each(|judged| judged.judged_by.clear());
        let mut hash = Sha256::new();
        for part in parts::matter(&of_case)? {
            hash.update(format!("{}  {}\n", part.record.sha256, part.record.path));
        }
        Ok(hex(&hash.finalize()))
    }
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
    /// What the other policies that are known would say.
    pub elsewhere: Vec<JudgedElse>,
    pub scans: Vec<ScanLine>,
    /// Scans that are not listed: the oldest are counted only.
    pub scans_unlisted: u64,
    /// What officers decided, oldest first.
    pub decisions: Vec<Value>,
    /// What officers found to explain scans, those that were taken back too.
    pub causes: Vec<Value>,
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
    /// Scans of the label on which it rests, counted from 1 as they are listed; none
    /// where it speaks of other labels, of the text or of the register.
    pub rests_on: Vec<u32>,
}

/// What another policy would say of the same scans.
#[derive(Clone, Debug)]
pub struct JudgedElse {
    pub policy: String,
    pub outcome: String,
    pub risk: f64,
    pub reasons: Vec<String>,
}

/// A policy as it decides.
#[derive(Clone, Debug)]
pub struct PolicyText {
    pub name: String,
    /// JSON, as it was signed off.
    pub text: String,
}

/// One scan, without what names a person.
#[derive(Clone, Debug)]
pub struct ScanLine {
    pub at: UnixMs,
    pub channel: String,
    /// GB/T 2260, four digits; 0: not known.
    pub region: u16,
    pub place: String,
    /// Kind of its network: `data_centre`, `private`, `carrier_shared`, `other`,
    /// `unknown`.
    pub network: &'static str,
    /// The text was read under a host that is not ours.
    pub foreign_host: bool,
    /// The same number in one package is the same device; it means nothing outside.
    pub device: Option<u32>,
}

/// A photo by its SHA-256.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Of the file that is packed, 64 small hexadecimal digits: the original, or the
    /// picture of it where no original is kept.
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
