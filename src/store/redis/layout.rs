//! Where things are kept in Redis. Fixed at first use: every tag has a record
//! of it, `zm:{TT}:layout`, that the script compares.
//!
//! | key | what |
//! |---|---|
//! | `zm:{TT}:layout` | [`LAYOUT`], or [`FILLING`] |
//! | `zm:{TT}:id` | identity of the log, 16 random bytes; made when first asked for |
//! | `zm:{TT}:hold` | while it is there the log is not trimmed; ends by itself |
//! | `zm:{TT}:log` | stream, field `s`: the packed scan |
//! | `zm:{TT}:h:` payload 0..7, block | hash: low byte of the running number -> history of one or two observations, or `L` |
//! | `zm:{TT}:l:` payload 0..7, running number | a longer history |
//!
//! TT is the tag, two hexadecimal digits. A block is 256 neighbouring running
//! numbers: its number is the running number without the low byte, in 3
//! bytes, or in 7 from 2^32 on. Redis packs a hash of up to 512 values of up
//! to 64 bytes tightly (`hash-max-listpack-*`), so a code scanned once costs
//! about 40 bytes rather than the 150 of a key of its own.

use axum::body::Bytes;
use sha2::{Digest, Sha256};

use crate::scan::{CodeId, Cursor, Entry, History, Observation, Recorded, StateError};

/// Hash tags, and so shards of the log.
pub const TAGS: u16 = 64;
/// Version, tags, running numbers in a block.
pub const LAYOUT: &str = "1:64:256";
/// In its place for as long as what another store had is being put here: whoever opens
/// it, of whatever version, refuses it as another layout.
pub const FILLING: &str = "1:64:256:filling";
/// A scan as it is handed to the script and kept in the log: payload,
/// running number, observation.
pub const SCAN_BYTES: usize = 12 + 8 + Observation::BYTES;

/// The script that records scans.
pub const FOLD: &str = include_str!("fold.lua");

/// Key of a tag's log; the script derives the others from it.
pub fn log_key(tag: u16) -> String {
    format!("zm:{{{tag:02x}}}:log")
}

pub fn layout_key(tag: u16) -> String {
    format!("zm:{{{tag:02x}}}:layout")
}

/// True for a key of ours, of whatever kind.
pub fn is_ours(key: &[u8]) -> bool {
    key.starts_with(b"zm:{")
}

/// True for a [`layout_key`]. What a history's key ends with is arbitrary.
pub fn is_layout(key: &[u8]) -> bool {
    is_ours(key) && key.get("zm:{TT}".len()..).is_some_and(|rest| rest == b":layout")
}

pub fn identity_key(tag: u16) -> String {
    format!("zm:{{{tag:02x}}}:id")
}

pub fn hold_key(tag: u16) -> String {
    format!("zm:{{{tag:02x}}}:hold")
}

/// Trims a log, unless it is held.
pub const TRIM: &str = "
    if redis.call('EXISTS', KEYS[2]) == 0 then
      redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
    end
    return 0";

/// Puts the second argument where there is nothing yet, or still the first; gives what is
/// there then.
pub const IDENTITY: &str = "
    local now = redis.call('GET', KEYS[1])
    if not now or now == ARGV[1] then
      redis.call('SET', KEYS[1], ARGV[2])
      now = ARGV[2]
    end
    return now";

/// What the two keys of a code share: payload 0..7 and block.
fn block(code: &CodeId) -> Vec<u8> {
    let number = code.number.to_be_bytes();
    let from = if number[..4] == [0; 4] { 4 } else { 0 };
    [&code.payload[..7], &number[from..7]].concat()
}

fn low_byte(code: &CodeId) -> u8 {
    code.number.to_be_bytes()[7]
}

/// The tag of a code: spread by block, so that one batch uses every node.
pub fn tag_of(code: &CodeId) -> u16 {
    u16::from(Sha256::digest(block(code))[0]) % TAGS
}

/// Hash, field and key of the longer form.
pub fn keys_of(code: &CodeId) -> (Vec<u8>, [u8; 1], Vec<u8>) {
    let (tag, block, low) = (tag_of(code), block(code), low_byte(code));
    let hash = [format!("zm:{{{tag:02x}}}:h:").as_bytes(), &block].concat();
    let own = [format!("zm:{{{tag:02x}}}:l:").as_bytes(), &block, &[low]].concat();
    (hash, [low], own)
}

/// Bytes of a hash's key before its block's payload: `zm:{TT}:h:`.
const HEAD: usize = 10;

/// What a hash and a field in it are the history of: payload 0..7 and running number.
pub fn names(hash: &[u8], field: &[u8]) -> Option<([u8; 7], u64)> {
    let (head, block) = hash.get(HEAD..)?.split_first_chunk::<7>()?;
    let mut number = [0; 8];
    match (block.len(), field) {
        (3 | 7, [low]) => {
            number[7 - block.len()..7].copy_from_slice(block);
            number[7] = *low;
        }
        _ => return None,
    }
    Some((*head, u64::from_be_bytes(number)))
}

/// The key of the longer form of a field's history.
pub fn long_key(hash: &[u8], field: &[u8]) -> Vec<u8> {
    let mut key = [hash, field].concat();
    if let Some(kind) = key.get_mut(HEAD - 2) {
        *kind = b'l';
    }
    key
}

/// A hash's value that says that the history has a key of its own.
pub const LONG: &[u8] = b"L";

/// True for [`LONG`].
pub fn is_long(value: &[u8]) -> bool {
    value == LONG
}

pub fn pack(code: &CodeId, seen: &Observation, into: &mut Vec<u8>) {
    into.extend(code.payload);
    into.extend(code.number.to_be_bytes());
    into.extend(seen.to_bytes());
}

pub fn unpack(cursor: Cursor, bytes: &[u8]) -> Option<Entry> {
    let (payload, rest) = bytes.split_first_chunk::<12>()?;
    let (number, seen) = rest.split_first_chunk::<8>()?;
    Some(Entry {
        cursor,
        code: CodeId { payload: *payload, number: u64::from_be_bytes(*number) },
        seen: Observation::from_bytes(seen.try_into().ok()?),
    })
}

/// The answers to the scans of one call, in their order, as far as they are whole.
pub fn answers(mut all: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_be_bytes(*all.first_chunk()?));
        (all.len() >= 2 + length).then(|| all.split_to(2 + length).split_off(2))
    })
}

/// The script's answer to one scan.
pub fn recorded(tag: u16, answer: &[u8]) -> Result<Recorded, StateError> {
    match answer {
        [kind @ (b'N' | b'R'), position, history @ ..] => {
            let history =
                History::from_bytes(history).map_err(|e| StateError::Corrupt(e.to_string()))?;
            Ok(Recorded { history, position: usize::from(*position), repeated: *kind == b'R' })
        }
        b"F" => Err(StateError::LogFull(tag)),
        _ => Err(StateError::Corrupt(
            "a history in Redis is missing or of no known form; were keys evicted or edited?"
                .into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_code() {
        for number in [0, 255, 256, 99_999_999, u64::from(u32::MAX), 1 << 32, 1 << 40] {
            let code = CodeId { payload: *b"\x10abcdefghijk", number };
            let (hash, field, own) = keys_of(&code);
            assert_eq!(names(&hash, &field), Some((*b"\x10abcdef", number)));
            assert_eq!(long_key(&hash, &field), own);
        }
        assert_eq!(names(b"zm:{00}:h:short", b"1"), None);
    }

    #[test]
    fn a_record_of_the_layout_is_told_from_a_history() {
        assert!(is_layout(layout_key(63).as_bytes()));
        for key in [&b"zm:{3f}:h:abc:layout"[..], b"zm:{3f}:log", b"zm:", b"my:{3f}:layout"] {
            assert!(!is_layout(key), "{key:?}");
        }
    }
}
