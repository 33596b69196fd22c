//! What was recorded on the spot: visits that the case names, with the clock and
//! network of each record, pictures, and codes that were read whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Sources, utc};
use crate::base::{LedgerError, UnixMs, hex};
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::code;
use crate::evidence::manifest::LeftOut;
use crate::evidence::{UnitSigned, Visit};
use crate::visits::record::Fact as Recorded;
use crate::visits::visit::{self, Kept};

/// Of all visits of a case.
#[derive(Default)]
pub(super) struct OnTheSpot {
    pub(super) visits: Vec<Visit>,
    /// A line a record: clocks and network.
    pub(super) phones: Vec<Value>,
    /// SHA-256 of pictures, each with where it comes from.
    pub(super) pictures: Vec<(String, Value)>,
    /// Signatures of labels that somebody scanned, by payload.
    pub(super) read: BTreeMap<[u8; 12], UnitSigned>,
}

/// What had come in at an instant. A visit that is not there is told.
pub(super) async fn read<L: Sources + ?Sized>(
    ledger: &L,
    file: &CaseFile,
    at: UnixMs,
    left_out: &mut Vec<LeftOut>,
) -> Result<OnTheSpot, LedgerError> {
    let mut spot = OnTheSpot::default();
    for entry in file.standing() {
        let Fact::Visit { visit } = &entry.fact else { continue };
        let mut records = match ledger.any_visit(*visit).await {
            Err(LedgerError::NotFound(_)) => {
                left_out.push(not_there(*visit));
                continue;
            }
            found => found?,
        };
        records.retain(|kept| kept.arrival.received_at <= at);
        spot.add(*visit, &records);
    }
    Ok(spot)
}

fn not_there(visit: Uuid) -> LeftOut {
    LeftOut {
        what: format!("visit {visit}"),
        why_zh: format!("案卷提到的现场检查 {visit}：制作时系统内没有记录（已到期删除，或未上传）"),
        why_en:
            "the case names it, and there are no records of it: its time was over, or none came"
                .to_owned(),
    }
}

impl OnTheSpot {
    fn add(&mut self, id: Uuid, records: &[Kept]) {
        for kept in records {
            self.phones.push(clock(kept));
            if let Recorded::Check(check) = &kept.record.fact
                && let Ok(reading) = code::read(&check.code)
            {
                let read = UnitSigned {
                    signature: reading.signature,
                    message: code::signed_message(&reading),
                    read_in: format!("check {} of visit {id}", kept.record.id),
                };
                self.read.entry(reading.payload.to_bytes()).or_insert(read);
            }
        }
        if let Some(visit) = visit::Visit::fold(records) {
            let from = |hash: &str| (hash.to_owned(), json!({"visit": id}));
            self.pictures.extend(visit.pictures().into_iter().map(from));
        }
        let about = json!({"visit": id, "records": records.iter().map(told).collect::<Vec<_>>()});
        self.visits.push(Visit { id: id.to_string(), about });
    }
}

/// A record as it came, with its hash and what the register said of it then.
fn told(kept: &Kept) -> Value {
    json!({
        "seq": kept.seq,
        "sha256": hex(&kept.hash),
        "record": serde_json::to_value(&kept.record).unwrap_or_default(),
        "recorded_by": kept.arrival.recorded_by,
        "taken_in_by": kept.arrival.taken_in_by,
        "register_said": serde_json::to_value(&kept.says).unwrap_or_default(),
    })
}

fn clock(kept: &Kept) -> Value {
    json!({
        "record": kept.record.id,
        "kind": kept.record.fact.slug(),
        "phone": kept.arrival.phone,
        "made_at_by_phone": utc(kept.record.made_at),
        "made_at_by_server": utc(kept.made_by_server()),
        "sent_at_by_phone": utc(kept.arrival.sent_at),
        "received_at_by_server": utc(kept.arrival.received_at),
        "phone_ahead_ms": kept.arrival.ahead_ms(),
        "made_offline": kept.record.made_offline,
        "offline_file": kept.record.kit,
        "network": kept.record.network,
    })
}
