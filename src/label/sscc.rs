//! The SSCC of a case as GS1-128 (GS1 General Specifications, 5.4): Code 128
//! with FNC1 and application identifier 00.

use barcoders::sym::code128::Code128;

use super::canvas::Area;
use super::template::Bars;

/// Quiet zone on each side, modules.
const QUIET: u32 = 10;

/// Modules of the bars of an SSCC, quiet zones left out: start, FNC1, ten
/// pairs of digits, check and stop.
pub(super) const MODULES: u32 = 11 * 13 + 13;

/// Widest whole dots that fit the room, for one module; 0 where none fits.
pub(super) fn module_dots(room: &Bars, pitch: f32) -> u32 {
    (room.width.um() / (MODULES + 2 * QUIET) as f32 / pitch).floor() as u32
}

/// The dark bars; none for what is no SSCC.
pub(super) fn bars(sscc: &str, room: &Bars, pitch: f32) -> Vec<Area> {
    // U+0106 starts set C, U+0179 is FNC1, in the words of the crate.
    let Ok(code) = Code128::new(format!("\u{106}\u{179}00{sscc}")) else { return Vec::new() };
    let modules = code.encode();
    let module = module_dots(room, pitch) as f32 * pitch;
    let spare = room.width.um() - modules.len() as f32 * module;
    let left = ((room.x.um() + spare / 2.0) / pitch).floor() * pitch;
    let mut out: Vec<Area> = Vec::new();
    let mut last = false;
    for (at, dark) in modules.iter().map(|module| *module == 1).enumerate() {
        if dark && last {
            if let Some(bar) = out.last_mut() {
                bar.width += module;
            }
        } else if dark {
            let x = left + at as f32 * module;
            out.push(Area::new(x, room.y.um(), module, room.height.um()));
        }
        last = dark;
    }
    out
}
