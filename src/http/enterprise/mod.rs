//! The enterprise's console: batches, orders of labels, what became of them.

mod activate;
mod batch;
mod book;
mod book_view;
mod closing;
mod file;
mod home;
mod label_fields;
mod order;
mod order_form;
mod overview;
mod recalls;
mod sign_in;

use axum::extract::DefaultBodyLimit;
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
        .routes(routes!(book::make))
        .routes(routes!(book::take_back))
        .routes(routes!(book::cancel))
        .routes(routes!(closing::show, closing::close))
        .routes(routes!(closing::found))
        .routes(routes!(overview::show))
        .routes(routes!(overview::reply))
        .routes(routes!(recalls::list::list, recalls::ask::ask))
        .routes(routes!(recalls::ask::form))
        .routes(routes!(recalls::show::show))
        .routes(routes!(recalls::decide::decide))
        .routes(routes!(recalls::returns::note))
        .routes(routes!(recalls::close::close))
}

/// Forms with a file.
pub(super) fn uploads() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(file::make)).layer(DefaultBodyLimit::disable())
}
