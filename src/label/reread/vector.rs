//! Symbols out of drawings: the dark strokes of every symbol, in modules.

use std::collections::BTreeMap;

use hayro_syntax::Pdf;
use hayro_syntax::content::ops::TypedInstruction;

/// Dark strokes of one symbol: x, y, length.
pub(in crate::label) type Strokes = Vec<(u32, u32, u32)>;

/// Strokes of a path, at least, that is a symbol and not a rectangle.
const STROKES_MIN: usize = 100;

/// The symbols of an SVG, in the order in which they are drawn: paths of
/// nothing but moves and horizontal lines.
pub(in crate::label) fn svg_symbols(svg: &str) -> Vec<Strokes> {
    svg.split(" d=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .filter_map(|(path, _)| strokes(path))
        .filter(|strokes| strokes.len() >= STROKES_MIN)
        .collect()
}

/// None for a path that holds anything else.
fn strokes(path: &str) -> Option<Strokes> {
    let (mut at, mut out) = ((0.0f32, 0.0f32), Vec::new());
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |n| n + 1);
        let mut numbers = rest[1..end].split_whitespace().map(str::parse::<f32>);
        let mut number = || numbers.next()?.ok();
        match command {
            'M' => at = (number()?, number()?),
            'm' => at = (at.0 + number()?, at.1 + number()?),
            'h' => {
                let length = number()?;
                out.push((at.0.round() as u32, at.1.floor() as u32, length.round() as u32));
                at.0 += length;
            }
            _ => return None,
        }
        rest = &rest[end..];
    }
    let left = out.iter().map(|stroke| stroke.0).min()?;
    let above = out.iter().map(|stroke| stroke.1).min()?;
    out.iter_mut().for_each(|stroke| (stroke.0, stroke.1) = (stroke.0 - left, stroke.1 - above));
    Some(out)
}

/// The symbols of the pages `wanted` of a PDF, in the order in which they are
/// drawn: what is filled as one path of many rectangles.
pub(in crate::label) fn pdf_pages(
    bytes: Vec<u8>,
    wanted: impl Iterator<Item = usize>,
) -> Result<BTreeMap<usize, Vec<Strokes>>, String> {
    let pdf = Pdf::new(bytes).map_err(|e| format!("it is no sound PDF: {e:?}"))?;
    let pages = pdf.pages();
    let mut out = BTreeMap::new();
    for at in wanted {
        let page = pages.get(at).ok_or_else(|| format!("page {} is not there", at + 1))?;
        out.entry(at).or_insert_with(|| {
            let (mut symbols, mut path, mut operations) =
                (Vec::new(), Vec::new(), page.typed_operations());
            while let Some(operation) = operations.next() {
                match operation {
                    TypedInstruction::RectPath(rect) => {
                        let [x, y, length] = [&rect.0, &rect.1, &rect.2].map(|n| n.as_f32());
                        path.push((x.round() as u32, y.round() as u32, length.round() as u32));
                    }
                    TypedInstruction::FillPathNonZero(_) => {
                        let filled = std::mem::take(&mut path);
                        if filled.len() >= STROKES_MIN {
                            symbols.push(filled);
                        }
                    }
                    TypedInstruction::StrokePath(_) => path.clear(),
                    _ => {}
                }
            }
            symbols
        });
    }
    Ok(out)
}
