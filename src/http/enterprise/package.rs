//! `/enterprise/packages/{id}`: what became of a package, and what the
//! enterprise does with it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use super::{alarms, order};
use crate::auth::duty::{Acting, OnLine, Planning};
use crate::auth::{Duty, Member};
use crate::base::{FieldError, LedgerError, rng};
use crate::handoff::package::PackageState;
use crate::handoff::report::Standing;
use crate::handoff::secret::grouped;
use crate::handoff::{Package, PrintHouse};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::handoff::{self as shared, Granted, LEAKS_MAX, leak_line, report_lines};
use crate::http::orders::size_text;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::service::Scope;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::handoff::{self, DownloadLine, PackagePage, SecretsPage, SignOffLine, VisitLine};

/// Visits that the page shows.
const VISITS_SHOWN: u32 = 50;

/// Makes the package of an order; its number, its pick-up code and its
/// passphrase are shown this once.
#[utoipa::path(
    post,
    path = "/enterprise/orders/{id}/package",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "What is shown once"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page of the order, with why it was refused"),
    )
)]
pub async fn hand_over(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let order = order::find(&desk, &who, &id).await?;
    let made = match order.new.hand_over.house {
        None => Err(LedgerError::Invalid(vec![FieldError::new(
            "order",
            "it names no printing house",
            "order its labels for a printing house",
        )])),
        Some(house) => {
            let house = shared::house(&*desk.ledger, &order.new.enterprise, house).await?;
            let granted = shared::granted(&house).await?;
            let made = desk.ledger.hand_over(order.id, &granted.grant, &by).await;
            made.map(|package| (package, house, granted))
        }
    };
    match made {
        Ok((package, house, granted)) => {
            desk.show_changes().await;
            secrets(&desk, frame, &package, house, granted)
        }
        Err(LedgerError::Invalid(faults)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            order::order_page(&desk, &who, frame, order, faults.first(), status).await
        }
        Err(error) => Err(error.into()),
    }
}

fn secrets(
    desk: &Desk,
    mut f: Frame,
    package: &Package,
    house: PrintHouse,
    granted: Granted,
) -> Result<Response, Problem> {
    let lang = f.lang;
    f.path = format!("/enterprise/packages/{}", package.id);
    let secrets = SecretsPage {
        id: package.id.to_string(),
        number: grouped(&package.number),
        code: granted.code,
        passphrase: granted.passphrase,
        house: house.new.name,
        contact: house.new.contact,
        url: format!("{}/printer/", desk.site.public_url.trim_end_matches('/')),
        f,
    };
    page(&secrets, lang, StatusCode::OK)
}

/// A package: who picked it up, what was reported, what leaked.
#[utoipa::path(
    get,
    path = "/enterprise/packages/{id}",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    package_page(&desk, &who, frame, package, &[], "", StatusCode::OK).await
}

/// The package of that id, if it is this member's.
pub(super) async fn find(desk: &Desk, who: &Member, id: &str) -> Result<Package, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    shared::find(&*desk.ledger, &Scope::One(own(who)?), id).await
}

/// Grants a further pick-up; its code and passphrase are shown this once.
#[utoipa::path(
    post,
    path = "/enterprise/packages/{id}/renew",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "What is shown once"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with why it was refused"),
    )
)]
pub async fn renew(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    let house = shared::house(&*desk.ledger, &package.enterprise, package.house).await?;
    let granted = shared::granted(&house).await?;
    match desk.ledger.renew(package.id, &granted.grant, &by).await {
        Ok(package) => {
            desk.show_changes().await;
            secrets(&desk, frame, &package, house, granted)
        }
        Err(error) => with_fault(&desk, &who, frame, package, error, "").await,
    }
}

/// Ends the pick-up: nothing more is given out.
#[utoipa::path(
    post,
    path = "/enterprise/packages/{id}/end",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    responses(
        (status = 303, description = "To the page of the package"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
    )
)]
pub async fn end(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Planning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    // One that was ended before stays so.
    desk.ledger.end_package(package.id, &by).await?;
    Ok(to_page(&package))
}

/// How many spares.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Asked {
    count: String,
}

/// Releases spares in place of what was reported spoiled.
#[utoipa::path(
    post,
    path = "/enterprise/packages/{id}/release",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the package"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn release(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    Path(id): Path<String>,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    let count = asked.count.trim().parse().unwrap_or(0);
    match desk.ledger.release_spares(package.id, count, rng::bytes(), &by).await {
        Ok(()) => {
            desk.show_changes().await;
            Ok(to_page(&package))
        }
        Err(error) => with_fault(&desk, &who, frame, package, error, &asked.count).await,
    }
}

/// Puts the spares on sale that were printed.
#[utoipa::path(
    post,
    path = "/enterprise/packages/{id}/activate-spares",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the package")),
    responses(
        (status = 303, description = "To the page of the package"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such package of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with why it was refused"),
    )
)]
pub async fn activate_spares(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<OnLine>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let package = find(&desk, &who, &id).await?;
    match desk.ledger.activate_spares(package.id, &by).await {
        Ok(_) => {
            desk.show_changes().await;
            Ok(to_page(&package))
        }
        Err(error) => with_fault(&desk, &who, frame, package, error, "").await,
    }
}

pub(super) fn to_page(package: &Package) -> Response {
    Redirect::to(&format!("/enterprise/packages/{}", package.id)).into_response()
}

async fn with_fault(
    desk: &Desk,
    who: &Member,
    frame: Frame,
    package: Package,
    error: LedgerError,
    count: &str,
) -> Result<Response, Problem> {
    let LedgerError::Invalid(faults) = error else { return Err(error.into()) };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    package_page(desk, who, frame, package, &faults, count, status).await
}

async fn package_page(
    desk: &Desk,
    who: &Member,
    mut f: Frame,
    package: Package,
    faults: &[FieldError],
    count: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (lang, zone) = (f.lang, &desk.zone);
    f.path = format!("/enterprise/packages/{}", package.id);
    let building = package.state == PackageState::Building;
    f.refresh = building.then_some(5);
    let reports = desk.ledger.reports(package.id).await?;
    let standing = Standing::of(&reports);
    let spares = desk.ledger.spares_of(package.id).await?;
    let (first, last) = package.items.unwrap_or((0, 0));
    let spoiled = standing.spoiled.within(first, last);
    let waiting = spoiled.saturating_sub(spares.released.len() as u64);
    let left = (spares.listed.len() / 2).saturating_sub(spares.released.len()) as u64;
    let leaks = desk.ledger.leaks(&package.enterprise, LEAKS_MAX).await?;
    let minute = |at| minute_text(at, lang, zone);
    let fault = |wanted: bool| {
        let of = |e: &&FieldError| (e.field == "spares") == wanted;
        faults.iter().find(of).map(|e| handoff::fault(e, lang))
    };
    let house = shared::house(&*desk.ledger, &package.enterprise, package.house).await?;
    let package_page = PackagePage {
        id: package.id.to_string(),
        number: grouped(&package.number),
        order: package.order.to_string(),
        batch: package.batch.to_string(),
        house: house.new.name,
        state: handoff::state(package.state).of(lang),
        building,
        ended: package.state == PackageState::Ended,
        problem: package.problem.clone(),
        alarm: alarms::of_package(desk, &package, lang).await?,
        leaks: leaks
            .iter()
            .filter(|leak| leak.planting.package == package.id)
            .map(|leak| leak_line(leak, &f, zone))
            .collect(),
        items: package.items,
        good_until: package.good_until().map(minute),
        pick_up: package.pick_up,
        downloads: desk
            .ledger
            .downloads(package.id)
            .await?
            .into_iter()
            .map(|d| DownloadLine {
                number: d.number,
                at: minute(d.begun_at),
                network: d.network,
                sent: size_text(d.sent),
                whole: d.finished_at.is_some(),
            })
            .collect(),
        visits: desk
            .ledger
            .visits(package.id, VISITS_SHOWN)
            .await?
            .into_iter()
            .map(|v| VisitLine { at: minute(v.at), network: v.network, good: v.good })
            .collect(),
        wrong_codes: package.wrong_codes,
        reports: report_lines(&reports, &f, zone),
        printed: standing.printed.len(),
        spoiled,
        reprinted: standing.reprinted,
        spares_listed: spares.listed.len(),
        spares_ready: spares
            .released
            .iter()
            .filter(|n| standing.printed.holds(**n, **n) && !spares.on_sale.contains(n))
            .count(),
        spares_on_sale: spares.on_sale.len(),
        released: spares.released,
        releasable: waiting.min(left),
        release: Typed { value: count.to_owned(), error: fault(true) },
        sign_off: package.sign_off.as_ref().map(|word| SignOffLine {
            accepted: word.accepted,
            reason: word.reason.clone(),
            by: word.by.clone(),
            at: minute(word.at),
        }),
        accepted: package.is_accepted(),
        may_plan: who.duties.allow(Duty::Planner),
        may_activate: who.duties.allow(Duty::Line),
        may_test: who.duties.allow(Duty::Quality),
        may_be_renewed: package.may_be_renewed(),
        error: fault(false),
        f,
    };
    page(&package_page, lang, status)
}
