//! Things that are followed one by one: bottles, cases, pallets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::FieldError;
use crate::code::{self, Layer, Payload, Sscc};
use crate::registry::register::BatchFacts;
use crate::registry::{BatchRef, Placement, Register, Uscc};
use crate::trace::Refusal;

/// Bytes of a scanned text that are looked at.
const SCANNED_BYTES_MAX: usize = 512;
/// Characters of a pallet number of the enterprise's own, `P-` included.
const OWN_PALLET_CHARACTERS_MAX: usize = 32;

/// A bottle, a case, a pallet. As a text, which is its key in the ledger:
/// `b1-4.123`, `c1-4.5`, `p91411628MA9DEM01XU.P-7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Unit {
    /// Running number among the batch's items.
    Bottle { batch: BatchRef, number: u64 },
    /// Running number among the batch's cases.
    Case { batch: BatchRef, number: u64 },
    /// By its SSCC where it has one: a pallet of ours, or one of somebody else's.
    /// Without one by a number that begins with `P-`: of the maker's own, or
    /// `P-1-4.0` where a code of ours stands on it.
    Pallet { of: Uscc, code: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    Bottle,
    Case,
    Pallet,
}

impl Unit {
    pub const fn kind(&self) -> UnitKind {
        match self {
            Self::Bottle { .. } => UnitKind::Bottle,
            Self::Case { .. } => UnitKind::Case,
            Self::Pallet { .. } => UnitKind::Pallet,
        }
    }

    /// The batch whose code it carries; a pallet's is nobody's.
    pub const fn batch(&self) -> Option<BatchRef> {
        match self {
            Self::Bottle { batch, .. } | Self::Case { batch, .. } => Some(*batch),
            Self::Pallet { .. } => None,
        }
    }

    /// What a scanner read, or somebody typed: one of our codes as text, URL or
    /// serial, an SSCC, a pallet number. Signatures are not asked for: whoever
    /// scans here is signed in, and a serial that was issued is guessed once in
    /// 10 000 tries at best.
    ///
    /// # Errors
    /// When it is no code, or none of this enterprise; another's is not told
    /// from one that does not exist.
    pub fn read(text: &str, register: &Register, own: &Uscc) -> Result<Self, Refusal> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        // AIM's identifier of GS1-128, which some scanners send along.
        let text = text.strip_prefix("]C1").unwrap_or(text);
        if text.len() > SCANNED_BYTES_MAX {
            return Err(Refusal::NotACode);
        }
        if let Some(payload) = payload_of(text) {
            return Self::of_payload(&payload, register, own);
        }
        if let Ok(sscc) = Sscc::parse(text) {
            return Ok(Self::of_sscc(&sscc, register, own));
        }
        Self::own_pallet(text, own).ok_or(Refusal::NotACode)
    }

    /// # Errors
    /// [`Refusal::NotOurs`] for what this enterprise did not issue.
    pub fn of_payload(payload: &Payload, register: &Register, own: &Uscc) -> Result<Self, Refusal> {
        match register.place(payload) {
            Placement::Issued { facts, number, .. } if facts.batch.enterprise == *own => {
                let batch = facts.batch.id;
                Ok(match payload.layer {
                    Layer::Outer | Layer::Inner => Self::Bottle { batch, number },
                    Layer::Case => Self::Case { batch, number },
                    // One pallet, whether its code is read or the bars beside it.
                    Layer::Pallet => {
                        let sscc = facts.batch.pallet_sscc(number).map(String::from);
                        let code = sscc.unwrap_or_else(|| format!("P-{batch}.{number}"));
                        Self::Pallet { of: own.clone(), code }
                    }
                })
            }
            _ => Err(Refusal::NotOurs),
        }
    }

    /// The case of ours with this SSCC, or else a pallet: those of the
    /// enterprise's own and of its carriers.
    pub fn of_sscc(sscc: &Sscc, register: &Register, own: &Uscc) -> Self {
        let ours = register.batches.values().filter(|facts| facts.batch.enterprise == *own);
        ours.filter_map(|facts| Some((facts.batch.id, number_of(facts, sscc)?)))
            .map(|(batch, number)| Self::Case { batch, number })
            .next()
            .unwrap_or_else(|| Self::Pallet { of: own.clone(), code: sscc.to_string() })
    }

    fn own_pallet(text: &str, own: &Uscc) -> Option<Self> {
        let code = text.to_ascii_uppercase();
        let rest = code.strip_prefix("P-")?;
        let sound = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        let fits = code.len() <= OWN_PALLET_CHARACTERS_MAX && !rest.is_empty();
        (fits && rest.bytes().all(sound))
            .then(|| Self::Pallet { of: own.clone(), code: code.clone() })
    }

    /// The payload on its label; `None` for a pallet, and where the register
    /// does not know the batch any more.
    pub fn payload(&self, register: &Register) -> Option<Payload> {
        let (batch, number, layer) = match self {
            Self::Bottle { batch, number } => (batch, number, Layer::Outer),
            Self::Case { batch, number } => (batch, number, Layer::Case),
            Self::Pallet { .. } => return None,
        };
        let facts = register.batches.get(batch)?;
        let serial = facts.batch.permutation(layer).serial_of(*number);
        Some(Payload { layer, key: batch.key, batch: batch.batch, serial })
    }
}

fn payload_of(text: &str) -> Option<Payload> {
    if let Ok(reading) = code::read(text) {
        return Some(reading.payload);
    }
    let plain: String = text.chars().filter(|c| *c != ' ').collect();
    Payload::from_serial_text(&plain.to_ascii_uppercase()).ok()
}

/// The number of the case with this SSCC.
fn number_of(facts: &BatchFacts, sscc: &Sscc) -> Option<u64> {
    let run = facts.batch.sscc.as_ref()?;
    // Extension digit, prefix, serial reference, check digit.
    let rest = sscc.as_str()[1..17].strip_prefix(run.prefix.as_str())?;
    let number = rest.parse::<u64>().ok()?.checked_sub(run.first)?;
    (facts.batch.sscc(number)?.as_str() == sscc.as_str()).then_some(number)
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bottle { batch, number } => write!(f, "b{batch}.{number}"),
            Self::Case { batch, number } => write!(f, "c{batch}.{number}"),
            Self::Pallet { of, code } => write!(f, "p{of}.{code}"),
        }
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no key of a bottle, case or pallet");
        let (kind, rest) = text.split_at_checked(1).ok_or_else(wrong)?;
        let (first, second) = rest.split_once('.').ok_or_else(wrong)?;
        if kind == "p" {
            let of = Uscc::try_from(first.to_owned()).map_err(|_| wrong())?;
            return Ok(Self::Pallet { of, code: second.to_owned() });
        }
        let batch = first.parse()?;
        let number = second.parse().map_err(|_| wrong())?;
        match kind {
            "b" => Ok(Self::Bottle { batch, number }),
            "c" => Ok(Self::Case { batch, number }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Unit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.to_string()
    }
}

/// Bottles of a batch with running numbers `first..=last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub batch: BatchRef,
    pub first: u64,
    pub last: u64,
}

impl Range {
    /// The bottle with the first number.
    pub const fn first_unit(&self) -> Unit {
        Unit::Bottle { batch: self.batch, number: self.first }
    }

    /// How many bottles it has.
    pub const fn count(&self) -> u64 {
        self.last - self.first + 1
    }

    /// # Errors
    /// Naming the field `range` when it is not within the batch.
    pub fn check(&self, register: &Register, own: &Uscc) -> Result<(), FieldError> {
        let facts = register.batches.get(&self.batch).filter(|f| f.batch.enterprise == *own);
        let count = facts.map_or(0, |facts| facts.batch.count);
        if self.first <= self.last && self.last < count {
            return Ok(());
        }
        let remedy = match count.checked_sub(1) {
            Some(last) => format!("the batch has the numbers 0 to {last}"),
            None => "name a batch of this enterprise".to_owned(),
        };
        Err(FieldError::new("range", "is not within the batch", remedy))
    }
}
