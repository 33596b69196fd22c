//! `/api/v1/own-imports`: lists of serials that an enterprise made itself.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::batches::find;
use super::{Page, Refused};
use crate::auth::duty::Planning;
use crate::base::FieldError;
use crate::base::limits::{BATCH_LABELS_MAX, OWN_FILE_BYTES_MAX};
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::{Path, Query, Unread};
use crate::http::desk::Desk;
use crate::http::own::{OwnImportRecord, keep, prepared};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::turns::{Holder, Work};
use crate::registry::own::import::Written;

/// What the list becomes a batch of.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfList {
    /// GTIN
    product: String,
    lot: String,
    /// Such as 2019-05-01
    made_on: String,
    /// From the product's shelf life if left out.
    expires_on: Option<String>,
    /// First four digits of the GB/T 2260 code; anywhere if left out.
    destination: Option<String>,
    dealer: Option<String>,
    /// fold: ab1 and AB1 are one serial; exact: they are two. The same for all
    /// lists of an enterprise [default: fold]
    #[serde(default)]
    case: String,
    /// The address on the labels, such as `https://old.example.cn/q?c={serial}`
    url: Option<String>,
    /// The goods are on the market already: puts all of it on sale.
    #[serde(default)]
    on_sale: bool,
}

impl OfList {
    fn written(self) -> Written {
        Written {
            product: self.product,
            lot: self.lot,
            made_on: self.made_on,
            expires_on: self.expires_on,
            destination: self.destination,
            dealer: self.dealer,
            case: self.case,
            url: self.url,
            on_sale: self.on_sale,
        }
    }
}

/// Takes a list of serials that no signature goes with: one a line, or CSV with
/// a column `serial`; at most 1 GiB and 20 000 000 serials.
///
/// The answer comes when the file has come; the worker takes it in, all of it or
/// nothing. `GET /api/v1/own-imports/{id}` tells how far it is, and the batch.
#[utoipa::path(
    post,
    path = "/api/v1/own-imports",
    tag = "registry",
    security(("key" = [])),
    params(OfList),
    request_body(content(
        (String = "text/plain"),
        (String = "text/csv"),
    )),
    responses(
        (status = 202, body = OwnImportRecord, description = "The file is here, and waits for the worker"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "The file ended early"),
        Refused,
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "The file came too slowly"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Another list of the enterprise is under way"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 1 GiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another list of yours is being sent"),
    )
)]
pub async fn import(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    of: Result<Query<OfList>, Unread>,
    request: Request,
) -> Result<Response, Problem> {
    let Query(of) = of.map_err(|e| {
        let remedy = "give product, lot and made_on, and what else is wanted, behind the address";
        Problem::invalid(vec![FieldError::new("product", e.0, remedy)])
    })?;
    let _turn = desk.turns.take(Work::List, Holder::from(&who.scope))?;
    let new = prepared(&desk, &who.scope, &of.written()).await?;
    let file = request.into_body().into_data_stream();
    let import = keep(&desk, new, file, OWN_FILE_BYTES_MAX, &by).await?;
    let address = HeaderValue::from_str(&format!("/api/v1/own-imports/{}", import.id));
    let body = Json(OwnImportRecord::of(import));
    let mut response = (StatusCode::ACCEPTED, body).into_response();
    response.headers_mut().extend(address.ok().map(|address| (header::LOCATION, address)));
    Ok(response)
}

/// Lists within the key's reach, latest first.
#[utoipa::path(
    get,
    path = "/api/v1/own-imports",
    tag = "registry",
    security(("key" = [])),
    params(("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]")),
    responses(
        (status = 200, body = Vec<OwnImportRecord>, description = "Latest first"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A number or a limit out of bounds"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<OwnImportRecord>>, Problem> {
    let found = desk.ledger.imports(who.own(), Page::rows(page)?).await?;
    Ok(Json(found.into_iter().map(OwnImportRecord::of).collect()))
}

/// How far one list is, what is wrong with it, or the batch that came of it.
#[utoipa::path(
    get,
    path = "/api/v1/own-imports/{id}",
    tag = "registry",
    security(("key" = [])),
    params(("id" = String, Path, description = "UUID")),
    responses(
        (status = 200, body = OwnImportRecord, description = "The list"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such list within reach"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(id): Path<String>,
) -> Result<Json<OwnImportRecord>, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let import = desk.ledger.import(id).await?;
    if !who.scope.covers(&import.enterprise) {
        return Err(Problem::nothing());
    }
    Ok(Json(OwnImportRecord::of(import)))
}

/// A label of a batch of own serials.
#[derive(Serialize, ToSchema)]
pub struct OwnSerialRecord {
    /// Running number, by which everything else names the label.
    number: u64,
    /// As the list keeps it: without spaces and hyphens.
    serial: String,
}

/// Which labels are wanted.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    first: u64,
    limit: Option<u32>,
}

/// What stands on the labels of a batch of own serials, by running number.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/own-serials",
    tag = "registry",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("first" = Option<u64>, Query, description = "The running number to begin with [default: 0]"),
        ("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]"),
    ),
    responses(
        (status = 200, body = Vec<OwnSerialRecord>, description = "Ascending; empty for a batch of signed labels, and behind the last"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds"),
    )
)]
pub async fn serials(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(batch): Path<String>,
    wanted: Result<Query<Wanted>, Unread>,
) -> Result<Json<Vec<OwnSerialRecord>>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let first = wanted.as_ref().map_or(0, |Query(wanted)| wanted.first);
    if first > BATCH_LABELS_MAX {
        let remedy = format!("write a running number of the batch, at most {BATCH_LABELS_MAX}");
        let fault = FieldError::new("first", "is beyond every batch", remedy);
        return Err(Problem::invalid(vec![fault]));
    }
    let limit = Page::rows(wanted.map(|Query(wanted)| Query(Page { limit: wanted.limit })))?;
    let found = desk.ledger.serials_from(batch.id, first, limit).await?;
    let record = |(number, serial)| OwnSerialRecord { number, serial };
    Ok(Json(found.into_iter().map(record).collect()))
}
