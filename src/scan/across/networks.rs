//! Networks that are witnesses of many labels of one batch. A buyer's is one
//! of few; a farm of phones that burns what it photographed on a shelf brings
//! the same ones to each label. They are kept as phones are.

use super::Across;
use crate::registry::BatchRef;
use crate::scan::Tag48;
use crate::scan::walk::{Walk, Witness};

/// Other codes of the batch at which a network is busy, and their share of
/// those seen, since a carrier's gateway meets many where many are sold.
const BUSY_CODES: f32 = 2.0;
const BUSY_SHARE: f32 = 0.02;

/// FNV-1a: among the keyed hashes of phones it meets one by chance alone.
fn tag(batch: BatchRef, network: u32) -> Tag48 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in [batch.key.get(), batch.batch, network].iter().flat_map(|n| n.to_be_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    Tag48::new(hash ^ hash >> 48)
}

#[allow(clippy::cast_precision_loss, reason = "a share")]
fn busy_from(codes: u32) -> f32 {
    BUSY_CODES.max(BUSY_SHARE * codes as f32)
}

fn has(walk: &Walk, witness: &Witness) -> bool {
    walk.witnesses.iter().any(|w| w.network == witness.network)
}

impl Across {
    pub(super) fn note_networks(&mut self, batch: BatchRef, before: &Walk, after: &Walk) {
        for witness in after.witnesses.iter().filter(|w| !has(before, w)) {
            let tag = tag(batch, witness.network);
            self.phones.entry(tag).or_default().witnesses(witness.at);
            if let Some(touched) = &mut self.touched {
                touched.phones.insert(tag);
            }
        }
    }

    /// Which witnesses of `walk` are on busy networks.
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn busy(&self, batch: BatchRef, codes: u32, walk: &Walk, noted: &Walk) -> u64 {
        let busy = busy_from(codes);
        let others = |w: &Witness| self.others(batch, w, has(noted, w)) as f32;
        let bits = (0_u32..).zip(&walk.witnesses).filter(|(_, w)| others(w) >= busy);
        bits.fold(0, |set, (n, _)| set | 1 << n)
    }

    /// Whether the network of a witness of a code that was noted is busy.
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn is_busy(&self, batch: BatchRef, codes: u32, walk: &Walk, witness: u32) -> bool {
        let witness = walk.witnesses.get(witness as usize);
        witness.is_some_and(|w| self.others(batch, w, true) as f32 >= busy_from(codes))
    }

    /// Codes of the batch of which the network is a witness; without this one
    /// if it was `noted`.
    fn others(&self, batch: BatchRef, witness: &Witness, noted: bool) -> u32 {
        let all = self.phones.get(&tag(batch, witness.network)).map_or(0, |known| known.codes);
        all.saturating_sub(u32::from(noted))
    }

    /// Networks of a walk, as they are kept.
    pub(super) fn networks(batch: BatchRef, walk: &Walk) -> impl Iterator<Item = Tag48> {
        walk.witnesses.iter().map(move |w| tag(batch, w.network))
    }
}
