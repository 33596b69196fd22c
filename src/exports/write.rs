//! Rows as bytes.
//!
//! CSV is RFC 4180. A text that a spreadsheet would take for a formula (it
//! begins with `= + - @`, their full-width forms, a tab or a line's end) gets an
//! apostrophe before it: registration refuses such names, but a dealer's name of
//! an older day or a login from elsewhere may still be one, and whoever opens
//! the file must not run it. JSON Lines has every text as it is. Files for
//! people begin with a byte order mark: without it Excel on a Chinese Windows
//! reads UTF-8 as GBK and every name is broken. Programs get none.
//!
//! Instants are RFC 3339 in UTC.

use serde_json::{Map, Value};

use super::table::Cell;
use crate::base::is_a_formula;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With a byte order mark, for people with Excel, or without.
    Csv {
        marked: bool,
    },
    JsonLines,
}

impl Format {
    pub const fn media(self) -> &'static str {
        match self {
            Self::Csv { .. } => "text/csv; charset=utf-8",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv { .. } => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    /// What stands before the first row.
    pub fn head(self, columns: &[&str]) -> Vec<u8> {
        let Self::Csv { marked } = self else { return Vec::new() };
        let mut out = if marked { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        out.extend(line(columns.iter().map(|name| (*name).to_owned())));
        out
    }

    /// Each row has a cell for every column.
    pub fn rows(self, columns: &[&str], rows: Vec<Vec<Cell>>) -> Vec<u8> {
        let mut out = Vec::new();
        for mut row in rows {
            let whole = match row.pop_if(|cell| matches!(cell, Cell::Whole(_))) {
                Some(Cell::Whole(object)) => Some(object),
                _ => None,
            };
            match self {
                Self::Csv { .. } => out.extend(line(row.into_iter().map(in_csv))),
                Self::JsonLines => {
                    let names = columns.iter().map(|name| (*name).to_owned());
                    let object = || names.zip(row.into_iter().map(in_json)).collect::<Map<_, _>>();
                    let text = whole.unwrap_or_else(|| Value::Object(object()).to_string());
                    out.extend(text.into_bytes());
                    out.push(b'\n');
                }
            }
        }
        out
    }
}

fn line(cells: impl Iterator<Item = String>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.map(String::into_bytes)).expect("memory takes all");
    writer.into_inner().expect("memory takes all")
}

fn in_csv(cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) if is_a_formula(&text) => format!("'{text}"),
        Cell::Text(text) | Cell::Whole(text) => text,
        Cell::Number(number) => number.to_string(),
        Cell::Instant(at) => at.rfc3339(),
    }
}

fn in_json(cell: Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) | Cell::Whole(text) => text.into(),
        Cell::Number(number) => number.into(),
        Cell::Instant(at) => at.rfc3339().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMs;
    use crate::exports::Kind;

    fn person(name: &str) -> Vec<Vec<Cell>> {
        vec![vec![
            Cell::text("wang"),
            Cell::text(name),
            Cell::text("owner"),
            Cell::Instant(UnixMs(0)),
            Cell::Empty,
        ]]
    }

    fn csv(name: &str) -> String {
        let bytes = Format::Csv { marked: false }.rows(Kind::People.columns(), person(name));
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn no_cell_of_any_table_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠a"] {
            for kind in Kind::ALL {
                let columns = kind.columns();
                let cells = || columns.iter().map(|_| Cell::text(formula)).collect();
                let table = Format::Csv { marked: false }.rows(columns, vec![cells()]);
                let mut read = csv::ReaderBuilder::new().has_headers(false).from_reader(&*table);
                let row = read.records().next().expect("a row").expect("a row");
                assert_eq!(row.len(), columns.len());
                assert!(row.iter().all(|cell| cell == format!("'{formula}")), "{}", kind.slug());
                let lines = Format::JsonLines.rows(columns, vec![cells()]);
                let object: Value = serde_json::from_slice(&lines).expect("JSON");
                assert!(columns.iter().all(|name| object[*name] == formula));
            }
        }
    }

    #[test]
    fn a_row_that_has_a_form_of_its_own_keeps_it_in_json_alone() {
        let row = || vec![vec![Cell::text("wang"), Cell::Whole("{\"a\":1}".to_owned())]];
        assert_eq!(Format::JsonLines.rows(Kind::People.columns(), row()), b"{\"a\":1}\n");
        assert_eq!(Format::Csv { marked: false }.rows(Kind::People.columns(), row()), b"wang\r\n");
    }

    #[test]
    fn quotes_and_line_ends_stay_within_their_cell() {
        assert_eq!(
            csv("a \"b\",\r\nc"),
            "wang,\"a \"\"b\"\",\r\nc\",owner,1970-01-01T00:00:00Z,\r\n"
        );
        assert_eq!(csv("王 芳-1"), "wang,王 芳-1,owner,1970-01-01T00:00:00Z,\r\n");
    }

    #[test]
    fn a_table_for_people_begins_with_a_mark() {
        let head = |marked| Format::Csv { marked }.head(Kind::People.columns());
        assert!(head(true).starts_with(b"\xef\xbb\xbflogin,name,duties"));
        assert!(head(false).starts_with(b"login,name,duties"));
        assert!(Format::JsonLines.head(Kind::People.columns()).is_empty());
    }
}
