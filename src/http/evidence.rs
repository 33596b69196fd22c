//! Packages of evidence for the console and the officers' API.

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use uuid::Uuid;

use crate::auth::Officer;
use crate::base::{By, ids};
use crate::cases::file::CaseFile;
use crate::cases::port::Sight;
use crate::evidence::gather::{Gather, Making};
use crate::evidence::manifest::{CaseNamed, MadeBy};
use crate::evidence::port::{PackageRow, Wanted};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::keys::office::OfficeKeys;

/// Of the hash of its state, in the name under which a package is saved.
const STATE_CHARACTERS: usize = 8;

/// The case that the officer's office has.
///
/// # Errors
/// 404 for another's, and for what is no id.
pub(super) async fn case_of(desk: &Desk, who: &Officer, id: &str) -> Result<CaseFile, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    match desk.ledger.case_file(who.office, id).await? {
        Sight::Own(file) => Ok(*file),
        Sight::HandedOver(_) => Err(Problem::nothing()),
    }
}

/// Asks for the package of the case as it stands; the one of this state where it
/// was asked for already, and whether it is new.
///
/// # Errors
/// Of the ledger.
pub(super) async fn want(
    desk: &Desk,
    who: &Officer,
    file: &CaseFile,
    by: &By,
) -> Result<(PackageRow, bool), Problem> {
    let wanted = Wanted {
        id: ids::new_id(by.at),
        office: who.office,
        case: file.id,
        case_number: file.number.clone(),
        entries: file.seq(),
        state: state(desk, who, file, by).await?,
        name: who.name.clone(),
        seat: who.seat,
    };
    Ok(desk.ledger.want_evidence(&wanted, by).await?)
}

/// Hash of all that would go into a package now.
async fn state(desk: &Desk, who: &Officer, file: &CaseFile, by: &By) -> Result<String, Problem> {
    let gather = Gather {
        ledger: &*desk.ledger,
        scanner: &desk.scanner,
        media: desk.media.as_ref().ok_or_else(Problem::busy)?,
        zone: &desk.zone,
    };
    let offices = desk.ledger.offices().await?;
    let office = offices.into_iter().find(|office| office.id == who.office);
    let making = Making {
        package: String::new(),
        case: CaseNamed {
            office: office.map(|office| office.name_zh).unwrap_or_default(),
            number: file.number.clone(),
            id: file.id.to_string(),
            entries: u64::from(file.seq()),
        },
        made_by: MadeBy { login: String::new(), name: String::new(), seat: String::new() },
        made_at: by.at,
        offices: OfficeKeys::default(),
        server: serde_json::Value::Null,
    };
    let dossier = gather.dossier(file, making).await?;
    // Hundreds of files are hashed.
    let digest = tokio::task::spawn_blocking(move || dossier.digest()).await;
    digest.ok().and_then(Result::ok).ok_or_else(Problem::broken)
}

/// Sends a package that is built, and notes who took it.
///
/// # Errors
/// 404 for one that is not built, or of another case.
pub(super) async fn send(
    desk: &Desk,
    file: &CaseFile,
    id: &str,
    by: &By,
    request: Request,
) -> Result<Response, Problem> {
    let id: Uuid = id.trim_end_matches(".zip").parse().map_err(|_| Problem::nothing())?;
    let row = desk.ledger.evidence(id).await?;
    let path = desk.evidence.as_ref().map(|folder| path(folder, id));
    let built = row.built.is_some() && row.case == file.id;
    let path = path.filter(|_| built).ok_or_else(Problem::nothing)?;
    let whole = request.method() == Method::GET;
    let Ok(sent) = ServeFile::new(&path).oneshot(request).await;
    let mut response = sent.map(Body::new).into_response();
    let sends = matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    if sends && whole {
        desk.ledger.evidence_taken(&row, by).await?;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", name(&row))) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Where a package lies.
fn path(folder: &std::path::Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.zip"))
}

/// What it is saved as.
pub(super) fn name(row: &PackageRow) -> String {
    let state = row.state.get(..STATE_CHARACTERS).unwrap_or("0");
    format!("evidence-{}-{}-{state}.zip", row.case_number, row.entries)
}
