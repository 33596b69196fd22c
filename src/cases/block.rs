//! Labels that an office takes off sale at once. One officer may do it; it ends by
//! itself at its instant, and before that only by two people.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, FieldError, LedgerError, UnixMs, grounds};
use crate::cases::CaseError;
use crate::registry::{BatchRef, Bilingual, RangeFact, Uscc};

/// Ranges of one block.
pub const SPANS_MAX: usize = 2_000;
/// Characters of a reason in one language: a buyer reads it.
pub const REASON_CHARACTERS_MAX: usize = 200;
/// Days that a block may stand; then it is to be set anew, with reasons.
pub const BLOCK_DAYS_MAX: i64 = 366;

const DAY_MS: i64 = 86_400_000;

/// Running numbers `first..=last` of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub batch: BatchRef,
    pub first: u64,
    /// Inclusive.
    pub last: u64,
}

impl Span {
    pub const fn count(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// Ranges that touch or overlap become one.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::new();
    for next in spans {
        match out.last_mut() {
            Some(last) if last.batch == next.batch && next.first <= last.last + 1 => {
                last.last = last.last.max(next.last);
            }
            _ => out.push(next),
        }
    }
    out
}

/// A block to be set.
#[derive(Clone, Debug)]
pub struct NewBlock {
    /// Given with the form: the same form sent twice is one block.
    pub id: Uuid,
    pub office: Uuid,
    pub case: Option<Uuid>,
    /// Disjoint, in order.
    pub spans: Vec<Span>,
    pub reason: Bilingual,
    pub until: UnixMs,
}

impl NewBlock {
    /// Labels that it takes in.
    pub fn labels(&self) -> u64 {
        self.spans.iter().map(Span::count).sum()
    }

    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, now: UnixMs) -> Result<(), Vec<FieldError>> {
        let mut faults = Vec::new();
        for (field, text) in [("reason_zh", &self.reason.zh), ("reason_en", &self.reason.en)] {
            let fits = (1..=REASON_CHARACTERS_MAX).contains(&text.chars().count());
            if !fits || text.contains(char::is_control) {
                let remedy = format!("whoever scans reads it: 1 to {REASON_CHARACTERS_MAX} signs");
                faults.push(FieldError::new(field, "is missing or too long", remedy));
            }
        }
        let ahead = self.until.since(now);
        if ahead <= 0 || ahead > BLOCK_DAYS_MAX * DAY_MS {
            let remedy = format!("give a time within {BLOCK_DAYS_MAX} days");
            faults.push(FieldError::new("until", "is past or too far away", remedy));
        }
        if self.spans.is_empty() || self.spans.len() > SPANS_MAX {
            let remedy = format!("name 1 to {SPANS_MAX} ranges");
            faults.push(FieldError::new("scope", "names no label, or too many ranges", remedy));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// Who asked for a block to be lifted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiftAsked {
    pub by: String,
    pub key_by: Option<String>,
    pub at: UnixMs,
    pub grounds: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub id: Uuid,
    pub office: Uuid,
    pub case: Option<Uuid>,
    pub labels: u64,
    pub spans: Vec<Span>,
    pub reason: Bilingual,
    pub by: String,
    pub at: UnixMs,
    pub until: UnixMs,
    pub lift_asked: Option<LiftAsked>,
    /// Who lifted it, and when; nobody's name where it was over by itself.
    pub lifted: Option<(String, UnixMs)>,
}

impl Block {
    pub fn stands(&self, now: UnixMs) -> bool {
        self.lifted.is_none() && now < self.until
    }
}

/// Each method is one transaction that the audit trail tells of, and raises the
/// register's revision where labels change.
#[async_trait]
pub trait BlockLedger: Send + Sync {
    /// Takes the labels off sale; of a case, an entry of it says so. The one with
    /// this id where it is known.
    ///
    /// # Errors
    /// `Invalid` for what cannot be taken; refused for a case that is not open.
    async fn block(&self, new: &NewBlock, by: &By) -> Result<Block, CaseError>;
    /// Somebody of the office asks for it to be lifted.
    ///
    /// # Errors
    /// `NotFound` for another office's; refused where it does not stand, or it was
    /// asked for before.
    async fn ask_lift(
        &self,
        office: Uuid,
        id: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<(), CaseError>;
    /// A second person lifts it, or leaves it standing.
    ///
    /// # Errors
    /// As [`Self::ask_lift`]; refused to whoever asked.
    async fn decide_lift(
        &self,
        office: Uuid,
        id: Uuid,
        lift: bool,
        by: &By,
    ) -> Result<(), CaseError>;
    /// Of an office, latest first.
    async fn blocks(&self, office: Uuid, limit: u32) -> Result<Vec<Block>, LedgerError>;
    /// Ranges of an enterprise that offices took off sale, latest first, at most
    /// `limit`.
    async fn blocked_of(
        &self,
        of: &Uscc,
        now: UnixMs,
        limit: u32,
    ) -> Result<Vec<RangeFact>, LedgerError>;
    /// Notes of blocks whose time is over that they are; how many. Servers answer
    /// by the clock, whether or not this was done.
    async fn end_blocks(&self, by: &By) -> Result<u64, LedgerError>;
}

/// The grounds on which a lift is asked for.
///
/// # Errors
/// `Invalid` for none.
pub fn lift_grounds(text: &str) -> Result<String, LedgerError> {
    grounds("grounds", text).map_err(|fault| LedgerError::Invalid(vec![fault]))
}
