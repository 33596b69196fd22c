//! What an enterprise, a product, a batch must be before it is registered.
//! Every fault of an object is told at once.

use jiff::civil::Date;

use crate::base::limits::BATCH_LABELS_MAX;
use crate::base::{FieldError, is_a_formula, line, places};
use crate::registry::{Bilingual, Enterprise, NewBatch, Product};

const LICENCES_MAX: usize = 20;
const PICTURES_MAX: usize = 8;
const URL_BYTES_MAX: usize = 500;

/// What a product may be; decides how a harm is weighed.
pub const CATEGORIES: [&str; 5] = ["liquor", "meat", "oil", "food", "other"];

type Checked = Result<(), Vec<FieldError>>;

fn checked(errors: Vec<FieldError>) -> Checked {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Free text: one line, and nothing that a spreadsheet would run as a formula
/// when the register is exported.
fn text(errors: &mut Vec<FieldError>, field: &str, value: &str, needed: bool) {
    if value.is_empty() && !needed {
        return;
    }
    if let Err(fault) = line(field, value) {
        errors.push(fault);
    } else if is_a_formula(value.trim_start()) {
        errors.push(FieldError::new(
            field,
            "begins like a spreadsheet's formula",
            "begin it with a letter or a digit",
        ));
    }
}

fn names(errors: &mut Vec<FieldError>, name: &Bilingual) {
    text(errors, "name_zh", &name.zh, true);
    text(errors, "name_en", &name.en, true);
}

impl Enterprise {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn check(&self) -> Checked {
        let mut errors = Vec::new();
        names(&mut errors, &self.name);
        if self.licences.len() > LICENCES_MAX {
            errors.push(FieldError::new("licences", "are too many", "keep the 20 that matter"));
        }
        for licence in &self.licences {
            text(&mut errors, "licences.kind", &licence.kind, true);
            text(&mut errors, "licences.number", &licence.number, true);
        }
        checked(errors)
    }
}

impl Product {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn check(&self) -> Checked {
        let mut errors = Vec::new();
        names(&mut errors, &self.name);
        text(&mut errors, "standard", &self.standard, true);
        text(&mut errors, "net_content", &self.net_content, true);
        if !CATEGORIES.contains(&self.category.as_str()) {
            errors.push(FieldError::new(
                "category",
                format!("{:?} is not known", self.category),
                format!("write one of {}", CATEGORIES.join(", ")),
            ));
        }
        if self.shelf_life_days.is_some_and(|days| days == 0 || days > 36_500) {
            errors.push(FieldError::new(
                "shelf_life_days",
                "is not between 1 and 36500",
                "leave it out where the product keeps without limit",
            ));
        }
        if self.pictures.len() > PICTURES_MAX {
            errors.push(FieldError::new("pictures", "are too many", "give at most 8"));
        }
        for url in &self.pictures {
            let plain = url.starts_with("https://")
                && url.len() <= URL_BYTES_MAX
                && url.bytes().all(|c| c.is_ascii_graphic());
            if !plain {
                errors.push(FieldError::new(
                    "pictures",
                    format!("{url:?} is not an https address"),
                    "write https://... without spaces",
                ));
            }
        }
        checked(errors)
    }
}

impl NewBatch {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn check(&self) -> Checked {
        let mut errors = Vec::new();
        // Browsers take the segments . and .. out of a path, escaped or not.
        if !crate::code::gs1::lot_is_sound(&self.lot) || [".", ".."].contains(&&*self.lot) {
            errors.push(FieldError::new(
                "lot",
                format!("{:?} cannot stand in a GS1 code", self.lot),
                "write 1 to 20 letters, digits or - . _ /",
            ));
        }
        if is_a_formula(&self.lot) {
            // The printing house gets it as it is, in a table that people open.
            errors.push(FieldError::new(
                "lot",
                "begins like a spreadsheet's formula",
                "begin it with a letter or a digit",
            ));
        }
        if self.count == 0 || self.count > BATCH_LABELS_MAX {
            errors.push(FieldError::new(
                "count",
                format!("{} labels cannot be ordered", self.count),
                format!("order 1 to {BATCH_LABELS_MAX}"),
            ));
        }
        if self.cases > self.count {
            errors.push(FieldError::new(
                "cases",
                format!("{} cases cannot hold {} labels", self.cases, self.count),
                format!("order 0 to {}", self.count),
            ));
        }
        if self.pallets > self.cases {
            errors.push(FieldError::new(
                "pallets",
                format!("{} pallets cannot hold {} cases", self.pallets, self.cases),
                format!("order 0 to {}", self.cases),
            ));
        }
        if self.expires_on.is_some_and(|expires| expires < self.made_on) {
            errors.push(FieldError::new(
                "expires_on",
                "is before made_on",
                "give the day on which the goods expire",
            ));
        }
        let year = self.made_on.year();
        if !(1990..=2100).contains(&year) {
            errors.push(FieldError::new("made_on", format!("the year {year}"), "write 2026-11-01"));
        }
        if self.destination != 0 && places::lookup(self.destination).is_none() {
            errors.push(FieldError::new(
                "destination",
                format!("{} is no province or prefecture", self.destination),
                "write the first four digits of its GB/T 2260 code, or 0 for anywhere",
            ));
        }
        text(&mut errors, "dealer", &self.dealer, false);
        checked(errors)
    }

    /// The expiry as given, or from the product's shelf life.
    pub fn expiry(&self, product: &Product) -> Option<Date> {
        self.expires_on.or_else(|| {
            let days = i32::try_from(product.shelf_life_days?).ok()?;
            self.made_on.checked_add(jiff::Span::new().days(days)).ok()
        })
    }
}
