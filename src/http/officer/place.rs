//! `/officer/places/{place}`: what was flagged and forged in a town or province.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Officer;
use crate::base::Lang;
use crate::cases::Flag;
use crate::code::Payload;
use crate::dossier::port::Forged;
use crate::http::access::AtConsole;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, percent};
use crate::web::officer::{FlagLine, PlacePage};
use crate::web::verdict::named;

/// Flags, and rows of what was forged, that are listed.
const FLAGS_MAX: u32 = 200;
const FORGED_MAX: u32 = 100;

/// Flagged codes that were scanned in a place, and forged ones.
#[utoipa::path(
    get,
    path = "/officer/places/{place}",
    tag = "officer console",
    params(("place" = u16, Path, description = "GB/T 2260, four digits; a province ends with two noughts")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such place"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame: f, .. }: AtConsole<Officer>,
    Path(place): Path<String>,
) -> Result<Response, Problem> {
    let code: u16 = place.parse().map_err(|_| Problem::nothing())?;
    let lang = f.lang;
    let name = Place(code).text(lang).ok_or_else(Problem::nothing)?;
    let flags = desk.ledger.flags_in(code, FLAGS_MAX).await?;
    let forged = desk.ledger.forged_in(code, FORGED_MAX).await?;
    let shown = PlacePage {
        name,
        flags: flags.iter().map(|flag| flag_line(&desk, flag, lang)).collect(),
        forged: forged.into_iter().map(|forged| forged_line(forged, &f)).collect(),
        f,
    };
    page(&shown, lang, StatusCode::OK)
}

fn forged_line(forged: Forged, f: &Frame) -> (String, &'static str, String, u64) {
    let kind = match forged.kind.as_str() {
        "never_issued" => f.lang.pick("从未发出的编号", "number never issued"),
        "not_listed" => f.lang.pick("名单里没有的编号", "number in no list"),
        _ => f.lang.pick("签名不对", "wrong signature"),
    };
    let batch = forged.batch.map(|batch| batch.to_string()).unwrap_or_default();
    (forged.day, kind, batch, forged.seen)
}

fn flag_line(desk: &Desk, flag: &Flag, lang: Lang) -> FlagLine {
    let register = desk.scanner.register.load();
    let facts = register.batches.get(&flag.batch);
    let serial = Payload::from_bytes(flag.payload).map(Payload::serial_text);
    let why = flag.reasons.first();
    FlagLine {
        serial: serial.unwrap_or_default(),
        product: facts.map_or("", |facts| named(&facts.product.name, lang)).to_owned(),
        batch: flag.batch.to_string(),
        why: why.map_or("", |why| lang.pick(&why.zh, &why.en)).to_owned(),
        risk: percent(flag.risk),
        scans: flag.scans,
        updated: minute_text(flag.updated_at, lang, &desk.zone),
    }
}
