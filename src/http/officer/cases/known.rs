//! What is known of the labels of a case, and what is not: where they were scanned,
//! why they are suspect, what remains open.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::base::Lang;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::matter::{CaseUnit, PartyRole};
use crate::dossier::unknown;
use crate::http::desk::Desk;
use crate::http::officer::code::{self, SCANS_MAX};
use crate::http::officer::dossier::{by_province, places};
use crate::http::problem::Problem;
use crate::http::provinces::shapes;
use crate::keys::KeyNumber;
use crate::scan::{CodeId, Observation, Place, Reason};
use crate::web::cases::{Known, SpotLine, UnitReasons};
use crate::web::console::{Frame, percent};
use crate::web::dossier;

/// Labels of a case whose histories its page reads.
const UNITS_READ_MAX: usize = 20;
/// Towns that are listed at once; the others are folded away.
const PLACES_OPEN: usize = 15;

/// # Errors
/// When a history cannot be read.
pub(super) async fn of(desk: &Desk, f: &Frame, file: &CaseFile) -> Result<Known, Problem> {
    let mut scans: Vec<Observation> = Vec::new();
    let (mut reasons, mut open) = (Vec::new(), of_the_case(file, f.lang));
    for (_, unit) in file.units().take(UNITS_READ_MAX) {
        let Some((read, unknown, mut seen)) = unit_of(desk, f, unit).await? else { continue };
        open.extend(unknown);
        reasons.push(read);
        scans.append(&mut seen);
    }
    scans.sort_by_key(|seen| seen.at);
    let mut met = std::collections::BTreeSet::new();
    open.retain(|said| met.insert(said.clone()));
    let spots = spots(file, f.lang);
    let mut counted = by_province(&scans);
    for region in spots.iter().filter_map(|spot| spot.region) {
        counted.entry(Place(region).province()).or_default();
    }
    let mut places = places(&scans, desk, f);
    places.sort_by_key(|place| Reverse(place.scans));
    let more_places = places.split_off(places.len().min(PLACES_OPEN));
    Ok(Known {
        map: desk.map.clone(),
        shapes: shapes(desk, &counted, f.lang),
        places,
        more_places,
        spots,
        reasons,
        left: file.units().count().saturating_sub(UNITS_READ_MAX),
        unknown: open,
    })
}

/// Places of the case, each with the town that it is in.
fn spots(file: &CaseFile, lang: Lang) -> Vec<SpotLine> {
    let spot = |fact: &Fact| match fact {
        Fact::Place(spot) => Some(SpotLine {
            name: spot.name.clone(),
            town: Place(spot.region).text(lang).unwrap_or_default(),
            region: (spot.region != 0).then_some(spot.region),
            address: spot.address.clone(),
            position: spot.position.map(|(lat, lon)| format!("{lat:.4}, {lon:.4}")),
        }),
        _ => None,
    };
    file.standing().filter_map(|entry| spot(&entry.fact)).collect()
}

/// Reasons of a label with the scans on which they rest, what nobody knows of it,
/// and its scans; `None` for one that the register does not have.
async fn unit_of(
    desk: &Desk,
    f: &Frame,
    unit: &CaseUnit,
) -> Result<Option<(UnitReasons, Vec<String>, Vec<Observation>)>, Problem> {
    let Some(payload) = unit.payload() else { return Ok(None) };
    let id = CodeId { payload, number: unit.number };
    let reviewed = desk.scanner.review(id, desk.clock.now()).await.map_err(|error| {
        tracing::warn!(%error, "a history was not read for a case");
        Problem::busy()
    })?;
    let Some((verdict, history)) = reviewed else { return Ok(None) };
    let scans = desk.ledger.scans_of(&payload, SCANS_MAX).await?;
    let all = verdict.reasons.iter().chain(&verdict.doubts);
    let lines = all
        .filter(|reason| **reason != Reason::FirstScan)
        .map(|reason| code::reason_line(reason, &history, &scans, f, &desk.zone));
    let read = UnitReasons {
        serial: unit.serial.clone(),
        outcome: verdict.outcome.slug(),
        says: verdict.outcome.word(f.lang),
        risk: percent(verdict.risk),
        scans: history.count(),
        reasons: lines.collect(),
    };
    // Its way and what is inside stand on the label's own page.
    let signed = unit.batch.key != KeyNumber::OWN;
    let of_label = [unknown::Unknown::WhichIsFirst, unknown::Unknown::InHand];
    let open = unknown::unknown(&history, 1, signed).into_iter();
    let open = open.filter(|what| of_label.contains(what)).map(|what| {
        let (zh, en) = dossier::unknown(&what);
        format!("{}{}{}", unit.serial, f.t("：", ": "), f.lang.pick(&zh, &en))
    });
    Ok(Some((read, open.collect(), scans)))
}

/// What the file itself does not say.
fn of_the_case(file: &CaseFile, lang: Lang) -> Vec<String> {
    let facts = || file.standing().map(|entry| &entry.fact);
    let has = |wanted: &dyn Fn(&Fact) -> bool| facts().any(wanted);
    let respondent = file.parties().any(|(_, party)| party.role == PartyRole::Respondent);
    let asked = !file.asked.is_empty();
    let mut positions = BTreeMap::new();
    for fact in facts() {
        if let Fact::Answer { opinion, .. } = fact {
            *positions.entry(opinion.slug()).or_insert(0) += 1;
        }
    }
    let open = [
        (!respondent).then_some(("还没有查明当事人。", "Who the respondent is.")),
        (!has(&|fact| matches!(fact, Fact::Place(_) | Fact::Visit { .. }))).then_some((
            "还没有写明地点，也没有现场检查记录。",
            "Where: no place and no visit is in it.",
        )),
        (!has(&|fact| matches!(fact, Fact::Unit(_)))).then_some((
            "没有涉案标签：伪造的码只能写在记录里。",
            "Which labels: none is in it, and forged codes stand in notes alone.",
        )),
        (!asked).then_some(("还没有请企业辨认。", "What the maker says: nobody has asked.")),
        file.waits_for_answers()
            .then_some(("企业还没有答复。", "What the maker says: it has not answered.")),
        (positions.len() > 1).then_some((
            "企业的几次答复互相不一致。",
            "Which of the makers' answers is right: they differ.",
        )),
        (!has(&|fact| matches!(fact, Fact::Photo(_))))
            .then_some(("还没有照片。", "How the goods look: there is no photo.")),
    ];
    open.into_iter().flatten().map(|(zh, en)| lang.pick(zh, en).to_owned()).collect()
}
