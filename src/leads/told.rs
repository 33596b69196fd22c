//! Leads that come from outside: of brands, of other offices, of consumers. One
//! names a code, a lot or a product, and says what was seen where.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::{FieldError, UnixMs, grounds};
use crate::code::Payload;
use crate::registry::fields::{Fields, Reader};
use crate::registry::{BatchRef, Gtin, Placement, Register, Uscc};
use crate::scan::Place;
use crate::scan::own::Text;

/// What a row may say.
pub const TOLD_FIELDS: [&str; 6] = ["reference", "code", "batch", "product", "place", "said"];

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Forged,
    Diverted,
    Consumer,
    Enterprise,
    Office,
}

impl Source {
    pub const ALL: [Self; 5] =
        [Self::Forged, Self::Diverted, Self::Consumer, Self::Enterprise, Self::Office];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Diverted => "diverted",
            Self::Consumer => "consumer",
            Self::Enterprise => "enterprise",
            Self::Office => "office",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.slug() == slug)
    }

    /// How often what such a one tells is so: a guess, until decisions say more.
    pub const fn probability(self) -> f64 {
        match self {
            Self::Consumer => 0.3,
            Self::Enterprise => 0.5,
            Self::Office => 0.6,
            // Both are counted, and say it themselves.
            Self::Forged | Self::Diverted => 0.0,
        }
    }
}

/// Chance that forged texts from one place are somebody's copies: a few are
/// typing errors and curiosity.
pub fn forged(texts: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a count")]
    let texts = texts as f64;
    (1.0 - 0.93_f64.powf(texts)).min(0.9)
}

/// Forged texts within [`FORGED_DAYS`] from which on a place is a lead.
pub const FORGED_MIN: u64 = 5;
pub const FORGED_DAYS: i64 = 30;

/// A label that was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub payload: [u8; 12],
    pub batch: BatchRef,
    pub number: u64,
}

/// One thing that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Physical line of an import, from 1; 0: none.
    pub line: u64,
    pub source: Source,
    /// Code of an enterprise, id of an office; empty for consumers.
    pub origin: String,
    /// What the origin calls it.
    pub reference: String,
    pub label: Option<Label>,
    pub batch: Option<BatchRef>,
    pub product: Option<Gtin>,
    pub enterprise: Option<Uscc>,
    pub place: Place,
    pub said: String,
    pub at: UnixMs,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub lead: Uuid,
    /// It was told before.
    pub repeated: bool,
}

/// Who tells, and of whose goods he may.
#[derive(Clone, Debug)]
pub enum Teller {
    Enterprise(Uscc),
    Office(Uuid),
}

impl Teller {
    fn may(&self, enterprise: &Uscc) -> bool {
        match self {
            Self::Enterprise(own) => own == enterprise,
            Self::Office(_) => true,
        }
    }
}

impl Told {
    /// From a row, in the words of the register.
    ///
    /// # Errors
    /// Every field that cannot be taken. Another's goods are not told from such
    /// as do not exist.
    pub fn read(
        line: u64,
        fields: &Fields,
        teller: &Teller,
        register: &Register,
        at: UnixMs,
    ) -> Result<Self, Vec<FieldError>> {
        let mut read = Reader::of(fields, &TOLD_FIELDS);
        let reference = read.need("reference", |text| crate::base::line("reference", text));
        let said = read.need("said", |text| grounds("said", text));
        let named = read.text("code");
        let label = Some(named).filter(|text| !text.is_empty());
        let label = label.and_then(|text| read.note(label_of(&text, teller, register)));
        let batch = read.text("batch");
        let batch = Some(batch).filter(|text| !text.is_empty());
        let batch = batch.and_then(|text| read.note(batch_of(&text, teller, register)));
        let product = read.text("product");
        let product = Some(product).filter(|text| !text.is_empty());
        let product = product.and_then(|text| read.note(product_of(&text, teller, register)));
        let place = read.text("place");
        let place = read.note(place_of(&place)).unwrap_or(Place::UNKNOWN);
        let (source, origin) = match teller {
            Teller::Enterprise(uscc) => (Source::Enterprise, uscc.to_string()),
            Teller::Office(id) => (Source::Office, id.to_string()),
        };
        let batch = label.map(|label| label.batch).or(batch);
        let facts = batch.and_then(|batch| register.batches.get(&batch));
        let product = facts.map(|facts| facts.batch.product.clone()).or(product);
        let enterprise = product.as_ref().and_then(|gtin| register.products.get(gtin));
        let told = Self {
            line,
            source,
            origin,
            reference: reference.unwrap_or_default(),
            label,
            batch,
            enterprise: enterprise.map(|product| product.enterprise.clone()),
            product,
            place,
            said: said.unwrap_or_default(),
            at,
        };
        read.end(told, |told| match &told.product {
            Some(_) => Ok(()),
            None => Err(vec![FieldError::new(
                "code",
                "names nothing",
                "name a code, a batch or a product that is registered",
            )]),
        })
        .map_err(|faults| at_line(faults, line))
    }

    /// Told again, it is the same.
    pub fn digest(&self) -> [u8; 32] {
        let label = self.label.map(|label| label.payload.to_vec()).unwrap_or_default();
        let batch = self.batch.map_or_else(String::new, |batch| batch.to_string());
        let product = self.product.as_ref().map_or_else(String::new, ToString::to_string);
        let place = self.place.0.to_string();
        let mut hash = Sha256::new();
        for part in [
            &label[..],
            batch.as_bytes(),
            product.as_bytes(),
            place.as_bytes(),
            self.said.as_bytes(),
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// What the lead is known by where no code is named: reports of one product
    /// from one town are one, and where none is named, of one maker.
    pub fn key(&self) -> String {
        let maker = || self.enterprise.as_ref().map_or("", |uscc| uscc.as_str());
        let of = self.product.as_ref().map_or_else(maker, |gtin| gtin.as_str());
        format!("told/{of}/{}", self.place.0)
    }
}

fn at_line(faults: Vec<FieldError>, line: u64) -> Vec<FieldError> {
    if line == 0 {
        return faults;
    }
    faults.into_iter().map(|fault| fault.at_line(line)).collect()
}

fn label_of(text: &str, teller: &Teller, register: &Register) -> Result<Label, FieldError> {
    let fault = || {
        // Not the code itself: what is wrong goes into logs.
        FieldError::new(
            "code",
            "is none that was issued",
            "send the 20 characters under the symbol",
        )
    };
    let payload: Payload = Text::of(text).payload().ok_or_else(fault)?;
    match register.place(&payload) {
        Placement::Issued { facts, number, .. } if teller.may(&facts.batch.enterprise) => {
            Ok(Label { payload: payload.to_bytes(), batch: facts.batch.id, number })
        }
        _ => Err(fault()),
    }
}

fn batch_of(text: &str, teller: &Teller, register: &Register) -> Result<BatchRef, FieldError> {
    let fault = || FieldError::new("batch", "is not registered", "write KEY-BATCH, such as 1-4");
    let id: BatchRef = text.parse().map_err(|_| fault())?;
    let facts = register.batches.get(&id).filter(|facts| teller.may(&facts.batch.enterprise));
    facts.map(|facts| facts.batch.id).ok_or_else(fault)
}

fn product_of(text: &str, teller: &Teller, register: &Register) -> Result<Gtin, FieldError> {
    let fault = || FieldError::new("product", "is not registered", "write its GTIN");
    let gtin = Gtin::parse(text).map_err(|_| fault())?;
    let product = register.products.get(&gtin).filter(|product| teller.may(&product.enterprise));
    product.map(|product| product.gtin.clone()).ok_or_else(fault)
}

fn place_of(text: &str) -> Result<Place, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Place::UNKNOWN);
    }
    let named = |r: &&crate::base::places::Region| r.zh == text || r.en.eq_ignore_ascii_case(text);
    let known = crate::base::places::all();
    let code = text.parse::<u16>().ok().and_then(|code| known.iter().find(|r| r.code == code));
    let found = code.or_else(|| known.iter().find(named));
    found.map(|region| Place(region.code)).ok_or_else(|| {
        FieldError::new("place", "is not known", "write four digits of GB/T 2260, such as 4116")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: [(&str, Option<String>); 3]) -> Vec<String> {
        let teller = Teller::Office(Uuid::nil());
        let register = Register::default();
        let told = Told::read(7, &Fields::from(pairs), &teller, &register, UnixMs(0));
        told.expect_err("faults").into_iter().map(|fault| fault.to_string()).collect()
    }

    #[test]
    fn every_fault_of_a_row_is_told_with_its_line_and_no_code() {
        let text = |text: &str| Some(text.to_owned());
        let faults =
            read([("code", text("PZ9999SECRET")), ("place", text("火星")), ("seen", text("1"))]);
        let fields = ["seen", "reference", "said", "code", "place", "code"];
        assert_eq!(faults.len(), fields.len(), "{faults:#?}");
        for (fault, field) in faults.iter().zip(fields) {
            assert!(fault.starts_with(&format!("line 7, {field}: ")), "{fault}");
            assert!(!fault.contains("SECRET"), "{fault}");
        }
    }

    #[test]
    fn a_few_forged_texts_say_little_and_many_not_all() {
        assert!(forged(FORGED_MIN) < 0.35 && forged(30) > 0.8 && forged(10_000) <= 0.9);
    }
}
