//! `/enterprise/order`: the form that registers a batch and orders its labels.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::home::own;
use crate::auth::Member;
use crate::base::{FieldError, LedgerError, ids, places};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::orders;
use crate::http::problem::Problem;
use crate::label::template::TEMPLATES;
use crate::label::{Kind, PRINTERS};
use crate::registry::fields::Fields;
use crate::registry::order::{BatchOrder, Order};
use crate::registry::service::{Scope, prepare_batch};
use crate::registry::{Layers, Product};
use crate::web::console::{self, Choice, Frame, OrderForm, Typed};
use crate::web::verdict::named;

/// What the form sends; texts, as people typed them.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Asked {
    /// Made with the form: the same form sent twice is one order.
    order_key: String,
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
    format: String,
    /// Layout of PDF and ZPL.
    template: String,
    /// Printer profile.
    printer: String,
}

/// The form.
#[utoipa::path(
    get,
    path = "/enterprise/order",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame }: AtConsole<Member>,
) -> Result<Response, Problem> {
    let asked = Asked { order_key: ids::new_id(desk.clock.now()).to_string(), ..Asked::default() };
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
    AtConsole { who, frame }: AtConsole<Member>,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    match order(&desk, &who, &asked).await {
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

async fn order(desk: &Desk, who: &Member, asked: &Asked) -> Result<Order, LedgerError> {
    let invalid = |fault| LedgerError::Invalid(vec![fault]);
    let scope = Scope::One(own(who).map_err(|_| LedgerError::NotFound("enterprise".into()))?);
    if asked.order_key.parse::<Uuid>().is_err() {
        let fault = FieldError::new("order_key", "is not the form's", "open the form anew");
        return Err(invalid(fault));
    }
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
    ]);
    let keys = desk.scanner.keys.load_full();
    let batch = prepare_batch(&*desk.ledger, &keys, &scope, &row).await?;
    let specification = orders::Asked {
        format: &asked.format,
        template: Some(&asked.template),
        printer: Some(&asked.printer),
        module_mm: None,
        codes: None,
    };
    let specification = specification.specification(0, batch.new.count).map_err(invalid)?;
    let specification = serde_json::to_value(specification)
        .map_err(|error| LedgerError::Unavailable(error.to_string()))?;
    let new = BatchOrder {
        batch,
        order_key: asked.order_key.clone(),
        specification,
        created_by: who.login.clone(),
    };
    desk.ledger.place_with_batch(&new, desk.clock.now()).await
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
    const SHOWN: [&str; 10] = [
        "product",
        "lot",
        "made_on",
        "expires_on",
        "dealer",
        "count",
        "cases",
        "range",
        "template",
        "printer",
    ];
    let others = faults.iter().filter(|fault| !SHOWN.contains(&fault.field.as_str()));
    let templates = TEMPLATES.map(|(name, _)| (name, console::template(name).of(lang).to_owned()));
    let printers = PRINTERS.map(|p| (p.name, p.name.to_owned()));
    let form = OrderForm {
        order_key: asked.order_key.clone(),
        products: products.iter().map(|product| choice(product, asked, &f)).collect(),
        product_error: typed("product", "").error,
        lot: typed("lot", &asked.lot),
        made_on: typed("made_on", &asked.made_on),
        expires_on: typed("expires_on", &asked.expires_on),
        destinations: destinations(&asked.destination, &f),
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
        formats: Kind::ALL
            .map(|kind| Choice {
                value: kind.name().to_owned(),
                text: console::format(kind).of(lang).to_owned(),
                chosen: kind.name() == asked.format,
            })
            .into(),
        template_error: typed("template", "").error,
        templates: choices(&f, templates, &asked.template),
        printer_error: typed("printer", "").error,
        printers: choices(&f, printers, &asked.printer),
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

/// What the format takes by itself, then each of `names`.
fn choices<const N: usize>(f: &Frame, named: [(&str, String); N], chosen: &str) -> Vec<Choice> {
    let usual = Choice {
        value: String::new(),
        text: f.t("按文件格式自动选择", "the usual one of the format").to_owned(),
        chosen: chosen.is_empty(),
    };
    let named =
        named.map(|(name, text)| Choice { value: name.to_owned(), text, chosen: name == chosen });
    std::iter::once(usual).chain(named).collect()
}

/// Anywhere, then each province with its prefectures.
fn destinations(chosen: &str, f: &Frame) -> Vec<Choice> {
    let anywhere = Choice {
        value: "0".to_owned(),
        text: f.t("不限", "anywhere").to_owned(),
        chosen: chosen.is_empty(),
    };
    let regions = places::all().iter().map(|region| {
        let value = region.code.to_string();
        let indent = if region.is_province() { "" } else { "\u{3000}" };
        Choice { text: format!("{indent}{}", region.name(f.lang)), chosen: value == chosen, value }
    });
    std::iter::once(anywhere).chain(regions).collect()
}
