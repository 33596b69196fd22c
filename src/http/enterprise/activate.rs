//! `POST /enterprise/batches/{batch}/activate`: puts labels on sale.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::batch::{batch_page, find};
use super::home::own;
use crate::auth::duty::{Acting, OnLine};
use crate::base::LedgerError;
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::service::{Marking, Scope, mark, parse_range};
use crate::registry::{Bilingual, RangeState};
use crate::web::console::Typed;

/// Which labels.
#[derive(Deserialize, ToSchema)]
pub struct Chosen {
    /// FIRST-LAST; empty: all of the batch.
    #[serde(default)]
    range: String,
}

/// Puts labels on sale.
#[utoipa::path(
    post,
    path = "/enterprise/batches/{batch}/activate",
    tag = "enterprise console",
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body(content = Chosen, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page of the batch"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn activate(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<OnLine>>,
    Path(batch): Path<String>,
    Posted(chosen): Posted<Chosen>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let typed = chosen.range.trim();
    let range = (!typed.is_empty()).then(|| parse_range(typed)).transpose();
    let marked = match range {
        Ok(range) => {
            let marking = Marking {
                batch: batch.id,
                range,
                state: RangeState::Activated,
                reason: Bilingual::default(),
                remedy: Bilingual::default(),
            };
            let scope = Scope::One(own(&who)?);
            mark(&*desk.ledger, &scope, marking, &by).await.map(drop)
        }
        Err(fault) => Err(LedgerError::Invalid(vec![fault])),
    };
    desk.show_changes().await;
    match marked {
        Ok(()) => Ok(Redirect::to(&format!("/enterprise/batches/{}", batch.id)).into_response()),
        Err(LedgerError::Invalid(faults)) => {
            let range = Typed::of("range", &chosen.range, &faults, frame.lang);
            batch_page(&desk, frame, batch, range, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}
