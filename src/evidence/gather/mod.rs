//! Reads a dossier: everything that goes into a package of a case, as it was at
//! an instant. Done twice, when a package is asked for, to learn whether this
//! state has one ([`Dossier::digest`]), and when it is built.

mod photos;
mod related;
mod spot;
mod unit;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use related::Related;
use serde_json::Value;

use crate::base::{LedgerError, UnixMs, hex};
use crate::cases::CaseLedger;
use crate::cases::file::CaseFile;
use crate::cases::port::FileLedger;
use crate::evidence::manifest::{CaseNamed, LeftOut, MadeBy};
use crate::evidence::port::EvidenceLedger;
use crate::evidence::{Clock, Custody, Dossier, EntryLine, Unit};
use crate::keys::office::OfficeKeys;
use crate::keys::{KeyNumber, Keyring};
use crate::media::{MediaLedger, MediaStore};
use crate::scan::ledger::ScanLedger;
use crate::scan::policies::PolicyLedger;
use crate::scan::service::Scanner;
use crate::visits::port::VisitLedger;

/// What of the ledger is read.
pub trait Sources:
    FileLedger + CaseLedger + ScanLedger + MediaLedger + VisitLedger + PolicyLedger + EvidenceLedger
{
}

impl<T> Sources for T where
    T: FileLedger
        + CaseLedger
        + ScanLedger
        + MediaLedger
        + VisitLedger
        + PolicyLedger
        + EvidenceLedger
        + ?Sized
{
}

/// Where it is read.
#[derive(Clone, Copy)]
pub struct Gather<'a, L: ?Sized> {
    pub ledger: &'a L,
    pub scanner: &'a Scanner,
    pub media: &'a MediaStore,
    pub zone: &'a TimeZone,
}

/// Who makes a package of what, and when: all that is no part of the state.
#[derive(Clone, Debug)]
pub struct Making {
    /// UUID of the package.
    pub package: String,
    pub case: CaseNamed,
    pub made_by: MadeBy,
    /// Nothing is read that came later.
    pub made_at: UnixMs,
    /// The key that signs, among those that are published.
    pub offices: OfficeKeys,
    /// What is known of the clock of the server.
    pub server: Value,
}

impl<L: Sources + ?Sized> Gather<'_, L> {
    /// Everything that goes into a package but the list of custody.
    ///
    /// # Errors
    /// Of the ledger and of the disk; a history that cannot be read now.
    pub async fn dossier(&self, file: &CaseFile, making: Making) -> Result<Dossier, LedgerError> {
        let file = up_to(file, making.case.entries)?;
        let mut left_out = left_out();
        let mut spot = spot::read(self.ledger, &file, making.made_at, &mut left_out).await?;
        let mut policies = unit::Policies::read(self, making.made_at).await?;
        let mut devices = BTreeMap::new();
        let mut units = Vec::new();
        for (_, unit) in file.units() {
            let unit = unit::read(self, unit, making.made_at, &mut devices, &mut policies).await?;
            units.extend(
                unit.map(|unit| Unit {
                    signed: spot.read.remove(&unit.payload.to_bytes()),
                    ..unit
                }),
            );
        }
        let photos = photos::read(self, &file, &spot.pictures, &mut left_out).await?;
        let keys = keys_of(&self.scanner.keys.load(), &units);
        let related = Related::read(self.ledger, &file).await?;
        Ok(Dossier {
            package: making.package,
            case: making.case,
            title: file.title.clone(),
            state: file.state.slug().to_owned(),
            made_by: making.made_by,
            made_at: making.made_at,
            zone: self.zone.clone(),
            entries: entries(&file)?,
            inquiries: related.inquiries,
            blocks: related.blocks,
            reports: related.reports,
            policies: policies.decided(),
            units,
            photos,
            visits: spot.visits,
            custody: Vec::new(),
            clock: Clock { server: making.server, phones: spot.phones },
            keys,
            offices: making.offices,
            left_out,
        })
    }

    /// Who had or did what: the entries, and the trail of the case, its photos, visits,
    /// blocks and reports.
    ///
    /// # Errors
    /// Of the ledger.
    pub async fn custody(&self, of: &Dossier) -> Result<Vec<Custody>, LedgerError> {
        let of_entries = of.entries.iter().map(|entry| Custody {
            at: entry.at,
            who: entry.by.clone(),
            what: format!("entry.{}", entry.fact["kind"].as_str().unwrap_or_default()),
            of: format!("entry {}", entry.seq),
            reference: entry.id.clone(),
        });
        let trail = self.ledger.trail_of(&objects(of)).await?;
        let until = of.made_at.0;
        let of_trail = trail.iter().filter(|line| line.at <= until).map(|line| Custody {
            at: UnixMs(line.at),
            who: line.login.clone(),
            what: line.action.clone(),
            of: line.object.clone(),
            reference: format!("audit {} {}", line.seq, hex(&line.seal)),
        });
        let mut all: Vec<_> = of_entries.chain(of_trail).collect();
        all.sort_by_key(|line| line.at);
        Ok(all)
    }
}

/// What the trail calls that of which the list of custody tells.
fn objects(of: &Dossier) -> Vec<String> {
    let ids = |kind: &'static str, values: &[Value], name: &'static str| -> Vec<String> {
        let id = |value: &Value| value[name].as_str().map(|id| format!("{kind} {id}"));
        values.iter().filter_map(id).collect()
    };
    let photos: Vec<_> = of.photos.iter().map(|photo| photo.about.clone()).collect();
    let joined = of.entries.iter().filter(|entry| entry.fact["kind"] == "joined");
    let joined: Vec<_> = joined.map(|entry| entry.fact.clone()).collect();
    let mut objects = vec![format!("case {}", of.case.id)];
    objects.extend(ids("case", &joined, "from"));
    objects.extend(ids("photo", &photos, "original_sha256"));
    objects.extend(ids("block", &of.blocks, "id"));
    objects.extend(ids("report", &of.reports, "id"));
    objects.extend(of.visits.iter().map(|visit| format!("visit {}", visit.id)));
    objects
}

/// The case up to one of its entries.
fn up_to(file: &CaseFile, seq: u64) -> Result<CaseFile, LedgerError> {
    let until = file.entries().iter().filter(|entry| u64::from(entry.seq) <= seq);
    CaseFile::of(file.id, until.cloned().collect())
        .ok_or_else(|| LedgerError::NotFound(format!("case {}", file.id)))
}

fn entries(file: &CaseFile) -> Result<Vec<EntryLine>, LedgerError> {
    file.entries()
        .iter()
        .map(|entry| {
            let fact = serde_json::to_value(&entry.fact)
                .map_err(|e| LedgerError::Unavailable(e.to_string()))?;
            Ok(EntryLine {
                seq: u64::from(entry.seq),
                id: entry.id.to_string(),
                at: entry.at,
                by: entry.by.clone(),
                stands: !file.is_withdrawn(entry.id),
                fact,
            })
        })
        .collect()
}

fn keys_of(published: &Keyring, units: &[Unit]) -> Keyring {
    let mut keys = Keyring::default();
    let numbers = units.iter().map(|unit| unit.payload.key).filter(|key| *key != KeyNumber::OWN);
    for key in numbers.filter_map(|number| published.get(number)) {
        keys.insert(key.clone());
    }
    keys
}

fn utc(at: UnixMs) -> String {
    crate::evidence::parts::utc(at)
}

/// The same of every package: what is never handed on.
fn left_out() -> Vec<LeftOut> {
    let line = |what: &str, why_zh: &str, why_en: &str| LeftOut {
        what: what.to_owned(),
        why_zh: why_zh.to_owned(),
        why_en: why_en.to_owned(),
    };
    vec![
        line(
            "device tags of scans",
            "查询设备的标识（散列值）：以本证据包内的序号代替，同号即同一设备，包外无意义",
            "replaced by numbers that mean something within this package only",
        ),
        line(
            "network tags of scans",
            "查询来源网络的标识（散列值）：只保留网络类别（机房、内网、运营商共用地址、其他）",
            "only the kind of network is kept: of a data centre, private, shared by a carrier, other",
        ),
        line(
            "precise places of buyers",
            "消费者自愿提供的精确位置：只保留到市",
            "places that buyers gave by a tap are kept by city",
        ),
        line(
            "names and means of contact of buyers who reported",
            "举报消费者的姓名和联系方式：案卷未记载的一律不导出",
            "those that the case file does not name stay with the office",
        ),
    ]
}
