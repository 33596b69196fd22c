//! `POST /api/v1/scans`: the same answer for programs.

use std::pin::pin;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use uuid::Uuid;

use crate::base::limits::SCAN_BODY_BYTES_MAX;
use crate::http::Services;
use crate::http::bodies;
use crate::http::client::Client;
use crate::http::consumer::answer::ScanAnswer;
use crate::http::consumer::ask::{Head, Wish, admit, ask, name};
use crate::http::consumer::direct::Direct;
use crate::http::consumer::page::label;
use crate::http::consumer::visit::Caller;
use crate::http::json::{self, Object};
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::Channel;

/// A scan. Members that are not listed are ignored; none may stand twice.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ScanRequest {
    /// A code, its address, a GS1 Digital Link, a serial, or what stands on a
    /// maker's own label: any text.
    #[serde(deserialize_with = "text")]
    code: String,
    /// The same id again is the same scan.
    #[serde(default, deserialize_with = "scan_id")]
    scan_id: Option<Uuid>,
    /// What an app calls its device. A claim: many from one network weigh as one.
    #[serde(default, deserialize_with = "device")]
    device: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Location>)]
    location: Option<Object<Location>>,
    /// Anything but consumer is believed of signed-in callers only.
    #[serde(default, deserialize_with = "channel")]
    #[schema(schema_with = channel_schema)]
    channel: Option<Channel>,
}

/// A precise place, given because the person tapped for it.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct Location {
    /// Degrees, WGS 84.
    #[serde(deserialize_with = "lat")]
    #[schema(minimum = -90.0, maximum = 90.0)]
    pub(in crate::http) lat: f64,
    #[serde(deserialize_with = "lon")]
    #[schema(minimum = -180.0, maximum = 180.0)]
    pub(in crate::http) lon: f64,
    /// Radius of uncertainty; 1 km where it is not said.
    #[serde(default = "kilometre", deserialize_with = "accuracy")]
    #[schema(minimum = 0.0, maximum = 10_000_000.0)]
    pub(in crate::http) accuracy_m: f64,
}

fn kilometre() -> f64 {
    1_000.0
}

fn channel_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some([
            Some("consumer"),
            Some("retail"),
            Some("officer"),
            Some("factory"),
            None,
        ]))
        .build()
        .into()
}

/// Puts the member's name and the remedy before what serde says.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
    name: &str,
    remedy: &str,
) -> Result<T, D::Error> {
    T::deserialize(d).map_err(|e| D::Error::custom(format!("`{name}`: write {remedy}: {e}")))
}

fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    named(d, "code", "a string")
}

fn scan_id<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Uuid>, D::Error> {
    named(d, "scan_id", "a UUID or leave it out")
}

fn device<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    named(d, "device", "a string or leave it out")
}

fn channel<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Channel>, D::Error> {
    named(d, "channel", "consumer, retail, officer or factory")
}

fn within<'de, D: Deserializer<'de>>(
    d: D,
    name: &str,
    remedy: &str,
    low: f64,
    high: f64,
) -> Result<f64, D::Error> {
    let value: f64 = named(d, name, remedy)?;
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("`{name}`: write {remedy}: {value} is not")))
    }
}

fn lat<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    within(d, "location.lat", "degrees from -90 to 90", -90.0, 90.0)
}

fn lon<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    within(d, "location.lon", "degrees from -180 to 180", -180.0, 180.0)
}

fn accuracy<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    within(d, "location.accuracy_m", "metres from 0 to 10000000", 0.0, 1e7)
}

/// Answers a scan.
///
/// Any string as code gets an outcome; only broken JSON, wrong types and
/// impossible coordinates are refused.
#[utoipa::path(
    post,
    path = "/api/v1/scans",
    tag = "consumer",
    request_body = ScanRequest,
    responses(
        (status = 200, body = ScanAnswer<'static>, description = "An outcome"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "The body came too slowly"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 2 MiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "JSON of another shape; names the member"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this device or network"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too much to do"),
    )
)]
pub async fn scan(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let route = &services.counts.post;
    if let Some(refusal) = services.refusals.now(&services, &parts, route) {
        return refusal;
    }
    let direct = Direct::begin(&services, &parts, route);
    let head = Head { method: &parts.method, headers: &parts.headers, client: &direct.client };
    // A body that is slow to come holds no place of those who have asked already, nor one
    // of those that others' bodies have on their way where its sender asks too often.
    let body = match admit(&services, head) {
        Err(problem) => Err(problem),
        Ok(()) => {
            let body = bodies::whole(body, SCAN_BODY_BYTES_MAX);
            services.on_the_way.within(body).await.and_then(std::convert::identity)
        }
    };
    direct.answer(&parts, pin!(answered(&services, &direct.client, &parts, body))).await
}

async fn answered(
    services: &Services,
    client: &Client,
    parts: &Parts,
    body: Result<Bytes, Problem>,
) -> Result<Response, Problem> {
    let head = Head { method: &parts.method, headers: &parts.headers, client };
    let scan = read(&body?)?;

    let named = name(services, head, &scan.code).await?;
    let at = services.clock.now();
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let visit = services.visits.of_post(&Caller {
        headers: &parts.headers,
        client,
        payload: named.payload(),
        scan_id: scan.scan_id,
        device: scan.device.as_deref(),
        at,
    });
    let wish = Wish {
        lang,
        at,
        location: scan.location.map(|Object(l)| (l.lat, l.lon, l.accuracy_m)),
        channel: scan.channel,
        record: true,
    };
    let asked = ask(services, head, named, visit, wish).await;
    let mut response = ScanAnswer::new(&asked, services).into_response();
    label(response.headers_mut(), lang);
    Ok(response)
}

/// Members that a message may name.
const MEMBERS: [&str; 8] = [
    "location.accuracy_m",
    "location.lat",
    "location.lon",
    "location",
    "scan_id",
    "device",
    "channel",
    "code",
];

fn read(body: &[u8]) -> Result<ScanRequest, Problem> {
    json::syntax(body)?;
    serde_json::from_slice(body).map(|Object(scan)| scan).map_err(|e| refused(&e))
}

fn refused(error: &serde_json::Error) -> Problem {
    let says = error.to_string();
    let member = MEMBERS.into_iter().find(|m| says.contains(&format!("`{m}`")));
    let problem = json::wrong_member(error);
    match member.or_else(|| inner_member(&says)) {
        Some(member) => problem.at(member),
        None => problem,
    }
}

/// Missing and doubled members of the location are told without its name.
fn inner_member(says: &str) -> Option<&'static str> {
    [("`lat`", "location.lat"), ("`lon`", "location.lon"), ("`accuracy_m`", "location.accuracy_m")]
        .into_iter()
        .find_map(|(told, member)| says.contains(told).then_some(member))
}
