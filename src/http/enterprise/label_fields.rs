//! The part of the order form that says what the labels are like.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::FieldError;
use crate::http::orders;
use crate::label::template::TEMPLATES;
use crate::label::{Kind, PRINTERS, Specification};
use crate::web::console::{self, Choice, Frame, LabelFields, Typed};

/// What the form sends of labels; texts, as people typed them.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
pub struct Labels {
    format: String,
    /// Layout of PDF, ZPL and sheets.
    template: String,
    /// A layout of the house's own in TOML; it goes before the other.
    own_template: String,
    /// Printer profile.
    printer: String,
    module_mm: String,
    codes: String,
    /// apart or together
    pairs: String,
    split: String,
    packing: String,
    drawing: String,
    columns: String,
    separator: String,
    encoding: String,
}

impl Labels {
    /// What the form begins with.
    pub(super) fn usual() -> Self {
        Self { format: Kind::Csv.name().to_owned(), ..Self::default() }
    }

    /// # Errors
    /// Naming the field that is wrong.
    pub(super) fn specification(
        &self,
        first: u64,
        count: u64,
    ) -> Result<Specification, FieldError> {
        let own = self.own_template.trim();
        // A text of one line is a name, which is not asked for here.
        let own_template = format!("{own}\n");
        let asked = orders::Asked {
            format: &self.format,
            template: if own.is_empty() { &self.template } else { &own_template },
            printer: &self.printer,
            module_mm: number("module_mm", &self.module_mm)?,
            codes: &self.codes,
            together: self.pairs == "together",
            split: number("split", &self.split)?,
            packing: &self.packing,
            drawing: &self.drawing,
            columns: &self.columns,
            separator: &self.separator,
            encoding: &self.encoding,
        };
        let named = |mut fault: FieldError| {
            if fault.field == "template" && !own.is_empty() {
                fault.field = "own_template".to_owned();
            }
            fault
        };
        asked.specification(first, count).map_err(named)
    }

    /// The fields as they are shown, of a batch of so many cases and pallets.
    pub(super) fn shown(
        &self,
        f: &Frame,
        faults: &[FieldError],
        (cases, pallets): (u64, u64),
    ) -> LabelFields {
        let typed = |name: &str, value: &str| Typed::of(name, value, faults, f.lang);
        let usual = f.t("按文件格式自动选择", "the usual one of the format");
        let mut templates = vec![("", usual)];
        templates.extend(TEMPLATES.map(|(name, _)| (name, console::template(name).of(f.lang))));
        let mut printers = vec![("", usual)];
        printers.extend(PRINTERS.map(|printer| (printer.name, printer.name)));
        let mut codes = vec![
            ("items", f.t("每件商品的全部标签", "all labels of each item")),
            ("outer", f.t("只要外码", "outer codes alone")),
            ("inner", f.t("只要内码", "inner codes alone")),
        ];
        if cases > 0 {
            codes.push(("cases", f.t("箱码", "case codes")));
        }
        if pallets > 0 {
            codes.push(("pallets", f.t("托盘码", "pallet codes")));
        }
        LabelFields {
            formats: choices(
                &Kind::ALL.map(|kind| (kind.name(), console::format(kind).of(f.lang))),
                &self.format,
            ),
            templates: choices(&templates, &self.template),
            template_error: typed("template", "").error,
            own_template: typed("own_template", &self.own_template),
            printers: choices(&printers, &self.printer),
            printer_error: typed("printer", "").error,
            module_mm: typed("module_mm", &self.module_mm),
            codes: choices(&codes, &self.codes),
            codes_error: typed("codes", "").error,
            pairs: choices(
                &[
                    ("apart", f.t("外码、内码各成一卷", "outer and inner on a roll each")),
                    ("together", f.t("一外一内，同卷交替", "inner behind outer, on one roll")),
                ],
                &self.pairs,
            ),
            pairs_error: typed("together", "").error,
            split: typed("split", &self.split),
            packings: choices(
                &[
                    ("", f.t("一码一个文件", "a file a symbol")),
                    ("zip", f.t("装入 ZIP", "in ZIP archives")),
                    ("sheets", f.t("整页图片", "pictures of whole pages")),
                ],
                &self.packing,
            ),
            packing_error: typed("packing", "").error,
            drawings: choices(
                &[
                    ("", f.t("由我们绘制，任何机型一致", "by us: the same on every printer")),
                    ("printer", f.t("由打印机绘制，文件小", "by the printer: small files")),
                ],
                &self.drawing,
            ),
            drawing_error: typed("drawing", "").error,
            columns: typed("columns", &self.columns),
            separators: choices(
                &[
                    ("", f.t("逗号", "comma")),
                    ("semicolon", f.t("分号", "semicolon")),
                    ("tab", f.t("制表符", "tab")),
                    ("pipe", f.t("竖线", "pipe")),
                ],
                &self.separator,
            ),
            separator_error: typed("separator", "").error,
            encodings: choices(
                &[
                    ("", "UTF-8"),
                    ("utf-8-bom", f.t("UTF-8，带 BOM（Excel）", "UTF-8 with BOM (Excel)")),
                    ("gbk", "GBK"),
                ],
                &self.encoding,
            ),
            encoding_error: typed("encoding", "").error,
            // What differs from the usual is not to be overlooked.
            open: [
                &self.own_template,
                &self.module_mm,
                &self.split,
                &self.packing,
                &self.drawing,
                &self.columns,
                &self.separator,
                &self.encoding,
            ]
            .iter()
            .any(|text| !text.is_empty()),
        }
    }
}

/// Fields of this part, whose faults stand beside them.
pub(super) const SHOWN: [&str; 12] = [
    "template",
    "own_template",
    "printer",
    "module_mm",
    "codes",
    "together",
    "split",
    "packing",
    "drawing",
    "columns",
    "separator",
    "encoding",
];

fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>, FieldError> {
    let text = text.trim();
    let wrong = |_| FieldError::new(field, format!("{text:?} is no number"), "write one");
    Some(text).filter(|text| !text.is_empty()).map(|text| text.parse().map_err(wrong)).transpose()
}

fn choices(named: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, text): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        text: (*text).to_owned(),
        chosen: *value == chosen,
    };
    named.iter().map(choice).collect()
}
