//! `/enterprise/line`: a packing line with hand scanners.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::home::own;
use crate::auth::duty::{Acting, OnLine};
use crate::http::access::AtConsole;
use crate::http::bodies;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::kept;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::trace::{self, Answers, SCANS_BYTES_MAX, Scans};
use crate::registry::Uscc;
use crate::trace::place::PlaceKind;
use crate::web::assets::LINE_WORKER;
use crate::web::console::{Choice, Frame};
use crate::web::trace::LinePage;
use crate::web::verdict::named;

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| kept::policy(""));

/// Sizes of a case and a pallet where the enterprise sets none.
const CASE_SIZE: usize = 6;
const PALLET_SIZE: usize = 40;

/// The page of a line.
#[utoipa::path(
    get,
    path = "/enterprise/line",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<OnLine>>,
) -> Result<Response, Problem> {
    line_page(&desk, &own(&who)?, frame).await
}

async fn line_page(desk: &Desk, own: &Uscc, frame: Frame) -> Result<Response, Problem> {
    let customs = desk.ledger.customs(own).await?;
    let lang = frame.lang;
    let sites = desk.ledger.sites(own).await?;
    let line = LinePage {
        case_size: if customs.case_size > 0 { customs.case_size } else { CASE_SIZE },
        pallet_size: if customs.pallet_size > 0 { customs.pallet_size } else { PALLET_SIZE },
        places: sites
            .iter()
            .filter(|site| site.kind == PlaceKind::Site)
            .map(|site| Choice {
                text: named(&site.name, lang).to_owned(),
                value: site.code.clone(),
                chosen: false,
            })
            .collect(),
        f: frame,
    };
    let mut response = page(&line, lang, StatusCode::OK)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    Ok(response)
}

/// The same page without anybody's name and without a menu, as the service
/// worker keeps it for a time without network.
#[utoipa::path(
    get,
    path = "/enterprise/line/shell",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn shell(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<OnLine>>,
) -> Result<Response, Problem> {
    let frame = kept::nobodys(frame, "/enterprise/line");
    line_page(&desk, &own(&who)?, frame).await
}

/// Where signing out leads. The service worker of the line's page, where there
/// is one, hears of it here and removes itself with all that it kept.
#[utoipa::path(
    get,
    path = "/enterprise/line/left",
    tag = "enterprise console",
    responses((status = 303, description = "To the form for signing in"))
)]
pub async fn left() -> Redirect {
    Redirect::to("/enterprise/sign-in")
}

/// The service worker of the line's page.
#[utoipa::path(
    get,
    path = "/enterprise/line-worker.js",
    tag = "enterprise console",
    responses((status = 200, body = String, content_type = "text/javascript", description = "A script"))
)]
pub async fn worker() -> impl IntoResponse {
    kept::worker(LINE_WORKER.as_str())
}

/// Scans that the page of a line sends.
#[utoipa::path(
    post,
    path = "/enterprise/line/captures",
    tag = "enterprise console",
    request_body = Scans,
    responses(
        (status = 200, body = Answers, description = "Every scan is answered, refusals too"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No scan was taken; names what is wrong"),
    )
)]
pub async fn scan(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<OnLine>>,
    request: Request,
) -> Result<Json<Answers>, Problem> {
    let own = own(&who)?;
    let body = bodies::whole(request.into_body(), SCANS_BYTES_MAX).await?;
    Ok(Json(trace::take(&desk, &own, &body, &by).await?))
}
