//! Looks at every row of a table, before anything is drawn of it.

use std::collections::HashSet;

use csv::StringRecord;

use super::{Named, TableFaults, text_of};
use crate::code::{self, Layer, Outcome, Reading, Sscc};
use crate::keys::{KeyNumber, Keyring};
use crate::label::mint::url_prefix;
use crate::label::preflight::missing;
use crate::label::source::Caption;
use crate::typeface::Style;

/// What the first row says and every other must say too.
pub(super) struct First {
    pub key: KeyNumber,
    pub batch: u32,
    pub prefix: String,
    pub layers: &'static [Layer],
}

pub(super) struct Check<'a> {
    keys: Option<&'a Keyring>,
    columns: &'a Named,
    width: usize,
    pub first: Option<First>,
    /// Running number of the last row, which the next must exceed.
    last: Option<u64>,
    /// Without a column of numbers, the serials, to find one that stands
    /// twice: some 20 bytes a row.
    seen: HashSet<u64>,
    pub faults: TableFaults,
    /// Words that the typeface has not: a fault where they are to be set.
    pub unset: TableFaults,
    /// The widest words of every column.
    pub widest: Caption,
    /// The words of the row above, which most rows repeat, and what is wrong
    /// with them.
    above: (Vec<String>, Vec<(String, String)>),
}

impl<'a> Check<'a> {
    pub(super) fn new(keys: Option<&'a Keyring>, columns: &'a Named, width: usize) -> Self {
        Self {
            keys,
            columns,
            width,
            first: None,
            last: None,
            seen: HashSet::new(),
            faults: TableFaults::default(),
            unset: TableFaults::default(),
            widest: Caption::default(),
            above: Default::default(),
        }
    }

    pub(super) fn fault(&mut self, line: u64, problem: impl Into<String>) {
        self.faults.add(line, problem.into());
    }

    /// `line`: the first row stands on the second. (The reader's own count is
    /// one short where lines end in CR LF.)
    pub(super) fn row(&mut self, record: &StringRecord, line: u64) {
        if let Err(problem) = self.codes(record, line) {
            self.fault(line, problem);
        }
    }

    /// What labels of this row would say.
    fn words(&mut self, record: &StringRecord, line: u64) {
        let columns = self.columns;
        let words: Vec<&str> = columns.words().map(|at| record[at].trim()).collect();
        if self.above.0 != words {
            self.above.1 = words.iter().flat_map(|text| missing(Style::Text, text)).collect();
            self.above.0 = words.into_iter().map(str::to_owned).collect();
            let widest = &mut self.widest;
            for (column, widest) in [
                (columns.product, &mut widest.product),
                (columns.enterprise, &mut widest.enterprise),
                (columns.lot, &mut widest.lot),
                (columns.made, &mut widest.made_on),
                (columns.expires, widest.expires_on.get_or_insert_default()),
            ] {
                let text = column.map_or("", |at| record[at].trim());
                if Style::Text.ems(text) > Style::Text.ems(widest) {
                    text.clone_into(widest);
                }
            }
        }
        for (problem, remedy) in &self.above.1 {
            self.unset.add(line, format!("{problem}; {remedy}"));
        }
    }

    fn codes(&mut self, record: &StringRecord, line: u64) -> Result<(), String> {
        if record.len() != self.width {
            return Err(format!("has {} cells, and the first line {}", record.len(), self.width));
        }
        if let Some(at) = self.columns.number {
            let number: u64 = record[at]
                .trim()
                .parse()
                .map_err(|_| format!("number: {:?} is no running number", cut(&record[at])))?;
            if self.last.is_some_and(|last| number <= last) {
                return Err(format!("number: {number} does not follow the row above"));
            }
            self.last = Some(number);
        }
        if let Some(at) = self.columns.sscc {
            Sscc::parse(&record[at]).map_err(|e| format!("sscc: {}; {}", e.problem, e.remedy))?;
        }
        self.words(record, line);
        let mut layers = Vec::new();
        for at in self.columns.codes.clone() {
            let reading = self.code(&record[at])?;
            layers.push(reading.payload.layer);
        }
        let known = match layers.as_slice() {
            [Layer::Outer] => &[Layer::Outer][..],
            [Layer::Inner] => &[Layer::Inner],
            [Layer::Case] => &[Layer::Case],
            [Layer::Pallet] => &[Layer::Pallet],
            [Layer::Outer, Layer::Inner] => &[Layer::Outer, Layer::Inner],
            _ => return Err("its codes are not those of an item, a case or a pallet".to_owned()),
        };
        match &mut self.first {
            Some(first) if first.layers.is_empty() => first.layers = known,
            Some(first) if first.layers != known => {
                return Err("its codes are of another layer than the first".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn code(&mut self, url: &str) -> Result<Reading, String> {
        let reading =
            code::read(url).map_err(|e| format!("url: {:?} is no code of ours: {e}", cut(url)))?;
        let payload = reading.payload;
        let Some(host) = &reading.host else {
            return Err("url: a bare code; a phone needs https://HOST/ before it".to_owned());
        };
        let prefix = url_prefix(&format!("https://{host}"));
        if format!("{prefix}{}", text_of(url)).len() != url.trim().len() {
            return Err("url: only the compact form is printed; ask for a table of it".to_owned());
        }
        if let Some(keys) = self.keys {
            match code::verify(keys, &reading) {
                Outcome::Valid => {}
                other => return Err(format!("url: its signature does not hold ({other:?})")),
            }
        }
        match &self.first {
            None => {
                let (key, batch) = (payload.key, payload.batch);
                self.first = Some(First { key, batch, prefix, layers: &[] });
            }
            Some(first) if (payload.key, payload.batch) != (first.key, first.batch) => {
                return Err(format!(
                    "url: a code of batch {}-{} among those of {}-{}",
                    payload.key, payload.batch, first.key, first.batch
                ));
            }
            Some(first) if prefix != first.prefix => {
                return Err(format!(
                    "url: a code on {host}, where the first is on {}",
                    first.prefix.trim_end_matches('/')
                ));
            }
            Some(_) => {}
        }
        let mark = payload.serial << 2 | u64::from(payload.layer == Layer::Inner);
        if self.columns.number.is_none() && !self.seen.insert(mark) {
            return Err("url: the same code stands further up".to_owned());
        }
        Ok(reading)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(30).collect()
}
