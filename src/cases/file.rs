//! A case file: the pure fold of its entries, and what may follow them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use uuid::Uuid;

use crate::base::{By, FieldError, UnixMs};
use crate::cases::fact::{Entry, Fact, Ground, Outcome, Ruling};
use crate::cases::matter::{CaseUnit, Party};

/// Entries of one case, from which on it takes only what [`Fact::fills`] leaves.
pub const ENTRIES_MAX: u32 = 10_000;
/// Labels of one case.
pub const UNITS_MAX: usize = 5_000;
/// Entries that one form or program puts down; a merger moves as many as there are.
pub const FACTS_AT_ONCE_MAX: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Open,
    /// Somebody proposed to close it; a second person decides.
    Closing,
    Closed,
    /// Went on in another case.
    Merged,
    /// Opened by mistake.
    Void,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Open, Self::Closing, Self::Closed, Self::Merged, Self::Void];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Void => "void",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }

    /// Whether somebody still works on it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Closing)
    }
}

/// Why something is not put down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the case is {}: nothing is added to it", .0.slug())]
    NotOpen(State),
    #[error("nobody proposed to close it, or another closing was proposed since")]
    NotProposed,
    #[error("to close it was proposed already: decide on that first")]
    Proposed,
    #[error(
        "you proposed it yourself, or made a key or a link by which one proposed or decides: another supervisor or \
         legal officer decides"
    )]
    Own,
    #[error("it is under a legal hold: lift that first")]
    Held,
    #[error("it stands so already")]
    Already,
    #[error("it has reached others: a decision, a question or a block is part of it; close it")]
    ReachedOthers,
    #[error("there is no such entry to take back, or it was taken back")]
    NoEntry,
    #[error("such an entry is not taken back")]
    Stands,
    #[error("a question to an enterprise waits for its answer")]
    Waiting,
    #[error("it is never put down by itself")]
    NotAlone,
    #[error("it would be too large: split it")]
    Full,
    #[error("the case has no label to close with such an outcome")]
    NoUnits,
}

/// What was proposed, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub entry: Uuid,
    pub outcome: Outcome,
    pub grounds: String,
    pub by: String,
    pub key_by: Option<String>,
    pub at: UnixMs,
}

/// A question to an enterprise, and its answer's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub inquiry: Uuid,
    pub on: Date,
    pub due: Date,
    pub answered: Option<Date>,
}

/// A case as its entries have it.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    pub id: Uuid,
    /// The office that has it.
    pub office: Uuid,
    /// That office's number of it.
    pub number: String,
    pub state: State,
    pub title: String,
    pub ground: Ground,
    pub lead: Option<Uuid>,
    pub region: u16,
    pub found_on: Date,
    pub opened_at: UnixMs,
    pub assignee: Option<String>,
    pub hold: bool,
    pub proposal: Option<Proposal>,
    pub outcome: Option<Outcome>,
    /// The case in which it goes on.
    pub merged_into: Option<Uuid>,
    pub asked: Vec<Asked>,
    entries: Vec<Entry>,
    withdrawn: BTreeSet<Uuid>,
    done: BTreeSet<Uuid>,
}

impl CaseFile {
    /// The case of its entries in their order; `None` where the first does not
    /// open it.
    pub fn of(id: Uuid, entries: Vec<Entry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let first = entries.next()?;
        let Fact::Opened { number, title, ground, lead, region, found_on } = &first.fact else {
            return None;
        };
        let mut file = Self {
            id,
            office: first.office,
            number: number.clone(),
            state: State::Open,
            title: title.clone(),
            ground: *ground,
            lead: *lead,
            region: *region,
            found_on: *found_on,
            opened_at: first.at,
            assignee: None,
            hold: false,
            proposal: None,
            outcome: None,
            merged_into: None,
            asked: Vec::new(),
            withdrawn: BTreeSet::new(),
            done: BTreeSet::new(),
            entries: vec![first],
        };
        entries.for_each(|entry| file.apply(entry));
        Some(file)
    }

    /// All entries, those that were taken back too.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Number of the last entry.
    pub fn seq(&self) -> u32 {
        self.entries.last().map_or(0, |entry| entry.seq)
    }

    pub fn is_withdrawn(&self, entry: Uuid) -> bool {
        self.withdrawn.contains(&entry)
    }

    /// Entries that stand.
    pub fn standing(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !self.withdrawn.contains(&entry.id))
    }

    /// Labels of the case, each with the entry that put it there.
    pub fn units(&self) -> impl Iterator<Item = (&Entry, &CaseUnit)> {
        self.standing().filter_map(|entry| match &entry.fact {
            Fact::Unit(unit) => Some((entry, unit)),
            _ => None,
        })
    }

    pub fn parties(&self) -> impl Iterator<Item = (&Entry, &Party)> {
        self.standing().filter_map(|entry| match &entry.fact {
            Fact::Party(party) => Some((entry, party)),
            _ => None,
        })
    }

    /// What somebody has to do by a day, and has not: its entry, what, and when.
    pub fn to_do(&self) -> impl Iterator<Item = (&Entry, &str, Date)> {
        self.standing().filter_map(|entry| match &entry.fact {
            Fact::Due { what, on } if !self.done.contains(&entry.id) => {
                Some((entry, what.as_str(), *on))
            }
            _ => None,
        })
    }

    /// The day of the latest ruling of that kind that stands.
    pub fn ruled(&self, wanted: Ruling) -> Option<Date> {
        self.standing().rev().find_map(|entry| match entry.fact {
            Fact::Decision { what, on, .. } if what == wanted => Some(on),
            _ => None,
        })
    }

    /// Adds an entry that was admitted.
    pub fn apply(&mut self, entry: Entry) {
        match &entry.fact {
            Fact::Assigned { to } => self.assignee.clone_from(to),
            Fact::Done { due } => drop(self.done.insert(*due)),
            Fact::Question { inquiry, on, due, .. } => {
                let (inquiry, on, due) = (*inquiry, *on, *due);
                self.asked.push(Asked { inquiry, on, due, answered: None });
            }
            Fact::Answer { inquiry, on, .. } | Fact::Dropped { inquiry, on, .. } => {
                let asked = self.asked.iter_mut().filter(|asked| asked.inquiry == *inquiry);
                asked.for_each(|asked| asked.answered = Some(*on));
            }
            Fact::ProposedClose { outcome, grounds } => {
                self.proposal = Some(Proposal {
                    entry: entry.id,
                    outcome: *outcome,
                    grounds: grounds.clone(),
                    by: entry.by.clone(),
                    key_by: entry.key_by.clone(),
                    at: entry.at,
                });
                self.state = State::Closing;
            }
            Fact::SentBack { .. } => self.reopen(),
            Fact::Closed { outcome, .. } => {
                (self.state, self.outcome, self.proposal) = (State::Closed, Some(*outcome), None);
            }
            Fact::Reopened { .. } => {
                self.reopen();
                self.outcome = None;
            }
            Fact::HandedOver { to, number, .. } => {
                (self.office, self.number, self.assignee) = (*to, number.clone(), None);
            }
            Fact::Merged { into, .. } => {
                (self.state, self.merged_into) = (State::Merged, Some(*into));
            }
            Fact::Hold { on, .. } => self.hold = *on,
            Fact::Voided { .. } => self.state = State::Void,
            Fact::Withdrawn { entry, .. } => drop(self.withdrawn.insert(*entry)),
            _ => {}
        }
        self.entries.push(entry);
    }

    fn reopen(&mut self) {
        (self.state, self.proposal) = (State::Open, None);
    }

    /// Whether that fact may follow now, by that hand.
    ///
    /// # Errors
    /// Saying what stands in the way.
    pub fn admit(&self, fact: &Fact, by: &By) -> Result<(), Refusal> {
        let refuse = |when: bool, why: Refusal| if when { Err(why) } else { Ok(()) };
        refuse(fact.fills() && self.seq() >= ENTRIES_MAX, Refusal::Full)?;
        match fact {
            Fact::Reopened { .. } => {
                return refuse(self.state != State::Closed, Refusal::Already);
            }
            // A hold binds and is lifted in whatever state: it is about keeping.
            Fact::Hold { on, .. } => return refuse(*on == self.hold, Refusal::Already),
            // It came while the case was on its way; the answer belongs to it.
            Fact::Answer { inquiry, .. } | Fact::Dropped { inquiry, .. } => {
                let waits = |a: &&Asked| a.inquiry == *inquiry && a.answered.is_none();
                return refuse(!self.asked.iter().any(|a| waits(&a)), Refusal::Already);
            }
            Fact::Unblock { .. } => return Ok(()),
            _ => {}
        }
        refuse(!self.state.is_open(), Refusal::NotOpen(self.state))?;
        match fact {
            Fact::Opened { .. } => Err(Refusal::Already),
            Fact::Assigned { to } => refuse(*to == self.assignee, Refusal::Already),
            Fact::Done { due } => {
                refuse(!self.to_do().any(|(entry, ..)| entry.id == *due), Refusal::NoEntry)
            }
            Fact::Unit(unit) => self.admit_unit(unit),
            Fact::ProposedClose { outcome, .. } => self.admit_closing(*outcome),
            // An answer would come to a case that somebody is about to close.
            Fact::Question { .. } => refuse(self.state == State::Closing, Refusal::Proposed),
            Fact::SentBack { .. } => refuse(self.proposal.is_none(), Refusal::NotProposed),
            Fact::Closed { outcome, .. } => {
                let proposal = self.proposal.as_ref().ok_or(Refusal::NotProposed)?;
                refuse(proposal.outcome != *outcome, Refusal::NotProposed)?;
                refuse(self.waits_for_answers(), Refusal::Waiting)?;
                let own = by.also(&proposal.by, proposal.key_by.as_deref()).is_some();
                refuse(own, Refusal::Own)
            }
            Fact::HandedOver { .. } | Fact::Merged { .. } => {
                refuse(self.state == State::Closing, Refusal::Proposed)?;
                refuse(self.waits_for_answers(), Refusal::Waiting)
            }
            Fact::Voided { .. } => self.admit_void(),
            Fact::Withdrawn { entry, .. } => self.admit_withdrawal(*entry),
            _ => Ok(()),
        }
    }

    pub fn waits_for_answers(&self) -> bool {
        self.asked.iter().any(|asked| asked.answered.is_none())
    }

    fn admit_unit(&self, unit: &CaseUnit) -> Result<(), Refusal> {
        let mut units = 0;
        for (_, known) in self.units() {
            if known.serial == unit.serial {
                return Err(Refusal::Already);
            }
            units += 1;
        }
        if units >= UNITS_MAX { Err(Refusal::Full) } else { Ok(()) }
    }

    fn admit_closing(&self, outcome: Outcome) -> Result<(), Refusal> {
        if self.proposal.is_some() {
            return Err(Refusal::Proposed);
        }
        if self.waits_for_answers() {
            return Err(Refusal::Waiting);
        }
        // Goods whose codes are forged bear no label that was ever issued.
        let of_labels = !matches!(outcome, Outcome::CannotTell | Outcome::Counterfeit);
        if of_labels && self.units().next().is_none() { Err(Refusal::NoUnits) } else { Ok(()) }
    }

    /// What was opened by mistake has touched nobody.
    fn admit_void(&self) -> Result<(), Refusal> {
        if self.hold {
            return Err(Refusal::Held);
        }
        let reaches = |entry: &Entry| {
            matches!(
                entry.fact,
                Fact::Decision { .. }
                    | Fact::Question { .. }
                    | Fact::Block { .. }
                    | Fact::Closed { .. }
                    | Fact::HandedOver { .. }
                    | Fact::Joined { .. }
                    | Fact::Split { .. }
            )
        };
        let reached = self.entries.iter().any(reaches);
        if reached { Err(Refusal::ReachedOthers) } else { Ok(()) }
    }

    fn admit_withdrawal(&self, id: Uuid) -> Result<(), Refusal> {
        let entry = self.standing().find(|entry| entry.id == id).ok_or(Refusal::NoEntry)?;
        if entry.fact.may_be_withdrawn() { Ok(()) } else { Err(Refusal::Stands) }
    }
}

/// Checks the words and the order of facts that are to be put down together, and
/// gives the case as it is then.
///
/// # Errors
/// The first that cannot be taken.
pub fn admitted(
    file: &CaseFile,
    entries: Vec<Entry>,
    by: &By,
) -> Result<CaseFile, Result<Refusal, FieldError>> {
    let mut next = file.clone();
    for entry in entries {
        entry.fact.check().map_err(Err)?;
        next.admit(&entry.fact, by).map_err(Ok)?;
        next.apply(entry);
    }
    Ok(next)
}

#[cfg(test)]
pub(crate) mod tests;
