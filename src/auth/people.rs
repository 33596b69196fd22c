//! Use cases of those who answer for other people's accounts: an owner for the
//! members of the enterprise, an administrator for everybody.

use async_trait::async_trait;

use crate::auth::account::check_login;
use crate::auth::credentials::CredentialLedger;
use crate::auth::link::{Link, Purpose};
use crate::auth::{Account, Duties, Role};
use crate::base::{By, FieldError, LedgerError, UnixMs, line};

/// Accounts of one enterprise, and of the county's staff.
pub const PEOPLE_MAX: u32 = 500;

/// An account as those see it who answer for it.
#[derive(Clone, Debug)]
pub struct Person {
    pub account: Account,
    pub second_factor: bool,
    /// When the invitation ends or ended that was not taken up.
    pub invited_until: Option<UnixMs>,
    /// Of its sessions that are open.
    pub last_seen_at: Option<UnixMs>,
}

impl Person {
    /// Has keys alone: nobody was ever asked to choose a password.
    pub const fn is_program(&self) -> bool {
        self.account.password_hash.is_none() && self.invited_until.is_none()
    }

    pub const fn is_open(&self) -> bool {
        self.account.disabled_at.is_none()
    }
}

/// Whose accounts are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of<'a> {
    /// Unified social credit code.
    Enterprise(&'a str),
    /// Administrators and officers.
    County,
}

/// How far somebody's hand reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    All,
    /// Unified social credit code.
    Enterprise(String),
}

impl Reach {
    fn covers(&self, account: &Account) -> bool {
        match self {
            Self::All => true,
            Self::Enterprise(own) => account.role.enterprise() == Some(own),
        }
    }
}

/// Each method is one transaction.
#[async_trait]
pub trait PeopleLedger: CredentialLedger {
    /// By login, at most `PEOPLE_MAX`.
    async fn people(&self, of: Of<'_>, at: UnixMs) -> Result<Vec<Person>, LedgerError>;
    async fn person(&self, login: &str, at: UnixMs) -> Result<Option<Person>, LedgerError>;
    /// A new account, with the link by which its owner takes it up, or none for
    /// a program. `Conflict` when the login is taken, `Invalid` at `PEOPLE_MAX`.
    async fn invite(
        &self,
        account: &Account,
        link: Option<&Link>,
        by: &By,
    ) -> Result<(), LedgerError>;
    /// `Invalid` when nobody would be left who can sign in as an owner.
    async fn set_duties(&self, login: &str, duties: Duties, by: &By) -> Result<(), LedgerError>;
    /// Opens or closes an account; closed, its sessions and links end. False
    /// when it was so before, `Invalid` when nobody would be left who can sign
    /// in as an owner, or as an administrator.
    async fn set_open(&self, login: &str, open: bool, by: &By) -> Result<bool, LedgerError>;
}

/// An account within reach; another's does not exist.
///
/// # Errors
/// `NotFound`, and those of the ledger.
pub async fn find(
    ledger: &(impl PeopleLedger + ?Sized),
    reach: &Reach,
    login: &str,
    at: UnixMs,
) -> Result<Person, LedgerError> {
    let person = ledger.person(login, at).await?.filter(|person| reach.covers(&person.account));
    person.ok_or_else(|| LedgerError::NotFound(format!("account {login}")))
}

/// As [`find`], but not oneself: what one does to oneself asks for the
/// password, on the page of one's own account.
async fn another(
    ledger: &(impl PeopleLedger + ?Sized),
    reach: &Reach,
    login: &str,
    by: &By,
) -> Result<Person, LedgerError> {
    if login == by.login {
        return refused("login", "is your own", "use the page of your own account");
    }
    find(ledger, reach, login, by.at).await
}

fn refused<T>(field: &str, problem: &str, remedy: &str) -> Result<T, LedgerError> {
    Err(LedgerError::Invalid(vec![FieldError::new(field, problem, remedy)]))
}

/// Somebody who is to get an account.
#[derive(Clone, Debug)]
pub struct Newcomer {
    pub login: String,
    pub name: String,
    pub role: Role,
    /// Keys alone, no password.
    pub program: bool,
}

/// The name of somebody who is to get an account.
///
/// # Errors
/// What is wrong with the login, and with the name.
pub fn newcomer(login: &str, name: &str) -> Result<String, Vec<FieldError>> {
    let name = line("name", name);
    match (check_login(login), name) {
        (Ok(()), Ok(name)) => Ok(name),
        (login, name) => Err(login.err().into_iter().chain(name.err()).collect()),
    }
}

/// Makes an account; gives the token of its invitation, unless it is a
/// program's.
///
/// # Errors
/// `Invalid` with every field that cannot be taken, `Conflict` when the login
/// is taken.
pub async fn invite(
    ledger: &(impl PeopleLedger + ?Sized),
    new: Newcomer,
    by: &By,
) -> Result<Option<String>, LedgerError> {
    let name = newcomer(&new.login, &new.name).map_err(LedgerError::Invalid)?;
    let account = Account {
        login: new.login,
        name,
        role: new.role,
        password_hash: None,
        created_at: by.at,
        disabled_at: None,
    };
    let link = (!new.program).then(|| Link::new(&account.login, Purpose::Invitation, by.at));
    ledger.invite(&account, link.as_ref().map(|(_, link)| link), by).await?;
    Ok(link.map(|(token, _)| token))
}

/// A new link for somebody: the invitation once more, or a new password.
///
/// # Errors
/// `Invalid` for an account that is closed, or a program's.
pub async fn link(
    ledger: &(impl PeopleLedger + ?Sized),
    reach: &Reach,
    login: &str,
    by: &By,
) -> Result<(String, Purpose), LedgerError> {
    let person = another(ledger, reach, login, by).await?;
    if !person.is_open() {
        return refused("login", "is closed", "open the account first");
    }
    let purpose = match (&person.account.password_hash, person.invited_until) {
        (Some(_), _) => Purpose::Reset,
        (None, Some(_)) => Purpose::Invitation,
        (None, None) => return refused("login", "is a program's", "make it an API key"),
    };
    let (token, link) = Link::new(login, purpose, by.at);
    ledger.add_link(&link, by).await?;
    Ok((token, purpose))
}

/// # Errors
/// `Invalid` when no owner would be left; for what is not a member's account.
pub async fn change_duties(
    ledger: &(impl PeopleLedger + ?Sized),
    reach: &Reach,
    login: &str,
    duties: Duties,
    by: &By,
) -> Result<(), LedgerError> {
    let person = find(ledger, reach, login, by.at).await?;
    if person.account.role.enterprise().is_none() {
        return refused("duties", "are a member's", "choose a member of an enterprise");
    }
    ledger.set_duties(login, duties, by).await
}

/// # Errors
/// `Invalid` for oneself, and when nobody would be left who answers for the
/// accounts.
pub async fn set_open(
    ledger: &(impl PeopleLedger + ?Sized),
    reach: &Reach,
    login: &str,
    open: bool,
    by: &By,
) -> Result<(), LedgerError> {
    another(ledger, reach, login, by).await?;
    ledger.set_open(login, open, by).await.map(drop)
}

/// Takes a second factor from somebody who lost it.
///
/// # Errors
/// `Invalid` for oneself.
pub async fn remove_second_factor(
    ledger: &(impl PeopleLedger + ?Sized),
    reach: &Reach,
    login: &str,
    by: &By,
) -> Result<(), LedgerError> {
    another(ledger, reach, login, by).await?;
    ledger.remove_second_factor(login, by).await.map(drop)
}
