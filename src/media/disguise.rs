//! Pictures that are something else as well: a page, a script, an archive.
//!
//! What keeps such a file harmless is that its bytes are shown to nobody and
//! handed out under no type that anything runs. It is refused all the same,
//! since nobody's camera makes one: whoever sends it tries something.

/// Bytes at either end in which markup would have to stand for a reader to take
/// the file for a page (browsers look at the first 1 445, WHATWG MIME Sniffing
/// 5.2). In the middle stands compressed data, in which five letters turn up by
/// chance in one photo of thousands.
const ENDS_BYTES: usize = 64 * 1024;

const MARKUP: [&[u8]; 8] =
    [b"<html", b"<!doctype", b"<script", b"<iframe", b"<body", b"<?php", b"%pdf-1", b"javascript:"];

/// The end of a ZIP archive's directory (APPNOTE 4.3.16): fixed part, and the
/// comment that may follow it.
const ZIP_END: &[u8] = b"PK\x05\x06";
const ZIP_END_BYTES: usize = 22;
const ZIP_COMMENT_BYTES_MAX: usize = 65_535;

pub(super) fn is_something_else(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(ENDS_BYTES)];
    let tail = &bytes[bytes.len().saturating_sub(ENDS_BYTES)..];
    has_markup(head) || has_markup(tail) || ends_in_an_archive(bytes)
}

fn has_markup(part: &[u8]) -> bool {
    let small = part.to_ascii_lowercase();
    MARKUP.iter().any(|word| small.windows(word.len()).any(|w| w == *word))
}

/// Whether a reader of ZIP archives, which reads from the end, finds one.
fn ends_in_an_archive(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(ZIP_END_BYTES + ZIP_COMMENT_BYTES_MAX);
    let tail = &bytes[from..];
    tail.windows(ZIP_END_BYTES).enumerate().any(|(at, end)| {
        end.starts_with(ZIP_END) && {
            let number =
                |at: usize| u32::from_le_bytes([end[at], end[at + 1], end[at + 2], end[at + 3]]);
            let (size, offset) = (number(12) as usize, number(16) as usize);
            // Offsets may count from the archive's own start, behind the picture.
            let behind = from + at;
            size.checked_add(offset).is_some_and(|sum| sum <= behind)
                && (size == 0 || bytes[behind - size..].starts_with(b"PK\x01\x02"))
        }
    })
}
