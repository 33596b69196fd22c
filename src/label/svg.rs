//! A symbol as SVG: one path of horizontal strokes, crisp at every size.

use std::fmt::Write as _;

use super::symbol::{QUIET_ZONE, Symbol};

/// The symbol with its quiet zone; `module_um` micrometres a module.
pub fn svg(symbol: &Symbol, module_um: f32) -> String {
    let side = symbol.size() + 2 * QUIET_ZONE;
    let mm = side as f32 * module_um / 1_000.0;
    let mut out = String::with_capacity(4_096);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{mm:.3}mm\" height=\"{mm:.3}mm\" \
         viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path stroke=\"#000\" d=\""
    );
    // Relative moves: a third shorter than absolute ones.
    let mut at = None;
    for (x, y, length) in symbol.strokes() {
        let _ = match at {
            Some((from, row)) if row == y => write!(out, "m{} 0", x - from),
            _ => write!(out, "M{} {}.5", x + QUIET_ZONE, y + QUIET_ZONE),
        };
        let _ = write!(out, "h{length}");
        at = Some((x + length, y));
    }
    out.push_str("\"/></svg>\n");
    out
}
