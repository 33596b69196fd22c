//! `/account/`: one's own account, the same for every role. Password, second
//! factor, recovery codes, sessions.

mod password;
mod second_factor;
mod sessions;
mod show;

use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::Lang;
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::sign_in::{Tried, try_password};

pub(super) use password::chosen;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(show::door))
        .routes(routes!(show::show))
        .routes(routes!(password::change))
        .routes(routes!(second_factor::form, second_factor::enrol))
        .routes(routes!(second_factor::remove))
        .routes(routes!(second_factor::renew_recovery))
        .routes(routes!(sessions::end))
        .routes(routes!(sessions::end_others))
}

/// The password of who is signed in, asked for again: a browser that was left
/// open must not be enough to lock its owner out.
#[derive(Deserialize, ToSchema)]
pub struct Confirmed {
    #[serde(default)]
    password: String,
}

/// What to say where it is not the account's password.
pub(in crate::http) async fn confirm(
    desk: &Desk,
    headers: &HeaderMap,
    client: &Client,
    login: &str,
    typed: String,
    lang: Lang,
) -> Result<Result<(), String>, Problem> {
    // An empty one is no guess, and is not counted as one.
    let tried = if typed.is_empty() {
        Tried::Wrong
    } else {
        try_password(desk, headers, client, login, typed).await?
    };
    Ok(match tried {
        Tried::Right(_) => Ok(()),
        Tried::Wrong => Err(lang.pick("当前密码不对。", "That is not your password.").to_owned()),
        Tried::Wait(s) => Err(match lang {
            Lang::Zh => format!("尝试太频繁，请过{s}秒再试。"),
            Lang::En => format!("Too many tries; wait {s} seconds."),
        }),
    })
}
