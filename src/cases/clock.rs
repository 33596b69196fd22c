//! What a case keeps when its time is over: that it was, how it ended and with which
//! labels. Names, words, doorsteps and photos go.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::matter::{Party, PhotoNote, Spot, Statement};

/// Years for which case files of penalties are kept, unless the office's own rules
/// say otherwise (机关档案管理规定, 2018: 30 years or for ever).
pub const YEARS: u32 = 30;
/// Five is how long what a case is about can be prosecuted (行政处罚法, art. 36).
pub const YEARS_RANGE: std::ops::RangeInclusive<u32> = 5..=100;
/// What stands where something was.
pub const GONE: &str = "—";

/// What one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    pub cases: u32,
    /// Packages of evidence whose files are to be deleted.
    pub packages: Vec<Uuid>,
    pub more: bool,
}

#[async_trait]
pub trait CaseClock: Send + Sync {
    /// Erases persons, words and photos of cases that are over, are not held, and had
    /// their last entry before an instant; of each the trail tells. At most `limit`
    /// in one transaction.
    async fn erase_cases(&self, before: UnixMs, limit: u32, by: &By)
    -> Result<Erased, LedgerError>;
    /// Forgets packages of [`Erased`] that are off the disk.
    async fn forget_packages(&self, gone: &[Uuid]) -> Result<(), LedgerError>;
}

fn erase(text: &mut String) {
    GONE.clone_into(text);
}

impl Fact {
    /// The same without persons, words and precise places. Kinds, days, labels,
    /// regions, rulings and outcomes stay.
    #[must_use]
    pub fn without_persons(&self) -> Self {
        let mut fact = self.clone();
        match &mut fact {
            Self::Party(party) => party.erase(),
            Self::Place(spot) => spot.erase(),
            Self::Unit(unit) => unit.note.clear(),
            Self::Photo(photo) => photo.erase(),
            Self::Statement(said) => said.erase(),
            Self::Question { text, photos, .. } => {
                erase(text);
                photos.clear();
            }
            Self::Answer { grounds, signer, position, files, .. } => {
                [grounds, signer, position].into_iter().for_each(erase);
                files.clear();
            }
            Self::Opened { title: text, .. }
            | Self::Due { what: text, .. }
            | Self::Note { text }
            | Self::Decision { text, .. }
            | Self::Dropped { grounds: text, .. }
            | Self::Unblock { grounds: text, .. }
            | Self::ProposedClose { grounds: text, .. }
            | Self::SentBack { grounds: text }
            | Self::Closed { grounds: text, .. }
            | Self::Reopened { grounds: text }
            | Self::HandedOver { grounds: text, .. }
            | Self::Merged { grounds: text, .. }
            | Self::Split { grounds: text, .. }
            | Self::Hold { grounds: text, .. }
            | Self::Voided { grounds: text }
            | Self::Withdrawn { grounds: text, .. } => erase(text),
            // A block's reason was for every buyer to read.
            Self::Assigned { .. }
            | Self::Done { .. }
            | Self::Visit { .. }
            | Self::Block { .. }
            | Self::Joined { .. }
            | Self::SplitFrom { .. } => {}
        }
        fact
    }
}

impl CaseFile {
    /// Whether the clock took its persons and words: the title is the first to go.
    pub fn is_erased(&self) -> bool {
        self.title == GONE
    }
}

impl Party {
    /// A company is no person; whoever trades in his own name (92) is.
    fn erase(&mut self) {
        if self.uscc.is_empty() || self.uscc.starts_with("92") {
            erase(&mut self.name);
            self.uscc.clear();
        }
        for text in [&mut self.contact, &mut self.address, &mut self.note] {
            text.clear();
        }
    }
}

impl Spot {
    fn erase(&mut self) {
        erase(&mut self.name);
        self.address.clear();
        self.note.clear();
        self.position = None;
    }
}

impl PhotoNote {
    /// The hash goes too: a photo that a file names is kept.
    fn erase(&mut self) {
        self.media.clear();
        erase(&mut self.caption);
        self.shows.clear();
    }
}

impl Statement {
    fn erase(&mut self) {
        erase(&mut self.of);
        self.position.clear();
        erase(&mut self.text);
    }
}
