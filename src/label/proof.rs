//! The proof sheet: the same symbol at several sizes, with a ruler and the
//! grade to expect. A phone that reads one opens a page that says so
//! ([`proof_url`]). It is printed on the very printer, and tried with the
//! worst phone at hand.

use super::canvas::{Area, Canvas, Document, Dots, Paint, em};
use super::choices::Kind;
use super::form::zpl::whole;
use super::ink::{Ground, Ink, contrast};
use super::mint::url_prefix;
use super::png::picture;
use super::preflight::grade;
use super::printer::Printer;
use super::symbol::{QUIET_ZONE, Symbol, SymbolError};
use crate::code::proof_url;
use crate::typeface::Style;

/// Largest module that is tried, micrometres.
const MODULE_MAX: f32 = 850.0;
/// Sizes on a sheet, at most.
const SIZES_MAX: usize = 8;
const MARGIN: f32 = 6_000.0;
/// Ruler and head.
const TOP: f32 = 20_000.0;
/// Width of a sheet where the printer sets none: A4.
const WIDTH: f32 = 210_000.0;
const HEIGHT_MAX: f32 = 297_000.0;
/// Narrower than this the words under a symbol do not fit.
const CELL_MIN: f32 = 40_000.0;
/// Words under a symbol.
const WORDS: f32 = 8_000.0;

/// One symbol with its place.
struct Piece {
    symbol: Symbol,
    dots: u32,
    x: f32,
    y: f32,
}

/// A proof sheet for `printer` and the host of `public_url`, as PDF, PNG or
/// ZPL; other kinds are drawn as PDF.
///
/// # Errors
/// When the host is too long for a symbol.
pub fn proof(printer: &Printer, public_url: &str, kind: Kind) -> Result<Vec<u8>, SymbolError> {
    let width = printer.width_um.map_or(WIDTH, |width| width as f32);
    let (pieces, height) = laid_out(printer, &url_prefix(public_url), width)?;
    if matches!(kind, Kind::Zpl | Kind::Png) {
        let mut dots = Dots::new(width, height, printer);
        draw(&mut dots, printer, &pieces, width);
        return Ok(if kind == Kind::Zpl { whole(&dots) } else { picture(&dots, printer.pitch_nm) });
    }
    let ink = Ink::Black;
    let mut document = Document::new(width, height, &ink, Ground::WHITE);
    draw(&mut document, printer, &pieces, width);
    document.end_page();
    Ok(document.finish(&format!("zhenma proof {printer}")))
}

/// Whole dots from the least that may be printed, evenly up.
fn sizes(printer: &Printer) -> Vec<u32> {
    let least = printer.dots_min();
    let most = printer.dots(MODULE_MAX as u32).max(least);
    let step = (most - least) as usize / SIZES_MAX + 1;
    (least..=most).step_by(step).collect()
}

/// Symbols in rows, and the height of the sheet.
fn laid_out(printer: &Printer, prefix: &str, width: f32) -> Result<(Vec<Piece>, f32), SymbolError> {
    let mut pieces = Vec::new();
    let (mut x, mut y, mut tall) = (MARGIN, TOP, 0.0f32);
    for dots in sizes(printer) {
        let module = printer.um(dots);
        let symbol = Symbol::of(&proof_url(prefix, module.round() as u16))?;
        let side = module * (symbol.size() + 2 * QUIET_ZONE) as f32;
        let cell = side.max(CELL_MIN);
        if x + cell > width - MARGIN {
            (x, y, tall) = (MARGIN, y + tall, 0.0);
        }
        if y + side + WORDS > HEIGHT_MAX {
            break;
        }
        let quiet = module * QUIET_ZONE as f32;
        pieces.push(Piece { symbol, dots, x: x + quiet, y: y + quiet });
        x += cell;
        tall = tall.max(side + WORDS);
    }
    Ok((pieces, y + tall + MARGIN))
}

fn draw(canvas: &mut dyn Canvas, printer: &Printer, pieces: &[Piece], width: f32) {
    let head = format!("打样 PROOF · {printer} · {:.3} mm/dot", printer.um(1) / 1_000.0);
    canvas.text(Style::Text, &head, 9.0, MARGIN, MARGIN);
    ruler(canvas, width);
    let seen = contrast(&Ink::Black, Ground::WHITE);
    for piece in pieces {
        let module = printer.um(piece.dots);
        canvas.symbol(&piece.symbol, piece.x, piece.y, module);
        let below = piece.y + module * (piece.symbol.size() + QUIET_ZONE) as f32;
        let words = format!("{:.3} mm = {} 点", module / 1_000.0, piece.dots);
        canvas.text(Style::Text, &words, 8.0, piece.x, below + em(8.0));
        let words = format!("预计 expected {}", grade(piece.dots, seen));
        canvas.text(Style::Text, &words, 8.0, piece.x, below + 2.1 * em(8.0));
    }
}

/// Millimetres, so that a print that was scaled is seen at once.
fn ruler(canvas: &mut dyn Canvas, width: f32) {
    const LINE: f32 = 130.0;
    let length = ((width - 2.0 * MARGIN - 6_000.0) / 10_000.0).floor() * 10.0;
    let above = MARGIN + 3_000.0;
    canvas.fill(Area::new(MARGIN, above, length * 1_000.0, LINE), Paint::Mark);
    for mm in 0..=length as u32 {
        let x = MARGIN + mm as f32 * 1_000.0;
        let tall = match mm {
            mm if mm % 10 == 0 => 3_000.0,
            mm if mm % 5 == 0 => 2_200.0,
            _ => 1_300.0,
        };
        canvas.fill(Area::new(x - LINE / 2.0, above, LINE, tall), Paint::Mark);
        if mm % 10 == 0 {
            canvas.text(Style::Serial, &mm.to_string(), 6.0, x - 800.0, above + 5_600.0);
        }
    }
    canvas.text(Style::Text, "mm", 6.0, MARGIN + length * 1_000.0 + 3_500.0, above + 3_000.0);
}
