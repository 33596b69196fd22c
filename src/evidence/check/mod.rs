//! Checks a package with nothing but the published keys, and says what is wrong
//! with it and where.
//!
//! The order is that of trust: the statement (who signed, with which key, when),
//! the manifest that it binds, the files that the manifest binds, the container
//! around them. What is found damaged in one byte is mended in memory before the
//! next step, so that one flipped bit is one fault and not a hundred.

mod frame;
mod listed;
pub mod locate;
mod open;
mod signed;
mod units;

pub(super) use units::SIGNED;

use std::fmt;

use rustls::pki_types::CertificateDer;
use serde::Serialize;

use crate::base::UnixMs;
use crate::evidence::container::PACKAGE_BYTES_MAX;
use crate::evidence::manifest::Statement;
use crate::keys::{Keyring, office::OfficeKeys};

/// Faults that are listed; more are counted.
const FAULTS_MAX: usize = 200;

/// What is believed from outside the package.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// `None`: none was given, and those in the package are used.
    pub keys: Option<(OfficeKeys, Keyring)>,
    /// Certificates of authorities for the time.
    pub roots: Vec<CertificateDer<'static>>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A stable word for programs.
    pub fault: &'static str,
    /// The file of the package, where it is one's.
    pub file: Option<String>,
    /// Byte of that file, from 0.
    pub file_byte: Option<u64>,
    /// Byte of the package, from 0.
    pub byte: Option<u64>,
    /// Bytes from there on among which it is.
    pub bytes: Option<u64>,
    pub says: String,
}

impl Fault {
    fn new(fault: &'static str, says: impl Into<String>) -> Self {
        let says = says.into();
        Self { fault, file: None, file_byte: None, byte: None, bytes: None, says }
    }

    fn of(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// Within the package, and within the file where that is known.
    const fn at(mut self, byte: u64, file_byte: Option<u64>, bytes: u64) -> Self {
        (self.byte, self.file_byte, self.bytes) = (Some(byte), file_byte, Some(bytes));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        f.write_str(&self.says)?;
        let bytes = |first: u64, count: u64| match count {
            1 => format!("byte {first}"),
            _ => format!("bytes {first} to {}", first + count.max(1) - 1),
        };
        if let (Some(at), Some(count)) = (self.byte, self.bytes) {
            match self.file_byte {
                Some(inside) => {
                    write!(
                        f,
                        " ({}, which is {} of the package)",
                        bytes(inside, count),
                        bytes(at, count)
                    )
                }
                None => write!(f, " ({} of the package)", bytes(at, count)),
            }?;
        }
        Ok(())
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub faults: Vec<Fault>,
    /// Faults that are not listed.
    pub more_faults: u64,
    pub statement: Option<Statement>,
    /// What holds, in the order in which it was checked.
    pub holds: Vec<String>,
    /// What the reader must know beside.
    pub notes: Vec<String>,
    /// When an authority dated the statement.
    pub dated_at: Option<UnixMs>,
    /// Whether the keys came from outside the package.
    pub compared: bool,
}

impl Report {
    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.more_faults += 1;
        }
    }

    fn holds(&mut self, says: impl Into<String>) {
        self.holds.push(says.into());
    }

    fn note(&mut self, says: impl Into<String>) {
        self.notes.push(says.into());
    }

    /// Nothing is wrong with it; whose it is, only [`Self::compared`] tells.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks a package. `bytes` is the whole file.
pub fn check(bytes: &[u8], published: &Published) -> Report {
    let mut report = Report { compared: published.keys.is_some(), ..Report::default() };
    if bytes.len() as u64 > PACKAGE_BYTES_MAX {
        let says = format!("is longer than {PACKAGE_BYTES_MAX} bytes, which no package is");
        report.fault(Fault::new("too_long", says));
        return report;
    }
    let leading = open::leading(bytes);
    if leading > 0 {
        let says = "something was put before its beginning; places below are counted behind it";
        report.fault(Fault::new("container", says).at(0, None, leading as u64));
    }
    let Some(opened) = open::open(&bytes[leading..]) else {
        let says = "is no package: no manifest.json and statement.jws can be found in it";
        report.fault(Fault::new("no_package", says));
        return report;
    };
    let signed = signed::statement(&opened, published, &mut report);
    let manifest = listed::manifest(&opened, signed.statement.as_ref(), &mut report);
    if let Some(manifest) = &manifest {
        let inside = listed::files(&opened, manifest, &signed, &mut report);
        units::check(manifest, &inside, &signed.labels, &mut report);
        let own = listed::own(&opened, manifest, &signed, &mut report);
        frame::check(&opened, manifest.files.iter().chain(&own), &mut report);
    }
    report.statement = signed.statement;
    report
}

#[cfg(test)]
mod tests;
