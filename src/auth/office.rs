//! Offices of market regulation, and the seat that an officer has in one: what
//! may be done there. An office's cases are its own; labels, leads and policies
//! are everybody's who has a seat anywhere.

use std::marker::PhantomData;
use std::ops::Deref;

use async_trait::async_trait;
use uuid::Uuid;

use crate::auth::Officer;
use crate::base::{By, FieldError, Lang, LedgerError, line, places};

/// The office that every installation begins with.
pub const FIRST: Uuid = Uuid::from_u128(1);
/// Offices of one installation.
pub const OFFICES_MAX: u32 = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// Works on leads and cases.
    Officer,
    /// The same; closes, lifts, signs policies, and says yes to what another asked for.
    Supervisor,
    /// Reviews what is to be closed.
    Legal,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Seat {
    pub const ALL: [Self; 4] = [Self::Officer, Self::Supervisor, Self::Legal, Self::Auditor];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Supervisor => "supervisor",
            Self::Legal => "legal",
            Self::Auditor => "auditor",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|seat| seat.slug() == slug)
    }

    /// # Errors
    /// Naming `seat` when it is not known.
    pub fn parse(slug: &str) -> Result<Self, FieldError> {
        Self::from_slug(slug.trim()).ok_or_else(|| {
            let known = Self::ALL.map(Self::slug).join(", ");
            FieldError::new(
                "seat",
                format!("{slug:?} is not known"),
                format!("write one of {known}"),
            )
        })
    }

    /// Whether it is one of those that `C` asks for.
    pub fn answers<C: Call>(self) -> bool {
        C::SEATS.contains(&self)
    }
}

/// Names seats in a type, so that a handler or use case can ask for one of them.
pub trait Call: Send + Sync + 'static {
    const SEATS: &'static [Seat];
}

macro_rules! calls {
    ($($(#[$about:meta])* $name:ident = $($seat:ident)|+;)*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl Call for $name {
            const SEATS: &'static [Seat] = &[$(Seat::$seat),+];
        }
    )*};
}

calls! {
    /// Leads, visits, cases, blocks.
    Working = Officer | Supervisor;
    /// Policies, and what one person alone may not do.
    Supervising = Supervisor;
    /// Says yes or no to what is to be closed or lifted.
    Advising = Legal | Supervisor;
}

/// Proof that an officer signed in who has a seat of `C`. Only
/// [`SignedIn`](crate::auth::SignedIn) makes one.
#[derive(Clone, Debug)]
pub struct Serving<C> {
    officer: Officer,
    call: PhantomData<C>,
}

impl<C: Call> Serving<C> {
    pub(super) fn of(officer: Officer) -> Option<Self> {
        officer.seat.answers::<C>().then_some(Self { officer, call: PhantomData })
    }
}

impl<C> Deref for Serving<C> {
    type Target = Officer;

    fn deref(&self) -> &Officer {
        &self.officer
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    pub id: Uuid,
    pub name_zh: String,
    /// May be empty.
    pub name_en: String,
    /// GB/T 2260, four digits; 0: anywhere. What is near it comes first.
    pub region: u16,
}

impl Office {
    /// In English where it has a name in English.
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.name_en.is_empty() => &self.name_en,
            _ => &self.name_zh,
        }
    }

    /// From what was typed.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(
        id: Uuid,
        name_zh: &str,
        name_en: &str,
        region: &str,
    ) -> Result<Self, Vec<FieldError>> {
        let zh = line("name_zh", name_zh);
        let en = match name_en.trim() {
            "" => Ok(String::new()),
            some => line("name_en", some),
        };
        let region =
            region.trim().parse::<u16>().ok().filter(|code| {
                *code == 0 || places::all().iter().any(|region| region.code == *code)
            });
        match (zh, en, region) {
            (Ok(name_zh), Ok(name_en), Some(region)) => Ok(Self { id, name_zh, name_en, region }),
            (zh, en, region) => {
                let unknown =
                    || FieldError::new("region", "is not known", "choose one of the list");
                let faults = zh.err().into_iter().chain(en.err());
                Err(faults.chain(region.is_none().then(unknown)).collect())
            }
        }
    }
}

/// Each method is one transaction.
#[async_trait]
pub trait OfficeLedger: Send + Sync {
    /// In the order in which they were added, at most `OFFICES_MAX`.
    async fn offices(&self) -> Result<Vec<Office>, LedgerError>;
    /// Adds an office, or changes the one with its id. `Invalid` at `OFFICES_MAX`.
    async fn put_office(&self, office: &Office, by: &By) -> Result<(), LedgerError>;
    /// Gives an officer another seat, or a seat in another office. `NotFound` for
    /// an unknown office and for an account that is no officer's.
    async fn set_seat(
        &self,
        login: &str,
        office: Uuid,
        seat: Seat,
        by: &By,
    ) -> Result<(), LedgerError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_answers_no_call_and_a_supervisor_every_one() {
        for (seat, works, supervises, advises) in [
            (Seat::Officer, true, false, false),
            (Seat::Supervisor, true, true, true),
            (Seat::Legal, false, false, true),
            (Seat::Auditor, false, false, false),
        ] {
            assert_eq!(seat.answers::<Working>(), works, "{seat:?}");
            assert_eq!(seat.answers::<Supervising>(), supervises, "{seat:?}");
            assert_eq!(seat.answers::<Advising>(), advises, "{seat:?}");
            assert_eq!(Seat::parse(seat.slug()).ok(), Some(seat));
        }
        assert_eq!(Seat::parse("owner").map_err(|e| e.field), Err("seat".to_owned()));
    }

    #[test]
    fn an_office_names_everything_that_is_wrong_with_it() {
        let fields = |zh: &str, en: &str, region: &str| {
            let office = Office::new(FIRST, zh, en, region);
            office.map(|_| ()).map_err(|e| e.into_iter().map(|e| e.field).collect::<Vec<_>>())
        };
        assert_eq!(fields("鹿邑县市场监督管理局", "", "4116"), Ok(()));
        let wrong = ["name_zh", "name_en", "region"].map(str::to_owned).to_vec();
        assert_eq!(fields("", "a\nb", "9999"), Err(wrong));
    }
}
