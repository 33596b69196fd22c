//! `/api/v1/products`

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::NewProduct;
use super::{Refused, add as register, added};
use crate::auth::duty::Planning;
use crate::http::access::{ByKey, Registrar, With};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::import::ImportKind;
use crate::registry::port::Registered;
use crate::registry::{Product, fields};

/// A registered product.
#[derive(Serialize, ToSchema)]
pub struct ProductRecord {
    /// 14 digits.
    gtin: String,
    /// Unified social credit code of its maker.
    enterprise: String,
    name_zh: String,
    name_en: String,
    /// liquor, meat, oil, food or other
    category: String,
    standard: String,
    net_content: String,
    /// null: keeps without limit.
    shelf_life_days: Option<u32>,
    /// https addresses.
    pictures: Vec<String>,
}

impl From<Product> for ProductRecord {
    fn from(p: Product) -> Self {
        Self {
            gtin: p.gtin.to_string(),
            enterprise: p.enterprise.to_string(),
            name_zh: p.name.zh,
            name_en: p.name.en,
            category: p.category,
            standard: p.standard,
            net_content: p.net_content,
            shelf_life_days: p.shelf_life_days,
            pictures: p.pictures,
        }
    }
}

/// Products within the key's reach.
#[utoipa::path(
    get,
    path = "/api/v1/products",
    tag = "registry",
    security(("key" = [])),
    responses(
        (status = 200, body = Vec<ProductRecord>, description = "By GTIN"),
        Refused,
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
) -> Result<Json<Vec<ProductRecord>>, Problem> {
    let found = desk.ledger.products(who.own()).await?;
    Ok(Json(found.into_iter().map(ProductRecord::from).collect()))
}

/// Registers a product.
#[utoipa::path(
    post,
    path = "/api/v1/products",
    tag = "registry",
    security(("key" = [])),
    request_body = NewProduct,
    responses(
        (status = 201, body = ProductRecord, description = "Registered"),
        (status = 200, body = ProductRecord, description = "The very same was registered before"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let (done, row) = register(&desk, &who.scope, &by, ImportKind::Products, &body).await?;
    let product = fields::product(&row).map_err(Problem::invalid)?;
    let record = ProductRecord::from(product);
    Ok(added(done != Registered::Unchanged, "/api/v1/products", record))
}
