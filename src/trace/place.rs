//! Places and parties of an enterprise: its sites, its dealers, the stations
//! that inspect.

use serde::{Deserialize, Serialize};

use crate::base::{FieldError, places};
use crate::code::gs1::check_digit_is_right;
use crate::registry::Bilingual;
use crate::trace::event::plain;

/// Places of one enterprise.
pub const PLACES_MAX: usize = 5_000;
const CODE_CHARACTERS_MAX: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// A packing hall, a warehouse.
    Site,
    Dealer,
    /// An inspection station of the province.
    Station,
}

impl PlaceKind {
    pub const ALL: [Self; 3] = [Self::Site, Self::Dealer, Self::Station];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Dealer => "dealer",
            Self::Station => "station",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.slug() == slug)
    }
}

/// One place or party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The enterprise's own short name for it; does not change.
    pub code: String,
    pub kind: PlaceKind,
    pub name: Bilingual,
    /// Global Location Number, 13 digits; `None`: events name it by a URI of
    /// ours.
    pub gln: Option<String>,
    /// GB/T 2260, four digits; 0: not said.
    pub region: u16,
}

impl Site {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let sound = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
        if self.code.is_empty()
            || self.code.len() > CODE_CHARACTERS_MAX
            || !self.code.bytes().all(sound)
        {
            let remedy = format!("write 1 to {CODE_CHARACTERS_MAX} letters, digits, - or _");
            errors.push(FieldError::new("code", "cannot be used", remedy));
        }
        errors.extend(plain("name_zh", &self.name.zh).err());
        if !self.name.en.is_empty() {
            errors.extend(plain("name_en", &self.name.en).err());
        }
        if self.gln.as_ref().is_some_and(|gln| gln.len() != 13 || !check_digit_is_right(gln)) {
            let remedy = "write its 13 digits, or nothing";
            errors.push(FieldError::new("gln", "is no GLN: length or check digit", remedy));
        }
        if self.region != 0 && places::lookup(self.region).is_none() {
            errors.push(FieldError::new("region", "is not known", "choose one of the list"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// What an enterprise sets for its goods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Customs {
    /// Whether buyers read the names of dealers.
    pub name_dealers: bool,
    /// Bottles of a full case; 0: not checked.
    pub case_size: usize,
    /// Cases of a full pallet; 0: not checked.
    pub pallet_size: usize,
    /// Whether bottles go on sale when a line packs them.
    pub activates: bool,
}
