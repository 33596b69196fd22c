//! What a camera wrote into a photo beside the picture. Kept apart from it, for
//! photos of officers alone: a buyer's photo tells nobody where it was taken.
//!
//! It is a claim: anybody can write anything into a file.

use ::exif::{Field, In, Rational, Reader, Tag, Value};
use serde::{Deserialize, Serialize};

/// Bytes of the block that are looked at; a camera's has some thousand.
const EXIF_BYTES_MAX: usize = 256 * 1024;
/// Characters of one text of it that are kept.
const TEXT_CHARACTERS_MAX: usize = 64;

/// Times as they stand there; places in degrees, WGS 84.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exif {
    /// By the camera's clock, `2026-11-27T10:15:00`; no zone unless `offset` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// `+08:00`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What last wrote the file: a name of an editor is worth a look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
}

impl Exif {
    /// Of the block as it stands in a file, without `Exif\0\0`. What cannot be
    /// read is left out: a photo is no worse for it.
    pub fn read(block: Vec<u8>) -> Self {
        if block.len() > EXIF_BYTES_MAX {
            return Self::default();
        }
        let mut reader = Reader::new();
        reader.continue_on_error(true);
        let read = reader.read_raw(block).or_else(|e| e.distill_partial_result(|_| {}));
        let Ok(read) = read else { return Self::default() };
        let text = |tag| read.get_field(tag, In::PRIMARY).and_then(text);
        let place = |tag, side, positive: char| {
            let degrees = degrees(read.get_field(tag, In::PRIMARY)?)?;
            let side = read.get_field(side, In::PRIMARY).and_then(self::text)?;
            Some(if side.starts_with(positive) { degrees } else { -degrees })
        };
        let within = |most: f64| move |degrees: &f64| degrees.abs() <= most;
        Self {
            taken_at: text(Tag::DateTimeOriginal).as_deref().and_then(instant),
            offset: text(Tag::OffsetTimeOriginal).filter(|offset| is_an_offset(offset)),
            lat: place(Tag::GPSLatitude, Tag::GPSLatitudeRef, 'N').filter(within(90.0)),
            lon: place(Tag::GPSLongitude, Tag::GPSLongitudeRef, 'E').filter(within(180.0)),
            make: text(Tag::Make),
            model: text(Tag::Model),
            software: text(Tag::Software),
        }
    }
}

fn text(field: &Field) -> Option<String> {
    let Value::Ascii(lines) = &field.value else { return None };
    let line = String::from_utf8_lossy(lines.first()?);
    let kept: String = line
        .trim_matches(['\0', ' '])
        .chars()
        .filter(|c| !crate::base::misleads(*c))
        .take(TEXT_CHARACTERS_MAX)
        .collect();
    (!kept.is_empty()).then_some(kept)
}

/// `2026:11:27 10:15:00`, as Exif 2.32 writes it, to ISO 8601.
fn instant(written: &str) -> Option<String> {
    let (day, time) = written.split_once(' ')?;
    let iso = format!("{}T{time}", day.replace(':', "-"));
    iso.parse::<jiff::civil::DateTime>().ok().map(|at| at.to_string())
}

fn is_an_offset(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 6
        && matches!(b[0], b'+' | b'-')
        && b[3] == b':'
        && [1, 2, 4, 5].iter().all(|at| b[*at].is_ascii_digit())
}

/// Degrees, minutes and seconds.
fn degrees(field: &Field) -> Option<f64> {
    let Value::Rational(parts) = &field.value else { return None };
    let part = |n: usize| parts.get(n).map_or(Some(0.0), number);
    let degrees = part(0)? + part(1)? / 60.0 + part(2)? / 3_600.0;
    degrees.is_finite().then_some(degrees)
}

fn number(r: &Rational) -> Option<f64> {
    (r.denom != 0).then(|| f64::from(r.num) / f64::from(r.denom))
}
