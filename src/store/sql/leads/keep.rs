//! Marks are taken, and each code put where it belongs.

use super::rows::{narrow, places};
use super::{noted, told, weigh};
use crate::base::{UnixMs, ids};
use crate::code::{Layer, Payload};
use crate::leads::merge::NEIGHBOURS;
use crate::leads::port::LEAD_CODES_MAX;
use crate::leads::told::Label;
use crate::scan::Place;
use crate::store::sql::db;
use crate::store::sql::rows::{self, Read, get};
use crate::store::sql::{Ledger, Tx, down, signed, unsigned};

/// A code as it is to be kept.
pub(super) struct Found {
    pub label: Label,
    pub risk: f64,
    pub people: u32,
    pub places: Vec<Place>,
    pub scans: u64,
    pub opened_at: UnixMs,
    pub seen_at: UnixMs,
    pub phone: Option<i64>,
}

/// What it is tied by; numbers are neighbours within one lane.
struct Tied {
    lane: i64,
    parent: Option<String>,
    package: Option<String>,
    phone: Option<i64>,
}

pub(super) async fn work(ledger: &Ledger, now: UnixMs, limit: u32) -> Read<u64> {
    let mut tx = ledger.write().await?;
    let marks: Vec<String> =
        db::query_scalar("SELECT object FROM leads_waiting ORDER BY seq, object LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await
            .map_err(down)?;
    for object in &marks {
        take(&mut tx, object, now).await?;
        db::query("DELETE FROM leads_waiting WHERE object = $1")
            .bind(object)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
    }
    if !marks.is_empty() {
        tx.commit().await.map_err(down)?;
    }
    Ok(marks.len() as u64)
}

async fn take(tx: &mut Tx, object: &str, now: UnixMs) -> Read<()> {
    let parts: Vec<&str> = object.split('/').collect();
    let number = |n: usize| parts.get(n).and_then(|text| text.parse::<i64>().ok());
    match (parts[0], number(1), number(2), number(3)) {
        ("item", Some(key), Some(batch), Some(label)) => item(tx, [key, batch, label], now).await,
        ("forged", Some(key), Some(place), None) => told::forged(tx, key, place, now).await,
        // Of another version: it means nothing here.
        _ => Ok(()),
    }
}

/// Looks at the flags of an item anew: of its outer code, its inner one.
async fn item(tx: &mut Tx, [key, batch, label]: [i64; 3], now: UnixMs) -> Read<()> {
    let flags = db::query(
        "SELECT * FROM flags WHERE key_number = $1 AND batch_number = $2 AND label_number = $3
         ORDER BY payload",
    )
    .bind(key)
    .bind(batch)
    .bind(label)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    for flag in &flags {
        let payload = rows::payload(flag)?;
        if get::<String>(flag, "state")? == "open" {
            let found = Found {
                label: Label {
                    payload,
                    batch: rows::batch_ref(flag)?,
                    number: unsigned(get(flag, "label_number")?),
                },
                risk: get(flag, "latest_risk")?,
                people: narrow(flag, "people")?,
                places: places(flag)?,
                scans: unsigned(get(flag, "scans")?),
                opened_at: UnixMs(get(flag, "opened_at")?),
                seen_at: UnixMs(get(flag, "seen_at")?),
                phone: get(flag, "phone")?,
            };
            let lead = keep(tx, &found, now).await?;
            weigh::lead(tx, &lead, now).await?;
        } else {
            leave(tx, &payload, now).await?;
        }
    }
    Ok(())
}

/// Takes a code out that was decided.
async fn leave(tx: &mut Tx, payload: &[u8; 12], now: UnixMs) -> Read<()> {
    let lead: Option<String> = db::query_scalar(
        "UPDATE lead_codes SET left_at = $1, phone = NULL WHERE payload = $2 AND left_at IS NULL RETURNING lead",
    )
    .bind(now.0)
    .bind(payload.to_vec())
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    match lead {
        Some(lead) => weigh::lead(tx, &lead, now).await,
        None => Ok(()),
    }
}

/// Puts a code where it belongs, joins what it ties together, and gives the
/// lead, which has to be weighed.
pub(super) async fn keep(tx: &mut Tx, found: &Found, now: UnixMs) -> Read<String> {
    let tied = ties(tx, found).await?;
    let mut leads = related(tx, found, &tied).await?;
    let anchor = (found.opened_at.0, found.label.payload.to_vec());
    let codes: u64 = leads.iter().map(|lead| lead.codes).sum();
    if codes >= LEAD_CODES_MAX {
        leads.retain(|lead| lead.own);
    }
    leads.sort_by(|a, b| (a.anchor_at, &a.anchor).cmp(&(b.anchor_at, &b.anchor)));
    let lead = match leads.split_first() {
        None => open(tx, found, now).await?,
        Some((first, others)) => {
            for other in others {
                absorb(tx, &first.id, &other.id, now).await?;
            }
            if anchor < (first.anchor_at, first.anchor.clone()) && first.key.starts_with("label/") {
                name(tx, &first.id, found).await?;
            }
            first.id.clone()
        }
    };
    put(tx, &lead, found, &tied).await?;
    Ok(lead)
}

async fn ties(tx: &mut Tx, found: &Found) -> Read<Tied> {
    let Label { payload, batch, number } = found.label;
    let layer = Payload::from_bytes(payload).map_or(Layer::Outer, |payload| payload.layer);
    let of_item = matches!(layer, Layer::Outer | Layer::Inner);
    let unit = if of_item { format!("b{batch}.{number}") } else { format!("c{batch}.{number}") };
    let parent: Option<String> = db::query_scalar("SELECT parent FROM trace_units WHERE unit = $1")
        .bind(unit)
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .flatten();
    let package = db::query_scalar(
        "SELECT package FROM spare_sightings
         WHERE key_number = $1 AND batch_number = $2 AND number = $3",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(number))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    Ok(Tied {
        lane: if of_item { 0 } else { layer as i64 },
        // Many cases are on one pallet: that ties nothing.
        parent: parent.filter(|parent| of_item && parent.starts_with('c')),
        package: if of_item { package } else { None },
        phone: found.phone,
    })
}

struct Related {
    id: String,
    key: String,
    anchor_at: i64,
    anchor: Vec<u8>,
    codes: u64,
    own: bool,
}

/// Leads that the code is tied to, and the one that it was in.
async fn related(tx: &mut Tx, found: &Found, tied: &Tied) -> Read<Vec<Related>> {
    let Label { payload, batch, number } = found.label;
    db::query(
        "SELECT id, key, anchor_at, anchor, codes,
             EXISTS (SELECT 1 FROM lead_codes c WHERE c.payload = $1 AND c.lead = leads.id) AS own
         FROM leads WHERE id IN (
             SELECT lead FROM lead_codes WHERE payload = $1
             UNION SELECT lead FROM lead_codes WHERE key_number = $2 AND batch_number = $3
                 AND lane = $4 AND label_number BETWEEN $5 AND $6 AND left_at IS NULL
             UNION SELECT lead FROM lead_codes WHERE parent = $7 AND left_at IS NULL
             UNION SELECT lead FROM lead_codes WHERE package = $8 AND left_at IS NULL
             UNION SELECT lead FROM lead_codes WHERE phone = $9 AND left_at IS NULL)",
    )
    .bind(payload.to_vec())
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(tied.lane)
    .bind(signed(number.saturating_sub(NEIGHBOURS)))
    .bind(signed(number.saturating_add(NEIGHBOURS)))
    .bind(&tied.parent)
    .bind(&tied.package)
    .bind(tied.phone)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?
    .iter()
    .map(|row| {
        Ok(Related {
            id: get(row, "id")?,
            key: get(row, "key")?,
            anchor_at: get(row, "anchor_at")?,
            anchor: get(row, "anchor")?,
            codes: unsigned(get(row, "codes")?),
            own: get::<i64>(row, "own")? != 0,
        })
    })
    .collect()
}

fn key_of(payload: &[u8; 12]) -> Read<String> {
    let payload = Payload::from_bytes(*payload).map_err(|_| rows::bad("payload"))?;
    Ok(format!("label/{}", payload.serial_text()))
}

async fn open(tx: &mut Tx, found: &Found, now: UnixMs) -> Read<String> {
    let key = key_of(&found.label.payload)?;
    let anchor = (found.opened_at, &found.label.payload[..]);
    opened(tx, &key, "code", anchor, now).await
}

/// Opens a lead, of which everything else is still to be weighed.
pub(super) async fn opened(
    tx: &mut Tx,
    key: &str,
    kind: &str,
    (anchor_at, anchor): (UnixMs, &[u8]),
    now: UnixMs,
) -> Read<String> {
    let id = ids::new_id(now).to_string();
    db::query(
        "INSERT INTO leads (id, key, kind, state, anchor_at, anchor, place, codes, people,
         provinces, probability, harm, freshness, reach, score, why_zh, why_en, opened_at,
         updated_at, seen_at, grounds)
         VALUES ($1, $2, $3, 'open', $4, $5, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', $6, $6, $4, '')",
    )
    .bind(&id)
    .bind(key)
    .bind(kind)
    .bind(anchor_at.0)
    .bind(anchor.to_vec())
    .bind(now.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    noted(tx, &id, now, "", ("opened", "")).await?;
    Ok(id)
}

/// Names a lead by a code that was flagged before its own.
async fn name(tx: &mut Tx, lead: &str, found: &Found) -> Read<()> {
    db::query("UPDATE leads SET key = $1, anchor_at = $2, anchor = $3 WHERE id = $4")
        .bind(key_of(&found.label.payload)?)
        .bind(found.opened_at.0)
        .bind(found.label.payload.to_vec())
        .bind(lead)
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

/// Lets a lead go on in another. Who had it goes on having it, if nobody has
/// that one.
async fn absorb(tx: &mut Tx, into: &str, other: &str, now: UnixMs) -> Read<()> {
    for sql in [
        "UPDATE lead_codes SET lead = $1 WHERE lead = $2",
        "UPDATE lead_sources SET lead = $1 WHERE lead = $2",
        "UPDATE leads SET merged_into = $1 WHERE merged_into = $2",
        "UPDATE leads SET
             office = COALESCE(office, (SELECT office FROM leads o WHERE o.id = $2)),
             due_on = COALESCE(due_on, (SELECT due_on FROM leads o WHERE o.id = $2)),
             assigned_to = COALESCE(assigned_to, (SELECT assigned_to FROM leads o WHERE o.id = $2))
         WHERE id = $1",
        "UPDATE leads SET state = 'merged', merged_into = $1, key = 'merged/' || id,
             rescore_at = NULL, assigned_to = NULL, due_on = NULL, snoozed_until = NULL
         WHERE id = $2",
        // The first of both places is bound all the same.
        "DELETE FROM lead_places WHERE lead = $2 AND $1 <> ''",
    ] {
        db::query(sql).bind(into).bind(other).execute(&mut **tx).await.map_err(down)?;
    }
    noted(tx, into, now, "", ("merged", other)).await?;
    noted(tx, other, now, "", ("merged", into)).await
}

async fn put(tx: &mut Tx, lead: &str, found: &Found, tied: &Tied) -> Read<()> {
    let Label { payload, batch, number } = found.label;
    db::query(
        "INSERT INTO lead_codes (payload, lead, key_number, batch_number, lane, label_number, risk,
         people, places, scans, settled_scans, opened_at, seen_at, parent, package, phone)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15)
         ON CONFLICT (payload) DO UPDATE SET lead = excluded.lead, risk = excluded.risk,
             people = excluded.people, places = excluded.places, scans = excluded.scans,
             seen_at = CASE WHEN excluded.seen_at > lead_codes.seen_at
                 THEN excluded.seen_at ELSE lead_codes.seen_at END,
             settled_scans = CASE WHEN lead_codes.left_at IS NULL
                 THEN lead_codes.settled_scans ELSE 0 END,
             parent = excluded.parent, package = excluded.package, phone = excluded.phone,
             left_at = NULL",
    )
    .bind(payload.to_vec())
    .bind(lead)
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(tied.lane)
    .bind(signed(number))
    .bind(found.risk)
    .bind(i64::from(found.people))
    .bind(serde_json::json!(found.places).to_string())
    .bind(signed(found.scans))
    .bind(found.opened_at.0)
    .bind(found.seen_at.0)
    .bind(&tied.parent)
    .bind(&tied.package)
    .bind(tied.phone)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}
