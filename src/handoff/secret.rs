//! Words that are told to people once: package numbers, pick-up codes and
//! passphrases, in letters that are not mistaken for one another.

use sha2::{Digest, Sha256};

use crate::base::rng;

/// No 0 and O, 1, I and L, U and V: 30 letters, under five bits each.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a package number: 39 bits, so that nobody meets one by counting.
const NUMBER: usize = 8;
/// Letters of a pick-up code: 78 bits.
const PICK_UP: usize = 16;
/// Letters of a passphrase: 117 bits.
const PASSPHRASE: usize = 24;

fn letters(count: usize) -> String {
    let mut out = String::with_capacity(count);
    while out.len() < count {
        // What is left over of 256 would make some letters likelier.
        let fair = |byte: &u8| usize::from(*byte) < 240;
        let next = rng::bytes::<32>().into_iter().filter(fair);
        out.extend(next.map(|byte| char::from(LETTERS[usize::from(byte) % 30])));
    }
    out.truncate(count);
    out
}

/// In groups of four, as people read and type them.
pub fn grouped(text: &str) -> String {
    let groups: Vec<_> = text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    groups.join("-")
}

/// What was typed, without what people put between and in capitals.
pub fn plain(typed: &str) -> String {
    let kept = typed.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).take(64).collect()
}

pub fn package_number() -> String {
    letters(NUMBER)
}

/// A pick-up code as it is shown, and what is kept of it. It is long enough
/// that its hash need not be slow.
pub fn pick_up_code() -> (String, [u8; 32]) {
    let code = letters(PICK_UP);
    (grouped(&code), kept(&code))
}

/// A passphrase, exactly as it is to be typed.
pub fn passphrase() -> String {
    grouped(&letters(PASSPHRASE)).to_ascii_lowercase()
}

/// What is kept of a pick-up code, however it was typed.
pub fn kept(typed: &str) -> [u8; 32] {
    Sha256::digest(plain(typed).as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let (shown, hash) = pick_up_code();
        assert_eq!(shown.len(), 19);
        let sloppy = format!(" {} ", shown.to_lowercase().replace('-', " "));
        assert_eq!(kept(&sloppy), hash);
        assert_ne!(kept(&format!("{shown}2")), hash);
        assert_ne!(pick_up_code().0, shown);
        assert_eq!(passphrase().len(), 29);
    }
}
