//! Reads a dossier: the case file, what it names, and what the trail tells of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::spot::OnTheSpot;
use super::{BuildError, EvidencePackages};
use crate::base::{Lang, LedgerError, UnixMs};
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::port::FileLedger;
use crate::cases::{CaseLedger, matter::CaseUnit};
use crate::code::Payload;
use crate::evidence::manifest::{CaseNamed, LeftOut, MadeBy};
use crate::evidence::port::{EvidenceLedger, PackageRow};
use crate::evidence::{
    Clock, Custody, Dossier, EntryLine, Judged, Photo, ReasonLine, ScanLine, Unit,
};
use crate::keys::office::{OfficeKeys, OfficeSigner};
use crate::keys::{KeyNumber, Keyring};
use crate::media::{Kind, MediaLedger, Sha256Hex};
use crate::registry::Placement;
use crate::scan::ledger::ScanLedger;
use crate::scan::reason::place_text;
use crate::scan::{CodeId, Marks, Observation};

/// Scans of one label that are listed; more are counted.
const SCANS_MAX: u32 = 500;

impl EvidencePackages {
    /// Everything that goes into the package of a row.
    pub(super) async fn dossier(
        &self,
        row: &PackageRow,
        office: String,
        signer: &OfficeSigner,
    ) -> Result<Dossier, BuildError> {
        let file = as_it_was(&self.ledger.any_case(row.case).await?, row)?;
        let mut spot = self.on_the_spot(row, &file).await?;
        let mut units = Vec::new();
        let mut devices = BTreeMap::new();
        for (_, unit) in file.units() {
            units.extend(self.unit(unit, row.asked_at, &mut devices, &mut spot).await?);
        }
        let mut left_out = left_out();
        let mut photos = self.photos(&file).await?;
        self.pictures(&spot, &mut photos, &mut left_out).await?;
        let keys = self.scanner.keys.load();
        let published = self.published.load();
        let mut offices = OfficeKeys::default();
        published.get(signer.kid()).into_iter().for_each(|key| offices.insert(key.clone()));
        Ok(Dossier {
            package: row.id.to_string(),
            case: CaseNamed {
                office,
                number: row.case_number.clone(),
                id: row.case.to_string(),
                entries: u64::from(row.entries),
            },
            title: file.title.clone(),
            state: file.state.slug().to_owned(),
            made_by: MadeBy {
                login: row.asked_by.clone(),
                name: row.asked_name.clone(),
                seat: row.asked_seat.slug().to_owned(),
            },
            made_at: row.asked_at,
            zone: self.zone.clone(),
            entries: entries(&file)?,
            keys: keys_of(&keys, &units),
            units,
            photos,
            visits: spot.visits,
            custody: self.custody(row, &file).await?,
            clock: self.clocks(spot.phones),
            offices,
            left_out,
        })
    }

    async fn unit(
        &self,
        unit: &CaseUnit,
        at: UnixMs,
        devices: &mut BTreeMap<u64, u32>,
        spot: &mut OnTheSpot,
    ) -> Result<Option<Unit>, BuildError> {
        let Ok(payload) = Payload::from_serial_text(&unit.serial) else { return Ok(None) };
        let code = payload.to_bytes();
        let number = match self.scanner.register.load().place(&payload) {
            Placement::Issued { number, .. } => Some(number),
            Placement::NotIssued => None,
        };
        let scans = self.ledger.scans_of(&code, SCANS_MAX).await?;
        let mut judged = None;
        let mut counted = scans.len() as u64;
        if let Some(number) = number {
            // A history that cannot be read now is tried again with the package.
            let id = CodeId { payload: code, number };
            let reviewed = self.scanner.review(id, at).await.map_err(|error| {
                LedgerError::Unavailable(format!("a history was not read: {error}"))
            })?;
            if let Some((verdict, history)) = reviewed {
                counted = counted.max(history.count());
                let reasons = verdict.reasons.iter().chain(&verdict.doubts);
                judged = Some(Judged {
                    outcome: verdict.outcome.slug().to_owned(),
                    risk: verdict.risk,
                    judged_by: verdict.judged_by(),
                    reasons: reasons
                        .map(|reason| ReasonLine {
                            code: reason.slug().to_owned(),
                            zh: reason.text(Lang::Zh, &self.zone),
                            en: reason.text(Lang::En, &self.zone),
                        })
                        .collect(),
                });
            }
        }
        let decisions = self.ledger.decisions(&code).await?;
        Ok(Some(Unit {
            payload,
            number,
            register: self.register(&payload),
            signed: spot.read.remove(&code),
            judged,
            scans_unlisted: counted - scans.len() as u64,
            scans: scans.iter().map(|seen| scan_line(seen, devices)).collect(),
            decisions: decisions
                .iter()
                .map(|d| {
                    json!({"at_ms": d.decided_at.0, "by": d.decided_by,
                        "decision": d.decision.slug(), "note": d.note})
                })
                .collect(),
        }))
    }

    fn register(&self, payload: &Payload) -> Value {
        let Placement::Issued { facts, .. } = self.scanner.register.load().place(payload) else {
            return json!({"issued": false});
        };
        let (batch, product, maker) = (&facts.batch, &facts.product, &facts.enterprise);
        json!({
            "issued": true, "batch": batch.id.to_string(), "lot": batch.lot,
            "made_on": batch.made_on.to_string(), "destination": batch.destination,
            "dealer": batch.dealer, "gtin": product.gtin.to_string(),
            "product": {"zh": product.name.zh, "en": product.name.en},
            "enterprise": {"uscc": maker.uscc.to_string(), "zh": maker.name.zh, "en": maker.name.en},
        })
    }

    async fn photos(&self, file: &CaseFile) -> Result<Vec<Photo>, BuildError> {
        let mut photos: Vec<Photo> = Vec::new();
        for entry in file.standing() {
            let Fact::Photo(photo) = &entry.fact else { continue };
            if photos.iter().any(|known| known.sha256 == photo.media) {
                continue;
            }
            let from = json!({"entry": entry.id, "shows": photo.shows});
            let kept = self.photo(&photo.media, &photo.caption, &from).await?;
            photos.push(kept.ok_or_else(|| gone(&photo.media))?);
        }
        Ok(photos)
    }

    /// Adds pictures of visits; one that has not come in yet is told.
    async fn pictures(
        &self,
        spot: &OnTheSpot,
        photos: &mut Vec<Photo>,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<(), BuildError> {
        for (hash, from) in &spot.pictures {
            if photos.iter().any(|known| known.sha256 == *hash) {
                continue;
            }
            match self.photo(hash, "", from).await? {
                Some(photo) => photos.push(photo),
                None => left_out.push(LeftOut {
                    what: format!("picture {hash}"),
                    why_zh: format!("现场记录提到的照片 {hash} 制作时尚未上传"),
                    why_en: "a record of a visit names it, and it had not come in".to_owned(),
                }),
            }
        }
        Ok(())
    }

    /// The original of a photo, where it is kept.
    async fn photo(
        &self,
        sha256: &str,
        caption: &str,
        from: &Value,
    ) -> Result<Option<Photo>, BuildError> {
        let Some(hash) = Sha256Hex::parse(sha256) else { return Ok(None) };
        let Some(media) = self.ledger.media(&hash).await? else { return Ok(None) };
        let about = json!({
            "from": from, "added_by": media.added_by, "added_at_ms": media.added_at.0,
            "bytes": media.bytes, "width": media.width, "height": media.height,
            "exif": media.exif,
        });
        Ok(Some(Photo {
            sha256: sha256.to_owned(),
            ending: ending(media.kind),
            path: self.media.path(&media.original),
            caption: caption.to_owned(),
            about,
        }))
    }

    async fn custody(&self, row: &PackageRow, file: &CaseFile) -> Result<Vec<Custody>, BuildError> {
        let of_entries = file.entries().iter().map(|entry| Custody {
            at: entry.at,
            who: entry.by.clone(),
            what: format!("entry.{}", entry.fact.slug()),
            of: format!("entry {}", entry.seq),
            reference: entry.id.to_string(),
        });
        let trail = self.ledger.trail_of_case(row.case).await?;
        let of_trail = trail.iter().filter(|line| line.at <= row.asked_at.0).map(|line| Custody {
            at: UnixMs(line.at),
            who: line.login.clone(),
            what: line.action.clone(),
            of: line.object.clone(),
            reference: format!("audit {} {}", line.seq, crate::evidence::digest::hex(&line.seal)),
        });
        let mut all: Vec<_> = of_entries.chain(of_trail).collect();
        all.sort_by_key(|line| line.at);
        Ok(all)
    }

    fn clocks(&self, phones: Vec<Value>) -> Clock {
        Clock {
            server: json!({
                "clock": "of the machine that serves; whether it is set by an authority is the \
                          operator's to say",
                "zone": self.zone.iana_name(),
                "synchronised": synchronised(),
            }),
            phones,
        }
    }
}

/// Whether the system's own service keeps the clock right; `null`: not known.
fn synchronised() -> Option<bool> {
    std::path::Path::new("/run/systemd/timesync")
        .exists()
        .then(|| std::path::Path::new("/run/systemd/timesync/synchronized").exists())
}

fn gone(photo: &str) -> BuildError {
    crate::evidence::EvidenceError::Part {
        path: format!("photos/{photo}"),
        problem: "the case names this photo and it is not kept: take the entry back, or restore it"
            .to_owned(),
    }
    .into()
}

const fn ending(kind: Kind) -> &'static str {
    match kind {
        Kind::Jpeg => "jpg",
        Kind::Png => "png",
        Kind::WebP => "webp",
    }
}

/// The case up to the entry with which the package was asked for.
fn as_it_was(file: &CaseFile, row: &PackageRow) -> Result<CaseFile, BuildError> {
    let entries = file.entries().iter().filter(|entry| entry.seq <= row.entries).cloned().collect();
    CaseFile::of(file.id, entries)
        .ok_or_else(|| LedgerError::NotFound(format!("case {}", row.case)).into())
}

fn entries(file: &CaseFile) -> Result<Vec<EntryLine>, BuildError> {
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

/// A scan without what names somebody; devices are numbered as they come.
fn scan_line(seen: &Observation, devices: &mut BTreeMap<u64, u32>) -> ScanLine {
    let next = devices.len() as u32 + 1;
    let device =
        (seen.device.get() != 0).then(|| *devices.entry(seen.device.get()).or_insert(next));
    ScanLine {
        at: seen.at,
        channel: format!("{:?}", seen.channel).to_lowercase(),
        region: seen.place.0,
        place: place_text(seen.place, Lang::Zh),
        hosted: seen.marks.has(Marks::HOSTED),
        device,
    }
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
            "查询来源网络的标识（散列值）：只保留是否来自机房网络",
            "only whether a scan came from a data centre is kept",
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
