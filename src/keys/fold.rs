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

/// Of the random weights.
const WEIGHT_BYTES: usize = 16;

/// Whether the y of a point's encoding is below p = 2^255 - 19. The other encodings
/// that are not canonical have x = 0 with a sign: y is 1 or -1 then, and such points
/// are of small order. To compress the point again would tell too, for an inversion.
fn is_reduced(encoding: &[u8; 32]) -> bool {
    let [first, between @ .., last] = encoding;
    let is_high = last & 0x7f == 0x7f && between.iter().all(|byte| *byte == 0xff);
    !is_high || *first < 0xed
}

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
        if !is_reduced(&r_bytes) || r.is_small_order() {
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
        let mut weights = vec![[0; WEIGHT_BYTES]; terms.len()];
        rng::fill(weights.as_flattened_mut());
        for ((_, term), weight) in terms.iter().zip(weights) {
            let z = Scalar::from(u128::from_le_bytes(weight));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether compressing gives the same bytes again.
    fn is_canonical(encoding: [u8; 32]) -> Option<bool> {
        let point = CompressedEdwardsY(encoding).decompress()?;
        Some(point.compress().to_bytes() == encoding)
    }

    #[test]
    fn what_is_taken_for_canonical_is_what_compresses_to_itself() {
        let mut high = [0xff; 32];
        let mut seen = 0;
        // Every encoding with y from p - 60 on, of either sign.
        for (first, last) in (0xb1..=0xff).flat_map(|first| [(first, 0x7f), (first, 0xff)]) {
            (high[0], high[31]) = (first, last);
            let Some(canonical) = is_canonical(high) else { continue };
            let point = CompressedEdwardsY(high).decompress().expect("it was one");
            assert_eq!(
                is_reduced(&high) && !point.is_small_order(),
                canonical && !point.is_small_order()
            );
            seen += 1;
        }
        assert!(seen > 60, "{seen} points");
        for n in 0..2_000_u64 {
            let mut encoding: [u8; 32] =
                Sha512::digest(n.to_be_bytes())[..32].try_into().expect("32");
            // As often near the end of the field as anywhere.
            if n % 2 == 0 {
                encoding[1..31].fill(0xff);
            }
            if let Some(canonical) = is_canonical(encoding) {
                assert_eq!(is_reduced(&encoding), canonical, "{encoding:x?}");
            }
        }
    }

    /// A key, and what only its holder can make: a signature whose R has a torsion part
    /// and is right but for that.
    struct Holder {
        secret: Scalar,
        public: PublicKey,
    }

    impl Holder {
        fn new() -> Self {
            let secret = Scalar::from_bytes_mod_order([7; 32]);
            let point = EdwardsPoint::mul_base(&secret);
            let public = PublicKey::from_bytes(&point.compress().to_bytes()).expect("sound");
            Self { secret, public }
        }

        /// `torsion` is a point of small order; the identity makes a good signature.
        fn sign(&self, message: &[u8], torsion: EdwardsPoint) -> [u8; 64] {
            let nonce = Scalar::from_bytes_mod_order_wide(&Sha512::digest(message).into());
            let r = (EdwardsPoint::mul_base(&nonce) + torsion).compress().to_bytes();
            let challenge = [&r[..], &self.public.to_bytes(), message].concat();
            let k = Scalar::from_bytes_mod_order_wide(&Sha512::digest(challenge).into());
            let s = nonce + k * self.secret;
            [r, s.to_bytes()].concat().try_into().expect("sixty-four bytes")
        }
    }

    #[test]
    fn only_whoever_holds_the_key_can_make_the_fold_differ_and_never_to_anybodys_harm() {
        use curve25519_dalek::constants::EIGHT_TORSION;

        let holder = Holder::new();
        let messages: Vec<[u8; 8]> = (0..1_600_u64).map(u64::to_be_bytes).collect();
        let odd: Vec<_> = messages.iter().map(|m| holder.sign(m, EIGHT_TORSION[1])).collect();
        let good = holder.sign(b"good", EdwardsPoint::default());
        assert!(holder.public.verifies(b"good", &good));
        let mut taken = 0;
        for (messages, signatures) in messages.chunks(8).zip(odd.chunks(8)) {
            let pairs = messages.iter().zip(signatures);
            let mut group: Vec<_> =
                pairs.map(|(message, signature)| Signed { message, signature }).collect();
            // Evidence rests on this one: it refuses each.
            assert!(group.iter().all(|one| !holder.public.verifies(one.message, one.signature)));
            group.push(Signed { message: b"good", signature: &good });
            let outcomes = holder.public.verify_many(&group);
            assert!(outcomes[8], "a good one passes whatever stands beside it");
            taken += usize::from(outcomes[..8].contains(&true));
        }
        // The weights' sum is a multiple of 8 once in eight times, for the whole and for
        // each half of it that is still folded.
        assert!((20..120).contains(&taken), "{taken} of 200 groups");
    }
}
