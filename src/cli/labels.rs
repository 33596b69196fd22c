//! What both ways of making labels ask: kind, template, printer and how the
//! files are cut.

use std::path::Path;

use clap::Args;

use super::Failure;
use crate::label::template::{Mm, TEMPLATE_BYTES_MAX, Template, builtin};
use crate::label::{
    Codes, Column, Drawing, Encoding, Form, Kind, Packing, Pairs, Printer, Separator, Specification,
};

#[derive(Args)]
pub(crate) struct Labels {
    /// csv, svg, png, pdf or zpl
    #[arg(long, value_name = "FORMAT")]
    format: Kind,
    /// Layout of PDF, ZPL and sheets: one that comes with zhenma, or a TOML file; see `zhenma label templates`
    #[arg(long, value_name = "NAME|FILE")]
    template: Option<String>,
    /// Printer profile, whose whole dots make a module; see `zhenma label printers`
    #[arg(long, value_name = "PROFILE")]
    printer: Option<Printer>,
    /// Millimetres a module, 0.255 to 2; it becomes whole dots of the printer [default: 0.5, or the template's]
    #[arg(long, value_name = "MM")]
    module_mm: Option<f64>,
    /// Whose codes: items (all that an item has), outer, inner or cases
    #[arg(long, value_name = "CODES", default_value = "items")]
    codes: Codes,
    /// Inner labels follow their outer ones in one file, instead of a file for each in the same order
    #[arg(long)]
    together: bool,
    /// Items in one file
    #[arg(long, value_name = "ITEMS")]
    split: Option<u64>,
    /// Pictures in ZIP archives of --split items [default: 50000]
    #[arg(long, conflicts_with = "sheets")]
    zip: bool,
    /// Pictures of whole pages of a template, instead of one a symbol
    #[arg(long)]
    sheets: bool,
    /// The printer's firmware draws symbol and numbers (ZPL `^BQ`), instead of us
    #[arg(long)]
    firmware: bool,
    /// Columns of a CSV, such as number,url or 二维码=url with a header of your own
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<Column>,
    /// comma, semicolon, tab or pipe [default: comma]
    #[arg(long, value_name = "SEPARATOR")]
    separator: Option<Separator>,
    /// utf-8, utf-8-bom or gbk [default: utf-8]
    #[arg(long, value_name = "ENCODING")]
    encoding: Option<Encoding>,
}

/// Items in an archive unless it is said.
const ZIP_ITEMS: u64 = 50_000;

impl Labels {
    /// The specification of `count` items from `first`.
    pub(crate) fn specification(&self, first: u64, count: u64) -> Result<Specification, Failure> {
        let mut spec = Specification::new(self.format, first, count);
        spec.codes = self.codes;
        spec.pairs = if self.together { Pairs::Together } else { Pairs::Apart };
        spec.printer = self.printer;
        self.unused()?;
        let module = self.module()?;
        let mut template = match &self.template {
            Some(name) => Some(read(name)?),
            None if self.sheets => Some(builtin("a4-35").map_err(Failure)?),
            None => spec.template().cloned(),
        };
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
                form.drawing = if self.firmware { Drawing::Printer } else { Drawing::Graphic };
            }
            (Form::Csv(form), _) => {
                form.columns.clone_from(&self.columns);
                form.separator = self.separator.unwrap_or_default();
                form.encoding = self.encoding.unwrap_or_default();
                form.items_a_file = self.split;
            }
            (Form::Svg(form) | Form::Png(form), template) => {
                form.module = module.unwrap_or(form.module);
                form.packing = match template {
                    Some(template) if self.sheets => Packing::Sheets(Box::new(template)),
                    _ if self.zip => Packing::Zip(self.split.unwrap_or(ZIP_ITEMS)),
                    _ => Packing::Files,
                };
            }
            (Form::Pdf(_) | Form::Zpl(_), None) => {}
        }
        Ok(spec)
    }

    /// Refuses what the kind does not read.
    fn unused(&self) -> Result<(), Failure> {
        let pictures = matches!(self.format, Kind::Svg | Kind::Png);
        let pages = matches!(self.format, Kind::Pdf | Kind::Zpl) || self.sheets;
        let table = self.format == Kind::Csv;
        for (given, good, name, what) in [
            (self.template.is_some(), pages, "template", "pdf, zpl, and svg or png with --sheets"),
            (self.module_mm.is_some(), !table, "module-mm", "svg, png, pdf and zpl"),
            (self.printer.is_some(), !table, "printer", "svg, png, pdf and zpl"),
            (self.zip, pictures, "zip", "svg and png"),
            (self.sheets, pictures, "sheets", "svg and png"),
            (self.firmware, self.format == Kind::Zpl, "firmware", "zpl"),
            (self.together, pages, "together", "pdf and zpl"),
            (!self.columns.is_empty(), table, "columns", "csv"),
            (self.separator.is_some(), table, "separator", "csv"),
            (self.encoding.is_some(), table, "encoding", "csv"),
            (
                self.split.is_some(),
                table || self.zip || matches!(self.format, Kind::Pdf | Kind::Zpl),
                "split",
                "csv, pdf, zpl, and svg or png with --zip",
            ),
        ] {
            if given && !good {
                return Err(Failure(format!("{name}: is for {what}, not for {}", self.format)));
            }
        }
        Ok(())
    }

    fn module(&self) -> Result<Option<Mm>, Failure> {
        self.module_mm
            .map(|mm| {
                // Preflight tells one that is too small, with the dots that it makes.
                (0.01..=2.0).contains(&mm).then(|| Mm((mm * 1_000.0).round() as u32)).ok_or_else(
                    || Failure(format!("module-mm: a module has 0.255 to 2 mm, not {mm}")),
                )
            })
            .transpose()
    }
}

/// A template of ours, or of a file.
fn read(name: &str) -> Result<Template, Failure> {
    if !name.contains(['/', '.']) {
        return builtin(name).map_err(Failure);
    }
    let told = |e: std::io::Error| Failure(format!("template: {name}: {e}"));
    let size = std::fs::metadata(Path::new(name)).map_err(told)?.len();
    if size > TEMPLATE_BYTES_MAX as u64 {
        return Err(Failure(format!("template: {name}: longer than {TEMPLATE_BYTES_MAX} bytes")));
    }
    Template::from_toml(&std::fs::read_to_string(name).map_err(told)?).map_err(Failure)
}
