//! Accounts, roles, and the proof types of somebody who signed in.

use uuid::Uuid;

use crate::auth::duty::{Acting, Duties, Post};
use crate::auth::office::{self, Call, Seat, Serving};
use crate::base::{FieldError, UnixMs};

/// What an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The county's staff who register enterprises.
    Administrator,
    Officer {
        office: Uuid,
        seat: Seat,
    },
    /// Somebody of one enterprise, named by its unified social credit code.
    Member {
        enterprise: String,
        duties: Duties,
    },
}

impl Role {
    pub fn duties(&self) -> Duties {
        match self {
            Self::Member { duties, .. } => *duties,
            _ => Duties::default(),
        }
    }

    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Officer { .. } => "officer",
            Self::Member { .. } => "member",
        }
    }

    /// What it may do there, as it is written down: duties or a seat.
    pub fn written(&self) -> String {
        match self {
            Self::Administrator => String::new(),
            Self::Officer { seat, .. } => seat.slug().to_owned(),
            Self::Member { duties, .. } => duties.to_string(),
        }
    }

    pub const fn office(&self) -> Option<Uuid> {
        match self {
            Self::Officer { office, .. } => Some(*office),
            _ => None,
        }
    }

    pub const fn seat(&self) -> Option<Seat> {
        match self {
            Self::Officer { seat, .. } => Some(*seat),
            _ => None,
        }
    }

    /// `may`: of a member the duties, of an officer the seat. An officer without
    /// an office is of the first one.
    ///
    /// # Errors
    /// For an unknown role, and a member without an enterprise or duty or the
    /// reverse.
    pub fn parse(
        slug: &str,
        enterprise: Option<&str>,
        may: &str,
        office: Option<Uuid>,
    ) -> Result<Self, FieldError> {
        match (slug, enterprise) {
            ("administrator", None) => Ok(Self::Administrator),
            ("officer", None) => {
                let office = office.unwrap_or(office::FIRST);
                Ok(Self::Officer { office, seat: Seat::parse(may)? })
            }
            ("member", Some(e)) => {
                Ok(Self::Member { enterprise: e.to_owned(), duties: Duties::parse(may)? })
            }
            ("member", None) => {
                Err(FieldError::new("enterprise", "is missing", "a member belongs to one"))
            }
            ("administrator" | "officer", Some(_)) => {
                Err(FieldError::new("enterprise", "is too much", "only a member has one"))
            }
            _ => Err(FieldError::new(
                "role",
                format!("{slug:?} is not known"),
                "write administrator, officer or member",
            )),
        }
    }

    pub fn enterprise(&self) -> Option<&str> {
        match self {
            Self::Member { enterprise, .. } => Some(enterprise),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// 3 to 64 of a-z 0-9 . _ - @
    pub login: String,
    pub name: String,
    pub role: Role,
    /// argon2id PHC string; `None`: no password, API keys only.
    pub password_hash: Option<String>,
    pub created_at: UnixMs,
    pub disabled_at: Option<UnixMs>,
}

/// # Errors
/// Naming the field when a login cannot be used.
pub fn check_login(login: &str) -> Result<(), FieldError> {
    let fits = (3..=64).contains(&login.len())
        && login
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-@".contains(&c));
    if fits {
        return Ok(());
    }
    Err(FieldError::new(
        "login",
        format!("{login:?} cannot be used"),
        "write 3 to 64 small letters, digits or . _ - @",
    ))
}

/// Somebody who signed in, by session or by API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub login: String,
    pub name: String,
    pub role: Role,
}

impl SignedIn {
    pub fn of(account: &Account) -> Self {
        Self {
            login: account.login.clone(),
            name: account.name.clone(),
            role: account.role.clone(),
        }
    }

    pub fn administrator(&self) -> Option<Administrator> {
        (self.role == Role::Administrator).then(|| Administrator { login: self.login.clone() })
    }

    pub fn officer(&self) -> Option<Officer> {
        let Role::Officer { office, seat } = self.role else { return None };
        Some(Officer { login: self.login.clone(), name: self.name.clone(), office, seat })
    }

    /// As an officer with a seat of `C`.
    pub fn serving<C: Call>(&self) -> Option<Serving<C>> {
        self.officer().and_then(Serving::of)
    }

    pub fn member(&self) -> Option<Member> {
        let Role::Member { enterprise, duties } = &self.role else { return None };
        Some(Member {
            login: self.login.clone(),
            name: self.name.clone(),
            enterprise: enterprise.clone(),
            duties: *duties,
        })
    }

    /// As a member with the duty `P`.
    pub fn acting<P: Post>(&self) -> Option<Acting<P>> {
        self.member().and_then(Acting::of)
    }
}

/// Proof that an administrator signed in. Only [`SignedIn`] makes one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Administrator {
    pub login: String,
}

/// Proof that an officer signed in, whatever the seat: who reads.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Officer {
    pub login: String,
    pub name: String,
    pub office: Uuid,
    pub seat: Seat,
}

/// Proof that a member of an enterprise signed in, whatever the duty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    pub login: String,
    pub name: String,
    /// Unified social credit code.
    pub enterprise: String,
    pub duties: Duties,
}
