//! `/county/`: the county's administrators. They register enterprises and
//! licences, invite owners, officers and one another, and read the audit trail.

mod calendar;
mod enterprise;
mod enterprises;
mod lists;
mod offices;
mod people;
mod sign_in;
mod trail;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(enterprises::door))
        .routes(routes!(enterprises::show))
        .routes(routes!(enterprises::add))
        .routes(routes!(enterprise::show))
        .routes(routes!(enterprise::licence))
        .routes(routes!(enterprise::invite_owner))
        .routes(routes!(people::show, people::add))
        .routes(routes!(people::person))
        .routes(routes!(people::seat))
        .routes(routes!(people::close))
        .routes(routes!(people::open))
        .routes(routes!(people::link))
        .routes(routes!(people::remove_second_factor))
        .routes(routes!(lists::show))
        .routes(routes!(offices::show, offices::put))
        .routes(routes!(calendar::show, calendar::put))
        .routes(routes!(trail::show))
        .routes(routes!(trail::export))
        .routes(routes!(sign_in::form, sign_in::enter))
        .routes(routes!(sign_in::leave))
}
