//! What others tell, and what is found without a code: forged texts by place,
//! lots that are sold elsewhere.

use crate::store::sql::db::{self, Row};
use uuid::Uuid;

use super::keep::{Found, keep, opened};
use super::weigh;
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, Lang, LedgerError, UnixMs, ids};
use crate::leads::port::Diverted;
use crate::leads::told::{FORGED_DAYS, FORGED_MIN, Kept, Source, Told, forged as chance};
use crate::leads::why;
use crate::registry::Bilingual;
use crate::scan::Place;
use crate::store::sql::rows::{self, Read, get};
use crate::store::sql::{Ledger, Tx, audit, down, signed, unsigned};

const DAY_MS: i64 = 86_400_000;

/// A source as it is to be kept.
struct New<'a> {
    source: Source,
    origin: &'a str,
    reference: &'a str,
    digest: Vec<u8>,
    payload: Option<Vec<u8>>,
    place: Place,
    probability: f64,
    people: u64,
    says: Bilingual,
    by: &'a str,
    at: UnixMs,
}

pub(super) async fn tell(ledger: &Ledger, told: &[Told], by: &By) -> Read<Vec<Kept>> {
    let mut tx = ledger.write().await?;
    let (mut kept, mut faults) = (Vec::new(), Vec::new());
    for one in told {
        match again(&mut tx, one).await? {
            Some((lead, same)) if same => kept.push(Kept { lead, repeated: true }),
            Some(_) => faults.push(other_words(one)),
            None => kept.push(Kept { lead: add(&mut tx, one, by).await?, repeated: false }),
        }
    }
    if !faults.is_empty() {
        return Err(LedgerError::Invalid(faults));
    }
    tx.commit().await.map_err(down)?;
    Ok(kept)
}

fn other_words(told: &Told) -> FieldError {
    let (problem, remedy) = ("was told before with other words", "give it a reference of its own");
    let fault = FieldError::new("reference", problem, remedy);
    if told.line == 0 { fault } else { fault.at_line(told.line) }
}

/// The lead of what was told before under the same reference, and whether it was
/// the same.
async fn again(tx: &mut Tx, told: &Told) -> Read<Option<(Uuid, bool)>> {
    let row = db::query(
        "SELECT lead, digest FROM lead_sources
         WHERE source = $1 AND origin = $2 AND reference = $3",
    )
    .bind(told.source.slug())
    .bind(&told.origin)
    .bind(&told.reference)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    row.map(|row| {
        let lead = get::<String>(&row, "lead")?.parse().map_err(|_| rows::bad("lead"))?;
        Ok((lead, get::<Vec<u8>>(&row, "digest")? == told.digest()))
    })
    .transpose()
}

async fn add(tx: &mut Tx, told: &Told, by: &By) -> Read<Uuid> {
    let lead = match told.label {
        Some(label) => of_label(tx, told, label).await?,
        None => of_goods(tx, told).await?,
    };
    let new = New {
        source: told.source,
        origin: &told.origin,
        reference: &told.reference,
        digest: told.digest().to_vec(),
        payload: told.label.map(|label| label.payload.to_vec()),
        place: told.place,
        probability: told.source.probability(),
        // Who tells of it has no phone that scanned it.
        people: 0,
        says: Bilingual { zh: told.said.clone(), en: told.said.clone() },
        by: &by.login,
        at: told.at,
    };
    put(tx, &lead, &new).await?;
    weigh::lead(tx, &lead, by.at).await?;
    let entry = Entry {
        action: "lead.tell",
        object: format!("lead {lead}"),
        enterprise: told.enterprise.as_ref().map(|uscc| uscc.as_str()),
        before: serde_json::Value::Null,
        after: serde_json::json!({"source": told.source.slug(), "reference": told.reference}),
    };
    audit::note(tx, by, &entry).await?;
    lead.parse().map_err(|_| rows::bad("lead"))
}

/// The lead of a code, be it flagged or not.
async fn of_label(tx: &mut Tx, told: &Told, label: crate::leads::told::Label) -> Read<String> {
    let known: Option<String> =
        db::query_scalar("SELECT lead FROM lead_codes WHERE payload = $1 AND left_at IS NULL")
            .bind(label.payload.to_vec())
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
    if let Some(known) = known {
        return Ok(known);
    }
    let found = Found {
        label,
        risk: 0.0,
        people: 0,
        places: Vec::new(),
        scans: 0,
        opened_at: told.at,
        seen_at: told.at,
        phone: None,
    };
    keep(tx, &found, told.at).await
}

/// Reports of one product from one town are one lead.
async fn of_goods(tx: &mut Tx, told: &Told) -> Read<String> {
    let key = told.key();
    let known: Option<String> = db::query_scalar("SELECT id FROM leads WHERE key = $1")
        .bind(&key)
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    if let Some(known) = known {
        return Ok(known);
    }
    let lead = opened(tx, &key, "told", (told.at, &[]), told.at).await?;
    db::query(
        "UPDATE leads SET enterprise = $1, gtin = $2, key_number = $3, batch_number = $4
         WHERE id = $5",
    )
    .bind(told.enterprise.as_ref().map(|uscc| uscc.as_str()))
    .bind(told.product.as_ref().map(|gtin| gtin.as_str()))
    .bind(told.batch.map(|batch| i64::from(batch.key.get())))
    .bind(told.batch.map(|batch| i64::from(batch.batch)))
    .bind(&lead)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(lead)
}

async fn put(tx: &mut Tx, lead: &str, new: &New<'_>) -> Read<()> {
    db::query(
        "INSERT INTO lead_sources (id, lead, source, origin, reference, digest, payload, place,
         probability, people, says_zh, says_en, told_by, told_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (source, origin, reference) DO UPDATE SET probability = excluded.probability,
             people = excluded.people, says_zh = excluded.says_zh, says_en = excluded.says_en,
             told_at = excluded.told_at, gone_at = NULL",
    )
    .bind(ids::new_id(new.at).to_string())
    .bind(lead)
    .bind(new.source.slug())
    .bind(new.origin)
    .bind(new.reference)
    .bind(&new.digest)
    .bind(&new.payload)
    .bind(i64::from(new.place.0))
    .bind(new.probability)
    .bind(signed(new.people))
    .bind(&new.says.zh)
    .bind(&new.says.en)
    .bind(new.by)
    .bind(new.at.0)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

pub(super) async fn reports(ledger: &Ledger) -> Read<u64> {
    db::query_scalar("SELECT seq FROM leads_followed WHERE source = 'reports'")
        .fetch_optional(&ledger.reader)
        .await
        .map(|seq: Option<i64>| unsigned(seq.unwrap_or(0)))
        .map_err(down)
}

pub(super) async fn set_reports(ledger: &Ledger, seq: u64) -> Read<()> {
    db::query(
        "INSERT INTO leads_followed (source, seq) VALUES ('reports', $1)
         ON CONFLICT (source) DO UPDATE SET seq = excluded.seq",
    )
    .bind(signed(seq))
    .execute(&ledger.writer)
    .await
    .map(drop)
    .map_err(down)
}

/// Counts what was forged under a key in a place of late, and keeps it as a lead
/// under the name of the maker whose key it is.
pub(super) async fn forged(tx: &mut Tx, key: i64, place: i64, now: UnixMs) -> Read<()> {
    let since = now.plus_ms(-FORGED_DAYS * DAY_MS).rfc3339();
    let since = since.get(..10).unwrap_or_default();
    let texts: i64 = db::query_scalar(
        "SELECT CAST(COALESCE(SUM(seen), 0) AS BIGINT) FROM forgeries
         WHERE key_number = $1 AND place = $2 AND day >= $3",
    )
    .bind(key)
    .bind(place)
    .bind(since)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    let texts = unsigned(texts);
    if texts < FORGED_MIN {
        return Ok(());
    }
    let maker = maker(tx, key).await?;
    let (uscc, name) = maker.unwrap_or_default();
    let lead_key = format!("place/{}/{place}", if uscc.is_empty() { "own" } else { &uscc });
    if settled(tx, (Source::Forged, &lead_key), texts).await? {
        return Ok(());
    }
    let lead = standing(tx, &lead_key, "place", now).await?;
    db::query("UPDATE leads SET enterprise = $1 WHERE id = $2")
        .bind(Some(&uscc).filter(|uscc| !uscc.is_empty()))
        .bind(&lead)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    let days = FORGED_DAYS.unsigned_abs();
    let place = Place(u16::try_from(place).unwrap_or(0));
    let says = |name: &str, lang| why::of_forgeries(name, place, texts, days, lang);
    let english = if name.en.is_empty() { &name.zh } else { &name.en };
    let new = New {
        source: Source::Forged,
        origin: "",
        reference: &lead_key,
        digest: Vec::new(),
        payload: None,
        place,
        probability: chance(texts),
        people: texts,
        says: Bilingual { zh: says(&name.zh, Lang::Zh), en: says(english, Lang::En) },
        by: "",
        at: now,
    };
    put(tx, &lead, &new).await?;
    weigh::lead(tx, &lead, now).await
}

/// Whose key it is: code and name.
async fn maker(tx: &mut Tx, key: i64) -> Read<Option<(String, Bilingual)>> {
    let row = db::query(
        "SELECT e.uscc, e.name_zh, e.name_en FROM enterprises e WHERE e.uscc =
             (SELECT enterprise FROM batches WHERE key_number = $1 LIMIT 1)",
    )
    .bind(key)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    row.map(|row: Row| {
        Ok((get(&row, "uscc")?, Bilingual { zh: get(&row, "name_zh")?, en: get(&row, "name_en")? }))
    })
    .transpose()
}

/// Whether an officer closed the lead when at least half as much was known.
async fn settled(tx: &mut Tx, (source, reference): (Source, &str), people: u64) -> Read<bool> {
    let before: Option<i64> = db::query_scalar(
        "SELECT s.people FROM lead_sources s JOIN leads l ON l.id = s.lead
         WHERE s.source = $1 AND s.origin = '' AND s.reference = $2 AND l.state = 'done'
         AND l.closed_by IS NOT NULL",
    )
    .bind(source.slug())
    .bind(reference)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    Ok(before.is_some_and(|before| people < 2 * unsigned(before)))
}

/// The lead that is known by a key, opened where there is none.
async fn standing(tx: &mut Tx, key: &str, kind: &str, now: UnixMs) -> Read<String> {
    let known: Option<String> = db::query_scalar("SELECT id FROM leads WHERE key = $1")
        .bind(key)
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    match known {
        Some(known) => Ok(known),
        None => opened(tx, key, kind, (now, &[]), now).await,
    }
}

/// Keeps which lots are sold elsewhere now. A lot whose numbers did not change is
/// left as it was: it must not open again what an officer closed.
pub(super) async fn diverted(ledger: &Ledger, lots: &[Diverted], now: UnixMs) -> Read<()> {
    let mut tx = ledger.write().await?;
    for lot in lots {
        let key = format!("lot/{}", lot.batch);
        let says =
            Bilingual { zh: why::of_lot(&lot.lot, Lang::Zh), en: why::of_lot(&lot.lot, Lang::En) };
        let same: Option<i64> = db::query_scalar(
            "SELECT 1 FROM lead_sources WHERE source = 'diverted' AND origin = '' AND reference = $1
             AND says_zh = $2 AND gone_at IS NULL",
        )
        .bind(&key)
        .bind(&says.zh)
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let outside = u64::from(lot.lot.outside);
        if same.is_some() || settled(&mut tx, (Source::Diverted, &key), outside).await? {
            continue;
        }
        let lead = standing(&mut tx, &key, "lot", now).await?;
        db::query("UPDATE leads SET key_number = $1, batch_number = $2 WHERE id = $3")
            .bind(i64::from(lot.batch.key.get()))
            .bind(i64::from(lot.batch.batch))
            .bind(&lead)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let new = New {
            source: Source::Diverted,
            origin: "",
            reference: &key,
            digest: Vec::new(),
            payload: None,
            place: Place(lot.lot.most.map_or(0, |province| u16::from(province) * 100)),
            probability: lot.probability,
            people: outside,
            says,
            by: "",
            at: now,
        };
        put(&mut tx, &lead, &new).await?;
        weigh::lead(&mut tx, &lead, now).await?;
    }
    gone(&mut tx, lots, now).await?;
    tx.commit().await.map_err(down)
}

/// Ends what was said of lots that travel as the others do again.
async fn gone(tx: &mut Tx, lots: &[Diverted], now: UnixMs) -> Read<()> {
    let standing = db::query(
        "SELECT id, lead, reference FROM lead_sources WHERE source = 'diverted' AND origin = ''
         AND gone_at IS NULL",
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    for row in &standing {
        let reference: String = get(row, "reference")?;
        if lots.iter().any(|lot| format!("lot/{}", lot.batch) == reference) {
            continue;
        }
        db::query("UPDATE lead_sources SET gone_at = $1 WHERE id = $2")
            .bind(now.0)
            .bind(get::<String>(row, "id")?)
            .execute(&mut **tx)
            .await
            .map_err(down)?;
        weigh::lead(tx, &get::<String>(row, "lead")?, now).await?;
    }
    Ok(())
}
