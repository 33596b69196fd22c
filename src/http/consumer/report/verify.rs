//! `GET /v/{check}`: what a note said, for whoever was given one.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{doors, media, page};
use crate::http::address::{Path, Query, Unread};
use crate::http::client::Client;
use crate::http::consumer::page::in_language;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::reports::{CheckValue, Note};
use crate::web::report::{AskNote, NotePage, NoteText};
use crate::web::report_paper::paper;

#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    check: String,
}

/// What a note said.
#[derive(Serialize, ToSchema)]
pub struct NoteRecord {
    /// 20 characters.
    check: String,
    outcome: String,
    reason: String,
    /// RFC 3339.
    #[schema(format = DateTime)]
    at: String,
    /// As the page showed it; empty where it showed none.
    serial: String,
    reference: String,
    first: Option<NoteFirst>,
    product: Option<NoteProduct>,
}

/// The first query of the label.
#[derive(Serialize, ToSchema)]
pub struct NoteFirst {
    #[schema(format = Date)]
    day: String,
    /// GB/T 2260, four digits; 0 where it is not known.
    region: u16,
}

/// The product as it was registered then.
#[derive(Serialize, ToSchema)]
pub struct NoteProduct {
    gtin: String,
    name_zh: String,
    name_en: String,
    maker_zh: String,
    maker_en: String,
    lot: String,
}

impl NoteRecord {
    fn of(check: &CheckValue, note: Note) -> Self {
        Self {
            check: check.plain().to_owned(),
            outcome: note.outcome,
            reason: note.reason,
            at: note.at.rfc3339(),
            serial: note.serial,
            reference: note.reference,
            first: note.first.map(|f| NoteFirst { day: f.day, region: f.region.0 }),
            product: note.product.map(|p| NoteProduct {
                gtin: p.gtin,
                name_zh: p.name.zh,
                name_en: p.name.en,
                maker_zh: p.maker.zh,
                maker_en: p.maker.en,
                lot: p.lot,
            }),
        }
    }
}

/// The form for a check value.
#[utoipa::path(
    get,
    path = "/v",
    tag = "consumer",
    params(
        ("check" = Option<String>, Query, description = "What was typed"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The form"),
        (status = 303, description = "To the page of the note"),
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    parts: Parts,
    typed: Result<Query<Typed>, Unread>,
) -> Result<Response, Problem> {
    media(&desk)?;
    let typed = typed.map_or_else(|_| Typed::default(), |Query(typed)| typed).check;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    if let Some(check) = CheckValue::parse(&typed) {
        let path = format!("/v/{}?lang={}", check.plain(), lang.tag());
        return Ok(Redirect::to(&path).into_response());
    }
    page(&AskNote { lang, unknown: !typed.is_empty() }, lang, StatusCode::OK)
}

async fn find(desk: &Desk, client: &Client, check: &str) -> Result<(CheckValue, Note), Problem> {
    media(desk)?;
    doors(desk).look(client.address)?;
    let check = CheckValue::parse(check).ok_or_else(nothing)?;
    let content = desk.ledger.note_content(&check).await?.ok_or_else(nothing)?;
    let seals = &desk.seals;
    let note = Note::read(seals, &check, &content).ok_or_else(|| {
        tracing::error!("a note does not fit its check value");
        nothing()
    })?;
    Ok((check, note))
}

fn nothing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_note",
        "没有这个校验码的查询记录。",
        "There is no note of this check value.",
    )
}

/// What the note of a check value said. One that was changed is not found.
#[utoipa::path(
    get,
    path = "/v/{check}",
    tag = "consumer",
    params(
        ("check" = String, Path, description = "20 characters"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, description = "What it said, as a page or as JSON", content((NoteRecord = "application/json"), (String = "text/html"))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such note"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many looks from this network"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    Path(check): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let as_page = negotiate::prefers_html(&parts.headers);
    let (check, note) = match find(&desk, &client, &check).await {
        Err(problem) if as_page && problem.is_not_found() && desk.media.is_some() => {
            return page(&AskNote { lang, unknown: true }, lang, StatusCode::NOT_FOUND);
        }
        found => found?,
    };
    if !as_page {
        return Ok(Json(NoteRecord::of(&check, note)).into_response());
    }
    let shown = NotePage {
        lang,
        check: check.to_string(),
        plain: check.plain().to_owned(),
        says: NoteText::new(&note, lang, &desk.zone),
        other_language: in_language(&parts.uri, lang.other()),
    };
    page(&shown, lang, StatusCode::OK)
}

/// The same as a paper.
#[utoipa::path(
    get,
    path = "/v/{check}/note.pdf",
    tag = "consumer",
    params(
        ("check" = String, Path, description = "20 characters"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/pdf", description = "The paper"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such note"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many looks from this network"),
    )
)]
pub async fn pdf(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    Path(check): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (check, note) = find(&desk, &client, &check).await?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let says = NoteText::new(&note, lang, &desk.zone);
    let url = format!("{}/v/{}", desk.site.origin(), check.plain());
    let name = format!("inline; filename=\"zhenma-{}.pdf\"", check.plain());
    // A paper takes a hundredth of a second of a core.
    let written = tokio::task::spawn_blocking(move || paper(&says, &check.to_string(), &url, lang));
    let mut response = written.await.map_err(|_| Problem::broken())?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
