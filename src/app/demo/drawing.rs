//! Pictures of the demonstration, drawn here: no photo of anything, and each says so.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use crate::app::compose::StartError;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 640;
/// Pixels of the picture to one of a letter, and letters of five by seven.
const DOT: u32 = 14;
const LETTERS: [[u8; 7]; 4] = [
    [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
    [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
    [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
    [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
];

/// What is drawn.
#[derive(Clone, Copy)]
pub(super) enum Scene {
    /// Bottles side by side.
    Shelf,
    /// One label near by.
    Label,
}

/// A picture as a phone would send it, JPEG, with DEMO across it.
pub(super) fn photo(scene: Scene) -> Result<Vec<u8>, StartError> {
    let mut picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| match scene {
        Scene::Shelf => shelf(x, y),
        Scene::Label => label(x, y),
    });
    mark(&mut picture);
    encoded(&picture, ImageFormat::Jpeg)
}

/// A stroke of a pen, as the glass of a phone takes it.
pub(super) fn signature(seed: u32) -> Result<Vec<u8>, StartError> {
    let picture = RgbImage::from_fn(300, 120, |x, y| {
        let wave = f64::from((x * (3 + seed)) % 300) / 300.0 * std::f64::consts::TAU;
        let line = 60.0 + 34.0 * wave.sin() * (1.0 - f64::from(x) / 400.0);
        let ink = (20..280).contains(&x) && (f64::from(y) - line).abs() < 2.5;
        if ink { Rgb([16, 19, 23]) } else { Rgb([255; 3]) }
    });
    encoded(&picture, ImageFormat::Png)
}

fn shelf(x: u32, y: u32) -> Rgb<u8> {
    let (column, across) = (x / 96, x % 96);
    let neck = (38..58).contains(&across) && (120..230).contains(&y);
    let body = (18..78).contains(&across) && (230..520).contains(&y);
    let paper = (24..72).contains(&across) && (330..430).contains(&y);
    match (paper, neck || body, y > 520) {
        (true, ..) => Rgb([236, 228, 206]),
        (_, true, _) if column.is_multiple_of(3) => Rgb([150, 34, 30]),
        (_, true, _) => Rgb([196, 202, 206]),
        (.., true) => Rgb([122, 92, 62]),
        _ => Rgb([226, 222, 212]),
    }
}

fn label(x: u32, y: u32) -> Rgb<u8> {
    let paper = (160..800).contains(&x) && (100..560).contains(&y);
    let symbol = (560..740).contains(&x) && (330..510).contains(&y);
    let line = (200..520).contains(&x) && (150..500).contains(&y) && y % 60 < 16;
    let dark = (x / 18 * 7 + y / 18 * 13 + (x / 18) * (y / 18)).is_multiple_of(3);
    match (paper, symbol, line) {
        (true, true, _) if dark => Rgb([20, 20, 20]),
        (true, true, _) => Rgb([255, 255, 255]),
        (true, _, true) => Rgb([120, 40, 36]),
        (true, ..) => Rgb([240, 234, 214]),
        _ => Rgb([178, 60, 48]),
    }
}

/// DEMO across the foot of the picture.
fn mark(picture: &mut RgbImage) {
    let (left, top) = (WIDTH / 2 - DOT * 12, HEIGHT - DOT * 8);
    for (x, y) in (top - DOT..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
        picture.put_pixel(x, y, Rgb([255; 3]));
    }
    for (n, letter) in (0..).zip(&LETTERS) {
        for (row, bits) in (0..).zip(letter) {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                let (x, y) = (left + (n * 6 + column) * DOT, top + row * DOT);
                for (dx, dy) in (0..DOT).flat_map(|dx| (0..DOT).map(move |dy| (dx, dy))) {
                    picture.put_pixel(x + dx, y + dy, Rgb([0, 90, 181]));
                }
            }
        }
    }
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Result<Vec<u8>, StartError> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).map_err(|e| StartError::Other(e.to_string()))?;
    Ok(out.into_inner())
}
