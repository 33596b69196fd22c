//! What somebody asks of labels, option by option, whether in the shell,
//! through the API or in a form: what is left out becomes what most people
//! want of the kind.

use std::str::FromStr;

use super::choices::{Codes, Drawing, Kind, Pairs};
use super::form::csv::{Column, Encoding, Separator};
use super::order::{Form, Packing, Specification};
use super::printer::{MODULE_UM_MAX, Printer};
use super::template::{Mm, Template, builtin};
use crate::base::FieldError;

/// Items in an archive unless it is said.
const ZIP_ITEMS: u64 = 50_000;

/// How pictures are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packed {
    #[default]
    Files,
    Zip,
    Sheets,
}

impl FromStr for Packed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "files" => Ok(Self::Files),
            "zip" => Ok(Self::Zip),
            "sheets" => Ok(Self::Sheets),
            _ => Err(format!("write files, zip or sheets, not {text:?}")),
        }
    }
}

/// Options of labels; `None`, `false` and what is empty were not given.
#[derive(Clone, Debug)]
pub struct Wish {
    pub format: Kind,
    pub template: Option<Template>,
    pub printer: Option<Printer>,
    /// Millimetres.
    pub module_mm: Option<f64>,
    pub codes: Codes,
    /// Inner labels follow their outer ones in one file.
    pub together: bool,
    /// Items in one file.
    pub split: Option<u64>,
    pub packing: Packed,
    pub drawing: Drawing,
    pub columns: Vec<Column>,
    pub separator: Option<Separator>,
    pub encoding: Option<Encoding>,
}

impl Wish {
    pub fn of(format: Kind) -> Self {
        Self {
            format,
            template: None,
            printer: None,
            module_mm: None,
            codes: Codes::default(),
            together: false,
            split: None,
            packing: Packed::default(),
            drawing: Drawing::default(),
            columns: Vec::new(),
            separator: None,
            encoding: None,
        }
    }

    /// The specification of `count` items from number `first`.
    ///
    /// # Errors
    /// Naming an option that the kind does not read, or a module out of
    /// bounds.
    pub fn specification(self, first: u64, count: u64) -> Result<Specification, FieldError> {
        self.read_by_its_kind()?;
        let mut spec = Specification::new(self.format, first, count);
        spec.codes = self.codes;
        spec.pairs = if self.together { Pairs::Together } else { Pairs::Apart };
        spec.printer = self.printer;
        let module = self.module_mm.map(module).transpose()?;
        let usual = || match self.packing {
            Packed::Sheets => builtin("a4-35").ok(),
            Packed::Files | Packed::Zip => spec.template().cloned(),
        };
        let mut template = self.template.or_else(usual);
        if let (Some(template), Some(module)) = (&mut template, module) {
            template.symbol.module = module;
        }
        match (&mut spec.form, template) {
            (Form::Pdf(form), Some(template)) => {
                *form.template = template;
                form.items_a_file = self.split.unwrap_or(form.items_a_file);
            }
            (Form::Zpl(form), Some(template)) => {
                *form.template = template;
                form.items_a_file = self.split.unwrap_or(form.items_a_file);
                form.drawing = self.drawing;
            }
            (Form::Csv(form), _) => {
                form.columns = self.columns;
                form.separator = self.separator.unwrap_or_default();
                form.encoding = self.encoding.unwrap_or_default();
                form.items_a_file = self.split;
            }
            (Form::Svg(form) | Form::Png(form), template) => {
                form.module = module.unwrap_or(form.module);
                form.packing = match (self.packing, template) {
                    (Packed::Sheets, Some(template)) => Packing::Sheets(Box::new(template)),
                    (Packed::Zip, _) => Packing::Zip(self.split.unwrap_or(ZIP_ITEMS)),
                    _ => Packing::Files,
                };
            }
            (Form::Pdf(_) | Form::Zpl(_), None) => {}
        }
        Ok(spec)
    }

    /// Refuses what the kind would not look at: whoever gave it expects
    /// something of it.
    fn read_by_its_kind(&self) -> Result<(), FieldError> {
        let table = self.format == Kind::Csv;
        let pictures = matches!(self.format, Kind::Svg | Kind::Png);
        let pages = matches!(self.format, Kind::Pdf | Kind::Zpl);
        let sheets = self.packing == Packed::Sheets;
        let drawn = "svg, png, pdf and zpl";
        let laid_out = "pdf, zpl, and svg or png as sheets";
        for (given, good, field, what) in [
            (self.template.is_some(), pages || sheets, "template", laid_out),
            (self.module_mm.is_some(), !table, "module_mm", drawn),
            (self.printer.is_some(), !table, "printer", drawn),
            (self.packing != Packed::Files, pictures, "packing", "svg and png"),
            (self.drawing != Drawing::Graphic, self.format == Kind::Zpl, "drawing", "zpl"),
            (self.together, pages || sheets, "together", laid_out),
            (!self.columns.is_empty(), table, "columns", "csv"),
            (self.separator.is_some(), table, "separator", "csv"),
            (self.encoding.is_some(), table, "encoding", "csv"),
            (
                self.split.is_some(),
                table || pages || self.packing == Packed::Zip,
                "split",
                "csv, pdf, zpl, and svg or png as zip",
            ),
        ] {
            if given && !good {
                let problem = format!("is for {what}, not for {}", self.format);
                return Err(FieldError::new(field, problem, "leave it out"));
            }
        }
        Ok(())
    }
}

/// A length that preflight may yet find too small, with the dots that it
/// makes.
fn module(mm: f64) -> Result<Mm, FieldError> {
    let um = (mm * 1_000.0).round();
    if (10.0..=f64::from(MODULE_UM_MAX)).contains(&um) {
        return Ok(Mm(um as u32));
    }
    let problem = format!("a module has 0.255 to 2 mm, not {mm}");
    Err(FieldError::new("module_mm", problem, "take 0.5 if in doubt"))
}
