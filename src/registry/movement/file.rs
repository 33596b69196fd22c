//! A file of labels: one a line, by code, address, serial or number. CSV with a
//! column for it, JSON Lines with a member, or nothing but the texts. Read as it
//! comes, in memory of four bytes a label.

use serde::Deserialize;

use super::Ranges;
use super::codes::{Finder, LINE_BYTES_MAX};
use crate::base::FieldError;

/// Labels of one file.
pub const FILE_LABELS_MAX: usize = 10_000_000;
/// Bytes of one file.
pub const FILE_BYTES_MAX: u64 = 1 << 30;
/// Broken lines that are told one by one.
pub const FAULTS_MAX: usize = 100;

/// Names of the column or member that holds the label.
const NAMES: [&str; 8] = ["code", "url", "serial", "number", "标签码", "网址", "序列号", "编号"];

enum Form {
    /// The cell of each line that holds the label, and what parts cells.
    Table(usize, u8),
    JsonLines,
}

/// What a file names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub ranges: Ranges,
    /// Lines with a label, good or broken.
    pub lines: u64,
    pub broken: u64,
    /// The first `FAULTS_MAX` of the broken ones, each with its line.
    pub faults: Vec<FieldError>,
}

/// Takes a file as it comes.
pub struct Reader {
    finder: Finder,
    form: Option<Form>,
    /// Of a line that has not ended.
    rest: Vec<u8>,
    line: u64,
    bytes: u64,
    numbers: Vec<u32>,
    named: Named,
}

#[derive(Deserialize)]
struct Member<'a> {
    #[serde(borrow, default, alias = "url", alias = "serial")]
    code: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    number: Option<u32>,
}

impl Reader {
    pub fn new(finder: Finder) -> Self {
        let (form, rest, numbers) = (None, Vec::new(), Vec::new());
        Self { finder, form, rest, line: 0, bytes: 0, numbers, named: Named::default() }
    }

    /// # Errors
    /// For a file that is longer than a bound, or no text.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), FieldError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > FILE_BYTES_MAX {
            return Err(too_long(format!("has more than {FILE_BYTES_MAX} bytes")));
        }
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let last = lines.next_back().unwrap_or_default();
        for line in lines {
            if self.rest.is_empty() {
                self.take_line(line)?;
            } else {
                self.rest.extend_from_slice(line);
                let whole = std::mem::take(&mut self.rest);
                self.take_line(&whole)?;
            }
        }
        self.rest.extend_from_slice(last);
        if self.rest.len() > LINE_BYTES_MAX {
            return Err(line_too_long(self.line + 1));
        }
        Ok(())
    }

    /// # Errors
    /// As [`Self::take`], and for a file that names no label.
    pub fn finish(mut self) -> Result<Named, FieldError> {
        let rest = std::mem::take(&mut self.rest);
        self.take_line(&rest)?;
        if self.named.lines == 0 {
            let remedy = "put one code, address, serial or running number on each line";
            return Err(FieldError::new("file", "names no label", remedy));
        }
        self.named.ranges = Ranges::of_numbers(self.numbers);
        Ok(self.named)
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), FieldError> {
        self.line += 1;
        if line.len() > LINE_BYTES_MAX {
            return Err(line_too_long(self.line));
        }
        let line =
            if self.line == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(line) else {
            let problem = "is not UTF-8";
            let fault = FieldError::new("file", problem, "save the file as UTF-8");
            return Err(fault.at_line(self.line));
        };
        let form = match &self.form {
            Some(form) => form,
            None => {
                let (form, heads) = Form::of(text);
                self.form = Some(form);
                if heads {
                    return Ok(());
                }
                self.form.as_ref().unwrap_or(&Form::JsonLines)
            }
        };
        self.named.lines += 1;
        let found = match form {
            Form::Table(column, comma) => match cell(text, *column, *comma) {
                Some(cell) => self.finder.number(&cell).map_err(|unfound| unfound.to_string()),
                None => Err("has no cell for the label".to_owned()),
            },
            Form::JsonLines => member(&self.finder, text),
        };
        match found {
            Ok(number) if self.numbers.len() < FILE_LABELS_MAX => self.numbers.push(number),
            Ok(_) => return Err(too_long(format!("names more than {FILE_LABELS_MAX} labels"))),
            Err(problem) => self.note(problem),
        }
        Ok(())
    }

    fn note(&mut self, problem: String) {
        self.named.broken += 1;
        if self.named.faults.len() < FAULTS_MAX {
            let remedy = "correct the line, or take it out";
            let fault = FieldError::new("code", problem, remedy);
            self.named.faults.push(fault.at_line(self.line));
        }
    }
}

fn member(finder: &Finder, text: &str) -> Result<u32, String> {
    let member: Member<'_> =
        serde_json::from_str(text).map_err(|_| "is not a JSON object with a label".to_owned())?;
    let found = match (member.code, member.number) {
        (Some(code), _) => finder.number(&code),
        (None, Some(number)) => finder.number(&number.to_string()),
        (None, None) => return Err("has no member code, url, serial or number".to_owned()),
    };
    found.map_err(|unfound| unfound.to_string())
}

fn too_long(problem: String) -> FieldError {
    FieldError::new("file", problem, "divide it into several files")
}

fn line_too_long(line: u64) -> FieldError {
    let problem = format!("is longer than {LINE_BYTES_MAX} bytes");
    FieldError::new("file", problem, "put one label on each line").at_line(line)
}

impl Form {
    /// By the first line, and whether that names columns.
    fn of(line: &str) -> (Self, bool) {
        if line.starts_with('{') {
            return (Self::JsonLines, false);
        }
        let comma = *b",;\t"
            .iter()
            .max_by_key(|c| line.bytes().filter(|b| b == *c).count())
            .unwrap_or(&b',');
        let columns = line.bytes().filter(|b| *b == comma).count() + 1;
        let named = (0..columns).find(|column| {
            let cell = cell(line, *column, comma).unwrap_or_default();
            NAMES.contains(&&*cell.trim().to_ascii_lowercase())
        });
        (Self::Table(named.unwrap_or(0), comma), named.is_some())
    }
}

/// One cell of a line of a table, its quotes taken off (RFC 4180).
fn cell(line: &str, column: usize, comma: u8) -> Option<std::borrow::Cow<'_, str>> {
    if !line.contains('"') {
        return line.split(char::from(comma)).nth(column).map(Into::into);
    }
    let mut record = csv::StringRecord::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(comma)
        .from_reader(line.as_bytes());
    reader.read_record(&mut record).ok()?;
    record.get(column).map(|cell| cell.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMs;
    use crate::code::{Layer, Payload};
    use crate::keys::KeyNumber;
    use crate::registry::{Batch, BatchRef, Gtin, Layers, Uscc};

    fn batch() -> Batch {
        Batch {
            id: BatchRef { key: KeyNumber::new(1).expect("one"), batch: 4 },
            enterprise: Uscc::parse("91411628MA9DEM01XU").expect("sound"),
            product: Gtin::parse("6923292086917").expect("sound"),
            lot: "L1".to_owned(),
            made_on: jiff::civil::date(2026, 11, 1),
            expires_on: None,
            destination: 0,
            dealer: String::new(),
            layers: Layers::Outer,
            count: 1_000,
            cases: 0,
            pallets: 0,
            spares: 0,
            sscc: None,
            secret: [7; 32],
            created_at: UnixMs(0),
        }
    }

    fn serial(number: u64) -> String {
        let id = batch().id;
        let serial = batch().permutation(Layer::Outer).serial_of(number);
        Payload { layer: Layer::Outer, key: id.key, batch: id.batch, serial }.serial_text()
    }

    /// Reads a file in pieces of every size that matters.
    fn read(text: &str) -> Named {
        let read = |piece: usize| {
            let mut reader = Reader::new(Finder::new(&batch()));
            for bytes in text.as_bytes().chunks(piece) {
                reader.take(bytes).expect("within the bounds");
            }
            reader.finish().expect("labels")
        };
        let whole = read(text.len());
        assert_eq!((&read(1), &read(7)), (&whole, &whole));
        whole
    }

    #[test]
    fn a_file_names_labels_in_the_forms_that_people_have() {
        let grouped = format!("{:.5} {}", serial(7), &serial(7)[5..10])
            + &format!(" {} {}", &serial(7)[10..15], &serial(7)[15..]);
        for text in [
            format!("5\r\n{}\r\n\r\n{grouped}\n", serial(6)),
            format!("\u{feff}lot,Serial,note\nL1,{},\"a, b\"\nL1,5,\nL1,{grouped},x", serial(6)),
            format!("编号;备注\n5;一\n6;二\n{};三\n", serial(7)),
            format!(
                "{{\"number\":5}}\n{{\"serial\":\"{}\",\"lot\":1}}\n{{\"code\":\"{}\"}}",
                serial(6),
                serial(7)
            ),
        ] {
            let named = read(&text);
            assert_eq!((named.ranges.to_string(), named.lines), ("5-7".to_owned(), 3), "{text}");
            assert_eq!(named.faults, []);
        }
    }

    #[test]
    fn a_broken_line_is_named_and_the_others_stand() {
        let other = serial(3).replacen(&serial(3)[8..11], "ZZZ", 1);
        let named = read(&format!("code\n3\n1000\nhello\n{other}\n4\n"));
        assert_eq!((named.ranges.to_string(), named.broken), ("3-4".to_owned(), 3));
        let lines: Vec<_> = named.faults.iter().filter_map(|fault| fault.line).collect();
        assert_eq!(lines, [3, 4, 5]);
        assert!(named.faults[0].problem.contains("never issued"), "{:?}", named.faults);
    }

    #[test]
    fn what_has_no_end_is_refused_before_it_fills_the_memory() {
        let mut reader = Reader::new(Finder::new(&batch()));
        let error = (0..100).find_map(|_| reader.take(&[b'a'; 100]).err()).expect("too long");
        assert!(error.problem.contains("longer than"), "{error}");
        assert!(Reader::new(Finder::new(&batch())).finish().is_err(), "names nothing");
    }
}
