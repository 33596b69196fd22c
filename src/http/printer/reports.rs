//! `POST /printer/reports`: what was printed, spoiled, printed again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::AtCounter;
use super::counter::{Filled, counter_page};
use crate::base::{FieldError, LedgerError};
use crate::handoff::Package;
use crate::handoff::report::{Numbers, ReportKind};
use crate::handoff::sign_off::Scanned;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::handoff::scanned;
use crate::http::problem::Problem;
use crate::registry::service::parse_range;

/// Parts of a report.
const PARTS_MAX: usize = 500;
/// What is longer is a code, not a range of numbers.
const RANGE_CHARACTERS_MAX: usize = 24;

/// A report, as people typed or scanned it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Typed {
    /// printed, spoiled or reprinted
    kind: String,
    /// FIRST-LAST, several at will, or codes, a line each.
    range: String,
}

/// Reports labels of the order.
#[utoipa::path(
    post,
    path = "/printer/reports",
    tag = "pick-up",
    request_body(content = Typed, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the package"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn report(
    State(desk): State<Desk>,
    AtCounter { package, frame, by }: AtCounter,
    Posted(typed): Posted<Typed>,
) -> Result<Response, Problem> {
    let kind = ReportKind::from_slug(&typed.kind).ok_or_else(|| {
        FieldError::new("kind", "is not known", "choose printed, spoiled or reprinted")
    });
    let read = kind.and_then(|kind| Ok((kind, ranges(&desk, &package, &typed.range)?)));
    let kept = match read {
        Ok((kind, ranges)) => desk.ledger.report(package.id, kind, &ranges, &by).await,
        Err(fault) => Err(LedgerError::Invalid(vec![fault])),
    };
    match kept {
        Ok(()) => Ok(Redirect::to("/printer/").into_response()),
        Err(LedgerError::Invalid(mut faults)) => {
            let fault = (!faults.is_empty()).then(|| faults.remove(0));
            let filled =
                Filled { kind: typed.kind, range: typed.range, fault, ..Filled::default() };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            counter_page(&desk, frame, &package, filled, status).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The ranges that a text names, each number once.
fn ranges(desk: &Desk, package: &Package, text: &str) -> Result<Vec<(u64, u64)>, FieldError> {
    let between = |c: char| c.is_whitespace() || [',', '，', '、', ';', '；'].contains(&c);
    let mut numbers = Numbers::default();
    let mut parts = 0;
    for part in text.split(between).filter(|part| !part.is_empty()) {
        parts += 1;
        if parts > PARTS_MAX {
            let problem = format!("has more than {PARTS_MAX} parts");
            return Err(FieldError::new("range", problem, "report the rest apart"));
        }
        let (first, last) = if part.chars().count() > RANGE_CHARACTERS_MAX {
            match scanned(desk, part) {
                Scanned::Item { batch, number } if batch == package.batch => (number, number),
                _ => {
                    let remedy = "scan labels of this order";
                    return Err(FieldError::new("range", "a code is not of this order", remedy));
                }
            }
        } else {
            parse_range(part)?
        };
        numbers.add(first, last);
    }
    if numbers.is_empty() {
        return Err(FieldError::new("range", "is empty", "write numbers or scan codes"));
    }
    Ok(numbers.iter().collect())
}
