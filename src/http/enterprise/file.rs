//! `POST /enterprise/batches/{batch}/move-file`: the labels that a file names.

use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::StatusCode;
use axum::response::Response;
use utoipa::ToSchema;

use super::batch::find;
use super::book::{again, kind_of, to_batch};
use super::book_view::{elsewhere_text, fault_text, may};
use super::home::own;
use crate::auth::Member;
use crate::base::{FieldError, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::labels_file;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::turns::{Holder, Work};
use crate::registry::Batch;
use crate::registry::movement::file::Named;
use crate::registry::movement::service::{Asked, move_labels};
use crate::registry::movement::{Kind, Moved, Words};
use crate::registry::service::Scope;
use crate::web::book::Forms;
use crate::web::console::{Frame, Typed};

/// Bytes of what is typed beside the file.
const TYPED_BYTES_MAX: usize = 256;
/// Broken lines that the page tells.
const LINES_TOLD_MAX: usize = 10;

/// A file of labels and what is to be done with them.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the form's shape for the document; it is read field by field")]
pub struct Upload {
    kind: String,
    partial: Option<String>,
    request: Option<String>,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Default)]
struct Sent {
    kind: String,
    partial: bool,
    request: String,
    named: Option<Named>,
}

fn not_a_form() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "not_a_form",
        "请从页面上的表单提交。",
        "Send it from the form on the page.",
    )
}

async fn short(mut field: Field<'_>) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| not_a_form())? {
        text.extend_from_slice(&piece);
        if text.len() > TYPED_BYTES_MAX {
            return Err(not_a_form());
        }
    }
    String::from_utf8(text).map_err(|_| not_a_form())
}

async fn read(batch: &Batch, mut form: Multipart) -> Result<Sent, Problem> {
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(|_| not_a_form())? {
        match field.name().unwrap_or_default() {
            "kind" => sent.kind = short(field).await?,
            "partial" => sent.partial = !short(field).await?.is_empty(),
            "request" => sent.request = short(field).await?,
            "file" => sent.named = Some(labels_file::pieces(batch, field).await?),
            _ => return Err(not_a_form()),
        }
    }
    Ok(sent)
}

/// Moves the labels of a file; where a line is broken, none, unless what can be
/// is asked for.
#[utoipa::path(
    post,
    path = "/enterprise/batches/{batch}/move-file",
    tag = "enterprise console",
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses(
        (status = 303, description = "Done: to the page of the batch"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not the form of the page"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this person's duty"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with the lines that are wrong"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another file of yours is being sent"),
    )
)]
pub async fn make(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path(batch): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    if !Kind::NAMED.into_iter().any(|kind| may(&frame, kind)) {
        return Err(Problem::not_your_duty());
    }
    let _turn = desk.turns.take(Work::Import, Holder::Enterprise(own(&who)?))?;
    let sent = read(&batch, form.map_err(|_| not_a_form())?).await?;
    let kind = kind_of(&sent.kind, &frame)?.map_err(|fault| vec![fault]);
    let forms = match kind.and_then(|kind| usable(&sent, kind)) {
        Err(faults) => told(&faults, &sent, &frame),
        Ok(asked) => {
            let scope = Scope::One(own(&who)?);
            let moved = move_labels(&*desk.ledger, &scope, batch.id, asked, &by).await;
            desk.show_changes().await;
            match moved {
                Ok(Moved::Done(..) | Moved::Before(_)) => return Ok(to_batch(batch.id)),
                Ok(Moved::Refused(elsewhere)) => {
                    let error = Some(elsewhere_text(&elsewhere, &frame, &desk.zone));
                    let file = Typed { error, ..Typed::default() };
                    Forms { kind: sent.kind, file, open: "file", ..Forms::default() }
                }
                Err(LedgerError::Invalid(faults)) => told(&faults, &sent, &frame),
                Err(error) => return Err(error.into()),
            }
        }
    };
    again(&desk, frame, batch, forms).await
}

fn usable(sent: &Sent, kind: Kind) -> Result<Asked, Vec<FieldError>> {
    let one = |fault| vec![fault];
    let missing = || FieldError::new("file", "is missing", "choose a file");
    let named = sent.named.as_ref().ok_or_else(|| one(missing()))?;
    let request = Some(&*sent.request).filter(|key| !key.is_empty());
    let words = Words::checked("", "", request).map_err(one)?;
    if named.broken > 0 && (!sent.partial || named.ranges.is_empty()) {
        return Err(named.faults.clone());
    }
    let ranges = Some(named.ranges.clone());
    Ok(Asked { partial: sent.partial, words, ..Asked::plain(kind, ranges) })
}

fn told(faults: &[FieldError], sent: &Sent, f: &Frame) -> Forms {
    let (of_lines, others): (Vec<_>, Vec<_>) = faults.iter().partition(|e| e.line.is_some());
    let broken = sent.named.as_ref().map_or(0, |named| named.broken);
    let mut lines: Vec<_> =
        of_lines.iter().take(LINES_TOLD_MAX).map(|fault| fault_text(fault, f)).collect();
    let more = broken.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(match f.lang {
            crate::base::Lang::Zh => format!("另有{more}行"),
            crate::base::Lang::En => format!("and {more} lines more"),
        });
    }
    let nothing = f.t("有读不懂的行，什么都没有移动", "lines are broken; nothing was moved");
    let error = others.first().map(|fault| fault_text(fault, f));
    let error = Some(error.unwrap_or_else(|| nothing.to_owned()));
    let file = Typed { error, ..Typed::default() };
    Forms { kind: sent.kind.clone(), file, lines, open: "file", ..Forms::default() }
}
