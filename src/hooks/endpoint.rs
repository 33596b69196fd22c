//! Where an enterprise wants to be told, and of what.

use uuid::Uuid;

use crate::base::UnixMs;
use crate::hooks::{Kind, Secret};

/// Endpoints of one enterprise that are in use.
pub const ENDPOINTS_MAX: usize = 10;
/// How long the secret before still signs beside the new one, milliseconds.
pub const OVERLAP_MS: i64 = 24 * 3_600_000;

#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: Uuid,
    /// Unified social credit code.
    pub enterprise: String,
    pub url: String,
    pub kinds: Vec<Kind>,
    pub secret: Secret,
    /// The one before, and until when it signs too.
    pub old_secret: Option<(Secret, UnixMs)>,
    pub created_by: String,
    pub created_at: UnixMs,
    /// Of the first failure that no success has followed.
    pub failing_since: Option<UnixMs>,
    pub ended: Option<Ended>,
}

/// An endpoint that is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: UnixMs,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its owner's wish: nothing is gathered for it.
    Owner,
    /// It failed for days: what happens is gathered until it is enabled.
    Failing,
    /// It answered 410.
    Gone,
}

impl Why {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Owner, Self::Failing, Self::Gone].into_iter().find(|why| why.slug() == slug)
    }
}

impl Endpoint {
    /// `webhook-signature` of one attempt: one signature for each secret that
    /// is good.
    pub fn signatures(&self, id: &str, sent_at: UnixMs, body: &str) -> String {
        let own = self.secret.sign(id, sent_at, body);
        match &self.old_secret {
            Some((old, until)) if sent_at < *until => {
                format!("{own} {}", old.sign(id, sent_at, body))
            }
            _ => own,
        }
    }
}
