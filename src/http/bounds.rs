//! Bounds on work: so many requests at once, so long for each, and headers
//! that bind the browser.

use std::any::Any;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::http::Services;
use crate::http::problem::Problem;
use crate::web::style;

/// The requests that may be in work, and how long each may take.
#[derive(Clone)]
pub struct Places {
    places: Arc<Semaphore>,
    each: Duration,
}

impl Places {
    /// `requests` at once, each for at most so many seconds.
    pub fn new(requests: usize, seconds: u64) -> Self {
        Self { places: Arc::new(Semaphore::new(requests)), each: Duration::from_secs(seconds) }
    }

    /// Does `work` in one of the places.
    ///
    /// # Errors
    /// [`Problem`] 503 for what would have to wait for a place, and for what took
    /// too long.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        let Ok(_place) = self.places.try_acquire() else { return Err(shed("requests_in_work")) };
        tokio::time::timeout(self.each, work).await.map_err(|_| shed("request_s"))
    }
}

/// Refuses a request for a bound, by its name in the metrics.
pub fn shed(bound: &'static str) -> Problem {
    count_shed(bound);
    Problem::busy()
}

/// Counts a request that was refused for a bound.
pub fn count_shed(bound: &'static str) {
    metrics::counter!("zhenma_http_shed_total", "bound" => bound).increment(1);
}

/// Refuses what would have to wait, and ends what takes too long.
pub async fn bound(State(places): State<Places>, request: Request, next: Next) -> Response {
    places.within(next.run(request)).await.unwrap_or_else(IntoResponse::into_response)
}

/// A panic is a mistake of ours: logged without what was asked.
pub fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Problem {
    tracing::error!("a handler panicked");
    Problem::broken()
}

/// What a page of ours may load and do.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src '{}' '{}'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        style::HASH.as_str(),
        style::REPORT_HASH.as_str()
    );
    HeaderValue::from_str(&policy).expect("words and base64")
});

/// Headers of every response; a handler's own policy or caching stays.
pub fn protect(services: &Services, headers: &mut HeaderMap) {
    let mut add = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    add(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "private, no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ] {
        add(name, HeaderValue::from_static(value));
    }
    if services.site.is_https() {
        add(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn one_request_too_many_is_refused_and_the_next_is_not() {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begun_too, go_too) = (Arc::clone(&begun), Arc::clone(&go));
        let slow = move || async move {
            begun_too.notify_one();
            go_too.notified().await;
        };
        let bounded = from_fn_with_state(Places::new(1, 10), bound);
        let router = Router::new().fallback(slow).layer(bounded);
        let ask = || {
            let request = Request::get("/slow").body(Body::empty()).expect("a request");
            router.clone().oneshot(request)
        };
        let first = tokio::spawn(ask());
        begun.notified().await;
        let second = ask().await.expect("an answer");
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(second.headers()[header::RETRY_AFTER], "1");
        go.notify_one();
        assert_eq!(first.await.expect("no panic").expect("an answer").status(), StatusCode::OK);
    }
}
