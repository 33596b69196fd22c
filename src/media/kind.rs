//! What a file is, by its first bytes; what it is called plays no part.

/// Kinds that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

/// What else people and machines send for a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    Heic,
    Avif,
    Gif,
    Svg,
    Tiff,
    Bmp,
    Pdf,
    Archive,
    Video,
    Page,
    Unknown,
}

/// Brands of ISO 14496-12 files that hold HEIF pictures (ISO 23008-12).
const HEIC: [&[u8; 4]; 8] =
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];

/// Tells the kind.
///
/// # Errors
/// What it is instead.
pub fn tell(bytes: &[u8]) -> Result<Kind, Other> {
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(Kind::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Kind::WebP);
    }
    Err(other(bytes))
}

fn other(bytes: &[u8]) -> Other {
    if bytes.get(4..8) == Some(b"ftyp") {
        let brand = bytes.get(8..12).unwrap_or_default();
        return match brand {
            b"avif" | b"avis" => Other::Avif,
            _ if HEIC.iter().any(|heic| *heic == brand) => Other::Heic,
            _ => Other::Video,
        };
    }
    let starts = |with: &[&[u8]]| with.iter().any(|start| bytes.starts_with(start));
    if starts(&[b"GIF87a", b"GIF89a"]) {
        Other::Gif
    } else if starts(&[b"II*\0", b"MM\0*"]) {
        Other::Tiff
    } else if starts(&[b"BM"]) {
        Other::Bmp
    } else if starts(&[b"%PDF"]) {
        Other::Pdf
    } else if starts(&[b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf"]) {
        Other::Archive
    } else if starts(&[b"\x1aE\xdf\xa3", b"RIFF"]) {
        Other::Video
    } else {
        of_text(bytes)
    }
}

/// Characters at the start of a text that are looked at.
const TEXT_BYTES: usize = 1_024;

fn of_text(bytes: &[u8]) -> Other {
    let start = &bytes[..bytes.len().min(TEXT_BYTES)];
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    let has = |what: &str| text.contains(what);
    if has("<svg") {
        Other::Svg
    } else if ["<html", "<!doctype", "<script", "<?xml", "<?php"].into_iter().any(has) {
        Other::Page
    } else {
        Other::Unknown
    }
}
