//! What an enterprise is to look after, on its home page.

use crate::base::Lang;
use crate::handoff::Package;
use crate::handoff::secret::grouped;
use crate::http::desk::Desk;
use crate::http::handoff::{LEAKS_MAX, leak_line};
use crate::http::problem::Problem;
use crate::registry::Uscc;
use crate::registry::order::{Order, OrderState};
use crate::web::console::Frame;
use crate::web::handoff::{self, AlarmLine, LeakLine};

/// Packages that are looked at: the latest.
const PACKAGES_MAX: u32 = 200;

/// Orders that wait for approval, then packages of which something is late.
pub(super) async fn of(
    desk: &Desk,
    own: &Uscc,
    orders: &[Order],
    f: &Frame,
) -> Result<Vec<AlarmLine>, Problem> {
    let waits = |order: &&Order| order.state == OrderState::AwaitingApproval;
    let mut out: Vec<AlarmLine> = orders
        .iter()
        .filter(waits)
        .map(|order| AlarmLine {
            path: format!("/enterprise/orders/{}", order.id),
            name: format!("{} {}", f.t("订单，批次", "Order, batch"), order.new.batch),
            says: format!("{} · {}", f.t("等待审批", "awaits approval"), order.new.created_by),
        })
        .collect();
    let settings = desk.ledger.settings(own).await?;
    let now = desk.clock.now();
    for progress in desk.ledger.packages(own, PACKAGES_MAX).await? {
        if let Some(alarm) = progress.alarm(&settings, now) {
            out.push(AlarmLine {
                path: format!("/enterprise/packages/{}", progress.package.id),
                name: format!("{} {}", f.t("印制包", "Package"), grouped(&progress.package.number)),
                says: handoff::alarm(alarm, f.lang),
            });
        }
    }
    Ok(out)
}

/// What is late of one package.
pub(super) async fn of_package(
    desk: &Desk,
    package: &Package,
    lang: Lang,
) -> Result<Option<String>, Problem> {
    let settings = desk.ledger.settings(&package.enterprise).await?;
    let progress = desk.ledger.package_progress(package.id).await?;
    let alarm = progress.alarm(&settings, desk.clock.now());
    Ok(alarm.map(|alarm| handoff::alarm(alarm, lang)))
}

pub(super) async fn leaks(desk: &Desk, own: &Uscc, f: &Frame) -> Result<Vec<LeakLine>, Problem> {
    let leaks = desk.ledger.leaks(own, LEAKS_MAX).await?;
    Ok(leaks.iter().map(|leak| leak_line(leak, f, &desk.zone)).collect())
}
