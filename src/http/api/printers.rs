//! `/api/v1/printers`: the printing houses of an enterprise.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::trace::own;
use super::{Refused, added};
use crate::auth::duty::{Acting, Owning, Planning};
use crate::base::UnixMs;
use crate::handoff::{NewPrintHouse, PrintHouse};
use crate::http::access::ByKey;
use crate::http::address::Path;
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};

/// A printing house.
#[derive(Serialize, ToSchema)]
pub struct PrinterRecord {
    /// What an order names as `house`.
    id: Uuid,
    #[schema(example = "亳州彩印")]
    name: String,
    /// Person, telephone, mail: for people.
    contact: String,
    /// Public key of age; null: packages come under a passphrase.
    recipient: Option<String>,
    /// RFC 3339
    created_at: String,
    /// Since then it gets no orders.
    retired_at: Option<String>,
}

fn instant(at: UnixMs) -> String {
    Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

impl From<&PrintHouse> for PrinterRecord {
    fn from(house: &PrintHouse) -> Self {
        Self {
            id: house.id,
            name: house.new.name.clone(),
            contact: house.new.contact.clone(),
            recipient: house.new.recipient.clone(),
            created_at: instant(house.created_at),
            retired_at: house.retired_at.map(instant),
        }
    }
}

/// A printing house to work with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrinter {
    /// One line of 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// One line of at most 200 characters.
    #[serde(default)]
    #[schema(max_length = 200)]
    contact: String,
    /// `age1...`; empty: packages come under a passphrase.
    #[serde(default)]
    recipient: String,
}

/// Printing houses, closed ones too.
#[utoipa::path(
    get,
    path = "/api/v1/printers",
    tag = "packages",
    security(("key" = [])),
    responses((status = 200, body = Vec<PrinterRecord>, description = "Latest first"), Refused)
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Acting<Planning>>,
) -> Result<Json<Vec<PrinterRecord>>, Problem> {
    let houses = desk.ledger.houses(&own(&who)?).await?;
    Ok(Json(houses.iter().map(PrinterRecord::from).collect()))
}

/// Registers one.
#[utoipa::path(
    post,
    path = "/api/v1/printers",
    tag = "packages",
    security(("key" = [])),
    request_body = NewPrinter,
    responses(
        (status = 201, body = PrinterRecord, description = "Registered"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        Refused,
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Owning>>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let sent: NewPrinter = json::read(&body)?;
    let new = NewPrintHouse::read(&sent.name, &sent.contact, &sent.recipient);
    let new = new.map_err(Problem::invalid)?;
    let own = own(&who)?;
    let id = desk.ledger.add_house(&own, &new, &by).await?;
    let (enterprise, created_at) = (own, by.at);
    let house = PrintHouse { id, enterprise, new, created_at, retired_at: None };
    Ok(added(true, "/api/v1/printers", PrinterRecord::from(&house)))
}

/// It gets no further orders; packages under way are finished.
#[utoipa::path(
    delete,
    path = "/api/v1/printers/{id}",
    tag = "packages",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the printing house")),
    responses(
        (status = 204, description = "It gets none"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such printing house of this enterprise"),
    )
)]
pub async fn retire(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (own, id) = (own(&who)?, id.parse().map_err(|_| Problem::nothing())?);
    if !desk.ledger.houses(&own).await?.iter().any(|house| house.id == id) {
        return Err(Problem::nothing());
    }
    // One that was retired before stays so.
    desk.ledger.retire_house(&own, id, &by).await?;
    Ok(StatusCode::NO_CONTENT)
}
