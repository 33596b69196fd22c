//! `zhenma evidence verify`: offline, with the published keys alone.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rustls::pki_types::CertificateDer;

use super::verify::NO_KEYS;
use super::{Done, Failure};
use crate::evidence::check::{self, Published, Report};
use crate::evidence::container::PACKAGE_BYTES_MAX;
use crate::keys::Keyring;
use crate::keys::office::OfficeKeys;

#[derive(Args)]
pub(crate) struct Evidence {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Check a package of evidence. Example: zhenma evidence verify package.zip --keys office-jwks.json --keys jwks.json
    ///
    /// Exit 0: nothing is wrong with it, and a published key of the office signed it. 1: something
    /// is wrong; what and where is told. 2: it cannot be read. 3: nothing is wrong with it, but no
    /// published keys were given, so that anybody may have made it.
    Verify {
        /// The package
        file: PathBuf,
        /// Published keys (/.well-known/office-jwks.json, /.well-known/jwks.json); may be given more than once
        #[arg(long, value_name = "JWKS.json")]
        keys: Vec<PathBuf>,
        /// Root certificates of the authority for the time, PEM; may be given more than once
        #[arg(long, value_name = "ROOT.pem")]
        tsa: Vec<PathBuf>,
    },
}

impl Evidence {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let What::Verify { file, keys, tsa } = self.what;
        let published = Published { keys: published(&keys)?, roots: roots(&tsa)? };
        let report = check::check(&read(&file)?, &published);
        if json {
            println!("{}", serde_json::to_string(&machine(&report))?);
        } else {
            tell(&report);
        }
        Ok(match (report.is_whole(), report.compared) {
            (false, _) => Done::No,
            (true, true) => Done::Yes,
            (true, false) => Done::Unsure,
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let told = |e: std::io::Error| {
        Failure(format!("package {}: {e}; name the file that the office gave out", file.display()))
    };
    let mut bytes = Vec::new();
    // One more than a package may have, so that the check says so.
    File::open(file)
        .map_err(told)?
        .take(PACKAGE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(told)?;
    Ok(bytes)
}

/// Both kinds of every file; `None` where no file is named.
fn published(files: &[PathBuf]) -> Result<Option<(OfficeKeys, Keyring)>, Failure> {
    let (mut offices, mut labels) = (OfficeKeys::default(), Keyring::default());
    for file in files {
        let told = |e: &dyn std::fmt::Display| Failure(format!("key set {}: {e}", file.display()));
        let bytes = fs::read(file).map_err(|e| told(&format_args!("{e}; {NO_KEYS}")))?;
        let more = OfficeKeys::from_jwks(&bytes).map_err(|e| told(&e))?;
        more.iter().for_each(|key| offices.insert(key.clone()));
        let more = Keyring::from_jwks(&bytes).map_err(|e| told(&e))?;
        more.iter().for_each(|key| labels.insert(key.clone()));
    }
    Ok((!files.is_empty()).then_some((offices, labels)))
}

fn roots(files: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let mut all = Vec::new();
    for file in files {
        all.extend(crate::app::stamps::roots(file).map_err(|e| Failure(format!("root {e}")))?);
    }
    Ok(all)
}

fn machine(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "outcome": outcome(report),
        "faults": report.faults,
        "more_faults": report.more_faults,
        "statement": report.statement,
        "dated_at_ms": report.dated_at.map(|at| at.0),
        "holds": report.holds,
        "notes": report.notes,
    })
}

fn outcome(report: &Report) -> &'static str {
    match (report.is_whole(), report.compared) {
        (false, _) => "wrong",
        (true, true) => "good",
        (true, false) => "keys_not_compared",
    }
}

fn tell(report: &Report) {
    println!("{}", outcome(report));
    for says in &report.holds {
        println!("  holds  {says}");
    }
    for fault in &report.faults {
        println!("  WRONG  {fault}");
    }
    if report.more_faults > 0 {
        println!("  WRONG  and {} more faults", report.more_faults);
    }
    for left in report.statement.iter().flat_map(|statement| &statement.left_out) {
        println!("  left out  {}: {}", left.what, left.why_en);
    }
    for says in &report.notes {
        println!("  note  {says}");
    }
}
