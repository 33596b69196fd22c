//! What of a report goes into the file of a case: its label, its photos and what
//! was said. How to reach the reporter does not.

use axum::http::StatusCode;
use uuid::Uuid;

use crate::base::{By, Lang};
use crate::cases::CaseError;
use crate::cases::fact::{Entry, Fact, Ground};
use crate::cases::file::CaseFile;
use crate::cases::matter::{CaseUnit, PhotoNote};
use crate::cases::port::{FileLedger, NewCase, Seen, Sight};
use crate::code::Payload;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::registry::Placement;
use crate::reports::{CaseRef, Report};

/// The case that a report goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    New,
    Known(Uuid),
}

/// Makes a report part of a case. Done again it is nothing: the report's number
/// in the file shows that it is there.
pub async fn link(
    desk: &Desk,
    report: &Report,
    target: Target,
    office: Uuid,
    by: &By,
) -> Result<(), Problem> {
    let file = match target {
        Target::New => open(desk, report, office, by).await?,
        Target::Known(case) => own(desk, office, case).await?,
    };
    let case = CaseRef { id: file.id, number: file.number.clone() };
    desk.ledger.link_report(report.id, &case, by).await?;
    add(desk, report, file, office, by).await
}

async fn own(desk: &Desk, office: Uuid, case: Uuid) -> Result<CaseFile, Problem> {
    match desk.ledger.case_file(office, case).await? {
        Sight::Own(file) => Ok(*file),
        Sight::HandedOver(_) => Err(Problem::nothing()),
    }
}

/// The report's own id names the case: the form sent twice is one case.
async fn open(desk: &Desk, report: &Report, office: Uuid, by: &By) -> Result<CaseFile, Problem> {
    let wrong = report.wrong.first().map_or("", |wrong| wrong.text(Lang::Zh));
    let new = NewCase {
        id: report.id,
        office,
        title: format!("群众举报{}：{wrong}", report.number),
        ground: Ground::Report,
        lead: None,
        region: report.region.0,
        found_on: desk.today(),
        today: desk.today(),
        facts: Vec::new(),
    };
    desk.ledger.open_case(&new, by).await.map_err(refused)
}

/// What somebody else adds in between does not matter to what is added here.
const TRIES: usize = 3;

async fn add(
    desk: &Desk,
    report: &Report,
    mut file: CaseFile,
    office: Uuid,
    by: &By,
) -> Result<(), Problem> {
    for _ in 0..TRIES {
        let facts = facts(desk, report, &file);
        if facts.is_empty() {
            return Ok(());
        }
        let seen = Seen { office, case: file.id, seq: file.seq(), today: desk.today() };
        match FileLedger::append(&*desk.ledger, &seen, &facts, by).await {
            Ok(_) => return Ok(()),
            Err(CaseError::Stale(_)) => file = own(desk, office, file.id).await?,
            Err(error) => return Err(refused(error)),
        }
    }
    Err(Problem::busy())
}

fn facts(desk: &Desk, report: &Report, file: &CaseFile) -> Vec<Fact> {
    let number = report.number.to_string();
    let there = |entry: &Entry| match &entry.fact {
        Fact::Note { text } => text.contains(&number),
        _ => false,
    };
    if file.standing().any(there) {
        return Vec::new();
    }
    let mut facts = vec![Fact::Note { text: said(report, &number) }];
    let unit = report.payload.and_then(|payload| unit_of(desk, payload));
    let known = |unit: &CaseUnit| file.units().any(|(_, one)| one.serial == unit.serial);
    facts.extend(unit.filter(|unit| !known(unit)).map(Fact::Unit));
    facts.extend((1..).zip(&report.photos).map(|(n, photo)| {
        Fact::Photo(PhotoNote {
            media: photo.to_string(),
            caption: format!("举报{number} 照片{n}"),
            shows: String::new(),
        })
    }));
    facts
}

/// What was said, in the words of a file of an office.
fn said(report: &Report, number: &str) -> String {
    let wrong: Vec<_> = report.wrong.iter().map(|wrong| wrong.text(Lang::Zh)).collect();
    let mut text = format!("并入群众举报{number}。反映的问题：{}。", wrong.join("；"));
    for (what, said) in
        [("举报内容：", &report.note), ("购买店铺：", &report.shop), ("店铺地点：", &report.place)]
    {
        if !said.is_empty() {
            text.push('\n');
            text.push_str(what);
            text.push_str(said);
        }
    }
    text
}

/// The label, where it was issued: of a forged one there is no unit.
fn unit_of(desk: &Desk, payload: [u8; 12]) -> Option<CaseUnit> {
    let payload = Payload::from_bytes(payload).ok()?;
    match desk.scanner.register.load().place(&payload) {
        Placement::Issued { facts, number, .. } => {
            Some(CaseUnit::of(&payload, facts.batch.id, number))
        }
        _ => None,
    }
}

fn refused(error: CaseError) -> Problem {
    match error {
        CaseError::Ledger(error) => error.into(),
        CaseError::Refused(_) | CaseError::Stale(_) => Problem::new(
            StatusCode::CONFLICT,
            "case_refused",
            "这个案件现在不能写入，请刷新后重试。",
            format!("The case takes nothing now: {error}."),
        ),
    }
}
