//! `GET /account/`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::auth::session::SessionLine;
use crate::base::By;
use crate::http::access::AtAccount;
use crate::http::address::Query;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::scan::reason::minute_text;
use crate::web::account::{AccountPage, FactorView, SessionRow};
use crate::web::console::Frame;
use crate::web::people::role_text;

/// What people type.
#[utoipa::path(
    get,
    path = "/account",
    tag = "account",
    responses((status = 308, description = "To /account/"))
)]
pub async fn door() -> Redirect {
    Redirect::permanent("/account/")
}

/// What was just done, for the page that follows.
#[derive(Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// What is wrong with the forms of the page.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) password: Option<String>,
    pub(super) factor: Option<String>,
}

/// The own account: password, second factor, sessions.
#[utoipa::path(
    get,
    path = "/account/",
    tag = "account",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    at: AtAccount,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let said = match done.as_str() {
        "password" => at.frame.t(
            "密码已更改，其他设备已退出。",
            "The password is changed and your other sessions are over.",
        ),
        "removed" => at.frame.t("两步验证已停用。", "The second step is removed."),
        "ended" => at.frame.t("已退出。", "Ended."),
        _ => "",
    };
    let said = (!said.is_empty()).then_some(said);
    account_page(&desk, at, said, Faults::default(), StatusCode::OK).await
}

/// The page, with what is wrong.
pub(super) async fn account_page(
    desk: &Desk,
    AtAccount { who, mut frame, by, session }: AtAccount,
    done: Option<&'static str>,
    faults: Faults,
    status: StatusCode,
) -> Result<Response, Problem> {
    "/account/".clone_into(&mut frame.path);
    let lang = frame.lang;
    let By { at, .. } = by;
    let minute = |at| minute_text(at, lang, &desk.zone);
    let factor = desk.ledger.second_factor(&who.login).await?;
    let sessions = desk.ledger.sessions(&who.login, at).await?;
    let row = |s: SessionLine| SessionRow {
        own: s.id == session,
        browser: named(s.browser, &frame),
        origin: s.origin,
        begun: minute(s.begun_at),
        seen: minute(s.last_seen_at),
        id: s.id,
    };
    let account = AccountPage {
        role: role_text(&who.role, lang),
        login: who.login,
        factor: factor.map(|factor| FactorView {
            since: minute(factor.since),
            recovery_left: factor.recovery_left,
        }),
        sessions: sessions.into_iter().map(row).collect(),
        done,
        password_error: faults.password,
        factor_error: faults.factor,
        f: frame,
    };
    page(&account, lang, status)
}

fn named(browser: String, f: &Frame) -> String {
    if browser.is_empty() { f.t("其他程序", "another program").to_owned() } else { browser }
}
