//! `/enterprise/products`: what labels can be ordered for.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::duty::{Acting, Planning};
use crate::auth::{Duty, Member};
use crate::base::{FieldError, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::lists::{self, Asked};
use crate::http::problem::{Problem, ProblemDocument};
use crate::lists::{List, Within};
use crate::registry::check::CATEGORIES;
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::service::{Scope, change_product, register};
use crate::registry::{Gtin, Product, Uscc};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::products::{ProductForm, ProductPage, ProductsPage, category};
use crate::web::verdict::named;

/// A product, as people typed it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedProduct {
    gtin: String,
    name_zh: String,
    name_en: String,
    /// liquor, meat, oil, food or other
    category: String,
    standard: String,
    net_content: String,
    shelf_life_days: String,
}

impl TypedProduct {
    /// Programs give the addresses of pictures; here they stay as they are.
    fn fields(&self, own: &Uscc, pictures: &[String]) -> Fields {
        let of = |value: &String| Some(value.clone());
        let mut fields = Fields::from([
            ("gtin", of(&self.gtin)),
            ("enterprise", Some(own.to_string())),
            ("name_zh", of(&self.name_zh)),
            ("name_en", of(&self.name_en)),
            ("category", of(&self.category)),
            ("standard", of(&self.standard)),
            ("net_content", of(&self.net_content)),
            ("shelf_life_days", of(&self.shelf_life_days)),
        ]);
        fields.set_list("pictures", pictures.to_vec());
        fields
    }

    fn form(&self, faults: &[FieldError], f: &Frame) -> ProductForm {
        let of = |name: &str, value: &str| Typed::of(name, value, faults, f.lang);
        ProductForm {
            gtin: of("gtin", &self.gtin),
            name_zh: of("name_zh", &self.name_zh),
            name_en: of("name_en", &self.name_en),
            categories: CATEGORIES
                .iter()
                .map(|slug| Choice {
                    value: (*slug).to_owned(),
                    text: category(slug).of(f.lang).to_owned(),
                    chosen: *slug == self.category,
                })
                .collect(),
            category_error: of("category", "").error,
            standard: of("standard", &self.standard),
            net_content: of("net_content", &self.net_content),
            shelf_life_days: of("shelf_life_days", &self.shelf_life_days),
        }
    }
}

impl From<&Product> for TypedProduct {
    fn from(p: &Product) -> Self {
        Self {
            gtin: p.gtin.to_string(),
            name_zh: p.name.zh.clone(),
            name_en: p.name.en.clone(),
            category: p.category.clone(),
            standard: p.standard.clone(),
            net_content: p.net_content.clone(),
            shelf_life_days: p.shelf_life_days.map(|days| days.to_string()).unwrap_or_default(),
        }
    }
}

/// Those that are registered, and for planners the form for another.
#[utoipa::path(
    get,
    path = "/enterprise/products",
    tag = "enterprise console",
    params(
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.unwrap_or_default();
    products(&desk, &who, frame, (&TypedProduct::default(), &[]), &asked).await
}

/// Registers a product.
#[utoipa::path(
    post,
    path = "/enterprise/products",
    tag = "enterprise console",
    request_body(content = TypedProduct, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the list"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    Posted(typed): Posted<TypedProduct>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let keys = desk.scanner.keys.load_full();
    let rows = [(0, typed.fields(&own, &[]))];
    let scope = Scope::One(own);
    match register(&*desk.ledger, &keys, &scope, ImportKind::Products, &rows, &by).await {
        Ok(_) => {
            desk.show_changes().await;
            Ok(Redirect::to("/enterprise/products").into_response())
        }
        Err(LedgerError::Invalid(faults)) => {
            products(&desk, &who, frame, (&typed, &faults), &Asked::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The form by which a product is corrected.
#[utoipa::path(
    get,
    path = "/enterprise/products/{gtin}",
    tag = "enterprise console",
    params(("gtin" = String, Path, description = "GTIN")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such product of this enterprise"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Planning>>,
    Path(gtin): Path<String>,
) -> Result<Response, Problem> {
    let product = find(&desk, &who, &gtin).await?;
    correct(frame, &product, &TypedProduct::from(&product), &[])
}

/// Corrects a product.
#[utoipa::path(
    post,
    path = "/enterprise/products/{gtin}",
    tag = "enterprise console",
    params(("gtin" = String, Path, description = "GTIN")),
    request_body(content = TypedProduct, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the list"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such product of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn change(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    Path(gtin): Path<String>,
    Posted(typed): Posted<TypedProduct>,
) -> Result<Response, Problem> {
    let product = find(&desk, &who, &gtin).await?;
    let typed = TypedProduct { gtin: product.gtin.to_string(), ..typed };
    let own = own(&who)?;
    let row = typed.fields(&own, &product.pictures);
    match change_product(&*desk.ledger, &Scope::One(own), &row, &by).await {
        Ok(_) => {
            desk.show_changes().await;
            Ok(Redirect::to("/enterprise/products").into_response())
        }
        Err(LedgerError::Invalid(faults)) => correct(frame, &product, &typed, &faults),
        Err(error) => Err(error.into()),
    }
}

async fn find(desk: &Desk, who: &Member, gtin: &str) -> Result<Product, Problem> {
    let gtin = Gtin::parse(gtin).map_err(|_| Problem::nothing())?;
    let product = desk.ledger.product(&gtin).await?;
    if product.enterprise != own(who)? {
        return Err(Problem::nothing());
    }
    Ok(product)
}

async fn products(
    desk: &Desk,
    who: &Member,
    f: Frame,
    (typed, faults): (&TypedProduct, &[FieldError]),
    asked: &Asked,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let within = Within::Enterprise(own(who)?);
    let at = ("/enterprise/products", &f);
    let list = lists::shown(desk, &within, List::Products, asked, at).await?;
    let status = lists::status_of(&list, faults);
    let shown =
        ProductsPage { list, form: f.may(Duty::Planner).then(|| typed.form(faults, &f)), f };
    page(&shown, lang, status)
}

fn correct(
    f: Frame,
    product: &Product,
    typed: &TypedProduct,
    faults: &[FieldError],
) -> Result<Response, Problem> {
    let lang = f.lang;
    let shown = ProductPage {
        name: named(&product.name, lang).to_owned(),
        gtin: product.gtin.to_string(),
        printed: Gtin::printed(product.gtin.as_str()).to_owned(),
        form: typed.form(faults, &f),
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}
