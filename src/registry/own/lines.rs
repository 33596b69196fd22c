//! A file of serials: one a line, or CSV with a column of them. Read piece by
//! piece as it comes; no more than a line is held.

use std::borrow::Cow;

use super::serial::{Case, normal};
use crate::base::FieldError;

/// Serials of one import.
pub const SERIALS_MAX: u64 = 20_000_000;
/// Bytes of a line; a serial has 64, the rest is of other columns.
pub const LINE_BYTES_MAX: usize = 4_096;
/// Broken lines that are told; more tell nobody more.
pub const FAULTS_MAX: usize = 1_000;
/// Columns that are looked at for the serial.
const COLUMNS_MAX: usize = 64;
/// What the column of serials may be called, in small letters.
const NAMES: [&str; 6] = ["serial", "serial_number", "sn", "code", "编号", "序列号"];

/// One line of the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Serial { serial: String, line: u32 },
    Broken(FieldError),
}

/// Takes a file apart.
pub struct Lines {
    case: Case,
    /// What has come of the line that is not over.
    rest: Vec<u8>,
    line: u32,
    /// Of the serial, where the file has a header.
    column: Option<usize>,
}

impl Lines {
    pub const fn new(case: Case) -> Self {
        Self { case, rest: Vec::new(), line: 0, column: None }
    }

    /// Tells `each` of every line that is over with this piece.
    ///
    /// # Errors
    /// Those of `each`.
    pub fn take<E>(
        &mut self,
        piece: &[u8],
        each: &mut impl FnMut(Line) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut piece = piece;
        while let Some(end) = piece.iter().position(|b| *b == b'\n') {
            let (line, behind) = piece.split_at(end);
            self.hold(line);
            self.over(each)?;
            piece = &behind[1..];
        }
        self.hold(piece);
        Ok(())
    }

    /// Tells `each` of the last line.
    ///
    /// # Errors
    /// Those of `each`.
    pub fn end<E>(&mut self, each: &mut impl FnMut(Line) -> Result<(), E>) -> Result<(), E> {
        if self.rest.is_empty() { Ok(()) } else { self.over(each) }
    }

    /// One byte too many makes the line too long, and is enough.
    fn hold(&mut self, bytes: &[u8]) {
        let room = (LINE_BYTES_MAX + 1).saturating_sub(self.rest.len());
        self.rest.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn over<E>(&mut self, each: &mut impl FnMut(Line) -> Result<(), E>) -> Result<(), E> {
        self.line += 1;
        let line = std::mem::take(&mut self.rest);
        let said = self.read(&line);
        self.rest = line;
        self.rest.clear();
        said.map_or(Ok(()), each)
    }

    fn read(&mut self, bytes: &[u8]) -> Option<Line> {
        let line = self.line;
        let broken = |fault: FieldError| Some(Line::Broken(fault.at_line(u64::from(line))));
        let fault = |problem, remedy| broken(FieldError::new("line", problem, remedy));
        if bytes.len() > LINE_BYTES_MAX {
            return fault("is longer than 4096 bytes", "write one serial a line");
        }
        let bytes = match line {
            1 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            _ => bytes,
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return fault("is not UTF-8", "save the file as UTF-8");
        };
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if line == 1
            && let Some(column) = column_of(text)
        {
            self.column = Some(column);
            return None;
        }
        let cell = match self.column {
            Some(column) => cells(text).nth(column),
            None => cells(text).next().filter(|_| !text.contains(',')),
        };
        let Some(cell) = cell else {
            return match self.column {
                Some(_) => fault("has no cell in the column of the serial", "write one"),
                None => fault("has a comma", "begin the file with a header that names `serial`"),
            };
        };
        match normal(&cell, self.case) {
            Ok(serial) => Some(Line::Serial { serial: serial.into_owned(), line }),
            Err(fault) => broken(fault),
        }
    }
}

/// Where the serial stands, if this line is a header.
fn column_of(text: &str) -> Option<usize> {
    let is_it = |cell: Cow<'_, str>| NAMES.contains(&cell.trim().to_lowercase().as_str());
    cells(text).take(COLUMNS_MAX).position(is_it)
}

/// Cells of one line of CSV (RFC 4180); quotes do not reach over its end.
fn cells(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(|cell| {
        let cell = cell.trim();
        match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
            Some(inside) => Cow::Owned(inside.replace("\"\"", "\"")),
            None => Cow::Borrowed(cell),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8], piece: usize) -> Vec<String> {
        let (mut lines, mut said) = (Lines::new(Case::Fold), Vec::new());
        let mut each = |line| {
            said.push(match line {
                Line::Serial { serial, line } => format!("{line} {serial}"),
                Line::Broken(fault) => fault.to_string(),
            });
            Ok::<_, ()>(())
        };
        for piece in file.chunks(piece) {
            lines.take(piece, &mut each).expect("taken");
        }
        lines.end(&mut each).expect("ended");
        said
    }

    #[test]
    fn a_file_is_read_the_same_in_whatever_pieces_it_comes() {
        let file =
            "\u{feff}lot, Serial ,note\r\nL1,\"sh-01\",\"a, b\"\r\n\r\nL1,SH 02,x\nL1\nL1,S/3,";
        let wanted = [
            "2 SH01".to_owned(),
            "4 SH02".to_owned(),
            "line 5, line: has no cell in the column of the serial; write one".to_owned(),
        ];
        for piece in [1, 2, 7, 1_000] {
            let said = read(file.as_bytes(), piece);
            assert_eq!(said[..3], wanted, "{piece}");
            assert!(said[3].starts_with("line 6, serial: has the character"), "{said:?}");
        }
    }

    #[test]
    fn a_plain_list_needs_no_header() {
        assert_eq!(read(b"1\n2\n\n 3 ", 2), ["1 1", "2 2", "4 3"]);
        assert_eq!(read("编号\n7".as_bytes(), 3), ["2 7"]);
        assert!(read(b"1,2\n", 3)[0].contains("has a comma"));
        assert!(read(b"\xff\n", 3)[0].contains("is not UTF-8"));
        let long = read(&[b'9'; 10_000], 100);
        assert!(long.len() == 1 && long[0].contains("longer than 4096"), "{long:?}");
    }
}
