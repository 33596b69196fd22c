//! `/api/v1/officer/cases/{id}/evidence`: packages of evidence, for programs of an
//! office.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::base::UnixMs;
use crate::evidence::port::PackageRow;
use crate::http::access::ByKey;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::evidence::{case_of, name, send, want};
use crate::http::problem::{Problem, ProblemDocument};

/// A package of evidence.
#[derive(Serialize, ToSchema)]
pub struct EvidencePackage {
    id: String,
    /// Name under which it is saved
    name: String,
    /// Number of the case's last entry that is in it
    entries: u32,
    /// Login of who asked for it
    asked_by: String,
    #[schema(format = DateTime)]
    asked_at: String,
    /// `waiting` or `ready`
    state: &'static str,
    /// Why the last try built nothing
    problem: Option<String>,
    bytes: Option<u64>,
    sha256: Option<String>,
    /// Name of the office's key that signed it
    key: Option<String>,
    /// When an authority dated it
    #[schema(format = DateTime)]
    dated_at: Option<String>,
    downloads: u64,
}

fn text(at: UnixMs) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

fn told(row: &PackageRow) -> EvidencePackage {
    let built = row.built.as_ref();
    EvidencePackage {
        id: row.id.to_string(),
        name: name(row),
        entries: row.entries,
        asked_by: row.asked_by.clone(),
        asked_at: text(row.asked_at),
        state: if built.is_some() { "ready" } else { "waiting" },
        problem: row.problem.clone(),
        bytes: built.map(|built| built.bytes),
        sha256: built.map(|built| built.sha256.clone()),
        key: built.map(|built| built.kid.clone()),
        dated_at: built.and_then(|built| built.dated.as_ref()).map(|dated| text(dated.at)),
        downloads: row.downloads,
    }
}

/// The packages of a case, latest first.
#[utoipa::path(
    get,
    path = "/api/v1/officer/cases/{id}/evidence",
    tag = "officer API",
    params(("id" = String, Path, description = "Of the case")),
    security(("key" = [])),
    responses(
        (status = 200, body = Vec<EvidencePackage>),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        Refused,
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Officer>,
    Path(id): Path<String>,
) -> Result<Json<Vec<EvidencePackage>>, Problem> {
    let file = case_of(&desk, &who, &id).await?;
    let rows = desk.ledger.evidence_of(file.id).await?;
    Ok(Json(rows.iter().map(told).collect()))
}

/// Asks for the package of the case as it stands: the same state is the same package.
#[utoipa::path(
    post,
    path = "/api/v1/officer/cases/{id}/evidence",
    tag = "officer API",
    params(("id" = String, Path, description = "Of the case")),
    security(("key" = [])),
    responses(
        (status = 202, body = EvidencePackage, description = "The worker builds it, or has built it"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        Refused,
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Serving<Working>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<EvidencePackage>), Problem> {
    let file = case_of(&desk, &who, &id).await?;
    let (row, _) = want(&desk, &who, &file, &by).await?;
    Ok((StatusCode::ACCEPTED, Json(told(&row))))
}

/// The package itself; who took it is noted.
#[utoipa::path(
    get,
    path = "/api/v1/officer/cases/{id}/evidence/{package}",
    tag = "officer API",
    params(
        ("id" = String, Path, description = "Of the case"),
        ("package" = String, Path, description = "Id of the package"),
    ),
    security(("key" = [])),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/zip", description = "The file"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package, or it is not built yet"),
        Refused,
    )
)]
pub async fn take(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Officer>,
    Path((id, package)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let file = case_of(&desk, &who, &id).await?;
    send(&desk, &file, &package, &by, request).await
}
