//! Printing houses: outside parties that have no account and see one order.

use uuid::Uuid;

use super::seal;
use crate::base::line::misleads;
use crate::base::{FieldError, UnixMs, is_a_formula};
use crate::registry::Uscc;

/// Characters of a name and of how to reach somebody.
const NAME_CHARACTERS_MAX: usize = 80;
const CONTACT_CHARACTERS_MAX: usize = 200;
/// Houses that an enterprise works with at once.
pub const HOUSES_MAX: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintHouse {
    pub id: Uuid,
    pub enterprise: Uscc,
    pub new: NewPrintHouse,
    pub created_at: UnixMs,
    /// It gets no further orders.
    pub retired_at: Option<UnixMs>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrintHouse {
    pub name: String,
    /// Person, telephone, mail: for people.
    pub contact: String,
    /// Its public key; none: packages come under a passphrase.
    pub recipient: Option<String>,
}

impl NewPrintHouse {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn read(name: &str, contact: &str, recipient: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut text = |field: &str, text: &str, needed: bool, most: usize| {
            let text = text.trim();
            let fits = text.chars().count() <= most && !text.chars().any(misleads);
            if !fits || (needed && text.is_empty()) || is_a_formula(text) {
                let least = usize::from(needed);
                let remedy = format!("write one line of {least} to {most} characters");
                errors.push(FieldError::new(field, "cannot be taken", remedy));
            }
            text.to_owned()
        };
        let name = text("name", name, true, NAME_CHARACTERS_MAX);
        let contact = text("contact", contact, false, CONTACT_CHARACTERS_MAX);
        let recipient = match recipient.trim() {
            "" => None,
            given => seal::recipient(given).map_err(|fault| errors.push(fault)).ok(),
        };
        if errors.is_empty() { Ok(Self { name, contact, recipient }) } else { Err(errors) }
    }
}
