//! Use cases of API keys: made, replaced with an overlap, ended.

use async_trait::async_trait;

use crate::auth::people::{self, PeopleLedger, Reach};
use crate::auth::port::{AccountLedger, ApiKey};
use crate::auth::{Duties, token};
use crate::base::{By, FieldError, LedgerError, Origin, UnixMs, line};

/// Days that a key may be good for.
pub const KEY_DAYS_MAX: u16 = 1_100;
/// Days in which the key before may still be used after it was replaced.
pub const OVERLAP_DAYS_MAX: u16 = 30;
/// Keys of one account that are good at once.
pub const KEYS_MAX: usize = 50;

const DAY_MS: i64 = 86_400_000;

/// Each method is one transaction.
#[async_trait]
pub trait KeyLedger: AccountLedger {
    /// Of an enterprise, or of everybody; latest first. Ended ones too.
    async fn api_keys(&self, enterprise: Option<&str>) -> Result<Vec<ApiKey>, LedgerError>;
    /// Ends a key at `by.at`, if it is good then; false when it is not.
    async fn end_api_key(&self, hash: &[u8; 32], by: &By) -> Result<bool, LedgerError>;
    /// Adds `new` and lets the one before end at `ends_at`, unless it ends
    /// before.
    async fn replace_api_key(
        &self,
        hash: &[u8; 32],
        new: &ApiKey,
        ends_at: UnixMs,
        by: &By,
    ) -> Result<(), LedgerError>;
}

/// What a key is called where people list keys: a part of its hash.
pub fn id(key: &ApiKey) -> String {
    crate::base::hex(&key.hash[..8])
}

/// What is asked of a new key.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub login: String,
    pub label: String,
    /// `None`: all that its account may.
    pub scope: Option<Duties>,
    pub days: u16,
}

/// Makes a key; gives its text, which nobody sees again.
///
/// # Errors
/// `Invalid` with the field, `NotFound` for an account out of reach.
pub async fn make<L: KeyLedger + PeopleLedger + ?Sized>(
    ledger: &L,
    reach: &Reach,
    wanted: Wanted,
    by: &By,
) -> Result<String, LedgerError> {
    let person = people::find(ledger, reach, &wanted.login, by.at).await?;
    let good = ledger.api_keys(person.account.role.enterprise()).await?;
    let good = good.iter().filter(|k| k.login == wanted.login && k.expires_at > by.at).count();
    if good >= KEYS_MAX {
        return fault("login", format!("has {good} keys"), "end one that is not used");
    }
    if !person.is_open() {
        return fault("login", "is closed".to_owned(), "open the account first");
    }
    let label = line("label", &wanted.label).map_err(|e| LedgerError::Invalid(vec![e]))?;
    if !(1..=KEY_DAYS_MAX).contains(&wanted.days) {
        let problem = format!("{} days cannot be taken", wanted.days);
        return fault("days", problem, &format!("write 1 to {KEY_DAYS_MAX}"));
    }
    let (text, hash) = token::new();
    let key = ApiKey {
        hash,
        login: wanted.login,
        label,
        scope: wanted.scope,
        made_by: maker(by),
        created_at: by.at,
        expires_at: by.at.plus_ms(i64::from(wanted.days) * DAY_MS),
        last_used_at: None,
    };
    ledger.add_api_key(&key, by).await?;
    Ok(text)
}

/// Whom a new key is shown to. Who works at the machine itself is the operator,
/// and no person of an enterprise.
fn maker(by: &By) -> Option<String> {
    (by.origin != Origin::Shell).then(|| by.login.clone())
}

fn fault<T>(field: &str, problem: String, remedy: &str) -> Result<T, LedgerError> {
    Err(LedgerError::Invalid(vec![FieldError::new(field, problem, remedy)]))
}

/// A key within reach that is good now.
async fn find<L: KeyLedger + PeopleLedger + ?Sized>(
    ledger: &L,
    reach: &Reach,
    named: &str,
    by: &By,
) -> Result<ApiKey, LedgerError> {
    let enterprise = match reach {
        Reach::All => None,
        Reach::Enterprise(own) => Some(own.as_str()),
    };
    let keys = ledger.api_keys(enterprise).await?;
    let found = keys.into_iter().find(|key| id(key) == named && key.expires_at > by.at);
    found.ok_or_else(|| LedgerError::NotFound(format!("a good key {named}")))
}

/// Puts a new key of the same account, label, scope and length in the place of
/// one, which is good for `overlap_days` more; gives the new one's text.
///
/// # Errors
/// `NotFound` for a key that is not good, `Invalid` for a longer overlap than
/// `OVERLAP_DAYS_MAX`.
pub async fn replace<L: KeyLedger + PeopleLedger + ?Sized>(
    ledger: &L,
    reach: &Reach,
    named: &str,
    overlap_days: u16,
    by: &By,
) -> Result<String, LedgerError> {
    let old = find(ledger, reach, named, by).await?;
    if overlap_days > OVERLAP_DAYS_MAX {
        let problem = format!("is not between 0 and {OVERLAP_DAYS_MAX}");
        return fault("overlap_days", problem, "write so many days");
    }
    let (text, hash) = token::new();
    let good_ms =
        old.expires_at.since(old.created_at).clamp(DAY_MS, i64::from(KEY_DAYS_MAX) * DAY_MS);
    let new = ApiKey {
        hash,
        made_by: maker(by),
        created_at: by.at,
        expires_at: by.at.plus_ms(good_ms),
        last_used_at: None,
        ..old.clone()
    };
    let ends_at = by.at.plus_ms(i64::from(overlap_days) * DAY_MS);
    ledger.replace_api_key(&old.hash, &new, ends_at, by).await?;
    Ok(text)
}

/// Ends a key at once.
///
/// # Errors
/// `NotFound` for a key that is not good.
pub async fn end<L: KeyLedger + PeopleLedger + ?Sized>(
    ledger: &L,
    reach: &Reach,
    named: &str,
    by: &By,
) -> Result<(), LedgerError> {
    let key = find(ledger, reach, named, by).await?;
    ledger.end_api_key(&key.hash, by).await.map(drop)
}
