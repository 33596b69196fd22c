//! The enterprise's console: batches, orders of labels, what became of them.

mod activate;
mod batch;
mod home;
mod label_fields;
mod line;
mod order;
mod order_form;
mod overview;
mod places;
mod recalls;
mod sign_in;
mod trace;
mod trace_act;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::desk::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(home::door))
        .routes(routes!(home::home))
        .routes(routes!(sign_in::form, sign_in::enter))
        .routes(routes!(sign_in::leave))
        .routes(routes!(order_form::form, order_form::place))
        .routes(routes!(order::show))
        .routes(routes!(order::cancel))
        .routes(routes!(order::retry))
        .routes(routes!(order::file))
        .routes(routes!(batch::show))
        .routes(routes!(activate::activate))
        .routes(routes!(line::show))
        .routes(routes!(line::scan))
        .routes(routes!(places::list, places::put))
        .routes(routes!(places::set))
        .routes(routes!(trace::show))
        .routes(routes!(trace::export))
        .routes(routes!(trace::declare))
        .routes(routes!(trace_act::form, trace_act::record))
        .routes(routes!(overview::show))
        .routes(routes!(overview::reply))
        .routes(routes!(recalls::list::list, recalls::ask::ask))
        .routes(routes!(recalls::ask::form))
        .routes(routes!(recalls::show::show))
        .routes(routes!(recalls::decide::decide))
        .routes(routes!(recalls::returns::note))
        .routes(routes!(recalls::close::close))
}
