//! A symbol as PNG: one bit a pixel, whole pixels a module.

use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter, PixelDimensions, Unit};

use super::canvas::Dots;
use super::symbol::{QUIET_ZONE, Symbol};

/// Pixels a module, at most. 69 modules of 64 pixels are 4 416 pixels.
pub const MODULE_PIXELS_MAX: u32 = 64;

/// The symbol with its quiet zone, `module` pixels a module (1 to
/// [`MODULE_PIXELS_MAX`]; other values are brought into that range), and the
/// distance of two pixels, nanometres, for programs that print it.
pub fn png(symbol: &Symbol, module: u32, pitch_nm: Option<u32>) -> Vec<u8> {
    let module = module.clamp(1, MODULE_PIXELS_MAX);
    let side = (symbol.size() + 2 * QUIET_ZONE) * module;
    let width = side.div_ceil(8) as usize;
    let light = vec![0xff; width];
    let mut pixels = Vec::with_capacity(width * side as usize);
    let quiet = |pixels: &mut Vec<u8>| {
        for _ in 0..QUIET_ZONE * module {
            pixels.extend_from_slice(&light);
        }
    };
    quiet(&mut pixels);
    let mut strokes = symbol.strokes().peekable();
    for y in 0..symbol.size() {
        let mut line = light.clone();
        while let Some((x, _, length)) = strokes.next_if(|stroke| stroke.1 == y) {
            let from = (x + QUIET_ZONE) * module;
            darken(&mut line, from, from + length * module);
        }
        for _ in 0..module {
            pixels.extend_from_slice(&line);
        }
    }
    quiet(&mut pixels);
    encoded(side, side, &pixels, pitch_nm)
}

/// Dots as a picture: a set bit is dark.
pub(super) fn picture(dots: &Dots, pitch_nm: u32) -> Vec<u8> {
    let light: Vec<u8> = dots.bits.iter().map(|byte| !byte).collect();
    encoded(dots.width, dots.height, &light, Some(pitch_nm))
}

fn encoded(width: u32, height: u32, pixels: &[u8], pitch_nm: Option<u32>) -> Vec<u8> {
    let mut out = Vec::with_capacity(4_096);
    let mut encoder = Encoder::new(&mut out, width, height);
    if let Some(pitch) = pitch_nm {
        let a_metre = 1_000_000_000 / pitch;
        let unit = Unit::Meter;
        encoder.set_pixel_dims(Some(PixelDimensions { xppu: a_metre, yppu: a_metre, unit }));
    }
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    // Rows repeat, so the filter turns all but one row a module into zeros,
    // which this compressor is made for.
    encoder.set_deflate_compression(DeflateCompression::FdeflateUltraFast);
    encoder.set_filter(Filter::Up);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .expect("a picture of matching size goes into memory");
    out
}

/// Clears the bits `from..to`, most significant first.
fn darken(line: &mut [u8], from: u32, to: u32) {
    let (first, last) = ((from / 8) as usize, (to / 8) as usize);
    let (head, tail) = (0xffu8 >> (from % 8), !(0xffu8 >> (to % 8)));
    if first == last {
        line[first] &= !(head & tail);
        return;
    }
    line[first] &= !head;
    line[first + 1..last].fill(0);
    if tail != 0 {
        line[last] &= !tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_is_its_modules() {
        for (text, module) in [("1", 1), ("PIXELS", 3), ("HTTPS://E.CN/ABC", 8), ("a b", 13)] {
            let symbol = Symbol::of(text).unwrap();
            let picture = png(&symbol, module, None);
            let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            assert_eq!(info.width, (symbol.size() + 8) * module);
            for (at, pixel) in pixels.iter().enumerate() {
                let (x, y) = (at as u32 % info.width, at as u32 / info.width);
                let module_at = |p: u32| (p / module).wrapping_sub(QUIET_ZONE);
                assert_eq!(*pixel == 0, symbol.is_dark(module_at(x), module_at(y)), "{x},{y}");
            }
        }
    }
}
