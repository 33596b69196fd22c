//! From rows to domain objects. A row that cannot be read is a fault of the
//! file, not of the caller.

use super::db::{self, Row};
use super::{down, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::code::{Gs1Prefix, SsccRun};
use crate::keys::KeyNumber;
use crate::registry::order::{HandOver, NewOrder, Order, OrderState};
use crate::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, RangeFact, RangeState, Uscc,
};

pub(super) type Read<T> = Result<T, LedgerError>;

/// One column, as its type.
pub(super) fn get<'r, T: db::Column<'r>>(row: &'r Row, column: &str) -> Read<T> {
    row.try_get(column).map_err(down)
}

pub(super) fn bad(column: &str) -> LedgerError {
    LedgerError::Unavailable(format!("the ledger holds an unreadable {column}"))
}

pub(super) fn uscc(row: &Row, column: &str) -> Read<Uscc> {
    Uscc::try_from(get::<String>(row, column)?).map_err(|_| bad(column))
}

pub(super) fn batch_ref(row: &Row) -> Read<BatchRef> {
    let key = u32::try_from(get::<i64>(row, "key_number")?).ok().and_then(KeyNumber::new);
    let batch = u32::try_from(get::<i64>(row, "batch_number")?).ok();
    match (key, batch) {
        (Some(key), Some(batch)) => Ok(BatchRef { key, batch }),
        _ => Err(bad("batch")),
    }
}

fn names(row: &Row) -> Read<Bilingual> {
    Ok(Bilingual { zh: get(row, "name_zh")?, en: get(row, "name_en")? })
}

fn array<const N: usize>(row: &Row, column: &str) -> Read<[u8; N]> {
    get::<Vec<u8>>(row, column)?.try_into().map_err(|_| bad(column))
}

pub(super) fn payload(row: &Row) -> Read<[u8; 12]> {
    array(row, "payload")
}

/// How the audit trail names a code: its serial, without a signature.
pub(super) fn code_named(payload: &[u8; 12]) -> String {
    let serial = crate::code::Payload::from_bytes(*payload).map(crate::code::Payload::serial_text);
    format!("code {}", serial.unwrap_or_default())
}

pub(super) fn secret(row: &Row) -> Read<[u8; 32]> {
    array(row, "secret")
}

pub(super) fn id(row: &Row) -> Read<uuid::Uuid> {
    get::<String>(row, "id")?.parse().map_err(|_| bad("id"))
}

pub(super) fn enterprise(row: &Row) -> Read<Enterprise> {
    Ok(Enterprise {
        uscc: uscc(row, "uscc")?,
        name: names(row)?,
        licences: Vec::new(),
        gs1_prefix: prefix(row)?,
    })
}

pub(super) fn prefix(row: &Row) -> Read<Option<Gs1Prefix>> {
    let digits: Option<String> = get(row, "gs1_prefix")?;
    digits.map(|d| Gs1Prefix::try_from(d).map_err(|_| bad("gs1_prefix"))).transpose()
}

pub(super) fn product(row: &Row) -> Read<Product> {
    let shelf: Option<i64> = get(row, "shelf_life_days")?;
    Ok(Product {
        gtin: Gtin::try_from(get::<String>(row, "gtin")?).map_err(|_| bad("gtin"))?,
        enterprise: uscc(row, "enterprise")?,
        name: names(row)?,
        category: get(row, "category")?,
        standard: get(row, "standard")?,
        net_content: get(row, "net_content")?,
        shelf_life_days: shelf.and_then(|d| u32::try_from(d).ok()),
        pictures: serde_json::from_str(&get::<String>(row, "pictures")?)
            .map_err(|_| bad("pictures"))?,
    })
}

pub(super) fn batch(row: &Row) -> Read<Batch> {
    let expires: Option<String> = get(row, "expires_on")?;
    Ok(Batch {
        id: batch_ref(row)?,
        enterprise: uscc(row, "enterprise")?,
        product: Gtin::try_from(get::<String>(row, "gtin")?).map_err(|_| bad("gtin"))?,
        lot: get(row, "lot")?,
        made_on: get::<String>(row, "made_on")?.parse().map_err(|_| bad("made_on"))?,
        expires_on: expires.map(|d| d.parse().map_err(|_| bad("expires_on"))).transpose()?,
        destination: u16::try_from(get::<i64>(row, "destination")?)
            .map_err(|_| bad("destination"))?,
        dealer: get(row, "dealer")?,
        layers: Layers::from_slug(&get::<String>(row, "layers")?).ok_or_else(|| bad("layers"))?,
        count: unsigned(get(row, "label_count")?),
        cases: unsigned(get(row, "case_count")?),
        pallets: unsigned(get(row, "pallet_count")?),
        spares: unsigned(get(row, "spare_count")?),
        sscc: prefix(row)?
            .zip(get::<Option<i64>>(row, "serial_reference")?)
            .map(|(prefix, first)| SsccRun { prefix, first: unsigned(first) }),
        secret: secret(row)?,
        created_at: UnixMs(get(row, "created_at")?),
    })
}

pub(super) fn range(row: &Row) -> Read<RangeFact> {
    let lifted: Option<i64> = get(row, "lifted_at")?;
    Ok(RangeFact {
        id: id(row)?,
        batch: batch_ref(row)?,
        first: unsigned(get(row, "first_number")?),
        last: unsigned(get(row, "last_number")?),
        state: RangeState::from_slug(&get::<String>(row, "state")?).ok_or_else(|| bad("state"))?,
        reason: Bilingual { zh: get(row, "reason_zh")?, en: get(row, "reason_en")? },
        remedy: Bilingual { zh: get(row, "remedy_zh")?, en: get(row, "remedy_en")? },
        set_by: get(row, "set_by")?,
        set_at: UnixMs(get(row, "set_at")?),
        until: get::<Option<i64>>(row, "until_at")?.map(UnixMs),
        lifted_at: lifted.map(UnixMs),
    })
}

pub(super) fn order(row: &Row) -> Read<Order> {
    let at = |column| -> Read<Option<UnixMs>> { Ok(get::<Option<i64>>(row, column)?.map(UnixMs)) };
    Ok(Order {
        id: id(row)?,
        new: NewOrder {
            enterprise: uscc(row, "enterprise")?,
            order_key: get(row, "order_key")?,
            batch: batch_ref(row)?,
            specification: serde_json::from_str(&get::<String>(row, "specification")?)
                .map_err(|_| bad("specification"))?,
            labels: unsigned(get(row, "labels_total")?),
            directory: get(row, "directory")?,
            created_by: get(row, "created_by")?,
            hand_over: HandOver {
                needed_by: get::<Option<String>>(row, "needed_by")?
                    .map(|day| day.parse().map_err(|_| bad("needed_by")))
                    .transpose()?,
                house: get::<Option<String>>(row, "house")?
                    .map(|id| id.parse().map_err(|_| bad("house")))
                    .transpose()?,
            },
        },
        state: OrderState::from_slug(&get::<String>(row, "state")?).ok_or_else(|| bad("state"))?,
        labels_done: unsigned(get(row, "labels_done")?),
        cancel_requested: get::<i64>(row, "cancel_requested")? != 0,
        problem: get(row, "problem")?,
        created_key_by: get(row, "created_key_by")?,
        approved_by: get(row, "approved_by")?,
        created_at: UnixMs(get(row, "created_at")?),
        started_at: at("started_at")?,
        finished_at: at("finished_at")?,
    })
}
