//! What an order's page says of approval and hand-over.

use super::alarms;
use crate::auth::{Duty, Member};
use crate::base::{FieldError, Lang};
use crate::handoff::secret::grouped;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::registry::order::{Order, OrderState};
use crate::registry::service::{self, Scope};
use crate::scan::Place;
use crate::web::handoff::{OrderHandOver, fault};
use crate::web::verdict::named;

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
    let waits = order.state == OrderState::AwaitingApproval;
    let bound = if waits {
        Some(desk.ledger.settings(&order.new.enterprise).await?.approval_labels)
    } else {
        None
    };
    Ok(OrderHandOver {
        goods: goods(desk, order, lang).await?,
        bound: bound.map(|bound| bound_text(bound, order.new.labels, lang)),
        alarm,
        ordered_by: order.new.created_by.clone(),
        needed_by: asked.needed_by.map(|day| day.to_string()),
        may_hand_over: house.is_some() && is_made && who.duties.allow(Duty::Planner),
        house: house.map(|house| house.new.name),
        approved_by: order.approved_by.clone(),
        waits,
        may_approve: who.duties.allow(Duty::Approver),
        own: own_hand(order, who),
        package: package.map(|package| (package.id.to_string(), grouped(&package.number))),
        error: wrong.map(|wrong| fault(wrong, lang)),
    })
}

/// What somebody looks at who says yes to it.
async fn goods(
    desk: &Desk,
    order: &Order,
    lang: Lang,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let scope = Scope::One(order.new.enterprise.clone());
    let batch = service::batch(&*desk.ledger, &scope, order.new.batch).await?;
    let product = desk.ledger.product(&batch.product).await?;
    let destination = Place(batch.destination).text(lang);
    Ok(vec![
        (lang.pick("产品", "Product"), named(&product.name, lang).to_owned()),
        (lang.pick("批号", "Lot"), batch.lot),
        (
            lang.pick("销往", "Destination"),
            destination.unwrap_or_else(|| lang.pick("不限", "anywhere").to_owned()),
        ),
    ])
}

/// Why it waits. What it does not exceed alone, it does with what was ordered before,
/// or did when it was placed.
fn bound_text(bound: u64, ordered: u64, lang: Lang) -> String {
    match (bound, lang) {
        (0, Lang::Zh) => "每张订单都须由另一人审批。".to_owned(),
        (0, Lang::En) => "A second person approves every order.".to_owned(),
        (_, Lang::Zh) if ordered > bound => format!("超过{bound}枚，须由另一人审批。"),
        (_, Lang::En) if ordered > bound => {
            format!("Over {bound} labels: a second person approves.")
        }
        (_, Lang::Zh) => "合计超过了一个人可以下的数量，须由另一人审批。".to_owned(),
        (_, Lang::En) => {
            "In sum it is more than one person may order: a second person approves.".to_owned()
        }
    }
}

/// Whether this member placed it, or made the key that did.
fn own_hand(order: &Order, who: &Member) -> bool {
    order.new.created_by == who.login || order.created_key_by.as_ref() == Some(&who.login)
}
