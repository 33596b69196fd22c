//! A packing line: what a hand scanner reads, one after another, becomes
//! events of packing.
//!
//! Bottles then the case, or the case first; cases and pallets alike. A line
//! numbers its scans and sends them in order, again and again until they are
//! answered. What was answered is not done twice: the number of the last scan
//! is kept with the line, and its answers for whoever missed them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::{FieldError, Lang, UnixMs};
use crate::registry::{Register, Uscc};
use crate::trace::event::{CLOCK_AHEAD_MS_MAX, plain};
use crate::trace::rules::{self, CASE_BOTTLES_MAX, PALLET_CASES_MAX, World};
use crate::trace::{Act, Event, Refusal, Unit, UnitKind, name};

/// Scans of one call; their answers are kept until the next.
pub const SCANS_AT_ONCE_MAX: usize = 200;
/// Typed or scanned: begins anew, whatever was scanned since the last case.
pub const RESET: &str = "ZM:RESET";
/// Typed or scanned: the case is full, though fewer are in it than belong.
pub const CLOSE: &str = "ZM:CLOSE";

/// What is being packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Bottles into cases.
    Case,
    /// Cases on pallets.
    Pallet,
}

impl Level {
    const fn inner(self) -> UnitKind {
        match self {
            Self::Case => UnitKind::Bottle,
            Self::Pallet => UnitKind::Case,
        }
    }

    const fn outer(self) -> UnitKind {
        match self {
            Self::Case => UnitKind::Case,
            Self::Pallet => UnitKind::Pallet,
        }
    }

    pub const fn size_max(self) -> usize {
        match self {
            Self::Case => CASE_BOTTLES_MAX,
            Self::Pallet => PALLET_CASES_MAX,
        }
    }
}

/// Scans of one line, in their order.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The enterprise's name for the line.
    pub line: String,
    /// Made by the device; the numbers count within it.
    pub session: Uuid,
    pub level: Level,
    /// How many belong in a case or on a pallet.
    pub size: usize,
    /// Code of the place where the line stands.
    pub place: Option<String>,
    pub scans: Vec<Scan>,
}

#[derive(Clone, Debug)]
pub struct Scan {
    /// Counts up from 1 within the session.
    pub n: u64,
    pub text: String,
    pub at: UnixMs,
    pub offset_minutes: i32,
}

impl Batch {
    /// # Errors
    /// Every field that cannot be taken.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        errors.extend(plain("line", &self.line).err());
        if !(1..=self.level.size_max()).contains(&self.size) {
            let remedy = format!("write 1 to {}", self.level.size_max());
            errors.push(FieldError::new("size", "cannot be", remedy));
        }
        if self.scans.len() > SCANS_AT_ONCE_MAX {
            let remedy =
                format!("send at most {SCANS_AT_ONCE_MAX} and go on when they are answered");
            errors.push(FieldError::new("scans", "are too many", remedy));
        }
        if self.scans.windows(2).any(|pair| pair[0].n >= pair[1].n) {
            errors.push(FieldError::new("scans", "are not in order", "number them upwards"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// What was scanned, each by what it names.
    pub fn read(&self, register: &Register, own: &Uscc) -> Vec<Result<Read, Refusal>> {
        self.scans.iter().map(|scan| Read::of(&scan.text, register, own)).collect()
    }
}

/// A scan as it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    Unit(Unit),
    Reset,
    Close,
}

impl Read {
    fn of(text: &str, register: &Register, own: &Uscc) -> Result<Self, Refusal> {
        match text.trim() {
            RESET => Ok(Self::Reset),
            CLOSE => Ok(Self::Close),
            text => Unit::read(text, register, own).map(Self::Unit),
        }
    }
}

/// What a device has in hand, between two calls too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// The last scan of the session that was answered.
    pub last: u64,
    /// Answers of the last call.
    pub told: Vec<Told>,
    pub open: Option<Unit>,
    pub items: Vec<Unit>,
}

/// What became of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// One more in hand.
    Taken,
    /// The case or pallet waits for what goes in.
    Opened,
    /// It is full, and recorded.
    Packed,
    Reset,
    Refused,
    /// It was answered before, and what the answer was is not kept any more.
    Repeated,
}

/// The answer to one scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub n: u64,
    pub outcome: Outcome,
    /// Of a refusal: its slug.
    pub reason: Option<String>,
    /// What it is, and what is wrong with it, in both languages.
    pub zh: String,
    pub en: String,
    /// In hand after this scan, and how many belong.
    pub has: usize,
    pub size: usize,
    /// What was packed by it.
    pub packed: Vec<Unit>,
}

impl Hand {
    /// Lets go of what another level had in hand.
    pub fn begin(&mut self, level: Level) {
        let other = |unit: &Unit, kind| unit.kind() != kind;
        if self.items.first().is_some_and(|unit| other(unit, level.inner()))
            || self.open.as_ref().is_some_and(|unit| other(unit, level.outer()))
        {
            (self.open, self.items) = (None, Vec::new());
        }
    }

    /// The answer that a scan had before; `None` for one that is new.
    pub fn before(&self, n: u64, size: usize) -> Option<Told> {
        let repeated = || Told {
            n,
            outcome: Outcome::Repeated,
            reason: None,
            zh: String::new(),
            en: String::new(),
            has: self.items.len(),
            size,
            packed: Vec::new(),
        };
        let told = || self.told.iter().find(|told| told.n == n).cloned();
        (n <= self.last).then(|| told().unwrap_or_else(repeated))
    }

    /// Takes one scan. An event of packing is to be recorded before the answer
    /// holds: the world has it already.
    pub fn take(
        &mut self,
        batch: &Batch,
        scan: &Scan,
        read: Result<Read, Refusal>,
        world: &mut World,
        (register, now): (&Register, UnixMs),
        new_id: impl FnOnce() -> String,
    ) -> (Told, Option<Event>) {
        let timely = scan.at.since(now) <= CLOCK_AHEAD_MS_MAX;
        let read = read.and_then(|read| timely.then_some(read).ok_or(Refusal::InFuture));
        let before = (self.open.clone(), self.items.clone());
        let done = read.and_then(|read| {
            let (outcome, size) = self.step(batch, &read, world, register)?;
            let event = match outcome {
                Outcome::Packed => {
                    let event = self.packed(batch, scan, size, new_id());
                    rules::apply(&event, world, register, now)?;
                    Some(event)
                }
                _ => None,
            };
            Ok((outcome, read, event))
        });
        let told = match done {
            Ok((outcome, read, event)) => {
                let has = self.items.len();
                if matches!(outcome, Outcome::Packed | Outcome::Reset) {
                    (self.open, self.items) = (None, Vec::new());
                }
                let what = |lang| match (&read, outcome, &event) {
                    (_, Outcome::Packed, Some(Event { parent: Some(parent), .. }))
                    | (Read::Unit(parent), ..) => name(parent, lang),
                    _ => String::new(),
                };
                let told = Told {
                    n: scan.n,
                    outcome,
                    reason: None,
                    zh: what(Lang::Zh),
                    en: what(Lang::En),
                    has,
                    size: batch.size,
                    packed: event.as_ref().map(|e| e.units.clone()).unwrap_or_default(),
                };
                return (told, event);
            }
            Err(refusal) => {
                (self.open, self.items) = before;
                self.refused(batch, scan, &refusal)
            }
        };
        (told, None)
    }

    fn refused(&self, batch: &Batch, scan: &Scan, refusal: &Refusal) -> Told {
        Told {
            n: scan.n,
            outcome: Outcome::Refused,
            reason: Some(refusal.slug().to_owned()),
            zh: refusal.text(Lang::Zh),
            en: refusal.text(Lang::En),
            has: self.items.len(),
            size: batch.size,
            packed: Vec::new(),
        }
    }

    /// Puts a scan into the hand, and says whether that makes it full. A
    /// number beside `Packed` is how many must be in it.
    fn step(
        &mut self,
        batch: &Batch,
        read: &Read,
        world: &World,
        register: &Register,
    ) -> Result<(Outcome, Option<usize>), Refusal> {
        match read {
            Read::Reset => Ok((Outcome::Reset, None)),
            Read::Close if self.open.is_none() || self.items.is_empty() => {
                Err(Refusal::NothingOpen)
            }
            Read::Close => Ok((Outcome::Packed, None)),
            Read::Unit(unit) if unit.kind() == batch.level.inner() => {
                self.item(batch, unit, world, register)
            }
            Read::Unit(unit) if unit.kind() == batch.level.outer() => {
                self.holder(batch, unit, world, register)
            }
            Read::Unit(_) => Err(Refusal::WrongKind),
        }
    }

    fn item(
        &mut self,
        batch: &Batch,
        unit: &Unit,
        world: &World,
        register: &Register,
    ) -> Result<(Outcome, Option<usize>), Refusal> {
        if self.items.contains(unit) {
            return Err(Refusal::Twice(unit.clone()));
        }
        if self.items.len() >= batch.size {
            return Err(Refusal::Full { size: batch.size });
        }
        match &self.open {
            Some(open) => rules::may_go_into(unit, open, world, register)?,
            None => rules::may_be_packed(unit, world, register)?,
        }
        let other =
            |first: &Unit| rules::product(first, register) != rules::product(unit, register);
        if batch.level == Level::Case && self.items.first().is_some_and(other) {
            return Err(Refusal::OtherProduct(unit.clone()));
        }
        self.items.push(unit.clone());
        let full = self.open.is_some() && self.items.len() == batch.size;
        Ok(if full { (Outcome::Packed, Some(batch.size)) } else { (Outcome::Taken, None) })
    }

    fn holder(
        &mut self,
        batch: &Batch,
        unit: &Unit,
        world: &World,
        register: &Register,
    ) -> Result<(Outcome, Option<usize>), Refusal> {
        if let Some(open) = self.open.as_ref().filter(|_| !self.items.is_empty()) {
            return Err(Refusal::OtherOpen(open.clone()));
        }
        if world.held_by(unit).next().is_some() {
            return Err(Refusal::Holds(unit.clone()));
        }
        rules::closed_to(world, unit)?;
        if self.items.is_empty() {
            self.open = Some(unit.clone());
            return Ok((Outcome::Opened, None));
        }
        if self.items.len() != batch.size {
            return Err(Refusal::CountDiffers { has: self.items.len(), size: batch.size });
        }
        for item in &self.items {
            rules::may_go_into(item, unit, world, register)?;
        }
        self.open = Some(unit.clone());
        Ok((Outcome::Packed, Some(batch.size)))
    }

    fn packed(&self, batch: &Batch, scan: &Scan, size: Option<usize>, id: String) -> Event {
        Event {
            parent: self.open.clone(),
            units: self.items.clone(),
            size,
            place: batch.place.clone(),
            ..Event::new(id, Act::Packed, scan.at, scan.offset_minutes)
        }
    }
}
