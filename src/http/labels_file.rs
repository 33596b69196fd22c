//! A file of labels in the body of a request, read as it comes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures::{Stream, StreamExt};

use crate::base::FieldError;
use crate::base::limits::IMPORT_S_MAX;
use crate::http::problem::Problem;
use crate::registry::Batch;
use crate::registry::movement::Ranges;
use crate::registry::movement::codes::Finder;
use crate::registry::movement::file::{Named, Reader};

/// The labels that a body names.
///
/// # Errors
/// 408 for one that comes too slowly, 422 for one that is longer than a bound
/// or names nothing, 400 for one that ends early.
pub async fn read(batch: &Batch, body: Body) -> Result<Named, Problem> {
    pieces(batch, body.into_data_stream()).await
}

/// As [`read`], of what comes in pieces.
///
/// # Errors
/// The same.
pub async fn pieces<E>(
    batch: &Batch,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Named, Problem> {
    let mut reader = Reader::new(Finder::new(batch));
    let invalid = |fault| Problem::invalid(vec![fault]);
    let took = async {
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| broken_off())?;
            reader.take(&piece).map_err(invalid)?;
        }
        Ok::<_, Problem>(())
    };
    match tokio::time::timeout(Duration::from_secs(IMPORT_S_MAX / 2), took).await {
        Ok(took) => took?,
        Err(_) => {
            return Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                "请求体来得太慢。",
                "The body came too slowly.",
            ));
        }
    }
    reader.finish().map_err(invalid)
}

fn broken_off() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "body_broken_off",
        "文件没有传完，什么也没有做；请再传一次。",
        "The file ended early and nothing was done: send it again.",
    )
}

/// The labels that may be moved, and the lines left out.
///
/// # Errors
/// The broken lines, where there may be none.
pub fn usable(named: Named, partial: bool) -> Result<(Ranges, Vec<FieldError>), Vec<FieldError>> {
    if named.broken > 0 && (!partial || named.ranges.is_empty()) {
        return Err(named.faults);
    }
    Ok((named.ranges, named.faults))
}
