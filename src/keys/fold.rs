//! Many signatures of one key checked together.
//!
//! For signatures `(R_i, S_i)` with challenges `k_i` and random weights `z_i`
//! of 128 bits, all odd, the sum
//!
//! ```text
//! Σ [z_i] D_i = [Σ z_i S_i] B - [Σ z_i k_i] A - Σ [z_i] R_i,  D_i = [S_i] B - [k_i] A - R_i
//! ```
//!
//! is the identity when every one is good, for then every `D_i` is: one
//! multiplication each, with half the digits, in place of two.
//!
//! **Taking apart.** A sum that is not the identity has a bad one behind it. One
//! half of the signatures is summed anew *with the weights that it had*; so what
//! it leaves of the whole is the sum of the other half, to the point, and costs a
//! subtraction. The halves are taken apart likewise, down to one.
//!
//! **Why a bad one is found.** The sets that are summed come from halving the
//! list of signatures: there are `2n - 1`, fixed before there are weights. Take
//! one with a `D_j` in it that is not of small order. Whatever the other weights
//! are, at most one of the 2^127 that `z_j` may be makes its sum the identity,
//! and whoever made the signatures knew none. This holds for every set, whether
//! its sum was multiplied out or is what the other half left of the whole. The
//! sets share weights, so their sums are not independent; but the chance that
//! any of them deceives is at most that of all added up: below 2^-120 for 64
//! signatures. A good one never is refused: alone its sum is the identity.
//!
//! **Cofactor.** The sums are compared without clearing the cofactor. `A` is
//! free of torsion (checked when a key is loaded) and so is `B`; so a torsion
//! part of a sum comes from the `R_i` alone. Only the holder of the private
//! key can make a signature whose `D_i` is of small order and not the identity;
//! the single check refuses it always. So does the sum where it stands alone or
//! among good ones, since no odd multiple of a point of order 2, 4 or 8 is the
//! identity. Several such signatures, or one that stands there several times,
//! pass together when their torsion parts cancel under the weights, two of order
//! 2 always. That is the one difference, FORMAT.md names it, it gives nobody but
//! the key's holder anything, and evidence rests on the single check. R of small
//! order is refused before, as the single check does.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
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

/// S, if it is below the group order.
fn s_of(signature: &[u8; 64]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(signature[32..].try_into().ok()?).into()
}

/// Whether S is below the group order. Of random bytes one in sixteen has such an S;
/// the others are refused for next to nothing, and take no fold apart.
pub fn has_reduced_s(signature: &[u8; 64]) -> bool {
    s_of(signature).is_some()
}

/// What a signature adds to the sums that it stands in, its weight in all of them.
struct Term {
    /// Its place among those asked about.
    i: usize,
    weight: Scalar,
    minus_r: EdwardsPoint,
    of_b: Scalar,
    of_a: Scalar,
}

impl PublicKey {
    /// The outcome of [`PublicKey::verifies`] for each, in order.
    pub fn verify_many(&self, signed: &[Signed<'_>]) -> Vec<bool> {
        if let [one] = signed {
            return vec![self.verifies(one.message, one.signature)];
        }
        let mut weights = vec![[0; WEIGHT_BYTES]; signed.len()];
        rng::fill(weights.as_flattened_mut());
        let pairs = signed.iter().zip(weights).enumerate();
        // Cheap refusals first: one forger must not cost everyone a fold.
        let terms: Vec<_> =
            pairs.filter_map(|(i, (one, weight))| self.term(i, one, weight)).collect();
        let mut good = vec![false; signed.len()];
        if !terms.is_empty() {
            self.settle(&terms, self.sum(&terms), &mut good);
        }
        good
    }

    /// `sum` is that of `terms`, of which there is at least one.
    fn settle(&self, terms: &[Term], sum: EdwardsPoint, good: &mut [bool]) {
        if sum.is_identity() {
            for term in terms {
                good[term.i] = true;
            }
        } else if terms.len() > 1 {
            let (left, right) = terms.split_at(terms.len() / 2);
            let of_left = self.sum(left);
            self.settle(left, of_left, good);
            self.settle(right, sum - of_left, good);
        }
    }

    fn term(&self, i: usize, signed: &Signed<'_>, weight: [u8; WEIGHT_BYTES]) -> Option<Term> {
        let s = s_of(signed.signature)?;
        let r_bytes: [u8; 32] = signed.signature[..32].try_into().ok()?;
        let r = CompressedEdwardsY(r_bytes).decompress()?;
        if !is_reduced(&r_bytes) || r.is_small_order() {
            return None;
        }
        let mut hash = Sha512::new();
        hash.update(r_bytes);
        hash.update(self.to_bytes());
        hash.update(signed.message);
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        let weight = Scalar::from(u128::from_le_bytes(weight) | 1);
        Some(Term { i, weight, minus_r: -r, of_b: weight * s, of_a: weight * k })
    }

    fn sum(&self, terms: &[Term]) -> EdwardsPoint {
        let of_b: Scalar = terms.iter().map(|term| term.of_b).sum();
        let of_a: Scalar = terms.iter().map(|term| term.of_a).sum();
        let scalars = terms.iter().map(|term| term.weight).chain([of_b, of_a]);
        let points = terms.iter().map(|term| term.minus_r);
        EdwardsPoint::vartime_multiscalar_mul(
            scalars,
            points.chain([ED25519_BASEPOINT_POINT, self.minus_a]),
        )
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

    /// What may stand in a place of a group, and the message of that place.
    struct Place {
        message: [u8; 8],
        /// Good, forged with an S that is reduced, refused before any sum.
        signatures: [[u8; 64]; 3],
    }

    /// Places of a group, and whether the single check takes each of what may stand there.
    fn places(holder: &Holder, many: u64) -> Vec<Place> {
        let place = |n: u64| {
            let message = n.to_be_bytes();
            let good = holder.sign(&message, EdwardsPoint::default());
            let (mut forged, mut junk) = (good, good);
            forged[40] ^= 1;
            junk[63] = 0xff;
            assert!(has_reduced_s(&good) && has_reduced_s(&forged) && !has_reduced_s(&junk));
            let signatures = [good, forged, junk];
            let alone = signatures.map(|one| holder.public.verifies(&message, &one));
            assert_eq!(alone, [true, false, false]);
            Place { message, signatures }
        };
        (0..many).map(place).collect()
    }

    #[test]
    fn every_pattern_of_bad_ones_among_six_gives_what_single_checks_give() {
        let holder = Holder::new();
        let places = places(&holder, 6);
        for many in 0..=6 {
            for pattern in 0..3_usize.pow(many) {
                let kinds: Vec<_> = (0..many).map(|i| pattern / 3_usize.pow(i) % 3).collect();
                let signed = places.iter().zip(&kinds).map(|(place, kind)| Signed {
                    message: &place.message,
                    signature: &place.signatures[*kind],
                });
                let wanted: Vec<_> = kinds.iter().map(|kind| *kind == 0).collect();
                let outcomes = holder.public.verify_many(&signed.collect::<Vec<_>>());
                assert_eq!(outcomes, wanted, "{kinds:?}");
            }
        }
    }

    #[test]
    fn errors_that_make_up_for_each_other_are_both_found() {
        let holder = Holder::new();
        let places = places(&holder, 6);
        let error = Scalar::from(7_u8);
        let off_by = |good: [u8; 64], error: Scalar| -> [u8; 64] {
            let s = s_of(&good).expect("a good one") + error;
            [&good[..32], &s.to_bytes()].concat().try_into().expect("sixty-four bytes")
        };
        for (a, b) in (0..6).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let mut signatures: Vec<_> = places.iter().map(|place| place.signatures[0]).collect();
            // Without weights, or with the same for all, the sum is the identity.
            signatures[a] = off_by(signatures[a], error);
            signatures[b] = off_by(signatures[b], -error);
            let pairs = places.iter().zip(&signatures);
            let signed: Vec<_> = pairs
                .map(|(place, signature)| Signed { message: &place.message, signature })
                .collect();
            let wanted: Vec<_> = (0..6).map(|i| i != a && i != b).collect();
            assert_eq!(holder.public.verify_many(&signed), wanted, "{a} and {b}");
        }
    }

    #[test]
    fn torsion_in_one_r_is_refused_among_good_ones_wherever_it_stands() {
        use curve25519_dalek::constants::EIGHT_TORSION;

        let holder = Holder::new();
        let places = places(&holder, 5);
        for torsion in &EIGHT_TORSION[1..] {
            for at in 0..5 {
                let odd = holder.sign(&places[at].message, *torsion);
                assert!(!holder.public.verifies(&places[at].message, &odd));
                let signed: Vec<_> = (0..5)
                    .map(|i| Signed {
                        message: &places[i].message,
                        signature: if i == at { &odd } else { &places[i].signatures[0] },
                    })
                    .collect();
                let wanted: Vec<_> = (0..5).map(|i| i != at).collect();
                // Weights that may be even let it pass once in two to eight times.
                for _ in 0..8 {
                    assert_eq!(holder.public.verify_many(&signed), wanted, "at {at}");
                }
            }
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
        // An even number of odd weights adds up to a multiple of 8 once in four times: for
        // the whole, for its halves and for the four pairs in them. In 232 of 256 cases
        // one of these does, 181 groups of 200, give or take 4.
        assert!((150..200).contains(&taken), "{taken} of 200 groups");
    }
}
