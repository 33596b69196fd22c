//! What makes the demonstration's work-list one of several kinds: a case whose
//! labels were copied, forged codes in a town, what a maker and an office tell.

use std::collections::BTreeMap;

use super::brands::BRANDS;
use super::people::{Dice, Story, Visit};
use crate::app::compose::{Parts, StartError};
use crate::base::{By, UnixMs};
use crate::code::Layer;
use crate::label::Mint;
use crate::leads::port::LeadLedger;
use crate::leads::told::{Label, Source, Told};
use crate::registry::{Batch, Uscc};
use crate::scan::Place;
use crate::scan::forgeries::{Forgery, ForgeryKind};
use crate::scan::ledger::ScanLedger;

const DAY_MS: i64 = 86_400_000;
/// Labels of one case that were copied, and the lot.
pub(super) const COPIED: [u64; 5] = [30, 31, 33, 34, 35];
pub(super) const COPIED_LOT: &str = "SH20240318A";
/// Bozhou, beside the county.
const FORGED_AT: Place = Place(3416);

/// Scans of the copied case, if this is its batch.
pub(super) fn copied_case(
    batch: &Batch,
    mint: &Mint<'_>,
    dice: &mut Dice,
    visits: &mut Vec<(String, Vec<Visit>)>,
) -> Result<(), StartError> {
    if batch.lot != COPIED_LOT {
        return Ok(());
    }
    for number in COPIED {
        let home = super::people::in_province(Place(batch.destination), dice);
        let text = mint.code(Layer::Outer, number)?.text;
        visits.push((text, Story::Copied.visits(dice, 30.0, home)));
    }
    Ok(())
}

/// Forged codes under the first maker's name, and what was told.
///
/// # Errors
/// When the ledger fails.
pub(super) async fn seed(parts: &Parts, batches: &[Batch], now: UnixMs) -> Result<(), StartError> {
    let mut of_first = batches.iter().filter(|batch| batch.enterprise.as_str() == BRANDS[0].uscc);
    let Some(batch) = of_first.next() else { return Ok(()) };
    let today = now.0.div_euclid(DAY_MS);
    let seen: BTreeMap<i64, u64> = [(1, 9), (4, 6), (9, 3)].into();
    let kind = ForgeryKind::BadSignature;
    let forged: Vec<(Forgery, u64)> = seen
        .into_iter()
        .map(|(ago, texts)| {
            let day = today - ago;
            (Forgery { key: batch.id.key.get(), batch: 0, place: FORGED_AT, day, kind }, texts)
        })
        .collect();
    parts.ledger.add_forgeries(&forged).await?;
    parts.ledger.tell_leads(&told(batch, now), &By::shell(now)).await?;
    Ok(())
}

fn told(batch: &Batch, now: UnixMs) -> Vec<Told> {
    let register = |source, origin: &str, reference: &str, said: &str, ago: i64| Told {
        line: 0,
        source,
        origin: origin.to_owned(),
        reference: reference.to_owned(),
        label: None::<Label>,
        batch: Some(batch.id),
        product: Some(batch.product.clone()),
        enterprise: Uscc::parse(BRANDS[0].uscc).ok(),
        place: Place(4116),
        said: said.to_owned(),
        at: now.plus_ms(-ago * DAY_MS),
    };
    let maker = BRANDS[0].uscc;
    let office = crate::auth::office::FIRST.to_string();
    vec![
        register(
            Source::Enterprise,
            maker,
            "打假-2026-031",
            "经销商反映鹿邑县城关一门店售价明显低于出厂价，瓶盖印字模糊",
            3,
        ),
        register(
            Source::Office,
            &office,
            "12315-20261120-0047",
            "12315热线转来：消费者称在城关集市购得的酒口感异常",
            6,
        ),
    ]
}
