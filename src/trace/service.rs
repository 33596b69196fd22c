//! Use cases: what programs and the console do.

use std::collections::BTreeMap;

use crate::base::{By, FieldError, LedgerError, ids};
use crate::registry::movement::service::{Asked, Books, move_labels};
use crate::registry::movement::{Kind, Ranges};
use crate::registry::service::Scope;
use crate::registry::{BatchRef, Uscc};
use crate::trace::capture::{self, Captured};
use crate::trace::epc::Names;
use crate::trace::place::Site;
use crate::trace::port::{Recorded, Recording, Refused, TraceLedger, Why};
use crate::trace::shift::{Packed, Shift};
use crate::trace::{Event, Hands, Unit};

/// A name for an event that has none.
pub fn new_id(by: &By) -> String {
    format!("urn:uuid:{}", ids::new_id(by.at))
}

/// The places of an enterprise by code.
///
/// # Errors
/// Those of the ledger.
pub async fn sites_by_code(
    ledger: &dyn TraceLedger,
    with: Recording<'_>,
) -> Result<BTreeMap<String, Site>, LedgerError> {
    let sites = ledger.sites(with.own).await?;
    Ok(sites.into_iter().map(|site| (site.code.clone(), site)).collect())
}

/// Keeps an EPCIS document: all of its events, or none. `may` says whose work
/// the caller may do.
///
/// # Errors
/// Those of the ledger; what cannot be kept is told inside.
pub async fn capture(
    ledger: &dyn TraceLedger,
    with: Recording<'_>,
    document: &[u8],
    may: impl Fn(Hands) -> bool + Send,
    by: &By,
) -> Result<Result<Vec<Recorded>, Refused>, LedgerError> {
    let invalid = |index, fault| Ok(Err(Refused { index, why: Why::Invalid(fault) }));
    let raw = match capture::parse(document) {
        Ok(raw) => raw,
        Err(fault) => return invalid(0, fault),
    };
    let sites = sites_by_code(ledger, with).await?;
    let Recording { own, register, origin } = with;
    let names = Names { register, own, origin, sites: &sites };
    let mut sent = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        match raw.read(names, || new_id(by)) {
            Ok(Captured::Event(event)) if !may(event.act.hands()) => {
                let problem = "is not for the duties of this account";
                return invalid(index, FieldError::new("bizStep", problem, "ask who has them"));
            }
            Ok(Captured::Declared { .. }) if !may(Hands::Quality) => {
                let problem = "is for who has the duty of quality";
                return invalid(index, FieldError::new("errorDeclaration", problem, "ask them"));
            }
            Ok(captured) => sent.push(captured),
            Err(fault) => return invalid(index, fault),
        }
    }
    ledger.record(with, &sent, by).await
}

/// Keeps events of one hand: all, or none.
///
/// # Errors
/// Those of the ledger.
pub async fn record_all(
    ledger: &dyn TraceLedger,
    with: Recording<'_>,
    events: Vec<Event>,
    by: &By,
) -> Result<Result<Vec<Recorded>, Why>, LedgerError> {
    if let Some(mut faults) = events.iter().find_map(|event| event.check().err()) {
        return Ok(Err(Why::Invalid(faults.remove(0))));
    }
    let sent: Vec<_> = events.into_iter().map(|e| Captured::Event(Box::new(e))).collect();
    let kept = ledger.record(with, &sent, by).await?;
    Ok(kept.map_err(|refused| refused.why))
}

/// Puts bottles on sale that were packed. Those that are, and those that the
/// book keeps from it, stay where they lie.
///
/// # Errors
/// Those of the ledger.
pub async fn activate<'a, L: Books + ?Sized>(
    ledger: &L,
    own: &Uscc,
    packed: impl Iterator<Item = &'a Unit> + Send,
    by: &By,
) -> Result<(), LedgerError> {
    let mut numbers = BTreeMap::<BatchRef, Vec<u32>>::new();
    for unit in packed {
        if let Unit::Bottle { batch, number } = unit {
            numbers.entry(*batch).or_default().extend(u32::try_from(*number));
        }
    }
    for (batch, mut numbers) in numbers {
        // Spares lie behind the book of their batch.
        let count = ledger.batch(batch).await?.count;
        numbers.retain(|number| u64::from(*number) < count);
        if numbers.is_empty() {
            continue;
        }
        let ranges = Some(Ranges::of_numbers(numbers));
        let asked = Asked { partial: true, ..Asked::plain(Kind::Activate, ranges) };
        match move_labels(ledger, &Scope::One(own.clone()), batch, asked, by).await {
            // The packing stands, also of a roll that nobody signed off.
            Err(LedgerError::Invalid(faults)) => {
                tracing::info!(%batch, ?faults, "packed labels were not put on sale");
            }
            moved => drop(moved?),
        }
    }
    Ok(())
}

/// What a shift's file came to, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases and pallets that were packed by it, and what went in.
    pub packed: u64,
    pub items: u64,
    /// Those that were kept before.
    pub known: u64,
}

/// Keeps some of a shift's cases, and puts their bottles on sale where the
/// enterprise wants that; what is impossible is a fault of its line and stops no
/// other.
///
/// # Errors
/// Those of the ledger.
pub async fn record_shift<L: TraceLedger + Books + ?Sized>(
    ledger: &L,
    with: Recording<'_>,
    mut some: Vec<Packed>,
    shift: &mut Shift<'_>,
    tally: &mut Tally,
    by: &By,
) -> Result<(), LedgerError> {
    while !some.is_empty() {
        let sent: Vec<_> =
            some.iter().map(|p| Captured::Event(Box::new(p.event.clone()))).collect();
        match ledger.record(with, &sent, by).await? {
            Ok(kept) => {
                for (packed, _) in some.iter().zip(&kept).filter(|(_, kept)| kept.new) {
                    tally.packed += 1;
                    tally.items += packed.event.units.len() as u64;
                }
                tally.known += kept.iter().filter(|kept| !kept.new).count() as u64;
                if ledger.customs(with.own).await?.activates {
                    let packed = some.iter().flat_map(|packed| &packed.event.units);
                    activate(ledger, with.own, packed, by).await?;
                }
                return Ok(());
            }
            Err(refused) => {
                let line = some.remove(refused.index.min(some.len() - 1)).line;
                let fault = match refused.why {
                    Why::Invalid(fault) => fault,
                    Why::Impossible(refusal) => {
                        let words = refusal.text(crate::base::Lang::En);
                        FieldError::new("into", words, "see the history of what is named")
                    }
                };
                shift.fault(fault.at_line(line));
            }
        }
    }
    Ok(())
}
