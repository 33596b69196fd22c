//! The answer to a scan as JSON: the shape is a contract.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use uuid::Uuid;

use crate::base::Lang;
use crate::http::Services;
use crate::http::consumer::ask::Asked;
use crate::http::problem::Problem;
use crate::registry::journey::Milestone;
use crate::registry::{Bilingual, Enterprise};
use crate::scan::own::OwnAnswer;
use crate::scan::service::{Item, RecordState, ScanSummary};
use crate::scan::{Assurance, Outcome, Place};
use crate::web::verdict::named;

/// What is said of one label, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScanAnswer<'a> {
    #[schema(schema_with = outcome_schema)]
    outcome: Outcome,
    /// The one that decided comes first; never empty.
    reasons: Vec<ReasonText>,
    /// Probability that the code was copied, 0 to 1; signed-in callers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0)]
    risk: Option<f64>,
    /// What it rests on beside the history: `signed`, a good signature;
    /// `history_only`, a maker's own number, which its list has and nothing signs;
    /// `none`, nothing.
    #[schema(schema_with = assurance_schema)]
    assurance: &'static str,
    /// 20 characters, or a maker's own as its list keeps it; null where nothing
    /// could be parsed.
    serial: Option<Cow<'a, str>>,
    /// To choose from, where a bare serial stands in the lists of more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    makers: Option<Vec<MakerView<'a>>>,
    scan_id: Uuid,
    /// To be read out to an officer: `ABCD-EFGH`.
    reference: &'a str,
    /// Whether this scan is in the label's history now.
    recorded: bool,
    /// Absent where no history was read, and for `not_genuine`.
    #[serde(skip_serializing_if = "Option::is_none")]
    scans: Option<Scans>,
    /// Absent for `not_genuine`, as are the batch and the journey.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<BatchView<'a>>,
    /// What is known of the item's way, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    journey: Option<Vec<JourneyStep>>,
}

/// A maker whose list has the serial that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct MakerView<'a> {
    /// Unified social credit code.
    enterprise: &'a str,
    name: Named<'a>,
    /// Where the serial is asked for as this maker's.
    path: String,
}

/// A reason of a verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonText {
    /// Stable slug.
    code: &'static str,
    /// A sentence in the language of the request.
    text: String,
}

/// What the label's history says in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scans {
    /// Scans so far, this one included where it was recorded.
    count: u64,
    /// Distinct phones; an estimate beyond the last 64 scans.
    devices: u32,
    first: FirstScan,
}

/// The first scan of the label by a consumer.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirstScan {
    /// RFC 3339.
    #[schema(format = DateTime)]
    at: String,
    place: Option<PlaceView>,
}

/// A coarse place in the language of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceView {
    region: Cow<'static, str>,
    city: Option<&'static str>,
}

/// A name in Chinese and English.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named<'a> {
    zh: &'a str,
    en: &'a str,
}

/// The product that the label is registered for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductView<'a> {
    /// 14 digits.
    gtin: &'a str,
    name: Named<'a>,
    enterprise: Named<'a>,
    category: &'a str,
    standard: &'a str,
    net_content: &'a str,
}

/// The batch that the label belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView<'a> {
    lot: &'a str,
    #[schema(value_type = String, format = Date)]
    made_on: Date,
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<Date>,
}

/// One step of the item's way.
#[derive(Debug, Serialize, ToSchema)]
pub struct JourneyStep {
    /// `made`, `bottled`, `inspected`, `packed`, `shipped` or `first_queried`;
    /// all but the last are told of the batch, the first time that it happened.
    step: &'static str,
    /// RFC 3339 day or instant.
    at: String,
    place: Option<PlaceView>,
    /// The station that inspected; the dealer, where the maker names dealers.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Number of the inspection's report.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
    /// What the inspection found.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<bool>,
}

fn assurance_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(Assurance::ALL.map(Assurance::slug)))
        .build()
        .into()
}

fn outcome_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(Outcome::ALL.map(Outcome::slug)))
        .build()
        .into()
}

impl<'a> ScanAnswer<'a> {
    pub fn new(asked: &'a Asked, services: &Services) -> Self {
        let Asked { answer, lang, .. } = asked;
        let verdict = &answer.verdict;
        let told = verdict.outcome != Outcome::NotGenuine;
        let item = answer.item.as_ref().filter(|_| told);
        let scans = answer.scans.filter(|_| told);
        Self {
            outcome: verdict.outcome,
            reasons: verdict
                .reasons
                .iter()
                .map(|r| ReasonText { code: r.slug(), text: r.text(*lang, &services.zone) })
                .collect(),
            risk: asked.sees_all.then_some(verdict.risk),
            assurance: answer.assurance.slug(),
            serial: match &answer.own {
                Some(own) => Some(Cow::Borrowed(&*own.serial)),
                None => answer.payload.map(|p| p.serial_text().into()),
            },
            makers: answer.own.as_ref().filter(|own| own.makers.len() > 1).map(MakerView::all),
            scan_id: asked.visit.scan_id,
            reference: &asked.reference,
            recorded: matches!(answer.recorded, RecordState::Recorded | RecordState::Repeated),
            scans: scans.map(|s| Scans::new(s, *lang)),
            product: item.map(ProductView::new),
            batch: item.map(BatchView::new),
            journey: item.map(|item| {
                let register = services.scanner.register.load();
                journey(item, register.milestones(item.facts.batch.id), scans, *lang)
            }),
        }
    }
}

impl IntoResponse for ScanAnswer<'_> {
    /// As axum's `Json`, with room for all of it from the first.
    fn into_response(self) -> Response {
        const BYTES: usize = 1_536;
        let mut body = Vec::with_capacity(BYTES);
        match serde_json::to_writer(&mut body, &self) {
            Ok(()) => {
                let media = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, media)], body).into_response()
            }
            Err(_) => Problem::broken().into_response(),
        }
    }
}

impl<'a> MakerView<'a> {
    fn all(own: &'a OwnAnswer) -> Vec<Self> {
        let one = |maker: &'a Arc<Enterprise>| Self {
            enterprise: maker.uscc.as_str(),
            name: Named::new(&maker.name),
            path: own.path_of(maker),
        };
        own.makers.iter().map(one).collect()
    }
}

impl Scans {
    fn new(s: ScanSummary, lang: Lang) -> Self {
        let first =
            FirstScan { at: s.first_at.rfc3339(), place: PlaceView::new(s.first_place, lang) };
        Self { count: s.count, devices: s.devices, first }
    }
}

impl PlaceView {
    pub(in crate::http) fn new(place: Place, lang: Lang) -> Option<Self> {
        let region = match place.region() {
            Some(region) => region.name(lang).into(),
            None => place.text(lang)?.into(),
        };
        Some(Self { region, city: place.city().map(|city| city.name(lang)) })
    }
}

impl<'a> Named<'a> {
    fn new(name: &'a Bilingual) -> Self {
        Self { zh: &name.zh, en: &name.en }
    }
}

impl<'a> ProductView<'a> {
    fn new(item: &'a Item) -> Self {
        let product = &item.facts.product;
        Self {
            gtin: product.gtin.as_str(),
            name: Named::new(&product.name),
            enterprise: Named::new(&item.facts.enterprise.name),
            category: &product.category,
            standard: &product.standard,
            net_content: &product.net_content,
        }
    }
}

impl<'a> BatchView<'a> {
    fn new(item: &'a Item) -> Self {
        let batch = &item.facts.batch;
        Self { lot: &batch.lot, made_on: batch.made_on, expires_on: batch.expires_on }
    }
}

fn journey(
    item: &Item,
    milestones: &[Milestone],
    scans: Option<ScanSummary>,
    lang: Lang,
) -> Vec<JourneyStep> {
    let step =
        |step, at, place| JourneyStep { step, at, place, by: None, report: None, passed: None };
    let made = step("made", item.facts.batch.made_on.to_string(), None);
    let on_the_way = milestones.iter().map(|m| JourneyStep {
        by: Some(named(&m.name, lang).to_owned()).filter(|name| !name.is_empty()),
        report: Some(m.report.clone()).filter(|report| !report.is_empty()),
        passed: m.passed,
        ..step(m.kind.slug(), m.at.rfc3339(), PlaceView::new(Place(m.region), lang))
    });
    let queried = scans
        .map(|s| step("first_queried", s.first_at.rfc3339(), PlaceView::new(s.first_place, lang)));
    std::iter::once(made).chain(on_the_way).chain(queried).collect()
}
