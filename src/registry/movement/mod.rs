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

pub mod book;
pub mod closing;
pub mod codes;
pub mod file;
pub mod port;
pub mod ranges;
pub mod service;
pub mod whereabouts;

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::auth::Duty;
use crate::base::{FieldError, UnixMs};
use crate::registry::BatchRef;

pub use book::{Balance, Span};
pub use ranges::Ranges;
pub use whereabouts::Whereabouts;

/// Where a label is in its life, as the book has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Its number was given out; nobody has reported it printed.
    Issued,
    Printed,
    /// Lost in printing.
    Spoiled,
    /// On its goods.
    Applied,
    /// Printed, and given back unused.
    Returned,
    /// Printed, and destroyed unused.
    Destroyed,
    /// On sale.
    Activated,
    /// On its goods, and kept from sale.
    Held,
}

impl Account {
    pub const ALL: [Self; 8] = [
        Self::Issued,
        Self::Printed,
        Self::Spoiled,
        Self::Applied,
        Self::Returned,
        Self::Destroyed,
        Self::Activated,
        Self::Held,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Printed => "printed",
            Self::Spoiled => "spoiled",
            Self::Applied => "applied",
            Self::Returned => "returned",
            Self::Destroyed => "destroyed",
            Self::Activated => "activated",
            Self::Held => "held",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.slug() == slug)
    }

    /// The account through which labels come to this one.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::Issued => None,
            Self::Printed | Self::Spoiled => Some(Self::Issued),
            Self::Applied | Self::Returned | Self::Destroyed => Some(Self::Printed),
            Self::Activated | Self::Held => Some(Self::Applied),
        }
    }

    /// Whether what lies on `self` has come through `other`, or lies there.
    pub fn came_through(self, other: Self) -> bool {
        std::iter::successors(Some(self), |a| a.parent()).any(|a| a == other)
    }

    /// The accounts from this one to `to`, both included.
    pub fn path(self, to: Self) -> Vec<Self> {
        let up = |from: Self| std::iter::successors(Some(from), |a| a.parent());
        let mut path: Vec<_> = up(self).take_while(|a| !to.came_through(*a)).collect();
        let down: Vec<_> = up(to).take_while(|a| !self.came_through(*a)).collect();
        path.extend(up(self).find(|a| to.came_through(*a)));
        path.extend(down.into_iter().rev());
        path
    }
}

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
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().count() > characters_max || text.contains(|c: char| c.is_control() || turns(c))
    {
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

/// What is done with labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Print,
    Spoil,
    /// A spoiled number, printed once more.
    Reprint,
    Apply,
    Return,
    Destroy,
    Activate,
    Hold,
    /// Held labels go on sale.
    Release,
    /// To another place, on the account on which they are.
    Transfer,
    /// Takes another movement back.
    Undo,
}

impl Kind {
    /// All that are done by name; an undo names a movement.
    pub const NAMED: [Self; 10] = [
        Self::Print,
        Self::Spoil,
        Self::Reprint,
        Self::Apply,
        Self::Return,
        Self::Destroy,
        Self::Activate,
        Self::Hold,
        Self::Release,
        Self::Transfer,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Print => "print",
            Self::Spoil => "spoil",
            Self::Reprint => "reprint",
            Self::Apply => "apply",
            Self::Return => "return",
            Self::Destroy => "destroy",
            Self::Activate => "activate",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Transfer => "transfer",
            Self::Undo => "undo",
        }
    }

    /// As the audit trail names it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Print => "labels.print",
            Self::Spoil => "labels.spoil",
            Self::Reprint => "labels.reprint",
            Self::Apply => "labels.apply",
            Self::Return => "labels.return",
            Self::Destroy => "labels.destroy",
            Self::Activate => "labels.activate",
            Self::Hold => "labels.hold",
            Self::Release => "labels.release",
            Self::Transfer => "labels.transfer",
            Self::Undo => "labels.undo",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::NAMED.into_iter().chain([Self::Undo]).find(|k| k.slug() == slug)
    }

    /// Which movements there are: the account that this one leads to from
    /// `from`, if it takes labels from there. Who prints in the house goes from
    /// `issued` to `activated` at once, through what lies between.
    pub const fn leads(self, from: Account) -> Option<Account> {
        use Account as A;
        match (self, from) {
            (Self::Print, A::Issued) | (Self::Reprint, A::Spoiled) => Some(A::Printed),
            (Self::Spoil, A::Issued | A::Printed) => Some(A::Spoiled),
            (Self::Apply, A::Issued | A::Printed) => Some(A::Applied),
            (Self::Return, A::Issued | A::Printed) => Some(A::Returned),
            (Self::Destroy, A::Issued | A::Printed | A::Returned) => Some(A::Destroyed),
            (Self::Activate, A::Issued | A::Printed | A::Applied) | (Self::Release, A::Held) => {
                Some(A::Activated)
            }
            (Self::Hold, A::Applied | A::Activated) => Some(A::Held),
            (Self::Transfer, from) => Some(from),
            _ => None,
        }
    }

    /// Who may do it: any of these.
    pub const fn duties(self) -> &'static [Duty] {
        match self {
            Self::Hold | Self::Release => &[Duty::Quality],
            Self::Spoil | Self::Destroy => &[Duty::Line, Duty::Quality],
            Self::Print | Self::Reprint => &[Duty::Planner, Duty::Line],
            Self::Apply | Self::Return | Self::Activate | Self::Transfer | Self::Undo => {
                &[Duty::Line]
            }
        }
    }

    /// The accounts from which it takes.
    pub fn sources(self) -> impl Iterator<Item = Account> {
        Account::ALL.into_iter().filter(move |from| self.leads(*from).is_some())
    }
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
    fn what_lies_between_two_accounts_is_one_path() {
        use Account as A;
        for (from, to, path) in [
            (A::Issued, A::Activated, vec![A::Issued, A::Printed, A::Applied, A::Activated]),
            (A::Activated, A::Held, vec![A::Activated, A::Applied, A::Held]),
            (A::Printed, A::Spoiled, vec![A::Printed, A::Issued, A::Spoiled]),
            (A::Held, A::Issued, vec![A::Held, A::Applied, A::Printed, A::Issued]),
            (A::Printed, A::Printed, vec![A::Printed]),
        ] {
            assert_eq!(from.path(to), path);
        }
    }

    #[test]
    fn the_table_of_movements_is_what_the_book_allows() {
        let table: Vec<_> = Kind::NAMED
            .into_iter()
            .map(|kind| {
                let from: Vec<_> = kind.sources().map(Account::slug).collect();
                format!("{} <- {}", kind.slug(), from.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "print <- issued",
                "spoil <- issued printed",
                "reprint <- spoiled",
                "apply <- issued printed",
                "return <- issued printed",
                "destroy <- issued printed returned",
                "activate <- issued printed applied",
                "hold <- applied activated",
                "release <- held",
                "transfer <- issued printed spoiled applied returned destroyed activated held",
            ]
        );
    }

    #[test]
    fn a_place_is_one_line_that_shows() {
        assert_eq!(Custody::parse(" 二号库 ").map(|c| c.to_string()), Ok("二号库".to_owned()));
        for bad in ["a\nb", "a\u{202e}b", &"长".repeat(41)] {
            assert!(Custody::parse(bad).is_err(), "{bad}");
        }
    }
}
