//! What of a report goes into the file of a case: its label, its photos and what
//! was said. How to reach the reporter does not.

use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::base::{By, Lang, LedgerError};
use crate::cases::CaseError;
use crate::cases::fact::{Fact, Ground};
use crate::cases::file::State;
use crate::cases::matter::{CaseUnit, PhotoNote};
use crate::cases::port::{NewCase, Takes};
use crate::code::Payload;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::registry::Placement;
use crate::reports::Report;

/// The case that a report goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    New,
    Known(Uuid),
}

/// Makes a report part of a case. Done again it is nothing.
pub async fn link(
    desk: &Desk,
    report: &Report,
    target: Target,
    office: Uuid,
    by: &By,
) -> Result<(), Problem> {
    let into = match target {
        Target::New => Takes::New(new(desk, report, office).await?),
        Target::Known(case) => Takes::Known { office, case },
    };
    let done = desk.ledger.take_report(report.id, &into, &facts(desk, report), by).await;
    done.map(drop).map_err(refused)
}

/// The report's own id names the case: the form sent twice is one case.
async fn new(desk: &Desk, report: &Report, office: Uuid) -> Result<NewCase, LedgerError> {
    let wrong = report.wrong.first().map_or("", |wrong| wrong.text(Lang::Zh));
    Ok(NewCase {
        id: free_id(desk, report.id).await?,
        office,
        title: format!("群众举报{}：{wrong}", report.number),
        ground: Ground::Report,
        lead: None,
        region: report.region.0,
        found_on: desk.today(),
        today: desk.today(),
        facts: Vec::new(),
    })
}

/// That id, or the one that follows from it where a case with it was made void.
async fn free_id(desk: &Desk, mut id: Uuid) -> Result<Uuid, LedgerError> {
    loop {
        match desk.ledger.any_case(id).await {
            Ok(case) if case.state == State::Void => id = next_id(id),
            Ok(_) | Err(LedgerError::NotFound(_)) => return Ok(id),
            Err(error) => return Err(error),
        }
    }
}

fn next_id(id: Uuid) -> Uuid {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let bytes: [u8; 16] = digest[..16].try_into().expect("half of it");
    Builder::from_custom_bytes(bytes).into_uuid()
}

fn facts(desk: &Desk, report: &Report) -> Vec<Fact> {
    let number = report.number.to_string();
    let mut facts = vec![Fact::Note { text: said(report, &number) }];
    let unit = report.payload.and_then(|payload| unit_of(desk, payload));
    facts.extend(unit.map(Fact::Unit));
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
