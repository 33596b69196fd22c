//! `/api/v1/enterprises`

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::NewEnterprise;
use super::{Refused, add as register, added};
use crate::auth::Administrator;
use crate::http::access::{ByKey, Registrar};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::fields;
use crate::registry::import::ImportKind;
use crate::registry::port::Registered;
use crate::registry::service::Scope;
use crate::registry::{Enterprise, Licence};

/// A registered enterprise.
#[derive(Serialize, ToSchema)]
pub struct EnterpriseRecord {
    /// Unified social credit code, 18 characters.
    uscc: String,
    name_zh: String,
    name_en: String,
    licences: Vec<LicenceRecord>,
    /// GS1 Company Prefix: its cases get an SSCC.
    gs1_prefix: Option<String>,
}

/// A licence.
#[derive(Serialize, ToSchema)]
pub struct LicenceRecord {
    kind: String,
    number: String,
    #[schema(value_type = String, format = Date)]
    expires_on: Date,
}

impl From<&Enterprise> for EnterpriseRecord {
    fn from(e: &Enterprise) -> Self {
        let licence = |l: &Licence| LicenceRecord {
            kind: l.kind.clone(),
            number: l.number.clone(),
            expires_on: l.expires_on,
        };
        Self {
            uscc: e.uscc.to_string(),
            name_zh: e.name.zh.clone(),
            name_en: e.name.en.clone(),
            licences: e.licences.iter().map(licence).collect(),
            gs1_prefix: e.gs1_prefix.clone().map(String::from),
        }
    }
}

/// Enterprises: all for an administrator, the own one for a member.
#[utoipa::path(
    get,
    path = "/api/v1/enterprises",
    tag = "registry",
    security(("key" = [])),
    responses(
        (status = 200, body = Vec<EnterpriseRecord>, description = "By code"),
        Refused,
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
) -> Result<Json<Vec<EnterpriseRecord>>, Problem> {
    let found = match who.own() {
        None => desk.ledger.enterprises().await?,
        Some(own) => vec![desk.ledger.enterprise(own).await?],
    };
    Ok(Json(found.iter().map(EnterpriseRecord::from).collect()))
}

/// Registers an enterprise.
#[utoipa::path(
    post,
    path = "/api/v1/enterprises",
    tag = "registry",
    security(("key" = [])),
    request_body = NewEnterprise,
    responses(
        (status = 201, body = EnterpriseRecord, description = "Registered"),
        (status = 200, body = EnterpriseRecord, description = "The very same was registered before"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    ByKey { by, .. }: ByKey<Administrator>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let (done, row) = register(&desk, &Scope::All, &by, ImportKind::Enterprises, &body).await?;
    let enterprise = fields::enterprise(&row).map_err(Problem::invalid)?;
    let record = EnterpriseRecord::from(&enterprise);
    Ok(added(done != Registered::Unchanged, "/api/v1/enterprises", record))
}
