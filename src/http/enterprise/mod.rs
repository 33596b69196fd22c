//! The enterprise's console: batches, orders of labels, what became of them.

mod activate;
mod alarms;
mod approval;
mod batch;
mod book;
mod book_view;
mod closing;
mod exports;
mod file;
mod home;
mod inquiries;
mod inquiry_photos;
mod keys;
mod label_fields;
mod line;
mod lists;
mod order;
mod order_form;
mod order_handoff;
mod order_picture;
mod overview;
mod overview_flow;
mod own;
mod package;
mod people;
mod places;
mod printers;
mod products;
mod recalls;
mod settings;
mod sign_in;
mod sign_off;
mod trace;
mod trace_act;
mod webhook;
mod webhooks;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::desk::Desk;
use crate::http::upload::FORM_BYTES_MAX;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(home::door))
        .routes(routes!(home::home))
        .routes(routes!(sign_in::form, sign_in::enter))
        .routes(routes!(sign_in::leave))
        .routes(routes!(products::list, products::add))
        .routes(routes!(products::form, products::change))
        .routes(routes!(order_form::form, order_form::place))
        .routes(routes!(order_form::preview))
        .routes(routes!(order::show))
        .routes(routes!(order::cancel))
        .routes(routes!(approval::approve))
        .routes(routes!(approval::reject))
        .routes(routes!(package::hand_over))
        .routes(routes!(package::show))
        .routes(routes!(package::renew))
        .routes(routes!(package::end))
        .routes(routes!(package::release))
        .routes(routes!(package::activate_spares))
        .routes(routes!(sign_off::form, sign_off::decide))
        .routes(routes!(printers::show, printers::add))
        .routes(routes!(printers::retire))
        .routes(routes!(settings::show, settings::save))
        .routes(routes!(order::retry))
        .routes(routes!(order::file))
        .routes(routes!(batch::show))
        .routes(routes!(activate::activate))
        .routes(routes!(lists::show))
        .routes(routes!(exports::list))
        .routes(routes!(exports::take))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhook::show))
        .routes(routes!(webhook::test))
        .routes(routes!(webhook::rotate))
        .routes(routes!(webhook::disable))
        .routes(routes!(webhook::enable))
        .routes(routes!(webhook::replay))
        .routes(routes!(line::show))
        .routes(routes!(line::scan))
        .routes(routes!(line::shell))
        .routes(routes!(line::left))
        .routes(routes!(line::worker))
        .routes(routes!(places::list, places::put))
        .routes(routes!(places::set))
        .routes(routes!(trace::show))
        .routes(routes!(trace::export))
        .routes(routes!(trace::declare))
        .routes(routes!(trace_act::form, trace_act::record))
        .routes(routes!(own::list))
        .routes(routes!(own::show))
        .routes(routes!(overview::show))
        .routes(routes!(overview::reply))
        .routes(routes!(book::make))
        .routes(routes!(book::take_back))
        .routes(routes!(book::cancel))
        .routes(routes!(closing::show, closing::close))
        .routes(routes!(closing::found))
        .routes(routes!(people::show, people::add))
        .routes(routes!(people::person))
        .routes(routes!(people::duties))
        .routes(routes!(people::close))
        .routes(routes!(people::open))
        .routes(routes!(people::link))
        .routes(routes!(people::remove_second_factor))
        .routes(routes!(keys::show, keys::add))
        .routes(routes!(keys::replace))
        .routes(routes!(keys::end))
        .routes(routes!(recalls::list::list, recalls::ask::ask))
        .routes(routes!(recalls::ask::form))
        .routes(routes!(recalls::show::show))
        .routes(routes!(recalls::decide::decide))
        .routes(routes!(recalls::returns::note))
        .routes(routes!(recalls::close::close))
        .routes(routes!(inquiries::list))
        .routes(routes!(inquiries::show))
        .routes(routes!(inquiry_photos::photo))
        .routes(routes!(inquiries::answer))
}

/// The form with a list of own serials, which may take longest of all.
pub(super) fn lists() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(own::import)).layer(DefaultBodyLimit::disable())
}

/// Forms with a file.
pub(super) fn uploads() -> OpenApiRouter<Desk> {
    let photo = OpenApiRouter::new()
        .routes(routes!(inquiry_photos::attach))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
    let file = OpenApiRouter::new().routes(routes!(file::make)).layer(DefaultBodyLimit::disable());
    file.merge(photo)
}
