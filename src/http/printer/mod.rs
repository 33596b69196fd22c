//! The counter where a printing house picks up: no account, one order. A
//! package number and its pick-up code begin a session of their own, which ends
//! with the pick-up.

mod counter;
mod downloads;
mod reports;
mod sign_in;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::{By, LedgerError, Origin};
use crate::handoff::Package;
use crate::handoff::secret::grouped;
use crate::http::client::Client;
use crate::http::console::frame;
use crate::http::desk::Desk;
use crate::http::handoff::refused;
use crate::http::problem::Problem;
use crate::web::console::{Area, Frame};

/// Its cookie goes to the counter alone.
pub(super) const SESSION_COOKIE: &str = "zm_pick_up";
pub(super) const SESSION_PATH: &str = "/printer";
/// Members of its session: the package, and which of its pick-ups.
const PACKAGE: &str = "package";
const PICK_UP: &str = "pick_up";

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::door))
        .routes(routes!(sign_in::form, sign_in::enter))
        .routes(routes!(sign_in::leave))
        .routes(routes!(counter::show))
        .routes(routes!(counter::key_file))
        .routes(routes!(downloads::begin))
        .routes(routes!(downloads::send))
        .routes(routes!(reports::report))
}

/// Somebody with a good pick-up code.
pub(super) struct AtCounter {
    package: Package,
    frame: Frame,
    by: By,
}

/// Whose hand a request at the counter is.
fn by(parts: &Parts, desk: &Desk, number: &str) -> By {
    let client = parts.extensions.get::<Client>();
    let origin = Origin::of(client.and_then(|client| client.address));
    By { login: format!("printer {number}"), key_by: None, origin, at: desk.clock.now() }
}

impl FromRequestParts<Desk> for AtCounter {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, desk)
            .await
            .map_err(|_| Problem::broken().into_response())?;
        let known = async {
            let package = session.get::<uuid::Uuid>(PACKAGE).await?;
            Ok::<_, tower_sessions::session::Error>(package.zip(session.get::<u32>(PICK_UP).await?))
        };
        let known = known.await.map_err(|error| {
            tracing::error!(%error, "a session was not read");
            Problem::busy().into_response()
        })?;
        let to_door = || Redirect::to("/printer/sign-in").into_response();
        let (id, pick_up) = known.ok_or_else(to_door)?;
        let package = match desk.ledger.package(id).await {
            Ok(package) if package.pick_up == pick_up => package,
            Ok(_) | Err(LedgerError::NotFound(_)) => return Err(to_door()),
            Err(error) => return Err(Problem::from(error).into_response()),
        };
        package.admits(desk.clock.now()).map_err(|refusal| refused(refusal).into_response())?;
        let by = by(parts, desk, &package.number);
        let who = Some(grouped(&package.number));
        let frame = Frame { who, ..frame(parts, Area::Printer) };
        Ok(Self { package, frame, by })
    }
}
