//! What can be done with labels, and who may do it.

use super::Account;
use crate::auth::Duty;

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
            // On the line too: what was put on sale by the roll and tore there.
            (Self::Spoil, A::Issued | A::Printed | A::Applied | A::Activated) => Some(A::Spoiled),
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

#[cfg(test)]
mod tests {
    use super::*;

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
                "spoil <- issued printed applied activated",
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
}
