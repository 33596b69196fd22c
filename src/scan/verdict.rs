//! What is said of a code, and why.

use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use crate::base::{Lang, UnixMs};
use crate::registry::Bilingual;
use crate::registry::findings::CauseKind;
use crate::registry::register::Withdrawal;
use crate::scan::Place;

/// The seven answers, in the order in which one wins over the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    NotGenuine,
    Withdrawn,
    NotOnSale,
    CannotConfirm,
    Suspect,
    SeenBefore,
    Genuine,
}

impl Outcome {
    pub const ALL: [Self; 7] = [
        Self::NotGenuine,
        Self::Withdrawn,
        Self::NotOnSale,
        Self::CannotConfirm,
        Self::Suspect,
        Self::SeenBefore,
        Self::Genuine,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::NotGenuine => "not_genuine",
            Self::Withdrawn => "withdrawn",
            Self::NotOnSale => "not_on_sale",
            Self::CannotConfirm => "cannot_confirm",
            Self::Suspect => "suspect",
            Self::SeenBefore => "seen_before",
            Self::Genuine => "genuine",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.slug() == slug)
    }

    /// The word for a slug that is kept or was sent; what a phone found without
    /// network has none, and is not confirmed.
    pub fn word_of(slug: &str, lang: Lang) -> &'static str {
        Self::from_slug(slug).unwrap_or(Self::CannotConfirm).word(lang)
    }

    /// In a few words, of the label and never of the goods: the same ones on desks,
    /// in records and in packages of evidence.
    pub const fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Genuine => lang.pick("标签有效，首次查询", "valid, first query"),
            Self::SeenBefore => lang.pick("标签有效，曾被查询", "valid, queried before"),
            Self::Suspect => lang.pick("可疑", "suspect"),
            Self::NotGenuine => lang.pick("不是登记的标签", "not a registered label"),
            Self::Withdrawn => lang.pick("已停止销售", "withdrawn from sale"),
            Self::NotOnSale => lang.pick("尚未启用", "not on sale"),
            Self::CannotConfirm => lang.pick("无法确认", "cannot be confirmed"),
        }
    }
}

/// What an answer rests on beside the history of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// A signature that was checked and is good.
    Signed,
    /// Nothing: a maker's own number, which its list has.
    HistoryOnly,
    /// Nothing was there to be checked, or it failed.
    None,
}

impl Assurance {
    pub const ALL: [Self; 3] = [Self::Signed, Self::HistoryOnly, Self::None];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::HistoryOnly => "history_only",
            Self::None => "none",
        }
    }
}

/// One reason of a verdict with the observation that raised it. The catalogue
/// of slugs and sentences is in `reason.rs`.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    // not_genuine
    Malformed {
        hint: crate::code::Malformed,
    },
    UnknownKey,
    BadSignature,
    NeverIssued,
    /// In no list of the maker whose own label it is said to be.
    NotListed,
    // withdrawn
    Withdrawn {
        kind: Withdrawal,
        reason: Bilingual,
        remedy: Bilingual,
    },
    // not_on_sale
    NotActivated,
    Spoiled,
    Planted,
    // cannot_confirm
    HistoryUnavailable {
        /// Whether a signature was checked, which is certain all the same.
        signed: bool,
    },
    /// The server has not been able to look at the register for a while.
    RegisterUnavailable,
    /// Whether a maker's list has it cannot be read now.
    ListUnavailable,
    /// A bare serial that stands in the lists of so many makers.
    SeveralMakers {
        makers: usize,
    },
    SerialOnly,
    KeyRevoked,
    // suspect
    OfficerFoundCopied {
        at: UnixMs,
    },
    ForeignHost {
        host: String,
    },
    TooManyIndependentScans {
        first: UnixMs,
        place: Place,
        devices: u32,
        networks: u32,
        provinces: u32,
        days: u32,
    },
    /// Other labels of the batch, with neighbouring numbers where `near`, were
    /// met again where this one was, and where the batch does not go.
    NeighboursElsewhere {
        labels: u32,
        place: Place,
        near: bool,
    },
    /// Other labels with neighbouring numbers that were never to be sold were
    /// met by buyers. For officers alone.
    NeighboursNeverSold {
        labels: u32,
    },
    /// A phone that scanned it scanned labels of so many cases, and so many of
    /// those were met in another province afterwards.
    PhoneOfManyLabels {
        labels: u32,
        met: u32,
    },
    /// It was suspect before, and no officer has decided since.
    Undecided {
        since: UnixMs,
    },
    // seen_before, or beside suspect
    ManyAtOnce {
        devices: u32,
        minutes: u32,
    },
    PlacesTooFarApart {
        km: u32,
        minutes: u32,
    },
    SeenByOthers {
        at: UnixMs,
        place: Place,
        devices: u32,
    },
    // beside suspect
    OfficerCouldNotTell {
        at: UnixMs,
    },
    // genuine
    OfficerFoundGenuine {
        at: UnixMs,
    },
    /// There is a cause for scans of that time.
    OfficerExplained {
        cause: CauseKind,
        from: UnixMs,
        until: UnixMs,
    },
    FirstScan,
    SamePhoneAgain {
        first: UnixMs,
    },
    // beside all but not_genuine
    CaseLabel,
    /// A maker's own serial: it is in the list, and that proves nothing.
    NoSignature,
}

/// Most verdicts have one reason or two: they stand in place.
pub type Reasons = SmallVec<[Reason; 2]>;

/// What the judge says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// The one that decided first; never empty.
    pub reasons: Reasons,
    /// What speaks against the label without accusing it: for officers alone.
    pub doubts: Vec<Reason>,
    /// Probability that the code was copied, 0 to 1. Officers and the
    /// enterprise see it; an anonymous caller never does.
    pub risk: f64,
    /// Name and version of the policy that judged.
    pub policy: Arc<str>,
    /// How far what codes say of one another had been followed.
    pub across: u64,
}

impl Verdict {
    /// Whether anything speaks against the label that officers should hear of.
    pub fn is_for_officers(&self) -> bool {
        self.outcome == Outcome::Suspect || !self.doubts.is_empty()
    }

    /// Says no more than everybody may hear: of goods reported lost or stolen
    /// that they are blocked, lest a thief learn which are missed.
    pub fn veil(&mut self) {
        for said in &mut self.reasons {
            if let Reason::Withdrawn { kind: kind @ Withdrawal::Stolen, reason, .. } = said {
                *kind = Withdrawal::Blocked;
                *reason = Bilingual::default();
            }
        }
    }
}

impl Verdict {
    /// Takes back what a register that has not been renewed cannot say: that a label was
    /// not recalled, is not on sale yet, or was never issued. What is certain stays, and
    /// so does a warning.
    pub fn by_an_old_register(&mut self) {
        let stays = match self.outcome {
            Outcome::Genuine | Outcome::SeenBefore | Outcome::NotOnSale => false,
            Outcome::NotGenuine => {
                !matches!(self.reasons.first(), Some(Reason::UnknownKey | Reason::NeverIssued))
            }
            // Of what a maker numbered itself it would say what its history says.
            Outcome::CannotConfirm => self.reasons.first() != Some(&Reason::NoSignature),
            Outcome::Suspect | Outcome::Withdrawn => true,
        };
        if stays {
            return;
        }
        if self.outcome == Outcome::NotGenuine {
            self.risk = 0.5;
        }
        self.outcome = Outcome::CannotConfirm;
        self.reasons.retain(|beside| matches!(beside, Reason::CaseLabel | Reason::NoSignature));
        self.reasons.insert(0, Reason::RegisterUnavailable);
    }

    /// What it can be told by again: the policy, and the evidence across codes
    /// of its time.
    pub fn judged_by(&self) -> String {
        format!("{} @ {}", self.policy, self.across)
    }
}
