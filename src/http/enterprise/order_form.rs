//! `/enterprise/order`: the form that registers a batch and orders its labels.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::batch;
use super::home::{batch_line, own};
use super::label_fields::{self, Labels};
use super::order_picture as picture;
use crate::auth::Member;
use crate::auth::duty::{Acting, Planning};
use crate::base::{By, FieldError, LedgerError, ids};
use crate::handoff::PrintHouse;
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::{page, regions};
use crate::http::desk::Desk;
use crate::http::orders;
use crate::http::problem::{Problem, ProblemDocument};
use crate::label::{self, Specification};
use crate::registry::fields::Fields;
use crate::registry::order::{BatchOrder, HandOver, NewOrder, Order};
use crate::registry::service::{self, Scope, prepare_batch};
use crate::registry::{Batch, BatchRef, Layers, Product};
use crate::web::console::{self, Choice, Frame, OrderForm, Typed};
use crate::web::verdict::named;

/// What the form sends; texts, as people typed them.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Asked {
    /// Made with the form: the same form sent twice is one order.
    order_key: String,
    /// KEY-BATCH of a registered batch; empty: the order registers one.
    batch: String,
    /// Running number of the first label of a registered batch.
    first: String,
    /// GTIN
    product: String,
    lot: String,
    made_on: String,
    expires_on: String,
    destination: String,
    dealer: String,
    layers: String,
    count: String,
    /// Codes of cases; empty: none.
    cases: String,
    /// Codes of pallets; empty: none.
    pallets: String,
    /// Day by which the labels are needed, such as 2026-12-01; empty: none.
    needed_by: String,
    /// Id of a printing house; empty: the enterprise prints itself.
    house: String,
    #[serde(flatten)]
    labels: Labels,
}

/// Which batch the form is for.
#[derive(Default, Deserialize)]
pub struct For {
    #[serde(default)]
    batch: String,
}

/// The form.
#[utoipa::path(
    get,
    path = "/enterprise/order",
    tag = "enterprise console",
    params(("batch" = Option<String>, Query, description = "KEY-BATCH whose labels are ordered; without it the order registers a batch")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Planning>>,
    wanted: Result<Query<For>, Unread>,
) -> Result<Response, Problem> {
    let batch = wanted.map_or_else(|_| For::default(), |Query(wanted)| wanted).batch;
    let order_key = ids::new_id(desk.clock.now()).to_string();
    let (first, labels) = ("0".to_owned(), Labels::usual());
    let asked = Asked { order_key, batch, first, labels, ..Asked::default() };
    show(&desk, &who, frame, &asked, &[], StatusCode::OK).await
}

/// Registers the batch and places the order, both or neither.
#[utoipa::path(
    post,
    path = "/enterprise/order",
    tag = "enterprise console",
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the order"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn place(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    match order(&desk, &who, &by, &asked).await {
        Ok(order) => {
            desk.show_changes().await;
            Ok(Redirect::to(&format!("/enterprise/orders/{}", order.id)).into_response())
        }
        Err(LedgerError::Invalid(faults)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show(&desk, &who, frame, &asked, &faults, status).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows the form again with a picture of what was filled in; nothing is
/// registered or ordered.
#[utoipa::path(
    post,
    path = "/enterprise/order/preview",
    tag = "enterprise console",
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html", description = "The form"))
)]
pub async fn preview(
    State(desk): State<Desk>,
    AtConsole { who, mut frame, .. }: AtConsole<Acting<Planning>>,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    frame.path = "/enterprise/order".to_owned();
    show(&desk, &who, frame, &asked, &[], StatusCode::OK).await
}

async fn order(desk: &Desk, who: &Member, by: &By, asked: &Asked) -> Result<Order, LedgerError> {
    let scope = Scope::One(own(who).map_err(|_| LedgerError::NotFound("enterprise".into()))?);
    if asked.order_key.parse::<Uuid>().is_err() {
        let fault = FieldError::new("order_key", "is not the form's", "open the form anew");
        return Err(LedgerError::Invalid(vec![fault]));
    }
    if asked.batch.is_empty() {
        with_batch(desk, by, &scope, asked).await
    } else {
        of_batch(desk, by, &scope, asked).await
    }
}

fn invalid(fault: FieldError) -> LedgerError {
    LedgerError::Invalid(vec![fault])
}

/// Registers a batch with the order, which has all labels of its items.
async fn with_batch(
    desk: &Desk,
    by: &By,
    scope: &Scope,
    asked: &Asked,
) -> Result<Order, LedgerError> {
    let text = |text: &str| Some(text.to_owned());
    let row = Fields::from([
        ("product", text(&asked.product)),
        ("lot", text(&asked.lot)),
        ("made_on", text(&asked.made_on)),
        ("expires_on", text(&asked.expires_on)),
        ("destination", text(&asked.destination)),
        ("dealer", text(&asked.dealer)),
        ("layers", text(&asked.layers)),
        ("count", text(&asked.count)),
        ("cases", text(&asked.cases)),
        ("pallets", text(&asked.pallets)),
    ]);
    let keys = desk.scanner.keys.load_full();
    let batch = prepare_batch(&*desk.ledger, &keys, scope, &row).await?;
    let specification = asked.labels.specification(0, batch.new.count).map_err(invalid)?;
    if !specification.codes.are_of_items() {
        let problem = "a new batch begins with the labels of its items";
        return Err(invalid(FieldError::new(
            "codes",
            problem,
            "order those of cases and pallets behind it",
        )));
    }
    // Its number is not known yet; the largest is the widest.
    let labels = labels(desk, &batch.numbered(u32::MAX, by.at), specification).await?;
    let new = BatchOrder {
        batch,
        order_key: asked.order_key.clone(),
        specification: written(&labels.specification)?,
        created_by: by.login.clone(),
        hand_over: asked.hand_over().map_err(invalid)?,
    };
    desk.ledger.place_with_batch(&new, by).await
}

/// Orders further labels of a registered batch, or those of its cases or pallets.
async fn of_batch(
    desk: &Desk,
    by: &By,
    scope: &Scope,
    asked: &Asked,
) -> Result<Order, LedgerError> {
    let nothing = |_| LedgerError::NotFound(format!("batch {}", asked.batch));
    let id: BatchRef = asked.batch.parse().map_err(nothing)?;
    let batch = service::batch(&*desk.ledger, scope, id).await?;
    let number = |field: &str, text: &str| {
        let wrong =
            |_| invalid(FieldError::new(field, format!("{text:?} is no number"), "write one"));
        text.trim().parse::<u64>().map_err(wrong)
    };
    let first = number("first", &asked.first)?;
    let mut specification = asked.labels.specification(first, 0).map_err(invalid)?;
    let holds = specification.holds(batch.count, batch.cases, batch.pallets);
    specification.count = match asked.count.trim() {
        "" => holds.saturating_sub(first),
        count => number("count", count)?,
    };
    let labels = labels(desk, &batch, specification).await?;
    let new = NewOrder {
        enterprise: batch.enterprise,
        order_key: asked.order_key.clone(),
        batch: id,
        labels: labels.specification.count,
        specification: written(&labels.specification)?,
        directory: None,
        created_by: by.login.clone(),
        hand_over: asked.hand_over().map_err(invalid)?,
    };
    desk.ledger.place(&new, by).await
}

/// What the labels are made from, if they can be made.
async fn labels(
    desk: &Desk,
    batch: &Batch,
    specification: Specification,
) -> Result<label::Order, LedgerError> {
    let product = desk.ledger.product(&batch.product).await?;
    let enterprise = desk.ledger.enterprise(&batch.enterprise).await?;
    orders::labels(batch, &product, &enterprise, specification, &desk.site.public_url)
        .map_err(LedgerError::Invalid)
}

fn written(specification: &Specification) -> Result<serde_json::Value, LedgerError> {
    serde_json::to_value(specification).map_err(|e| LedgerError::Unavailable(e.to_string()))
}

impl Asked {
    fn hand_over(&self) -> Result<HandOver, FieldError> {
        let day = Some(self.needed_by.trim()).filter(|text| !text.is_empty());
        let house = Some(self.house.trim()).filter(|text| !text.is_empty());
        orders::hand_over(day, house)
    }
}

async fn show(
    desk: &Desk,
    who: &Member,
    f: Frame,
    asked: &Asked,
    faults: &[FieldError],
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let products = desk.ledger.products(Some(&own(who)?)).await?;
    let typed = |name: &str, value: &str| Typed::of(name, value, faults, lang);
    const SHOWN: [&str; 12] = [
        "product",
        "lot",
        "made_on",
        "expires_on",
        "dealer",
        "count",
        "cases",
        "pallets",
        "range",
        "first",
        "needed_by",
        "house",
    ];
    let beside = |field: &str| SHOWN.contains(&field) || label_fields::SHOWN.contains(&field);
    let others = faults.iter().filter(|fault| !beside(&fault.field));
    let batch = match asked.batch.as_str() {
        "" => None,
        name => Some(batch::find(desk, who, name).await?),
    };
    let held = batch.as_ref().map_or((0, 0), |batch| (batch.cases, batch.pallets));
    let wish = picture::Wish {
        product: &asked.product,
        lot: &asked.lot,
        made_on: &asked.made_on,
        layers: &asked.layers,
        specification: asked.labels.specification(0, 1).ok(),
    };
    let picture = picture::of(desk, &products, batch.as_ref(), wish).await;
    let houses = desk.ledger.houses(&own(who)?).await?;
    let form = OrderForm {
        order_key: asked.order_key.clone(),
        products: products.iter().map(|product| choice(product, asked, &f)).collect(),
        product_error: typed("product", "").error,
        lot: typed("lot", &asked.lot),
        made_on: typed("made_on", &asked.made_on),
        expires_on: typed("expires_on", &asked.expires_on),
        destinations: regions(&asked.destination, &f),
        dealer: typed("dealer", &asked.dealer),
        layers: [Layers::Outer, Layers::OuterAndInner]
            .map(|layers| Choice {
                value: layers.slug().to_owned(),
                text: console::layers(layers).of(lang).to_owned(),
                chosen: layers.slug() == asked.layers,
            })
            .into(),
        count: typed("count", &asked.count),
        cases: typed("cases", &asked.cases),
        pallets: typed("pallets", &asked.pallets),
        first: typed("first", &asked.first),
        needed_by: typed("needed_by", &asked.needed_by),
        houses: houses_choices(&houses, &asked.house, &f),
        house_error: typed("house", "").error,
        picture,
        labels: asked.labels.shown(&f, faults, held),
        batch: batch.map(|batch| batch_line(&batch, &desk.scanner.register.load(), &f)),
        cases_held: held.0,
        pallets_held: held.1,
        other: others.map(|fault| console::fault(fault, lang)).collect(),
        f,
    };
    page(&form, lang, status)
}

fn choice(product: &Product, asked: &Asked, f: &Frame) -> Choice {
    let gtin = product.gtin.to_string();
    Choice {
        text: format!("{} {}", named(&product.name, f.lang), product.net_content),
        chosen: gtin == asked.product,
        value: gtin,
    }
}

fn houses_choices(houses: &[PrintHouse], chosen: &str, f: &Frame) -> Vec<Choice> {
    let ourselves = Choice {
        value: String::new(),
        text: f.t("自己印", "we print ourselves").to_owned(),
        chosen: chosen.is_empty(),
    };
    let house = |house: &PrintHouse| {
        let value = house.id.to_string();
        Choice { text: house.new.name.clone(), chosen: value == chosen, value }
    };
    let open = houses.iter().filter(|house| house.retired_at.is_none());
    std::iter::once(ourselves).chain(open.map(house)).collect()
}
