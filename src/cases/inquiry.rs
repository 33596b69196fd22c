//! Questions to an enterprise, with a day by which it answers: are these labels,
//! are these goods yours? It sees the question, its own labels and the photos that
//! an officer chose for it, and nothing else of the case. The answer is signed by a
//! named person and becomes an entry.

use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::cases::CaseError;
use crate::cases::fact::Opinion;
use crate::cases::file::CaseFile;
use crate::cases::matter::{CaseUnit, line, note};
use crate::cases::port::Seen;
use crate::cases::terms::latest_answer;
use crate::registry::Uscc;

/// Photos of one question.
pub const PHOTOS_MAX: usize = 50;
/// Photos that an enterprise puts to one answer.
pub const FILES_MAX: usize = 10;
/// Questions of an enterprise that are listed.
pub const INQUIRIES_SHOWN_MAX: u32 = 200;

/// A question to be asked.
#[derive(Clone, Debug)]
pub struct NewInquiry {
    /// Given with the form.
    pub id: Uuid,
    pub enterprise: Uscc,
    pub text: String,
    /// Photos of the case that it sees, by their hashes.
    pub photos: Vec<String>,
    pub due: Date,
}

impl NewInquiry {
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, today: Date) -> Result<(), Vec<FieldError>> {
        let mut faults: Vec<_> = note("text", &self.text, true).err().into_iter().collect();
        if self.due <= today || self.due > latest_answer(today) {
            let remedy = format!("give a day from tomorrow to {}", latest_answer(today));
            faults.push(FieldError::new("due", "leaves no time, or too much", remedy));
        }
        if self.photos.len() > PHOTOS_MAX {
            let remedy = format!("choose at most {PHOTOS_MAX}");
            faults.push(FieldError::new("photos", "are too many", remedy));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// What an enterprise says, and who signs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub opinion: Opinion,
    pub grounds: String,
    pub signer: String,
    /// Of the signer in the enterprise.
    pub position: String,
}

impl Answer {
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let faults: Vec<_> = [
            note("grounds", &self.grounds, true),
            line("signer", &self.signer, true),
            line("position", &self.position, true),
        ]
        .into_iter()
        .filter_map(Result::err)
        .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub answer: Answer,
    pub by: String,
    pub at: UnixMs,
}

/// A question, as its enterprise sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    pub id: Uuid,
    pub case: Uuid,
    /// That asks.
    pub office: Uuid,
    pub enterprise: Uscc,
    pub text: String,
    pub units: Vec<CaseUnit>,
    /// By their hashes.
    pub photos: Vec<String>,
    pub asked_at: UnixMs,
    pub due: Date,
    pub answered: Option<Answered>,
    /// Photos that the enterprise put to its answer, by their hashes.
    pub files: Vec<String>,
    /// The office took it back.
    pub dropped_at: Option<UnixMs>,
}

impl Inquiry {
    pub const fn waits(&self) -> bool {
        self.answered.is_none() && self.dropped_at.is_none()
    }

    pub fn is_over(&self, today: Date) -> bool {
        self.waits() && self.due < today
    }
}

/// Each method is one transaction that the audit trail tells of.
#[async_trait]
pub trait InquiryLedger: Send + Sync {
    /// Asks about the labels of the case that are the enterprise's, and tells it.
    ///
    /// # Errors
    /// `Stale` and refused as an entry of the case; `Invalid` where nothing in the
    /// case is the enterprise's, and for photos that are not in it.
    async fn ask(&self, seen: &Seen, new: &NewInquiry, by: &By) -> Result<CaseFile, CaseError>;
    /// Takes a question back that was not answered.
    ///
    /// # Errors
    /// As [`Self::ask`].
    async fn drop_inquiry(
        &self,
        seen: &Seen,
        id: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<CaseFile, CaseError>;
    /// Answers for the enterprise on a day; an entry of the case says so,
    /// whichever office has it now.
    ///
    /// # Errors
    /// `NotFound` for another's; refused where it was answered or taken back.
    async fn answer_inquiry(
        &self,
        of: &Uscc,
        id: Uuid,
        answer: &Answer,
        on: Date,
        by: &By,
    ) -> Result<Inquiry, CaseError>;
    /// Puts a photo to the answer that somebody of the enterprise is writing; the
    /// same again is nothing. With the answer it becomes a photo of the case.
    ///
    /// # Errors
    /// As [`Self::answer_inquiry`]; `Invalid` for more than [`FILES_MAX`].
    async fn attach(&self, of: &Uscc, id: Uuid, photo: &str, by: &By)
    -> Result<Inquiry, CaseError>;
    /// Those of an enterprise, such that wait first.
    async fn inquiries(&self, of: &Uscc, limit: u32) -> Result<Vec<Inquiry>, LedgerError>;
    /// # Errors
    /// `NotFound` for another's.
    async fn inquiry(&self, of: &Uscc, id: Uuid) -> Result<Inquiry, LedgerError>;
}
