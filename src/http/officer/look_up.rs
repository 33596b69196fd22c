//! `/officer/codes?code=`: from what an officer has in hand to the label.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::flags::list;
use crate::auth::Officer;
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::consumer::ask::{payload_of, tags_of_reference};
use crate::http::consumer::check::tidy;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::web::console::Typed;

#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    code: String,
}

/// Finds a label by its serial, its code or address, or by the reference that
/// a buyer reads out.
#[utoipa::path(
    get,
    path = "/officer/codes",
    tag = "officer console",
    params(("code" = String, Query, description = "A serial, a code, an address, or a reference")),
    responses(
        (status = 303, description = "To the page of the label"),
        (status = 404, body = String, content_type = "text/html", description = "The list, with what is wrong"),
    )
)]
pub async fn look_up(
    State(desk): State<Desk>,
    AtConsole { frame, .. }: AtConsole<Officer>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
    if let Some(payload) = find(&desk, &asked.code).await? {
        let path = format!("/officer/codes/{}", payload.serial_text());
        return Ok(Redirect::to(&path).into_response());
    }
    let error = frame.t(
        "没有找到：编号有20个字符，参考号有8个。只有记录下来的查询才有参考号可查。",
        "Not found: a serial has 20 characters, a reference 8. Only queries that were recorded \
         are found by their reference.",
    );
    let asked = Typed { value: asked.code, error: Some(error.to_owned()) };
    list(&desk, frame, asked, StatusCode::NOT_FOUND).await
}

async fn find(desk: &Desk, typed: &str) -> Result<Option<Payload>, Problem> {
    if let Some(payload) = payload_of(&tidy(typed)) {
        return Ok(Some(payload));
    }
    let Some((low, high)) = tags_of_reference(typed) else { return Ok(None) };
    // 40 bits tell one recorded scan from another.
    let found = desk.ledger.codes_tagged(low, high, 1).await?;
    Ok(found.first().and_then(|bytes| Payload::from_bytes(*bytes).ok()))
}
