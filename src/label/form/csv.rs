//! The table of codes (RFC 4180, with a header row): for printers that draw
//! their own symbols.

use std::io::{BufReader, Read, Write as _};
use std::ops::Range;
use std::str::FromStr;

use csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};
use encoding_rs::GBK;
use serde::{Deserialize, Serialize};

use super::{LabelFile, Piece, numbered};
use crate::base::is_a_formula;
use crate::code::Layer;
use crate::label::folder::Folder;
use crate::label::issue::IssueError;
use crate::label::reread::{Sample, missing, same};
use crate::label::source::{Item, Source, in_turn};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Number,
    Serial,
    /// The bare code of 122 characters.
    Text,
    Url,
    InnerSerial,
    InnerText,
    InnerUrl,
    Sscc,
    Product,
    Enterprise,
    Batch,
    Lot,
    Made,
    Expires,
}

impl Field {
    pub const ALL: [Self; 14] = [
        Self::Number,
        Self::Serial,
        Self::Text,
        Self::Url,
        Self::InnerSerial,
        Self::InnerText,
        Self::InnerUrl,
        Self::Sscc,
        Self::Product,
        Self::Enterprise,
        Self::Batch,
        Self::Lot,
        Self::Made,
        Self::Expires,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Serial => "serial",
            Self::Text => "text",
            Self::Url => "url",
            Self::InnerSerial => "inner_serial",
            Self::InnerText => "inner_text",
            Self::InnerUrl => "inner_url",
            Self::Sscc => "sscc",
            Self::Product => "product",
            Self::Enterprise => "enterprise",
            Self::Batch => "batch",
            Self::Lot => "lot",
            Self::Made => "made",
            Self::Expires => "expires",
        }
    }

    const fn is_inner(self) -> bool {
        matches!(self, Self::InnerSerial | Self::InnerText | Self::InnerUrl)
    }

    fn of(self, item: &Item) -> String {
        let caption = &item.caption;
        let code = item.codes.get(usize::from(self.is_inner()));
        let told = |tell: fn(&crate::label::Minted) -> String| code.map(tell).unwrap_or_default();
        match self {
            Self::Number => item.number.to_string(),
            Self::Serial | Self::InnerSerial => told(|code| code.payload.serial_text()),
            Self::Text | Self::InnerText => told(|code| code.text.clone()),
            Self::Url | Self::InnerUrl => told(|code| code.url.clone()),
            Self::Sscc => item.sscc.clone().unwrap_or_default(),
            Self::Product => caption.product.clone(),
            Self::Enterprise => caption.enterprise.clone(),
            Self::Batch => caption.batch.clone(),
            Self::Lot => caption.lot.clone(),
            Self::Made => caption.made_on.clone(),
            Self::Expires => caption.expires_on.clone().unwrap_or_default(),
        }
    }
}

impl FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|field| field.name() == text).ok_or_else(|| {
            format!("columns: there is no {text:?}; take {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// A column and what its header says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub field: Field,
    pub header: String,
}

impl FromStr for Column {
    type Err = String;

    /// `url`, or `二维码=url` with a header of one's own.
    fn from_str(text: &str) -> Result<Self, String> {
        let (header, field) = text.split_once('=').unwrap_or((text, text));
        if is_a_formula(header.trim()) {
            return Err(format!("columns: {header:?} begins like a spreadsheet's formula"));
        }
        Ok(Self { field: field.trim().parse()?, header: header.trim().to_owned() })
    }
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Separator {
    #[default]
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl Separator {
    const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

impl FromStr for Separator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "comma" | "," => Ok(Self::Comma),
            "semicolon" | ";" => Ok(Self::Semicolon),
            "tab" | "\t" => Ok(Self::Tab),
            "pipe" | "|" => Ok(Self::Pipe),
            _ => Err(format!("separator: write comma, semicolon, tab or pipe, not {text:?}")),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    #[default]
    Utf8,
    /// With the mark by which spreadsheets know it.
    Utf8Bom,
    Gbk,
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "utf-8" => Ok(Self::Utf8),
            "utf-8-bom" => Ok(Self::Utf8Bom),
            "gbk" => Ok(Self::Gbk),
            _ => Err(format!("encoding: write utf-8, utf-8-bom or gbk, not {text:?}")),
        }
    }
}

impl Encoding {
    /// # Errors
    /// Naming a character that GBK has not.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        if self != Self::Gbk {
            return Ok(text.as_bytes().to_vec());
        }
        let (bytes, _, lost) = GBK.encode(text);
        if !lost {
            return Ok(bytes.into_owned());
        }
        let missing = text.chars().find(|c| GBK.encode(c.encode_utf8(&mut [0; 4])).2);
        let c = missing.unwrap_or_default();
        Err(format!(
            "encoding: GBK has no {c:?} (U+{:04X}); take utf-8, or write it otherwise",
            u32::from(c)
        ))
    }
}

/// A table's columns and how it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// None: `number,serial,text,url`, and the same of the inner code behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    #[serde(default)]
    pub separator: Separator,
    #[serde(default)]
    pub encoding: Encoding,
    /// One file unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_a_file: Option<u64>,
}

impl Columns {
    fn columns(&self, layers: &[Layer]) -> Vec<Column> {
        if !self.columns.is_empty() {
            return self.columns.clone();
        }
        let mut fields = vec![Field::Number, Field::Serial, Field::Text, Field::Url];
        match layers {
            [_, _] => fields.extend([Field::InnerSerial, Field::InnerText, Field::InnerUrl]),
            [Layer::Case | Layer::Pallet] => fields.push(Field::Sscc),
            _ => {}
        }
        let header = |field: Field| field.name().to_owned();
        fields.into_iter().map(|field| Column { field, header: header(field) }).collect()
    }
}

pub(super) fn table(form: &Columns, layers: &[Layer]) -> Box<dyn LabelFile> {
    let table = Table { columns: form.columns(layers), form: form.clone() };
    match form.items_a_file {
        None => Box::new(table),
        Some(items) => Box::new(Parts { table, items }),
    }
}

struct Table {
    columns: Vec<Column>,
    form: Columns,
}

impl Table {
    fn row(&self, cells: impl Iterator<Item = String>) -> Result<Vec<u8>, IssueError> {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .delimiter(self.form.separator.byte())
            .from_writer(Vec::new());
        writer.write_record(cells.collect::<Vec<_>>()).expect("memory takes rows of one length");
        let row = writer.into_inner().expect("memory takes what is written");
        let Encoding::Gbk = self.form.encoding else { return Ok(row) };
        let text = String::from_utf8(row).expect("cells are texts");
        self.form.encoding.encode(&text).map_err(IssueError::Specification)
    }

    fn item(&self, item: &Item) -> Result<Vec<u8>, IssueError> {
        self.row(self.columns.iter().map(|column| column.field.of(item)))
    }

    /// Reads the rows of `sample` in a table that begins with those of its
    /// piece.
    fn reread(&self, path: &str, rows: impl Read, sample: &Sample<'_>) -> Result<(), IssueError> {
        let mut rows = ReaderBuilder::new()
            .delimiter(self.form.separator.byte())
            .has_headers(false)
            .flexible(true)
            .from_reader(rows);
        let (mut row, mut next) = (ByteRecord::new(), 0);
        for (at, item) in &sample.items {
            while next <= *at {
                match rows.read_byte_record(&mut row) {
                    Ok(true) => next += 1,
                    _ => return Err(missing(path, item.number)),
                }
            }
            for (place, column) in self.columns.iter().enumerate() {
                let read = String::from_utf8_lossy(row.get(place).unwrap_or_default()).into_owned();
                let read = match self.form.encoding {
                    Encoding::Gbk => GBK.decode(row.get(place).unwrap_or_default()).0.into_owned(),
                    _ => read,
                };
                same(path, item.number, &column.field.of(item), Ok(read))?;
            }
        }
        Ok(())
    }
}

impl LabelFile for Table {
    fn stream(&self) -> &'static str {
        "labels.csv"
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        if self.form.encoding == Encoding::Utf8Bom {
            head.extend("\u{feff}".as_bytes());
        }
        // Preflight refuses headers that cannot be written.
        head.extend(self.row(self.columns.iter().map(|c| c.header.clone())).unwrap_or_default());
        head
    }

    fn piece(&self) -> u64 {
        500
    }

    fn render(&self, source: &dyn Source, places: Range<u64>, _: &Folder) -> Piece {
        let mut rows = Vec::new();
        in_turn(source, places, |item| {
            rows.extend(self.item(item)?);
            Ok(())
        })?;
        Ok(rows)
    }

    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError> {
        Self::reread(self, self.stream(), sample.stream.as_slice(), sample)
    }
}

/// The same in files of so many rows.
struct Parts {
    table: Table,
    items: u64,
}

impl Parts {
    fn path(&self, place: u64) -> String {
        numbered(&("table", Vec::new()), place / self.items, "labels", "csv")
    }
}

impl LabelFile for Parts {
    fn piece(&self) -> u64 {
        self.items
    }

    fn render(&self, source: &dyn Source, places: Range<u64>, folder: &Folder) -> Piece {
        let path = self.path(places.start);
        folder.part(&path, &mut |file| {
            file.write_all(&self.table.head()).map_err(|e| IssueError::io(&path, e))?;
            in_turn(source, places.clone(), |item| {
                let row = self.table.item(item)?;
                file.write_all(&row).map_err(|e| IssueError::io(&path, e))
            })
        })
    }

    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError> {
        let path = self.path(sample.places.start);
        let mut file = BufReader::new(sample.folder.file(&path)?);
        let mut head = vec![0; self.table.head().len()];
        file.read_exact(&mut head).map_err(|e| IssueError::io(&path, e))?;
        self.table.reread(&path, file, sample)
    }
}
