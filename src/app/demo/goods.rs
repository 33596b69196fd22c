//! The way of the demonstration's goods: bottled, inspected, two cases packed
//! and one of them shipped, of every lot that is on sale.

use crate::app::compose::{Parts, StartError};
use crate::app::demo::brands::{BRANDS, Brand, Lot, LotKind};
use crate::app::demo::cast;
use crate::base::{By, UnixMs, ids};
use crate::registry::{Batch, Bilingual, Uscc};
use crate::trace::capture::Captured;
use crate::trace::event::{Quantity, Report};
use crate::trace::place::{PlaceKind, Site};
use crate::trace::port::{Recording, TraceLedger};
use crate::trace::{Act, Event, Range, Unit};

const DAY_MS: i64 = 86_400_000;
/// China has one zone.
const OFFSET_MINUTES: i32 = 480;
const CASE_BOTTLES: u64 = 6;
/// First number of what is packed: behind those that somebody scanned.
const PACKED_FROM: u64 = 900;
/// Larger cases, of the bottles that buyers scan, by their numbers.
const LARGE: u64 = 33;
const LARGE_FROM: u64 = 2;
const LARGE_BOTTLES: u64 = 24;
/// Luyi, by GB/T 2260.
const HOME: u16 = 4116;
const STATION: &str = "河南省产品质量检验技术研究院";

/// # Errors
/// When the ledger fails.
pub(super) async fn seed(parts: &Parts, batches: &[Batch], now: UnixMs) -> Result<(), StartError> {
    let by = By::shell(now);
    let register = parts.scanner.register.load_full();
    for brand in &BRANDS {
        let own = Uscc::parse(brand.uscc).map_err(|e| StartError::Other(e.to_string()))?;
        let mut events = Vec::new();
        parts.ledger.put_site(&own, &hall(brand), &by).await?;
        for lot in brand.products.iter().flat_map(|goods| goods.batches) {
            let batch = batches.iter().find(|b| b.lot == lot.lot && lot.kind == LotKind::OnSale);
            let Some(batch) = batch else { continue };
            parts.ledger.put_site(&own, &dealer(lot), &by).await?;
            events.extend(way(batch, lot, now));
        }
        let sent: Vec<_> = events.into_iter().map(|e| Captured::Event(Box::new(e))).collect();
        let origin = parts.settings.public_url.trim_end_matches('/');
        let with = Recording { own: &own, register: &register, origin };
        if let Err(refused) = parts.ledger.record(with, &sent, &by).await? {
            return Err(StartError::Other(format!("the goods of {}: {refused:?}", brand.name.0)));
        }
    }
    Ok(())
}

fn hall(brand: &Brand) -> Site {
    let name = Bilingual {
        zh: format!("{}包装车间", brand.name.0),
        en: format!("{}, packing hall", brand.name.1),
    };
    Site { code: "hall-1".to_owned(), kind: PlaceKind::Site, name, gln: None, region: HOME }
}

fn dealer(lot: &Lot) -> Site {
    let (zh, en) = match lot.dealer {
        "" => ("直营仓库".to_owned(), "own store".to_owned()),
        dealer => (dealer.to_owned(), String::new()),
    };
    let code = format!("to-{}", lot.lot);
    Site {
        code,
        kind: PlaceKind::Dealer,
        name: Bilingual { zh, en },
        gln: None,
        region: lot.destination,
    }
}

fn way(batch: &Batch, lot: &Lot, now: UnixMs) -> Vec<Event> {
    let made = now.plus_ms(-lot.made_days_ago * DAY_MS);
    let event = |act, days: i64| {
        let at = made.plus_ms(days * DAY_MS / 2);
        let id = format!("urn:uuid:{}", ids::new_id(at));
        Event { place: Some("hall-1".to_owned()), ..Event::new(id, act, at, OFFSET_MINUTES) }
    };
    let range = Some(Range { batch: batch.id, first: 0, last: batch.count - 1 });
    #[allow(clippy::cast_precision_loss, reason = "litres")]
    let litres = batch.count as f64 / 2.0;
    let raw = Quantity {
        class: format!("urn:zhenma:demo:raw:{}", lot.lot),
        quantity: litres,
        uom: Some("LTR".to_owned()),
    };
    let report = Report {
        station: STATION.to_owned(),
        number: format!("YJ-{}", lot.lot),
        passed: true,
        sha256: String::new(),
    };
    let case = |number| Unit::Case { batch: batch.id, number };
    let packed = |number: u64| {
        let (first, bottles) = match number.checked_sub(LARGE_FROM) {
            Some(large) => (cast::OTHERS + large * LARGE_BOTTLES, LARGE_BOTTLES),
            None => (PACKED_FROM + number * CASE_BOTTLES, CASE_BOTTLES),
        };
        let bottle = |number| Unit::Bottle { batch: batch.id, number };
        Event {
            parent: Some(case(number)),
            units: (first..first + bottles).map(bottle).collect(),
            size: usize::try_from(bottles).ok(),
            ..event(Act::Packed, 3)
        }
    };
    let mut way = vec![
        Event { range, inputs: vec![raw], ..event(Act::Bottled, 1) },
        Event { range, report: Some(report), ..event(Act::Inspected, 2) },
    ];
    way.extend((0..LARGE_FROM + LARGE).map(packed));
    way.push(Event {
        units: [0].into_iter().chain(LARGE_FROM..LARGE_FROM + LARGE).map(case).collect(),
        from: Some("hall-1".to_owned()),
        to: Some(format!("to-{}", lot.lot)),
        ..event(Act::Shipped, 4)
    });
    way
}
