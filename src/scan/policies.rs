//! Which policy decides, and since when: each is signed off by a named person
//! who saw what a replay of the recorded scans says of it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::{By, FieldError, LedgerError, UnixMs, grounds};
use crate::scan::judge::Policy;

/// How far ahead a policy may be signed off.
const AHEAD_MS_MAX: i64 = 366 * 86_400_000;

/// A policy decides from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub id: Uuid,
    pub policy: String,
    pub effective_at: UnixMs,
    pub signed_by: String,
    pub signed_at: UnixMs,
    pub note: String,
}

/// A policy as the ledger keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyRecord {
    pub name: String,
    /// As [`Policy::read`] takes it.
    pub body: String,
    /// Login; `None`: it came with the software.
    pub added_by: Option<String>,
    pub added_at: UnixMs,
    pub comparison: Option<Comparison>,
}

impl PolicyRecord {
    /// The one that comes with this version.
    pub fn shipped() -> Self {
        Self {
            name: Policy::shipped().name.to_string(),
            body: Policy::SHIPPED_TEXT.to_owned(),
            added_by: None,
            added_at: UnixMs(0),
            comparison: None,
        }
    }
}

/// What a replay says of a policy beside the one that was in force: codes as
/// serials, at most [`Comparison::CODES_MAX`] of each list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The policy that it was held against.
    pub against: String,
    pub at: UnixMs,
    /// Since when scans were replayed.
    pub since: UnixMs,
    pub scans: u64,
    pub codes: u64,
    /// Suspect under this one alone, and under the other alone.
    pub suspect_more: Difference,
    pub suspect_fewer: Difference,
    /// The same of what officers alone see, suspects included.
    pub lead_more: Difference,
    pub lead_fewer: Difference,
}

impl Comparison {
    pub const CODES_MAX: usize = 200;
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub count: u64,
    pub serials: Vec<String>,
}

impl Difference {
    pub fn add(&mut self, serial: impl FnOnce() -> String) {
        self.count += 1;
        if self.serials.len() < Comparison::CODES_MAX {
            self.serials.push(serial());
        }
    }
}

/// All policies that decide or will decide, by instant.
#[derive(Clone, Debug)]
pub struct Policies {
    /// Of the ledger, whose terms these are.
    pub revision: i64,
    /// By instant; the first decides before it too where nothing was signed.
    terms: Vec<(UnixMs, Arc<Policy>)>,
}

impl Default for Policies {
    fn default() -> Self {
        Self { revision: 0, terms: vec![(UnixMs(i64::MIN), Policy::shipped())] }
    }
}

impl Policies {
    /// Signed terms with the text of each policy. Before the first of them
    /// what comes with the software decides.
    ///
    /// # Errors
    /// Naming a policy that this version cannot read.
    pub fn new(revision: i64, mut signed: Vec<(Term, String)>) -> Result<Self, String> {
        let mut out = Self { revision, ..Self::default() };
        signed.sort_by_key(|(term, _)| (term.effective_at, term.signed_at));
        for (term, body) in signed {
            let policy = Policy::read(&body).map_err(|problem| {
                let name = &term.policy;
                format!("policy {name}, which was signed off, cannot be read: {problem}")
            })?;
            out.terms.push((term.effective_at, Arc::new(policy)));
        }
        Ok(out)
    }

    /// The one that decides at an instant.
    pub fn at(&self, at: UnixMs) -> &Arc<Policy> {
        let come = self.terms.iter().rev().find(|(since, _)| *since <= at);
        &come.unwrap_or(&self.terms[0]).1
    }
}

/// What somebody signs.
#[derive(Clone, Debug)]
pub struct SignOff<'a> {
    pub effective_at: UnixMs,
    pub by: &'a str,
    pub note: &'a str,
    pub now: UnixMs,
}

/// Checks a signature against what is known of the policy, and gives the term.
///
/// # Errors
/// Naming the field: who added it does not sign it; it was compared with what
/// decides now; it does not decide of the past.
pub fn sign_off(
    asked: &SignOff<'_>,
    record: &PolicyRecord,
    deciding: &Policy,
    id: Uuid,
) -> Result<Term, FieldError> {
    if record.added_by.as_deref() == Some(asked.by) {
        return Err(FieldError::new(
            "signed_by",
            "added this policy",
            "somebody else signs it off",
        ));
    }
    let compared = record.comparison.as_ref().map(|c| c.against.as_str());
    if compared != Some(&*deciding.name) && record.name != *deciding.name {
        return Err(FieldError::new(
            "policy",
            format!("was not compared with {}, which decides now", deciding.name),
            format!("run `zhenma policy compare {}` first", record.name),
        ));
    }
    if asked.effective_at < asked.now {
        return Err(FieldError::new(
            "effective_at",
            "is in the past",
            "verdicts that were given stand; choose now or later",
        ));
    }
    if asked.effective_at.since(asked.now) > AHEAD_MS_MAX {
        return Err(FieldError::new("effective_at", "is too far ahead", "at most a year"));
    }
    Ok(Term {
        id,
        policy: record.name.clone(),
        effective_at: asked.effective_at,
        signed_by: asked.by.to_owned(),
        signed_at: asked.now,
        note: grounds("note", asked.note)?,
    })
}

/// What is asked of the ledger. Each method is one transaction.
#[async_trait]
pub trait PolicyLedger: Send + Sync {
    /// Adds a policy; false when the same text is there under the name.
    ///
    /// # Errors
    /// `Invalid` when another text is.
    async fn add_policy(&self, policy: &PolicyRecord, by: &By) -> Result<bool, LedgerError>;
    /// Latest first.
    async fn policies(&self) -> Result<Vec<PolicyRecord>, LedgerError>;
    async fn keep_comparison(&self, name: &str, found: &Comparison) -> Result<(), LedgerError>;
    /// Keeps a term; servers take it up within a second.
    async fn sign_policy(&self, term: &Term, by: &By) -> Result<(), LedgerError>;
    /// Latest signature first.
    async fn terms(&self) -> Result<Vec<Term>, LedgerError>;
    /// All that was signed, with the text of each policy, and the revision, if
    /// anything was signed behind `since`.
    async fn signed_since(
        &self,
        since: i64,
    ) -> Result<Option<(i64, Vec<(Term, String)>)>, LedgerError>;
}

#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}; sign off one that this version reads, with the version that signed it")]
    Unreadable(String),
}

/// Brings what a server holds up to date; `anew` where the revision that it holds may be
/// that of something else in the ledger.
///
/// # Errors
/// Of the ledger, and for a signed policy that cannot be read: what was held
/// stays.
pub async fn renew(
    ledger: &(impl PolicyLedger + ?Sized),
    held: &ArcSwap<Policies>,
    anew: bool,
) -> Result<(), RenewError> {
    // Behind none there is everything, where nothing was signed too.
    let since = if anew { i64::MIN } else { held.load().revision };
    if let Some((revision, signed)) = ledger.signed_since(since).await? {
        held.store(Arc::new(Policies::new(revision, signed).map_err(RenewError::Unreadable)?));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
