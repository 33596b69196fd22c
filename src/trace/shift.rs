//! The file of a shift: what a line packed, a row for each bottle or case that
//! went into something. CSV with the columns `time,into,item`, or JSON Lines
//! with those members. Rows of one case stand together.
//!
//! It is read a line at a time. A case with a broken line is left out, and
//! named; all others go in. The name of each event is made of what it says, so
//! that the same file sent again changes nothing.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::base::{FieldError, Lang, UnixMs};
use crate::registry::{Register, Uscc};
use crate::trace::event::EVENT_UNITS_MAX;
use crate::trace::{Act, Event, Refusal, Unit, capture};

/// Bytes of a shift's file, and of one of its lines.
pub const SHIFT_BYTES_MAX: usize = 64 * 1024 * 1024;
pub const LINE_BYTES_MAX: usize = 4 * 1024;
/// Faults that are told one by one.
pub const FAULTS_MAX: usize = 1_000;

const COLUMNS: [&str; 3] = ["time", "into", "item"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    JsonLines,
}

#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Row {
    time: String,
    into: String,
    item: String,
}

/// The rows of one case, or pallet.
#[derive(Debug)]
struct Group {
    into: String,
    first_line: u64,
    at: UnixMs,
    offset_minutes: i32,
    parent: Option<Unit>,
    units: Vec<Unit>,
    broken: bool,
}

/// Reads a shift line by line.
pub struct Shift<'a> {
    format: Format,
    register: &'a Register,
    own: &'a Uscc,
    /// Of CSV, in which cell each column stands.
    header: Option<[usize; 3]>,
    line: u64,
    group: Option<Group>,
    faults: Vec<FieldError>,
    /// Faults beyond those that are kept.
    pub untold: u64,
}

/// One event of packing and the line on which it begins.
#[derive(Debug, PartialEq)]
pub struct Packed {
    pub line: u64,
    pub event: Event,
}

impl<'a> Shift<'a> {
    pub const fn new(format: Format, register: &'a Register, own: &'a Uscc) -> Self {
        let faults = Vec::new();
        Self { format, register, own, header: None, line: 0, group: None, faults, untold: 0 }
    }

    pub fn fault(&mut self, fault: FieldError) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.untold += 1;
        }
    }

    /// The first line of a CSV names no columns, so nothing can come of the rest.
    pub fn headless(&self) -> bool {
        self.format == Format::Csv && self.header.is_none() && !self.faults.is_empty()
    }

    pub fn into_faults(self) -> Vec<FieldError> {
        self.faults
    }

    /// Takes one line without its end; gives what was complete before it.
    pub fn push(&mut self, line: &[u8]) -> Option<Packed> {
        self.line += 1;
        let line =
            if self.line == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        match self.row(line) {
            Ok(Some(row)) => self.grouped(row),
            Ok(None) => None,
            Err(fault) => {
                self.fault(fault.at_line(self.line));
                // Whose line it was cannot be known.
                if let Some(group) = &mut self.group {
                    group.broken = true;
                }
                None
            }
        }
    }

    fn row(&mut self, line: &[u8]) -> Result<Option<Row>, FieldError> {
        let fault = |problem: String| FieldError::new("line", problem, "mend it");
        if line.len() > LINE_BYTES_MAX {
            return Err(fault(format!("has more than {LINE_BYTES_MAX} bytes")));
        }
        let text = std::str::from_utf8(line)
            .map_err(|_| FieldError::new("line", "is not UTF-8", "save the file as UTF-8"))?;
        if self.format == Format::JsonLines {
            return serde_json::from_str(text).map(Some).map_err(|e| fault(e.to_string()));
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let record = reader.records().next().transpose().map_err(|e| fault(e.to_string()))?;
        let record = record.unwrap_or_default();
        let Some(header) = self.header else {
            let found = COLUMNS.map(|name| record.iter().position(|cell| cell == name));
            let [Some(time), Some(into), Some(item)] = found else {
                let remedy = format!("begin with the line {}", COLUMNS.join(","));
                return Err(FieldError::new("header", "lacks a column", remedy));
            };
            self.header = Some([time, into, item]);
            return Ok(None);
        };
        if header.iter().any(|i| *i >= record.len()) {
            return Err(fault(format!("has {} cells", record.len())));
        }
        let [time, into, item] = header.map(|i| record.get(i).unwrap_or_default().to_owned());
        Ok(Some(Row { time, into, item }))
    }

    fn grouped(&mut self, row: Row) -> Option<Packed> {
        let done = match &self.group {
            Some(group) if group.into == row.into => None,
            _ => self.end(),
        };
        if self.group.is_none() {
            let parent = Unit::read(&row.into, self.register, self.own);
            let parent = self.told("into", parent);
            self.group = Some(Group {
                into: row.into,
                first_line: self.line,
                at: UnixMs(0),
                offset_minutes: 0,
                broken: parent.is_none(),
                parent,
                units: Vec::new(),
            });
        }
        let unit = Unit::read(&row.item, self.register, self.own);
        let unit = self.told("item", unit);
        let time = capture::instant("time", &row.time)
            .and_then(|at| Ok((at, capture::offset_of("time", &row.time)?)));
        let time = time.map_err(|fault| self.fault(fault.at_line(self.line))).ok();
        let group = self.group.as_mut()?;
        match (unit, time) {
            (Some(unit), Some((at, offset_minutes))) if group.units.len() < EVENT_UNITS_MAX => {
                group.units.push(unit);
                // The case is full when its last bottle is in.
                (group.at, group.offset_minutes) = (group.at.max(at), offset_minutes);
            }
            _ => group.broken = true,
        }
        done
    }

    fn told(&mut self, field: &str, read: Result<Unit, Refusal>) -> Option<Unit> {
        read.map_err(|refusal| {
            let fault = FieldError::new(field, refusal.text(Lang::En), "mend the line");
            self.fault(fault.at_line(self.line));
        })
        .ok()
    }

    /// What stands complete at the end of the file.
    pub fn end(&mut self) -> Option<Packed> {
        let group = self.group.take()?;
        if group.broken {
            let problem =
                format!("{} rows are left out, for one of them is broken", group.units.len());
            let remedy = "mend the line that is named, and send the file again";
            self.fault(FieldError::new("into", problem, remedy).at_line(group.first_line));
            return None;
        }
        let id = self.name(&group);
        let event = Event {
            parent: group.parent,
            units: group.units,
            ..Event::new(id, Act::Packed, group.at, group.offset_minutes)
        };
        Some(Packed { line: group.first_line, event })
    }

    fn name(&self, group: &Group) -> String {
        let mut hash = Sha256::new();
        hash.update(self.own.as_str());
        hash.update(group.at.0.to_be_bytes());
        for unit in group.parent.iter().chain(&group.units) {
            hash.update([0]);
            hash.update(unit.to_string());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let bytes: [u8; 16] = digest[..16].try_into().expect("half of it");
        format!("urn:uuid:{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}
