//! `/api/v1/leads` and `/api/v1/officer/leads`: what makers and other offices tell
//! of suspicious goods, and the work-list for programs of an office.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::imports::neither;
use super::{Refused, TellAnswers, Words};
use crate::auth::Officer;
use crate::auth::duty::{Acting, Withdrawing};
use crate::auth::office::{Serving, Working};
use crate::base::limits::BODY_S_MAX;
use crate::base::{By, FieldError};
use crate::http::access::ByKey;
use crate::http::address::{Query, Unread};
use crate::http::bodies;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::officer::leads::AskedLeads;
use crate::http::problem::{Problem, ProblemDocument};
use crate::leads::desk::{LEADS_SHOWN, Lead, Mark, Wanted};
use crate::leads::told::{TOLD_FIELDS, Teller, Told};
use crate::registry::Uscc;
use crate::registry::fields::Fields;
use crate::registry::import::{ImportFormat, rows_of};

/// Leads of one request, and bytes of it.
const TOLD_MAX: usize = 500;
const TOLD_BYTES_MAX: usize = 1024 * 1024;

/// What is told: one object of JSON, or many as CSV or JSON Lines.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLead {
    /// What you call it; sent again, it is the same
    #[schema(max_length = 80)]
    reference: String,
    /// A code, its address, or the 20 characters under the symbol
    code: Option<String>,
    /// KEY-BATCH
    batch: Option<String>,
    /// GTIN; one of code, batch and product is needed
    product: Option<String>,
    /// GB/T 2260, four digits, or a name
    place: Option<String>,
    /// What was seen
    #[schema(max_length = 1000)]
    said: String,
}

impl From<NewLead> for Fields {
    fn from(new: NewLead) -> Self {
        Self::from([
            ("reference", Some(new.reference)),
            ("code", new.code),
            ("batch", new.batch),
            ("product", new.product),
            ("place", new.place),
            ("said", Some(new.said)),
        ])
    }
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub struct ToldRecord {
    /// Ids of leads, in the order of what was sent
    leads: Vec<Uuid>,
    added: usize,
    /// Told before under the same reference
    repeated: usize,
}

/// A lead of the work-list.
#[derive(Serialize, ToSchema)]
pub struct LeadRecord {
    id: Uuid,
    key: String,
    /// code, run, carton, package, phone, place, lot or told
    kind: &'static str,
    /// open or done
    state: &'static str,
    /// 100 x probability x harm x freshness x reach
    score: f64,
    probability: f64,
    harm: f64,
    freshness: f64,
    reach: f64,
    why: Words,
    enterprise: Option<String>,
    product: Option<String>,
    batch: Option<String>,
    /// GB/T 2260, four digits; 0: unknown
    place: u16,
    codes: u64,
    people: u32,
    provinces: u32,
    assigned_to: Option<String>,
    due_on: Option<String>,
    snoozed_until: Option<String>,
    /// RFC 3339
    opened_at: String,
    /// RFC 3339; latest scan or report
    seen_at: String,
}

impl From<&Lead> for LeadRecord {
    fn from(lead: &Lead) -> Self {
        let tenths = i32::try_from(lead.score).unwrap_or(i32::MAX);
        Self {
            id: lead.id,
            key: lead.key.clone(),
            kind: lead.kind.slug(),
            state: lead.state.slug(),
            score: f64::from(tenths) / 10.0,
            probability: lead.factors.probability,
            harm: lead.factors.harm,
            freshness: lead.factors.freshness,
            reach: lead.factors.reach,
            why: Words::from(&lead.why),
            enterprise: lead.enterprise.as_ref().map(ToString::to_string),
            product: lead.product.as_ref().map(ToString::to_string),
            batch: lead.batch.map(|batch| batch.to_string()),
            place: lead.place.0,
            codes: lead.codes,
            people: lead.people,
            provinces: lead.provinces,
            assigned_to: lead.assigned_to.clone(),
            due_on: lead.due_on.map(|day| day.to_string()),
            snoozed_until: lead.snoozed_until.map(|day| day.to_string()),
            opened_at: lead.opened_at.rfc3339(),
            seen_at: lead.seen_at.rfc3339(),
        }
    }
}

/// A page of the work-list.
#[derive(Serialize, ToSchema)]
pub struct LeadsRecord {
    leads: Vec<LeadRecord>,
    /// To be given as `after`; null where nothing follows
    next: Option<String>,
}

/// Leads of the work-list, what comes first at the top.
#[utoipa::path(
    get,
    path = "/api/v1/officer/leads",
    tag = "leads",
    security(("key" = [])),
    params(AskedLeads),
    responses(
        (status = 200, body = LeadsRecord, description = "At most 50"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what cannot be read"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Officer>,
    asked: Result<Query<AskedLeads>, Unread>,
) -> Result<Json<LeadsRecord>, Problem> {
    let invalid = |fault| Problem::invalid(vec![fault]);
    let Query(asked) =
        asked.map_err(|e| invalid(FieldError::new("query", e.0, "write each name once")))?;
    let wanted = Wanted::read(&asked.into(), &who.login, desk.today()).map_err(invalid)?;
    let (leads, next) = desk.ledger.list_leads(&wanted, LEADS_SHOWN).await?;
    let leads = leads.iter().map(LeadRecord::from).collect();
    Ok(Json(LeadsRecord { leads, next: next.as_ref().map(Mark::text) }))
}

/// Tells officers of suspicious goods of your own: a label, a batch or a product,
/// and what was seen. All go in, or none does; every line that cannot is named.
#[utoipa::path(
    post,
    path = "/api/v1/leads",
    tag = "leads",
    security(("key" = [])),
    request_body(content(
        (NewLead = "application/json"),
        (String = "text/csv"),
        (String = "application/x-ndjson"),
    )),
    responses(
        TellAnswers,
        Refused,
    )
)]
pub async fn tell(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Withdrawing>>,
    request: Request,
) -> Result<Response, Problem> {
    let own = Uscc::parse(&who.enterprise).map_err(|_| Problem::broken())?;
    told(&desk, &Teller::Enterprise(own), &by, request).await
}

/// Tells of what came to an office by other ways: from another office, a letter, a
/// hotline. All go in, or none does; every line that cannot is named.
#[utoipa::path(
    post,
    path = "/api/v1/officer/leads",
    tag = "leads",
    security(("key" = [])),
    request_body(content(
        (NewLead = "application/json"),
        (String = "text/csv"),
        (String = "application/x-ndjson"),
    )),
    responses(
        TellAnswers,
        Refused,
    )
)]
pub async fn pass_on(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Serving<Working>>,
    request: Request,
) -> Result<Response, Problem> {
    told(&desk, &Teller::Office(who.office), &by, request).await
}

async fn told(
    desk: &Desk,
    teller: &Teller,
    by: &By,
    request: Request,
) -> Result<Response, Problem> {
    let media = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media = media.unwrap_or_default().split(';').next().unwrap_or_default();
    let media = media.trim().to_ascii_lowercase();
    let time = Duration::from_secs(BODY_S_MAX);
    let body = bodies::within(time, request.into_body(), TOLD_BYTES_MAX).await?;
    let rows = match media.as_str() {
        "application/json" | "" => vec![(0, json::read::<NewLead>(&body)?.into())],
        "text/csv" => rows_of(&TOLD_FIELDS, ImportFormat::Csv, &body).map_err(Problem::invalid)?,
        "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            rows_of(&TOLD_FIELDS, ImportFormat::JsonLines, &body).map_err(Problem::invalid)?
        }
        _ => return Err(neither()),
    };
    let told = read(desk, teller, by, &rows).map_err(Problem::invalid)?;
    let kept = desk.ledger.tell_leads(&told, by).await?;
    let repeated = kept.iter().filter(|kept| kept.repeated).count();
    let record = ToldRecord {
        leads: kept.iter().map(|kept| kept.lead).collect(),
        added: kept.len() - repeated,
        repeated,
    };
    let status = if record.added > 0 { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(record)).into_response())
}

fn read(
    desk: &Desk,
    teller: &Teller,
    by: &By,
    rows: &[(u64, Fields)],
) -> Result<Vec<Told>, Vec<FieldError>> {
    if rows.len() > TOLD_MAX {
        let (problem, remedy) = ("has too many rows", format!("send {TOLD_MAX} at once"));
        return Err(vec![FieldError::new("file", problem, remedy)]);
    }
    let register = desk.scanner.register.load_full();
    let (mut told, mut faults) = (Vec::<Told>::new(), Vec::new());
    for (line, fields) in rows {
        match Told::read(*line, fields, teller, &register, by.at) {
            Ok(one)
                if told
                    .iter()
                    .any(|t| t.reference == one.reference && t.digest() != one.digest()) =>
            {
                let (problem, remedy) = ("stands twice with other words", "give each its own");
                faults.push(FieldError::new("reference", problem, remedy).at_line(*line));
            }
            Ok(one) => told.push(one),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(told) } else { Err(faults) }
}
