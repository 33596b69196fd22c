//! QR symbols (ISO/IEC 18004) as rows of bits.
//!
//! Encoding, error correction and function patterns come from the crate
//! `qrcode`; its choice of the mask, 0.8 ms a symbol, does not. The crate's
//! Canvas is asked once a version where each bit goes and what each mask with
//! its format information looks like; a symbol is then its bits laid down and
//! eight candidates scored a row at a time.

use std::sync::OnceLock;

use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern, Module};
use qrcode::ec::construct_codewords;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, Version};

use super::penalty::penalty;

/// Largest version drawn: 61 modules, which a row of 64 bits holds.
pub const VERSION_MAX: u8 = 11;

/// Modules a side of version [`VERSION_MAX`].
pub(super) const SIZE_MAX: usize = 61;

/// Light modules that a reader needs around a symbol (ISO/IEC 18004, 6.3.8).
pub const QUIET_ZONE: u32 = 4;

/// Error correction of every symbol: 15 % of the codewords may be wrong.
pub const EC_LEVEL: &str = "M";

const LEVEL: EcLevel = EcLevel::M;

/// Bit `x` of row `y` is the module in column `x`, set when dark.
pub(super) type Rows = [u64; SIZE_MAX];

/// One symbol, without its quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    version: u8,
    mask: u8,
    rows: Rows,
}

#[derive(Debug, thiserror::Error)]
pub enum SymbolError {
    #[error("a text of {0} bytes is too long for a label's QR symbol; use a shorter host name")]
    TooLong(usize),
}

impl Symbol {
    /// Draws `text` in the smallest version that holds it at level M. A text of
    /// the alphanumeric set is one alphanumeric segment.
    ///
    /// # Errors
    /// When version 11 does not hold the text.
    pub fn of(text: &str) -> Result<Self, SymbolError> {
        let alphanumeric = text.bytes().all(is_alphanumeric);
        for version in 1..=VERSION_MAX {
            match codewords(text, alphanumeric, version) {
                Ok(words) => return Ok(layout(version).draw(&words)),
                Err(QrError::DataTooLong) => {}
                Err(_) => break,
            }
        }
        Err(SymbolError::TooLong(text.len()))
    }

    /// The same in a version known to fit, as every label of an order has.
    ///
    /// # Errors
    /// When `version` does not hold the text.
    pub fn in_version(text: &str, version: u8) -> Result<Self, SymbolError> {
        codewords(text, text.bytes().all(is_alphanumeric), version)
            .map(|words| layout(version).draw(&words))
            .map_err(|_| SymbolError::TooLong(text.len()))
    }

    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The mask chosen, 0 to 7.
    pub const fn mask(&self) -> u8 {
        self.mask
    }

    /// Modules a side.
    pub const fn size(&self) -> u32 {
        size_of(self.version)
    }

    pub(super) fn rows(&self) -> &[u64] {
        &self.rows[..self.size() as usize]
    }

    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        x < self.size() && self.rows().get(y as usize).is_some_and(|row| row >> x & 1 == 1)
    }

    /// Horizontal strokes of dark modules: (x, y, length), top to bottom.
    pub(super) fn strokes(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        (0u32..).zip(self.rows()).flat_map(|(y, row)| {
            let mut left = *row;
            let mut x = 0;
            std::iter::from_fn(move || {
                if left == 0 {
                    return None;
                }
                let gap = left.trailing_zeros();
                let length = (left >> gap).trailing_ones();
                let stroke = (x + gap, y, length);
                x += gap + length;
                left >>= gap + length;
                Some(stroke)
            })
        })
    }
}

pub(super) const fn size_of(version: u8) -> u32 {
    17 + 4 * version as u32
}

const fn is_alphanumeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}

/// Data and error correction codewords in the order of placement.
fn codewords(text: &str, alphanumeric: bool, version: u8) -> Result<Vec<u8>, QrError> {
    let version = Version::Normal(i16::from(version));
    let mut bits = Bits::new(version);
    if alphanumeric {
        bits.push_alphanumeric_data(text.as_bytes())?;
    } else {
        bits.push_optimal_data(text.as_bytes())?;
    }
    bits.push_terminator(LEVEL)?;
    let (mut words, correction) = construct_codewords(&bits.into_bytes(), version, LEVEL)?;
    words.extend(correction);
    Ok(words)
}

/// What all symbols of a version share.
struct Layout {
    version: u8,
    /// Column and row of every data bit, in the order of placement.
    places: Vec<(u8, u8)>,
    /// Function patterns, format information and the mask over zero data; a
    /// symbol is the exclusive or of one of these with its data.
    masks: [Rows; 8],
}

const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

fn layout(version: u8) -> &'static Layout {
    static LAYOUTS: [OnceLock<Layout>; VERSION_MAX as usize] =
        [const { OnceLock::new() }; VERSION_MAX as usize];
    LAYOUTS[usize::from(version) - 1].get_or_init(|| Layout::new(version))
}

impl Layout {
    fn new(version: u8) -> Self {
        let numbered = Version::Normal(i16::from(version));
        let words = codewords("", true, version).map_or(0, |words| words.len());
        let mut blank = Canvas::new(numbered, LEVEL);
        blank.draw_all_functional_patterns();
        let size = size_of(version) as i16;

        // Bit number i is drawn with the k-th digit of i, for every k: what a
        // module then showed, read as a number, is the bit that stands there.
        let bits = words * 8;
        let digits = usize::BITS - bits.leading_zeros();
        let mut places = vec![(0, 0); bits];
        let drawn: Vec<Canvas> = (0..digits)
            .map(|k| {
                let digit = |bit: usize| u8::from(bit >> k & 1 == 1);
                let stream: Vec<u8> = (0..words)
                    .map(|word| (0..8).fold(0, |byte, bit| byte << 1 | digit(word * 8 + bit)))
                    .collect();
                let mut canvas = blank.clone();
                canvas.draw_data(&stream, &[]);
                canvas
            })
            .collect();
        for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
            if matches!(drawn[0].get(x, y), Module::Unmasked(_)) {
                let bit = drawn.iter().enumerate().fold(0, |bit, (k, canvas)| {
                    bit | usize::from(canvas.get(x, y) == Module::Unmasked(Color::Dark)) << k
                });
                places[bit] = (x as u8, y as u8);
            }
        }

        let mut empty = blank;
        empty.draw_data(&vec![0; words], &[]);
        let masks = MASKS.map(|pattern| {
            let mut canvas = empty.clone();
            canvas.apply_mask(pattern);
            let mut rows = [0; SIZE_MAX];
            for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
                rows[y as usize] |= u64::from(canvas.get(x, y).is_dark()) << x;
            }
            rows
        });
        Self { version, places, masks }
    }

    fn draw(&self, words: &[u8]) -> Symbol {
        let mut data = [0u64; SIZE_MAX];
        for (word, places) in words.iter().zip(self.places.chunks_exact(8)) {
            for (bit, (x, y)) in places.iter().enumerate() {
                data[usize::from(*y)] |= u64::from(word >> (7 - bit) & 1) << x;
            }
        }
        let size = size_of(self.version);
        let mut best = (u32::MAX, 0, data);
        for (mask, template) in (0u8..).zip(&self.masks) {
            let mut rows = data;
            for (row, under) in rows.iter_mut().zip(template) {
                *row ^= under;
            }
            let score = penalty(&rows[..size as usize]);
            if score < best.0 {
                best = (score, mask, rows);
            }
        }
        Symbol { version: self.version, mask: best.1, rows: best.2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO/IEC 18004:2015, 7.8.3.1, module by module.
    fn plain_penalty(dark: &[Vec<bool>]) -> u32 {
        let size = dark.len();
        let turned: Vec<Vec<bool>> =
            (0..size).map(|x| (0..size).map(|y| dark[y][x]).collect()).collect();
        let mut score = 0;
        for line in dark.iter().chain(&turned) {
            let mut run = 0;
            for at in 0..size {
                run = if at > 0 && line[at] == line[at - 1] { run + 1 } else { 1 };
                score += match run {
                    5 => 3,
                    6.. => 1,
                    _ => 0,
                };
            }
            let light = |at: isize| at < 0 || at >= size as isize || !line[at as usize];
            for at in 0..=size - 7 {
                let finder = [true, false, true, true, true, false, true];
                let at_ = at as isize;
                if line[at..at + 7] == finder
                    && ((1..=4).all(|k| light(at_ - k)) || (7..=10).all(|k| light(at_ + k)))
                {
                    score += 40;
                }
            }
        }
        for y in 1..size {
            for x in 1..size {
                let here = dark[y][x];
                if here == dark[y - 1][x] && here == dark[y][x - 1] && here == dark[y - 1][x - 1] {
                    score += 3;
                }
            }
        }
        let all = (size * size) as u32;
        let dark = dark.iter().flatten().filter(|d| **d).count() as u32;
        score + 10 * ((dark * 20).abs_diff(all * 10) / all)
    }

    fn plain_choice(text: &str, version: u8) -> (u8, Vec<Vec<bool>>) {
        let numbered = Version::Normal(i16::from(version));
        let mut bits = Bits::new(numbered);
        if text.bytes().all(is_alphanumeric) {
            bits.push_alphanumeric_data(text.as_bytes()).unwrap();
        } else {
            bits.push_optimal_data(text.as_bytes()).unwrap();
        }
        bits.push_terminator(LEVEL).unwrap();
        let (data, ec) = construct_codewords(&bits.into_bytes(), numbered, LEVEL).unwrap();
        let mut canvas = Canvas::new(numbered, LEVEL);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &ec);
        (0u8..)
            .zip(MASKS)
            .map(|(number, pattern)| {
                let mut canvas = canvas.clone();
                canvas.apply_mask(pattern);
                let side = size_of(version) as i16;
                let dark: Vec<Vec<bool>> = (0..side)
                    .map(|y| (0..side).map(|x| canvas.get(x, y).is_dark()).collect())
                    .collect();
                (plain_penalty(&dark), number, dark)
            })
            .min_by_key(|(score, number, _)| (*score, *number))
            .map(|(_, number, dark)| (number, dark))
            .unwrap()
    }

    fn some_text(seed: u32, length: usize) -> String {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(state >> 9) as usize % 32])
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn every_symbol_is_the_crates_with_the_mask_of_the_standard() {
        for seed in 0..200 {
            let text = format!("HTTPS://ID.EXAMPLE.CN/{}", some_text(seed, 122));
            let symbol = Symbol::of(&text).unwrap();
            assert_eq!((symbol.version(), symbol.size()), (6, 41));
            let (mask, dark) = plain_choice(&text, 6);
            assert_eq!(symbol.mask(), mask, "seed {seed}");
            for (y, row) in dark.iter().enumerate() {
                for (x, dark) in row.iter().enumerate() {
                    assert_eq!(symbol.is_dark(x as u32, y as u32), *dark, "seed {seed} {x},{y}");
                }
            }
        }
    }

    #[test]
    fn every_version_is_laid_out() {
        let mut versions = std::collections::BTreeSet::new();
        for length in (1..=345).step_by(8) {
            let text = format!("https://e.cn/{}", some_text(length, length as usize));
            let Ok(symbol) = Symbol::of(&text) else { continue };
            versions.insert(symbol.version());
            let (mask, dark) = plain_choice(&text, symbol.version());
            assert_eq!(symbol.mask(), mask, "length {length}");
            let drawn: Vec<Vec<bool>> = (0..symbol.size())
                .map(|y| (0..symbol.size()).map(|x| symbol.is_dark(x, y)).collect())
                .collect();
            assert_eq!(drawn, dark, "length {length}");
        }
        assert_eq!(versions.last(), Some(&VERSION_MAX));
    }

    #[test]
    fn a_host_of_23_characters_still_gives_version_6() {
        for (host, version) in [(23, 6), (24, 7)] {
            let text = format!("HTTPS://{}/{}", "H".repeat(host), some_text(7, 122));
            assert_eq!(Symbol::of(&text).unwrap().version(), version);
        }
        assert!(Symbol::of(&"A".repeat(400)).is_err());
    }

    #[test]
    fn strokes_cover_exactly_the_dark_modules() {
        let symbol = Symbol::of("STROKES").unwrap();
        let mut rows = vec![0u64; symbol.size() as usize];
        for (x, y, length) in symbol.strokes() {
            rows[y as usize] |= ((1 << length) - 1) << x;
        }
        assert_eq!(rows, symbol.rows());
    }
}
