//! From a file to sorted serials, and what is asked of it before. What writes
//! them is `app::own`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use super::lines::{FAULTS_MAX, Line, Lines, SERIALS_MAX};
use super::maker::OldAddress;
use super::port::{NewImport, PAGE_SERIALS, Specification};
use super::serial::Case;
use super::sort::{Sorted, Sorter};
use crate::base::{FieldError, LedgerError};
use crate::registry::fields::{self, Fields};
use crate::registry::port::RegistryLedger;
use crate::registry::service::Scope;

/// Bytes that are read of a file at once.
const READ_BYTES: usize = 256 * 1024;

/// Particulars of a list as somebody wrote them.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub product: String,
    pub lot: String,
    pub made_on: String,
    pub expires_on: Option<String>,
    pub destination: Option<String>,
    pub dealer: Option<String>,
    /// `fold` or `exact`; empty: `fold`.
    pub case: String,
    pub url: Option<String>,
    pub on_sale: bool,
}

impl Written {
    fn fields(&self) -> Fields {
        Fields::from([
            ("product", Some(self.product.clone())),
            ("lot", Some(self.lot.clone())),
            ("made_on", Some(self.made_on.clone())),
            ("expires_on", self.expires_on.clone()),
            ("destination", self.destination.clone()),
            ("dealer", self.dealer.clone()),
            // The list's own, when it was read.
            ("count", Some("1".to_owned())),
        ])
    }

    fn case(&self) -> Result<Case, FieldError> {
        match self.case.trim() {
            "" => Ok(Case::default()),
            slug => Case::from_slug(slug).ok_or_else(|| {
                FieldError::new("case", format!("{slug:?} is not known"), "write fold or exact")
            }),
        }
    }

    fn address(&self, hosts: &[String]) -> Result<Option<OldAddress>, FieldError> {
        let Some(text) = self.url.as_deref().filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let address = OldAddress::parse(text)?;
        if hosts.iter().any(|ours| ours == address.host()) {
            let remedy = "leave it out: labels under this host are found without it";
            return Err(FieldError::new("url", "is an address of this service", remedy));
        }
        Ok(Some(address))
    }
}

/// Reads the particulars and finds the product; `hosts` are our own.
///
/// # Errors
/// `Invalid` with every field that cannot be taken.
pub async fn prepare<L: RegistryLedger + ?Sized>(
    ledger: &L,
    scope: &Scope,
    written: &Written,
    hosts: &[String],
    (id, uploaded): (Uuid, bool),
) -> Result<NewImport, LedgerError> {
    let (case, address) = (written.case(), written.address(hosts));
    let batch = fields::batch(&written.fields());
    let mut faults = Vec::new();
    let case = case.map_err(|fault| faults.push(fault));
    let address = address.map_err(|fault| faults.push(fault));
    let batch = batch.map_err(|more| faults.extend(more));
    let (Ok(case), Ok(address), Ok(batch)) = (case, address, batch) else {
        return Err(LedgerError::Invalid(faults));
    };
    let product = match ledger.product(&batch.product).await {
        Ok(product) if scope.covers(&product.enterprise) => product,
        Ok(_) | Err(LedgerError::NotFound(_)) => {
            let problem = format!("{} is not registered", batch.product);
            let remedy = "register it first: zhenma product add";
            return Err(LedgerError::Invalid(vec![FieldError::new("product", problem, remedy)]));
        }
        Err(error) => return Err(error),
    };
    let expires_on = batch.expiry(&product);
    let on_sale = written.on_sale;
    let specification = Specification { batch, expires_on, case, address, on_sale };
    Ok(NewImport { id, enterprise: product.enterprise, specification, uploaded })
}

/// A file that was read: its serials sorted, and once more in its own order.
pub struct Gathered {
    pub count: u64,
    pub sorted: Sorted,
    /// One serial a line, as they are kept.
    in_order: PathBuf,
}

impl Gathered {
    /// Pages of [`PAGE_SERIALS`] serials with their first numbers.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pages(&self) -> io::Result<impl Iterator<Item = io::Result<(u64, String)>> + use<>> {
        let mut lines = BufReader::with_capacity(READ_BYTES, File::open(&self.in_order)?);
        let mut first = 0;
        Ok(std::iter::from_fn(move || {
            let (mut page, mut serials) = (String::new(), 0);
            while serials < PAGE_SERIALS {
                match lines.read_line(&mut page) {
                    Ok(0) => break,
                    Ok(_) => serials += 1,
                    Err(error) => return Some(Err(error)),
                }
            }
            let number = first;
            first += serials as u64;
            (serials > 0).then(|| Ok((number, page.trim_end().to_owned())))
        }))
    }
}

/// Reads a file to its end into `folder`, which has to be there and empty.
/// `read` counts its serials; `stop` ends it early.
///
/// # Errors
/// [`Fault::Lines`] with every line that is broken or stands twice.
pub fn gather(
    mut file: impl Read,
    case: Case,
    folder: &Path,
    read: &AtomicU64,
    stop: &dyn Fn() -> bool,
) -> Result<Gathered, Fault> {
    let in_order = folder.join("in-order");
    let mut order = BufWriter::new(File::create(&in_order)?);
    let mut sorter = Sorter::new(folder);
    let mut faults = Vec::new();
    let mut count: u32 = 0;
    let mut each = |line| -> io::Result<()> {
        match line {
            Line::Broken(fault) => faults.push(fault),
            Line::Serial { serial, line } => {
                sorter.push(&serial, count, line)?;
                order.write_all(serial.as_bytes())?;
                order.write_all(b"\n")?;
                count += 1;
                read.store(u64::from(count), Ordering::Relaxed);
            }
        }
        if u64::from(count) > SERIALS_MAX || faults.len() >= FAULTS_MAX {
            return Err(io::Error::other(Enough));
        }
        Ok(())
    };
    let mut lines = Lines::new(case);
    let took = loop_over(&mut file, &mut lines, &mut each, stop);
    match took {
        Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Enough>()) => {
            if u64::from(count) > SERIALS_MAX {
                let remedy = format!("import at most {SERIALS_MAX} serials at once");
                faults.push(FieldError::new("file", "has too many serials", remedy));
            }
        }
        Err(error) => return Err(error.into()),
        Ok(false) => return Err(Fault::Stopped),
        Ok(true) => {}
    }
    if faults.is_empty() && count == 0 {
        faults.push(FieldError::new("file", "has no serials", "write one a line"));
    }
    if !faults.is_empty() {
        return Err(Fault::Lines(faults));
    }
    order.flush()?;
    let sorted = sorter.finish()?;
    let twice = twice(&sorted)?;
    if !twice.is_empty() {
        return Err(Fault::Lines(twice));
    }
    Ok(Gathered { count: u64::from(count), sorted, in_order })
}

/// True at the end of the file, false when it was stopped.
fn loop_over(
    file: &mut impl Read,
    lines: &mut Lines,
    each: &mut impl FnMut(Line) -> io::Result<()>,
    stop: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let mut piece = vec![0; READ_BYTES];
    loop {
        let read = match file.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            lines.end(each)?;
            return Ok(true);
        }
        if stop() {
            return Ok(false);
        }
        lines.take(&piece[..read], each)?;
    }
}

/// Lines whose serial stands on an earlier one too.
fn twice(sorted: &Sorted) -> io::Result<Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut last: Option<(String, u32)> = None;
    for entry in sorted.iter()? {
        let entry = entry?;
        match &last {
            Some((serial, first)) if *serial == entry.serial => {
                let problem = format!("{serial} stands on line {first} too");
                let fault = FieldError::new("serial", problem, "take one of them out");
                faults.push(fault.at_line(u64::from(entry.line)));
                if faults.len() >= FAULTS_MAX {
                    break;
                }
            }
            _ => last = Some((entry.serial, entry.line)),
        }
    }
    faults.sort_by_key(|fault| fault.line);
    Ok(faults)
}

/// Enough is wrong, or far too much has come.
#[derive(Debug, thiserror::Error)]
#[error("enough")]
struct Enough;

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the file has faults")]
    Lines(Vec<FieldError>),
    #[error("stopped")]
    Stopped,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(file: &str) -> Result<(Gathered, tempfile::TempDir), Vec<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        let read = AtomicU64::new(0);
        match gather(file.as_bytes(), Case::Fold, folder.path(), &read, &|| false) {
            Ok(gathered) => Ok((gathered, folder)),
            Err(Fault::Lines(faults)) => Err(faults.iter().map(ToString::to_string).collect()),
            Err(fault) => panic!("{fault}"),
        }
    }

    #[test]
    fn pages_are_in_the_order_of_the_file() {
        let serials: Vec<_> = (0..1_203).map(|n| format!("S{}", (n * 7_919) % 10_007)).collect();
        let (gathered, _folder) = gathered(&serials.join("\n")).expect("gathered");
        assert_eq!(gathered.count, 1_203);
        let pages: Vec<_> =
            gathered.pages().expect("pages").map(|page| page.expect("one")).collect();
        assert_eq!(pages.iter().map(|(first, _)| *first).collect::<Vec<_>>(), [0, 500, 1_000]);
        let again: Vec<_> = pages.iter().flat_map(|(_, page)| page.lines()).collect();
        assert_eq!(again, serials);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line() {
        let told = gathered("A1\nB2\na-1\nC3\nB 2\n").err().expect("faults");
        assert_eq!(
            told,
            [
                "line 3, serial: A1 stands on line 1 too; take one of them out",
                "line 5, serial: B2 stands on line 2 too; take one of them out"
            ]
        );
        assert!(gathered("A1\n?\n").err().expect("faults")[0].starts_with("line 2, serial"));
        assert!(gathered("\n\n").err().expect("faults")[0].contains("has no serials"));
    }
}
