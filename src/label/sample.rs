//! Pictures of a label that issue nothing: what an order would yield, before it is
//! placed, and what one label of it looks like, to be held beside one in hand. The
//! symbol is that of a proof, not of a code: a phone that reads it opens a page that
//! says so.

use std::sync::Arc;

use super::Kind;
use super::canvas::{Area, Canvas, Drawing, Paint, em};
use super::form::sheets::pages;
use super::ink::{Ground, Ink};
use super::mint::url_prefix;
use super::order::{Order, layer_name};
use super::page::{Label, Words};
use super::symbol::{QUIET_ZONE, Symbol, SymbolError};
use super::template::{Cut, Mm, Template};
use crate::code::{Layer, Payload, proof_url};
use crate::typeface::Style;

/// What is written on it, and its size in points.
const MARK: &str = "样张 SAMPLE";
/// The same of a label that was issued.
const MARK_OF_LIKENESS: &str = "比对图 二维码非原码";
const MARK_POINTS: f32 = 7.0;
/// Room for that.
const MARK_UM: f32 = 4_000.0;
/// Module of a symbol that another draws from a table, micrometres.
const MODULE_UM: f32 = 500.0;

/// One label of `order` as SVG, marked as a sample; of the first of its layers.
///
/// # Errors
/// When the host is too long for a symbol.
pub fn sample(order: &Order) -> Result<Vec<u8>, SymbolError> {
    drawn(order, words(order), MARK)
}

/// The label of `payload`, the item, case or pallet `number` of its batch, as
/// `order` laid it out: all as it was issued but for the symbol, since who draws
/// that once more has made a copy.
///
/// # Errors
/// When the host is too long for a symbol.
pub fn likeness(order: &Order, payload: Payload, number: u64) -> Result<Vec<u8>, SymbolError> {
    let words = words_of(order, payload.layer, payload.to_string(), number);
    drawn(order, words, MARK_OF_LIKENESS)
}

fn drawn(order: &Order, words: Words, mark: &str) -> Result<Vec<u8>, SymbolError> {
    let spec = &order.specification;
    let module = spec.module_um().unwrap_or(MODULE_UM);
    let url = proof_url(&url_prefix(&order.public_url), module.round() as u16);
    let symbol = Symbol::of(&url)?;
    Ok(match spec.template() {
        Some(template) => {
            let label = Label { symbol, url, words };
            let drawing = pages(Kind::Svg, &alone(template), &spec.printer(), &[label]);
            marked(&drawing, template, mark)
        }
        None => bare(&symbol, module, mark),
    })
}

/// The same label with nothing beside it.
fn alone(template: &Template) -> Template {
    let mut template = template.clone();
    let paper = &mut template.paper;
    paper.width = template.label.width;
    paper.height = Mm(template.label.height.0 + MARK_UM as u32);
    (paper.left, paper.top, paper.bleed) = (Mm(0), Mm(0), Mm(0));
    (paper.columns, paper.rows, paper.head) = (1, 1, false);
    paper.cut = Cut::Lines;
    template
}

/// What a label would say; letters that nobody issues stand for its serial.
fn words(order: &Order) -> Words {
    let layer = order.layers().map_or(Layer::Outer, |layers| layers[0]);
    let payload = Payload { layer, key: order.key, batch: order.batch, serial: 0 };
    let hidden = |c: char| if c.is_ascii_alphanumeric() { 'X' } else { c };
    let serial = payload.to_string().chars().map(hidden).collect();
    words_of(order, layer, serial, order.specification.first)
}

fn words_of(order: &Order, layer: Layer, serial: String, number: u64) -> Words {
    let sscc = order.sscc_run().and_then(|run| run.sscc(number));
    let sscc = sscc.map(|sscc| sscc.as_str().to_owned()).unwrap_or_default();
    Words {
        serial,
        number: number.to_string(),
        layer: if layer_name(layer) == "inner" { "内码" } else { "外码" },
        sscc_read: if sscc.is_empty() { String::new() } else { format!("(00) {sscc}") },
        sscc,
        caption: Arc::new(order.caption.clone()),
    }
}

/// The drawing with the mark below the label.
fn marked(drawing: &[u8], template: &Template, said: &str) -> Vec<u8> {
    let (width, height) = (template.label.width.um(), template.label.height.um());
    let mut mark = Drawing::new(width, height + MARK_UM, &Ink::Black, Ground::WHITE);
    write_mark(&mut mark, said, width, height);
    let mark = String::from_utf8_lossy(&mark.finish()).into_owned();
    let strokes: Vec<&str> = mark.lines().skip(2).filter(|line| *line != "</svg>").collect();
    let drawn = String::from_utf8_lossy(drawing);
    let body = drawn.trim_end().trim_end_matches("</svg>");
    format!("{body}{}\n</svg>\n", strokes.join("\n")).into_bytes()
}

/// The symbol alone, as pictures and tables have it.
fn bare(symbol: &Symbol, module: f32, said: &str) -> Vec<u8> {
    let side = module * (symbol.size() + 2 * QUIET_ZONE) as f32;
    let mut drawing = Drawing::new(side, side + MARK_UM, &Ink::Black, Ground::WHITE);
    drawing.fill(Area::new(0.0, 0.0, side, side), Paint::Ground);
    let quiet = module * QUIET_ZONE as f32;
    drawing.symbol(symbol, quiet, quiet, module);
    write_mark(&mut drawing, said, side, side);
    drawing.finish()
}

fn write_mark(canvas: &mut dyn Canvas, said: &str, width: f32, top: f32) {
    let length = Style::Text.ems(said) * em(MARK_POINTS);
    let left = ((width - length) / 2.0).max(0.0);
    canvas.text(Style::Text, said, MARK_POINTS, left, top + MARK_UM - 1_200.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyNumber;
    use crate::label::{Caption, Specification};

    #[test]
    fn a_sample_of_every_kind_is_a_proof_and_no_code() {
        for kind in Kind::ALL {
            let order = Order {
                key: KeyNumber::new(1).unwrap(),
                batch: u32::MAX,
                secret: [1; 32],
                batch_count: 100,
                cases: 0,
                pallets: 0,
                inner: false,
                sscc: None,
                public_url: "https://id.example.cn".to_owned(),
                caption: Caption {
                    product: "宋河粮液 500 mL".to_owned(), ..Caption::default()
                },
                specification: Specification::new(kind, 0, 100),
                picked: None,
            };
            let svg = String::from_utf8(sample(&order).unwrap()).unwrap();
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{kind}");
            assert_eq!(svg.matches("</svg>").count(), 1, "{kind}");
            // The same order gives the same picture: nothing is issued for it.
            assert_eq!(svg.into_bytes(), sample(&order).unwrap(), "{kind}");
        }
    }
}
