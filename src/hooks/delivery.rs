//! One event on its way to one endpoint: attempts, and when the next one is due.

use uuid::Uuid;

use crate::base::UnixMs;
use crate::hooks::{Endpoint, Why};

/// Waits between attempts, milliseconds: three days and a bit in all.
pub const WAITS_MS: [i64; 9] = [
    5_000,
    5 * 60_000,
    30 * 60_000,
    2 * 3_600_000,
    5 * 3_600_000,
    10 * 3_600_000,
    14 * 3_600_000,
    20 * 3_600_000,
    24 * 3_600_000,
];
/// An endpoint that has failed so long without a success is disabled,
/// milliseconds.
pub const FAILING_MS_MAX: i64 = 3 * 24 * 3_600_000;
/// How long events are kept to be replayed, milliseconds.
pub const KEPT_MS: i64 = 30 * 24 * 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Pending,
    Done,
    /// Tried to the end.
    Failed,
}

impl DeliveryState {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Pending, Self::Done, Self::Failed].into_iter().find(|s| s.slug() == slug)
    }
}

/// Why a call came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The name is not known.
    Name,
    /// It leads to an address that must not be called.
    Address,
    Connection,
    Certificate,
    Time,
    /// What came is no answer of HTTP.
    Answer,
    /// An answer other than 2xx.
    Status,
}

impl Trouble {
    const ALL: [Self; 7] = [
        Self::Name,
        Self::Address,
        Self::Connection,
        Self::Certificate,
        Self::Time,
        Self::Answer,
        Self::Status,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Connection => "connection",
            Self::Certificate => "certificate",
            Self::Time => "time",
            Self::Answer => "answer",
            Self::Status => "status",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.slug() == slug)
    }
}

/// What came of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: UnixMs,
    pub took_ms: u64,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// `None`: delivered.
    pub trouble: Option<Trouble>,
}

/// A delivery that a worker has taken.
#[derive(Clone, Debug)]
pub struct Due {
    pub endpoint: Endpoint,
    /// `webhook-id`.
    pub event: Uuid,
    pub body: String,
    /// Attempts before this one, since it was last asked for.
    pub tries: u32,
    /// Nobody else has it until then.
    pub lease_until: UnixMs,
}

/// What becomes of a delivery, and of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub state: DeliveryState,
    /// Of the next attempt, while it is pending.
    pub at: UnixMs,
    /// The endpoint is called no more.
    pub end: Option<Why>,
}

impl Due {
    /// What follows an attempt. `spread`, 0 to 255, lengthens a wait by up to a
    /// tenth, so that what failed together does not come back together.
    pub fn next(&self, attempt: &Attempt, spread: u8) -> Next {
        if attempt.trouble.is_none() {
            return Next { state: DeliveryState::Done, at: attempt.at, end: None };
        }
        let failing = self.endpoint.failing_since.unwrap_or(attempt.at);
        let end = match attempt.status {
            Some(410) => Some(Why::Gone),
            _ => (attempt.at.since(failing) >= FAILING_MS_MAX).then_some(Why::Failing),
        };
        match usize::try_from(self.tries).ok().and_then(|tries| WAITS_MS.get(tries)) {
            Some(wait) => {
                let wait = wait + wait * i64::from(spread) / 2_550;
                let took = i64::try_from(attempt.took_ms).unwrap_or(0);
                Next { state: DeliveryState::Pending, at: attempt.at.plus_ms(took + wait), end }
            }
            None => Next { state: DeliveryState::Failed, at: attempt.at, end },
        }
    }
}

/// A delivery as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub event: Uuid,
    /// Slug of the event's kind.
    pub kind: String,
    pub happened_at: UnixMs,
    pub state: DeliveryState,
    pub tries: u32,
    /// Of the next attempt, while it is pending.
    pub next_at: UnixMs,
    pub last: Option<Attempt>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::Secret;

    fn due(tries: u32, failing_since: Option<i64>) -> Due {
        let endpoint = Endpoint {
            id: Uuid::nil(),
            enterprise: String::new(),
            url: String::new(),
            kinds: Vec::new(),
            secret: Secret::from_bytes([0; 32]),
            old_secret: None,
            created_by: String::new(),
            created_at: UnixMs(0),
            failing_since: failing_since.map(UnixMs),
            ended: None,
        };
        let body = String::new();
        Due { endpoint, event: Uuid::nil(), body, tries, lease_until: UnixMs(0) }
    }

    fn failed(at: i64, status: u16) -> Attempt {
        let trouble = Some(Trouble::Status);
        Attempt { at: UnixMs(at), took_ms: 0, status: Some(status), trouble }
    }

    #[test]
    fn waits_grow_over_three_days_and_then_it_is_given_up() {
        let mut at = 0;
        for tries in 0..9 {
            let next = due(tries, Some(at)).next(&failed(at, 500), 0);
            assert_eq!((next.state, next.end), (DeliveryState::Pending, None));
            assert!(next.at.0 - at > if tries == 0 { 4_000 } else { 200_000 });
            at = next.at.0;
        }
        assert_eq!(at, WAITS_MS.iter().sum::<i64>());
        assert!(at > FAILING_MS_MAX, "the last attempt finds the endpoint failing for days");
        let next = due(9, Some(0)).next(&failed(at, 500), 0);
        assert_eq!((next.state, next.end), (DeliveryState::Failed, Some(Why::Failing)));
    }

    #[test]
    fn a_wait_is_spread_by_a_tenth_at_most() {
        let next = due(1, None).next(&failed(0, 500), 255);
        assert_eq!(next.at, UnixMs(330_000));
    }

    #[test]
    fn an_endpoint_that_is_gone_is_not_called_again() {
        assert_eq!(due(0, None).next(&failed(0, 410), 0).end, Some(Why::Gone));
        let done = Attempt { trouble: None, ..failed(0, 204) };
        let next = due(8, Some(i64::MIN / 2)).next(&done, 0);
        assert_eq!((next.state, next.end), (DeliveryState::Done, None));
    }

    #[test]
    fn both_secrets_sign_while_they_overlap() {
        let mut endpoint = due(0, None).endpoint;
        let old = Secret::from_bytes([1; 32]);
        endpoint.old_secret = Some((old.clone(), UnixMs(1_000)));
        let both = endpoint.signatures("id", UnixMs(999), "{}");
        let own = endpoint.secret.sign("id", UnixMs(999), "{}");
        assert_eq!(both, format!("{own} {}", old.sign("id", UnixMs(999), "{}")));
        assert!(!endpoint.signatures("id", UnixMs(1_000), "{}").contains(' '));
    }
}
