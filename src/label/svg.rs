//! A symbol as SVG: one path of horizontal strokes, crisp at every size.

use std::io::Write as _;

use super::symbol::{QUIET_ZONE, Symbol};

/// The symbol with its quiet zone; `module_um` micrometres a module.
pub fn svg(symbol: &Symbol, module_um: f32) -> String {
    let side = symbol.size() + 2 * QUIET_ZONE;
    let mm = side as f32 * module_um / 1_000.0;
    let mut out = Vec::with_capacity(4_096);
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{mm:.3}mm\" height=\"{mm:.3}mm\" \
         viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path stroke=\"#000\" d=\""
    )
    .expect("memory takes what is written");
    // Relative moves: a third shorter than absolute ones.
    let mut at = None;
    for (x, y, length) in symbol.strokes() {
        match at {
            Some((from, row)) if row == y => {
                out.push(b'm');
                number(&mut out, x - from);
                out.extend(b" 0");
            }
            _ => {
                out.push(b'M');
                number(&mut out, x + QUIET_ZONE);
                out.push(b' ');
                number(&mut out, y + QUIET_ZONE);
                out.extend(b".5");
            }
        }
        out.push(b'h');
        number(&mut out, length);
        at = Some((x + length, y));
    }
    out.extend(b"\"/></svg>\n");
    String::from_utf8(out).expect("ASCII")
}

/// A number of modules, below 100: by hand, since formatting takes most of the
/// time of a picture otherwise.
fn number(out: &mut Vec<u8>, n: u32) {
    let digit = |n: u32| b'0' + n as u8;
    if n > 9 {
        out.push(digit(n / 10));
    }
    out.push(digit(n % 10));
}
