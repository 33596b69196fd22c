//! Orders as consoles and API show them: progress, and the files of what is
//! done.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::http::desk::DeskLedger;
use crate::http::problem::Problem;
use crate::label::template::builtin;
use crate::label::{self, Kind, MANIFEST, Specification, Template, Wish, preflight};
use crate::registry::order::{HandOver, Order, OrderState};
use crate::registry::service::Scope;
use crate::registry::{Batch, Enterprise, Product};
use crate::scan::reason::minute_text;
use crate::web::console::{self, Frame, OrderLine};

/// Files that a page or an answer lists; `SHA256SUMS` lists them all.
pub const LISTED_FILES_MAX: usize = 200;
/// Bytes of a manifest that are read.
const MANIFEST_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The order, if it is within the scope; another's does not exist.
///
/// # Errors
/// 404, and those of the ledger.
pub async fn find(ledger: &dyn DeskLedger, scope: &Scope, id: Uuid) -> Result<Order, Problem> {
    match ledger.order(id).await {
        Ok(order) if scope.covers(&order.new.enterprise) => Ok(order),
        Ok(_) | Err(LedgerError::NotFound(_)) => Err(Problem::nothing()),
        Err(error) => Err(error.into()),
    }
}

/// The format that an order asks for.
pub fn kind(order: &Order) -> Option<Kind> {
    serde_json::from_value::<Specification>(order.new.specification.clone()).ok().map(|s| s.kind())
}

/// What an order asks of its labels, as callers write it; an empty text is one
/// that was not given.
#[derive(Default)]
pub struct Asked<'a> {
    pub format: &'a str,
    /// The name of one that comes with us, or TOML.
    pub template: &'a str,
    pub printer: &'a str,
    pub module_mm: Option<f64>,
    pub codes: &'a str,
    pub together: bool,
    pub split: Option<u64>,
    pub packing: &'a str,
    pub drawing: &'a str,
    /// Separated by commas.
    pub columns: &'a str,
    pub separator: &'a str,
    pub encoding: &'a str,
}

impl Asked<'_> {
    /// # Errors
    /// Naming the field that is wrong.
    pub fn specification(&self, first: u64, count: u64) -> Result<Specification, FieldError> {
        let format = self.format.parse().map_err(wrong("format"))?;
        let wish = Wish {
            template: given("template", self.template, |text| match text.contains('\n') {
                true => Template::from_toml(text),
                false => builtin(text),
            })?,
            printer: given("printer", self.printer, str::parse)?,
            module_mm: self.module_mm,
            codes: given("codes", self.codes, str::parse)?.unwrap_or_default(),
            together: self.together,
            split: self.split,
            packing: given("packing", self.packing, str::parse)?.unwrap_or_default(),
            drawing: given("drawing", self.drawing, str::parse)?.unwrap_or_default(),
            columns: given("columns", self.columns, |text| {
                text.split([',', '，']).map(str::parse).collect()
            })?
            .unwrap_or_default(),
            separator: given("separator", self.separator, str::parse)?,
            encoding: given("encoding", self.encoding, str::parse)?,
            ..Wish::of(format)
        };
        wish.specification(first, count)
    }
}

/// To whom an order goes and by when, as callers write it.
///
/// # Errors
/// Naming the field that cannot be read.
pub fn hand_over(needed_by: Option<&str>, house: Option<&str>) -> Result<HandOver, FieldError> {
    let day = |text: &str| {
        let wrong =
            |_| FieldError::new("needed_by", format!("{text:?} is no day"), "write 2026-12-01");
        text.parse().map_err(wrong)
    };
    let id = |text: &str| {
        let wrong =
            |_| FieldError::new("house", format!("{text:?} is no printing house"), "choose one");
        text.parse().map_err(wrong)
    };
    Ok(HandOver { needed_by: needed_by.map(day).transpose()?, house: house.map(id).transpose()? })
}

fn wrong(field: &'static str) -> impl Fn(String) -> FieldError {
    move |words| FieldError::of_words(field, &words)
}

fn given<T>(
    field: &'static str,
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, FieldError> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(read).transpose().map_err(wrong(field))
}

/// What the labels of an order are made from.
///
/// # Errors
/// With everything that would stop them when they are made.
pub fn labels(
    batch: &Batch,
    product: &Product,
    enterprise: &Enterprise,
    specification: Specification,
    public_url: &str,
) -> Result<label::Order, Vec<FieldError>> {
    let order = label::Order::of(batch, product, enterprise, specification, public_url);
    let faults = preflight(&order);
    if faults.is_empty() { Ok(order) } else { Err(faults) }
}

/// Seconds that are left, at the rate since the order was begun.
pub fn seconds_left(order: &Order, now: UnixMs) -> Option<u64> {
    let begun = order.started_at.filter(|_| order.state == OrderState::Running)?;
    let took_ms = u64::try_from(now.since(begun)).ok()?;
    let left = order.new.labels.saturating_sub(order.labels_done);
    (took_ms / 1_000).checked_mul(left)?.checked_div(order.labels_done)
}

pub fn line(order: &Order, f: &Frame, zone: &TimeZone, now: UnixMs) -> OrderLine {
    OrderLine {
        id: order.id.to_string(),
        batch: order.new.batch.to_string(),
        format: kind(order).map_or("", Kind::name).to_uppercase(),
        state: console::order_state(order.state).of(f.lang),
        done: order.labels_done,
        total: order.new.labels,
        seconds_left: seconds_left(order, now),
        created: minute_text(order.created_at, f.lang, zone),
    }
}

/// A file of an order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderFile {
    /// Below the order's folder, with `/`.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Deserialize)]
struct Manifest {
    files: Vec<OrderFile>,
    #[serde(default)]
    checksums: Option<Checksums>,
}

/// Where the pictures of labels are listed, and how many there are.
#[derive(Deserialize)]
struct Checksums {
    files: usize,
    listed_here: bool,
}

/// Files of a finished order, at most `limit`, and how many there are beyond.
///
/// # Errors
/// 404 where nothing is made yet; a folder that cannot be read is our fault.
pub async fn files(order: &Order, limit: usize) -> Result<(Vec<OrderFile>, usize), Problem> {
    let manifest = folder(order)?.join(MANIFEST);
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(order = %order.id, %error, "the files of an order cannot be read");
        Problem::broken()
    };
    let size = tokio::fs::metadata(&manifest).await.map_err(|e| broken(&e))?.len();
    if size > MANIFEST_BYTES_MAX {
        return Err(broken(&"its manifest is too long"));
    }
    let bytes = tokio::fs::read(&manifest).await.map_err(|e| broken(&e))?;
    let mut read: Manifest = serde_json::from_slice(&bytes).map_err(|e| broken(&e))?;
    let hidden = read.checksums.filter(|c| !c.listed_here).map_or(0, |c| c.files);
    let more = read.files.len().saturating_sub(limit) + hidden;
    read.files.truncate(limit);
    // The manifest does not list itself.
    let own = OrderFile { path: MANIFEST.to_owned(), bytes: size, sha256: String::new() };
    read.files.insert(0, own);
    Ok((read.files, more))
}

fn folder(order: &Order) -> Result<PathBuf, Problem> {
    let done = order.state == OrderState::Done;
    let folder = order.new.directory.as_ref().filter(|_| done);
    folder.map(PathBuf::from).ok_or_else(Problem::nothing)
}

/// Sends one file, or a range of it. That it was taken stands in the trail.
///
/// # Errors
/// 404 for what is no file of a finished order, and those of the ledger.
pub async fn file(
    ledger: &dyn DeskLedger,
    order: &Order,
    name: &str,
    request: Request,
    by: &By,
) -> Result<Response, Problem> {
    let path = folder(order)?.join(plain(name).ok_or_else(Problem::nothing)?);
    if !tokio::fs::metadata(&path).await.is_ok_and(|found| found.is_file()) {
        return Err(Problem::nothing());
    }
    let is_head = request.method() == Method::HEAD;
    let Ok(sent) = ServeFile::new(&path).oneshot(request).await;
    let mut response = sent.map(Body::new).into_response();
    // Neither the head of it, nor a file that has not changed, has a code in it.
    if !is_head && response.status().is_success() {
        let entry = Entry {
            action: "order.take",
            object: format!("order {}", order.id),
            enterprise: Some(order.new.enterprise.as_str()),
            before: serde_json::Value::Null,
            after: serde_json::json!({"batch": order.new.batch, "file": name}),
        };
        ledger.note(by, &entry).await?;
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let named = format!("attachment; filename=\"{}-{last}\"", order.new.batch);
    if let Ok(value) = HeaderValue::from_str(&named) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Names that our own orders have: nothing hidden, nothing above the folder.
fn plain(name: &str) -> Option<&Path> {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
    };
    name.split('/').all(part).then(|| Path::new(name))
}

/// `3.0 GB`.
pub fn size_text(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1_000.0, unit + 1);
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_but_into_the_folder() {
        for (name, good) in [
            ("labels.csv", true),
            ("outer/000/000001.svg", true),
            ("SHA256SUMS", true),
            ("../ledger.sqlite", false),
            ("a/../../b", false),
            ("/etc/passwd", false),
            (".zhenma-issue.json", false),
            ("a//b", false),
            ("", false),
            ("a\\b", false),
        ] {
            assert_eq!(plain(name).is_some(), good, "{name}");
        }
    }

    #[test]
    fn sizes_are_told_in_three_figures() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (3_000_000_000, "3.0 GB")]
        {
            assert_eq!(size_text(bytes), text);
        }
    }
}
