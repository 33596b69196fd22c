//! Pictures of symbols, and what a decoder reads in them.

use png::{BitDepth, ColorType, Decoder};
use rqrr::PreparedImage;

use crate::label::symbol::{EC_LEVEL, QUIET_ZONE};

/// Pixels a module of what was drawn as lines.
const PIXELS: u32 = 4;

/// Pixels a side of what is made larger, at most.
const ENLARGED_MAX: u32 = 4_096;

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug)]
pub(in crate::label) struct Cell {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Dark and light pixels, one bit each; the most significant is leftmost.
pub(in crate::label) struct Picture {
    pub width: u32,
    pub height: u32,
    /// Bytes a row.
    pub stride: usize,
    /// A set bit is dark.
    pub bits: Vec<u8>,
}

impl Picture {
    /// A PNG of one bit a pixel, as ours are.
    pub(in crate::label) fn of_png(bytes: &[u8]) -> Result<Self, String> {
        let told = |e: png::DecodingError| e.to_string();
        let mut reader = Decoder::new(std::io::Cursor::new(bytes)).read_info().map_err(told)?;
        let mut bits = vec![0; reader.output_buffer_size().ok_or("the picture is too large")?];
        let info = reader.next_frame(&mut bits).map_err(told)?;
        if (info.color_type, info.bit_depth) != (ColorType::Grayscale, BitDepth::One) {
            return Err("the picture is not of one bit a pixel".to_owned());
        }
        bits.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(Self { width: info.width, height: info.height, stride: info.line_size, bits })
    }

    /// Dark strokes (x, y, length) in modules, with the quiet zone around.
    pub(in crate::label) fn of_strokes(strokes: &[(u32, u32, u32)]) -> Self {
        let right = strokes.iter().map(|(x, _, length)| x + length).max().unwrap_or(0);
        let below = strokes.iter().map(|(_, y, _)| y + 1).max().unwrap_or(0);
        let (width, height) =
            ((right + 2 * QUIET_ZONE) * PIXELS, (below + 2 * QUIET_ZONE) * PIXELS);
        let stride = width.div_ceil(8) as usize;
        let mut picture = Self { width, height, stride, bits: vec![0; stride * height as usize] };
        for (x, y, length) in strokes {
            let pixels = |module: u32| (module + QUIET_ZONE) * PIXELS;
            for row in pixels(*y)..pixels(y + 1) {
                for at in pixels(*x)..pixels(x + length) {
                    picture.bits[row as usize * stride + at as usize / 8] |= 0x80 >> (at % 8);
                }
            }
        }
        picture
    }

    /// What is beyond the edge is paper.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        if x >= self.width as usize {
            return false;
        }
        let byte = self.bits.get(y * self.stride + x / 8);
        byte.is_some_and(|byte| byte << (x % 8) & 0x80 != 0)
    }

    pub(in crate::label) const fn whole(&self) -> Cell {
        Cell { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// What the one symbol in `cell` says. A decoder that misses it gets it
    /// larger: one that is sound must not hold up an order.
    pub(in crate::label) fn read(&self, cell: Cell) -> Result<String, String> {
        let larger = |scale: u32| {
            let small = cell.width.max(cell.height) * scale <= ENLARGED_MAX;
            small.then(|| self.decode(cell, scale as usize)).and_then(Result::ok)
        };
        self.decode(cell, 1).or_else(|problem| larger(2).or_else(|| larger(3)).ok_or(problem))
    }

    fn decode(&self, cell: Cell, scale: usize) -> Result<String, String> {
        let [left, above, width, height] =
            [cell.x, cell.y, cell.width, cell.height].map(|pixels| pixels as usize);
        let mut image =
            PreparedImage::prepare_from_bitmap(width * scale, height * scale, |x, y| {
                self.is_dark(left + x / scale, above + y / scale)
            });
        let grids = image.detect_grids();
        let [grid] = grids.as_slice() else {
            return Err(format!("{} symbols are found where one should be", grids.len()));
        };
        let (about, text) = grid.decode().map_err(|e| e.to_string())?;
        // As the format information has it (ISO/IEC 18004, table 12).
        let level = ["M", "L", "H", "Q"].get(usize::from(about.ecc_level)).copied();
        if level == Some(EC_LEVEL) {
            Ok(text)
        } else {
            Err(format!("its level of correction is {}", level.unwrap_or("unknown")))
        }
    }
}
