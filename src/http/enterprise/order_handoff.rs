//! What an order's page says of approval and hand-over.

use super::alarms;
use crate::auth::{Duty, Member};
use crate::base::{FieldError, Lang};
use crate::handoff::secret::grouped;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::registry::order::{Order, OrderState};
use crate::web::handoff::{OrderHandOver, fault};

pub(super) async fn of(
    desk: &Desk,
    who: &Member,
    order: &Order,
    wrong: Option<&FieldError>,
    lang: Lang,
) -> Result<OrderHandOver, Problem> {
    let houses = desk.ledger.houses(&order.new.enterprise).await?;
    let package = desk.ledger.package_of(order.id).await?;
    let asked = order.new.hand_over;
    let house = houses.into_iter().find(|house| Some(house.id) == asked.house);
    let is_made = order.state.is_under_way() || order.state == OrderState::Done;
    let alarm = match &package {
        None => None,
        Some(package) => alarms::of_package(desk, package, lang).await?,
    };
    Ok(OrderHandOver {
        alarm,
        ordered_by: order.new.created_by.clone(),
        needed_by: asked.needed_by.map(|day| day.to_string()),
        may_hand_over: house.is_some() && is_made && who.duties.allow(Duty::Planner),
        house: house.map(|house| house.new.name),
        approved_by: order.approved_by.clone(),
        waits: order.state == OrderState::AwaitingApproval,
        may_approve: who.duties.allow(Duty::Approver),
        own: own_hand(order, who),
        package: package.map(|package| (package.id.to_string(), grouped(&package.number))),
        error: wrong.map(|wrong| fault(wrong, lang)),
    })
}

/// Whether this member placed it, or made the key that did.
fn own_hand(order: &Order, who: &Member) -> bool {
    order.new.created_by == who.login || order.created_key_by.as_ref() == Some(&who.login)
}
