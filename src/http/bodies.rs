//! Bodies of requests, read whole in a bounded time; what cannot be read is a
//! problem like any other.

use std::error::Error;
use std::iter;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Form, FromRequest, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::base::limits::{BODY_BYTES_MAX, BODY_S_MAX};
use crate::http::problem::Problem;

/// A body of at most `bytes`.
///
/// # Errors
/// 400 for one that ends early or is not in the form that its headers name,
/// 408 for one that takes longer than `BODY_S_MAX`, 413 for one that is longer.
pub async fn whole(body: Body, bytes: usize) -> Result<Bytes, Problem> {
    within(Duration::from_secs(BODY_S_MAX), body, bytes).await
}

/// As [`whole`], in a time of the caller's.
///
/// # Errors
/// The same.
pub async fn within(time: Duration, body: Body, bytes: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(time, to_bytes(body, bytes)).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) if !is_too_long(&error) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "body_broken_off",
            "请求体没有收全，或者格式有误。",
            "The body ended early, or is not written as its headers say.",
        )),
        Ok(Err(_)) => {
            let most = if bytes < 1024 * 1024 {
                format!("{} KiB", bytes / 1024)
            } else {
                format!("{} MiB", bytes / (1024 * 1024))
            };
            Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_long",
                format!("请求体超过{most}。"),
                format!("The body is longer than {most}."),
            ))
        }
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "请求体来得太慢。",
            "The body came too slowly.",
        )),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    iter::successors(error.source(), |&error| error.source()).any(|e| e.is::<LengthLimitError>())
}

/// A body of JSON.
pub struct Sent(pub Bytes);

impl<S: Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        whole(request.into_body(), BODY_BYTES_MAX).await.map(Self)
    }
}

/// What a form of ours sent.
pub struct Posted<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = whole(body, BODY_BYTES_MAX).await?;
        let media = parts.headers.get(header::CONTENT_TYPE);
        form(media, body).await.map(Self)
    }
}

/// A form of a body that was read within a bound of the caller's.
///
/// # Errors
/// 415 and 422 for what is no form of ours.
pub async fn form<T: DeserializeOwned>(
    media: Option<&HeaderValue>,
    body: Bytes,
) -> Result<T, Problem> {
    // A request of its own: the bound of the route was kept by who read it.
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::POST;
    if let Some(media) = media {
        request.headers_mut().insert(header::CONTENT_TYPE, media.clone());
    }
    let read = Form::<T>::from_request(request, &()).await;
    read.map(|Form(form)| form).map_err(|rejection| {
        Problem::new(
            rejection.status(),
            "not_a_form",
            "请从页面上的表单提交。",
            "Send it from the form on the page.",
        )
    })
}
