//! What both ways of making labels ask: kind, template, printer and how the
//! files are cut.

use std::path::Path;

use clap::Args;

use super::Failure;
use crate::label::template::{TEMPLATE_BYTES_MAX, Template, builtin};
use crate::label::{
    Codes, Column, Drawing, Encoding, Kind, Packed, Printer, Separator, Specification, Wish,
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
    /// Whose codes: items (all that an item has), outer, inner, cases or pallets
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

impl Labels {
    /// The specification of `count` items from `first`.
    pub(crate) fn specification(&self, first: u64, count: u64) -> Result<Specification, Failure> {
        let wish = Wish {
            template: self.template.as_deref().map(read).transpose()?,
            printer: self.printer,
            module_mm: self.module_mm,
            codes: self.codes,
            together: self.together,
            split: self.split,
            packing: match (self.zip, self.sheets) {
                (true, _) => Packed::Zip,
                (_, true) => Packed::Sheets,
                _ => Packed::Files,
            },
            drawing: if self.firmware { Drawing::Printer } else { Drawing::Graphic },
            columns: self.columns.clone(),
            separator: self.separator,
            encoding: self.encoding,
            ..Wish::of(self.format)
        };
        wish.specification(first, count).map_err(|fault| Failure(fault.to_string()))
    }
}

/// A template of ours, or of a file.
fn read(name: &str) -> Result<Template, Failure> {
    let told = |problem: String| Failure(format!("template: {name}: {problem}"));
    if !name.contains(['/', '.']) {
        return builtin(name).map_err(told);
    }
    let size = std::fs::metadata(Path::new(name)).map_err(|e| told(e.to_string()))?.len();
    if size > TEMPLATE_BYTES_MAX as u64 {
        return Err(told(format!("longer than {TEMPLATE_BYTES_MAX} bytes")));
    }
    let text = std::fs::read_to_string(name).map_err(|e| told(e.to_string()))?;
    Template::from_toml(&text).map_err(told)
}
