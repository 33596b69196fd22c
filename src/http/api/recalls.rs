//! `/api/v1/recalls`: goods taken off sale and put back, by two people.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::recall_records::{
    NewRecall, ProgressRecord, RecallDetail, RecallRecord, RegionRecord, TallyRecord,
};
use super::{Page, Refused, added};
use crate::auth::duty::{Approving, Withdrawing};
use crate::base::{FieldError, UnixMs, grounds, ids};
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::console::instant_of;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::returns::Outcome;
use crate::recall::service::{self, Asked, CameBack};
use crate::recall::{Kind, Recall, fingerprint};
use crate::registry::Uscc;

/// Recalls, losses and lifts.
#[utoipa::path(
    get,
    path = "/api/v1/recalls",
    tag = "recalls",
    security(("key" = [])),
    params(("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]")),
    responses(
        (status = 200, body = Vec<RecallRecord>, description = "Latest first"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<RecallRecord>>, Problem> {
    let found = desk.ledger.recalls(who.own(), Page::rows(page)?).await?;
    Ok(Json(found.iter().map(RecallRecord::from).collect()))
}

/// Asks; nothing happens to the labels until another person approves.
#[utoipa::path(
    post,
    path = "/api/v1/recalls",
    tag = "recalls",
    security(("key" = [])),
    request_body = NewRecall,
    responses(
        (status = 201, body = RecallRecord, description = "Asked for, or known by its id"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Lifts no recall within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Withdrawing>>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let new: NewRecall = json::read(&body)?;
    let invalid = |field, problem: &str, remedy: &str| {
        Problem::invalid(vec![FieldError::new(field, problem, remedy)])
    };
    let named = new.enterprise.as_deref().map(Uscc::parse).transpose();
    let named = named.map_err(|e| Problem::invalid(vec![e]))?;
    let enterprise = who.own().cloned().or(named).ok_or_else(|| {
        invalid("enterprise", "is missing", "name whose goods they are by its social credit code")
    })?;
    let kind = Kind::from_slug(&new.kind)
        .ok_or_else(|| invalid("kind", "is not known", "write recall, loss or lift"))?;
    if (kind == Kind::Lift) != new.lifts.is_some() {
        return Err(invalid("lifts", "goes with kind lift alone", "give both, or neither"));
    }
    let since = new
        .sent_to
        .as_ref()
        .map(|sent| {
            let day = format!("{}T00:00", sent.since.trim());
            instant_of("since", &day, &desk.zone).map(|since| (&sent.place, since))
        })
        .transpose()
        .map_err(|fault| Problem::invalid(vec![fault]))?;
    let asked = Asked {
        id: new.id.unwrap_or_else(|| ids::new_id(by.at)),
        enterprise: &enterprise,
        kind,
        lifts: new.lifts,
        scope: &new.scope.join("\n"),
        sent: since.map(|(place, since)| (&**place, since)),
        reason: new.reason.into(),
        remedy: new.remedy.into(),
        notice: new.notice.into(),
    };
    desk.show_changes().await;
    let register = desk.scanner.register.load_full();
    let proposal = service::read(&*desk.ledger, asked, &register).await?;
    let recall = desk.ledger.propose(&proposal, &by).await?;
    let address = format!("/api/v1/recalls/{}", proposal.id);
    Ok(added(true, &address, RecallRecord::from(&recall)))
}

async fn find(desk: &Desk, who: &Registrar, id: &str) -> Result<Recall, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    Ok(service::find(&*desk.ledger, &who.scope, id).await?)
}

/// A recall, how its labels stand now, where they are scanned, what came back.
#[utoipa::path(
    get,
    path = "/api/v1/recalls/{id}",
    tag = "recalls",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the recall")),
    responses(
        (status = 200, body = RecallDetail, description = "The recall"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall within reach"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(id): Path<String>,
) -> Result<Json<RecallDetail>, Problem> {
    let recall = find(&desk, &who, &id).await?;
    desk.show_changes().await;
    let ranges = &recall.proposal.ranges;
    let now = service::tally(&desk.scanner.register.load(), ranges);
    let since = recall.decided.as_ref().map_or(UnixMs(0), |word| word.at);
    let regions = desk.ledger.scanned_where(ranges, since).await?;
    let progress = desk.ledger.progress_of(recall.proposal.id).await?;
    Ok(Json(RecallDetail {
        tally: TallyRecord {
            on_sale: now.on_sale,
            not_on_sale: now.not_on_sale,
            never_for_sale: now.never_for_sale,
            withdrawn: now.withdrawn,
            seen: fingerprint(ranges, &now),
        },
        regions: regions
            .iter()
            .map(|r| RegionRecord { province: r.province, labels: r.labels, scans: r.scans })
            .collect(),
        progress: progress.into(),
        recall: RecallRecord::from(&recall),
    }))
}

/// A yes or no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// approve or reject
    decision: String,
    /// As the recall's tally has it; needed to approve.
    #[serde(default)]
    seen: String,
    /// On what grounds.
    note: String,
}

/// Approves or rejects; an approval is in force on every server within a second.
#[utoipa::path(
    post,
    path = "/api/v1/recalls/{id}/decide",
    tag = "recalls",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the recall")),
    request_body = NewDecision,
    responses(
        (status = 200, body = RecallRecord, description = "Decided"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Decided before, one's own, or its labels stand otherwise now"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn decide(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Approving>>,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> Result<Json<RecallRecord>, Problem> {
    let recall = find(&desk, &who, &id).await?;
    let new: NewDecision = json::read(&body)?;
    let approve = match new.decision.as_str() {
        "approve" => true,
        "reject" => false,
        _ => {
            let fault = FieldError::new("decision", "is not known", "write approve or reject");
            return Err(Problem::invalid(vec![fault]));
        }
    };
    let note = grounds("note", &new.note).map_err(|e| Problem::invalid(vec![e]))?;
    desk.show_changes().await;
    let register = desk.scanner.register.load_full();
    let said = (approve, &*new.seen, &*note);
    let decided = service::decide(&*desk.ledger, &register, &recall, said, &by).await?;
    desk.show_changes().await;
    Ok(Json(RecallRecord::from(&decided)))
}

/// Goods that came back: their number, or their codes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// A UUID of yours: the same one counts once.
    id: Option<Uuid>,
    /// recovered or destroyed
    outcome: String,
    /// GB/T 2260 code of the region; 0: unknown
    #[serde(default)]
    place: u16,
    items: Option<u64>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    note: String,
}

/// Counts goods that came back; each code counts once.
#[utoipa::path(
    post,
    path = "/api/v1/recalls/{id}/returns",
    tag = "recalls",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the recall")),
    request_body = NewReturn,
    responses(
        (status = 200, body = ProgressRecord, description = "Counted"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Not in force, or closed"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn came_back(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Withdrawing>>,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> Result<Json<ProgressRecord>, Problem> {
    let recall = find(&desk, &who, &id).await?;
    let new: NewReturn = json::read(&body)?;
    let outcome = Outcome::from_slug(&new.outcome).ok_or_else(|| {
        let remedy = "write recovered or destroyed";
        Problem::invalid(vec![FieldError::new("outcome", "is not known", remedy)])
    })?;
    let given = CameBack {
        id: new.id.unwrap_or_else(|| ids::new_id(by.at)),
        outcome,
        place: new.place,
        items: &new.items.map_or_else(String::new, |items| items.to_string()),
        codes: &new.codes.join("\n"),
        note: &new.note,
    };
    let register = desk.scanner.register.load_full();
    let progress = service::came_back(&*desk.ledger, &register, &recall, given, &by).await?;
    Ok(Json(progress.into()))
}

/// How it ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConclusion {
    note: String,
}

/// Closes a recall; its labels stay off sale.
#[utoipa::path(
    post,
    path = "/api/v1/recalls/{id}/close",
    tag = "recalls",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the recall")),
    request_body = NewConclusion,
    responses(
        (status = 200, body = RecallRecord, description = "Closed"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Not in force, or closed"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Withdrawing>>,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> Result<Json<RecallRecord>, Problem> {
    let recall = find(&desk, &who, &id).await?;
    let new: NewConclusion = json::read(&body)?;
    let note = grounds("note", &new.note).map_err(|e| Problem::invalid(vec![e]))?;
    let closed = desk.ledger.close_recall(recall.proposal.id, &note, &by).await?;
    Ok(Json(RecallRecord::from(&closed)))
}
