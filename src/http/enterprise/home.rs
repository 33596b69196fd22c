//! `/enterprise/`: batches and orders at a glance.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};

use super::alarms;
use crate::auth::Member;
use crate::http::access::AtConsole;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::orders::line;
use crate::http::problem::Problem;
use crate::registry::Uscc;
use crate::registry::register::{BatchFacts, Register};
use crate::registry::{Batch, Bilingual};
use crate::web::console::{BatchLine, EnterpriseHome, Frame};
use crate::web::verdict::named;

/// Latest batches and orders that are shown; the lists have all.
const SHOWN: u32 = 20;
/// Latest orders that are looked through for what is late.
const LATE_MAX: u32 = 200;

/// What people type.
#[utoipa::path(
    get,
    path = "/enterprise",
    tag = "enterprise console",
    responses((status = 308, description = "To /enterprise/"))
)]
pub async fn door() -> Redirect {
    Redirect::permanent("/enterprise/")
}

/// Batches and orders of the enterprise.
#[utoipa::path(
    get,
    path = "/enterprise/",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn home(
    State(desk): State<Desk>,
    AtConsole { who, mut frame, .. }: AtConsole<Member>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let enterprise = desk.ledger.enterprise(&own).await?;
    let register = desk.scanner.register.load();
    let batches = desk.ledger.batches(Some(&own), SHOWN).await?;
    let orders = desk.ledger.orders(Some(&own), LATE_MAX).await?;
    // Approval may be days away: no page renews itself for that.
    if orders.iter().any(|order| order.state.is_under_way()) {
        frame.refresh = Some(5);
    }
    let now = desk.clock.now();
    let lang = frame.lang;
    let home = EnterpriseHome {
        enterprise: named(&enterprise.name, lang).to_owned(),
        batches: batches.iter().map(|batch| batch_line(batch, &register, &frame)).collect(),
        orders: orders
            .iter()
            .take(SHOWN as usize)
            .map(|order| line(order, &frame, &desk.zone, now))
            .collect(),
        alarms: alarms::of(&desk, &own, &orders, &frame).await?,
        leaks: alarms::leaks(&desk, &own, &frame).await?,
        f: frame,
    };
    page(&home, lang, StatusCode::OK)
}

/// The enterprise of a member.
pub(super) fn own(who: &Member) -> Result<Uscc, Problem> {
    Uscc::parse(&who.enterprise).map_err(|_| Problem::broken())
}

pub(super) fn batch_line(batch: &Batch, register: &Register, f: &Frame) -> BatchLine {
    let facts = register.batches.get(&batch.id).map(|facts| &**facts);
    let product = register.products.get(&batch.product).map(|product| &product.name);
    BatchLine {
        id: batch.id.to_string(),
        product: named(product.unwrap_or(&Bilingual::default()), f.lang).to_owned(),
        lot: batch.lot.clone(),
        made_on: batch.made_on.to_string(),
        count: batch.count,
        activated: facts.map_or(0, BatchFacts::on_sale),
        own: batch.id.is_own(),
    }
}
