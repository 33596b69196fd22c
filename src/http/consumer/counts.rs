//! What is counted of every scan. Its metrics are looked up once and not for each.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

use crate::http::observe;
use crate::scan::Outcome;
use crate::scan::service::RecordState;

/// Of one server, since each may have a recorder of its own.
pub struct Counts {
    pub compact: Route,
    pub gs1: Route,
    pub gs1_unsigned: Route,
    pub own: Route,
    pub post: Route,
    verdicts: [[OnceLock<Counter>; RecordState::ALL.len()]; Outcome::ALL.len()],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            compact: Route::new("/{code}"),
            gs1: Route::new("/01/{gtin}/10/{lot}/21/{serial}"),
            gs1_unsigned: Route::new("/01/{gtin}/21/{serial}"),
            own: Route::new("/own/{enterprise}/{serial}"),
            post: Route::new("/api/v1/scans"),
            verdicts: Default::default(),
        }
    }
}

impl Counts {
    pub fn verdict(&self, outcome: Outcome, recorded: RecordState) {
        let counter = self.verdicts[outcome as usize][recorded as usize].get_or_init(|| {
            metrics::counter!("zhenma_verdicts_total",
                "outcome" => outcome.slug(), "recorded" => recorded.slug())
        });
        counter.increment(1);
    }
}

/// Answers to one route of scans.
pub struct Route {
    pub template: &'static str,
    took: OnceLock<Histogram>,
    /// By GET and by POST.
    good: [OnceLock<Counter>; 2],
    refused: [OnceLock<Counter>; 2],
}

impl Route {
    fn new(template: &'static str) -> Self {
        let (took, good, refused) = Default::default();
        Self { template, took, good, refused }
    }

    /// Counts and times an answer, as [`observe::count`] does.
    pub fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        let histogram = || observe::seconds(self.template.into());
        self.took.get_or_init(histogram).record(took.as_secs_f64());
        let counter = || observe::requests(self.template.into(), method, status);
        let kept = match status {
            StatusCode::OK => &self.good,
            StatusCode::SERVICE_UNAVAILABLE => &self.refused,
            _ => return counter().increment(1),
        };
        match *method {
            Method::GET => kept[0].get_or_init(counter).increment(1),
            Method::POST => kept[1].get_or_init(counter).increment(1),
            _ => counter().increment(1),
        }
    }
}
