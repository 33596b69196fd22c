//! `/api/v1/products`

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::NewProduct;
use super::{Refused, add as register, added};
use crate::auth::duty::Planning;
use crate::base::FieldError;
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::Path;
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::import::ImportKind;
use crate::registry::port::Registered;
use crate::registry::service::change_product;
use crate::registry::{Gtin, Product, fields};

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

/// Gives a product other particulars: all of them, as they shall be. Its GTIN
/// and its maker stay; its net content too, once labels were ordered.
#[utoipa::path(
    put,
    path = "/api/v1/products/{gtin}",
    tag = "registry",
    security(("key" = [])),
    params(("gtin" = String, Path, description = "GTIN of 8, 12, 13 or 14 digits")),
    request_body = NewProduct,
    responses(
        (status = 200, body = ProductRecord, description = "As it is now"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such product within the key's reach"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn change(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Path(gtin): Path<String>,
    Sent(body): Sent,
) -> Result<Json<ProductRecord>, Problem> {
    let gtin = Gtin::parse(&gtin).map_err(|_| Problem::nothing())?;
    if !who.scope.covers(&desk.ledger.product(&gtin).await?.enterprise) {
        return Err(Problem::nothing());
    }
    let row = json::read(&body)?;
    let product = fields::product(&row).map_err(Problem::invalid)?;
    if product.gtin != gtin {
        let fault = FieldError::new("gtin", "is another than in the path", "write the same");
        return Err(Problem::invalid(vec![fault]));
    }
    change_product(&*desk.ledger, &who.scope, &row, &by).await?;
    desk.show_changes().await;
    Ok(Json(ProductRecord::from(product)))
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
