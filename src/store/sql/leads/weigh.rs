//! Weighs a lead: what it is about, how it ranks and why, whether anything is
//! left of it, and whether something new opens it again.

use crate::store::sql::db::{self, Row};
use std::collections::BTreeMap;

use super::noted;
use super::rows::{narrow, places};
use crate::base::{Lang, UnixMs};
use crate::leads::merge;
use crate::leads::port::LEAD_CODES_MAX;
use crate::leads::score::{Factors, HARM_OF_A_DIVERTED_LOT, Weight, harm, next_change};
use crate::leads::why::{self, OfCodes};
use crate::leads::{Clue, Kind, Ties};
use crate::registry::Bilingual;
use crate::scan::{Place, Tag48};
use crate::store::sql::rows::{self, Read, get};
use crate::store::sql::{Ledger, Tx, down, signed, unsigned};

/// Provinces and prefectures of one lead that lists are narrowed by.
const PLACES_MAX: usize = 60;

pub(super) async fn refresh(ledger: &Ledger, now: UnixMs, limit: u32) -> Read<u64> {
    let mut tx = ledger.write().await?;
    let due: Vec<String> = db::query_scalar(
        "SELECT id FROM leads WHERE rescore_at <= $1 ORDER BY rescore_at LIMIT $2",
    )
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(&mut *tx)
    .await
    .map_err(down)?;
    for id in &due {
        lead(&mut tx, id, now).await?;
    }
    if !due.is_empty() {
        tx.commit().await.map_err(down)?;
    }
    Ok(due.len() as u64)
}

/// What the ledger has of one lead.
struct Known {
    clues: Vec<Clue>,
    /// Scans of each, and how many there were when its lead was closed.
    scans: Vec<(u64, u64)>,
    sources: Vec<Said>,
    state: String,
    closed_at: Option<i64>,
    kind: Kind,
    enterprise: Option<String>,
    product: Option<String>,
    batch: Option<(i64, i64)>,
}

struct Said {
    place: Place,
    probability: f64,
    people: u32,
    why: Bilingual,
    at: UnixMs,
}

pub(super) async fn lead(tx: &mut Tx, id: &str, now: UnixMs) -> Read<()> {
    let mut known = known(tx, id).await?;
    if known.state == "merged" {
        return Ok(());
    }
    if known.clues.is_empty() && known.sources.is_empty() {
        return end(tx, id, &known, now).await;
    }
    let is_new = |(scans, settled): &(u64, u64)| *settled == 0 || *scans >= 2 * settled;
    let told = known.sources.iter().any(|said| known.closed_at.is_none_or(|at| said.at.0 > at));
    if known.state == "done" && (known.scans.iter().any(is_new) || told) {
        noted(tx, id, now, "", ("reopened", "")).await?;
        "open".clone_into(&mut known.state);
    }
    let goods = goods(tx, &known).await?;
    keep(tx, id, &known, &goods, now).await
}

async fn known(tx: &mut Tx, id: &str) -> Read<Known> {
    let row = db::query("SELECT * FROM leads WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **tx)
        .await
        .map_err(down)?;
    let codes = db::query(
        "SELECT * FROM lead_codes WHERE lead = $1 AND left_at IS NULL
         ORDER BY key_number, batch_number, label_number, payload LIMIT $2",
    )
    .bind(id)
    .bind(signed(LEAD_CODES_MAX))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let sources = db::query(
        "SELECT * FROM lead_sources WHERE lead = $1 AND gone_at IS NULL
         ORDER BY told_at DESC, id DESC LIMIT 200",
    )
    .bind(id)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let of: (Option<i64>, Option<i64>) = (get(&row, "key_number")?, get(&row, "batch_number")?);
    let scans =
        |row: &Row| Ok((unsigned(get(row, "scans")?), unsigned(get(row, "settled_scans")?)));
    Ok(Known {
        clues: codes.iter().map(clue).collect::<Read<_>>()?,
        scans: codes.iter().map(scans).collect::<Read<_>>()?,
        sources: sources.iter().map(said).collect::<Read<_>>()?,
        state: get(&row, "state")?,
        closed_at: get(&row, "closed_at")?,
        kind: Kind::from_slug(&get::<String>(&row, "kind")?).ok_or_else(|| rows::bad("kind"))?,
        enterprise: get(&row, "enterprise")?,
        product: get(&row, "gtin")?,
        batch: of.0.zip(of.1),
    })
}

fn clue(row: &Row) -> Read<Clue> {
    let package: Option<String> = get(row, "package")?;
    Ok(Clue {
        payload: rows::payload(row)?,
        batch: rows::batch_ref(row)?,
        number: unsigned(get(row, "label_number")?),
        risk: get(row, "risk")?,
        people: narrow(row, "people")?,
        places: places(row)?,
        opened_at: UnixMs(get(row, "opened_at")?),
        seen_at: UnixMs(get(row, "seen_at")?),
        ties: Ties {
            case: get(row, "parent")?,
            package: package.and_then(|id| id.parse().ok()),
            phone: get::<Option<i64>>(row, "phone")?.map(|tag| Tag48::new(unsigned(tag))),
        },
    })
}

fn said(row: &Row) -> Read<Said> {
    Ok(Said {
        place: Place(u16::try_from(get::<i64>(row, "place")?).unwrap_or(0)),
        probability: get(row, "probability")?,
        people: narrow(row, "people")?,
        why: Bilingual { zh: get(row, "says_zh")?, en: get(row, "says_en")? },
        at: UnixMs(get(row, "told_at")?),
    })
}

/// Nothing is left of it: what spoke for it was decided, or holds no more.
async fn end(tx: &mut Tx, id: &str, known: &Known, now: UnixMs) -> Read<()> {
    if known.state == "done" {
        return Ok(());
    }
    db::query(
        "UPDATE leads SET state = 'done', closed_by = NULL, closed_at = $1, grounds = '',
         snoozed_until = NULL, rescore_at = NULL, codes = 0, updated_at = $1 WHERE id = $2",
    )
    .bind(now.0)
    .bind(id)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    db::query("UPDATE lead_places SET state = 'done' WHERE lead = $1")
        .bind(id)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    noted(tx, id, now, "", ("closed", "")).await
}

/// Whose goods a lead is about.
#[derive(Default)]
struct Goods {
    enterprise: Option<String>,
    product: Option<String>,
    batch: Option<(i64, i64)>,
    category: String,
}

async fn goods(tx: &mut Tx, known: &Known) -> Read<Goods> {
    let riskiest = known.clues.iter().max_by(|a, b| a.risk.total_cmp(&b.risk));
    let of = riskiest.map(|c| (i64::from(c.batch.key.get()), i64::from(c.batch.batch)));
    let batch = of.or(known.batch);
    let row = db::query(
        "SELECT p.enterprise, p.gtin, p.category FROM products p WHERE p.gtin = COALESCE(
             (SELECT gtin FROM batches WHERE key_number = $1 AND batch_number = $2), $3)",
    )
    .bind(batch.map(|(key, _)| key))
    .bind(batch.map(|(_, batch)| batch))
    .bind(&known.product)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let Some(row) = row else {
        // A maker's name without a product: what it makes is food, mostly.
        let (enterprise, product) = (known.enterprise.clone(), known.product.clone());
        return Ok(Goods { enterprise, product, batch, category: "food".to_owned() });
    };
    Ok(Goods {
        enterprise: get(&row, "enterprise")?,
        product: get(&row, "gtin")?,
        batch,
        category: get(&row, "category")?,
    })
}

/// Where a lead was met: codes by place, most first.
fn met(known: &Known) -> Vec<(Place, u32)> {
    let mut met = BTreeMap::<Place, u32>::new();
    let of_codes = known.clues.iter().flat_map(|clue| &clue.places);
    let of_sources = known.sources.iter().map(|said| &said.place);
    for place in of_codes.chain(of_sources).filter(|place| place.province() != 0) {
        *met.entry(*place).or_default() += 1;
    }
    let mut met: Vec<_> = met.into_iter().collect();
    met.sort_by_key(|(place, codes)| (std::cmp::Reverse(*codes), *place));
    met
}

fn weight(known: &Known, provinces: usize) -> Weight {
    let people = known.clues.iter().map(|clue| clue.people);
    let told = known.sources.iter().map(|said| said.people);
    Weight {
        told: known.sources.iter().map(|said| said.probability).collect(),
        people: people.chain(told).fold(0, u32::saturating_add),
        provinces: u32::try_from(provinces).unwrap_or(u32::MAX),
        ..Weight::of_risks(known.clues.iter().map(|clue| clue.risk))
    }
}

async fn keep(tx: &mut Tx, id: &str, known: &Known, goods: &Goods, now: UnixMs) -> Read<()> {
    let met = met(known);
    let provinces: std::collections::BTreeSet<u8> =
        met.iter().map(|(place, _)| place.province()).collect();
    let weight = weight(known, provinces.len());
    let clues: Vec<&Clue> = known.clues.iter().collect();
    let kind = if clues.is_empty() { known.kind } else { merge::kind(&clues) };
    let harm = if kind == Kind::Lot { HARM_OF_A_DIVERTED_LOT } else { harm(&goods.category) };
    let seen = known.clues.iter().map(|clue| clue.seen_at);
    let seen_at = seen.chain(known.sources.iter().map(|said| said.at)).max().unwrap_or(now);
    let factors = Factors::of(&weight, harm, seen_at, now);
    let why = reason(tx, known, kind, &weight).await?;
    #[allow(clippy::cast_possible_truncation, reason = "at most 2 985")]
    let score = (10.0 * factors.score()).round() as i64;
    let rescore = next_change(seen_at, now).filter(|_| known.state == "open");
    db::query(
        "UPDATE leads SET kind = $1, state = $2, enterprise = $3, gtin = $4, key_number = $5,
         batch_number = $6, place = $7, codes = $8, people = $9, provinces = $10, probability = $11,
         harm = $12, freshness = $13, reach = $14, score = $15, rescore_at = $16, why_zh = $17,
         why_en = $18, updated_at = $19, seen_at = $20,
         closed_at = CASE WHEN $2 = 'open' THEN NULL ELSE closed_at END,
         closed_by = CASE WHEN $2 = 'open' THEN NULL ELSE closed_by END,
         grounds = CASE WHEN $2 = 'open' AND closed_at IS NOT NULL THEN '' ELSE grounds END
         WHERE id = $21",
    )
    .bind(kind.slug())
    .bind(&known.state)
    .bind(&goods.enterprise)
    .bind(&goods.product)
    .bind(goods.batch.map(|(key, _)| key))
    .bind(goods.batch.map(|(_, batch)| batch))
    .bind(met.first().map_or(0, |(place, _)| i64::from(place.0)))
    .bind(signed(known.clues.len() as u64))
    .bind(i64::from(weight.people))
    .bind(i64::from(weight.provinces))
    .bind(factors.probability)
    .bind(factors.harm)
    .bind(factors.freshness)
    .bind(factors.reach)
    .bind(score)
    .bind(rescore.map(|at| at.0))
    .bind(&why.zh)
    .bind(&why.en)
    .bind(now.0)
    .bind(seen_at.0)
    .bind(id)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    put_places(tx, id, &met, (&known.state, score)).await
}

/// What speaks first: its codes, else what was told last.
async fn reason(tx: &mut Tx, known: &Known, kind: Kind, weight: &Weight) -> Read<Bilingual> {
    let flagged = known.clues.iter().filter(|clue| clue.risk > 0.0);
    let Some(strongest) = flagged.max_by(|a, b| a.risk.total_cmp(&b.risk)) else {
        return Ok(known.sources.first().map(|said| said.why.clone()).unwrap_or_default());
    };
    let reasons: Option<String> = db::query_scalar("SELECT reasons FROM flags WHERE payload = $1")
        .bind(strongest.payload.to_vec())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    let told = strongest_reason(reasons.as_deref().unwrap_or("[]"));
    let numbers = known.clues.iter().map(|clue| clue.number);
    let of = |strongest| OfCodes {
        kind,
        codes: known.clues.len() as u64,
        numbers: (numbers.clone().min().unwrap_or(0), numbers.clone().max().unwrap_or(0)),
        people: weight.people,
        provinces: weight.provinces,
        strongest,
    };
    Ok(Bilingual {
        zh: why::of_codes(&of(&told.zh), Lang::Zh),
        en: why::of_codes(&of(&told.en), Lang::En),
    })
}

/// The first reason that says what was seen.
fn strongest_reason(reasons: &str) -> Bilingual {
    #[derive(serde::Deserialize)]
    struct Told {
        code: String,
        zh: String,
        en: String,
    }
    let told: Vec<Told> = serde_json::from_str(reasons).unwrap_or_default();
    let told = told.into_iter().find(|reason| reason.code != "undecided");
    told.map(|told| Bilingual { zh: told.zh, en: told.en }).unwrap_or_default()
}

/// Provinces first, so that none is left out where there are very many towns.
async fn put_places(
    tx: &mut Tx,
    id: &str,
    met: &[(Place, u32)],
    (state, score): (&str, i64),
) -> Read<()> {
    db::query("DELETE FROM lead_places WHERE lead = $1")
        .bind(id)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    let mut wanted = Vec::<u16>::new();
    let provinces = met.iter().map(|(place, _)| u16::from(place.province()) * 100);
    for code in provinces.chain(met.iter().map(|(place, _)| place.0)) {
        if !wanted.contains(&code) && wanted.len() < PLACES_MAX {
            wanted.push(code);
        }
    }
    for code in wanted {
        db::query("INSERT INTO lead_places (lead, place, state, score) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(i64::from(code))
            .bind(state)
            .bind(score)
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    Ok(())
}
