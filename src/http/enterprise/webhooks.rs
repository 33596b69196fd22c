//! `/enterprise/webhooks`: where the enterprise's programs are told.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use super::webhook::{self, Shown};
use crate::auth::duty::{Acting, Owning};
use crate::base::{FieldError, LedgerError};
use crate::hooks::{Endpoint, Kind, Why};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::webhooks::{self, ENDPOINTS_LISTED_MAX};
use crate::registry::Uscc;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::webhooks::{EndpointLine, WebhooksPage, kind, said, why};

/// An address, and the events by their names, each `on`.
#[derive(Default, Deserialize, ToSchema)]
pub struct Wanted {
    #[serde(default)]
    url: String,
    #[serde(flatten)]
    events: BTreeMap<String, String>,
}

/// Endpoints, and the form for another.
#[utoipa::path(
    get,
    path = "/enterprise/webhooks",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Owning>>,
) -> Result<Response, Problem> {
    let mut wanted = Wanted::default();
    wanted.events.extend(Kind::CHOSEN.map(|kind| (kind.slug().to_owned(), String::new())));
    list_page(&desk, frame, &own(&who)?, &wanted, &[]).await
}

/// Adds an endpoint and shows its secret.
#[utoipa::path(
    post,
    path = "/enterprise/webhooks",
    tag = "enterprise console",
    request_body(content = Wanted, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "Its page, with the secret"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let events = wanted.events.keys().map(String::as_str);
    match webhooks::add(&desk, &own, &wanted.url, events, &by).await {
        Ok(new) => {
            let shown = Shown { secret: Some(new.secret.text()), ..Shown::default() };
            webhook::endpoint_page(&desk, frame, &own, new.id, shown).await
        }
        Err(LedgerError::Invalid(faults)) => list_page(&desk, frame, &own, &wanted, &faults).await,
        Err(error) => Err(error.into()),
    }
}

async fn list_page(
    desk: &Desk,
    f: Frame,
    own: &Uscc,
    wanted: &Wanted,
    faults: &[FieldError],
) -> Result<Response, Problem> {
    let lang = f.lang;
    let error = |field: &str| faults.iter().find(|e| e.field == field).map(|e| said(e, lang));
    let endpoints = desk.ledger.endpoints(own, ENDPOINTS_LISTED_MAX).await?;
    let view = WebhooksPage {
        endpoints: endpoints.iter().map(|endpoint| line(endpoint, &f)).collect(),
        url: Typed { value: wanted.url.clone(), error: error("url") },
        kinds: Kind::CHOSEN
            .into_iter()
            .map(|one| Choice {
                value: one.slug().to_owned(),
                text: kind(one).of(lang).to_owned(),
                chosen: wanted.events.contains_key(one.slug()),
            })
            .collect(),
        kinds_error: error("events"),
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&view, lang, status)
}

pub(super) fn line(endpoint: &Endpoint, f: &Frame) -> EndpointLine {
    let state = match (endpoint.ended, endpoint.failing_since) {
        (Some(ended), _) => why(ended.why).of(f.lang),
        (None, Some(_)) => f.t("投递失败，正在重试", "failing, tried again"),
        (None, None) => f.t("正常", "in use"),
    };
    EndpointLine {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        kinds: endpoint.kinds.iter().map(|one| kind(*one).of(f.lang)).collect(),
        state,
        broken: endpoint.ended.is_some_and(|ended| ended.why != Why::Owner),
    }
}
