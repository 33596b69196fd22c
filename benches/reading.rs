//! What decoders that are not ours still read of spoiled labels, by level of
//! error correction: the tables of `src/guide/reading.md`.
//! `cargo bench --bench reading [-- SYMBOLS]`

#[path = "../tests/it/decoders.rs"]
mod decoders;
mod distort;
#[path = "../tests/it/need.rs"]
mod need;

use std::path::Path;

use decoders::Decoder;
use distort::{Case, PRINTED, Print, Spoil};
use image::{GrayImage, Luma};
use qrcode::{Color, EcLevel, QrCode};
use zhenma::label::Symbol;
use zhenma::label::symbol::QUIET_ZONE;

const LEVELS: [EcLevel; 4] = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];

/// The product's own symbol at level M; the others, which it does not draw,
/// from the crate that it draws with.
fn print(url: &str, level: EcLevel) -> Print {
    if level == EcLevel::M {
        return Print::of(&Symbol::of(url).expect("version 6 holds it"));
    }
    let code = QrCode::with_error_correction_level(url, level).expect("a version holds it");
    let size = code.width() as u32;
    let side = (size + 2 * QUIET_ZONE) * u32::from(PRINTED);
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let [x, y] = [x, y].map(|at| (at / u32::from(PRINTED)).wrapping_sub(QUIET_ZONE));
        let dark = x < size && y < size && code[(x as usize, y as usize)] == Color::Dark;
        Luma([if dark { 0 } else { 255 }])
    });
    Print { picture, module: f32::from(PRINTED) }
}

/// Whether error correction has something to put right: single modules are
/// lost, while the symbol is found as before.
fn damages(case: &Case) -> bool {
    matches!(case.spoil, Spoil::Noise | Spoil::Scratch | Spoil::Spread | Spoil::Stain)
}

/// Per cent of `prints` that each decoder reads exactly.
fn share(
    decoders: &[Decoder; 2],
    prints: &[Print],
    urls: &[String],
    case: Case,
    folder: &Path,
) -> String {
    let pictures: Vec<_> = (0u64..)
        .zip(prints)
        .map(|(number, print)| print.seen(case, number, &folder.join(number.to_string())))
        .collect();
    let read = decoders.each_ref().map(|decoder| {
        let texts = decoder.read(&pictures);
        let right = texts.iter().zip(urls).filter(|(texts, url)| texts.contains(url)).count();
        (right * 100 / urls.len()).to_string()
    });
    read.join(" / ")
}

fn table(cases: &[Case], decoders: &[Decoder; 2], levels: &[Vec<Print>], urls: &[String]) {
    let head = levels.iter().zip(["L", "M", "Q", "H"]).map(|(prints, level)| {
        let modules = prints[0].picture.width() / u32::from(PRINTED) - 2 * QUIET_ZONE;
        format!("{level}, version {}", (modules - 17) / 4)
    });
    println!("\n| | {} |", head.collect::<Vec<_>>().join(" | "));
    println!("|---|---|---|---|---|");
    let folder = tempfile::tempdir().expect("a folder");
    for case in cases.iter().copied() {
        let cells: Vec<String> = std::thread::scope(|scope| {
            let folder = folder.path();
            let work = levels.iter().enumerate().map(|(level, prints)| {
                let own = folder.join(level.to_string());
                scope.spawn(move || {
                    std::fs::create_dir_all(&own).expect("a folder");
                    share(decoders, prints, urls, case, &own)
                })
            });
            let work: Vec<_> = work.collect();
            work.into_iter().map(|level| level.join().expect("a level is read")).collect()
        });
        println!("| {} | {} |", case.name(), cells.join(" | "));
    }
}

fn main() {
    let symbols = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let Some(decoders) = Decoder::both() else { return };
    let urls = distort::urls(symbols);
    let mut levels =
        LEVELS.map(|level| urls.iter().map(|url| print(url, level)).collect::<Vec<Print>>());

    let cases = distort::cases();
    let damages: Vec<Case> = cases.iter().copied().filter(damages).collect();

    println!("Per cent of {symbols} symbols read by zxing-cpp / ZBar\n\n## The same module");
    table(&damages, &decoders, &levels, &urls);

    // A module of level M is the unit for all, whatever their own ones are.
    let across = levels[1][0].picture.width() as f32 / levels[1][0].module;
    for print in levels.iter_mut().flatten() {
        print.module = print.picture.width() as f32 / across;
    }
    println!("\n## The same label");
    table(&cases, &decoders, &levels, &urls);
}
