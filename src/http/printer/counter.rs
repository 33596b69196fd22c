//! `/printer/`: the one order that a printing house sees.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::AtCounter;
use crate::base::FieldError;
use crate::handoff::package::{PackageState, variant};
use crate::handoff::report::{ReportKind, Standing};
use crate::handoff::secret::grouped;
use crate::handoff::spares::DOWNLOADS_MAX;
use crate::handoff::{Download, Package};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::handoff::{house, report_lines};
use crate::http::orders::{kind, size_text};
use crate::http::problem::{Problem, ProblemDocument};
use crate::label::Kind;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::handoff::{CounterDownload, CounterPage, fault};
use crate::web::verdict::named;

/// What was typed into the report, and what is wrong with it.
#[derive(Default)]
pub(super) struct Filled {
    pub kind: String,
    pub range: String,
    pub fault: Option<FieldError>,
    /// Why a download was refused.
    pub refused: Option<&'static str>,
}

/// The package: what was ordered, its files, what was reported.
#[utoipa::path(
    get,
    path = "/printer/",
    tag = "pick-up",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "The pick-up is over"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtCounter { package, frame, .. }: AtCounter,
) -> Result<Response, Problem> {
    counter_page(&desk, frame, &package, Filled::default(), StatusCode::OK).await
}

/// The secret half of the package's key, under its passphrase.
#[utoipa::path(
    get,
    path = "/printer/key.age",
    tag = "pick-up",
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "An age file"),
        (status = 303, description = "To the form"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "It is sealed to the house's own key"),
    )
)]
pub async fn key_file(AtCounter { package, .. }: AtCounter) -> Result<Response, Problem> {
    let file = package.key_file.ok_or_else(Problem::nothing)?;
    let mut response = file.into_response();
    let named = HeaderValue::from_static("attachment; filename=\"key.age\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, named);
    Ok(response)
}

/// The name under which a download is saved.
pub(super) fn file_name(package: &Package, download: u32) -> String {
    format!("zhenma-{}-{download}.tar.age", package.number)
}

pub(super) async fn counter_page(
    desk: &Desk,
    mut f: Frame,
    package: &Package,
    filled: Filled,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (lang, zone, now) = (f.lang, &desk.zone, desk.clock.now());
    f.path = "/printer/".to_owned();
    let building = package.state == PackageState::Building;
    f.refresh = building.then_some(5);
    let order = desk.ledger.order(package.order).await?;
    let batch = desk.ledger.batch(package.batch).await?;
    let product = desk.ledger.product(&batch.product).await?;
    let enterprise = desk.ledger.enterprise(&package.enterprise).await?;
    let reports = desk.ledger.reports(package.id).await?;
    let standing = Standing::of(&reports);
    let begun = desk.ledger.downloads(package.id).await?;
    let of_now: Vec<&Download> =
        begun.iter().filter(|d| variant(d.number).0 == package.pick_up).collect();
    let begun = u32::try_from(of_now.len()).unwrap_or(u32::MAX);
    let files = desk.ledger.files_of(package.id).await?;
    let downloads = of_now.iter().map(|d| {
        let file = files.iter().find(|(n, _)| *n == d.number).map(|(_, written)| written);
        let (bytes, sha256) = file.map_or((0, ""), |w| (w.bytes, &w.sha256));
        CounterDownload {
            number: d.number,
            file: file_name(package, d.number),
            size: size_text(bytes),
            sha256: sha256.to_owned(),
            at: minute_text(d.begun_at, lang, zone),
            open: !building && d.finished_at.is_none() && d.may_send(bytes, 1, now).is_ok(),
        }
    });
    let error = filled.fault.as_ref().map(|e| fault(e, lang));
    let counter = CounterPage {
        number: grouped(&package.number),
        enterprise: named(&enterprise.name, lang).to_owned(),
        house: house(&*desk.ledger, &package.enterprise, package.house).await?.new.name,
        product: format!("{} {}", named(&product.name, lang), product.net_content),
        lot: batch.lot.clone(),
        batch: batch.id.to_string(),
        format: kind(&order).map_or("", Kind::name).to_uppercase(),
        labels: order.new.labels,
        items: package.items,
        needed_by: order.new.hand_over.needed_by.map(|day| day.to_string()),
        good_until: package.good_until().map(|at| minute_text(at, lang, zone)),
        building,
        file: file_name(package, (package.pick_up - 1) * DOWNLOADS_MAX + begun.max(1)),
        next: package.next_download(begun, now).ok(),
        left: DOWNLOADS_MAX.saturating_sub(begun),
        downloads: downloads.collect(),
        key_file: package.key_file.is_some(),
        released: desk.ledger.spares_of(package.id).await?.released,
        reports: report_lines(&reports, &f, zone),
        printed: standing.printed.len(),
        spoiled: standing.spoiled.len(),
        reprinted: standing.reprinted,
        may_report: !package.is_accepted(),
        kind: if filled.kind.is_empty() {
            ReportKind::Printed.slug().to_owned()
        } else {
            filled.kind
        },
        range: Typed { value: filled.range, error },
        refused: filled.refused.map(str::to_owned),
        f,
    };
    page(&counter, lang, status)
}
