//! `/officer/cases/{id}/evidence`: packages of a case that may leave the office.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use serde::Deserialize;

use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::evidence::port::PackageRow;
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::evidence::{case_of, name, send, want};
use crate::http::orders::size_text;
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::reason::minute_text;
use crate::web::console::Frame;
use crate::web::evidence::{EvidencePage, PackageLine, seat};

/// Seconds after which a page that waits for the worker is loaded again.
const REFRESH_S: u32 = 3;

/// What came of asking.
#[derive(Deserialize)]
pub struct Asked {
    same: Option<String>,
}

/// The packages of a case.
#[utoipa::path(
    get,
    path = "/officer/cases/{id}/evidence",
    tag = "officer console",
    params(
        ("id" = String, Path, description = "Of the case"),
        ("same" = Option<String>, Query, description = "There: what was asked for was made before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, mut frame, .. }: AtConsole<Officer>,
    Path(id): Path<String>,
    Query(Asked { same }): Query<Asked>,
) -> Result<Response, Problem> {
    let file = case_of(&desk, &who, &id).await?;
    let rows = desk.ledger.evidence_of(file.id).await?;
    if rows.iter().any(|row| row.built.is_none()) {
        frame.refresh = Some(REFRESH_S);
    }
    let view = EvidencePage {
        case: file.id.to_string(),
        number: file.number.clone(),
        title: file.title.clone(),
        entries: file.seq(),
        wants: frame.works(),
        same: same.is_some(),
        packages: rows.iter().map(|row| line(row, &desk, &frame)).collect(),
        f: frame,
    };
    let lang = view.f.lang;
    page(&view, lang, StatusCode::OK)
}

fn line(row: &PackageRow, desk: &Desk, f: &Frame) -> PackageLine {
    let at = |at| minute_text(at, f.lang, &desk.zone);
    PackageLine {
        name: name(row),
        path: format!("/officer/cases/{}/evidence/{}.zip", row.case, row.id),
        entries: row.entries,
        by: format!("{}（{}）", row.asked_name, seat(row.asked_seat).of(f.lang)),
        asked: at(row.asked_at),
        problem: row.problem.clone(),
        built: row.built.as_ref().map(|built| {
            let dated = match (&built.dated, &built.undated) {
                (Some(dated), _) => format!("{} {}", at(dated.at), dated.authority),
                (None, Some(problem)) => format!("{} {problem}", f.t("未取得：", "none:")),
                (None, None) => f.t("未设置时间戳机构", "no authority is set").to_owned(),
            };
            crate::web::evidence::BuiltLine {
                size: size_text(built.bytes),
                files: built.files,
                sha256: built.sha256.clone(),
                key: built.kid.clone(),
                dated,
                downloads: row.downloads,
            }
        }),
    }
}

/// Asks for the package of the case as it stands. The worker builds it.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/evidence",
    tag = "officer console",
    params(("id" = String, Path, description = "Of the case")),
    responses(
        (status = 303, description = "To the packages of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let file = case_of(&desk, &who, &id).await?;
    let (_, new) = want(&desk, &who, &file, &by).await?;
    let told = if new { "" } else { "?same=1" };
    Ok(Redirect::to(&format!("/officer/cases/{}/evidence{told}", file.id)).into_response())
}

/// The package itself; who took it is noted.
#[utoipa::path(
    get,
    path = "/officer/cases/{id}/evidence/{package}",
    tag = "officer console",
    params(
        ("id" = String, Path, description = "Of the case"),
        ("package" = String, Path, description = "Id of the package, with .zip behind it"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/zip", description = "The file"),
        (status = 206, body = Vec<u8>, content_type = "application/zip", description = "The range of it that was asked for"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package, or it is not built yet"),
    )
)]
pub async fn take(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Officer>,
    Path((id, package)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let file = case_of(&desk, &who, &id).await?;
    send(&desk, &file, &package, &by, request).await
}
