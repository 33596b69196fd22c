//! From bytes that somebody sent to a picture that may be shown.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use crate::media::exif::Exif;
use crate::media::jpeg::{self, Fault};
use crate::media::store::Sha256Hex;
use crate::media::{
    Kind, PHOTO_BYTES_MAX, PHOTO_PIXELS_MAX, PHOTO_SIDE_PX_MAX, Refusal, SHOWN_SIDE_PX_MAX,
    disguise, kind,
};

/// Bytes that a decoder may ask for beside its output.
const DECODER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Pixels below which nothing is a bomb, whatever few bytes it is made of: a
/// signature on glass is mostly nothing.
const SMALL_PIXELS: u64 = 4_000_000;
/// Decoded bytes that one byte of a file may stand for. A black photo has about
/// 300 as a JPEG; deflate reaches 1 032.
const RATIO_MAX: u64 = 400;
/// 85 of 100: labels stay legible at a third of the bytes.
const QUALITY: u8 = 85;

/// A photo that was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Photo {
    pub kind: Kind,
    /// SHA-256 of what was sent.
    pub original: Sha256Hex,
    /// Bytes of what was sent.
    pub bytes: u64,
    /// A JPEG of the picture and nothing else, upright.
    pub shown: Vec<u8>,
    /// SHA-256 of `shown`.
    pub shown_hash: Sha256Hex,
    /// Pixels of what is shown.
    pub width: u32,
    pub height: u32,
    /// What the camera wrote beside it.
    pub exif: Exif,
}

/// Takes a photo in. `claimed` is the media type that came with it.
///
/// Takes up to half a second and 450 MB for the largest that are allowed; see
/// [`MediaStore::intake`](crate::media::MediaStore::intake) for a bound on how
/// many are in work.
///
/// # Errors
/// Why it is not taken.
pub fn intake(bytes: &[u8], claimed: Option<&str>) -> Result<Photo, Refusal> {
    let kind = look(bytes, claimed)?;
    let mut decoder = decoder(bytes, kind)?;
    let exif = decoder.exif_metadata().ok().flatten().map(Exif::read).unwrap_or_default();
    let orientation = decoder.orientation().map_err(|_| Refusal::Broken)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::Broken)?;
    // Smaller before it is turned: turning takes a second copy.
    let longest = picture.width().max(picture.height());
    let mut picture = if longest > SHOWN_SIDE_PX_MAX {
        picture.thumbnail(SHOWN_SIDE_PX_MAX, SHOWN_SIDE_PX_MAX)
    } else {
        picture
    };
    picture.apply_orientation(orientation);
    let picture = on_white(&picture);
    let (width, height) = picture.dimensions();
    let mut shown = Vec::new();
    JpegEncoder::new_with_quality(&mut shown, QUALITY)
        .encode_image(&picture)
        .map_err(|_| Refusal::Broken)?;
    let shown_hash = Sha256Hex::of(&shown);
    let original = Sha256Hex::of(bytes);
    Ok(Photo { kind, original, bytes: bytes.len() as u64, shown, shown_hash, width, height, exif })
}

/// Pixels that the file says it has, for who shares out the work.
///
/// # Errors
/// As [`intake`].
pub fn pixels(bytes: &[u8], claimed: Option<&str>) -> Result<u64, Refusal> {
    let kind = look(bytes, claimed)?;
    decoder(bytes, kind).map(|decoder| count(decoder.dimensions()))
}

/// All that can be told without decoding.
fn look(bytes: &[u8], claimed: Option<&str>) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.len() > PHOTO_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let kind = kind::tell(bytes).map_err(Refusal::Kind)?;
    if claimed.is_some_and(is_no_picture) {
        return Err(Refusal::Claim);
    }
    if disguise::is_something_else(bytes) {
        return Err(Refusal::Disguised);
    }
    if kind == Kind::Jpeg {
        jpeg::walk(bytes).map_err(|fault| match fault {
            Fault::Broken => Refusal::Broken,
            Fault::Bomb => Refusal::Bomb,
        })?;
    }
    Ok(kind)
}

/// Browsers name the type by the ending of the name: `photo.html` is no photo,
/// whatever is in it. Which of the pictures it is said to be does not matter.
fn is_no_picture(claimed: &str) -> bool {
    let claimed = claimed.trim().to_ascii_lowercase();
    let unknown = ["", "application/octet-stream"].contains(&claimed.as_str());
    !(unknown || claimed.starts_with("image/")) || claimed.starts_with("image/svg")
}

fn count((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// A decoder whose picture is known to be small enough.
fn decoder(bytes: &[u8], kind: Kind) -> Result<impl ImageDecoder + '_, Refusal> {
    let format = match kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        Kind::WebP => ImageFormat::WebP,
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| Refusal::Broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = count((width, height));
    if pixels > PHOTO_PIXELS_MAX || width.max(height) > PHOTO_SIDE_PX_MAX {
        return Err(Refusal::TooManyPixels { width, height });
    }
    let ratio = decoder.total_bytes() / bytes.len() as u64;
    if pixels == 0 || decoder.total_bytes() > DECODER_BYTES_MAX {
        return Err(Refusal::Broken);
    }
    if pixels > SMALL_PIXELS && ratio > RATIO_MAX {
        return Err(Refusal::Bomb);
    }
    Ok(decoder)
}

/// What lets through is laid on white, as a page would show it.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let seen = picture.to_rgba8();
    let mut out = RgbImage::new(seen.width(), seen.height());
    for (to, from) in out.pixels_mut().zip(seen.pixels()) {
        let [.., alpha] = from.0;
        for (to, from) in to.0.iter_mut().zip(from.0) {
            let (over, alpha) = (u32::from(from), u32::from(alpha));
            *to = u8::try_from((over * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255);
        }
    }
    out
}
