//! The dossier of a label: where it was scanned, what another policy would say,
//! its neighbours in the print run, its way, its likeness, and what nobody knows.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::code::Label;
use super::known;
use crate::base::UnixMs;
use crate::code::{Layer, Payload};
use crate::dossier::{Unknown, beside, unknown};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::provinces::shapes;
use crate::http::trace_lines::{line, places_of};
use crate::keys::KeyNumber;
use crate::label;
use crate::scan::judge::Policy;
use crate::scan::policies::PolicyRecord;
use crate::scan::reason::{minute_text, place_text};
use crate::scan::{CodeId, History, Observation, Place};
use crate::trace::{Unit, name};
use crate::web::console::{Frame, percent};
use crate::web::dossier::{self, CaseLink, Dossier, NeighbourLine, PlaceLine, PolicyLine};
use crate::web::trace::{EventLine, whereabouts};

/// Orders of the batch among which that of the label is looked for.
const ORDERS_MAX: u32 = 100;

/// All of it.
pub(super) async fn of(
    desk: &Desk,
    f: &Frame,
    label: &Label,
    history: &History,
    scans: &[Observation],
    office: Uuid,
) -> Result<Dossier, Problem> {
    let cases = desk.ledger.cases_of(office, &label.payload.to_bytes()).await?;
    let way = way(desk, f, label).await?;
    let (checks, other_checks) = known::checks(desk, label, f, office, !cases.is_empty()).await?;
    let signed = label.payload.key != KeyNumber::OWN;
    Ok(Dossier {
        map: desk.map.clone(),
        shapes: shapes(desk, &by_province(scans), f.lang),
        places: places(scans, desk, f),
        policies: policies(desk, f, label, history).await?,
        neighbours: neighbours(desk, f, label).await?,
        whereabouts: way.whereabouts,
        holders: way.holders,
        likeness: likeness(desk, label).await?,
        unknown: unknown::unknown(history, way.events.len(), signed)
            .iter()
            // A check that came later than it was made is no scan, and tells all the same.
            .filter(|what| checks.is_empty() || **what != Unknown::InHand)
            .map(dossier::unknown)
            .map(|(zh, en)| f.lang.pick(&zh, &en).to_owned())
            .collect(),
        way: way.events,
        leads: known::leads(desk, label, f).await?,
        reports: known::reports(desk, label, f, &cases).await?,
        checks,
        other_checks,
        cases: cases
            .into_iter()
            .map(|case| CaseLink {
                id: case.id.to_string(),
                number: case.number,
                title: case.title,
            })
            .collect(),
    })
}

pub(super) fn by_province(scans: &[Observation]) -> BTreeMap<u8, u64> {
    let mut counted = BTreeMap::new();
    for seen in scans {
        *counted.entry(seen.place.province()).or_default() += 1;
    }
    counted
}

/// The towns, the one first scanned in first.
pub(super) fn places(scans: &[Observation], desk: &Desk, f: &Frame) -> Vec<PlaceLine> {
    let mut order: Vec<Place> = Vec::new();
    for seen in scans {
        if !order.contains(&seen.place) {
            order.push(seen.place);
        }
    }
    let minute = |at: UnixMs| minute_text(at, f.lang, &desk.zone);
    let one = |place: Place| {
        let there: Vec<_> = scans.iter().filter(|seen| seen.place == place).collect();
        let phones: HashSet<_> = there.iter().map(|seen| seen.device).collect();
        PlaceLine {
            name: place_text(place, f.lang),
            code: (place != Place::UNKNOWN).then_some(place.0),
            scans: there.len() as u64,
            phones: phones.len(),
            first: there.first().map(|seen| minute(seen.at)).unwrap_or_default(),
            last: there.last().map(|seen| minute(seen.at)).unwrap_or_default(),
        }
    };
    order.into_iter().map(one).collect()
}

/// The same history judged by every policy that is known.
async fn policies(
    desk: &Desk,
    f: &Frame,
    label: &Label,
    history: &History,
) -> Result<Vec<PolicyLine>, Problem> {
    let mut known = desk.ledger.policies().await?;
    let shipped = PolicyRecord::shipped();
    if known.iter().all(|record| record.name != shipped.name) {
        known.push(shipped);
    }
    let decides = desk.scanner.policies.load().at(desk.clock.now()).name.clone();
    let id = CodeId { payload: label.payload.to_bytes(), number: label.number };
    let judged = known.iter().filter_map(|record| {
        // One that this version cannot read was signed by no one.
        let policy = Policy::read(&record.body).ok()?;
        let (verdict, _) = desk.scanner.review_under(id, history, &policy)?;
        Some(PolicyLine {
            name: record.name.clone(),
            decides: *record.name == *decides,
            outcome: verdict.outcome.slug(),
            says: verdict.outcome.word(f.lang),
            risk: percent(verdict.risk),
        })
    });
    Ok(judged.collect())
}

async fn neighbours(desk: &Desk, f: &Frame, label: &Label) -> Result<Vec<NeighbourLine>, Problem> {
    if label.payload.layer != Layer::Outer {
        return Ok(Vec::new());
    }
    let numbers: Vec<u64> = beside(label.number, label.facts.batch.issued()).collect();
    let payloads: Vec<Payload> = numbers.iter().map(|n| label.facts.payload(*n)).collect();
    let bytes: Vec<[u8; 12]> = payloads.iter().map(|payload| payload.to_bytes()).collect();
    let met = desk.ledger.met(&bytes).await?;
    let lines = numbers.into_iter().zip(payloads).zip(met);
    let line = |((number, payload), met): ((u64, Payload), crate::dossier::port::Met)| {
        let open = |flag: &crate::cases::Flag| flag.state == crate::cases::FlagState::Open;
        NeighbourLine {
            number,
            serial: payload.serial_text(),
            standing: dossier::standing(&label.facts.standing(number)).of(f.lang),
            scans: met.scans,
            by_buyers: met.by_buyers,
            last: met.last_at.map(|at| minute_text(at, f.lang, &desk.zone)).unwrap_or_default(),
            flag: met.flag.map(|flag| (percent(flag.risk), open(&flag))),
        }
    };
    Ok(lines.map(line).collect())
}

struct Way {
    whereabouts: &'static str,
    holders: Vec<(String, String)>,
    events: Vec<EventLine>,
}

/// What its maker recorded of it.
async fn way(desk: &Desk, f: &Frame, label: &Label) -> Result<Way, Problem> {
    let register = desk.scanner.register.load_full();
    let own = &label.facts.enterprise.uscc;
    let Ok(unit) = Unit::read(&label.payload.serial_text(), &register, own) else {
        return Ok(Way { whereabouts: "", holders: Vec::new(), events: Vec::new() });
    };
    let places = places_of(desk, own, f.lang).await?;
    let picture = desk.ledger.picture(own, &unit).await?;
    let outermost = picture.holders.last().map_or(&picture.state, |(_, state)| state);
    let code = |unit: &Unit| unit.payload(&register).map(|p| p.serial_text()).unwrap_or_default();
    Ok(Way {
        whereabouts: whereabouts(outermost.whereabouts).of(f.lang),
        holders: picture.holders.iter().map(|(unit, _)| (name(unit, f.lang), code(unit))).collect(),
        events: picture.history.iter().map(|kept| line(kept, &places, desk, f)).collect(),
    })
}

/// The label as the latest order laid it out that has it.
async fn likeness(desk: &Desk, of: &Label) -> Result<Option<String>, Problem> {
    let facts = &of.facts;
    for order in desk.ledger.orders_of(facts.batch.id, ORDERS_MAX).await? {
        let Ok(spec) =
            serde_json::from_value::<label::Specification>(order.new.specification.clone())
        else {
            continue;
        };
        let url = &desk.site.public_url;
        let order = label::Order::of(&facts.batch, &facts.product, &facts.enterprise, spec, url);
        if order.has(of.payload.layer, of.number) {
            let drawn = label::likeness(&order, of.payload, of.number).ok();
            return Ok(drawn.and_then(|svg| String::from_utf8(svg).ok()));
        }
    }
    Ok(None)
}
