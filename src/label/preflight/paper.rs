//! Whether labels fit the paper, the paper the printer, and what stands on a
//! label the label.

use super::{EDGE_MIN, Say, mm};
use crate::label::canvas::Area;
use crate::label::page::marks_need;
use crate::label::printer::Printer;
use crate::label::template::{Cut, LABELS_A_PAGE_MAX, LINES_MAX, Mm, PAPER_MAX, Template};

/// Dots of a page, at most: A4 at 2400 dots an inch, 75 MB.
const PAGE_DOTS_MAX: u64 = 600_000_000;

/// Whether the labels fit the paper, and the paper the printer.
pub(super) fn paper(template: &Template, printer: &Printer, fault: &mut Say<'_>) {
    let (paper, label) = (&template.paper, &template.label);
    if template.text.len() > LINES_MAX {
        fault("text", format!("{} lines", template.text.len()), format!("{LINES_MAX} at most"));
    }
    let labels = paper.columns.checked_mul(paper.rows);
    if labels.is_none_or(|labels| labels == 0 || labels > LABELS_A_PAGE_MAX) {
        fault(
            "paper",
            format!("{} columns of {} rows", paper.columns, paper.rows),
            format!("a page holds 1 to {LABELS_A_PAGE_MAX} labels"),
        );
        return;
    }
    let across =
        |count: u32, size: f32, gutter: f32| count as f32 * size + (count - 1) as f32 * gutter;
    let bleed = if template.print_ground { paper.bleed.um() } else { 0.0 };
    let head: f32 = if paper.head { 8_000.0 } else { 0.0 };
    for (side, has, first, needs) in [
        (
            "width",
            paper.width,
            paper.left.um(),
            across(paper.columns, label.width.um(), paper.gutter_x.um()),
        ),
        (
            "height",
            paper.height,
            paper.top.um(),
            across(paper.rows, label.height.um(), paper.gutter_y.um()),
        ),
    ] {
        let needs = first + needs + bleed;
        if needs > has.um() + 1.0 || has > PAPER_MAX || has.0 == 0 {
            fault(
                "paper",
                format!("the labels need a {side} of {} mm, and the paper has {has}", mm(needs)),
                "take fewer or smaller labels, or larger paper (at most 2000 mm)".to_owned(),
            );
        }
    }
    if paper.top.um() < head.max(bleed) || paper.left.um() < bleed {
        fault(
            "paper",
            format!(
                "the first label begins {} from the left and {} from the top",
                paper.left, paper.top
            ),
            "leave room for the bleed, and 8 mm on top for the head".to_owned(),
        );
    }
    if paper.cut == Cut::Marks {
        let around = [
            ("left", paper.left.um()),
            ("top", paper.top.um()),
            (
                "right",
                paper.width.um()
                    - paper.left.um()
                    - across(paper.columns, label.width.um(), paper.gutter_x.um()),
            ),
            (
                "bottom",
                paper.height.um()
                    - paper.top.um()
                    - across(paper.rows, label.height.um(), paper.gutter_y.um()),
            ),
        ];
        let needs = marks_need(paper.bleed.um());
        for (side, has) in around.into_iter().filter(|(_, has)| *has + 1.0 < needs) {
            fault(
                "paper",
                format!(
                    "cut marks do not stand on the paper: {} mm are left at the {side}",
                    mm(has)
                ),
                format!("leave {} mm around the labels, or take cut = \"lines\"", mm(needs)),
            );
        }
    }
    let gutter = |count: u32, gutter: f32| count > 1 && gutter + 1.0 < 2.0 * bleed;
    if gutter(paper.columns, paper.gutter_x.um()) || gutter(paper.rows, paper.gutter_y.um()) {
        fault(
            "paper",
            format!("the bleed of {} runs into the next label", paper.bleed),
            "make the gutters twice as wide as the bleed".to_owned(),
        );
    }
    if let Some(width) = printer.width_um
        && paper.width.um() > width as f32
    {
        fault(
            "printer",
            format!(
                "{printer} prints {} mm across, and the paper has {}",
                mm(width as f32),
                paper.width
            ),
            "take narrower paper or fewer columns".to_owned(),
        );
    }
}

/// Whether a page of dots can be held: one bit each, on every core.
pub(super) fn raster(template: &Template, printer: &Printer, fault: &mut Say<'_>) {
    let dots = |length: Mm| u64::from(length.0) * 1_000 / u64::from(printer.pitch_nm);
    let (width, height) = (dots(template.paper.width), dots(template.paper.height));
    if width.saturating_mul(height) > PAGE_DOTS_MAX {
        fault(
            "paper",
            format!("a page has {width} by {height} dots of {printer}"),
            format!("{PAGE_DOTS_MAX} dots at most: take smaller paper, a coarser printer, or pdf"),
        );
    }
}

/// Whether something stands on the label, clear of its edge.
pub(super) fn inside(what: &str, area: &Area, template: &Template, fault: &mut Say<'_>) {
    let (width, height) = (template.label.width.um(), template.label.height.um());
    let near = [area.x, area.y, width - area.right(), height - area.below()]
        .into_iter()
        .fold(f32::INFINITY, f32::min);
    if near < EDGE_MIN - 1.0 {
        let where_ = if near < 0.0 { "beyond" } else { "from" };
        fault(
            "edge",
            format!("{what} is {} mm {where_} the edge of the label", mm(near.abs())),
            "keep it on the label, 1 mm from the edge".to_owned(),
        );
    }
}
