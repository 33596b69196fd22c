//! What the demonstration's offices have in hand: an order whose package waits
//! at the counter, one that waits for a second person, a closing that did not
//! find all labels, a webhook that is off.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519;
use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::brands::BRANDS;
use super::day_before;
use crate::app::compose::{Parts, StartError};
use crate::base::{By, FieldError, UnixMs, ids};
use crate::handoff::port::HandoffLedger;
use crate::handoff::{NewPrintHouse, PrintHouse, Settings, secret};
use crate::hooks::port::HookLedger;
use crate::hooks::{Endpoint, Kind, Secret};
use crate::http::handoff::granted;
use crate::http::orders::Asked;
use crate::registry::movement::closing::NewClosing;
use crate::registry::movement::port::MovementLedger;
use crate::registry::movement::{Account, Custody, Holding, Ranges};
use crate::registry::order::{HandOver, NewOrder, Order};
use crate::registry::port::OrderLedger;
use crate::registry::{Batch, Uscc};

/// The lot whose labels are with the printing house, and the one that waits.
pub const HANDED_OVER: &str = "SHZC2612";
pub const TO_APPROVE: &str = "SH20261126C";
const COUNTED: &str = "SH20240318A";
/// Orders of more labels wait for a second person.
const APPROVAL_LABELS: u64 = 10_000;
/// Of the printing house, so that whoever tries it can open the package.
const KEY: &str = "printer-key.txt";
const PICK_UP: &str = "pick-up.json";

/// What the tour tells of the package.
#[derive(Serialize, Deserialize)]
pub struct PickUp {
    pub number: String,
    pub code: String,
    pub key: PathBuf,
}

/// What was told of the package when it was made.
pub fn pick_up(data: &Path) -> Option<PickUp> {
    serde_json::from_slice(&std::fs::read(data.join(PICK_UP)).ok()?).ok()
}

/// # Errors
/// When the ledger or the disk fails.
pub(super) async fn seed(parts: &Parts, batches: &[Batch], now: UnixMs) -> Result<(), StartError> {
    let own = Uscc::parse(BRANDS[0].uscc).map_err(other)?;
    let as_who = |login: &str| By { login: login.to_owned(), ..By::shell(now) };
    let settings = Settings { approval_labels: APPROVAL_LABELS, ..Settings::default() };
    parts.ledger.set_settings(&own, &settings, &as_who("songhe")).await?;
    let house = house(parts, &own, &as_who("songhe")).await?;
    let planner = as_who("songhe-plan");
    order(parts, of_lot(batches, TO_APPROVE)?, house.id, &planner).await?;
    let order = order(parts, of_lot(batches, HANDED_OVER)?, house.id, &planner).await?;
    let granted = granted(&house).await.map_err(|_| other("a package cannot be sealed"))?;
    let package = parts.ledger.hand_over(order.id, &granted.grant, &planner).await?;
    let told = PickUp {
        number: secret::grouped(&package.number),
        code: granted.code,
        key: parts.settings.data.join(KEY),
    };
    keep(&parts.settings.data.join(PICK_UP), &serde_json::to_vec(&told).map_err(other)?)?;
    let closing = NewClosing {
        id: ids::new_id(now),
        enterprise: own.clone(),
        batch: of_lot(batches, COUNTED)?.id,
        on: Holding { account: Account::Activated, place: Custody::kept("成品库") },
        day: day_before(now, 1),
        counted: None,
        missing: Ranges::one(5_990, 5_992),
        note: "盘点少三枚".to_owned(),
    };
    parts.ledger.close_day(&closing, &as_who("songhe-quality")).await?;
    webhook(parts, &own, &as_who("songhe")).await
}

fn other(problem: impl ToString) -> StartError {
    StartError::Other(problem.to_string())
}

fn faults(faults: Vec<FieldError>) -> StartError {
    other(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

fn of_lot<'a>(batches: &'a [Batch], lot: &str) -> Result<&'a Batch, StartError> {
    let found = batches.iter().find(|batch| batch.lot == lot);
    found.ok_or_else(|| other(format!("the demonstration lacks its lot {lot}")))
}

/// A file for its owner alone.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), StartError> {
    let told = |e: std::io::Error| other(format!("{}: {e}", path.display()));
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(told)?;
    file.write_all(bytes).map_err(told)
}

/// A printing house with a key pair, whose secret half lies beside the data.
async fn house(parts: &Parts, own: &Uscc, by: &By) -> Result<PrintHouse, StartError> {
    let identity = x25519::Identity::generate();
    let text = identity.to_string();
    keep(&parts.settings.data.join(KEY), text.expose_secret().as_bytes())?;
    let recipient = identity.to_public().to_string();
    let new = NewPrintHouse::read("中州标签印务", "李师傅 0394-0000000", &recipient);
    let new = new.map_err(faults)?;
    let id = parts.ledger.add_house(own, &new, by).await?;
    let (enterprise, created_at) = (own.clone(), by.at);
    Ok(PrintHouse { id, enterprise, new, created_at, retired_at: None })
}

/// Of all of the batch, as a table.
async fn order(parts: &Parts, batch: &Batch, house: Uuid, by: &By) -> Result<Order, StartError> {
    let asked = Asked { format: "csv", ..Asked::default() };
    let specification = asked.specification(0, batch.count).map_err(other)?;
    let new = NewOrder {
        enterprise: batch.enterprise.clone(),
        order_key: format!("demo-{}", batch.lot),
        batch: batch.id,
        specification: serde_json::to_value(specification).map_err(other)?,
        labels: batch.count,
        directory: None,
        created_by: by.login.clone(),
        hand_over: HandOver {
            needed_by: Some(day_before(by.at, 0).saturating_add(14.days())),
            house: Some(house),
        },
    };
    Ok(parts.ledger.place(&new, by).await?)
}

/// It leads nowhere, so it is off.
async fn webhook(parts: &Parts, own: &Uscc, by: &By) -> Result<(), StartError> {
    let new = Endpoint {
        id: ids::new_id(by.at),
        enterprise: own.to_string(),
        url: "https://erp.example.cn/zhenma".to_owned(),
        kinds: Kind::CHOSEN.to_vec(),
        secret: Secret::fresh(),
        old_secret: None,
        created_by: by.login.clone(),
        created_at: by.at,
        failing_since: None,
        ended: None,
    };
    parts.ledger.add_endpoint(&new, by).await?;
    parts.ledger.disable_endpoint(own, new.id, by).await?;
    Ok(())
}
