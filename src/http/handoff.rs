//! What consoles, API and counter share of packages.

use axum::http::StatusCode;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::base::{LedgerError, rng};
use crate::code::{self, Layer};
use crate::handoff::alarm::{Leak, Planting};
use crate::handoff::package::Grant;
use crate::handoff::report::Report;
use crate::handoff::sign_off::Scanned;
use crate::handoff::{Download, Package, PrintHouse, Refusal, seal, secret};
use crate::http::desk::{Desk, DeskLedger};
use crate::http::problem::Problem;
use crate::registry::service::Scope;
use crate::registry::{BatchRef, Placement, Uscc};
use crate::scan::Place;
use crate::scan::reason::{minute_text, place_text};
use crate::web::console::Frame;
use crate::web::handoff::{self, LeakLine, ReportLine};

/// Leaks that a page tells of.
pub const LEAKS_MAX: u32 = 20;

/// The package, if it is within the scope; another's does not exist.
///
/// # Errors
/// 404, and those of the ledger.
pub async fn find(ledger: &dyn DeskLedger, scope: &Scope, id: Uuid) -> Result<Package, Problem> {
    match ledger.package(id).await {
        Ok(package) if scope.covers(&package.enterprise) => Ok(package),
        Ok(_) | Err(LedgerError::NotFound(_)) => Err(Problem::nothing()),
        Err(error) => Err(error.into()),
    }
}

/// # Errors
/// 404, and those of the ledger.
pub async fn house(ledger: &dyn DeskLedger, of: &Uscc, id: Uuid) -> Result<PrintHouse, Problem> {
    let houses = ledger.houses(of).await?;
    houses.into_iter().find(|house| house.id == id).ok_or_else(Problem::nothing)
}

/// What a package is made with, and what is shown of it once.
pub struct Granted {
    pub grant: Grant,
    pub code: String,
    pub passphrase: Option<String>,
}

/// A new pick-up for a house: sealed to its key, or under a new passphrase.
///
/// # Errors
/// When a key cannot be made, which is a mistake of ours.
pub async fn granted(house: &PrintHouse) -> Result<Granted, Problem> {
    let (code, code_hash) = secret::pick_up_code();
    let (recipient, key_file, passphrase) = match &house.new.recipient {
        Some(recipient) => (recipient.clone(), None, None),
        None => {
            // It costs scrypt a moment.
            let made = tokio::task::spawn_blocking(seal::own_key).await;
            let own = made.map_err(|_| Problem::broken())?.map_err(|_| Problem::broken())?;
            (own.recipient, Some(own.key_file), Some(own.passphrase))
        }
    };
    let grant = Grant { recipient, key_file, code_hash, seed: rng::bytes() };
    Ok(Granted { grant, code, passphrase })
}

/// What a scanned text is.
pub fn scanned(desk: &Desk, text: &str) -> Scanned {
    let Ok(reading) = code::read(text.trim()) else { return Scanned::Unreadable };
    if code::verify(&desk.scanner.keys.load(), &reading) != code::Outcome::Valid {
        return Scanned::Unreadable;
    }
    let payload = reading.payload;
    let item = matches!(payload.layer, Layer::Outer | Layer::Inner);
    match desk.scanner.register.load().place(&payload) {
        Placement::Issued { number, .. } if item => {
            let batch = BatchRef { key: payload.key, batch: payload.batch };
            Scanned::Item { batch, number }
        }
        _ => Scanned::Unknown,
    }
}

/// A refusal as a problem: 404 for what never was, 410 for what is over, 403
/// for what is not given out.
pub fn refused(refusal: Refusal) -> Problem {
    let text = handoff::refusal(refusal);
    let status = match refusal {
        Refusal::NotReady => StatusCode::CONFLICT,
        Refusal::UsedUp | Refusal::Closed => StatusCode::FORBIDDEN,
        Refusal::Expired | Refusal::Ended | Refusal::Sent | Refusal::Over => StatusCode::GONE,
    };
    Problem::new(status, "pick_up", text.0, text.1)
}

/// Where a planted code stood, in words: downloads with their times and
/// networks, or that nobody had downloaded it.
pub fn planting_text(planting: &Planting, f: &Frame, zone: &TimeZone) -> String {
    let told = |d: &Download| {
        let at = minute_text(d.begun_at, f.lang, zone);
        format!(
            "{}{}{} · {at} · {}",
            f.t("第", "download "),
            d.number,
            f.t("次下载", ""),
            d.network
        )
    };
    match &planting.downloads[..] {
        [] => f
            .t(
                "还没有人下载过它：从企业内部或服务器外泄",
                "nobody had downloaded it: it leaked from within",
            )
            .to_owned(),
        [one] => told(one),
        several => {
            let each: Vec<_> = several.iter().map(told).collect();
            let or = f.t(" 或 ", " or ");
            each.join(or)
        }
    }
}

pub fn leak_line(leak: &Leak, f: &Frame, zone: &TimeZone) -> LeakLine {
    let place = place_text(Place(leak.place), f.lang);
    LeakLine {
        planted: leak.planting.planted,
        path: format!("/enterprise/packages/{}", leak.planting.package),
        package: secret::grouped(&leak.planting.package_number),
        house: leak.planting.house.clone(),
        from: planting_text(&leak.planting, f, zone),
        seen: format!("{} · {place}", minute_text(leak.first_seen_at, f.lang, zone)),
        scans: leak.scans,
    }
}

/// Latest first.
pub fn report_lines(reports: &[Report], f: &Frame, zone: &TimeZone) -> Vec<ReportLine> {
    let line = |report: &Report| ReportLine {
        kind: handoff::report(report.kind).of(f.lang),
        first: report.first,
        last: report.last,
        at: minute_text(report.at, f.lang, zone),
        network: report.network.clone(),
    };
    reports.iter().rev().take(REPORTS_SHOWN).map(line).collect()
}

/// Reports that a page shows.
const REPORTS_SHOWN: usize = 200;
