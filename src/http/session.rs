//! The session of somebody's browser: begun, halfway to being begun, and what
//! it holds for the page that follows.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use tower_sessions::session::Error;

use crate::auth::session::{field, kept};
use crate::base::{Origin, UnixMs};
use crate::http::problem::Problem;

pub(super) const SESSION_COOKIE: &str = "zm_session";
/// Minutes between the password and the code of the second step.
const HALFWAY_MINUTES: i64 = 5;
/// The sealed secret of an authenticator that is not confirmed yet.
const PENDING: &str = "second_factor";

/// Somebody gave the password of an account with a second factor. It opens
/// nothing but the page that asks for the code.
#[derive(Serialize, Deserialize)]
pub(super) struct Half {
    pub(super) login: String,
    at: i64,
}

fn busy(error: &Error) -> Problem {
    tracing::error!(%error, "a session was not read or written");
    Problem::busy()
}

/// Begins a session; whatever id the browser came with is good for nothing.
pub(super) async fn begin(
    session: &Session,
    login: &str,
    (origin, browser): (Origin, &str),
    now: UnixMs,
) -> Result<(), Problem> {
    let begun = async {
        session.cycle_id().await?;
        session.remove_value(field::HALF).await?;
        session.insert(field::BEGUN_AT, now.0).await?;
        session.insert(field::ORIGIN, origin.to_string()).await?;
        session.insert(field::BROWSER, browser).await?;
        session.insert(field::LOGIN, login).await
    };
    begun.await.map_err(|error| busy(&error))
}

/// Notes that the password was right and the code is still to come.
pub(super) async fn halfway(session: &Session, login: &str, now: UnixMs) -> Result<(), Problem> {
    let noted = async {
        session.cycle_id().await?;
        session.remove_value(field::LOGIN).await?;
        session.insert(field::HALF, Half { login: login.to_owned(), at: now.0 }).await
    };
    noted.await.map_err(|error| busy(&error))
}

/// Who is halfway, unless it is too long ago.
pub(super) async fn half(session: &Session, now: UnixMs) -> Result<Option<Half>, Problem> {
    let half: Option<Half> = read(session, field::HALF).await?;
    Ok(half.filter(|half| now.since(UnixMs(half.at)) < HALFWAY_MINUTES * 60_000))
}

/// Who signed in.
pub(super) async fn login(session: &Session) -> Result<Option<String>, Problem> {
    read(session, field::LOGIN).await
}

/// What is kept of its id; empty before it is stored.
pub(super) fn id(session: &Session) -> String {
    session.id().map(|id| kept(&id.to_string())).unwrap_or_default()
}

/// The sealed secret whose first code is awaited.
pub(super) async fn pending(session: &Session) -> Result<Option<Vec<u8>>, Problem> {
    read(session, PENDING).await
}

pub(super) async fn set_pending(session: &Session, sealed: &[u8]) -> Result<(), Problem> {
    session.insert(PENDING, sealed).await.map_err(|error| busy(&error))
}

pub(super) async fn end_pending(session: &Session) -> Result<(), Problem> {
    session.remove_value(PENDING).await.map(drop).map_err(|error| busy(&error))
}

async fn read<T: DeserializeOwned>(session: &Session, name: &str) -> Result<Option<T>, Problem> {
    session.get(name).await.map_err(|error| busy(&error))
}
