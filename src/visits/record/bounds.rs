//! What is a possible record: every text within a named bound, in the form in which
//! it is kept.

use super::{
    CHECK_PHOTOS_MAX, CODE_CHARACTERS_MAX, Check, EXIF_BYTES_MAX, NOTE_CHARACTERS_MAX, Opening,
    Photo, QUANTITY_MAX, SEAL_CODES_MAX, SEED_CHARACTERS_MAX, Seal, Seller, Signature, Spot, Sweep,
    WORDS_CHARACTERS_MAX,
};
use crate::base::{FieldError, line, misleads, places};
use crate::registry::Gtin;
use crate::visits::sample::STOCK_MAX;

impl Opening {
    pub(super) fn checked(self) -> Result<Self, FieldError> {
        let Self { seller, place, region, note: text, case } = self;
        if region != 0 && places::lookup(region).is_none() {
            return Err(FieldError::new("region", format!("{region} is not known"), "write 0"));
        }
        let place = place.map(Spot::checked).transpose()?;
        let uscc = optional("seller.uscc", seller.uscc, |field, text| {
            let fits = text.len() == 18 && text.bytes().all(|b| b.is_ascii_alphanumeric());
            let fault = || FieldError::new(field, "is no code of 18 characters", "leave it out");
            fits.then(|| text.to_ascii_uppercase()).ok_or_else(fault)
        })?;
        let seller = Seller {
            name: line("seller.name", &seller.name)?,
            uscc,
            address: optional("seller.address", seller.address, words)?,
            person: optional("seller.person", seller.person, line)?,
        };
        let case = optional("case", case, line)?;
        Ok(Self { seller, place, region, note: note("note", &text)?, case })
    }
}

impl Spot {
    pub(super) fn checked(self) -> Result<Self, FieldError> {
        let fault = |field, remedy: &str| Err(FieldError::new(field, "is not possible", remedy));
        if !(-90.0..=90.0).contains(&self.lat) {
            return fault("place.lat", "write degrees from -90 to 90");
        }
        if !(-180.0..=180.0).contains(&self.lon) {
            return fault("place.lon", "write degrees from -180 to 180");
        }
        if !(0.0..=1e7).contains(&self.accuracy_m) {
            return fault("place.accuracy_m", "write metres from 0 to 10000000");
        }
        Ok(self)
    }
}

impl Check {
    pub(super) fn checked(mut self) -> Result<Self, FieldError> {
        code("code", &self.code)?;
        let word = |b: u8| b.is_ascii_lowercase() || b == b'_';
        if self.shown.is_empty() || self.shown.len() > 40 || !self.shown.bytes().all(word) {
            return Err(FieldError::new("shown", "is no outcome", "write such as cannot_confirm"));
        }
        counted("quantity", self.quantity)?;
        if self.photos.len() > CHECK_PHOTOS_MAX {
            let remedy = format!("at most {CHECK_PHOTOS_MAX} of one check");
            return Err(FieldError::new("photos", "are too many", remedy));
        }
        self.photos.iter().try_for_each(|hash| sha256("photos", hash))?;
        self.found.product_in_hand =
            optional("found.product_in_hand", self.found.product_in_hand, words)?;
        self.found.note = note("found.note", &self.found.note)?;
        Ok(self)
    }
}

impl Photo {
    pub(super) fn checked(mut self) -> Result<Self, FieldError> {
        sha256("sha256", &self.sha256)?;
        if self.taken_at.parse::<jiff::Timestamp>().is_err() {
            let remedy = "write RFC 3339 such as 2026-11-27T10:05:00+08:00";
            return Err(FieldError::new("taken_at", "is no time", remedy));
        }
        self.caption = empty_or("caption", &self.caption, words)?;
        let exif = serde_json::to_string(&self.exif).map_or(usize::MAX, |text| text.len());
        if exif > EXIF_BYTES_MAX {
            let remedy = format!("at most {EXIF_BYTES_MAX} bytes are kept");
            return Err(FieldError::new("exif", format!("has {exif} bytes"), remedy));
        }
        Ok(self)
    }
}

impl Seal {
    pub(super) fn checked(mut self) -> Result<Self, FieldError> {
        self.what = words("what", &self.what)?;
        counted("quantity", self.quantity)?;
        self.unit = empty_or("unit", &self.unit, line)?;
        self.seal_number = empty_or("seal_number", &self.seal_number, line)?;
        self.kept_at = empty_or("kept_at", &self.kept_at, words)?;
        if self.codes.len() > SEAL_CODES_MAX {
            let remedy = format!("at most {SEAL_CODES_MAX} a line: begin another");
            return Err(FieldError::new("codes", "are too many", remedy));
        }
        self.codes.iter().try_for_each(|text| code("codes", text))?;
        Ok(self)
    }
}

impl Sweep {
    pub(super) fn checked(mut self) -> Result<Self, FieldError> {
        if let Some(gtin) = self.gtin.take() {
            let fault = || FieldError::new("gtin", "is no GTIN", "write its digits");
            self.gtin = Some(Gtin::parse(&gtin).map_err(|_| fault())?.to_string());
        }
        if self.stock.is_some_and(|stock| stock == 0 || stock > STOCK_MAX) {
            let remedy = format!("write 1 to {STOCK_MAX}, or null");
            return Err(FieldError::new("stock", "is not possible", remedy));
        }
        if let Some(seed) = &self.seed {
            let short = (1..=SEED_CHARACTERS_MAX).contains(&seed.chars().count());
            if !short || seed.contains(misleads) {
                let remedy = format!("write 1 to {SEED_CHARACTERS_MAX} characters, or null");
                return Err(FieldError::new("seed", "is empty or too long", remedy));
            }
        }
        Ok(self)
    }
}

impl Signature {
    pub(super) fn checked(mut self) -> Result<Self, FieldError> {
        self.signer = line("signer", &self.signer)?;
        match &self.sha256 {
            Some(hash) if !self.refused => sha256("sha256", hash)?,
            None if self.refused => {}
            _ => {
                let problem = "a signature has a picture, and a refusal none";
                return Err(FieldError::new("sha256", problem, "send one of the two"));
            }
        }
        Ok(self)
    }
}

fn counted(field: &str, quantity: u32) -> Result<(), FieldError> {
    if (1..=QUANTITY_MAX).contains(&quantity) {
        return Ok(());
    }
    let remedy = format!("write 1 to {QUANTITY_MAX}");
    Err(FieldError::new(field, "is not possible", remedy))
}

fn sha256(field: &str, text: &str) -> Result<(), FieldError> {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() == 64 && text.bytes().all(digit) {
        return Ok(());
    }
    let remedy = "write SHA-256 as 64 small hexadecimal digits";
    Err(FieldError::new(field, "is no hash", remedy))
}

fn code(field: &str, text: &str) -> Result<(), FieldError> {
    let characters = text.chars().count();
    if (1..=CODE_CHARACTERS_MAX).contains(&characters) {
        return Ok(());
    }
    let remedy = format!("write 1 to {CODE_CHARACTERS_MAX}");
    Err(FieldError::new(field, format!("has {characters} characters"), remedy))
}

/// One line, longer than a name.
fn words(field: &str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > WORDS_CHARACTERS_MAX || text.contains(misleads) {
        let problem = "is empty, too long, or has a line break or a mark of direction";
        let remedy = format!("write 1 to {WORDS_CHARACTERS_MAX} characters");
        return Err(FieldError::new(field, problem, remedy));
    }
    Ok(text.to_owned())
}

/// Several lines; empty for none.
pub(super) fn note(field: &str, text: &str) -> Result<String, FieldError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    let bad = |c: char| c != '\n' && misleads(c);
    if text.chars().count() > NOTE_CHARACTERS_MAX || text.contains(bad) {
        let problem = "is too long, or has a control character or a mark of direction";
        let remedy = format!("write at most {NOTE_CHARACTERS_MAX} characters");
        return Err(FieldError::new(field, problem, remedy));
    }
    Ok(text)
}

fn optional(
    field: &str,
    text: Option<String>,
    check: impl Fn(&str, &str) -> Result<String, FieldError>,
) -> Result<Option<String>, FieldError> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| check(field, &text)).transpose()
}

fn empty_or(
    field: &str,
    text: &str,
    check: impl Fn(&str, &str) -> Result<String, FieldError>,
) -> Result<String, FieldError> {
    if text.trim().is_empty() { Ok(String::new()) } else { check(field, text) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::visits::read;

    /// A text that is repeated, a list of one thing, or the thing itself.
    fn written(value: &Value) -> Value {
        let of = &value["of"];
        let many = |n: &Value| usize::try_from(n.as_u64().expect("a number")).expect("a size");
        match (value.get("times"), value.get("list")) {
            (Some(n), _) => json!(of.as_str().expect("a text").repeat(many(n))),
            (_, Some(n)) => json!(vec![written(of); many(n)]),
            _ => match value {
                Value::Array(all) => all.iter().map(written).collect(),
                _ => value.clone(),
            },
        }
    }

    #[test]
    fn what_a_phone_refuses_beforehand_is_what_is_refused_here() {
        let vectors: Value = serde_json::from_str(include_str!("vectors.json")).expect("JSON");
        for case in vectors["cases"].as_array().expect("a list") {
            let (kind, member) = (&case[0], case[1].as_str().expect("a member"));
            let mut record = vectors["bases"][kind.as_str().expect("a kind")].clone();
            let path = format!("/{}", member.replace('.', "/"));
            *record.pointer_mut(&path).expect("a member of it") = written(&case[2]);
            let fault = read::record(record).err().map(|fault| fault.field);
            let named = case[4].as_str().unwrap_or(member);
            let refused = (case[3] == false).then_some(named);
            assert_eq!(fault.as_deref(), refused, "{case}");
        }
    }
}
