//! A table of codes that were signed elsewhere, as a source of labels: for a
//! printing house that has neither key nor server.
//!
//! The whole table is read once before anything is drawn, and every line that
//! is wrong is told; then pieces of it are read again where they stand.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use csv::{Position, ReaderBuilder, StringRecord};
use sha2::{Digest, Sha256};

mod check;

use check::Check;

use super::choices::Codes;
use super::folder::sha256;
use super::issue::{IssueError, Issued, Job};
use super::mint::Minted;
use super::order::Specification;
use super::source::{Caption, Item, Source};
use crate::base::hex;
use crate::base::limits::BATCH_LABELS_MAX;
use crate::code::{self, Layer};
use crate::keys::Keyring;

/// Faults that are told one by one.
const FAULTS_TOLD: usize = 20;
/// Rows between two places that are remembered.
const STEP: u64 = 500;

/// What is wrong with a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableFaults {
    /// Line, and what is wrong with it; at most 20.
    pub told: Vec<(u64, String)>,
    pub count: u64,
}

impl TableFaults {
    fn add(&mut self, line: u64, problem: String) {
        self.count += 1;
        if self.told.len() < FAULTS_TOLD {
            self.told.push((line, problem));
        }
    }
}

impl fmt::Display for TableFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, problem) in &self.told {
            writeln!(f, "line {line}: {problem}")?;
        }
        let more = self.count - self.told.len() as u64;
        if more > 0 {
            writeln!(f, "and {more} more")?;
        }
        write!(f, "nothing was drawn; correct the table, or ask for it anew")
    }
}

/// A table that was read through and is good.
pub struct Table {
    path: PathBuf,
    columns: Named,
    layers: &'static [Layer],
    prefix: String,
    batch: String,
    rows: u64,
    /// Where every [`STEP`]th row begins.
    steps: Vec<Position>,
    sha256: String,
    /// Words that the typeface has not.
    unset: TableFaults,
    /// The widest words of every column.
    widest: Caption,
    caption: Caption,
}

/// Which column is what.
#[derive(Clone, Debug, Default)]
struct Named {
    number: Option<usize>,
    codes: Vec<usize>,
    sscc: Option<usize>,
    product: Option<usize>,
    enterprise: Option<usize>,
    lot: Option<usize>,
    made: Option<usize>,
    expires: Option<usize>,
}

impl Named {
    /// Columns whose words stand on labels.
    fn words(&self) -> impl Iterator<Item = usize> {
        let columns = [self.product, self.enterprise, self.lot, self.made, self.expires];
        columns.into_iter().flatten()
    }

    fn of(headers: &StringRecord) -> Result<Self, String> {
        let at = |name: &str| {
            headers.iter().position(|header| header.trim_start_matches('\u{feff}').trim() == name)
        };
        let url = at("url").ok_or_else(|| {
            format!(
                "line 1: the table has no column url (it has {}); its first line names the columns",
                headers.iter().take(12).collect::<Vec<_>>().join(", ")
            )
        })?;
        let mut codes = vec![url];
        codes.extend(at("inner_url"));
        Ok(Self {
            number: at("number"),
            codes,
            sscc: at("sscc"),
            product: at("product"),
            enterprise: at("enterprise"),
            lot: at("lot"),
            made: at("made"),
            expires: at("expires"),
        })
    }
}

fn open(path: &Path) -> Result<csv::Reader<BufReader<File>>, IssueError> {
    let file = File::open(path).map_err(|e| IssueError::io(&path.display().to_string(), e))?;
    Ok(ReaderBuilder::new().flexible(true).from_reader(BufReader::with_capacity(1 << 16, file)))
}

fn spoken(path: &Path, error: csv::Error) -> IssueError {
    IssueError::Specification(format!("{}: {error}", path.display()))
}

impl Table {
    /// Reads the table through. `keys`: those to check signatures with;
    /// without them only the shape of codes is checked. `caption` says what
    /// the table has no columns for.
    ///
    /// # Errors
    /// Naming every line that is wrong, up to twenty.
    pub fn read(path: &Path, keys: Option<&Keyring>, caption: Caption) -> Result<Self, IssueError> {
        let mut reader = open(path)?;
        let headers = reader.headers().map_err(|e| spoken(path, e))?.clone();
        let columns = Named::of(&headers).map_err(IssueError::Specification)?;
        let mut check = Check::new(keys, &columns, headers.len());
        let (mut rows, mut steps, mut record) = (0u64, Vec::new(), StringRecord::new());
        loop {
            let position = reader.position().clone();
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => check.row(&record, rows + 2),
                Err(error) if error.is_io_error() => return Err(spoken(path, error)),
                Err(_) => check.fault(rows + 2, "is not UTF-8"),
            }
            if rows % STEP == 0 {
                steps.push(position);
            }
            rows += 1;
        }
        if rows == 0 || rows > BATCH_LABELS_MAX {
            return Err(IssueError::Specification(format!(
                "{}: a table holds 1 to {BATCH_LABELS_MAX} codes, not {rows}",
                path.display()
            )));
        }
        if check.faults.count > 0 {
            return Err(IssueError::Table(check.faults));
        }
        let first = check.first.ok_or(IssueError::Lost)?;
        let batch = format!("{}-{}", first.key, first.batch);
        let sha256 = File::open(path)
            .and_then(|mut file| sha256(&mut file))
            .map_err(|e| IssueError::io(&path.display().to_string(), e))?;
        Ok(Self {
            path: path.to_owned(),
            layers: first.layers,
            prefix: first.prefix,
            batch,
            rows,
            steps,
            sha256,
            unset: check.unset,
            widest: check.widest,
            caption,
            columns,
        })
    }

    /// Codes, or pairs of them, that the table holds.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Place of the row whose outer or only code has this serial.
    ///
    /// # Errors
    /// When there is none, and those of the disk.
    pub fn place_of(&self, serial: &str) -> Result<u64, IssueError> {
        let wanted: String =
            serial.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        let mut reader = open(&self.path)?;
        let found = reader.records().position(|row| {
            let url = row.ok().and_then(|row| row.get(self.columns.codes[0]).map(str::to_owned));
            url.and_then(|url| code::read(&url).ok())
                .is_some_and(|read| read.payload.serial_text() == wanted)
        });
        found.map(|place| place as u64).ok_or_else(|| {
            IssueError::Specification(format!(
                "after: no label of this table has the serial {serial:?}"
            ))
        })
    }

    /// The widest words of any row.
    fn widest(&self) -> Caption {
        let (columns, widest, own) = (&self.columns, &self.widest, &self.caption);
        let told = |column: Option<usize>, widest: &str, own: &str| {
            if column.is_some() { widest.to_owned() } else { own.to_owned() }
        };
        let day = |caption: &Caption| caption.expires_on.clone().unwrap_or_default();
        Caption {
            product: told(columns.product, &widest.product, &own.product),
            enterprise: told(columns.enterprise, &widest.enterprise, &own.enterprise),
            batch: self.batch.clone(),
            lot: told(columns.lot, &widest.lot, &own.lot),
            made_on: told(columns.made, &widest.made_on, &own.made_on),
            expires_on: Some(told(columns.expires, &day(widest), &day(own)))
                .filter(|day| !day.is_empty()),
        }
    }

    /// Draws the labels of `spec` into `out`, or goes on with it. The numbers
    /// of `spec` are places in the table.
    ///
    /// # Errors
    /// As [`super::issue()`].
    pub fn render(
        &self,
        spec: &Specification,
        out: &Path,
        progress: &mut dyn FnMut(u64),
        cancel: &AtomicBool,
    ) -> Result<Issued, IssueError> {
        spec.check(self.rows).map_err(IssueError::Specification)?;
        if spec.template().is_some() && self.unset.count > 0 {
            return Err(IssueError::Table(self.unset.clone()));
        }
        let layers = match (spec.codes, self.layers) {
            (Codes::Items, layers) => layers,
            (Codes::Outer, [Layer::Outer, ..]) => &[Layer::Outer],
            (Codes::Inner, [Layer::Outer, Layer::Inner] | [Layer::Inner]) => &[Layer::Inner],
            (Codes::Cases, [Layer::Case]) => &[Layer::Case],
            (Codes::Pallets, [Layer::Pallet]) => &[Layer::Pallet],
            (codes, _) => {
                let problem = format!("codes: the table holds no {codes:?} codes").to_lowercase();
                return Err(IssueError::Specification(problem));
            }
        };
        let mut hash = Sha256::new();
        hash.update(b"ZHENMA-TABLE-1");
        hash.update(&self.sha256);
        let caption = &self.caption;
        let facts = serde_json::json!([
            caption.product,
            caption.enterprise,
            caption.lot,
            caption.made_on,
            caption.expires_on,
            spec
        ]);
        hash.update(facts.to_string());
        let job = Job {
            spec,
            last: spec.last(),
            widest: Arc::new(self.widest()),
            layers,
            url_prefix: self.prefix.clone(),
            fingerprint: hex(&hash.finalize()),
            what: format!(
                "batch {}, rows {} to {} of a table as {}",
                self.batch,
                spec.first,
                spec.last(),
                spec.kind()
            ),
        };
        let chosen = Chosen { table: self, first: spec.first, layers };
        job.run(&chosen, out, progress, cancel)
    }
}

/// What stands behind the host.
fn text_of(url: &str) -> &str {
    url.trim().rsplit('/').next().unwrap_or_default()
}

/// Part of a table.
struct Chosen<'a> {
    table: &'a Table,
    first: u64,
    layers: &'static [Layer],
}

impl Source for Chosen<'_> {
    fn items(&self, places: Range<u64>) -> Result<Vec<Item>, IssueError> {
        let table = self.table;
        let from = self.first + places.start;
        let step = (from / STEP) as usize;
        let mut reader = open(&table.path)?;
        let position = table.steps.get(step).ok_or(IssueError::Lost)?.clone();
        reader
            .seek_raw(SeekFrom::Start(position.byte()), position)
            .map_err(|e| spoken(&table.path, e))?;
        reader
            .records()
            .skip((from % STEP) as usize)
            .take((places.end - places.start) as usize)
            .zip(from..)
            .map(|(record, place)| self.item(&record.map_err(|e| spoken(&table.path, e))?, place))
            .collect()
    }
}

impl Chosen<'_> {
    fn item(&self, record: &StringRecord, place: u64) -> Result<Item, IssueError> {
        let columns = &self.table.columns;
        let changed = || {
            IssueError::Specification(format!(
                "{}: the table was changed while it was drawn; begin anew",
                self.table.path.display()
            ))
        };
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).map(str::trim);
        let mut codes = Vec::new();
        for (at, layer) in columns.codes.iter().zip(self.table.layers) {
            let url = record.get(*at).ok_or_else(changed)?;
            let payload = code::read(url).map_err(|_| changed())?.payload;
            if self.layers.contains(layer) {
                let text = text_of(url).to_ascii_uppercase();
                codes.push(Minted { payload, url: format!("{}{text}", self.table.prefix), text });
            }
        }
        let own = &self.table.caption;
        let told = |at, own: &str| cell(at).unwrap_or(own).to_owned();
        Ok(Item {
            number: cell(columns.number).and_then(|n| n.parse().ok()).unwrap_or(place),
            caption: Arc::new(Caption {
                product: told(columns.product, &own.product),
                enterprise: told(columns.enterprise, &own.enterprise),
                batch: self.table.batch.clone(),
                lot: told(columns.lot, &own.lot),
                made_on: told(columns.made, &own.made_on),
                expires_on: cell(columns.expires)
                    .map(str::to_owned)
                    .or_else(|| own.expires_on.clone())
                    .filter(|day| !day.is_empty()),
            }),
            sscc: cell(columns.sscc).map(str::to_owned),
            codes,
        })
    }
}
