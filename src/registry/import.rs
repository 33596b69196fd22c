//! Files of enterprises, products or batches: CSV (RFC 4180) or JSON Lines.
//! Each row is checked; all go in, or none does.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::base::FieldError;
use crate::base::limits::{IMPORT_BYTES_MAX, IMPORT_ROWS_MAX};
use crate::registry::fields::{BATCH_FIELDS, ENTERPRISE_FIELDS, Fields, PRODUCT_FIELDS};

/// Columns of a table; far more than any kind has.
const COLUMNS_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    Enterprises,
    Products,
    Batches,
}

impl ImportKind {
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Enterprises => &ENTERPRISE_FIELDS,
            Self::Products => &PRODUCT_FIELDS,
            Self::Batches => &BATCH_FIELDS,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    Csv,
    JsonLines,
}

/// Faults that are looked for; more tell nobody more.
const FAULTS_MAX: usize = 1_000;

/// Rows with their physical lines.
pub type Rows = Vec<(u64, Fields)>;

fn fault(field: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError::new(field, problem, remedy)]
}

/// Takes a file apart into rows.
///
/// # Errors
/// Every line whose form is wrong.
pub fn rows(kind: ImportKind, format: ImportFormat, bytes: &[u8]) -> Result<Rows, Vec<FieldError>> {
    rows_of(kind.fields(), format, bytes)
}

/// The same of objects that have these fields.
///
/// # Errors
/// Every line whose form is wrong.
pub fn rows_of(
    known: &'static [&'static str],
    format: ImportFormat,
    bytes: &[u8],
) -> Result<Rows, Vec<FieldError>> {
    if bytes.len() > IMPORT_BYTES_MAX {
        return Err(fault(
            "file",
            format!("has {} bytes", bytes.len()),
            format!("import at most {IMPORT_BYTES_MAX} bytes at once"),
        ));
    }
    let text = text_of(bytes)?;
    let rows = match format {
        ImportFormat::Csv => csv_rows(known, &text)?,
        ImportFormat::JsonLines => json_rows(&text)?,
    };
    if rows.is_empty() {
        return Err(fault("file", "has no rows", "write one object a line"));
    }
    Ok(rows)
}

/// UTF-8, a byte-order mark dropped. Chinese spreadsheets save GBK unless told
/// otherwise, which is worth a word of its own.
fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, Vec<FieldError>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() as u64 + 1;
        let (_, _, broken) = encoding_rs::GBK.decode(bytes);
        let (problem, remedy) = if broken {
            ("is not UTF-8", "save the file as UTF-8")
        } else {
            (
                "is not UTF-8 but looks like GBK",
                "save as \"CSV UTF-8\", or convert: iconv -f GBK -t UTF-8",
            )
        };
        vec![FieldError::new("file", problem, remedy).at_line(line)]
    })
}

fn csv_rows(known: &[&str], text: &str) -> Result<Rows, Vec<FieldError>> {
    // The header is looked at before the reader is given the file: a million
    // columns are refused without being taken apart.
    let header = text.lines().next().unwrap_or_default();
    if header.matches(',').count() >= COLUMNS_MAX {
        return Err(fault("header", "has too many columns", columns(known)));
    }
    let mut reader =
        ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text.as_bytes());
    let header =
        reader.headers().map_err(|e| fault("header", e.to_string(), columns(known)))?.clone();
    check_header(known, &header)?;
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    let mut lines = Lines::of(text);
    for record in reader.records() {
        if errors.len() >= FAULTS_MAX {
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = lines.at(error.position());
                errors.push(FieldError::new("row", error.to_string(), "mend it").at_line(line));
                continue;
            }
        };
        let line = lines.at(record.position());
        if record.len() != header.len() {
            errors.push(
                FieldError::new(
                    "row",
                    format!("has {} cells where the header has {}", record.len(), header.len()),
                    "look for a missing comma or an open quote",
                )
                .at_line(line),
            );
            continue;
        }
        if rows.len() >= IMPORT_ROWS_MAX {
            errors.push(too_many(line));
            break;
        }
        let mut fields = Fields::default();
        for (name, cell) in header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            fields.set(name, cell.to_owned());
        }
        rows.push((line, fields));
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// Physical lines by byte. The reader's own count is one short in files whose
/// lines end in CR LF: it takes a record to begin at the LF before it.
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    const fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes(), counted: 0, line: 1 }
    }

    /// The line on which a record begins; asked in the order of the file.
    fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let byte = position.and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(0);
        let from = byte.clamp(self.counted, self.text.len());
        let blank = self.text[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let until = from + blank;
        let breaks = self.text[self.counted..until].iter().filter(|b| **b == b'\n').count();
        (self.counted, self.line) = (until, self.line + breaks as u64);
        self.line
    }
}

fn columns(known: &[&str]) -> String {
    format!("the columns are {}", known.join(","))
}

fn too_many(line: u64) -> FieldError {
    FieldError::new("file", "has too many rows", format!("import {IMPORT_ROWS_MAX} at once"))
        .at_line(line)
}

fn check_header(known: &[&str], header: &StringRecord) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    for (i, name) in header.iter().enumerate() {
        let problem = if !known.contains(&name) {
            format!("column {name:?} is not known")
        } else if header.iter().take(i).any(|earlier| earlier == name) {
            format!("column {name:?} stands twice")
        } else {
            continue;
        };
        errors.push(FieldError::new("header", problem, columns(known)).at_line(1));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn json_rows(text: &str) -> Result<Rows, Vec<FieldError>> {
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        if rows.len() >= IMPORT_ROWS_MAX {
            errors.push(too_many(line));
            break;
        }
        if errors.len() >= FAULTS_MAX {
            break;
        }
        match serde_json::from_str::<Fields>(text) {
            Ok(fields) => rows.push((line, fields)),
            Err(error) => errors.push(
                FieldError::new("line", error.to_string(), "write one JSON object").at_line(line),
            ),
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}
