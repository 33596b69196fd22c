//! `POST /api/v1/imports/{kind}`: a file of objects, all or none.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use crate::auth::duty::Planning;
use crate::base::limits::{IMPORT_BYTES_MAX, IMPORT_S_MAX};
use crate::http::access::{ByKey, With};
use crate::http::address::Path;
use crate::http::bodies;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::turns::{Holder, Work};
use crate::registry::import::{ImportFormat, ImportKind, rows};
use crate::registry::port::Registered;
use crate::registry::service::{Scope, register};

/// What became of a file.
#[derive(Serialize, ToSchema)]
pub struct ImportRecord {
    added: usize,
    /// The very same were registered before.
    unchanged: usize,
    /// Numbers of new batches, in the order of the file.
    batches: Vec<String>,
}

/// Registers a file of enterprises, products or batches: CSV with a header
/// row, or JSON Lines. Each row is checked, with line, field and remedy of
/// whatever is wrong; all go in, or none does.
#[utoipa::path(
    post,
    path = "/api/v1/imports/{kind}",
    tag = "registry",
    security(("key" = [])),
    params(("kind" = String, Path, description = "enterprises, products or batches")),
    request_body(content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 200, body = ImportRecord, description = "All are registered"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such kind"),
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "The file came too slowly"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 MiB"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "Neither CSV nor JSON Lines"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Nothing was registered; names line and field of what is wrong"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another file of yours is being sent"),
    )
)]
pub async fn import(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Json<ImportRecord>, Problem> {
    let kind = match kind.as_str() {
        "enterprises" if who.scope != Scope::All => return Err(Problem::forbidden()),
        "enterprises" => ImportKind::Enterprises,
        "products" => ImportKind::Products,
        "batches" => ImportKind::Batches,
        _ => return Err(Problem::nothing()),
    };
    let format = format(request.headers())?;
    let _turn = desk.turns.take(Work::Import, Holder::from(&who.scope))?;
    let time = Duration::from_secs(IMPORT_S_MAX / 2);
    let body = bodies::within(time, request.into_body(), IMPORT_BYTES_MAX).await?;
    let rows = rows(kind, format, &body).map_err(Problem::invalid)?;
    let keys = desk.scanner.keys.load_full();
    let done = register(&*desk.ledger, &keys, &who.scope, kind, &rows, &by).await?;
    desk.show_changes().await;
    let unchanged = done.iter().filter(|r| **r == Registered::Unchanged).count();
    let batch = |r: &Registered| match r {
        Registered::Batch(id) => Some(id.to_string()),
        Registered::Added | Registered::Unchanged => None,
    };
    Ok(Json(ImportRecord {
        added: done.len() - unchanged,
        unchanged,
        batches: done.iter().filter_map(batch).collect(),
    }))
}

fn format(headers: &HeaderMap) -> Result<ImportFormat, Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(ImportFormat::Csv),
        "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            Ok(ImportFormat::JsonLines)
        }
        _ => Err(neither()),
    }
}

/// A file of another kind than those that are read.
pub(super) fn neither() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "media_type",
        "请用 Content-Type: text/csv 或 application/x-ndjson 发送文件。",
        "Send the file with Content-Type: text/csv or application/x-ndjson.",
    )
}
