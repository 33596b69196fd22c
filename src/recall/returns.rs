//! Goods that came back: counted by their codes, each once, or by number where
//! the codes cannot be read.

use serde::Serialize;
use uuid::Uuid;

use crate::base::UnixMs;
use crate::registry::BatchRef;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Recovered,
    Destroyed,
}

impl Outcome {
    pub const ALL: [Self; 2] = [Self::Recovered, Self::Destroyed];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Destroyed => "destroyed",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.slug() == slug)
    }
}

/// What is noted at once: items by number, or one for each code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReturn {
    /// Given with the form: the same form sent twice counts once.
    pub id: Uuid,
    pub recall: Uuid,
    pub outcome: Outcome,
    /// GB/T 2260 code of the region; 0: unknown.
    pub place: u16,
    pub goods: Goods,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goods {
    Items(u64),
    /// Running numbers, no two the same.
    Codes(Vec<(BatchRef, u64)>),
}

/// A return as it was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub id: Uuid,
    pub outcome: Outcome,
    pub place: u16,
    pub items: u64,
    pub note: String,
    pub noted_by: String,
    pub noted_at: UnixMs,
}

/// How far a recall is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Labels that were on sale at the approval.
    pub on_sale: u64,
    pub recovered: u64,
    /// Of those recovered.
    pub destroyed: u64,
}

impl Progress {
    /// Of labels on sale, those that did not come back.
    pub const fn outstanding(&self) -> u64 {
        self.on_sale.saturating_sub(self.recovered)
    }

    /// What is wrong with adding `items`, in words for `items`.
    ///
    /// # Errors
    /// When more would come back than is out, or more be destroyed than came back.
    pub fn check(&self, outcome: Outcome, items: u64) -> Result<(), String> {
        let (now, most, of) = match outcome {
            Outcome::Recovered => (self.recovered, self.on_sale, "were on sale"),
            Outcome::Destroyed => (self.destroyed, self.recovered, "were recovered"),
        };
        if now.saturating_add(items) <= most {
            return Ok(());
        }
        Err(format!("{now} and {items} more are above the {most} that {of}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_comes_back_than_was_out_and_no_more_is_destroyed_than_came_back() {
        let mut progress = Progress { on_sale: 100, ..Progress::default() };
        assert!(progress.check(Outcome::Destroyed, 1).is_err());
        assert!(progress.check(Outcome::Recovered, 100).is_ok());
        assert!(progress.check(Outcome::Recovered, 101).is_err());
        progress.recovered = 40;
        assert_eq!(progress.outstanding(), 60);
        assert!(progress.check(Outcome::Destroyed, 40).is_ok());
        assert!(progress.check(Outcome::Recovered, u64::MAX).is_err());
    }
}
