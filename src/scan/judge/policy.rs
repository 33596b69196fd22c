//! What decides, as data under a name that a verdict records.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::model::Model;
use crate::scan::profile::Expected;

/// A model and the bounds on either side of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub name: Arc<str>,
    /// Risk from which on a code is `suspect`.
    pub suspect_risk: f32,
    /// Risk from which on officers see it on their list.
    pub lead_risk: f32,
    /// Log-odds of being read under a host that is not ours.
    pub foreign_host: f32,
    /// Log-odds of a label that was never to be sold and that a buyer met; and
    /// what its neighbours in the run of numbers gain by it, for officers alone.
    pub never_sold: f32,
    pub never_sold_near: f32,
    /// Shares that the streams have to which it was fitted; where the field has
    /// others, its error rates may be others too.
    pub expected: Expected,
    /// Witnesses in one episode from which on it is told as such.
    pub many_at_once: u32,
    /// Faster than any airliner, km/h, and farther than any error of a fix.
    pub travel_kmh_max: f64,
    pub travel_km_min: f64,
    pub model: Model,
}

static SHIPPED: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let policy = Policy::read(Policy::SHIPPED_TEXT);
    Arc::new(policy.expect("the shipped policy reads: a test does it"))
});

impl Policy {
    const NAME_BYTES_MAX: usize = 40;

    /// What [`Policy::shipped`] was read from.
    pub const SHIPPED_TEXT: &str = include_str!("witnesses-3.json");

    /// The one that comes with this version; how it was made and how well it
    /// does is in `src/guide/detection.md`.
    pub fn shipped() -> Arc<Self> {
        Arc::clone(&SHIPPED)
    }

    /// Reads one from JSON.
    ///
    /// # Errors
    /// Naming the member that is missing, unknown or out of its bounds.
    pub fn read(text: &str) -> Result<Self, String> {
        let policy: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let risks = [("suspect_risk", policy.suspect_risk), ("lead_risk", policy.lead_risk)];
        for (name, risk) in risks {
            if !(risk > 0.0 && risk < 1.0) {
                return Err(format!("{name}: {risk} is not between 0 and 1"));
            }
        }
        if policy.lead_risk > policy.suspect_risk {
            return Err(
                "lead_risk: above suspect_risk; officers see at least what is accused".into()
            );
        }
        if policy.name.is_empty() || policy.name.len() > Self::NAME_BYTES_MAX {
            let most = Self::NAME_BYTES_MAX;
            return Err(format!(
                "name: 1 to {most} bytes are needed, so that verdicts can name it"
            ));
        }
        let possible = |[low, high]: &[f64; 2]| 0.0 <= *low && low <= high && *high <= 1.0;
        if let Some((share, _)) = policy.expected.iter().find(|(_, range)| !possible(range)) {
            return Err(format!("expected.{share:?}: not a range within 0 to 1"));
        }
        policy.model.check()?;
        Ok(policy)
    }

    /// Log-odds from which on a code is `suspect`.
    pub fn suspect_log_odds(&self) -> f32 {
        log_odds(self.suspect_risk)
    }

    /// Log-odds from which on a code is a lead.
    pub fn lead_log_odds(&self) -> f32 {
        log_odds(self.lead_risk)
    }
}

fn log_odds(risk: f32) -> f32 {
    (risk / (1.0 - risk)).ln()
}
