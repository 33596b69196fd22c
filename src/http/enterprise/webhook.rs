//! `/enterprise/webhooks/{id}`: one endpoint and what was sent to it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::home::own;
use super::webhooks::line;
use crate::auth::duty::{Acting, Owning};
use crate::base::{FieldError, UnixMs};
use crate::hooks::port::Again;
use crate::hooks::{Delivery, DeliveryState, Kind};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::{instant_of, page};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::webhooks::{self, DELIVERIES_SHOWN};
use crate::registry::Uscc;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::webhooks::{DeliveryLine, WebhookPage, kind, said, trouble};

/// What a page of an endpoint shows beside what is kept.
#[derive(Default)]
pub(super) struct Shown {
    pub secret: Option<String>,
    /// The instant of a replay, as it was typed, and what is wrong with it.
    pub since: Option<(String, FieldError)>,
}

/// An endpoint and its deliveries.
#[utoipa::path(
    get,
    path = "/enterprise/webhooks/{id}",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    endpoint_page(&desk, frame, &own(&who)?, read(&id)?, Shown::default()).await
}

/// Sends it an event of its own.
#[utoipa::path(
    post,
    path = "/enterprise/webhooks/{id}/test",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    responses(
        (status = 303, description = "To its page"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
    )
)]
pub async fn test(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    desk.ledger.test_endpoint(&own(&who)?, read(&id)?, &by).await?;
    Ok(to_page(&id))
}

/// Gives it a new secret and shows it; the old one signs too for a day.
#[utoipa::path(
    post,
    path = "/enterprise/webhooks/{id}/rotate",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "Its page, with the secret"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
    )
)]
pub async fn rotate(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (own, id) = (own(&who)?, read(&id)?);
    let secret = webhooks::rotate(&desk, &own, id, &by).await?;
    let shown = Shown { secret: Some(secret.text()), ..Shown::default() };
    endpoint_page(&desk, frame, &own, id, shown).await
}

/// Calls it no more.
#[utoipa::path(
    post,
    path = "/enterprise/webhooks/{id}/disable",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    responses(
        (status = 303, description = "To its page"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
    )
)]
pub async fn disable(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    desk.ledger.disable_endpoint(&own(&who)?, read(&id)?, &by).await?;
    Ok(to_page(&id))
}

/// Calls it again, with what was gathered since it failed.
#[utoipa::path(
    post,
    path = "/enterprise/webhooks/{id}/enable",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    responses(
        (status = 303, description = "To its page"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "As many as may be are in use"),
    )
)]
pub async fn enable(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    desk.ledger.enable_endpoint(&own(&who)?, read(&id)?, &by).await?;
    Ok(to_page(&id))
}

/// One event, or a local time such as 2026-12-01T08:00.
#[derive(Deserialize, ToSchema)]
pub struct Chosen {
    event: Option<String>,
    #[serde(default)]
    since: String,
}

/// Sends again one event, or all since an instant.
#[utoipa::path(
    post,
    path = "/enterprise/webhooks/{id}/replay",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    request_body(content = Chosen, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To its page"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn replay(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
    Posted(chosen): Posted<Chosen>,
) -> Result<Response, Problem> {
    let (own, endpoint) = (own(&who)?, read(&id)?);
    let again = match &chosen.event {
        Some(event) => Again::One(read(event)?),
        None => match instant_of("since", &chosen.since, &desk.zone) {
            Ok(since) => Again::Since(since),
            Err(fault) => {
                let shown = Shown { since: Some((chosen.since, fault)), ..Shown::default() };
                return endpoint_page(&desk, frame, &own, endpoint, shown).await;
            }
        },
    };
    desk.ledger.replay(&own, endpoint, again, &by).await?;
    Ok(to_page(&id))
}

fn read(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| Problem::nothing())
}

fn to_page(id: &str) -> Response {
    Redirect::to(&format!("/enterprise/webhooks/{id}")).into_response()
}

/// Seconds after which a page asks again that has something under way.
const REFRESH_S: u32 = 3;

pub(super) async fn endpoint_page(
    desk: &Desk,
    mut f: Frame,
    own: &Uscc,
    id: Uuid,
    shown: Shown,
) -> Result<Response, Problem> {
    let endpoint = desk.ledger.endpoint(own, id).await?;
    let deliveries = desk.ledger.deliveries(own, id, DELIVERIES_SHOWN).await?;
    let (lang, now) = (f.lang, desk.clock.now());
    let minute = |at: UnixMs| minute_text(at, lang, &desk.zone);
    let waits = |d: &Delivery| d.state == DeliveryState::Pending && d.next_at <= now;
    // A page that shows a secret, or what was mistyped, stays as it is.
    if endpoint.ended.is_none() && shown.secret.is_none() && shown.since.is_none() {
        f.refresh = deliveries.iter().any(waits).then_some(REFRESH_S);
    }
    let status = match shown.since {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let view = WebhookPage {
        endpoint: line(&endpoint, &f),
        created: format!("{} · {}", minute(endpoint.created_at), endpoint.created_by),
        ended: endpoint.ended.is_some(),
        failing: endpoint.failing_since.map(minute),
        secret: shown.secret,
        old_until: endpoint
            .old_secret
            .as_ref()
            .map(|(_, until)| *until)
            .filter(|until| *until > now)
            .map(minute),
        deliveries: deliveries.iter().map(|d| delivery_line(d, &f, &minute)).collect(),
        since: shown.since.map_or_else(Typed::default, |(value, fault)| Typed {
            value,
            error: Some(said(&fault, lang)),
        }),
        f,
    };
    page(&view, lang, status)
}

fn delivery_line(d: &Delivery, f: &Frame, minute: &dyn Fn(UnixMs) -> String) -> DeliveryLine {
    let kind_of = |slug: &str| Kind::from_slug(slug).unwrap_or(Kind::Test);
    let last = d.last.map(|last| {
        let status = last.status.map(|status| format!("HTTP {status} · ")).unwrap_or_default();
        let why = last.trouble.map_or("", |why| trouble(why).of(f.lang));
        let gap = if why.is_empty() { "" } else { " · " };
        format!("{status}{} ms{gap}{why}", last.took_ms)
    });
    let state = match d.state {
        DeliveryState::Done => f.t("已送达", "delivered"),
        DeliveryState::Failed => f.t("已放弃", "given up"),
        DeliveryState::Pending if d.tries == 0 => f.t("待发送", "waiting"),
        DeliveryState::Pending => f.t("将重试", "will be tried again"),
    };
    DeliveryLine {
        event: d.event.to_string(),
        kind: kind(kind_of(&d.kind)).of(f.lang),
        happened: minute(d.happened_at),
        state,
        tries: d.tries,
        last: last.unwrap_or_default(),
        next: if d.state == DeliveryState::Pending { minute(d.next_at) } else { String::new() },
        broken: d.state == DeliveryState::Failed,
    }
}
