//! `/officer/codes`: from what an officer has in hand to the label. Asked by a
//! form that is posted: a whole code stands in no address, and so in no log of a
//! proxy and no history of a browser.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::leads::{Told, list};
use crate::auth::Officer;
use crate::code::{self, Outcome, Payload};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::consumer::ask::tags_of_reference;
use crate::http::consumer::check::tidy;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::leads::desk::Wanted;
use crate::registry::Placement;
use crate::scan::own::{Named, Text};
use crate::web::console::Typed;

#[derive(Deserialize, ToSchema)]
pub struct LookUp {
    /// A serial, a code, an address, or a reference
    #[serde(default)]
    code: String,
}

/// Finds a label by its serial, its code or address, or by the reference that
/// a buyer reads out.
#[utoipa::path(
    post,
    path = "/officer/codes",
    tag = "officer console",
    request_body(content = LookUp, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the label"),
        (status = 404, body = String, content_type = "text/html", description = "The list, with what is wrong"),
    )
)]
pub async fn look_up(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    Posted(asked): Posted<LookUp>,
) -> Result<Response, Problem> {
    let error = match find(&desk, &asked.code).await? {
        Found::Label(payload) => {
            let path = format!("/officer/codes/{}", payload.serial_text());
            return Ok(Redirect::to(&path).into_response());
        }
        Found::Forged => frame.t(
            "这个码是伪造的：签名不对，或者签发方不在登记之列。只查编号，请输入印在码下的20个字符。",
            "This code is forged: its signature is wrong, or nobody who is registered issued it. \
             For the number alone, type the 20 characters under the symbol.",
        ),
        Found::NeverIssued => {
            frame.t("登记的企业从未发出过这个编号。", "No registered maker ever issued this number.")
        }
        Found::Nothing => frame.t(
            "没有找到：编号有20个字符，参考号有8个。只有记入标签历史的查询才有参考号可查。",
            "Not found: a serial has 20 characters, a reference 8. Only queries that are in a \
             label's history are found by their reference.",
        ),
    };
    let asked = Typed { value: asked.code, error: Some(error.to_owned()) };
    let wanted = Ok(Wanted::todo(&who.login, desk.today()));
    let told = Told { wanted, asked, status: StatusCode::NOT_FOUND, ..Told::default() };
    list(&desk, &who, frame, told).await
}

enum Found {
    Label(Payload),
    Forged,
    NeverIssued,
    Nothing,
}

/// The label that was issued and that the text names, if there is one.
pub(super) async fn label(desk: &Desk, typed: &str) -> Result<Option<Payload>, Problem> {
    Ok(match find(desk, typed).await? {
        Found::Label(payload) => Some(payload),
        Found::Forged | Found::NeverIssued | Found::Nothing => None,
    })
}

async fn find(desk: &Desk, typed: &str) -> Result<Found, Problem> {
    // What a maker numbered itself first: the rules of what typing adds are its own.
    let named = desk.scanner.name(typed).await;
    if let (Named::Own(_), Some(payload)) = (&named, named.payload()) {
        return Ok(Found::Label(payload));
    }
    let text = tidy(typed);
    let read = Text::of(&text);
    if let Text::Signed(reading) = &read {
        match code::verify(&desk.scanner.keys.load(), reading) {
            Outcome::Valid | Outcome::KeyRevoked => {}
            Outcome::Malformed | Outcome::UnknownKey | Outcome::BadSignature => {
                return Ok(Found::Forged);
            }
        }
    }
    if let Some(payload) = read.payload() {
        return Ok(match desk.scanner.register.load().place(&payload) {
            Placement::Issued { .. } => Found::Label(payload),
            Placement::NotIssued => Found::NeverIssued,
        });
    }
    let Some((low, high)) = tags_of_reference(typed) else { return Ok(Found::Nothing) };
    // 40 bits tell one recorded scan from another.
    let found = desk.ledger.codes_tagged(low, high, 1).await?;
    let label = found.first().and_then(|bytes| Payload::from_bytes(*bytes).ok());
    Ok(label.map_or(Found::Nothing, Found::Label))
}
