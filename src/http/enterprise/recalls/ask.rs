//! `/enterprise/recalls/new`: the form that asks for a recall, a loss, or for
//! goods to be put back on sale.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use crate::auth::Member;
use crate::auth::duty::{Acting, Withdrawing};
use crate::base::{By, FieldError, LedgerError, ids};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::{instant_of, page};
use crate::http::desk::Desk;
use crate::http::enterprise::home::own;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::service::{self, Asked};
use crate::recall::{Kind, Numbers, Recall};
use crate::registry::Bilingual;
use crate::trace::place::Site;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::recall::{self, RecallForm};
use crate::web::verdict::named;

/// What the form sends; texts, as people typed them.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Typing {
    /// Made with the form: the same form sent twice is one recall.
    id: String,
    /// recall, loss or lift
    kind: String,
    /// Of a lift: id of the recall.
    lifts: String,
    /// One a line: a batch, numbers of it, a label, a case or a pallet.
    scope: String,
    /// Code of a place: all that was shipped there is taken in too; empty: none.
    sent_to: String,
    /// Local day from which on.
    since: String,
    reason_zh: String,
    reason_en: String,
    remedy_zh: String,
    remedy_en: String,
    notice_zh: String,
    notice_en: String,
}

/// What the form is for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct For {
    kind: String,
    lifts: String,
}

/// Lines that the form of a lift begins with.
const LINES_SHOWN_MAX: usize = 200;

/// The form.
#[utoipa::path(
    get,
    path = "/enterprise/recalls/new",
    tag = "enterprise console",
    params(
        ("kind" = Option<String>, Query, description = "recall or loss"),
        ("lifts" = Option<String>, Query, description = "Id of a recall whose goods go back on sale; empty for none"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall of this enterprise"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Withdrawing>>,
    wanted: Result<Query<For>, Unread>,
) -> Result<Response, Problem> {
    let For { kind, lifts } = wanted.map_or_else(|_| For::default(), |Query(wanted)| wanted);
    let mut typing = Typing { id: ids::new_id(by.at).to_string(), kind, ..Typing::default() };
    if !lifts.is_empty() {
        let recall = find(&desk, &who, &lifts).await?;
        let held = desk.ledger.in_force(recall.proposal.id).await?;
        let lines: Vec<_> = held.iter().take(LINES_SHOWN_MAX).map(written).collect();
        typing = Typing { lifts, scope: lines.join("\n"), ..typing };
    }
    show(&desk, &who, frame, &typing, &[], StatusCode::OK).await
}

/// As the form takes it.
pub(super) fn written(range: &Numbers) -> String {
    format!("{} {}-{}", range.batch, range.first, range.last)
}

/// Asks; nothing happens until somebody else approves.
#[utoipa::path(
    post,
    path = "/enterprise/recalls",
    tag = "enterprise console",
    request_body(content = Typing, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the recall"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Withdrawing>>,
    Posted(typing): Posted<Typing>,
) -> Result<Response, Problem> {
    match propose(&desk, &who, &typing, &by).await {
        Ok(recall) => {
            let page = format!("/enterprise/recalls/{}", recall.proposal.id);
            Ok(Redirect::to(&page).into_response())
        }
        Err(LedgerError::Invalid(faults)) => {
            show(&desk, &who, frame, &typing, &faults, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn propose(
    desk: &Desk,
    who: &Member,
    typing: &Typing,
    by: &By,
) -> Result<Recall, LedgerError> {
    let anew = |field| {
        LedgerError::Invalid(vec![FieldError::new(field, "is not the form's", "open it anew")])
    };
    let id = typing.id.parse::<Uuid>().map_err(|_| anew("id"))?;
    let lifts = match typing.lifts.trim() {
        "" => None,
        of => Some(of.parse::<Uuid>().map_err(|_| anew("lifts"))?),
    };
    let kind =
        Kind::from_slug(&typing.kind).filter(|kind| (*kind == Kind::Lift) == lifts.is_some());
    let own = own(who).map_err(|_| anew("enterprise"))?;
    let day = format!("{}T00:00", typing.since.trim());
    let sent = (!typing.sent_to.trim().is_empty())
        .then(|| instant_of("since", &day, &desk.zone))
        .transpose()
        .map_err(|fault| LedgerError::Invalid(vec![fault]))?;
    let both = |zh: &str, en: &str| Bilingual { zh: zh.to_owned(), en: en.to_owned() };
    let asked = Asked {
        id,
        enterprise: &own,
        kind: kind.ok_or_else(|| anew("kind"))?,
        lifts,
        scope: &typing.scope,
        sent: sent.map(|since| (typing.sent_to.trim(), since)),
        reason: both(&typing.reason_zh, &typing.reason_en),
        remedy: both(&typing.remedy_zh, &typing.remedy_en),
        notice: both(&typing.notice_zh, &typing.notice_en),
    };
    let register = desk.scanner.register.load_full();
    let proposal = service::read(&*desk.ledger, asked, &register).await?;
    desk.ledger.propose(&proposal, by).await
}

async fn show(
    desk: &Desk,
    who: &Member,
    f: Frame,
    typing: &Typing,
    faults: &[FieldError],
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let said = |field: &str| -> Vec<String> {
        let about = faults.iter().filter(|e| e.field == field);
        about.map(|e| recall::fault(e, lang)).collect()
    };
    let typed = |field: &str, value: &String| Typed {
        value: value.clone(),
        error: said(field).into_iter().next(),
    };
    let plain = |value: &String| Typed { value: value.clone(), error: None };
    let mut scope = typed("scope", &typing.scope);
    // What is wrong with no field of the form: a form that was used before.
    let other = faults.iter().find(|e| matches!(e.field.as_str(), "id" | "lifts" | "kind"));
    if let Some(other) = other {
        scope.error.get_or_insert(recall::fault(other, lang));
    }
    let form = RecallForm {
        id: typing.id.clone(),
        lifts: typing.lifts.clone(),
        kinds: [Kind::Recall, Kind::Loss]
            .map(|kind| Choice {
                value: kind.slug().to_owned(),
                text: recall::kind(kind).of(lang).to_owned(),
                chosen: kind.slug() == typing.kind,
            })
            .into(),
        scope,
        scope_faults: said("scope").split_off(usize::from(!said("scope").is_empty())),
        places: places(desk, who, typing, &f).await?,
        since: typed("since", &typing.since),
        sent_error: typed("sent_to", &typing.sent_to).error,
        reason_zh: typed("reason", &typing.reason_zh),
        reason_en: plain(&typing.reason_en),
        remedy_zh: typed("remedy", &typing.remedy_zh),
        remedy_en: plain(&typing.remedy_en),
        notice_zh: typed("notice", &typing.notice_zh),
        notice_en: plain(&typing.notice_en),
        f,
    };
    page(&form, lang, status)
}

/// The enterprise's places, none of them first.
async fn places(
    desk: &Desk,
    who: &Member,
    typing: &Typing,
    f: &Frame,
) -> Result<Vec<Choice>, Problem> {
    let none = Choice {
        value: String::new(),
        text: f.t("不按去向", "no place").to_owned(),
        chosen: false,
    };
    let sites = desk.ledger.sites(&own(who)?).await?;
    let choice = |site: &Site| Choice {
        value: site.code.clone(),
        text: format!("{} {}", site.code, named(&site.name, f.lang)),
        chosen: site.code == typing.sent_to,
    };
    Ok(std::iter::once(none).chain(sites.iter().map(choice)).collect())
}
