//! Many signatures of one key checked together.
//!
//! For signatures `(R_i, S_i)` with challenges `k_i` and random weights `z_i`
//! of 128 bits the sum
//!
//! ```text
//! [Σ z_i S_i] B - [Σ z_i k_i] A - Σ [z_i] R_i
//! ```
//!
//! is the identity when every one is good: one multiplication each, with half
//! the digits, in place of two. Where one is bad, the sum is the identity with
//! a probability below 2^-125 (weights are odd multiples of nothing: they are
//! uniform and unknown to whoever made the signatures).
//!
//! **Cofactor.** The sum is compared without clearing the cofactor. `A` is
//! free of torsion (checked when a key is loaded) and so is `B`; so a torsion
//! part of the sum comes from the `R_i` alone. Only the holder of the private
//! key can make a signature whose R has one and which the cofactored equation
//! would take; the single check refuses it always, the sum lets a group of
//! such signatures pass when their torsion parts happen to cancel under the
//! weights. That is the one difference, CODE_FORMAT.md names it, it gives
//! nobody but the key's holder anything, and evidence rests on the single
//! check. R of small order is refused before, as the single check does.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

use crate::base::rng;
use crate::keys::PublicKey;

/// One message of at most 64 bytes or so with its signature.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub message: &'a [u8],
    pub signature: &'a [u8; 64],
}

/// Below so many a group is not worth folding.
const FOLD_MIN: usize = 4;

/// What a signature contributes to the sum.
struct Term {
    r: EdwardsPoint,
    s: Scalar,
    k: Scalar,
}

impl PublicKey {
    /// The outcome of [`PublicKey::verifies`] for each, in order.
    pub fn verify_many(&self, signed: &[Signed<'_>]) -> Vec<bool> {
        if signed.len() < FOLD_MIN {
            return signed.iter().map(|one| self.verifies(one.message, one.signature)).collect();
        }
        let mut good = vec![false; signed.len()];
        let mut terms = Vec::with_capacity(signed.len());
        for (i, one) in signed.iter().enumerate() {
            // Cheap refusals first: one forger must not cost everyone a fold.
            if let Some(term) = self.term(one) {
                terms.push((i, term));
            }
        }
        self.settle(signed, &terms, &mut good);
        good
    }

    fn settle(&self, signed: &[Signed<'_>], terms: &[(usize, Term)], good: &mut [bool]) {
        if terms.len() < FOLD_MIN {
            for (i, _) in terms {
                good[*i] = self.verifies(signed[*i].message, signed[*i].signature);
            }
        } else if self.sum_is_identity(terms) {
            for (i, _) in terms {
                good[*i] = true;
            }
        } else {
            let (left, right) = terms.split_at(terms.len() / 2);
            self.settle(signed, left, good);
            self.settle(signed, right, good);
        }
    }

    fn term(&self, signed: &Signed<'_>) -> Option<Term> {
        let (r_bytes, s_bytes) = signed.signature.split_at(32);
        let r_bytes: [u8; 32] = r_bytes.try_into().ok()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s_bytes.try_into().ok()?))?;
        let r = CompressedEdwardsY(r_bytes).decompress()?;
        if r.is_small_order() || r.compress().to_bytes() != r_bytes {
            return None;
        }
        let mut hash = Sha512::new();
        hash.update(r_bytes);
        hash.update(self.to_bytes());
        hash.update(signed.message);
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        Some(Term { r, s, k })
    }

    fn sum_is_identity(&self, terms: &[(usize, Term)]) -> bool {
        let mut of_b = Scalar::ZERO;
        let mut of_a = Scalar::ZERO;
        let mut scalars = Vec::with_capacity(terms.len() + 2);
        let mut points = Vec::with_capacity(terms.len() + 2);
        for (_, term) in terms {
            let z = Scalar::from(u128::from_le_bytes(rng::bytes()));
            of_b += z * term.s;
            of_a += z * term.k;
            scalars.push(z);
            points.push(-term.r);
        }
        scalars.push(of_b);
        points.push(curve25519_dalek::constants::ED25519_BASEPOINT_POINT);
        scalars.push(of_a);
        points.push(self.minus_a);
        EdwardsPoint::vartime_multiscalar_mul(&scalars, &points).is_identity()
    }
}
