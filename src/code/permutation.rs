//! Running number <-> serial by FF1 (NIST SP 800-38G, 4.1.1) with AES-256.
//!
//! Radix 2 and 40 digits fix FF1's lengths: u = v = 20 digits, b = 3 bytes a
//! half, d = 8 bytes of the round's output, and Q of one block, so that a
//! round is one block of AES over Q after the constant `AES(P)`.

use std::sync::Arc;

use aes::Aes256Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

use crate::code::Layer;
use crate::keys::KeyNumber;

const DIGITS: u8 = 40;
const HALF: u32 = 20;
const HALF_MASK: u64 = (1 << HALF) - 1;
const ROUNDS: u8 = 10;
const TWEAK_BYTES: usize = 7;

fn tweak(layer: Layer, key: KeyNumber, batch: u32) -> [u8; TWEAK_BYTES] {
    let payload = crate::code::Payload { layer, key, batch, serial: 0 }.to_bytes();
    let mut tweak = [0; TWEAK_BYTES];
    tweak.copy_from_slice(&payload[..TWEAK_BYTES]);
    tweak
}

/// The permutation of one batch's serials in one layer.
#[derive(Clone)]
pub struct Permutation {
    /// A kilobyte of round keys, which the layers of a batch share.
    cipher: Arc<Aes256Enc>,
    /// `AES(P)` xor the part of Q that is the same in every round.
    start: [u8; 16],
}

impl Permutation {
    /// Identifier stored with a batch.
    pub const NAME: &'static str = "ff1-aes256-radix2-40";

    /// `layer`, `key`, `batch` give the tweak: payload bytes 0 to 6.
    pub fn new(secret: &[u8; 32], layer: Layer, key: KeyNumber, batch: u32) -> Self {
        Self::with_tweak(secret, tweak(layer, key, batch))
    }

    pub fn with_tweak(secret: &[u8; 32], tweak: [u8; TWEAK_BYTES]) -> Self {
        Self::under(Arc::new(Aes256Enc::new(&Array::from(*secret))), tweak)
    }

    /// That of another layer of the same batch, under the same secret.
    pub fn beside(&self, layer: Layer, key: KeyNumber, batch: u32) -> Self {
        Self::under(Arc::clone(&self.cipher), tweak(layer, key, batch))
    }

    fn under(cipher: Arc<Aes256Enc>, tweak: [u8; TWEAK_BYTES]) -> Self {
        // P = 1 2 1 | radix in 3 bytes | 10 | u mod 256 | n in 4 | t in 4
        let mut block = Array::from([
            1,
            2,
            1,
            0,
            0,
            2,
            ROUNDS,
            HALF as u8,
            0,
            0,
            0,
            DIGITS,
            0,
            0,
            0,
            TWEAK_BYTES as u8,
        ]);
        cipher.encrypt_block(&mut block);
        // Q = T | zeros | round | NUM(B) in 3 bytes
        let mut start: [u8; 16] = block.into();
        for (s, t) in start.iter_mut().zip(tweak) {
            *s ^= t;
        }
        Self { cipher, start }
    }

    /// The serial of running number `number` (below 2^40).
    pub fn serial_of(&self, number: u64) -> u64 {
        let (mut a, mut b) = (number >> HALF & HALF_MASK, number & HALF_MASK);
        for round in 0..ROUNDS {
            (a, b) = (b, a.wrapping_add(self.round(round, b)) & HALF_MASK);
        }
        a << HALF | b
    }

    /// The running number of `serial`: the inverse of [`Self::serial_of`].
    pub fn number_of(&self, serial: u64) -> u64 {
        let (mut a, mut b) = (serial >> HALF & HALF_MASK, serial & HALF_MASK);
        for round in (0..ROUNDS).rev() {
            (a, b) = (b.wrapping_sub(self.round(round, a)) & HALF_MASK, a);
        }
        a << HALF | b
    }

    /// The low digits of FF1's y: 8 bytes of output taken mod 2^20.
    fn round(&self, round: u8, half: u64) -> u64 {
        let mut q = self.start;
        q[12] ^= round;
        let half = half.to_be_bytes();
        for (q, h) in q[13..].iter_mut().zip(&half[5..]) {
            *q ^= h;
        }
        let mut block = Array::from(q);
        self.cipher.encrypt_block(&mut block);
        let out: [u8; 16] = block.into();
        u64::from_be_bytes([out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7]])
    }
}
