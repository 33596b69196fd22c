//! Builds packages of evidence.
//!
//! A package is taken under a lease. It appears under its name when it is whole
//! and on the disk, and is told to the ledger then; killed before, the next taker
//! begins anew, and what the first one left is written over. Its statement is
//! dated by an authority where one is set: the courier asks, since whoever holds
//! keys calls nobody (`guide::adr::courier_without_keys`); the worker waits for
//! that a while and lets the package leave without otherwise, saying so in it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::app::kits::OpenOffice;
use crate::app::paths;
use crate::base::{By, Clock, LedgerError, hex, rng};
use crate::cases::port::FileLedger;
use crate::evidence::gather::{Gather, Making};
use crate::evidence::manifest::{CaseNamed, MadeBy, Timestamped};
use crate::evidence::port::{Built, DatedBy, EvidenceLedger, PackageRow, StampAsked};
use crate::evidence::{Dossier, EvidenceError, Package, Sealed, Stamp, tsp};
use crate::keys::office::{OfficeKeys, OfficeSigner};
use crate::media::MediaStore;
use crate::scan::service::Scanner;
use crate::store::sql::Ledger;

/// How long a builder may be silent before its package goes to another,
/// milliseconds.
const LEASE_MS: i64 = 180_000;
/// When what failed is tried again, milliseconds.
const RETRY_MS: i64 = 30_000;
/// How long an authority's answer is waited for, milliseconds.
const STAMP_WAIT_MS: i64 = 60_000;
const BEAT: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
enum BuildError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Key(#[from] crate::keys::KeyError),
    #[error("{0}")]
    Disk(#[from] std::io::Error),
    #[error("no office has a key that signs: make one with `zhenma key new --office NAME`")]
    NoOffice,
    #[error("stopped")]
    Stopped,
}

/// An authority for the time.
#[derive(Clone)]
pub struct Authority {
    pub url: String,
    /// What its certificate must come from; empty: it is not followed.
    pub roots: Vec<CertificateDer<'static>>,
}

/// What builds packages of evidence.
#[derive(Clone)]
pub struct EvidencePackages {
    pub ledger: Ledger,
    pub scanner: Scanner,
    pub media: MediaStore,
    pub offices: Arc<OpenOffice>,
    /// The published keys of offices.
    pub published: Arc<ArcSwap<OfficeKeys>>,
    pub authority: Option<Authority>,
    pub zone: TimeZone,
    pub clock: Arc<dyn Clock>,
    pub data: PathBuf,
}

impl EvidencePackages {
    /// Takes and builds what waits, until `stop`.
    pub async fn work(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            match self.ledger.take_evidence(now, now.plus_ms(LEASE_MS)).await {
                Ok(Some(row)) => {
                    self.work_on(&row, &stop).await;
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "evidence: the ledger was not asked"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    async fn work_on(&self, row: &PackageRow, stop: &CancellationToken) {
        let told = match self.build(row, stop).await {
            Ok((built, state)) => {
                tracing::info!(package = %row.id, files = built.files, "evidence: built");
                self.ledger.evidence_built(row.id, &state, &built, &By::worker(built.at)).await
            }
            Err(BuildError::Stopped) => {
                // The next taker need not wait for the lease.
                self.ledger.keep_evidence(row.id, self.clock.now()).await.map(drop)
            }
            Err(error) => {
                tracing::error!(package = %row.id, %error, "evidence: not built");
                let again = self.clock.now().plus_ms(RETRY_MS);
                self.ledger.evidence_failed(row.id, &error.to_string(), again).await
            }
        };
        if let Err(error) = told {
            tracing::warn!(package = %row.id, %error, "evidence: the ledger was not told");
        }
    }

    /// The package on the disk, and the state that went into it.
    async fn build(
        &self,
        row: &PackageRow,
        stop: &CancellationToken,
    ) -> Result<(Built, String), BuildError> {
        let office = self.office_name(row).await?;
        let kid = self.published.load().signing_for(&office).map(|key| key.kid);
        let signer = Arc::new((self.offices)(kid.ok_or(BuildError::NoOffice)?)?);
        let dossier = self.dossier(row, office, &signer).await?;
        let state = dossier.digest()?;
        let package = {
            let signer = Arc::clone(&signer);
            tokio::task::spawn_blocking(move || Package::of(&dossier, &signer))
        };
        let package = package.await.map_err(|_| BuildError::Stopped)??;
        let (statement, stamp, dated, undated) = self.dated(row, &package, &signer, stop).await?;
        let sealed = package.seal(statement, stamp)?;
        let out = paths::evidence(&self.data, row.id);
        let (bytes, files) = (sealed.length(), sealed.files() as u32);
        let written = tokio::task::spawn_blocking(move || write(&sealed, &out));
        let sha256 = written.await.map_err(|_| BuildError::Stopped)??;
        let (at, kid) = (self.clock.now(), signer.kid().to_string());
        Ok((Built { at, kid, bytes, files, sha256, dated, undated }, state))
    }

    async fn dossier(
        &self,
        row: &PackageRow,
        office: String,
        signer: &OfficeSigner,
    ) -> Result<Dossier, BuildError> {
        let file = self.ledger.any_case(row.case).await?;
        let mut offices = OfficeKeys::default();
        let published = self.published.load();
        published.get(signer.kid()).into_iter().for_each(|key| offices.insert(key.clone()));
        let making = Making {
            package: row.id.to_string(),
            case: CaseNamed {
                office,
                number: row.case_number.clone(),
                id: row.case.to_string(),
                entries: u64::from(row.entries),
            },
            made_by: MadeBy {
                login: row.asked_by.clone(),
                name: row.asked_name.clone(),
                seat: row.asked_seat.slug().to_owned(),
            },
            made_at: row.asked_at,
            offices,
            server: self.server(),
        };
        let gather = Gather {
            ledger: &self.ledger,
            scanner: &self.scanner,
            media: &self.media,
            zone: &self.zone,
        };
        let mut dossier = gather.dossier(&file, making).await?;
        dossier.custody = gather.custody(&dossier).await?;
        Ok(dossier)
    }

    fn server(&self) -> serde_json::Value {
        serde_json::json!({
            "clock": "of the machine that serves; whether it is set by an authority is the \
                      operator's to say",
            "zone": self.zone.iana_name(),
            "synchronised": synchronised(),
        })
    }

    /// The signed statement, with an authority's answer where one came.
    async fn dated(
        &self,
        row: &PackageRow,
        package: &Package,
        signer: &OfficeSigner,
        stop: &CancellationToken,
    ) -> Result<(String, Option<Stamp>, Option<DatedBy>, Option<String>), BuildError> {
        let Some(authority) = &self.authority else {
            return Ok((package.sign(signer, None), None, None, None));
        };
        let said = |problem: Option<String>| {
            Some(Timestamped { authority: authority.url.clone(), problem })
        };
        let statement = package.sign(signer, said(None));
        let query = tsp::query(statement.as_bytes(), u64::from_be_bytes(rng::bytes()));
        let answered = self.asked(row, query.clone(), stop).await?.and_then(|response| {
            tsp::check(statement.as_bytes(), &query, &response, &authority.roots)
                .map(|dated| (response, dated))
                .map_err(|problem| problem.to_string())
        });
        Ok(match answered {
            Ok((response, dated)) => {
                let by = DatedBy { authority: authority.url.clone(), at: dated.at };
                (statement, Some(Stamp { query, response }), Some(by), None)
            }
            Err(problem) => {
                tracing::warn!(package = %row.id, problem, "evidence: no authority dated it");
                (package.sign(signer, said(Some(problem.clone()))), None, None, Some(problem))
            }
        })
    }

    /// What the courier brings back.
    async fn asked(
        &self,
        row: &PackageRow,
        query: Vec<u8>,
        stop: &CancellationToken,
    ) -> Result<Result<Vec<u8>, String>, BuildError> {
        self.ledger.ask_stamp(&StampAsked { package: row.id, query }).await?;
        let until = self.clock.now().plus_ms(STAMP_WAIT_MS);
        while self.clock.now() < until {
            if let Some(answer) = self.ledger.stamp_of(row.id).await? {
                return Ok(answer);
            }
            tokio::select! {
                () = stop.cancelled() => return Err(BuildError::Stopped),
                () = tokio::time::sleep(BEAT) => {}
            }
        }
        Ok(Err("no courier brought an answer within a minute".to_owned()))
    }

    async fn office_name(&self, row: &PackageRow) -> Result<String, BuildError> {
        use crate::auth::office::OfficeLedger;
        let offices = self.ledger.offices().await?;
        let office = offices.into_iter().find(|office| office.id == row.office);
        Ok(office.map(|office| office.name_zh).unwrap_or_default())
    }
}

/// Whether the system's own service keeps the clock right; `null`: not known.
fn synchronised() -> Option<bool> {
    Path::new("/run/systemd/timesync")
        .exists()
        .then(|| Path::new("/run/systemd/timesync/synchronized").exists())
}

/// Writes the package beside its name and renames it when it is on the disk; its
/// SHA-256.
fn write(sealed: &Sealed, out: &Path) -> std::io::Result<String> {
    let folder = out.parent().unwrap_or(out);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let part = out.with_extension("part");
    let file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    let mut hashed = Hashed { out: BufWriter::new(file), hash: Sha256::new() };
    sealed.write(&mut hashed)?;
    hashed.out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&part, out)?;
    File::open(folder)?.sync_all()?;
    Ok(hex(&hashed.hash.finalize()))
}

struct Hashed<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
