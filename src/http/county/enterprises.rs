//! `/county/`: the enterprises of the county and how their licences stand.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Administrator;
use crate::base::{FieldError, LedgerError, UnixMs};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::service::{Scope, register};
use crate::registry::{Enterprise, Licence};
use crate::web::console::{Frame, Typed, fault};
use crate::web::county::{EnterpriseLine, EnterprisesPage, LicenceLine, RegisterForm};
use crate::web::verdict::named;

/// Days before its end from which a licence is pointed out.
const SOON_DAYS: i32 = 60;
/// Enterprises that are shown; the list has all.
const SHOWN: usize = 50;

/// What people type.
#[utoipa::path(
    get,
    path = "/county",
    tag = "county console",
    responses((status = 308, description = "To /county/"))
)]
pub async fn door() -> Redirect {
    Redirect::permanent("/county/")
}

/// An enterprise to be registered.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct NewEnterpriseForm {
    #[serde(default)]
    uscc: String,
    #[serde(default)]
    name_zh: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    gs1_prefix: String,
    #[serde(default)]
    licence_kind: String,
    #[serde(default)]
    licence_number: String,
    #[serde(default)]
    licence_expires_on: String,
}

impl NewEnterpriseForm {
    fn fields(&self) -> Fields {
        Fields::from([
            ("uscc", Some(self.uscc.trim().to_ascii_uppercase())),
            ("name_zh", Some(self.name_zh.clone())),
            ("name_en", Some(self.name_en.clone())),
            ("gs1_prefix", Some(self.gs1_prefix.clone())),
            ("licence_kind", Some(self.licence_kind.clone())),
            ("licence_number", Some(self.licence_number.clone())),
            ("licence_expires_on", Some(self.licence_expires_on.clone())),
        ])
    }

    fn form(&self, faults: &[FieldError], f: &Frame) -> RegisterForm {
        let of = |name: &str, value: &str| Typed::of(name, value, faults, f.lang);
        let known = ["uscc", "name_zh", "name_en", "gs1_prefix"];
        let other =
            |e: &&FieldError| !known.contains(&e.field.as_str()) && !e.field.starts_with("licence");
        let with_dots = |name: &str, dotted: &str, value: &str| {
            let named = of(name, value);
            if named.error.is_some() { named } else { of(dotted, value) }
        };
        RegisterForm {
            uscc: of("uscc", &self.uscc),
            name_zh: of("name_zh", &self.name_zh),
            name_en: of("name_en", &self.name_en),
            gs1_prefix: of("gs1_prefix", &self.gs1_prefix),
            licence_kind: with_dots("licence_kind", "licences.kind", &self.licence_kind),
            licence_number: with_dots("licence_number", "licences.number", &self.licence_number),
            licence_expires_on: of("licence_expires_on", &self.licence_expires_on),
            other: faults.iter().filter(other).map(|e| fault(e, f.lang)).collect(),
        }
    }
}

pub(super) fn today(desk: &Desk, now: UnixMs) -> Result<Date, Problem> {
    let now = jiff::Timestamp::from_millisecond(now.0).map_err(|_| Problem::broken())?;
    Ok(now.to_zoned_datetime(desk.zone.clone()).date())
}

/// How a licence stands on a day.
pub(super) fn licence_line(licence: &Licence, today: Date, f: &Frame) -> LicenceLine {
    let days = today.until(licence.expires_on).map_or(0, |span| span.get_days());
    let (class, note) = if licence.expires_on < today {
        ("expired", f.t("已过期", "expired").to_owned())
    } else if days <= SOON_DAYS {
        let zh = format!("还有{days}天到期");
        let en = format!("{days} days left");
        ("soon", f.t(&zh, &en).to_owned())
    } else {
        ("", String::new())
    };
    LicenceLine {
        kind: licence.kind.clone(),
        number: licence.number.clone(),
        expires_on: licence.expires_on.to_string(),
        class,
        note,
    }
}

fn enterprise_line(e: &Enterprise, today: Date, f: &Frame) -> EnterpriseLine {
    let first = e.licences.iter().min_by_key(|licence| licence.expires_on);
    let worst = first.map(|licence| licence_line(licence, today, f));
    let (class, note) = worst.map_or(("", String::new()), |line| (line.class, line.note));
    EnterpriseLine {
        uscc: e.uscc.to_string(),
        name: named(&e.name, f.lang).to_owned(),
        gs1_prefix: e.gs1_prefix.clone().map(String::from).unwrap_or_default(),
        licences: e.licences.len(),
        class,
        note,
    }
}

async fn list(
    desk: &Desk,
    mut f: Frame,
    now: UnixMs,
    (typed, faults): (&NewEnterpriseForm, &[FieldError]),
) -> Result<Response, Problem> {
    "/county/".clone_into(&mut f.path);
    let today = today(desk, now)?;
    let lang = f.lang;
    let found = desk.ledger.enterprises().await?;
    let mut lines: Vec<_> = found.iter().map(|e| enterprise_line(e, today, &f)).collect();
    // What asks for something comes first.
    lines.sort_by_key(|line| match line.class {
        "expired" => 0,
        "soon" => 1,
        _ => 2,
    });
    let count = lines.len();
    lines.truncate(SHOWN);
    let shown = EnterprisesPage { enterprises: lines, count, form: typed.form(faults, &f), f };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}

/// The enterprises, those first whose licences are over or soon will be.
#[utoipa::path(
    get,
    path = "/county/",
    tag = "county console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
) -> Result<Response, Problem> {
    list(&desk, frame, by.at, (&NewEnterpriseForm::default(), &[])).await
}

/// Registers an enterprise.
#[utoipa::path(
    post,
    path = "/county/enterprises",
    tag = "county console",
    request_body(content = NewEnterpriseForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Posted(new): Posted<NewEnterpriseForm>,
) -> Result<Response, Problem> {
    let keys = desk.scanner.keys.load_full();
    let rows = [(0, new.fields())];
    let kind = ImportKind::Enterprises;
    match register(&*desk.ledger, &keys, &Scope::All, kind, &rows, &by).await {
        Ok(_) => {
            desk.show_changes().await;
            let path = format!("/county/enterprises/{}", new.uscc.trim().to_ascii_uppercase());
            Ok(Redirect::to(&path).into_response())
        }
        Err(LedgerError::Invalid(faults)) => list(&desk, frame, by.at, (&new, &faults)).await,
        Err(error) => Err(error.into()),
    }
}
