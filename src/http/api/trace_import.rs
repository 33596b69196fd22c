//! `POST /api/v1/trace/imports`: what a line packed in a shift, as a file.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use super::trace::own;
use crate::auth::duty::{Acting, OnLine};
use crate::base::By;
use crate::base::limits::IMPORT_S_MAX;
use crate::http::access::ByKey;
use crate::http::desk::Desk;
use crate::http::problem::{FaultDocument, Problem, ProblemDocument};
use crate::http::trace::recording;
use crate::http::turns::{Holder, Work};
use crate::registry::Uscc;
use crate::trace::service::{Tally, record_shift};
use crate::trace::shift::{Format, LINE_BYTES_MAX, Packed, SHIFT_BYTES_MAX, Shift};

/// Cases that are kept in one transaction.
const AT_ONCE: usize = 50;

/// What a shift's file came to. Lines that could not be taken are named; all
/// others are kept.
#[derive(Serialize, ToSchema)]
pub struct ShiftRecord {
    /// Cases and pallets.
    packed: u64,
    /// What went into them.
    items: u64,
    /// Cases and pallets that were kept before, by this very file.
    known: u64,
    /// At most 1000, each with its line.
    faults: Vec<FaultDocument>,
    /// Faults beyond those.
    more_faults: u64,
}

/// Keeps the file of a shift: CSV with the columns time, into, item, or JSON
/// Lines with those members; a row for each thing that went into a case or
/// onto a pallet. The same file again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/trace/imports",
    tag = "traceability",
    security(("key" = [])),
    request_body(content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 200, body = ShiftRecord, description = "What could be is kept"),
        Refused,
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "The file came too slowly; what came before is kept"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 64 MiB; what came before is kept"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "Neither CSV nor JSON Lines"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "The first line of the CSV does not name the columns; nothing is kept"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another file of yours is being sent"),
    )
)]
pub async fn import(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<OnLine>>,
    request: Request,
) -> Result<Json<ShiftRecord>, Problem> {
    let own = own(&who)?;
    let format = format(request.headers())?;
    let _turn = desk.turns.take(Work::Import, Holder::Enterprise(own.clone()))?;
    let time = Duration::from_secs(IMPORT_S_MAX - 10);
    let taken = tokio::time::timeout(time, take(&desk, &own, format, request, &by)).await;
    desk.show_changes().await;
    taken
        .unwrap_or_else(|_| {
            let zh = "文件来得太慢，已收到的部分已经登记；请再发一次，不会重复。";
            let en = "The file came too slowly; what came is kept. Send it again: nothing doubles.";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", zh, en))
        })
        .map(Json)
}

async fn take(
    desk: &Desk,
    own: &Uscc,
    format: Format,
    request: Request,
    by: &By,
) -> Result<ShiftRecord, Problem> {
    let register = desk.scanner.register.load_full();
    let with = recording(desk, own, &register);
    let mut shift = Shift::new(format, &register, own);
    let mut tally = Tally::default();
    let mut waiting: Vec<Packed> = Vec::new();
    let mut body = request.into_body().into_data_stream();
    let (mut bytes, mut line) = (0_usize, Vec::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        bytes += chunk.len();
        if bytes > SHIFT_BYTES_MAX {
            return Err(too_long());
        }
        for byte in chunk {
            match byte {
                b'\n' => {
                    waiting.extend(shift.push(&line));
                    line.clear();
                    if shift.headless() {
                        return Err(Problem::invalid(shift.into_faults()));
                    }
                }
                // One byte too many makes the line too long, and is enough.
                byte if line.len() <= LINE_BYTES_MAX => line.push(byte),
                _ => {}
            }
            if waiting.len() >= AT_ONCE {
                let some = std::mem::take(&mut waiting);
                record_shift(&*desk.ledger, with, some, &mut shift, &mut tally, by).await?;
            }
        }
    }
    waiting.extend(shift.push(&line));
    if shift.headless() {
        return Err(Problem::invalid(shift.into_faults()));
    }
    waiting.extend(shift.end());
    record_shift(&*desk.ledger, with, waiting, &mut shift, &mut tally, by).await?;
    let more_faults = shift.untold;
    let mut faults = shift.into_faults();
    faults.sort_by_key(|fault| fault.line);
    Ok(ShiftRecord {
        packed: tally.packed,
        items: tally.items,
        known: tally.known,
        faults: faults.into_iter().map(FaultDocument::from).collect(),
        more_faults,
    })
}

fn too_long() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_long",
        "文件超过64 MiB；已收到的部分已经登记，再发不会重复。",
        "The file is longer than 64 MiB; what came is kept, and nothing doubles.",
    )
}

fn broken_off() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "body_broken_off",
        "文件没有收全；已收到的部分已经登记，再发不会重复。",
        "The file ended early; what came is kept, and nothing doubles.",
    )
}

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(Format::Csv),
        "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            Ok(Format::JsonLines)
        }
        _ => Err(super::imports::neither()),
    }
}
