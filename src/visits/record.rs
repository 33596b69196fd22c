//! The records that a phone makes: their shapes, and what is a possible one
//! (`bounds`).

mod bounds;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::{FieldError, Lang, UnixMs};
use crate::scan::Outcome;
pub use crate::visits::measure::Act;

/// Characters of a note.
pub const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Characters of an address, a caption, what is sealed.
pub const WORDS_CHARACTERS_MAX: usize = 200;
/// Characters of a code as it was scanned or typed.
pub const CODE_CHARACTERS_MAX: usize = 2_048;
/// Photos of one checked label.
pub const CHECK_PHOTOS_MAX: usize = 20;
/// Codes of one line of a sealing list.
pub const SEAL_CODES_MAX: usize = 200;
/// Units of one check or one line of a sealing list.
pub const QUANTITY_MAX: u32 = 1_000_000;
/// Characters of the seed of a draw.
pub const SEED_CHARACTERS_MAX: usize = 64;
/// Bytes of what a phone read out of a photo, as JSON.
pub const EXIF_BYTES_MAX: usize = 4 * 1024;

/// Something recorded, with the circumstances in which it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Made on the phone: the same record sent again is one.
    pub id: Uuid,
    /// By the phone's clock.
    pub made_at: UnixMs,
    pub made_offline: bool,
    /// Version of the offline file that the phone had.
    pub kit: Option<String>,
    /// As far as a browser says: `offline`, `wifi`, `cellular` ...
    pub network: String,
    #[serde(flatten)]
    pub fact: Fact,
}

impl Record {
    /// Names its content: another content under the same id has another one.
    ///
    /// # Panics
    /// Never: a record is JSON.
    pub fn hash(&self) -> [u8; 32] {
        let text = serde_json::to_vec(self).expect("a record is JSON");
        Sha256::digest(text).into()
    }

    /// The visit that it is of, its own of one that begins a visit.
    pub const fn visit(&self) -> Option<Uuid> {
        match &self.fact {
            Fact::Visit(_) => Some(self.id),
            Fact::Check(check) => check.visit,
            Fact::Photo(photo) => Some(photo.visit),
            Fact::Seal(seal) => Some(seal.visit),
            Fact::Sweep(sweep) => Some(sweep.visit),
            Fact::Signature(signature) => Some(signature.visit),
            Fact::Note(note) => Some(note.visit),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    Visit(Opening),
    Check(Check),
    Photo(Photo),
    Seal(Seal),
    Sweep(Sweep),
    Signature(Signature),
    Note(Note),
}

impl Fact {
    pub const KINDS: [&'static str; 7] =
        ["visit", "check", "photo", "seal", "sweep", "signature", "note"];

    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Visit(_) => "visit",
            Self::Check(_) => "check",
            Self::Photo(_) => "photo",
            Self::Seal(_) => "seal",
            Self::Sweep(_) => "sweep",
            Self::Signature(_) => "signature",
            Self::Note(_) => "note",
        }
    }

    /// Brings texts into the form in which they are kept.
    ///
    /// # Errors
    /// For the first member that cannot be taken.
    pub fn checked(self) -> Result<Self, FieldError> {
        Ok(match self {
            Self::Visit(opening) => Self::Visit(opening.checked()?),
            Self::Check(check) => Self::Check(check.checked()?),
            Self::Photo(photo) => Self::Photo(photo.checked()?),
            Self::Seal(seal) => Self::Seal(seal.checked()?),
            Self::Sweep(sweep) => Self::Sweep(sweep.checked()?),
            Self::Signature(signature) => Self::Signature(signature.checked()?),
            Self::Note(Note { visit, text }) => {
                let text = bounds::note("text", &text)?;
                if text.is_empty() {
                    return Err(FieldError::new("text", "is empty", "write what was seen"));
                }
                Self::Note(Note { visit, text })
            }
        })
    }
}

/// Begins a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub seller: Seller,
    #[serde(default)]
    pub place: Option<Spot>,
    /// GB/T 2260, four digits; 0: not said.
    #[serde(default)]
    pub region: u16,
    #[serde(default)]
    pub note: String,
    /// Number of a case, as the officer named it.
    #[serde(default)]
    pub case: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    pub name: String,
    /// Unified social credit code, as it was read off the licence.
    #[serde(default)]
    pub uscc: Option<String>,
    #[serde(default)]
    pub address: Option<String>,
    /// Who was there for the seller.
    #[serde(default)]
    pub person: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    pub lat: f64,
    pub lon: f64,
    pub accuracy_m: f64,
}

/// A label that was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    #[serde(default)]
    pub visit: Option<Uuid>,
    #[serde(default)]
    pub sweep: Option<Uuid>,
    /// As scanned or typed.
    pub code: String,
    /// The outcome that the phone showed.
    pub shown: String,
    #[serde(default)]
    pub found: Found,
    /// Units like it that were there.
    #[serde(default = "one")]
    pub quantity: u32,
    /// SHA-256 of photos.
    #[serde(default)]
    pub photos: Vec<String>,
}

const fn one() -> u32 {
    1
}

impl Check {
    /// What the phone's screen said, in a few words. Without network it knows a good
    /// signature, and nothing of other scans.
    pub fn shown_words(&self, offline: bool, lang: Lang) -> &'static str {
        match self.shown.as_str() {
            "genuine" if offline => lang.pick("签名有效", "signature valid"),
            shown => Outcome::word_of(shown, lang),
        }
    }
}

/// What the officer saw of the goods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Whether label and goods belong together.
    #[serde(default)]
    pub matches_label: Option<bool>,
    #[serde(default)]
    pub product_in_hand: Option<String>,
    #[serde(default)]
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    pub visit: Uuid,
    pub sha256: String,
    /// RFC 3339 by the phone's clock.
    pub taken_at: String,
    #[serde(default)]
    pub caption: String,
    #[serde(default)]
    pub exif: serde_json::Map<String, serde_json::Value>,
}

/// A line of the list of goods that a measure was taken of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub visit: Uuid,
    pub act: Act,
    pub what: String,
    pub quantity: u32,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub seal_number: String,
    #[serde(default)]
    pub kept_at: String,
    #[serde(default)]
    pub codes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Units were drawn by lot.
    Random,
    /// Units were chosen by somebody.
    Picked,
    /// Every unit of the stock.
    All,
}

/// Begins a sweep of a shelf, or ends the one that `sweep` names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    pub visit: Uuid,
    #[serde(default)]
    pub sweep: Option<Uuid>,
    #[serde(default)]
    pub gtin: Option<String>,
    /// Units of the stock, where they were counted.
    #[serde(default)]
    pub stock: Option<u32>,
    pub sampling: Sampling,
    /// Of the draw; see [`pick`](crate::visits::pick).
    #[serde(default)]
    pub seed: Option<String>,
    #[serde(default)]
    pub ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedAs {
    Seller,
    Officer,
    Witness,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub visit: Uuid,
    pub signer: String,
    #[serde(rename = "as")]
    pub signed_as: SignedAs,
    /// Of a PNG; none of a refusal.
    #[serde(default)]
    pub sha256: Option<String>,
    #[serde(default)]
    pub refused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub visit: Uuid,
    pub text: String,
}
