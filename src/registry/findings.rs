//! What officers found of single codes: decisions, and causes that explain
//! scans.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::{FieldError, UnixMs};

/// What an officer decided of a single code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Copied,
    Genuine,
    CannotTell,
}

impl Decision {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Genuine => "genuine",
            Self::CannotTell => "cannot_tell",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Copied, Self::Genuine, Self::CannotTell].into_iter().find(|d| d.slug() == slug)
    }
}

/// Why one label was scanned by many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    Banquet,
    Exhibition,
    /// A poster, an advertisement or a photo on which the label can be scanned.
    Poster,
    Other,
}

impl CauseKind {
    pub const ALL: [Self; 4] = [Self::Banquet, Self::Exhibition, Self::Poster, Self::Other];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Banquet => "banquet",
            Self::Exhibition => "exhibition",
            Self::Poster => "poster",
            Self::Other => "other",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

/// An explained cause: scans in its time and place accuse nobody. It answers
/// for nothing else, so that the code goes on being watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub id: Uuid,
    pub kind: CauseKind,
    pub from: UnixMs,
    /// Inclusive.
    pub until: UnixMs,
    /// GB/T 2260, four digits; 0: anywhere.
    pub place: u16,
}

impl Cause {
    /// Causes of one code that are not lifted.
    pub const OF_A_CODE_MAX: usize = 8;
    const SPAN_MS_MAX: i64 = 366 * 86_400_000;

    /// # Errors
    /// Naming the field: one that explains for ever would be a licence to copy.
    pub fn check(&self, now: UnixMs) -> Result<(), FieldError> {
        if self.until < self.from {
            return Err(FieldError::new("until", "is before the beginning", "give a later time"));
        }
        if self.until.since(self.from) > Self::SPAN_MS_MAX
            || self.until.since(now) > Self::SPAN_MS_MAX
        {
            return Err(FieldError::new(
                "until",
                "is more than a year away",
                "give a time within a year, and record it anew then",
            ));
        }
        Ok(())
    }

    /// A scan whose place is not known is taken for one of the cause's place.
    pub const fn explains(&self, at: UnixMs, place: u16) -> bool {
        let there = self.place == 0
            || place == 0
            || self.place == place
            || self.place.is_multiple_of(100) && self.place / 100 == place / 100;
        there && self.from.0 <= at.0 && at.0 <= self.until.0
    }
}

/// All that officers found of a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The latest decision and its instant.
    pub decision: Option<(Decision, UnixMs)>,
    /// Not lifted.
    pub causes: Vec<Cause>,
}

impl Findings {
    /// Nothing was found: the state of nearly every code.
    pub const NONE: &Self = &Self { decision: None, causes: Vec::new() };

    /// Whether an officer answered for a scan: the label was found in order
    /// after it, or there is a cause for it.
    pub fn answer_for(&self, at: UnixMs, place: u16) -> bool {
        let decided = match self.decision {
            Some((Decision::Genuine, decided)) => at <= decided,
            _ => false,
        };
        decided || self.causes.iter().any(|cause| cause.explains(at, place))
    }

    /// Whether any scan may be answered for.
    pub fn answer(&self) -> bool {
        matches!(self.decision, Some((Decision::Genuine, _))) || !self.causes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn banquet(place: u16) -> Cause {
        Cause {
            id: Uuid::nil(),
            kind: CauseKind::Banquet,
            from: UnixMs(10 * DAY),
            until: UnixMs(11 * DAY),
            place,
        }
    }

    #[test]
    fn a_cause_explains_its_time_and_place_alone() {
        for (cause, day, place, explained) in [
            (0, 10, 4401, true),
            (0, 11, 4401, true),
            (0, 9, 4101, false),
            (0, 12, 4101, false),
            (4101, 10, 4101, true),
            (4101, 10, 4102, false),
            (4101, 10, 0, true),
            (4100, 10, 4102, true),
            (4100, 10, 4201, false),
        ] {
            let at = UnixMs(day * DAY);
            assert_eq!(banquet(cause).explains(at, place), explained, "{cause} {day} {place}");
        }
    }

    #[test]
    fn a_cause_has_an_end() {
        let now = UnixMs(12 * DAY);
        assert_eq!(banquet(0).check(now), Ok(()));
        for until in [9 * DAY, 378 * DAY, 379 * DAY] {
            let cause = Cause { until: UnixMs(until), from: UnixMs(11 * DAY), ..banquet(0) };
            assert_eq!(cause.check(now).map_err(|e| e.field).err().is_none(), until == 377 * DAY);
        }
    }
}
