//! `/officer/`: the codes that look copied, riskiest first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};

use crate::auth::Officer;
use crate::base::Lang;
use crate::cases::{Flag, FlagState};
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed, percent};
use crate::web::officer::{FlagLine, FlagsPage};
use crate::web::verdict::named;

/// Open flags that are listed, and decided ones.
const OPEN_MAX: u32 = 500;
const DECIDED_MAX: u32 = 100;

/// What people type.
#[utoipa::path(
    get,
    path = "/officer",
    tag = "officer console",
    responses((status = 308, description = "To /officer/"))
)]
pub async fn door() -> Redirect {
    Redirect::permanent("/officer/")
}

/// Flagged codes, with why.
#[utoipa::path(
    get,
    path = "/officer/",
    tag = "officer console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn flags(
    State(desk): State<Desk>,
    AtConsole { frame, .. }: AtConsole<Officer>,
) -> Result<Response, Problem> {
    list(&desk, frame, Typed::default(), StatusCode::OK).await
}

/// The list, with what was looked up and not found.
pub(super) async fn list(
    desk: &Desk,
    f: Frame,
    asked: Typed,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let lines = |flags: Vec<Flag>| flags.iter().map(|flag| flag_line(desk, flag, lang)).collect();
    let flags = FlagsPage {
        open: lines(desk.ledger.flags(FlagState::Open, OPEN_MAX).await?),
        decided: lines(desk.ledger.flags(FlagState::Decided, DECIDED_MAX).await?),
        asked,
        f,
    };
    page(&flags, lang, status)
}

fn flag_line(desk: &Desk, flag: &Flag, lang: Lang) -> FlagLine {
    let register = desk.scanner.register.load();
    let facts = register.batches.get(&flag.batch);
    let why = flag.reasons.first();
    FlagLine {
        serial: Payload::from_bytes(flag.payload)
            .map_or_else(|_| String::new(), |p| p.serial_text()),
        product: facts.map_or("", |facts| named(&facts.product.name, lang)).to_owned(),
        batch: flag.batch.to_string(),
        why: why.map_or("", |why| lang.pick(&why.zh, &why.en)).to_owned(),
        risk: percent(flag.risk),
        accused: (flag.state == FlagState::Open).then_some(flag.accused_at.is_some()),
        scans: flag.scans,
        updated: minute_text(flag.updated_at, lang, &desk.zone),
    }
}
