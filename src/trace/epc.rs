//! Units, places and classes as EPCIS names them.
//!
//! Bottles are SGTINs: product and the serial that our GS1 form carries, as a
//! GS1 Digital Link URI. Cases and pallets are SSCCs where the enterprise has a
//! GS1 prefix. Where it has none, EPCIS takes any URI: then a case is named by
//! the address of its code, and a pallet or place by one under the enterprise's
//! name, both on this site.

use std::collections::BTreeMap;

use crate::code::{Payload, Sscc};
use crate::registry::{BatchRef, Register, Uscc};
use crate::trace::place::Site;
use crate::trace::{Refusal, Unit};

/// Canonical host of GS1 Digital Link URIs.
const GS1: &str = "https://id.gs1.org";

/// What names are made and read with.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub register: &'a Register,
    pub own: &'a Uscc,
    /// Scheme and host of this site, no slash behind.
    pub origin: &'a str,
    /// By code.
    pub sites: &'a BTreeMap<String, Site>,
}

impl Names<'_> {
    /// The URI of a unit; `None` where the register does not know its batch.
    pub fn unit(&self, unit: &Unit) -> Option<String> {
        Some(match unit {
            Unit::Bottle { batch, .. } => {
                let gtin = &self.register.batches.get(batch)?.batch.product;
                let serial = unit.payload(self.register)?.serial_text();
                format!("{GS1}/01/{gtin}/21/{serial}")
            }
            Unit::Case { batch, number } => {
                match self.register.batches.get(batch)?.batch.sscc(*number) {
                    Some(sscc) => format!("{GS1}/00/{sscc}"),
                    None => {
                        format!("{}/{}", self.origin, unit.payload(self.register)?.serial_text())
                    }
                }
            }
            Unit::Pallet { code, .. } if Sscc::parse(code).is_ok() => format!("{GS1}/00/{code}"),
            Unit::Pallet { of, code } => format!("{}/id/{of}/pallet/{code}", self.origin),
        })
    }

    /// The class of a batch's bottles: product and lot (LGTIN).
    pub fn class(&self, batch: BatchRef) -> Option<String> {
        let batch = &self.register.batches.get(&batch)?.batch;
        let mut lot = String::new();
        for c in batch.lot.bytes() {
            if c.is_ascii_alphanumeric() || b"-._~".contains(&c) {
                lot.push(char::from(c));
            } else {
                lot.push_str(&format!("%{c:02X}"));
            }
        }
        Some(format!("{GS1}/01/{}/10/{lot}", batch.product))
    }

    /// The URI of a place that is registered under this code.
    pub fn place(&self, code: &str) -> String {
        match self.sites.get(code).and_then(|site| site.gln.as_ref()) {
            Some(gln) => format!("{GS1}/414/{gln}"),
            None => format!("{}/id/{}/place/{code}", self.origin, self.own),
        }
    }

    /// The code of the registered place that a URI names.
    pub fn read_place(&self, uri: &str) -> Option<String> {
        self.sites.keys().find(|code| self.place(code) == uri).cloned()
    }

    /// The unit that a URI names: what [`Self::unit`] writes, on whatever host
    /// of a Digital Link, and the URNs that stand for the same.
    ///
    /// # Errors
    /// [`Refusal::NotACode`] for another kind of URI, [`Refusal::NotOurs`].
    pub fn read_unit(&self, uri: &str) -> Result<Unit, Refusal> {
        let (register, own) = (self.register, self.own);
        if let Some(urn) = uri.strip_prefix("urn:epc:id:sscc:") {
            let (prefix, rest) = urn.split_once('.').ok_or(Refusal::NotACode)?;
            let (extension, reference) = rest.split_at_checked(1).ok_or(Refusal::NotACode)?;
            return self.sscc(&with_check_digit(&format!("{extension}{prefix}{reference}"))?);
        }
        if let Some(urn) = uri.strip_prefix("urn:epc:id:sgtin:") {
            let mut parts = urn.splitn(3, '.');
            let mut next = || parts.next().unwrap_or_default();
            let (prefix, item, serial) = (next(), next(), next());
            let (indicator, item) = item.split_at_checked(1).ok_or(Refusal::NotACode)?;
            let gtin = with_check_digit(&format!("{indicator}{prefix}{item}"))?;
            return self.sgtin(&gtin, serial);
        }
        if let Some(rest) = uri.strip_prefix(self.origin) {
            let pallets = format!("/id/{own}/pallet/");
            if let Some(code) = rest.strip_prefix(&pallets) {
                return Unit::read(code, register, own);
            }
        }
        let path = uri.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let path = path.map_or("", |(_, path)| path);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        match path.split('/').collect::<Vec<_>>()[..] {
            ["00", sscc] => self.sscc(sscc),
            ["01", gtin, "21", serial] | ["01", gtin, "10", _, "21", serial] => {
                self.sgtin(gtin, serial)
            }
            _ if uri.starts_with(self.origin) => Unit::read(path, register, own),
            _ => Err(Refusal::NotACode),
        }
    }

    fn sscc(&self, digits: &str) -> Result<Unit, Refusal> {
        let sscc = Sscc::parse(digits).map_err(|_| Refusal::NotACode)?;
        Ok(Unit::of_sscc(&sscc, self.register, self.own))
    }

    fn sgtin(&self, gtin: &str, serial: &str) -> Result<Unit, Refusal> {
        let payload = Payload::from_serial_text(serial).map_err(|_| Refusal::NotACode)?;
        let unit = Unit::of_payload(&payload, self.register, self.own)?;
        let batch = unit.batch().and_then(|batch| self.register.batches.get(&batch));
        match (&unit, batch) {
            (Unit::Bottle { .. }, Some(facts)) if facts.batch.product.as_str() == gtin => Ok(unit),
            _ => Err(Refusal::NotOurs),
        }
    }
}

fn with_check_digit(digits: &str) -> Result<String, Refusal> {
    let sound = digits.len() <= 17 && digits.bytes().all(|c| c.is_ascii_digit());
    let whole = || format!("{digits}{}", crate::code::gs1::check_digit(digits));
    sound.then(whole).ok_or(Refusal::NotACode)
}
