//! What happens to a symbol between the press and the phone, on grey pictures.
//! Used by `reading.rs` beside it and by the tests that keep its table true.
//!
//! The print is spoiled first (ink, scratch, stain), then seen by a camera
//! (size, turn, tilt, bottle), then come lens, light and sensor. All of it is
//! simulated, and repeats exactly from its seed.

use std::f32::consts::PI;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma};
use zhenma::code::Layer;
use zhenma::keys::{KeyNumber, SoftSigner};
use zhenma::label::{Mint, Symbol, png};

/// Pixels of the camera a module, where nothing else is said.
const PIXELS: f32 = 5.0;

/// Pixels of a print a module: what spoils it is finer than a module.
pub const PRINTED: u16 = 16;

/// Light that the label's paper and ink give back, and the bottle behind it.
const PAPER: f32 = 0.85;
const INK: f32 = 0.15;
const BEHIND: f32 = 0.45;

/// What spoils a picture. The number of a [`Case`] says how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    Size,
    Blur,
    Turn,
    Tilt,
    Bottle,
    Noise,
    Pale,
    Shade,
    Spread,
    Scratch,
    Stain,
    Jpeg,
}

/// A way to spoil a picture, how much, and how the guide words it.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub spoil: Spoil,
    pub much: f32,
    words: [&'static str; 2],
}

impl Case {
    /// The name of its row in the guide.
    pub fn name(&self) -> String {
        format!("{}{}{}", self.words[0], self.much, self.words[1])
    }
}

/// Every row of the guide's table.
pub fn cases() -> Vec<Case> {
    use Spoil as S;
    let kinds: [(S, [&str; 2], &[f32]); 12] = [
        (S::Size, ["seen at ", " pixels a module"], &[5.0, 4.0, 3.0, 2.5, 2.0]),
        (S::Blur, ["out of focus, sigma ", " module"], &[0.3, 0.4, 0.5, 0.6]),
        (S::Turn, ["turned by ", " degrees"], &[15.0, 45.0]),
        (S::Tilt, ["tilted by ", " degrees"], &[20.0, 35.0, 50.0]),
        (S::Bottle, ["on a bottle, label ", " of its diameter"], &[0.5, 0.7, 0.85]),
        (S::Noise, ["noise, sigma ", " of the contrast"], &[0.05, 0.1, 0.15, 0.2]),
        (S::Pale, ["pale print, ", " of the contrast left"], &[0.6, 0.5, 0.4, 0.15]),
        (S::Shade, ["shade across it, ", " of the light left"], &[0.3, 0.15, 0.08]),
        (S::Spread, ["ink spread on each side by ", " module"], &[0.125, 0.25, 0.375]),
        (S::Scratch, ["scratch across it, ", " modules wide"], &[0.5, 1.0, 2.0, 3.0]),
        (S::Stain, ["stain, ", " modules across"], &[5.0, 9.0, 13.0, 17.0]),
        (S::Jpeg, ["JPEG of quality ", ""], &[20.0, 10.0, 5.0]),
    ];
    let rows = kinds.iter().flat_map(|(spoil, words, degrees)| {
        degrees.iter().map(|much| Case { spoil: *spoil, much: *much, words: *words })
    });
    rows.collect()
}

/// What the symbols hold: signed URLs of 144 characters, the same ones always.
pub fn urls(count: u64) -> Vec<String> {
    let key = KeyNumber::new(7).expect("a key number");
    let signer = SoftSigner::from_seed(key, &[7; 32]);
    let mint = Mint::new(&signer, key, 3, &[42; 32], "https://id.example.cn");
    let mint = mint.expect("the signer holds the key");
    (0..count).map(|n| mint.code(Layer::Outer, n).expect("the signer signs").url).collect()
}

/// A label as it leaves the press, its quiet zone included.
pub struct Print {
    pub picture: GrayImage,
    /// Pixels that count as one module where damage and the camera's pixels
    /// are given in modules.
    pub module: f32,
}

impl Print {
    /// The label as the product prints it.
    pub fn of(symbol: &Symbol) -> Self {
        let picture =
            image::load_from_memory(&png(symbol, PRINTED.into(), None)).expect("the PNG is whole");
        Self { picture: picture.into_luma8(), module: f32::from(PRINTED) }
    }

    /// The label as a camera saw it, written to `stem` with the ending that is
    /// returned.
    pub fn seen(&self, case: Case, seed: u64, stem: &Path) -> PathBuf {
        let mut chance = Chance(seed);
        let print = self.spoiled(case, &mut chance);
        let mut light = Camera::of(self, case, &mut chance).look(&print);
        light.develop(case, &mut chance);
        let picture = light.picture();
        if case.spoil == Spoil::Jpeg {
            let path = stem.with_extension("jpg");
            let file = std::fs::File::create(&path).expect("the folder takes a file");
            let encoder = JpegEncoder::new_with_quality(file, case.much as u8);
            picture.write_with_encoder(encoder).expect("a picture is written");
            return path;
        }
        let path = stem.with_extension("png");
        picture.save(&path).expect("a picture is written");
        path
    }

    /// Damage to the print itself.
    fn spoiled(&self, case: Case, chance: &mut Chance) -> GrayImage {
        let much = case.much * self.module;
        match case.spoil {
            Spoil::Spread => spread(&self.picture, much.round() as i64),
            Spoil::Scratch => {
                let (angle, [x, y]) = (chance.between(0.0, PI), self.somewhere(chance, 0.3));
                let (sin, cos) = angle.sin_cos();
                self.painted(255, |px, py| ((px - x) * sin - (py - y) * cos).abs() < much / 2.0)
            }
            Spoil::Stain => {
                let [x, y] = self.somewhere(chance, 0.6);
                self.painted(0, |px, py| (px - x).hypot(py - y) < much / 2.0)
            }
            _ => self.picture.clone(),
        }
    }

    /// A point of the middle part of the label, `share` of its side wide.
    fn somewhere(&self, chance: &mut Chance, share: f32) -> [f32; 2] {
        let side = self.picture.width() as f32;
        [(); 2].map(|()| side * (0.5 + share * chance.between(-0.5, 0.5)))
    }

    fn painted(&self, light: u8, inside: impl Fn(f32, f32) -> bool) -> GrayImage {
        let mut picture = self.picture.clone();
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            if inside(x as f32 + 0.5, y as f32 + 0.5) {
                *pixel = Luma([light]);
            }
        }
        picture
    }
}

/// Dark grows by `by` pixels to each side.
fn spread(picture: &GrayImage, by: i64) -> GrayImage {
    let side = i64::from(picture.width());
    let darkest = |of: &GrayImage, x: u32, y: u32, [dx, dy]: [i64; 2]| {
        let at = |d: i64| {
            let [x, y] = [i64::from(x) + d * dx, i64::from(y) + d * dy];
            of.get_pixel(x.clamp(0, side - 1) as u32, y.clamp(0, side - 1) as u32).0[0]
        };
        Luma([(-by..=by).map(at).min().expect("the pixel itself is there")])
    };
    let size = picture.width();
    let wide = GrayImage::from_fn(size, size, |x, y| darkest(picture, x, y, [1, 0]));
    GrayImage::from_fn(size, size, |x, y| darkest(&wide, x, y, [0, 1]))
}

/// Where the camera stands. Lengths are in sides of the label.
struct Camera {
    /// Pixels a side of the label seen from straight ahead.
    side: f32,
    /// Sine and cosine of the turn in the picture's plane, of the tilt, and of
    /// the direction about which it is tilted.
    turn: (f32, f32),
    tilt: (f32, f32),
    axis: (f32, f32),
    /// Radius of the bottle, where there is one.
    radius: Option<f32>,
    shift: [f32; 2],
}

/// From the camera to the label, in sides of the label.
const DISTANCE: f32 = 3.0;

/// Side of the camera's picture, in sides of the label.
const FIELD: f32 = 1.5;

impl Camera {
    fn of(print: &Print, case: Case, chance: &mut Chance) -> Self {
        let of = |spoil, otherwise| if case.spoil == spoil { case.much } else { otherwise };
        let degrees = PI / 180.0;
        let side = print.picture.width() as f32 / print.module * of(Spoil::Size, PIXELS);
        Self {
            side,
            // Nobody holds a phone quite straight.
            turn: ((of(Spoil::Turn, 0.0) + chance.between(-3.0, 3.0)) * degrees).sin_cos(),
            tilt: (of(Spoil::Tilt, 0.0) * degrees).sin_cos(),
            axis: chance.between(0.0, 2.0 * PI).sin_cos(),
            radius: (case.spoil == Spoil::Bottle).then_some(0.5 / case.much),
            shift: [(); 2].map(|()| chance.between(-0.5, 0.5) / side),
        }
    }

    /// Where on the label a ray ends, in sides from its middle.
    fn hit(&self, [x, y]: [f32; 2]) -> Option<[f32; 2]> {
        let [x, y] = [x + self.shift[0], y + self.shift[1]];
        let (sin, cos) = self.turn;
        let [x, y] = [x * cos - y * sin, x * sin + y * cos];
        if let Some(radius) = self.radius {
            // From far away; the bottle stands upright.
            return (x.abs() < radius).then(|| [radius * (x / radius).asin(), y]);
        }
        // The label's plane goes through the middle, tilted about `axis`.
        let ((sin, cos), (tilt_sin, tilt_cos)) = (self.axis, self.tilt);
        let [along, across] = [x * cos + y * sin, y * cos - x * sin];
        let depth = DISTANCE / (DISTANCE * tilt_cos - across * tilt_sin);
        let [along, across] = [along * depth * tilt_cos, across * depth];
        Some([along * cos - across * sin, along * sin + across * cos])
    }

    /// Each pixel is the mean of four rays.
    fn look(&self, print: &GrayImage) -> Light {
        let size = (self.side * FIELD).ceil() as usize;
        let side = print.width() as f32;
        let ray = |x: f32, y: f32| {
            let middle = size as f32 / 2.0;
            let at = self.hit([(x - middle) / self.side, (y - middle) / self.side]);
            let [x, y] = at.unwrap_or([f32::MAX; 2]).map(|v| (v + 0.5) * side);
            if x < 0.0 || y < 0.0 || x >= side || y >= side {
                return BEHIND;
            }
            let ink = 1.0 - f32::from(print.get_pixel(x as u32, y as u32).0[0]) / 255.0;
            PAPER + ink * (INK - PAPER)
        };
        const PARTS: [f32; 2] = [0.25, 0.75];
        let pixel = |at: usize| {
            let (x, y) = ((at % size) as f32, (at / size) as f32);
            let rays = PARTS.map(|dy| PARTS.map(|dx| ray(x + dx, y + dy)).iter().sum::<f32>());
            rays.iter().sum::<f32>() / 4.0
        };
        Light { size, values: (0..size * size).map(pixel).collect() }
    }
}

/// What falls on the sensor: 0 is black, 1 is white.
struct Light {
    size: usize,
    values: Vec<f32>,
}

impl Light {
    /// Lens, light and sensor.
    fn develop(&mut self, case: Case, chance: &mut Chance) {
        let contrast = PAPER - INK;
        match case.spoil {
            // The print is pale, so the sensor's own noise weighs more.
            Spoil::Pale => self.each(|_, v| PAPER + (v - PAPER) * case.much),
            Spoil::Shade => {
                let (size, turn) = (self.size as f32, chance.between(0.0, 2.0 * PI));
                let (sin, cos) = turn.sin_cos();
                self.each(|[x, y], v| {
                    // 0 to 1 from one side of the label to the other.
                    let along = ((x / size - 0.5) * cos + (y / size - 0.5) * sin) * FIELD + 0.5;
                    v * (1.0 - (1.0 - case.much) * along.clamp(0.0, 1.0))
                });
            }
            _ => {}
        }
        // A lens that is in focus blurs by half a pixel.
        let focus = if case.spoil == Spoil::Blur { case.much * PIXELS } else { 0.5 };
        self.blur(focus);
        let noise = if case.spoil == Spoil::Noise { case.much * contrast } else { 0.01 };
        self.each(|_, v| v + noise * chance.normal());
    }

    fn each(&mut self, mut change: impl FnMut([f32; 2], f32) -> f32) {
        for (at, value) in self.values.iter_mut().enumerate() {
            *value = change([(at % self.size) as f32, (at / self.size) as f32], *value);
        }
    }

    /// Gaussian; `sigma` in pixels.
    fn blur(&mut self, sigma: f32) {
        let reach = (3.0 * sigma).ceil() as i64;
        let weights: Vec<f32> =
            (-reach..=reach).map(|d| (-((d * d) as f32) / (2.0 * sigma * sigma)).exp()).collect();
        let total: f32 = weights.iter().sum();
        let last = self.size as i64 - 1;
        for step in [1, self.size] {
            let from = self.values.clone();
            for (at, value) in self.values.iter_mut().enumerate() {
                let place = (at / step % self.size) as i64;
                let start = at - place as usize * step;
                let near = (-reach..=reach)
                    .map(|d| from[start + (place + d).clamp(0, last) as usize * step]);
                *value = near.zip(&weights).map(|(v, w)| v * w).sum::<f32>() / total;
            }
        }
    }

    fn picture(&self) -> GrayImage {
        let bytes = self.values.iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        let size = self.size as u32;
        GrayImage::from_raw(size, size, bytes).expect("a byte a pixel")
    }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Close to normal, mean 0 and deviation 1: the sum of twelve draws.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.between(-0.5, 0.5)).sum()
    }
}
