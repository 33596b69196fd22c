//! Keys of this module, made of the installation's secret, one a purpose.
//!
//! The secret stands in the same file as the sealed rows: see `auth::secrets`
//! for what that keeps out and what it does not.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::base::seal::Sealer;
use crate::reports::Contact;
use crate::scan::tags::Tagger;

#[derive(Clone)]
pub struct Seals {
    pub(super) tickets: Sealer,
    contacts: Sealer,
    notes: [u8; 32],
}

impl Seals {
    pub fn new(tags: &Tagger) -> Self {
        let sealer = |purpose: &[u8]| Sealer::new(tags.derived(purpose));
        Self {
            tickets: sealer(b"zhenma report ticket 1"),
            contacts: sealer(b"zhenma report contact 1"),
            notes: tags.derived(b"zhenma note 1"),
        }
    }

    /// Sealed for one report: a row does not open as another's.
    pub fn seal_contact(&self, report: Uuid, contact: &Contact) -> Vec<u8> {
        self.contacts.seal(report.as_bytes(), contact.text().as_bytes())
    }

    /// `None` where it was not sealed here for this report.
    pub fn open_contact(&self, report: Uuid, sealed: &[u8]) -> Option<Contact> {
        let text = self.contacts.open(report.as_bytes(), sealed)?;
        String::from_utf8(text).ok().map(Contact::of_sealed)
    }

    /// The keyed hash of a note's content.
    pub(super) fn of_note(&self, content: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(&self.notes);
        let mut mac = mac.expect("HMAC takes a key of any length");
        mac.update(content);
        mac.finalize().into_bytes().into()
    }
}
