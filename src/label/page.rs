//! Labels of a template on a page, whatever the page is made of.

use std::sync::Arc;

use super::canvas::{Area, Canvas, Paint, em};
use super::mint::Minted;
use super::printer::Printer;
use super::reread::Cell;
use super::source::{Caption, Item};
use super::sscc::bars;
use super::symbol::{QUIET_ZONE, Symbol};
use super::template::{Align, Cut, Line, POINTS_MIN, Template};
use crate::code::Layer;
use crate::typeface::Style;

/// Length of a cut mark, and its distance from the bleed, micrometres.
const MARK_LENGTH: f32 = 3_000.0;
const MARK_GAP: f32 = 500.0;

/// What cut marks need around the labels.
pub(super) fn marks_need(bleed: f32) -> f32 {
    bleed + MARK_GAP + MARK_LENGTH
}

/// One label to be drawn.
pub struct Label {
    pub(super) symbol: Symbol,
    /// What the symbol holds.
    pub(super) url: String,
    /// What its lines may say.
    pub(super) words: Words,
}

impl Label {
    /// The label of item `number`, which has no SSCC.
    pub fn new(symbol: Symbol, code: &Minted, number: u64, caption: Arc<Caption>) -> Self {
        let item = Item { number, caption, sscc: None, codes: Vec::new() };
        Self::of(symbol, code, &item)
    }

    pub(super) fn of(symbol: Symbol, code: &Minted, item: &Item) -> Self {
        Self { symbol, url: code.url.clone(), words: Words::of(item, code) }
    }
}

/// What a line of a template may say of one label.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub serial: String,
    pub number: String,
    pub layer: &'static str,
    /// The digits of an SSCC, and the same as people read it (GS1 General
    /// Specifications, 4.14).
    pub sscc: String,
    pub sscc_read: String,
    pub caption: Arc<Caption>,
}

impl Words {
    pub(super) fn of(item: &Item, code: &Minted) -> Self {
        Self {
            serial: code.payload.to_string(),
            number: item.number.to_string(),
            layer: match code.payload.layer {
                Layer::Outer => "外码",
                Layer::Inner => "内码",
                Layer::Case => "箱码",
                Layer::Pallet => "托盘码",
            },
            sscc: item.sscc.clone().unwrap_or_default(),
            sscc_read: item.sscc.as_ref().map(|sscc| format!("(00) {sscc}")).unwrap_or_default(),
            caption: Arc::clone(&item.caption),
        }
    }

    /// Of the names that a template may use; none for another.
    fn named(&self, name: &str) -> Option<&str> {
        let caption = &self.caption;
        Some(match name {
            "serial" => &self.serial,
            "number" => &self.number,
            "layer" => self.layer,
            "sscc" => &self.sscc_read,
            "product" => &caption.product,
            "enterprise" => &caption.enterprise,
            "batch" => &caption.batch,
            "lot" => &caption.lot,
            "made" => &caption.made_on,
            "expires" => caption.expires_on.as_deref().unwrap_or_default(),
            _ => return None,
        })
    }

    /// `text` with its names filled in. Of parts with two spaces between, one
    /// whose name has nothing to say is left out.
    ///
    /// # Errors
    /// With what stands in braces and is no name.
    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let mut out = Vec::new();
        for part in text.split("  ") {
            let (mut filled, mut rest, mut told) = (String::new(), part, true);
            while let Some((before, behind)) = rest.split_once('{') {
                let (name, after) = behind.split_once('}').ok_or_else(|| behind.to_owned())?;
                let value = self.named(name).ok_or_else(|| name.to_owned())?;
                told &= !value.is_empty();
                filled.push_str(before);
                filled.push_str(value);
                rest = after;
            }
            filled.push_str(rest);
            if told {
                out.push(filled);
            }
        }
        Ok(out.join("  "))
    }
}

/// The typeface of a line: what is read letter by letter has its own.
pub(super) fn style_of(line: &Line) -> Style {
    if ["{serial}", "{sscc}", "{number}"].contains(&line.text.trim()) {
        Style::Serial
    } else {
        Style::Text
    }
}

/// Size in which `text` fits into `width` micrometres, from `points` down.
pub(super) fn fitting(style: Style, text: &str, points: f32, width: f32) -> f32 {
    let natural = style.ems(text) * em(points);
    if natural > width { points * width / natural } else { points }
}

/// A template on its printer.
pub(super) struct Layout<'a> {
    pub template: &'a Template,
    /// Real length of a module, micrometres.
    pub module: f32,
    /// Distance of two dots, micrometres.
    pub pitch: f32,
}

impl<'a> Layout<'a> {
    pub(super) fn new(template: &'a Template, printer: &Printer) -> Self {
        let dots = printer.dots(template.symbol.module.0).max(1);
        Self { template, module: printer.um(dots), pitch: printer.um(1) }
    }

    pub(super) const fn labels_a_page(&self) -> u32 {
        self.template.paper.columns * self.template.paper.rows
    }

    /// Corner of the label at `place` of its page.
    pub(super) fn corner(&self, place: u32) -> (f32, f32) {
        let (paper, label) = (&self.template.paper, &self.template.label);
        let (column, row) = (place % paper.columns, place / paper.columns);
        (
            paper.left.um() + column as f32 * (label.width.um() + paper.gutter_x.um()),
            paper.top.um() + row as f32 * (label.height.um() + paper.gutter_y.um()),
        )
    }

    /// The dots of the symbol of `modules` a side, with its quiet zone, of the
    /// label at `place` of its page.
    pub(super) fn cell(&self, place: u32, modules: u32) -> Cell {
        let (x, y) = self.corner(place);
        let zone = quiet(&self.symbol(modules), self.module);
        let dots = |um: f32| (um / self.pitch).round() as u32;
        let side = dots(zone.width);
        Cell { x: dots(x + zone.x), y: dots(y + zone.y), width: side, height: side }
    }

    /// The dark part of a symbol of `modules` a side, on a whole dot.
    pub(super) fn symbol(&self, modules: u32) -> Area {
        let place = &self.template.symbol;
        let side = modules as f32 * self.module;
        let snap = |um: f32| (um / self.pitch).floor() * self.pitch;
        Area::new(snap(place.x.um() - side / 2.0), snap(place.y.um() - side / 2.0), side, side)
    }

    /// A page of `labels`, with `head` above them where the template has one.
    pub(super) fn page(&self, canvas: &mut dyn Canvas, labels: &[Label], head: &str) {
        self.blank(canvas, labels.len() as u32);
        for (place, label) in (0u32..).zip(labels) {
            self.label(canvas, label, self.corner(place), |_| true);
        }
        let paper = &self.template.paper;
        if paper.head {
            let width = paper.width.um() - 16_000.0;
            let points = fitting(Style::Text, head, 9.0, width);
            let left = 8_000.0 + (width - Style::Text.ems(head) * em(points)) / 2.0;
            canvas.text(Style::Text, head, points, left, paper.top.um() - 5_000.0);
        }
    }

    /// What stands on a page of so many labels whatever they say.
    pub(super) fn blank(&self, canvas: &mut dyn Canvas, labels: u32) {
        for place in 0..labels {
            self.ground(canvas, self.corner(place));
        }
        if self.template.paper.cut == Cut::Marks {
            self.marks(canvas);
        }
    }

    fn ground(&self, canvas: &mut dyn Canvas, (x, y): (f32, f32)) {
        let (label, paper) = (&self.template.label, &self.template.paper);
        if self.template.print_ground {
            let bleed = paper.bleed.um();
            let (width, height) = (label.width.um(), label.height.um());
            let area = Area::new(x - bleed, y - bleed, width + 2.0 * bleed, height + 2.0 * bleed);
            canvas.fill(area, Paint::Ground);
        }
        if paper.cut == Cut::Lines {
            canvas.outline(Area::new(x, y, label.width.um(), label.height.um()));
        }
    }

    /// One label with its corner at `x`, `y`, of its lines those that `shown` takes.
    pub(super) fn label(
        &self,
        canvas: &mut dyn Canvas,
        label: &Label,
        (x, y): (f32, f32),
        shown: impl Fn(&Line) -> bool,
    ) {
        let symbol = self.symbol(label.symbol.size());
        canvas.symbol(&label.symbol, x + symbol.x, y + symbol.y, self.module);
        for line in self.template.text.iter().filter(|line| shown(line)) {
            self.line(canvas, line, &label.words, (x, y));
        }
        if let Some(room) = &self.template.sscc {
            for bar in bars(&label.words.sscc, room, self.pitch) {
                canvas.fill(Area::new(x + bar.x, y + bar.y, bar.width, bar.height), Paint::Ink);
            }
        }
    }

    /// One line of text, made smaller and at last cut so that it stays in its
    /// room. Preflight refuses what would be cut where it knows the words.
    pub(super) fn line(
        &self,
        canvas: &mut dyn Canvas,
        line: &Line,
        words: &Words,
        (x, y): (f32, f32),
    ) {
        let Ok(mut text) = words.fill(&line.text) else { return };
        let (style, width) = (style_of(line), line.width.um());
        let points = fitting(style, &text, line.points.points(), width).max(POINTS_MIN);
        let wide = |text: &str| style.ems(text) * em(points);
        if wide(&text) > width + 1.0 {
            while !text.is_empty() && wide(&text) > width - em(points) {
                text.pop();
            }
            text.push('…');
        }
        let spare = width - wide(&text);
        let left = line.x.um()
            + match line.align {
                Align::Left => 0.0,
                Align::Center => spare / 2.0,
                Align::Right => spare,
            };
        canvas.text(style, &text, points, x + left, y + line.y.um());
    }

    /// Marks in the margins, in line with every edge to be cut.
    fn marks(&self, canvas: &mut dyn Canvas) {
        const LENGTH: f32 = MARK_LENGTH;
        const WIDTH: f32 = 90.0;
        let (paper, label) = (&self.template.paper, &self.template.label);
        let gap = paper.bleed.um() + MARK_GAP;
        let (left, top) = self.corner(0);
        let (last_x, last_y) = self.corner(self.labels_a_page() - 1);
        let (right, below) = (last_x + label.width.um(), last_y + label.height.um());
        for column in 0..paper.columns {
            let x = self.corner(column).0;
            for edge in [x, x + label.width.um()] {
                for from in [top - gap - LENGTH, below + gap] {
                    canvas.fill(Area::new(edge - WIDTH / 2.0, from, WIDTH, LENGTH), Paint::Mark);
                }
            }
        }
        for row in 0..paper.rows {
            let y = self.corner(row * paper.columns).1;
            for edge in [y, y + label.height.um()] {
                for from in [left - gap - LENGTH, right + gap] {
                    canvas.fill(Area::new(from, edge - WIDTH / 2.0, LENGTH, WIDTH), Paint::Mark);
                }
            }
        }
    }
}

/// The quiet zone around a symbol.
pub(super) fn quiet(symbol: &Area, module: f32) -> Area {
    let zone = QUIET_ZONE as f32 * module;
    Area::new(
        symbol.x - zone,
        symbol.y - zone,
        symbol.width + 2.0 * zone,
        symbol.height + 2.0 * zone,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_has_nothing_to_say_is_left_out() {
        let mut words = Words::default();
        let caption = Caption { lot: "L1".to_owned(), ..Caption::default() };
        words.caption = Arc::new(caption);
        assert_eq!(words.fill("批号 {lot}  至 {expires}").unwrap(), "批号 L1");
        assert_eq!(words.fill("plain").unwrap(), "plain");
        assert_eq!(words.fill("{colour}").unwrap_err(), "colour");
        assert_eq!(words.fill("{lot").unwrap_err(), "lot");
    }
}
