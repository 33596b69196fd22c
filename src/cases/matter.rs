//! What a case is about: people, places, labels, photos and what was said.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::base::{FieldError, places};
use crate::code::Payload;
use crate::registry::{BatchRef, Uscc};

/// Characters of a name, a title, a number of a document.
pub const LINE_CHARACTERS_MAX: usize = 120;
/// Characters of a note or of grounds.
pub const NOTE_CHARACTERS_MAX: usize = 4_000;
/// Characters of a statement: some pages of a record of questioning.
pub const STATEMENT_CHARACTERS_MAX: usize = 20_000;

/// What somebody is in the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyRole {
    /// Against whom it is.
    Respondent,
    /// Whose mark or label it is.
    Owner,
    Informant,
    Witness,
    Other,
}

impl PartyRole {
    pub const ALL: [Self; 5] =
        [Self::Respondent, Self::Owner, Self::Informant, Self::Witness, Self::Other];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Respondent => "respondent",
            Self::Owner => "owner",
            Self::Informant => "informant",
            Self::Witness => "witness",
            Self::Other => "other",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.slug() == slug)
    }
}

/// Somebody in the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub role: PartyRole,
    pub name: String,
    /// Unified social credit code; empty: none, or not known.
    #[serde(default)]
    pub uscc: String,
    /// Telephone or the like.
    #[serde(default)]
    pub contact: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub note: String,
}

/// Somewhere that matters in the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    pub name: String,
    #[serde(default)]
    pub address: String,
    /// GB/T 2260, four digits; 0: unknown.
    pub region: u16,
    /// WGS 84 degrees, latitude and longitude.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    #[serde(default)]
    pub note: String,
}

/// A label in the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseUnit {
    /// Serial of 20 characters: it names the code and proves nothing.
    pub serial: String,
    pub batch: BatchRef,
    /// Running number of the label.
    pub number: u64,
    #[serde(default)]
    pub note: String,
}

impl CaseUnit {
    pub fn of(payload: &Payload, batch: BatchRef, number: u64) -> Self {
        Self { serial: payload.serial_text(), batch, number, note: String::new() }
    }

    /// `None` for a serial that is none.
    pub fn payload(&self) -> Option<[u8; 12]> {
        Payload::from_serial_text(&self.serial).ok().map(|payload| payload.to_bytes())
    }
}

/// A photo in the case; the picture itself is kept by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoNote {
    /// SHA-256 of the original, 64 small hexadecimal digits.
    pub media: String,
    pub caption: String,
    /// What it shows: the label, the shelf, the shop.
    #[serde(default)]
    pub shows: String,
}

/// What somebody said, as it was taken down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub of: String,
    #[serde(default)]
    pub position: String,
    pub taken_on: Date,
    pub text: String,
}

impl Party {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        line("name", &self.name, true)?;
        if !self.uscc.is_empty() && Uscc::parse(&self.uscc).is_err() {
            let remedy = "write the 18 characters, or leave it empty";
            return Err(FieldError::new("uscc", "is no unified social credit code", remedy));
        }
        line("contact", &self.contact, false)?;
        line("address", &self.address, false)?;
        note("note", &self.note, false)
    }
}

impl Spot {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        line("name", &self.name, true)?;
        line("address", &self.address, false)?;
        region_known(self.region)?;
        let on_earth = |(lat, lon): (f64, f64)| lat.abs() <= 90.0 && lon.abs() <= 180.0;
        if self.position.is_some_and(|at| !on_earth(at)) {
            let remedy = "give latitude and longitude in degrees, or neither";
            return Err(FieldError::new("position", "is nowhere", remedy));
        }
        note("note", &self.note, false)
    }
}

impl CaseUnit {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if self.payload().is_none() {
            let remedy = "give the 20 characters under the symbol";
            return Err(FieldError::new("serial", "is no serial", remedy));
        }
        line("note", &self.note, false)
    }
}

impl PhotoNote {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if !is_hash(&self.media) {
            let remedy = "give the SHA-256 of the photo in 64 small hexadecimal digits";
            return Err(FieldError::new("media", "names no photo", remedy));
        }
        line("caption", &self.caption, true)?;
        line("shows", &self.shows, false)
    }
}

impl Statement {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        line("of", &self.of, true)?;
        line("position", &self.position, false)?;
        bounded("text", &self.text, STATEMENT_CHARACTERS_MAX, true, true)
    }
}

/// Whether it is a SHA-256 as files are named by.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

pub(super) fn region_known(region: u16) -> Result<(), FieldError> {
    if region == 0 || places::lookup(region).is_some() {
        return Ok(());
    }
    Err(FieldError::new("region", "is not known", "choose one of the list"))
}

/// # Errors
/// For a missing, too long or unprintable line.
pub fn line(field: &str, text: &str, needed: bool) -> Result<(), FieldError> {
    bounded(field, text, LINE_CHARACTERS_MAX, needed, false)
}

/// # Errors
/// For a missing, too long or unprintable text.
pub fn note(field: &str, text: &str, needed: bool) -> Result<(), FieldError> {
    bounded(field, text, NOTE_CHARACTERS_MAX, needed, true)
}

fn bounded(
    field: &str,
    text: &str,
    most: usize,
    needed: bool,
    lines: bool,
) -> Result<(), FieldError> {
    let control = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
    let empty = needed && text.trim().is_empty();
    if empty || text.chars().count() > most || text.contains(control) {
        let least = usize::from(needed);
        let remedy =
            format!("write {least} to {most} characters, none of them a control character");
        let problem = if empty { "is missing" } else { "is too long or cannot be printed" };
        return Err(FieldError::new(field, problem, remedy));
    }
    Ok(())
}
