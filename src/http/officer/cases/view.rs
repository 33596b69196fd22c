//! The page of one case.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::ToSpan;

use crate::auth::{Office, Officer};
use crate::base::{Lang, ids};
use crate::cases::fact::{Entry, Fact, Outcome, Ruling};
use crate::cases::file::{CaseFile, State};
use crate::cases::matter::PartyRole;
use crate::cases::port::{Colleague, HandedOver, Wanted};
use crate::cases::terms::{Deadline, What, deadlines};
use crate::http::console::{page, regions};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::media::Sha256Hex;
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::web::cases::{
    CasePage, DueLine, EntryLine, GivenLine, Kept, PhotoLine, ProposalView, UnitLine, WaitingLine,
    words,
};
use crate::web::console::{Choice, Frame};
use crate::web::dossier::standing;
use crate::web::text::Text;
use crate::web::verdict::{date_text, named};

/// Days that an enterprise is offered for its answer.
const ANSWER_DAYS: i64 = 10;
/// Other cases that one may be merged into.
const OTHERS_MAX: u32 = 200;

/// Colleagues to whom it may be given.
const COLLEAGUES_MAX: u32 = 500;

/// What is shown beside the case itself.
#[derive(Default)]
pub(super) struct Beside {
    pub refused: Option<String>,
    pub between: Vec<Entry>,
    pub kept: Kept,
}

pub(super) async fn case_page(
    desk: &Desk,
    who: &Officer,
    f: Frame,
    file: &CaseFile,
    beside: Beside,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (lang, today) = (f.lang, desk.today());
    let offices = desk.ledger.offices().await?;
    let calendar = desk.ledger.calendar().await?;
    let due = deadlines(file, &calendar);
    let kept = beside.kept;
    let faults = kept.errors.iter().filter(|(field, _)| !SHOWN.contains(&field.as_str()));
    let shown = CasePage {
        id: file.id.to_string(),
        number: file.number.clone(),
        title: file.title.clone(),
        state: words::state(file.state).of(lang),
        open: file.state.is_open(),
        closed: file.state == State::Closed,
        hold: file.hold,
        erased: file.is_erased(),
        seq: file.seq(),
        today: today.to_string(),
        refused: beside.refused,
        between: beside.between.iter().map(|entry| line(desk, file, entry, lang)).collect(),
        faults: faults.map(|(_, said)| said.clone()).collect(),
        facts: facts(file, &offices, lang),
        merged_into: file.merged_into.map(|id| id.to_string()),
        due: due.iter().map(|deadline| due_line(deadline, today, lang)).collect(),
        units: units(desk, file, lang),
        photos: photos(desk, file).await?,
        known: super::known::of(desk, &f, file).await?,
        proposal: proposal(desk, who, file, lang),
        timeline: file.entries().iter().rev().map(|entry| line(desk, file, entry, lang)).collect(),
        roles: choices(
            PartyRole::ALL,
            |r| (r.slug(), words::role(r)),
            kept.v("party", "role"),
            lang,
        ),
        rulings: rulings(false, kept.v("decision", "what"), lang),
        head_rulings: rulings(true, kept.v("ruling", "what"), lang),
        outcomes: choices(
            Outcome::ALL.iter().copied(),
            |o| (o.slug(), words::outcome(o)),
            kept.v("proposed_close", "outcome"),
            lang,
        ),
        regions: regions(kept.v("place", "region"), &f),
        officers: officers(desk, who, file, &f).await?,
        offices: other_offices(&offices, file, lang),
        others: others(desk, file).await?,
        enterprises: makers(desk, file, kept.v("question", "enterprise"), lang),
        waiting: waiting(file, today, lang),
        new_id: ids::new_id(desk.clock.now()).to_string(),
        answer_by: today.saturating_add(ANSWER_DAYS.days()).to_string(),
        kept,
        f,
    };
    page(&shown, lang, status)
}

/// Fields whose fault stands beside them.
const SHOWN: [&str; 18] = [
    "text",
    "codes",
    "name",
    "uscc",
    "of",
    "on",
    "what",
    "outcome",
    "grounds",
    "title",
    "entries",
    "to",
    "into",
    "enterprise",
    "due",
    "photos",
    "photo",
    "caption",
];

fn choices<T>(
    all: impl IntoIterator<Item = T>,
    of: impl Fn(T) -> (&'static str, Text),
    chosen: &str,
    lang: Lang,
) -> Vec<Choice> {
    let choice = |(slug, text): (&str, Text)| Choice {
        value: slug.to_owned(),
        text: text.of(lang).to_owned(),
        chosen: slug == chosen,
    };
    all.into_iter().map(|one| choice(of(one))).collect()
}

fn rulings(of_the_head: bool, chosen: &str, lang: Lang) -> Vec<Choice> {
    let of = Ruling::ALL.iter().copied().filter(|ruling| ruling.of_the_head() == of_the_head);
    choices(of, |ruling| (ruling.slug(), words::ruling(ruling)), chosen, lang)
}

/// Officers of the office who may have the case.
async fn officers(
    desk: &Desk,
    who: &Officer,
    file: &CaseFile,
    f: &Frame,
) -> Result<Vec<Choice>, Problem> {
    let nobody = Choice {
        value: String::new(),
        text: f.t("暂不分派", "nobody").to_owned(),
        chosen: file.assignee.is_none(),
    };
    let here = desk.ledger.colleagues(who.office, COLLEAGUES_MAX).await?;
    let choice = |colleague: Colleague| Choice {
        chosen: file.assignee.as_ref() == Some(&colleague.login),
        text: format!("{} ({})", colleague.name, colleague.login),
        value: colleague.login,
    };
    Ok(std::iter::once(nobody).chain(here.into_iter().map(choice)).collect())
}

fn office_name(offices: &[Office], id: uuid::Uuid, lang: Lang) -> String {
    let found = offices.iter().find(|office| office.id == id);
    found.map_or_else(|| id.to_string(), |office| office.name(lang).to_owned())
}

fn other_offices(offices: &[Office], file: &CaseFile, lang: Lang) -> Vec<Choice> {
    let others = offices.iter().filter(|office| office.id != file.office);
    let choice = |office: &Office| Choice {
        value: office.id.to_string(),
        text: office.name(lang).to_owned(),
        chosen: false,
    };
    others.map(choice).collect()
}

/// Open cases of the office beside this one.
async fn others(desk: &Desk, file: &CaseFile) -> Result<Vec<Choice>, Problem> {
    let wanted = Wanted { office: file.office, states: vec![State::Open], ..Wanted::default() };
    let (lines, _) = desk.ledger.list_cases(&wanted, OTHERS_MAX).await?;
    let choice = |line: &crate::cases::port::CaseLine| Choice {
        value: line.id.to_string(),
        text: format!("{} {}", line.number, line.title),
        chosen: false,
    };
    Ok(lines.iter().filter(|line| line.id != file.id).map(choice).collect())
}

fn facts(file: &CaseFile, offices: &[Office], lang: Lang) -> Vec<(&'static str, String)> {
    let of = |zh, en| lang.pick(zh, en);
    let mut facts = vec![
        (of("承办机关", "Office"), office_name(offices, file.office, lang)),
        (
            of("承办人", "Assigned to"),
            file.assignee.clone().unwrap_or_else(|| of("未分派", "nobody").to_owned()),
        ),
        (of("案件来源", "Source"), words::ground(file.ground).of(lang).to_owned()),
        (of("发现日期", "Known since"), date_text(file.found_on, lang)),
        (of("地区", "Region"), Place(file.region).text(lang).unwrap_or_default()),
    ];
    facts.extend(
        file.outcome.map(|o| (of("结论", "Outcome"), words::outcome(o).of(lang).to_owned())),
    );
    let parties = file.parties().map(|(_, party)| {
        let name = words::role(party.role).of(lang);
        let rest = [&party.uscc, &party.contact, &party.address];
        let rest: Vec<_> = rest.into_iter().filter(|text| !text.is_empty()).cloned().collect();
        (name, [vec![party.name.clone()], rest].concat().join(" · "))
    });
    facts.extend(parties);
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn due_line(deadline: &Deadline, today: jiff::civil::Date, lang: Lang) -> DueLine {
    let (entry, what) = match &deadline.what {
        What::Check => (None, lang.pick("决定是否立案", "Decide whether to file").to_owned()),
        What::Decide => (None, lang.pick("作出处理决定", "Decide the case").to_owned()),
        What::Answer(_) => (None, lang.pick("企业答复", "Answer of the enterprise").to_owned()),
        What::ToDo(entry, what) => (Some(entry.to_string()), what.clone()),
    };
    let paused = lang.pick("等待企业答复，暂停计算", "not counted until the enterprise answers");
    DueLine {
        entry,
        what,
        on: deadline.on.map_or_else(|| paused.to_owned(), |on| date_text(on, lang)),
        over: deadline.is_over(today),
        extended: deadline.extended,
    }
}

fn units(desk: &Desk, file: &CaseFile, lang: Lang) -> Vec<UnitLine> {
    let register = desk.scanner.register.load();
    let line = |(entry, unit): (&Entry, &crate::cases::matter::CaseUnit)| {
        let facts = register.batches.get(&unit.batch);
        UnitLine {
            entry: entry.id.to_string(),
            serial: unit.serial.clone(),
            product: facts.map_or("", |facts| named(&facts.product.name, lang)).to_owned(),
            batch: unit.batch.to_string(),
            number: unit.number,
            standing: facts.map_or("", |facts| standing(&facts.standing(unit.number)).of(lang)),
            note: unit.note.clone(),
        }
    };
    file.units().map(line).collect()
}

/// Makers of labels in the case, who can be asked about them.
fn makers(desk: &Desk, file: &CaseFile, chosen: &str, lang: Lang) -> Vec<Choice> {
    let register = desk.scanner.register.load();
    let mut makers = std::collections::BTreeMap::new();
    for (_, unit) in file.units() {
        if let Some(facts) = register.batches.get(&unit.batch) {
            makers.insert(
                facts.enterprise.uscc.clone(),
                named(&facts.enterprise.name, lang).to_owned(),
            );
        }
    }
    let choice = |(uscc, text): (crate::registry::Uscc, String)| Choice {
        chosen: uscc.as_str() == chosen,
        value: uscc.to_string(),
        text,
    };
    makers.into_iter().map(choice).collect()
}

fn waiting(file: &CaseFile, today: jiff::civil::Date, lang: Lang) -> Vec<WaitingLine> {
    let waits = file.asked.iter().filter(|asked| asked.answered.is_none());
    let line = |asked: &crate::cases::file::Asked| WaitingLine {
        inquiry: asked.inquiry.to_string(),
        due: date_text(asked.due, lang),
        over: asked.due < today,
    };
    waits.map(line).collect()
}

async fn photos(desk: &Desk, file: &CaseFile) -> Result<Vec<PhotoLine>, Problem> {
    let mut lines = Vec::new();
    for entry in file.standing() {
        let Fact::Photo(photo) = &entry.fact else { continue };
        if photo.media.is_empty() {
            continue;
        }
        // A phone may name a photo before it could send it.
        let there = match Sha256Hex::parse(&photo.media) {
            Some(hash) => desk.ledger.media(&hash).await?.is_some(),
            None => false,
        };
        lines.push(PhotoLine {
            media: photo.media.clone(),
            there,
            caption: photo.caption.clone(),
            shows: photo.shows.clone(),
        });
    }
    Ok(lines)
}

fn proposal(desk: &Desk, who: &Officer, file: &CaseFile, lang: Lang) -> Option<ProposalView> {
    let proposal = file.proposal.as_ref()?;
    Some(ProposalView {
        outcome: words::outcome(proposal.outcome).of(lang),
        slug: proposal.outcome.slug(),
        grounds: proposal.grounds.clone(),
        by: proposal.by.clone(),
        at: minute_text(proposal.at, lang, &desk.zone),
        own: proposal.by == who.login || proposal.key_by.as_ref() == Some(&who.login),
    })
}

fn line(desk: &Desk, file: &CaseFile, entry: &Entry, lang: Lang) -> EntryLine {
    EntryLine {
        id: entry.id.to_string(),
        seq: entry.seq,
        at: minute_text(entry.at, lang, &desk.zone),
        by: entry.by.clone(),
        kind: words::kind(&entry.fact).of(lang),
        text: super::told::text(file, &entry.fact, lang, &desk.zone),
        link: super::told::link(&entry.fact, lang),
        gone: file.is_withdrawn(entry.id),
        removable: entry.fact.may_be_withdrawn(),
    }
}

pub(super) fn given(desk: &Desk, given: &HandedOver, offices: &[Office], f: &Frame) -> GivenLine {
    GivenLine {
        id: given.case.to_string(),
        number: given.number.clone(),
        to: office_name(offices, given.to, f.lang),
        at: minute_text(given.at, f.lang, &desk.zone),
        by: given.by.clone(),
        grounds: given.grounds.clone(),
    }
}
