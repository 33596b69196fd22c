//! What surrounds a scan. Other routes are surrounded by layers, each of which axum
//! boxes, with all that is behind it, for every request; a scan's route stands outside
//! of them and has the same done to it, in the same order, by one function.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use axum::http::request::Parts;
use axum::response::Response;
use futures::FutureExt;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::http::client::Client;
use crate::http::consumer::counts::Route;
use crate::http::observe::{Observed, milliseconds};
use crate::http::problem::{Hearer, Problem};
use crate::http::{Services, bounds, negotiate, pack};

/// A scan's request, from when it came to its answer.
pub struct Direct<'a> {
    services: &'a Services,
    pub client: Client,
    route: &'a Route,
    observed: Observed,
    span: Span,
}

impl<'a> Direct<'a> {
    pub fn begin(services: &'a Services, parts: &Parts, route: &'a Route) -> Self {
        let client = Client::of(parts, &services.trusted_proxies);
        let observed = Observed::begin(services, parts, &client);
        // There are as many scans as buyers: what went well is counted, and has no line
        // unless somebody looks for it.
        let span = tracing::debug_span!("request", request_id = observed.id.0,
            method = %observed.method, route = route.template,
            outcome = Empty, reason = Empty, recorded = Empty, reference = Empty);
        Self { services, client, route, observed, span }
    }

    /// Answers, within the bounds of a request. `work` is pinned where it was made:
    /// it is large, and would be moved into each bound.
    pub async fn answer(
        &self,
        parts: &Parts,
        work: Pin<&mut impl Future<Output = Result<Response, Problem>>>,
    ) -> Response {
        let mut response = match self.bounded(work).await {
            Ok(response) => pack::packed(response, negotiate::takes_gzip(&parts.headers)).await,
            Err(problem) => {
                problem.told(Hearer::of(&parts.uri, &parts.headers), self.observed.id.clone())
            }
        };
        let took = self.observed.end(&mut response);
        self.route.count(&self.observed.method, response.status(), took);
        let (status, ms) = (response.status().as_u16(), milliseconds(took));
        self.span.in_scope(|| tracing::debug!(status, ms, "answered"));
        bounds::protect(self.services, response.headers_mut());
        response
    }

    async fn bounded(
        &self,
        work: Pin<&mut impl Future<Output = Result<Response, Problem>>>,
    ) -> Result<Response, Problem> {
        let work = AssertUnwindSafe(work).catch_unwind().instrument(self.span.clone());
        let done = self.services.places.within(work).await?;
        done.unwrap_or_else(|panic| Err(bounds::panicked(panic)))
    }
}
