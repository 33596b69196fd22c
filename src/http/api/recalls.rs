//! `/api/v1/recalls`: goods taken off sale and put back, by two people.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ranges::instant;
use super::{Page, Refused, Words, added};
use crate::auth::duty::{Approving, Withdrawing};
use crate::base::{FieldError, UnixMs, grounds, ids};
use crate::http::access::{ByKey, Registrar, With};
use crate::http::bodies::Sent;
use crate::http::console::instant_of;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::returns::{Outcome, Progress};
use crate::recall::service::{self, Asked, CameBack};
use crate::recall::{Kind, Recall, Word, fingerprint};
use crate::registry::Uscc;

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecall {
    /// A UUID of yours: the same one is the same recall.
    id: Option<Uuid>,
    /// Unified social credit code; needed of the county's key alone.
    enterprise: Option<String>,
    /// recall, loss or lift
    kind: String,
    /// Of a lift: id of the recall whose goods go back on sale.
    lifts: Option<Uuid>,
    /// Each a batch `1-4`, numbers of it `1-4 100-199`, a label's serial, or the
    /// code or SSCC of a case or pallet.
    #[serde(default)]
    scope: Vec<String>,
    /// All that was shipped to a place too.
    sent_to: Option<SentTo>,
    reason: Words,
    #[serde(default)]
    remedy: Words,
    #[serde(default)]
    notice: Words,
}

/// Goods by where they went.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentTo {
    /// Code of a place of the enterprise.
    place: String,
    /// First day, as 2026-11-01, where the server is.
    since: String,
}

/// Who decided, when and why.
#[derive(Serialize, ToSchema)]
pub struct WordRecord {
    by: String,
    /// RFC 3339
    at: String,
    note: String,
}

impl From<&Word> for WordRecord {
    fn from(word: &Word) -> Self {
        Self { by: word.by.clone(), at: instant(word.at), note: word.note.clone() }
    }
}

/// How its labels stand now.
#[derive(Serialize, ToSchema)]
pub struct TallyRecord {
    on_sale: u64,
    not_on_sale: u64,
    never_for_sale: u64,
    withdrawn: u64,
    /// Sent back with an approval: it is refused when the labels stand otherwise.
    seen: String,
}

/// Where buyers scanned its labels.
#[derive(Serialize, ToSchema)]
pub struct RegionRecord {
    /// GB/T 2260, four digits; 0: unknown
    province: u16,
    labels: u64,
    scans: u64,
}

/// Goods that came back.
#[derive(Serialize, ToSchema)]
pub struct ProgressRecord {
    on_sale: u64,
    recovered: u64,
    destroyed: u64,
    outstanding: u64,
}

impl From<Progress> for ProgressRecord {
    fn from(p: Progress) -> Self {
        Self {
            on_sale: p.on_sale,
            recovered: p.recovered,
            destroyed: p.destroyed,
            outstanding: p.outstanding(),
        }
    }
}

/// A recall.
#[derive(Serialize, ToSchema)]
pub struct RecallRecord {
    id: Uuid,
    enterprise: String,
    kind: &'static str,
    lifts: Option<Uuid>,
    /// proposed, approved, rejected or closed
    state: &'static str,
    labels: u64,
    /// Each `BATCH FIRST-LAST`; at most 1000.
    ranges: Vec<String>,
    reason: Words,
    remedy: Words,
    notice: Words,
    proposed_by: String,
    proposed_at: String,
    decided: Option<WordRecord>,
    closed: Option<WordRecord>,
}

/// Ranges that a record tells.
const RANGES_MAX: usize = 1_000;

impl From<&Recall> for RecallRecord {
    fn from(r: &Recall) -> Self {
        let p = &r.proposal;
        let ranges = p.ranges.iter().take(RANGES_MAX);
        Self {
            id: p.id,
            enterprise: p.enterprise.to_string(),
            kind: p.kind.slug(),
            lifts: p.lifts,
            state: r.state.slug(),
            labels: p.labels(),
            ranges: ranges.map(|n| format!("{} {}-{}", n.batch, n.first, n.last)).collect(),
            reason: (&p.reason).into(),
            remedy: (&p.remedy).into(),
            notice: (&p.notice).into(),
            proposed_by: r.proposed_by.clone(),
            proposed_at: instant(r.proposed_at),
            decided: r.decided.as_ref().map(WordRecord::from),
            closed: r.closed.as_ref().map(WordRecord::from),
        }
    }
}

/// A recall with how its labels stand and how far it is.
#[derive(Serialize, ToSchema)]
pub struct RecallDetail {
    #[serde(flatten)]
    recall: RecallRecord,
    tally: TallyRecord,
    /// Before the decision: ever; behind it: since. Most labels first.
    regions: Vec<RegionRecord>,
    progress: ProgressRecord,
}

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
    page: Result<Query<Page>, QueryRejection>,
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
