//! RFC 4648 base32 in capitals, without padding; small letters are read too.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const NONE: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut i = 0;
    while i < 32 {
        let c = ALPHABET[i];
        table[c as usize] = i as u8;
        table[c.to_ascii_lowercase() as usize] = i as u8;
        i += 1;
    }
    table
};

/// Characters for `bytes` bytes.
pub const fn length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

pub fn encode_into(bytes: &[u8], out: &mut String) {
    let mut held = 0_u32;
    let mut bits = 0;
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
        held &= 0xff;
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
}

/// What is wrong with a base32 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Index (bytes) of the first character that is not of the alphabet.
    Character(usize),
    /// The last character has bits that belong to no byte.
    TrailingBits,
}

/// Decodes exactly `N` bytes from exactly [`length`]`(N)` characters.
pub fn decode<const N: usize>(text: &[u8]) -> Result<[u8; N], Wrong> {
    debug_assert_eq!(text.len(), length(N), "the caller checks the length");
    let mut out = [0; N];
    let mut held = 0_u32;
    let mut bits = 0;
    let mut filled = 0;
    for (i, c) in text.iter().enumerate() {
        let value = VALUES[*c as usize];
        if value == NONE {
            return Err(Wrong::Character(i));
        }
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 && filled < N {
            bits -= 8;
            #[allow(clippy::cast_possible_truncation, reason = "the low eight bits are meant")]
            let byte = (held >> bits) as u8;
            out[filled] = byte;
            filled += 1;
            held &= (1 << bits) - 1;
        }
    }
    if held == 0 { Ok(out) } else { Err(Wrong::TrailingBits) }
}
