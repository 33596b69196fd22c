//! Who may issue what: enterprises, products, batches, and facts about ranges
//! of running numbers.
//!
//! There is no row per code. A batch is one row; where its labels are is a
//! [`movement`] of ranges, and what is said of them over that a fact about one.
//! [`Register`] is the picture of it that every server holds in memory and
//! renews within a second.

pub mod check;
pub mod fields;
pub mod findings;
pub mod import;
pub mod journey;
pub mod movement;
pub mod numbers;
pub mod order;
pub mod own;
pub mod port;
pub mod register;
pub mod service;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::auth::Duty;
use crate::base::UnixMs;
use crate::code::{Gs1Prefix, Permutation, Sscc, SsccRun};
use crate::keys::KeyNumber;

pub use findings::{Decision, Findings};
pub use register::{Placement, Register, Standing};

/// A text in the two languages of the product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

/// Unified social credit code, 18 characters, GB 32100-2015, check digit right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc(pub(crate) String);

/// GTIN as 14 digits, check digit right; shorter ones are filled with zeros.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gtin(pub(crate) String);

/// Names a batch: key number and batch number under it, written `1-4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BatchRef {
    pub key: KeyNumber,
    /// 1 to 16 777 215.
    pub batch: u32,
}

impl BatchRef {
    /// Whether it is of serials that its enterprise made itself ([`own`]):
    /// nothing signs them.
    pub fn is_own(self) -> bool {
        self.key == KeyNumber::OWN
    }
}

impl fmt::Display for BatchRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.key, self.batch)
    }
}

impl FromStr for BatchRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a batch is named KEY-BATCH, such as 1-4, not {text:?}");
        let (key, batch) = text.split_once('-').ok_or_else(wrong)?;
        let key = key.parse().ok().and_then(KeyNumber::new).ok_or_else(wrong)?;
        let batch = batch.parse().ok().filter(|b| *b <= 0xff_ffff).ok_or_else(wrong)?;
        Ok(Self { key, batch })
    }
}

impl TryFrom<String> for BatchRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<BatchRef> for String {
    fn from(batch: BatchRef) -> Self {
        batch.to_string()
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Uscc> for String {
    fn from(uscc: Uscc) -> Self {
        uscc.0
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    pub kind: String,
    pub number: String,
    pub expires_on: Date,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enterprise {
    pub uscc: Uscc,
    pub name: Bilingual,
    #[serde(default)]
    pub licences: Vec<Licence>,
    /// `None`: its cases get no SSCC.
    #[serde(default)]
    pub gs1_prefix: Option<Gs1Prefix>,
}

impl Enterprise {
    /// Whether a key with this issuer is one of its own.
    pub fn issues_as(&self, issuer: &str) -> bool {
        issuer == self.name.zh || issuer == self.name.en
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub gtin: Gtin,
    pub enterprise: Uscc,
    pub name: Bilingual,
    pub category: String,
    /// Number of the standard it is made to, such as `GB/T 10781.1`.
    pub standard: String,
    pub net_content: String,
    /// `None`: keeps without limit.
    pub shelf_life_days: Option<u32>,
    /// https URLs.
    #[serde(default)]
    pub pictures: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layers {
    #[serde(rename = "outer")]
    Outer,
    #[serde(rename = "outer+inner")]
    OuterAndInner,
}

/// A batch as ordered; its number and secret are given at registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBatch {
    pub product: Gtin,
    /// 1 to 20 characters usable in GS1 AI (10).
    pub lot: String,
    pub made_on: Date,
    /// `None`: taken from the product's shelf life, if it has one.
    pub expires_on: Option<Date>,
    /// GB/T 2260 code of the region it is made for; 0: anywhere.
    #[serde(default)]
    pub destination: u16,
    #[serde(default)]
    pub dealer: String,
    pub layers: Layers,
    /// Labels, 1 to 100 000 000.
    pub count: u64,
    /// Codes of cases, at most one a label; 0: none.
    #[serde(default)]
    pub cases: u64,
    /// Codes of pallets, at most one a case; 0: none.
    #[serde(default)]
    pub pallets: u64,
    /// The key to sign with; `None`: the enterprise's newest active key.
    #[serde(default)]
    pub key: Option<KeyNumber>,
}

/// A registered batch.
#[derive(Clone)]
pub struct Batch {
    pub id: BatchRef,
    pub enterprise: Uscc,
    pub product: Gtin,
    pub lot: String,
    pub made_on: Date,
    pub expires_on: Option<Date>,
    pub destination: u16,
    pub dealer: String,
    pub layers: Layers,
    pub count: u64,
    /// Codes of cases: running numbers 0 to cases - 1 of their own layer.
    pub cases: u64,
    /// Codes of pallets: running numbers 0 to pallets - 1 of their own layer.
    pub pallets: u64,
    /// Items behind the last: spares of packages that were handed over.
    pub spares: u64,
    /// Of its cases, and behind them its pallets; `None` where there are none, or
    /// the enterprise had no prefix.
    pub sscc: Option<SsccRun>,
    pub secret: [u8; 32],
    pub created_at: UnixMs,
}

impl Batch {
    /// Items that may be met: those that were ordered, and spares.
    pub const fn issued(&self) -> u64 {
        self.count + self.spares
    }

    /// The SSCC of a case; `None` for a number behind the last case too.
    pub fn sscc(&self, case: u64) -> Option<Sscc> {
        self.sscc.as_ref().filter(|_| case < self.cases)?.sscc(case)
    }

    /// The SSCC of the first case and of the last.
    pub fn sscc_ends(&self) -> Option<(Sscc, Sscc)> {
        self.sscc(0).zip(self.sscc(self.cases.checked_sub(1)?))
    }

    /// The SSCC of a pallet, as of a case; its serial references follow theirs.
    pub fn pallet_sscc(&self, pallet: u64) -> Option<Sscc> {
        self.sscc.as_ref().filter(|_| pallet < self.pallets)?.sscc(self.cases + pallet)
    }

    /// The SSCC of the first pallet and of the last.
    pub fn pallet_sscc_ends(&self) -> Option<(Sscc, Sscc)> {
        self.pallet_sscc(0).zip(self.pallet_sscc(self.pallets.checked_sub(1)?))
    }

    /// The permutation of one layer's serials.
    pub fn permutation(&self, layer: crate::code::Layer) -> Permutation {
        Permutation::new(&self.secret, layer, self.id.key, self.id.batch)
    }
}

/// A batch that passed every check and lacks only its number, which the ledger
/// gives in the transaction that keeps it.
#[derive(Clone)]
pub struct PreparedBatch {
    pub enterprise: Uscc,
    pub key: KeyNumber,
    pub new: NewBatch,
    pub expires_on: Option<Date>,
    pub secret: [u8; 32],
}

impl PreparedBatch {
    /// What it will be under the number `batch`; its cases have their SSCCs
    /// when it is registered.
    pub fn numbered(&self, batch: u32, created_at: UnixMs) -> Batch {
        let new = &self.new;
        Batch {
            id: BatchRef { key: self.key, batch },
            enterprise: self.enterprise.clone(),
            product: new.product.clone(),
            lot: new.lot.clone(),
            made_on: new.made_on,
            expires_on: self.expires_on,
            destination: new.destination,
            dealer: new.dealer.clone(),
            layers: new.layers,
            count: new.count,
            cases: new.cases,
            pallets: new.pallets,
            spares: 0,
            sscc: None,
            secret: self.secret,
            created_at,
        }
    }
}

/// What may be said of a range of running numbers. The first two are moves of
/// the book ([`movement`]), and facts only where they were lifted before there
/// was one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeState {
    Activated,
    Spoiled,
    Planted,
    /// Not found at a day's closing.
    Missing,
    Void,
    Stolen,
    Blocked,
    Recalled,
}

/// One fact about running numbers `first..=last` of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeFact {
    pub id: uuid::Uuid,
    pub batch: BatchRef,
    pub first: u64,
    pub last: u64,
    pub state: RangeState,
    pub reason: Bilingual,
    pub remedy: Bilingual,
    pub set_by: String,
    pub set_at: UnixMs,
    /// From when on it says nothing any more; `None`: until it is lifted.
    pub until: Option<UnixMs>,
    pub lifted_at: Option<UnixMs>,
}

impl RangeFact {
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl RangeState {
    pub const ALL: [Self; 8] = [
        Self::Activated,
        Self::Spoiled,
        Self::Planted,
        Self::Missing,
        Self::Void,
        Self::Stolen,
        Self::Blocked,
        Self::Recalled,
    ];

    /// Who of an enterprise may say so alone; `None`: nobody. Recalls and losses
    /// take two people (`recall`).
    pub const fn duty(self) -> Option<Duty> {
        match self {
            Self::Activated => Some(Duty::Line),
            Self::Planted => Some(Duty::Owner),
            Self::Spoiled | Self::Missing | Self::Void | Self::Blocked => Some(Duty::Quality),
            Self::Stolen | Self::Recalled => None,
        }
    }

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Activated => "activated",
            Self::Spoiled => "spoiled",
            Self::Planted => "planted",
            Self::Missing => "missing",
            Self::Void => "void",
            Self::Stolen => "stolen",
            Self::Blocked => "blocked",
            Self::Recalled => "recalled",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.slug() == slug)
    }
}

impl Layers {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Outer => "outer",
            Self::OuterAndInner => "outer+inner",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Outer, Self::OuterAndInner].into_iter().find(|l| l.slug() == slug)
    }
}
