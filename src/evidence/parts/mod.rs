//! The files of a package, in their order.

mod keys;
mod readme;
mod record;
mod tables;
mod unit;

use serde_json::{Value, json};

use crate::base::UnixMs;
use crate::evidence::container::is_path;
use crate::evidence::package::Part;
use crate::evidence::{Dossier, EvidenceError, PolicyText};
use crate::keys::office::OfficeSigner;

/// RFC 3339 in UTC, to the millisecond.
pub(super) fn utc(at: UnixMs) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    format!("{at:.3}")
}

/// Day and time of the zone in which the office works.
pub(super) fn local(dossier: &Dossier, at: UnixMs) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.to_zoned_datetime(dossier.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut out = serde_json::to_vec_pretty(value).expect("a value is JSON");
    out.push(b'\n');
    out
}

/// Every file that the manifest lists.
pub(super) fn all(dossier: &Dossier, signer: &OfficeSigner) -> Result<Vec<Part>, EvidenceError> {
    let mut parts = vec![
        Part::of("README.txt", readme::text(dossier, signer).into_bytes()),
        Part::of("custody.csv", tables::custody(dossier)),
        Part::of("clock.json", pretty(&clock(dossier))),
    ];
    parts.extend(matter(dossier)?);
    for photo in &dossier.photos {
        let path = format!("photos/{}.{}", photo.sha256, photo.ending);
        let part = Part::file(&path, photo.path.clone())?;
        if part.record.sha256 != photo.sha256 {
            let problem = "the file of this photo is not what was taken in".to_owned();
            return Err(EvidenceError::Part { path, problem });
        }
        parts.push(part);
    }
    // Last, since it lists all others with their hashes.
    let record = record::pdf(dossier, &parts);
    parts.push(Part::of("record.pdf", record));
    match parts.iter().find(|part| !is_path(&part.record.path)) {
        Some(part) => Err(EvidenceError::Part {
            path: part.record.path.clone(),
            problem: "is no path of a package".to_owned(),
        }),
        None => Ok(parts),
    }
}

/// What tells of the case, whoever makes the package and when. The file of a photo is
/// named by its hash in what is known of it.
pub(super) fn matter(dossier: &Dossier) -> Result<Vec<Part>, EvidenceError> {
    let mut parts = vec![
        Part::of("case.json", pretty(&case(dossier))),
        Part::of("inquiries.json", pretty(&json!(dossier.inquiries))),
        Part::of("blocks.json", pretty(&json!(dossier.blocks))),
        Part::of("reports.json", pretty(&json!(dossier.reports))),
        Part::of("scans.csv", tables::scans(dossier)),
        Part::of("keys.json", keys::set(dossier)),
    ];
    parts.extend(keys::pems(dossier)?);
    parts.extend(dossier.policies.iter().map(policy));
    for unit in &dossier.units {
        parts.extend(unit::files(dossier, unit));
    }
    for visit in &dossier.visits {
        parts.push(Part::of(&format!("visits/{}.json", visit.id), pretty(&visit.about)));
    }
    for photo in &dossier.photos {
        let about = json!({"caption": photo.caption, "file": format!("{}.{}", photo.sha256,
            photo.ending), "about": photo.about});
        parts.push(Part::of(&format!("photos/{}.json", photo.sha256), pretty(&about)));
    }
    Ok(parts)
}

/// Under its name, where that can be one of a file.
fn policy(policy: &PolicyText) -> Part {
    let path = format!("policies/{}.json", policy.name);
    let path = if is_path(&path) { path } else { "policies/policy.json".to_owned() };
    Part::of(&path, policy.text.clone().into_bytes())
}

fn case(dossier: &Dossier) -> Value {
    let entries: Vec<_> = dossier
        .entries
        .iter()
        .map(|entry| {
            json!({
                "seq": entry.seq, "id": entry.id, "at": utc(entry.at), "by": entry.by,
                "stands": entry.stands, "fact": entry.fact,
            })
        })
        .collect();
    json!({
        "office": dossier.case.office, "number": dossier.case.number, "id": dossier.case.id,
        "title": dossier.title, "state": dossier.state, "entries": entries,
        "left_out": dossier.left_out,
    })
}

fn clock(dossier: &Dossier) -> Value {
    json!({
        "package_asked_for_at": utc(dossier.made_at),
        "zone": dossier.zone.iana_name(),
        "server": dossier.clock.server,
        "phones": dossier.clock.phones,
    })
}
