//! What a member of an enterprise may do there. A person has one duty or more;
//! an owner has all of them. To read what the enterprise has, any will do.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::auth::Member;
use crate::base::FieldError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Duty {
    /// Members, keys, settings, printers; and all that the others do.
    Owner,
    /// Registers products and batches, orders labels.
    Planner,
    /// Approves what another asked for: large orders, recalls.
    Approver,
    /// The packing line: activates, packs, undoes.
    Line,
    /// The quality office: signs off rolls, inspects, blocks, proposes recalls.
    Quality,
    /// The sales office: ships, receives, returns, proposes recalls.
    Sales,
    /// Reads.
    Viewer,
}

impl Duty {
    pub const ALL: [Self; 7] = [
        Self::Owner,
        Self::Planner,
        Self::Approver,
        Self::Line,
        Self::Quality,
        Self::Sales,
        Self::Viewer,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Planner => "planner",
            Self::Approver => "approver",
            Self::Line => "line",
            Self::Quality => "quality",
            Self::Sales => "sales",
            Self::Viewer => "viewer",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.slug() == slug)
    }
}

/// A set of duties, written with commas: `planner,line`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duties(u8);

impl Duties {
    pub const OWNER: Self = Self(1 << Duty::Owner as u8);

    #[must_use]
    pub const fn with(self, duty: Duty) -> Self {
        Self(self.0 | 1 << duty as u8)
    }

    /// Whether it is in the set itself.
    pub const fn names(self, duty: Duty) -> bool {
        self.0 & (1 << duty as u8) != 0
    }

    /// Whether it may be done: an owner may do everything.
    pub const fn allow(self, duty: Duty) -> bool {
        self.names(duty) || self.names(Duty::Owner)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What a key for `scope` may do whose account has these.
    #[must_use]
    pub fn within(self, scope: Self) -> Self {
        Self::from_iter(scope.iter().filter(|duty| self.allow(*duty)))
    }

    pub fn iter(self) -> impl Iterator<Item = Duty> {
        Duty::ALL.into_iter().filter(move |duty| self.names(*duty))
    }

    /// # Errors
    /// Naming `duties` when one is not known, or there is none.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let fault = |problem: String| {
            let known = Duty::ALL.map(Duty::slug).join(", ");
            FieldError::new("duties", problem, format!("write one or more of {known}"))
        };
        let duties = text
            .split(',')
            .map(str::trim)
            .filter(|slug| !slug.is_empty())
            .map(|slug| {
                Duty::from_slug(slug).ok_or_else(|| fault(format!("{slug:?} is not known")))
            })
            .collect::<Result<Self, _>>()?;
        if duties.is_empty() { Err(fault("none is named".to_owned())) } else { Ok(duties) }
    }
}

impl FromIterator<Duty> for Duties {
    fn from_iter<I: IntoIterator<Item = Duty>>(duties: I) -> Self {
        duties.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Display for Duties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slugs: Vec<_> = self.iter().map(Duty::slug).collect();
        f.write_str(&slugs.join(","))
    }
}

/// Names duties in a type, so that a handler or use case can ask for one of
/// them.
pub trait Post: Send + Sync + 'static {
    const DUTIES: &'static [Duty];
}

macro_rules! posts {
    ($($(#[$about:meta])* $name:ident = $($duty:ident)|+;)*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl Post for $name {
            const DUTIES: &'static [Duty] = &[$(Duty::$duty),+];
        }
    )*};
}

posts! {
    Owning = Owner;
    Planning = Planner;
    Approving = Approver;
    /// At the packing line.
    OnLine = Line;
    /// In the quality office.
    Testing = Quality;
    Selling = Sales;
    /// Whoever may ask for goods to be withdrawn.
    Withdrawing = Quality | Sales;
}

/// Proof that a member with a duty of `P` signed in. Only [`SignedIn`] makes one.
///
/// [`SignedIn`]: crate::auth::SignedIn
#[derive(Clone, Debug)]
pub struct Acting<P> {
    member: Member,
    post: PhantomData<P>,
}

impl<P: Post> Acting<P> {
    pub(super) fn of(member: Member) -> Option<Self> {
        let may = P::DUTIES.iter().any(|duty| member.duties.allow(*duty));
        may.then_some(Self { member, post: PhantomData })
    }
}

impl<P> Deref for Acting<P> {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.member
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_do_all_and_others_what_they_are_named_for() {
        let planner = Duties::parse(" planner, line ,").expect("duties");
        assert_eq!(planner.to_string(), "planner,line");
        assert!(planner.allow(Duty::Line) && !planner.allow(Duty::Approver));
        assert!(Duty::ALL.into_iter().all(|duty| Duties::OWNER.allow(duty)));
        assert!(Duties::parse("boss").is_err() && Duties::parse(" , ").is_err());
    }

    #[test]
    fn a_key_does_what_both_it_and_its_account_may() {
        let scope = Duties::parse("line,viewer").expect("duties");
        assert_eq!(Duties::OWNER.within(scope), scope);
        assert_eq!(Duties::parse("viewer").expect("duties").within(scope).to_string(), "viewer");
        let wider = Duties::parse("planner").expect("duties").within(Duties::OWNER);
        assert!(wider.is_empty(), "a key never widens its account: {wider}");
    }
}
