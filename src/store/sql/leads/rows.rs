//! From rows to leads.

use crate::store::sql::db::Row;
use jiff::civil::Date;
use uuid::Uuid;

use crate::base::UnixMs;
use crate::keys::KeyNumber;
use crate::leads::Kind;
use crate::leads::desk::{Lead, State};
use crate::leads::port::{LeadCode, SourceLine};
use crate::leads::score::Factors;
use crate::registry::{BatchRef, Bilingual, Gtin, Uscc};
use crate::scan::Place;
use crate::store::sql::rows::{self, Read, get};
use crate::store::sql::unsigned;

fn place(row: &Row) -> Read<Place> {
    u16::try_from(get::<i64>(row, "place")?).map(Place).map_err(|_| rows::bad("place"))
}

pub(super) fn places(row: &Row) -> Read<Vec<Place>> {
    serde_json::from_str(&get::<String>(row, "places")?).map_err(|_| rows::bad("places"))
}

pub(super) fn narrow(row: &Row, column: &str) -> Read<u32> {
    Ok(u32::try_from(get::<i64>(row, column)?).unwrap_or(0))
}

fn id(row: &Row, column: &str) -> Read<Option<Uuid>> {
    let text: Option<String> = get(row, column)?;
    text.map(|text| text.parse().map_err(|_| rows::bad(column))).transpose()
}

fn day(row: &Row, column: &str) -> Read<Option<Date>> {
    let text: Option<String> = get(row, column)?;
    text.map(|text| text.parse().map_err(|_| rows::bad(column))).transpose()
}

fn batch(row: &Row) -> Read<Option<BatchRef>> {
    let (key, batch): (Option<i64>, Option<i64>) =
        (get(row, "key_number")?, get(row, "batch_number")?);
    let key = key.and_then(|key| u32::try_from(key).ok()).and_then(KeyNumber::new);
    let batch = batch.and_then(|batch| u32::try_from(batch).ok());
    Ok(key.zip(batch).map(|(key, batch)| BatchRef { key, batch }))
}

pub(super) fn lead(row: &Row) -> Read<Lead> {
    let enterprise: Option<String> = get(row, "enterprise")?;
    let product: Option<String> = get(row, "gtin")?;
    Ok(Lead {
        id: rows::id(row)?,
        key: get(row, "key")?,
        kind: Kind::from_slug(&get::<String>(row, "kind")?).ok_or_else(|| rows::bad("kind"))?,
        state: State::from_slug(&get::<String>(row, "state")?).ok_or_else(|| rows::bad("state"))?,
        merged_into: id(row, "merged_into")?,
        enterprise: enterprise
            .map(|e| Uscc::try_from(e).map_err(|_| rows::bad("enterprise")))
            .transpose()?,
        product: product.map(|g| Gtin::try_from(g).map_err(|_| rows::bad("gtin"))).transpose()?,
        batch: batch(row)?,
        place: place(row)?,
        codes: unsigned(get(row, "codes")?),
        people: narrow(row, "people")?,
        provinces: narrow(row, "provinces")?,
        factors: Factors {
            probability: get(row, "probability")?,
            harm: get(row, "harm")?,
            freshness: get(row, "freshness")?,
            reach: get(row, "reach")?,
        },
        score: get(row, "score")?,
        why: Bilingual { zh: get(row, "why_zh")?, en: get(row, "why_en")? },
        opened_at: UnixMs(get(row, "opened_at")?),
        updated_at: UnixMs(get(row, "updated_at")?),
        seen_at: UnixMs(get(row, "seen_at")?),
        office: id(row, "office")?,
        assigned_to: get(row, "assigned_to")?,
        due_on: day(row, "due_on")?,
        snoozed_until: day(row, "snoozed_until")?,
        grounds: get(row, "grounds")?,
        closed_by: get(row, "closed_by")?,
        closed_at: get::<Option<i64>>(row, "closed_at")?.map(UnixMs),
    })
}

pub(super) fn code(row: &Row) -> Read<LeadCode> {
    Ok(LeadCode {
        payload: rows::payload(row)?,
        batch: rows::batch_ref(row)?,
        number: unsigned(get(row, "label_number")?),
        risk: get(row, "risk")?,
        people: narrow(row, "people")?,
        scans: unsigned(get(row, "scans")?),
        places: places(row)?,
        seen_at: UnixMs(get(row, "seen_at")?),
        left_at: get::<Option<i64>>(row, "left_at")?.map(UnixMs),
    })
}

pub(super) fn source(row: &Row) -> Read<SourceLine> {
    Ok(SourceLine {
        source: get(row, "source")?,
        origin: get(row, "origin")?,
        reference: get(row, "reference")?,
        place: place(row)?,
        says_zh: get(row, "says_zh")?,
        says_en: get(row, "says_en")?,
        at: UnixMs(get(row, "told_at")?),
        gone_at: get::<Option<i64>>(row, "gone_at")?.map(UnixMs),
    })
}
