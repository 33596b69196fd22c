//! What is looked at before anything is printed: whether a label of this
//! template, on this printer, can be read at all.

mod paper;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use paper::{inside, paper, raster};

use super::canvas::{Area, em};
use super::form::csv::{Columns, Encoding};
use super::ink::{SPOT_NAME_MAX, contrast};
use super::mint::{Minted, url_prefix};
use super::order::{Form, Order, Specification};
use super::page::{Layout, Words, fitting, quiet, style_of};
use super::printer::{MODULE_UM_MIN, Printer};
use super::source::{Caption, Item};
use super::sscc::module_dots;
use super::symbol::{QUIET_ZONE, Symbol, size_of};
use super::template::{Line, POINTS_MIN, Template};
use crate::base::FieldError;
use crate::code::{Payload, compact_text};
use crate::typeface::Style;

/// Least symbol contrast, per cent: below, ISO/IEC 15415 gives less than C.
const CONTRAST_MIN: f32 = 40.0;
/// Least distance of anything printed from the cut, micrometres.
const EDGE_MIN: f32 = 1_000.0;
/// Largest version of a symbol where the host's name allows it.
const VERSION_BEST: u8 = 6;
/// Longest host whose codes fit version 6.
pub const HOST_BEST: usize = 23;
/// GS1-128 on a case: modules of at least 0.495 mm (GS1 General
/// Specifications, 5.12, for general distribution), halved where the printer
/// is a desk's.
const BAR_UM_MIN: f32 = 250.0;

/// One thing that is wrong, with the number that fails and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub rule: &'static str,
    pub problem: String,
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.rule, self.problem, self.remedy)
    }
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self::new(fault.rule, fault.problem, fault.remedy)
    }
}

/// What is to be expected of a print.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expected {
    pub printer: &'static str,
    pub version: u8,
    /// Dots in a module.
    pub module_dots: u32,
    pub module_mm: f64,
    /// Symbol contrast, per cent.
    pub contrast: u32,
    /// As ISO/IEC 15415 grades, A to F: an estimate from contrast and from the
    /// growth of half a dot at each edge, not a measurement.
    pub grade: char,
}

/// What is looked at.
pub(super) struct Looked<'a> {
    pub spec: &'a Specification,
    pub version: u8,
    /// `HTTPS://HOST/`
    pub prefix: &'a str,
    /// A serial and an SSCC, and the widest of what else labels say.
    pub words: Words,
}

/// Everything that would stop an order when it is made, its codes not being
/// signed yet.
pub fn preflight(order: &Order) -> Vec<FieldError> {
    let spec = &order.specification;
    let words =
        |field: &'static str| move |words: String| vec![FieldError::of_words(field, &words)];
    let checked = spec
        .check(order.holds())
        .map_err(words("count"))
        .and_then(|()| order.layers().map_err(words("codes")));
    let layer = match checked {
        Ok(layers) => layers[0],
        Err(faults) => return faults,
    };
    let prefix = url_prefix(&order.public_url);
    // Every serial is as wide as another.
    let payload = Payload { layer, key: order.key, batch: order.batch, serial: 0 };
    let text = compact_text(payload, &[0; 64]);
    let code = Minted { payload, url: format!("{prefix}{text}"), text };
    let sscc = order.sscc_run().and_then(|run| run.sscc(spec.first));
    let item = Item {
        number: order.last(),
        caption: Arc::new(order.caption.clone()),
        sscc: sscc.map(|sscc| sscc.as_str().to_owned()),
        codes: Vec::new(),
    };
    let version = match Symbol::of(&code.url) {
        Ok(symbol) => symbol.version(),
        Err(error) => return words("symbol")(error.to_string()),
    };
    let words = Words::of(&item, &code);
    let looked = Looked { spec, version, prefix: &prefix, words };
    looked.faults().into_iter().map(FieldError::from).collect()
}

impl Looked<'_> {
    /// Everything that is wrong.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut out = Vec::new();
        let mut fault = |rule, problem: String, remedy: String| {
            out.push(Fault { rule, problem, remedy });
        };
        let host = self.prefix.len().saturating_sub("HTTPS:///".len());
        if self.version > VERSION_BEST && host <= HOST_BEST {
            fault(
                "version",
                format!("symbols are version {}", self.version),
                format!(
                    "version {VERSION_BEST} holds a code in capitals behind a host of {host} \
                     characters; print the URL in capitals"
                ),
            );
        }
        if let Some(dots) = self.spec.module_dots() {
            module(&self.spec.printer(), dots, &mut fault);
        }
        if let Form::Csv(columns) = &self.spec.form {
            table(columns, &self.words.caption, &mut fault);
        }
        if let Some(template) = self.spec.template() {
            self.template(template, &mut fault);
        }
        out
    }

    pub(super) fn expected(&self) -> Option<Expected> {
        let printer = self.spec.printer();
        let dots = self.spec.module_dots()?;
        let percent = self.spec.template().map_or_else(
            || contrast(&Default::default(), Default::default()),
            |template| contrast(&template.ink, template.ground),
        );
        Some(Expected {
            printer: printer.name,
            version: self.version,
            module_dots: dots,
            module_mm: f64::from(printer.um(dots)).round() / 1_000.0,
            contrast: percent.max(0.0).round() as u32,
            grade: grade(dots, percent),
        })
    }

    fn template(&self, template: &Template, fault: &mut Say<'_>) {
        let printer = self.spec.printer();
        paper(template, &printer, fault);
        if matches!(self.spec.form, Form::Png(_) | Form::Zpl(_)) {
            raster(template, &printer, fault);
        }
        let layout = Layout::new(template, &printer);
        let symbol = layout.symbol(size_of(self.version));
        colours(template, fault);
        self.zone(template, &layout, &symbol, fault);
        for (at, line) in template.text.iter().enumerate() {
            self.line(at, line, &layout, &symbol, fault);
        }
        if let Some(room) = &template.sscc {
            let bars = Area::new(room.x.um(), room.y.um(), room.width.um(), room.height.um());
            let module = module_dots(room, layout.pitch) as f32 * layout.pitch;
            if self.words.sscc.is_empty() {
                fault(
                    "sscc",
                    "the template prints an SSCC, and these labels have none".to_owned(),
                    "register the enterprise with its GS1 Company Prefix before the batch, order \
                     cases, or take [sscc] out of the template"
                        .to_owned(),
                );
            } else if module < BAR_UM_MIN {
                fault(
                    "sscc",
                    format!("its bars would have {} mm a module", module / 1_000.0),
                    "make it wider, or take a finer printer".to_owned(),
                );
            }
            inside("sscc", &bars, template, fault);
            if bars.meets(&quiet(&symbol, layout.module)) {
                fault("sscc", "its bars stand on the symbol".to_owned(), "move one".to_owned());
            }
        }
    }

    /// The symbol's place on the label.
    fn zone(&self, template: &Template, layout: &Layout<'_>, symbol: &Area, fault: &mut Say<'_>) {
        let (width, height) = (template.label.width.um(), template.label.height.um());
        // A dot is as near as the printer can place it.
        let slack = layout.pitch;
        let left = [symbol.x, symbol.y, width - symbol.right(), height - symbol.below()]
            .into_iter()
            .fold(f32::INFINITY, f32::min);
        let modules = left / layout.module;
        if (left + slack) / layout.module < QUIET_ZONE as f32 {
            fault(
                "quiet_zone",
                format!(
                    "between the symbol and the edge of the label are {:.1} modules ({:.2} mm)",
                    modules.max(0.0),
                    left.max(0.0) / 1_000.0
                ),
                format!(
                    "leave {QUIET_ZONE} modules ({:.2} mm) on each side: make the label larger, \
                     or the module smaller",
                    QUIET_ZONE as f32 * layout.module / 1_000.0
                ),
            );
        } else if left + slack < EDGE_MIN {
            fault(
                "edge",
                format!("the symbol is {:.2} mm from the edge", left / 1_000.0),
                "leave 1 mm, since knives wander".to_owned(),
            );
        }
    }

    fn line(
        &self,
        at: usize,
        line: &Line,
        layout: &Layout<'_>,
        symbol: &Area,
        fault: &mut Say<'_>,
    ) {
        let which = format!("line {} ({:?})", at + 1, line.text);
        let text = match self.words.fill(&line.text) {
            Ok(text) => text,
            Err(name) => {
                return fault(
                    "text",
                    format!("{which} names {{{name}}}, which labels have not"),
                    "write serial, number, product, enterprise, batch, lot, made, expires, layer \
                     or sscc in braces"
                        .to_owned(),
                );
            }
        };
        let style = style_of(line);
        for fault_of in missing(style, &text) {
            fault("text", format!("{which} {}", fault_of.0), fault_of.1);
        }
        let points = fitting(style, &text, line.points.points(), line.width.um());
        if points + 0.01 < POINTS_MIN {
            fault(
                "text",
                format!(
                    "{which} would have {points:.1} points to fit {} with {text:?}",
                    line.width
                ),
                format!("give it more width or fewer words: {POINTS_MIN} points can be read"),
            );
        }
        // What the line takes up, however short its text.
        let size = em(line.points.points());
        let room = Area::new(line.x.um(), line.y.um() - 0.8 * size, line.width.um(), size);
        if room.meets(&quiet(symbol, layout.module)) {
            fault(
                "text",
                format!("{which} stands on the symbol or its quiet zone"),
                format!(
                    "keep {} to {} mm from the upper edge free, or make the module smaller",
                    mm(quiet(symbol, layout.module).y),
                    mm(quiet(symbol, layout.module).below())
                ),
            );
        }
        inside(&which, &room, layout.template, fault);
    }
}

type Say<'a> = dyn FnMut(&'static str, String, String) + 'a;

fn mm(um: f32) -> String {
    format!("{:.2}", um / 1_000.0)
}

fn module(printer: &Printer, dots: u32, fault: &mut Say<'_>) {
    let real = printer.um(dots);
    if real >= MODULE_UM_MIN as f32 {
        return;
    }
    fault(
        "module",
        format!(
            "{dots} whole dots of {printer} are {} mm, under {} mm",
            mm(real),
            f64::from(MODULE_UM_MIN) / 1_000.0
        ),
        format!(
            "take {:.3} mm ({} dots) or more",
            printer.um(printer.dots_min()) / 1_000.0,
            printer.dots_min()
        ),
    );
}

/// Grade of contrast and of the share of a module that half a dot of growth at
/// each edge takes, whichever is worse.
pub(super) fn grade(dots: u32, contrast: f32) -> char {
    let by_contrast = match contrast {
        c if c >= 70.0 => 0,
        c if c >= 55.0 => 1,
        c if c >= 40.0 => 2,
        c if c >= 20.0 => 3,
        _ => 4,
    };
    let by_growth = match dots {
        5.. => 0,
        4 => 1,
        3 => 2,
        2 => 3,
        _ => 4,
    };
    ['A', 'B', 'C', 'D', 'F'][by_contrast.max(by_growth)]
}

fn colours(template: &Template, fault: &mut Say<'_>) {
    let seen = contrast(&template.ink, template.ground);
    if seen <= -5.0 {
        fault(
            "contrast",
            format!("the symbol is lighter than its ground ({:.0} %)", seen),
            "print dark on light: many readers cannot read it inverted".to_owned(),
        );
    } else if seen < CONTRAST_MIN {
        fault(
            "contrast",
            format!("symbol and ground differ by {:.0} %", seen.max(0.0)),
            format!("readers need {CONTRAST_MIN} %: take a darker ink or a lighter ground"),
        );
    }
    if let super::ink::Ink::Spot { spot, cmyk } = &template.ink {
        if spot.is_empty() || spot.len() > SPOT_NAME_MAX || spot.bytes().any(|b| b < b' ') {
            fault(
                "ink",
                format!("a spot colour has a name of 1 to {SPOT_NAME_MAX} bytes"),
                "write it as the press knows it, such as PANTONE 2945 C".to_owned(),
            );
        }
        if cmyk.iter().any(|part| *part > 100) {
            fault("ink", format!("cmyk is {cmyk:?}"), "write 0 to 100 per cent".to_owned());
        }
    }
}

/// Characters that cannot be set, by name, with what to do.
pub(super) fn missing(style: Style, text: &str) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let mut out = Vec::new();
    for c in text.chars().filter(|c| !style.has(*c)) {
        if seen.contains(&c) || out.len() == 5 {
            continue;
        }
        seen.push(c);
        let number = format!("U+{:04X}", u32::from(c));
        out.push(match u32::from(c) {
            0x0590..=0x08ff
            | 0x200e
            | 0x200f
            | 0x202a..=0x202e
            | 0x2066..=0x2069
            | 0xfb1d..=0xfdff
            | 0xfe70..=0xfeff => (
                format!("holds {number}, which is written from right to left"),
                "labels are set from left to right; write it in Chinese or Latin letters"
                    .to_owned(),
            ),
            _ if c.is_control() => {
                (format!("holds the control character {number}"), "take it out".to_owned())
            }
            _ => (
                format!("holds {c:?} ({number}), which the typeface has not"),
                "write it with characters of GBK or ASCII".to_owned(),
            ),
        });
    }
    out
}

fn table(columns: &Columns, caption: &Caption, fault: &mut Say<'_>) {
    if columns.encoding != Encoding::Gbk {
        return;
    }
    let headers = columns.columns.iter().map(|column| column.header.as_str());
    let expires = caption.expires_on.as_deref().unwrap_or_default();
    let told = [&caption.product, &caption.enterprise, &caption.lot, &caption.made_on];
    for text in headers.chain(told.map(String::as_str)).chain([expires]) {
        if let Err(problem) = Encoding::Gbk.encode(text) {
            let (problem, remedy) = problem.split_once("; ").unwrap_or((&problem, ""));
            fault("columns", problem.to_owned(), remedy.to_owned());
        }
    }
}
