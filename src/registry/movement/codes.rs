//! From what is printed on a label to its number in a batch.
//!
//! Signatures are not checked here. Who moves labels may name any number of
//! the batch anyhow, so a forged code lets nobody do more; and what the check
//! would find, a code that was misread, ends in a number that was never issued
//! in all but one of ten thousand cases (`FORMAT.md`, Payload). A million labels
//! are read in less than a second without it.

use crate::code::{self, Layer, Malformed, Payload, Permutation};
use crate::registry::{Batch, BatchRef, Layers};

/// Bytes of one line of a file of codes.
pub const LINE_BYTES_MAX: usize = code_line();

const fn code_line() -> usize {
    crate::base::limits::CODE_TEXT_BYTES_MAX + 2_048
}

/// Why a text names no label of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfound {
    Unreadable(Malformed),
    /// A code of another batch.
    Other(BatchRef),
    /// A case's or a pallet's.
    NoItem(Layer),
    /// No label of the batch has this serial or number.
    NeverIssued,
}

impl std::fmt::Display for Unfound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(malformed) => write!(f, "cannot be read: {malformed}"),
            Self::Other(batch) => write!(f, "is of batch {batch}"),
            Self::NoItem(layer) => write!(f, "is the code of a {}", layer.slug()),
            Self::NeverIssued => f.write_str("was never issued in this batch"),
        }
    }
}

/// Finds numbers in one batch.
pub struct Finder {
    batch: BatchRef,
    count: u64,
    outer: Permutation,
    inner: Option<Permutation>,
}

impl Finder {
    pub fn new(batch: &Batch) -> Self {
        let inner = batch.layers == Layers::OuterAndInner;
        Self {
            batch: batch.id,
            count: batch.count,
            outer: batch.permutation(Layer::Outer),
            inner: inner.then(|| batch.permutation(Layer::Inner)),
        }
    }

    /// The number of a label that is named by its code, its address, its serial
    /// (in groups too) or the number itself.
    ///
    /// # Errors
    /// Why there is none.
    pub fn number(&self, text: &str) -> Result<u32, Unfound> {
        let text = text.trim();
        if !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
            let number = text.parse::<u32>().map_err(|_| Unfound::NeverIssued)?;
            return self.issued(number.into());
        }
        self.of_payload(&payload(text).map_err(Unfound::Unreadable)?)
    }

    /// The number of the label with this payload.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of_payload(&self, payload: &Payload) -> Result<u32, Unfound> {
        let batch = BatchRef { key: payload.key, batch: payload.batch };
        if batch != self.batch {
            return Err(Unfound::Other(batch));
        }
        match (payload.layer, &self.inner) {
            (Layer::Outer, _) => self.issued(self.outer.number_of(payload.serial)),
            (Layer::Inner, Some(inner)) => self.issued(inner.number_of(payload.serial)),
            (Layer::Inner, None) => Err(Unfound::NeverIssued),
            (layer @ (Layer::Case | Layer::Pallet), _) => Err(Unfound::NoItem(layer)),
        }
    }

    fn issued(&self, number: u64) -> Result<u32, Unfound> {
        let number = u32::try_from(number).ok().filter(|n| u64::from(*n) < self.count);
        number.ok_or(Unfound::NeverIssued)
    }
}

/// The payload that a code, an address or a serial names.
///
/// # Errors
/// [`Malformed`] with the first defect.
pub fn payload(text: &str) -> Result<Payload, Malformed> {
    if text.len() == Payload::SERIAL_TEXT_CHARACTERS {
        return Payload::from_serial_text(text);
    }
    let in_groups = Payload::SERIAL_TEXT_CHARACTERS + 3;
    if text.len() == in_groups && text.contains(' ') {
        return Payload::from_serial_text(&text.replace(' ', ""));
    }
    code::read(text).map(|reading| reading.payload)
}
