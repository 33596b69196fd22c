//! The officer's console: leads, one code's time line, a decision,
//! causes that explain scans, and the policies by which codes are flagged.

mod block_scope;
mod blocks;
mod cases;
mod causes;
mod check;
mod code;
mod decide;
mod dossier;
mod evidence;
mod field;
mod figures;
mod kit;
mod known;
mod lead;
mod lead_act;
mod lead_words;
pub(crate) mod leads;
mod look;
mod look_up;
mod place;
mod policies;
mod report_acts;
mod reports;
mod sign_in;
mod visits;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::desk::Desk;
use crate::http::upload::FORM_BYTES_MAX;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(leads::door))
        .routes(routes!(leads::leads))
        .routes(routes!(lead::show))
        .routes(routes!(lead_act::act))
        .routes(routes!(sign_in::form, sign_in::enter))
        .routes(routes!(sign_in::leave))
        .routes(routes!(look_up::look_up))
        .routes(routes!(code::show))
        .routes(routes!(look::look))
        .routes(routes!(place::show))
        .routes(routes!(figures::show))
        .routes(routes!(decide::decide))
        .routes(routes!(causes::explain))
        .routes(routes!(causes::lift))
        .routes(routes!(cases::list::list, cases::new::open))
        .routes(routes!(cases::new::form))
        .routes(routes!(cases::show::show))
        .routes(routes!(cases::photo::show))
        .routes(routes!(cases::entries::put_down))
        .routes(routes!(cases::decide::decide))
        .routes(routes!(cases::supervise::supervise))
        .routes(routes!(cases::moves::merge))
        .routes(routes!(cases::moves::split))
        .routes(routes!(cases::ask::ask))
        .routes(routes!(cases::ask::drop_question))
        .routes(routes!(blocks::list, blocks::set))
        .routes(routes!(blocks::form))
        .routes(routes!(blocks::ask_lift))
        .routes(routes!(blocks::decide_lift))
        .routes(routes!(policies::show, policies::sign))
        .routes(routes!(check::show))
        .routes(routes!(check::shell))
        .routes(routes!(check::left))
        .routes(routes!(check::worker))
        .routes(routes!(kit::kit))
        .routes(routes!(evidence::show, evidence::ask))
        .routes(routes!(evidence::take))
        .routes(routes!(field::records::take))
        .routes(routes!(field::check::check))
        .routes(routes!(visits::list::list))
        .routes(routes!(visits::show::show))
        .routes(routes!(visits::case::put))
        .routes(routes!(visits::papers::record))
        .routes(routes!(visits::papers::list))
        .routes(routes!(visits::pictures::picture))
        .routes(routes!(reports::list))
        .routes(routes!(reports::show))
        .routes(routes!(report_acts::look))
        .routes(routes!(report_acts::case))
        .routes(routes!(report_acts::close))
        .routes(routes!(report_acts::told))
        .routes(routes!(report_acts::contact))
        .routes(routes!(report_acts::photo))
}

/// Photos from the spot, which are larger than pages and come over poor networks.
pub(super) fn photos() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(field::photos::put))
        .routes(routes!(cases::upload::add))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}
