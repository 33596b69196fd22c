//! The book of a batch's labels, in double entry.
//!
//! Each running number of a batch lies on one account at one place of custody,
//! from its issue on. A [`Movement`] takes a set of numbers from where they lie
//! to another account or place, and is one row of a log with who, when and
//! why; [`Span`]s are the balance, kept in the same transaction: the fewest
//! runs of numbers that lie together. So labels cost rows by the movement, and
//! nothing is ever counted twice or lost.
//!
//! The accounts are a tree under `issued`. A movement names its two ends; the
//! accounts between are the one path between them, and so the sums hold
//! whatever is moved: issued = printed + spoiled, printed = applied + returned
//! + destroyed, applied = activated + held, each with what has not come so far.
//!
//! What is said over the book, that labels are recalled, stolen, planted or
//! missing, is a [`crate::registry::RangeFact`] and moves nothing.

pub mod account;
pub mod book;
pub mod closing;
pub mod codes;
pub mod file;
pub mod kind;
pub mod port;
pub mod ranges;
pub mod service;
pub mod whereabouts;

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::base::{FieldError, UnixMs, misleads};
use crate::registry::BatchRef;

pub use account::Account;
pub use book::{Balance, Span};
pub use kind::Kind;
pub use ranges::Ranges;
pub use whereabouts::Whereabouts;

/// Characters of a place of custody.
pub const CUSTODY_CHARACTERS_MAX: usize = 40;
/// Characters of a movement's reason, and of its reference.
pub const WORDS_CHARACTERS_MAX: usize = 200;
/// Characters of the key that tells a request from one sent again.
pub const REQUEST_KEY_CHARACTERS_MAX: usize = 64;

/// Who has labels: a printer, a hall, a store, in the enterprise's own words.
/// The empty one is the enterprise itself, with no place named.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Custody(Arc<str>);

impl Custody {
    /// # Errors
    /// For one that is too long or has a control character.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line("place", text, CUSTODY_CHARACTERS_MAX).map(|text| Self(text.into()))
    }

    /// As the ledger keeps it.
    pub fn kept(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Custody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of text, trimmed.
///
/// # Errors
/// For one that is too long, or has a control character or a mark that turns
/// the direction of what follows.
pub fn line(field: &str, text: &str, characters_max: usize) -> Result<String, FieldError> {
    let text = text.trim();
    if text.chars().count() > characters_max || text.contains(misleads) {
        let problem = "is too long or has a character that does not show";
        let remedy = format!("write one line of at most {characters_max} characters");
        return Err(FieldError::new(field, problem, remedy));
    }
    Ok(text.to_owned())
}

/// An account at a place: what a label lies on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holding {
    pub account: Account,
    pub place: Custody,
}

/// A movement as asked for.
#[derive(Clone, Debug)]
pub struct NewMovement {
    pub id: Uuid,
    pub batch: BatchRef,
    pub kind: Kind,
    pub ranges: Ranges,
    /// Where they go; `None`: they stay where they are.
    pub place: Option<Custody>,
    /// Where they have to be; `None`: anywhere.
    pub from: Option<Custody>,
    /// Moves those that can be moved, and tells of the others.
    pub partial: bool,
    pub words: Words,
}

/// Why, on what paper, and the key of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub reason: String,
    /// Number of a delivery note, a roll, an order.
    pub reference: String,
    /// The same key in the same batch is the same request.
    pub key: Option<String>,
}

/// A movement that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub id: Uuid,
    pub batch: BatchRef,
    pub kind: Kind,
    /// The movement that this one takes back.
    pub undoes: Option<Uuid>,
    pub legs: Vec<Leg>,
    /// Labels of it that were taken back since, and when the last of them.
    pub undone: Option<(u64, UnixMs)>,
    pub words: Words,
    pub by: String,
    pub at: UnixMs,
}

impl Movement {
    pub fn labels(&self) -> u64 {
        self.legs.iter().map(|leg| leg.labels).sum()
    }
}

/// The part of a movement that went from one holding to one other. Its numbers
/// are `labels` of `first..=last`, in `runs` runs; the ledger keeps them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    pub from: Holding,
    pub to: Holding,
    pub labels: u64,
    pub first: u64,
    pub last: u64,
    pub runs: u64,
}

/// Numbers that a movement asked for and does not take from where they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub first: u64,
    pub last: u64,
    pub on: Holding,
    /// When they came there, and by whom; `None`: they were issued there.
    pub since: Option<(UnixMs, String)>,
    /// Of all that were asked for, how many are not taken.
    pub labels: u64,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// With what was left out where that was allowed.
    Done(Movement, Option<Elsewhere>),
    /// The same request was done before.
    Before(Movement),
    /// Nothing was moved.
    Refused(Elsewhere),
}

impl Elsewhere {
    /// As a fault of the field that named the numbers.
    pub fn fault(&self) -> FieldError {
        let numbers = if self.first == self.last {
            format!("number {} is", self.first)
        } else {
            format!("numbers {}-{} are", self.first, self.last)
        };
        let place = match self.on.place.as_str() {
            "" => String::new(),
            place => format!(" at {place}"),
        };
        let since = self.since.as_ref().map_or(String::new(), |(at, by)| {
            let day = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
            format!(" since {} by {by}", day.strftime("%Y-%m-%d %H:%M UTC"))
        });
        let problem = format!("{numbers} {}{place}{since}", self.on.account.slug());
        FieldError::new("range", problem, "leave them out, or undo what moved them there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_line_that_shows() {
        assert_eq!(Custody::parse(" 二号库 ").map(|c| c.to_string()), Ok("二号库".to_owned()));
        for bad in ["a\nb", "a\u{202e}b", &"长".repeat(41)] {
            assert!(Custody::parse(bad).is_err(), "{bad}");
        }
    }
}
