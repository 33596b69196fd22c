//! Which byte was changed, from CRC-32 alone.
//!
//! CRC-32 is linear: what a change of the content does to it depends on the
//! change and its distance from the end, and not on the rest. A change within
//! one byte, `distance` bytes before the end, turns it by `advance(table[x],
//! distance)`. Going back from the end one byte at a time, the difference of
//! the two checksums becomes an entry of the table exactly where a change of
//! one byte explains it. Every explanation is tried on the SHA-256; the one
//! that fits is what was there.

use crate::evidence::digest::Chunk;

/// The CRC-32 of ZIP, reflected.
const POLYNOMIAL: u32 = 0xedb8_8320;

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut value = i as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
};

/// From the first byte of an entry to its place: they all differ.
const BACK: [u8; 256] = {
    let mut back = [0; 256];
    let mut i = 0;
    while i < 256 {
        back[(TABLE[i] >> 24) as usize] = i as u8;
        i += 1;
    }
    back
};

/// One changed byte of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedByte {
    /// Place in the chunk.
    pub at: usize,
    pub is: u8,
    pub was: u8,
}

/// The one byte of `bytes` that makes it other than what `recorded` says; `None`
/// where more than one changed.
pub fn changed_byte(bytes: &[u8], recorded: &Chunk) -> Option<ChangedByte> {
    let mut difference = crc32fast::hash(bytes) ^ recorded.crc();
    for at in (0..bytes.len()).rev() {
        let change = BACK[(difference >> 24) as usize];
        if difference == TABLE[change as usize] && change != 0 {
            let mut mended = bytes.to_vec();
            mended[at] ^= change;
            if recorded.is_of(&mended) {
                return Some(ChangedByte { at, is: bytes[at], was: mended[at] });
            }
        }
        // One zero byte less behind the change.
        difference = ((difference ^ TABLE[change as usize]) << 8) | u32::from(change);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::digest::FileRecord;

    #[test]
    fn every_changed_byte_is_found() {
        let content: Vec<u8> = (0..700_u32).map(|i| (i * 31 % 251) as u8).collect();
        let recorded = FileRecord::of("x", &content).chunks().remove(0);
        assert_eq!(changed_byte(&content, &recorded), None);
        for at in 0..content.len() {
            let mut changed = content.clone();
            changed[at] ^= 1 << (at % 8) | 1;
            let found = changed_byte(&changed, &recorded).expect("found");
            assert_eq!((found.at, found.was, found.is), (at, content[at], changed[at]));
        }
        let mut two = content.clone();
        (two[3], two[600]) = (!two[3], !two[600]);
        assert_eq!(changed_byte(&two, &recorded), None);
    }
}
