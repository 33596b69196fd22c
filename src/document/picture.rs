//! Pictures in a paper: JPEG as it is, PNG on white.

use std::io::Cursor;

use pdf_writer::{Filter, Pdf, Ref};
use png::{ColorType, Decoder, Limits, Transformations};

use crate::typeface::packed;

/// Pixels of a picture.
pub const PIXELS_MAX: u64 = 50_000_000;
/// Bytes that reading a PNG may take.
const PNG_BYTES_MAX: usize = 256 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("is neither a JPEG nor a PNG")]
    Kind,
    #[error("is broken: {0}")]
    Broken(String),
    #[error("has more than {PIXELS_MAX} pixels, or none")]
    Size,
    #[error("is a JPEG of another colour space than grey or RGB")]
    Colours,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Jpeg,
    Deflated,
}

/// A picture that was looked at, to go into a paper.
#[derive(Clone, Debug)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    grey: bool,
    packing: Packing,
    data: Vec<u8>,
}

impl Picture {
    /// Of the bytes of a file.
    ///
    /// # Errors
    /// For anything but a JPEG in grey or RGB or a PNG of at most [`PIXELS_MAX`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
            [0x89, b'P', b'N', b'G', ..] => flat(bytes),
            _ => Err(PictureError::Kind),
        }
    }

    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref) {
        let mut image = pdf.image_xobject(id, &self.data);
        image.filter(match self.packing {
            Packing::Jpeg => Filter::DctDecode,
            Packing::Deflated => Filter::FlateDecode,
        });
        image.width(self.width as i32).height(self.height as i32).bits_per_component(8);
        if self.grey {
            image.color_space().device_gray();
        } else {
            image.color_space().device_rgb();
        }
    }
}

fn sized(width: u32, height: u32) -> Result<(), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > PIXELS_MAX { Err(PictureError::Size) } else { Ok(()) }
}

/// Its size and colours stand in the header of the frame (ITU-T T.81, B.2.2); what
/// is in it is left to whoever shows the paper.
fn jpeg(bytes: &[u8]) -> Result<Picture, PictureError> {
    let broken = || PictureError::Broken("its frame is missing".to_owned());
    let mut at = 2;
    loop {
        let &[marker, kind, high, low] = bytes.get(at..at + 4).ok_or_else(broken)? else {
            return Err(broken());
        };
        if marker != 0xff {
            return Err(broken());
        }
        // Fill bytes may stand before a marker.
        if kind == 0xff {
            at += 1;
            continue;
        }
        let is_frame = matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let &[_, h1, h0, w1, w0, colours] = bytes.get(at + 4..at + 10).ok_or_else(broken)?
            else {
                return Err(broken());
            };
            let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
            let (width, height) = (u32::from(width), u32::from(height));
            sized(width, height)?;
            if !matches!(colours, 1 | 3) {
                return Err(PictureError::Colours);
            }
            let data = bytes.to_vec();
            return Ok(Picture { width, height, grey: colours == 1, packing: Packing::Jpeg, data });
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

/// A PNG without its alpha: what is clear is white on paper.
fn flat(bytes: &[u8]) -> Result<Picture, PictureError> {
    let broken = |e: png::DecodingError| PictureError::Broken(e.to_string());
    let limits = Limits { bytes: PNG_BYTES_MAX };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    sized(width, height)?;
    let size = reader.output_buffer_size().ok_or(PictureError::Size)?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(broken)?;
    pixels.truncate(frame.buffer_size());
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let (grey, pixels) = match frame.color_type {
        ColorType::Grayscale => (true, pixels),
        ColorType::Rgb => (false, pixels),
        ColorType::GrayscaleAlpha => {
            (true, pixels.chunks_exact(2).map(|p| over(p[0], p[1])).collect())
        }
        ColorType::Rgba => {
            let on_white =
                pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]].map(|v| over(v, p[3])));
            (false, on_white.collect())
        }
        ColorType::Indexed => return Err(PictureError::Kind),
    };
    Ok(Picture { width, height, grey, packing: Packing::Deflated, data: packed(&pixels) })
}
