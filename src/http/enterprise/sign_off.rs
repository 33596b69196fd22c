//! `/enterprise/packages/{id}/sign-off`: the quality office scans labels of the
//! roll that came back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::package::{find, to_page};
use crate::auth::duty::{Acting, Testing};
use crate::base::{FieldError, LedgerError, grounds};
use crate::handoff::Package;
use crate::handoff::secret::grouped;
use crate::handoff::sign_off::{self, LINES_MAX, Scanned};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::handoff::scanned;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::console::{Frame, Typed};
use crate::web::handoff::{SignOffPage, fault};

/// What was scanned, and the word on it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Word {
    /// accept or reject
    word: String,
    /// A code a line.
    codes: String,
    /// Why it is rejected.
    reason: String,
}

/// The form.
#[utoipa::path(
    get,
    path = "/enterprise/packages/{id}/sign-off",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Testing>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    filled(&desk, frame, &package, &Word::default(), &[], StatusCode::OK).await
}

/// Signs the roll off, or rejects it with the reason.
#[utoipa::path(
    post,
    path = "/enterprise/packages/{id}/sign-off",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    request_body(content = Word, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the package"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn decide(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Testing>>,
    Path(id): Path<String>,
    Posted(word): Posted<Word>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    let said = match word.word.as_str() {
        "reject" => grounds("reason", &word.reason)
            .map(sign_off::Word::Reject)
            .map_err(|fault| LedgerError::Invalid(vec![fault])),
        _ => Ok(sign_off::Word::Accept(read(&desk, &word.codes))),
    };
    let kept = match said {
        Ok(said) => desk.ledger.sign_off(package.id, &said, &by).await,
        Err(error) => Err(error),
    };
    match kept {
        Ok(()) => {
            desk.show_changes().await;
            Ok(to_page(&package))
        }
        Err(LedgerError::Invalid(faults)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            filled(&desk, frame, &package, &word, &faults, status).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What the lines are, each of them.
fn read(desk: &Desk, codes: &str) -> Vec<Scanned> {
    let lines = codes.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES_MAX);
    lines.map(|line| scanned(desk, line)).collect()
}

async fn filled(
    desk: &Desk,
    f: Frame,
    package: &Package,
    word: &Word,
    faults: &[FieldError],
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let settings = desk.ledger.settings(&package.enterprise).await?;
    let of_reason = |e: &&FieldError| e.field == "reason";
    let form = SignOffPage {
        id: package.id.to_string(),
        number: grouped(&package.number),
        items: package.items,
        needed: settings.sign_off_labels,
        codes: word.codes.clone(),
        errors: faults.iter().filter(|e| !of_reason(e)).map(|e| fault(e, lang)).collect(),
        reason: Typed {
            value: word.reason.clone(),
            error: faults.iter().find(of_reason).map(|e| fault(e, lang)),
        },
        done: package.is_accepted(),
        f,
    };
    page(&form, lang, status)
}
