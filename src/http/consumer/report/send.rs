//! `POST /report/send`: a report with its photos.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa::ToSchema;

use super::form::{Sent, not_a_form};
use super::open::form;
use super::tickets::{refused, sender};
use super::{doors, media, page};
use crate::base::limits::REPORT_S_MAX;
use crate::base::{By, FieldError, Lang, ids};
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::media::{Exif, MediaRow, MediaStore, Photo, Purpose};
use crate::reports::port::Full;
use crate::reports::{Added, Contact, NewReport, Number, REPORT_PHOTO_BYTES_MAX, Ticket};
use crate::scan::Place;
use crate::web::report::{Said, faults_of};

/// The form's fields.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form to the document")]
pub struct ReportFields {
    ticket: String,
    /// Once for each that is wrong.
    wrong: Vec<String>,
    note: String,
    shop: String,
    place: String,
    /// A telephone number or a mail address, if the reporter wishes to be told.
    contact: String,
    /// `yes`
    agree: String,
    #[schema(value_type = Vec<String>, format = Binary)]
    photo: Vec<u8>,
}

/// Takes a report in.
///
/// One scan is reported once: sent again, it leads to the same number.
#[utoipa::path(
    post,
    path = "/report/send",
    tag = "consumer",
    params(("lang" = Option<String>, Query, description = "zh or en, before Accept-Language")),
    request_body(content = ReportFields, content_type = "multipart/form-data"),
    responses(
        (status = 303, description = "To the page of the report"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not the form of the page"),
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "It came too slowly"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The ticket is none of this browser, too old, or a moment old"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this network, this device, or of this label"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "As many as can wait do"),
    )
)]
pub async fn send(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    parts: Parts,
    sent: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let store = media(&desk)?;
    doors(&desk).form(client.address)?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let sent = sent.map_err(|_| not_a_form())?;
    let read = tokio::time::timeout(Duration::from_secs(REPORT_S_MAX / 2), Sent::read(sent, store));
    let mut sent = read.await.map_err(|_| too_slow())??;
    let (seals, now) = (&desk.seals, desk.clock.now());
    let from = sender(&desk, &parts.headers, &client);
    let ticket = Ticket::of_form(seals, &sent.ticket, from, now).map_err(refused)?;
    let mut faults = sent.check();
    let contact = Contact::parse(&sent.contact).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    if !faults.is_empty() {
        return again(&desk, &ticket, sent, &faults, lang);
    }
    doors(&desk).report(client.address)?;
    let id = ids::new_id(now);
    let photos = keep(&desk, store, std::mem::take(&mut sent.photos)).await?;
    let region = client.address.map_or(Place::UNKNOWN, |a| desk.scanner.locator.locate(a));
    let report = NewReport {
        id,
        number: Number::random(),
        contact: contact.map(|contact| seals.seal_contact(id, &contact)),
        ticket,
        wrong: sent.wrong,
        note: sent.note,
        shop: sent.shop,
        place: sent.place,
        region,
        photos,
        received_at: now,
    };
    let added = desk.ledger.add_report(&report, &By::buyer(now)).await?;
    if added != Added::New {
        discard(&desk, store, &report.photos).await?;
    }
    let number = match added {
        Added::New => report.number,
        Added::Before(number) => number,
        Added::Full(full) => return Err(too_many(full)),
    };
    metrics::counter!("zhenma_reports_total").increment(1);
    let path = format!("/reports/{}?lang={}", number.plain(), lang.tag());
    Ok(Redirect::to(&path).into_response())
}

/// Photos are on disk before a row names them.
async fn keep(
    desk: &Desk,
    store: &MediaStore,
    photos: Vec<Photo>,
) -> Result<Vec<MediaRow>, Problem> {
    let now = desk.clock.now();
    let held = desk.ledger.media_bytes(Purpose::Report).await?;
    let more: u64 = photos.iter().map(|photo| photo.shown.len() as u64).sum();
    if !photos.is_empty() && held.saturating_add(more) > REPORT_PHOTO_BYTES_MAX {
        metrics::counter!("zhenma_http_shed_total", "bound" => "report_photo_bytes").increment(1);
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no_room_for_photos",
            "照片存储已满，请返回上一页，不附照片先行提交；照片请自行保存，以备核查。",
            "There is no room for photos now. Go back and send the report without; keep the \
             photos for whoever asks for them.",
        ));
    }
    let mut rows = Vec::with_capacity(photos.len());
    for photo in photos {
        let row = MediaRow {
            original: photo.original,
            shown: photo.shown_hash,
            kind: photo.kind,
            bytes: photo.bytes,
            shown_bytes: photo.shown.len() as u64,
            width: photo.width,
            height: photo.height,
            // Where a buyer was is not ours to keep.
            exif: Exif::default(),
            purpose: Purpose::Report,
            added_at: now,
            added_by: String::new(),
        };
        store.put(photo.shown).await.map_err(|error| {
            tracing::error!(%error, "the disk did not take a photo");
            Problem::broken()
        })?;
        rows.push(row);
    }
    Ok(rows)
}

/// Deletes photos of a report that was not taken, but for such as another one
/// shows too.
async fn discard(desk: &Desk, store: &MediaStore, photos: &[MediaRow]) -> Result<(), Problem> {
    for photo in photos {
        if !desk.ledger.needs_file(&photo.shown).await?
            && let Err(error) = store.remove(&photo.shown).await
        {
            tracing::warn!(%error, "a photo that came to nothing was left");
        }
    }
    Ok(())
}

fn again(
    desk: &Desk,
    ticket: &Ticket,
    sent: Sent,
    faults: &[FieldError],
    lang: Lang,
) -> Result<Response, Problem> {
    let had_photos = !sent.photos.is_empty();
    let refusals = sent.refused.iter().map(|refusal| refusal.text(lang)).collect();
    let said = Said {
        wrong: sent.wrong,
        note: sent.note,
        shop: sent.shop,
        place: sent.place,
        contact: sent.contact,
        agreed: sent.agreed,
        faults: faults_of(faults, refusals, lang),
        had_photos,
    };
    page(&form(desk, ticket, said, lang), lang, StatusCode::UNPROCESSABLE_ENTITY)
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "照片上传得太慢。请换个网络，或减少照片后再试。",
        "The photos came too slowly. Try another network, or fewer photos.",
    )
}

fn too_many(full: Full) -> Problem {
    let bound = match full {
        Full::Code => "reports_of_code",
        Full::Device => "reports_of_device",
        Full::Queue => "reports_waiting",
    };
    metrics::counter!("zhenma_http_shed_total", "bound" => bound).increment(1);
    match full {
        Full::Code => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "reports_of_code",
            "这枚标签今天已收到多份举报，足以启动核查。如需补充情况，请拨打12315。",
            "Enough reports of this label came today for it to be looked into. To add to them, \
             call 12315.",
        )
        .retry_after(86_400),
        Full::Device => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "reports_of_device",
            "这部手机今天的举报次数已达上限，请明天再试，或拨打12315。",
            "This phone has reported as often today as it may. Try again tomorrow, or call 12315.",
        )
        .retry_after(86_400),
        Full::Queue => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "reports_waiting",
            "待处理的举报太多，暂时不能在线提交。请拨打12315。",
            "More reports wait than can be kept. Please call 12315.",
        )
        .retry_after(3_600),
    }
}
