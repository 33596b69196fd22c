//! `/api/v1/orders`: labels, made by the worker.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::batches::find as find_batch;
use super::{Page, Refused, added};
use crate::auth::duty::Planning;
use crate::base::{FieldError, UnixMs};
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::orders::{self, LISTED_FILES_MAX, OrderFile};
use crate::http::problem::{Problem, ProblemDocument};
use crate::label::Kind;
use crate::registry::order::{NewOrder as Placed, Order};

/// Characters of an order key.
const ORDER_KEY_CHARACTERS_MAX: usize = 100;

/// An order of labels.
#[derive(Serialize, ToSchema)]
pub struct OrderRecord {
    id: Uuid,
    order_key: String,
    batch: String,
    /// csv, svg, png, pdf or zpl
    format: &'static str,
    /// awaiting_approval, rejected, queued, running, done, failed or cancelled
    state: &'static str,
    labels_done: u64,
    labels_total: u64,
    /// At the rate since it was begun; null while nothing is known of it.
    seconds_left: Option<u64>,
    /// Why it failed or was rejected.
    problem: Option<String>,
    /// RFC 3339
    created_at: String,
    finished_at: Option<String>,
    /// ISO 8601
    needed_by: Option<String>,
    /// Id of the printing house that it goes to.
    house: Option<Uuid>,
    /// The second person, where one was needed.
    approved_by: Option<String>,
}

impl OrderRecord {
    pub(super) fn of(order: &Order, now: UnixMs) -> Self {
        let instant =
            |at: UnixMs| Timestamp::from_millisecond(at.0).unwrap_or_default().to_string();
        Self {
            id: order.id,
            order_key: order.new.order_key.clone(),
            batch: order.new.batch.to_string(),
            format: orders::kind(order).map_or("", Kind::name),
            state: order.state.slug(),
            labels_done: order.labels_done,
            labels_total: order.new.labels,
            seconds_left: orders::seconds_left(order, now),
            problem: order.problem.clone(),
            created_at: instant(order.created_at),
            finished_at: order.finished_at.map(instant),
            needed_by: order.new.hand_over.needed_by.map(|day| day.to_string()),
            house: order.new.hand_over.house,
            approved_by: order.approved_by.clone(),
        }
    }
}

/// Asks for labels of a registered batch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The same key is the same order.
    order_key: String,
    /// KEY-BATCH
    batch: String,
    /// csv, svg, png, pdf or zpl
    format: String,
    /// Running number of the first label [default: 0].
    #[serde(default)]
    first: u64,
    /// Labels, 1 to 100000000 [default: the rest of the batch].
    count: Option<u64>,
    /// Layout of PDF, ZPL and sheets: one that comes with zhenma, or a template in TOML [default: a4-35 and roll-40x30].
    #[serde(default)]
    template: String,
    /// Printer profile, such as laser-600 or zpl-300 [default: laser-600 and zpl-203].
    #[serde(default)]
    printer: String,
    /// Millimetres a module, 0.255 to 2; it becomes whole dots of the printer.
    module_mm: Option<f64>,
    /// items (all codes of an item), outer, inner, cases or pallets [default: items].
    #[serde(default)]
    codes: String,
    /// Each inner label behind its outer one, instead of files for two rolls.
    #[serde(default)]
    together: bool,
    /// Items in one file.
    split: Option<u64>,
    /// Pictures as files, zip or sheets of a template [default: files].
    #[serde(default)]
    packing: String,
    /// ZPL with symbols as a graphic of ours, or drawn by the printer [default: graphic].
    #[serde(default)]
    drawing: String,
    /// Columns of a CSV, such as `number,url`, or `二维码=url` with a header of one's own.
    #[serde(default)]
    columns: String,
    /// comma, semicolon, tab or pipe [default: comma].
    #[serde(default)]
    separator: String,
    /// utf-8, utf-8-bom or gbk [default: utf-8].
    #[serde(default)]
    encoding: String,
    /// Day by which the labels are needed, ISO 8601.
    needed_by: Option<String>,
    /// Id of the printing house that prints them, from `/api/v1/printers`.
    house: Option<String>,
}

/// Orders within the key's reach, latest first.
#[utoipa::path(
    get,
    path = "/api/v1/orders",
    tag = "orders",
    security(("key" = [])),
    params(("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]")),
    responses(
        (status = 200, body = Vec<OrderRecord>, description = "Latest first"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<OrderRecord>>, Problem> {
    let found = desk.ledger.orders(who.own(), Page::rows(page)?).await?;
    let now = desk.clock.now();
    Ok(Json(found.iter().map(|order| OrderRecord::of(order, now)).collect()))
}

/// Places an order, or finds the one that has this key.
#[utoipa::path(
    post,
    path = "/api/v1/orders",
    tag = "orders",
    security(("key" = [])),
    request_body = NewOrder,
    responses(
        (status = 201, body = OrderRecord, description = "The order, new or known by its key"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn place(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let new: NewOrder = json::read(&body)?;
    let batch = find_batch(&desk, &who, &new.batch).await?;
    let invalid = |field: &str, problem: String, remedy: &str| {
        Problem::invalid(vec![FieldError::new(field, problem, remedy)])
    };
    let characters = new.order_key.chars().count();
    if characters == 0 || characters > ORDER_KEY_CHARACTERS_MAX {
        let problem = format!("has {characters} characters");
        return Err(invalid("order_key", problem, "take 1 to 100, such as your order number"));
    }
    let asked = orders::Asked {
        format: &new.format,
        template: &new.template,
        printer: &new.printer,
        module_mm: new.module_mm,
        codes: &new.codes,
        together: new.together,
        split: new.split,
        packing: &new.packing,
        drawing: &new.drawing,
        columns: &new.columns,
        separator: &new.separator,
        encoding: &new.encoding,
    };
    let mut specification =
        asked.specification(new.first, 0).map_err(|fault| Problem::invalid(vec![fault]))?;
    let holds = specification.holds(batch.count, batch.cases, batch.pallets);
    specification.count = new.count.unwrap_or_else(|| holds.saturating_sub(new.first));
    let product = desk.ledger.product(&batch.product).await?;
    let enterprise = desk.ledger.enterprise(&batch.enterprise).await?;
    let url = &desk.site.public_url;
    let specification = orders::labels(&batch, &product, &enterprise, specification, url)
        .map_err(Problem::invalid)?
        .specification;
    let placed = Placed {
        enterprise: batch.enterprise,
        order_key: new.order_key,
        batch: batch.id,
        specification: serde_json::to_value(&specification).map_err(|_| Problem::broken())?,
        labels: specification.count,
        directory: None,
        created_by: by.login.clone(),
        hand_over: orders::hand_over(new.needed_by.as_deref(), new.house.as_deref())
            .map_err(|fault| Problem::invalid(vec![fault]))?,
    };
    let order = desk.ledger.place(&placed, &by).await?;
    let address = format!("/api/v1/orders/{}", order.id);
    Ok(added(true, &address, OrderRecord::of(&order, by.at)))
}

pub(super) async fn find(desk: &Desk, who: &Registrar, id: &str) -> Result<Order, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    orders::find(&*desk.ledger, &who.scope, id).await
}

/// How far an order is.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}",
    tag = "orders",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 200, body = OrderRecord, description = "The order"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order within reach"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(id): Path<String>,
) -> Result<Json<OrderRecord>, Problem> {
    let order = find(&desk, &who, &id).await?;
    Ok(Json(OrderRecord::of(&order, desk.clock.now())))
}

/// Stops an order; one that is over stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/cancel",
    tag = "orders",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 200, body = OrderRecord, description = "The order; what runs stops within a second"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order within reach"),
    )
)]
pub async fn cancel(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Path(id): Path<String>,
) -> Result<Json<OrderRecord>, Problem> {
    let order = find(&desk, &who, &id).await?;
    desk.ledger.cancel(order.id, &by).await?;
    Ok(Json(OrderRecord::of(&desk.ledger.order(order.id).await?, by.at)))
}

/// Files of a finished order.
#[derive(Serialize, ToSchema)]
pub struct OrderFiles {
    /// At most 200; the manifest and SHA256SUMS list them all.
    files: Vec<OrderFile>,
    /// Files that are not listed here.
    more: usize,
}

/// What files a finished order has.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}/files",
    tag = "orders",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 200, body = OrderFiles, description = "The manifest first"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order within reach, or not done"),
    )
)]
pub async fn files(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(id): Path<String>,
) -> Result<Json<OrderFiles>, Problem> {
    let order = find(&desk, &who, &id).await?;
    let (files, more) = orders::files(&order, LISTED_FILES_MAX).await?;
    Ok(Json(OrderFiles { files, more }))
}

/// One file of a finished order.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}/files/{*name}",
    tag = "orders",
    security(("key" = [])),
    params(
        ("id" = Uuid, Path, description = "Id of the order"),
        ("name" = String, Path, description = "Path of the file, as the manifest has it"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream", description = "The range of it that was asked for"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such file"),
    )
)]
pub async fn file(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let order = find(&desk, &who, &id).await?;
    orders::file(&*desk.ledger, &order, &name, request, &by).await
}
