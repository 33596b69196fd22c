//! What a case file is made of: entries, each one fact that somebody put down.
//! Nothing is changed or removed; what was wrong is taken back by another entry.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::{FieldError, UnixMs};
use crate::cases::matter::{CaseUnit, Party, PhotoNote, Spot, Statement, line, note, region_known};
use crate::registry::{Decision as Finding, Uscc};

/// One line of a case file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: Uuid,
    /// From 1, without gaps.
    pub seq: u32,
    /// The office that had the case.
    pub office: Uuid,
    pub at: UnixMs,
    pub by: String,
    /// Who made the API key by which it was done; as of [`By`](crate::base::By).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_by: Option<String>,
    pub fact: Fact,
}

/// How the office came to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A lead of ours.
    Lead,
    Inspection,
    /// A complaint or report of somebody.
    Report,
    /// Another office or authority.
    Transfer,
    Superior,
    Enterprise,
}

/// A decision of the procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// The case is filed: an investigation begins.
    File,
    NotFile,
    /// More time for the check before filing.
    ExtendCheck,
    /// More time for the decision.
    ExtendCase,
    /// 先行登记保存
    Preserve,
    /// 查封、扣押
    Seize,
    Sample,
    Penalty,
    NoPenalty,
    /// To the police.
    Refer,
    Other,
}

/// What the case found of the labels in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Counterfeit,
    Genuine,
    /// Genuine goods outside the region they were meant for.
    Diverted,
    /// Our label was misprinted or badly made.
    LabelDefect,
    CannotTell,
}

/// What an enterprise says of goods that it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    Ours,
    NotOurs,
    CannotTell,
}

macro_rules! slugs {
    ($($name:ident: $($variant:ident = $slug:literal),+;)+) => {$(
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),+ }
            }

            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.slug() == slug)
            }
        }
    )+};
}

slugs! {
    Ground: Lead = "lead", Inspection = "inspection", Report = "report", Transfer = "transfer",
        Superior = "superior", Enterprise = "enterprise";
    Ruling: File = "file", NotFile = "not_file", ExtendCheck = "extend_check",
        ExtendCase = "extend_case", Preserve = "preserve", Seize = "seize", Sample = "sample", Penalty = "penalty",
        NoPenalty = "no_penalty", Refer = "refer", Other = "other";
    Outcome: Counterfeit = "counterfeit", Genuine = "genuine", Diverted = "diverted",
        LabelDefect = "label_defect", CannotTell = "cannot_tell";
    Opinion: Ours = "ours", NotOurs = "not_ours", CannotTell = "cannot_tell";
}

impl Ruling {
    /// Those that the head of the office takes.
    pub const fn of_the_head(self) -> bool {
        matches!(self, Self::File | Self::NotFile | Self::ExtendCheck | Self::ExtendCase)
    }
}

impl Outcome {
    /// What detection is told of each label in the case.
    pub const fn finding(self) -> Finding {
        match self {
            Self::Counterfeit => Finding::Copied,
            // The label is the maker's own; that the goods strayed is another matter.
            Self::Genuine | Self::Diverted => Finding::Genuine,
            Self::LabelDefect | Self::CannotTell => Finding::CannotTell,
        }
    }
}

/// What happened in a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The first entry. The office's own number, such as `2026-000012`.
    Opened {
        number: String,
        title: String,
        ground: Ground,
        #[serde(default)]
        lead: Option<Uuid>,
        /// GB/T 2260, four digits; 0: unknown.
        region: u16,
        /// Since when the office knows of it: terms run from this day.
        found_on: Date,
    },
    /// Nobody's, where `to` is none.
    Assigned {
        to: Option<String>,
    },
    /// Something to be done by a day.
    Due {
        what: String,
        on: Date,
    },
    /// What was due is done.
    Done {
        due: Uuid,
    },
    Party(Party),
    Place(Spot),
    Unit(CaseUnit),
    Photo(PhotoNote),
    Statement(Statement),
    Note {
        text: String,
    },
    Visit {
        visit: Uuid,
    },
    /// An enterprise was asked.
    Question {
        inquiry: Uuid,
        enterprise: Uscc,
        on: Date,
        due: Date,
        text: String,
        /// Of the labels that it sees.
        serials: Vec<String>,
        /// Of the photos that it sees.
        photos: Vec<String>,
    },
    Answer {
        inquiry: Uuid,
        on: Date,
        opinion: Opinion,
        grounds: String,
        signer: String,
        position: String,
        /// Hashes of what was attached.
        files: Vec<String>,
    },
    /// The office took its question back.
    Dropped {
        inquiry: Uuid,
        on: Date,
        grounds: String,
    },
    Decision {
        what: Ruling,
        on: Date,
        /// Of the document.
        #[serde(default)]
        number: String,
        text: String,
    },
    /// Labels were taken off sale.
    Block {
        block: Uuid,
        labels: u64,
        until: UnixMs,
        reason: String,
    },
    /// A second person put them back.
    Unblock {
        block: Uuid,
        grounds: String,
    },
    ProposedClose {
        outcome: Outcome,
        grounds: String,
    },
    /// A second person did not agree.
    SentBack {
        grounds: String,
    },
    Closed {
        outcome: Outcome,
        grounds: String,
    },
    Reopened {
        grounds: String,
    },
    /// `number` is its number at the office that has it now.
    HandedOver {
        from: Uuid,
        to: Uuid,
        was: String,
        number: String,
        grounds: String,
    },
    /// Went into another case.
    Merged {
        into: Uuid,
        number: String,
        grounds: String,
    },
    /// Another case went into this one.
    Joined {
        from: Uuid,
        number: String,
    },
    /// Labels went into a case of their own.
    Split {
        off: Uuid,
        number: String,
        grounds: String,
    },
    /// Came out of another case.
    SplitFrom {
        from: Uuid,
        number: String,
    },
    /// Nothing of it may be removed while it is on.
    Hold {
        on: bool,
        grounds: String,
    },
    /// Opened by mistake.
    Voided {
        grounds: String,
    },
    /// Takes an entry back.
    Withdrawn {
        entry: Uuid,
        grounds: String,
    },
}

impl Fact {
    /// Its tag, as it is written.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Assigned { .. } => "assigned",
            Self::Due { .. } => "due",
            Self::Done { .. } => "done",
            Self::Party(_) => "party",
            Self::Place(_) => "place",
            Self::Unit(_) => "unit",
            Self::Photo(_) => "photo",
            Self::Statement(_) => "statement",
            Self::Note { .. } => "note",
            Self::Visit { .. } => "visit",
            Self::Question { .. } => "question",
            Self::Answer { .. } => "answer",
            Self::Dropped { .. } => "dropped",
            Self::Decision { .. } => "decision",
            Self::Block { .. } => "block",
            Self::Unblock { .. } => "unblock",
            Self::ProposedClose { .. } => "proposed_close",
            Self::SentBack { .. } => "sent_back",
            Self::Closed { .. } => "closed",
            Self::Reopened { .. } => "reopened",
            Self::HandedOver { .. } => "handed_over",
            Self::Merged { .. } => "merged",
            Self::Joined { .. } => "joined",
            Self::Split { .. } => "split",
            Self::SplitFrom { .. } => "split_from",
            Self::Hold { .. } => "hold",
            Self::Voided { .. } => "voided",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// What a case is told of, as against what happens to it or to others with it.
    pub const fn is_matter(&self) -> bool {
        matches!(
            self,
            Self::Party(_)
                | Self::Place(_)
                | Self::Unit(_)
                | Self::Photo(_)
                | Self::Statement(_)
                | Self::Visit { .. }
        )
    }

    /// Whether it comes with something elsewhere, and so is never put down by
    /// itself.
    pub const fn is_of_two(&self) -> bool {
        matches!(
            self,
            Self::Opened { .. }
                | Self::Question { .. }
                | Self::Answer { .. }
                | Self::Dropped { .. }
                | Self::Block { .. }
                | Self::Unblock { .. }
                | Self::HandedOver { .. }
                | Self::Merged { .. }
                | Self::Joined { .. }
                | Self::Split { .. }
                | Self::SplitFrom { .. }
        )
    }

    /// Whether a full case takes it no more. What ends a case, binds it, hands it on
    /// or takes of it is put down however many entries there are.
    pub const fn fills(&self) -> bool {
        self.is_matter()
            || matches!(self, Self::Due { .. } | Self::Note { .. } | Self::Question { .. })
    }

    /// Whether an entry of it may be taken back: what reached others may not, nor
    /// what the head of the office ruled, which another ruling changes.
    pub const fn may_be_withdrawn(&self) -> bool {
        match self {
            Self::Due { .. } | Self::Note { .. } => true,
            Self::Decision { what, .. } => !what.of_the_head(),
            other => other.is_matter(),
        }
    }

    /// # Errors
    /// Naming the field whose text cannot be taken.
    pub fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Opened { title, region, .. } => {
                line("title", title, true)?;
                region_known(*region)
            }
            Self::Due { what, .. } => line("what", what, true),
            Self::Party(party) => party.check(),
            Self::Place(spot) => spot.check(),
            Self::Unit(unit) => unit.check(),
            Self::Photo(photo) => photo.check(),
            Self::Statement(said) => said.check(),
            Self::Note { text } => note("text", text, true),
            Self::Question { text, .. } => note("text", text, true),
            Self::Answer { grounds, signer, position, .. } => {
                line("signer", signer, true)?;
                line("position", position, true)?;
                note("grounds", grounds, true)
            }
            Self::Decision { number, text, .. } => {
                line("number", number, false)?;
                note("text", text, true)
            }
            Self::Unblock { grounds, .. }
            | Self::Dropped { grounds, .. }
            | Self::ProposedClose { grounds, .. }
            | Self::SentBack { grounds }
            | Self::Closed { grounds, .. }
            | Self::Reopened { grounds }
            | Self::HandedOver { grounds, .. }
            | Self::Merged { grounds, .. }
            | Self::Split { grounds, .. }
            | Self::Hold { grounds, .. }
            | Self::Voided { grounds }
            | Self::Withdrawn { grounds, .. } => note("grounds", grounds, true),
            Self::Assigned { .. }
            | Self::Done { .. }
            | Self::Visit { .. }
            | Self::Block { .. }
            | Self::Joined { .. }
            | Self::SplitFrom { .. } => Ok(()),
        }
    }
}
