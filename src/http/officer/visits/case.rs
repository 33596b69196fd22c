//! `POST /officer/visits/{id}/case`: puts a visit into a case.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::records;
use super::show::visit_page;
use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::base::By;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::visits::Visit;
use crate::visits::port::Joined;
use crate::web::console::{Frame, Typed};

/// Which case.
#[derive(Default, Deserialize, ToSchema)]
pub struct VisitInto {
    /// Such as 2026-000012
    #[serde(default)]
    number: String,
}

/// Puts the visit into a case of the office.
#[utoipa::path(
    post,
    path = "/officer/visits/{id}/case",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Of the visit")),
    request_body(content = VisitInto, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the visit"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such visit of this office"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(into): Posted<VisitInto>,
) -> Result<Response, Problem> {
    let kept = records(&desk, &who, &id).await?;
    let visit = Visit::fold(&kept).ok_or_else(Problem::nothing)?.id;
    let joined = desk.ledger.join_case(who.office, visit, into.number.trim(), &by).await?;
    let error = match joined {
        Joined::Stands => {
            return Ok(Redirect::to(&format!("/officer/visits/{visit}")).into_response());
        }
        Joined::NoCase => {
            frame.t("本局没有这个编号的案件", "Your office has no case of this number")
        }
        Joined::NotOpen => frame.t(
            "该案件已结案、正在报请结案或内容已满，不能归入；确需归入的，请先由负责人处理该案件",
            "Nothing can be put into this case: it is closed, about to be, or full",
        ),
    };
    again(&desk, (&who, &by), frame, &id, into.number, error.to_owned()).await
}

async fn again(
    desk: &Desk,
    (who, by): (&Officer, &By),
    frame: Frame,
    id: &str,
    number: String,
    error: String,
) -> Result<Response, Problem> {
    let number = Typed { value: number, error: Some(error) };
    visit_page(desk, (who, by), frame, id, number, StatusCode::UNPROCESSABLE_ENTITY).await
}
