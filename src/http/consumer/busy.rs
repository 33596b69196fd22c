//! Sends scans away while more come than can be answered, before anything is done for
//! them: what a refusal costs is taken from those who are answered. So the answers are
//! made once, but for the id of the request.

use std::sync::OnceLock;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::FutureExt;
use http_body_util::BodyExt;

use crate::http::client::Client;
use crate::http::consumer::counts::Route;
use crate::http::observe::{self, RequestId};
use crate::http::problem::{Hearer, Problem};
use crate::http::{Services, bounds};

/// Stands for the id where an answer is made.
const MARK: &str = "id-of-the-request";

/// The answers, one for each kind of hearer; made when the first is needed.
#[derive(Default)]
pub struct Refusals(OnceLock<Vec<Refusal>>);

/// An answer around the id of its request.
struct Refusal {
    to: Hearer,
    headers: HeaderMap,
    before: Bytes,
    behind: Bytes,
}

impl Refusals {
    /// The answer to a scan that comes at a bad moment; `None` when it is not one.
    pub fn now(&self, services: &Services, parts: &Parts, route: &Route) -> Option<Response> {
        let begun = Instant::now();
        if !services.scanner.signatures.is_too_much(begun) {
            return None;
        }
        let to = Hearer::of(&parts.uri, &parts.headers);
        let all = self
            .0
            .get_or_init(|| Hearer::ALL.iter().map(|to| Refusal::new(services, *to)).collect());
        let refusal = all.iter().find(|refusal| refusal.to == to)?;
        let proxied = || Client::is_proxied(parts, &services.trusted_proxies);
        let answer = refusal.answer(&RequestId::of(services, parts, proxied).0);
        bounds::count_shed("pressure");
        route.count(&parts.method, answer.status(), begun.elapsed());
        Some(answer)
    }
}

impl Refusal {
    fn new(services: &Services, to: Hearer) -> Self {
        let mut response = Problem::busy().told(to, RequestId(MARK.to_owned()));
        bounds::protect(services, response.headers_mut());
        let (parts, body) = response.into_parts();
        let body = body.collect().now_or_never().and_then(Result::ok).expect("it is whole");
        let body = body.to_bytes();
        let at = body.windows(MARK.len()).position(|window| window == MARK.as_bytes());
        let at = at.expect("a problem names its request");
        let mut headers = parts.headers;
        headers.remove(header::CONTENT_LENGTH);
        Self { to, headers, before: body.slice(..at), behind: body.slice(at + MARK.len()..) }
    }

    fn answer(&self, id: &str) -> Response {
        let mut response =
            Response::new(Body::from([&self.before[..], id.as_bytes(), &self.behind].concat()));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        *response.headers_mut() = self.headers.clone();
        if let Ok(id) = HeaderValue::from_str(id) {
            response.headers_mut().insert(observe::HEADER, id);
        }
        response
    }
}
