//! What the handlers work with.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::HeaderMap;
use futures::future::BoxFuture;
use jiff::tz::TimeZone;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::SignedIn;
use crate::auth::mail::Mailer;
use crate::base::limits::{BODIES_ON_THE_WAY_MAX, BODY_S_MAX, REQUEST_S_MAX, REQUESTS_IN_WORK_MAX};
use crate::base::{Cidr, Clock};
use crate::hooks::Allowed;
use crate::http::bounds::Places;
use crate::http::consumer::busy::Refusals;
use crate::http::consumer::counts::Counts;
use crate::http::consumer::report::Doors;
use crate::http::consumer::visit::Visits;
use crate::http::probe::Probe;
use crate::http::rate::{Misses, Rates, Throttle};
use crate::keys::office::OfficeKeys;
use crate::media::MediaStore;
use crate::reports::Seals;
use crate::scan::service::Scanner;
use crate::web::home::Sample;
use crate::web::map::Map;

/// Composed by `app`, and by tests over a store of their own.
#[derive(Clone)]
pub struct Services {
    pub scanner: Scanner,
    /// The published keys of offices.
    pub offices: Arc<ArcSwap<OfficeKeys>>,
    pub clock: Arc<dyn Clock>,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    pub site: Arc<Site>,
    /// Networks whose Forwarded and X-Forwarded-For are believed.
    pub trusted_proxies: Arc<[Cidr]>,
    /// Whom webhooks may call.
    pub webhook_allowed: Allowed,
    pub identify: Arc<dyn Identify>,
    pub metrics: Option<PrometheusHandle>,
    /// Cancelled when the server is told to stop.
    pub stopping: CancellationToken,
    /// Of provinces, for consoles.
    pub map: Arc<Map>,
    /// Labels to try, on the home page of a demonstration.
    pub samples: Arc<[Sample]>,
    /// Where lists of own serials wait for the worker; none are taken without.
    pub uploads: Option<PathBuf>,
    /// Where packages of evidence lie; none are handed out without.
    pub evidence: Option<PathBuf>,
    /// Sends links to those they are for, where mail is set up.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Where photos lie; none are taken without.
    pub media: Option<MediaStore>,
    /// Keys of what buyers are given and give; made once, since every answer's page
    /// carries a ticket.
    pub(super) seals: Arc<Seals>,
    /// Of what buyers ask.
    pub(super) places: Places,
    /// Of bodies that have not come yet.
    pub(super) on_the_way: Places,
    pub(super) visits: Arc<Visits>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) misses: Arc<Misses>,
    pub(super) doors: Arc<Doors>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) counts: Arc<Counts>,
    pub(super) probe: Arc<Probe>,
}

/// What the site says of itself.
#[derive(Clone, Debug)]
pub struct Site {
    /// Scheme and host without a slash at the end.
    pub public_url: String,
}

impl Site {
    /// Whether browsers come by https, so that cookies may demand it.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Scheme and host, small letters, no slash.
    pub fn origin(&self) -> &str {
        self.public_url.trim_end_matches('/')
    }
}

impl Services {
    /// With nobody signed in, no proxy trusted, no metrics, no samples, the
    /// cartogram for a map; the fields are there to be set.
    pub fn new(scanner: Scanner, clock: Arc<dyn Clock>, zone: TimeZone, site: Site) -> Self {
        Self {
            seals: Arc::new(Seals::new(&scanner.tags)),
            scanner,
            offices: Arc::default(),
            clock,
            zone,
            site: Arc::new(site),
            trusted_proxies: Arc::new([]),
            webhook_allowed: Allowed::default(),
            identify: Arc::new(Nobody),
            metrics: None,
            stopping: CancellationToken::new(),
            map: Map::cartogram(),
            samples: Arc::new([]),
            uploads: None,
            evidence: None,
            mailer: None,
            media: None,
            places: Places::new(REQUESTS_IN_WORK_MAX, REQUEST_S_MAX),
            on_the_way: Places::new(BODIES_ON_THE_WAY_MAX, BODY_S_MAX + 1),
            visits: Arc::default(),
            throttle: Arc::new(Throttle::new(Rates::default())),
            misses: Arc::default(),
            doors: Arc::default(),
            refusals: Arc::default(),
            counts: Arc::default(),
            probe: Arc::default(),
        }
    }

    #[must_use]
    pub fn with_rates(mut self, rates: Rates) -> Self {
        self.throttle = Arc::new(Throttle::new(rates));
        self
    }
}

/// Somebody showed a key or a session, and the ledger was not there to check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unchecked;

/// Tells from the cookies or the bearer key of a request who asks.
pub trait Identify: Send + Sync {
    fn identify<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Option<SignedIn>, Unchecked>>;
}

/// Where nobody can sign in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Identify for Nobody {
    fn identify<'a>(
        &'a self,
        _headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Option<SignedIn>, Unchecked>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
