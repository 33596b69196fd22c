//! Use cases of the book, for the shell, the API and the consoles.

use uuid::Uuid;

use super::codes::{self, Finder, Unfound};
use super::port::{MovementLedger, ScheduleState, Scheduled};
use super::{
    Account, Custody, Elsewhere, Kind, Moved, Movement, NewMovement, REQUEST_KEY_CHARACTERS_MAX,
    Ranges, WORDS_CHARACTERS_MAX, Words, line,
};
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::registry::port::RegistryLedger;
use crate::registry::service::{Scope, batch};
use crate::registry::{Batch, BatchRef};

/// The register and the book of one ledger.
pub trait Books: RegistryLedger + MovementLedger {}

impl<T: RegistryLedger + MovementLedger + ?Sized> Books for T {}

/// Runs of numbers in one movement.
pub const MOVEMENT_RUNS_MAX: usize = 1_000_000;
/// How far ahead an activation may be planned, days.
pub const SCHEDULE_DAYS_MAX: i64 = 366;

/// A movement as somebody writes it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub kind: Kind,
    /// `None`: all of the batch that can be moved so.
    pub ranges: Option<Ranges>,
    pub place: Option<Custody>,
    pub from: Option<Custody>,
    pub partial: bool,
    pub words: Words,
}

impl Asked {
    /// All of a kind, with nothing else said.
    pub fn plain(kind: Kind, ranges: Option<Ranges>) -> Self {
        let words = Words::default();
        Self { kind, ranges, place: None, from: None, partial: false, words }
    }
}

impl Words {
    /// # Errors
    /// Naming what is too long or does not show.
    pub fn checked(reason: &str, reference: &str, key: Option<&str>) -> Result<Self, FieldError> {
        let key = key.map(|key| {
            let key = line("request", key, REQUEST_KEY_CHARACTERS_MAX)?;
            if key.is_empty() {
                let remedy = "leave it out, or write what tells this request from others";
                return Err(FieldError::new("request", "is empty", remedy));
            }
            Ok(key)
        });
        Ok(Self {
            reason: line("reason", reason, WORDS_CHARACTERS_MAX)?,
            reference: line("reference", reference, WORDS_CHARACTERS_MAX)?,
            key: key.transpose()?,
        })
    }
}

fn invalid(fault: FieldError) -> LedgerError {
    LedgerError::Invalid(vec![fault])
}

/// Moves labels of a batch within the scope.
///
/// # Errors
/// `NotFound` for a batch outside the scope, `Invalid` for numbers that it has
/// not, `Conflict` for the key of another request.
pub async fn move_labels<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    of: BatchRef,
    asked: Asked,
    by: &By,
) -> Result<Moved, LedgerError> {
    let batch = batch(ledger, scope, of).await?;
    let whole = asked.ranges.is_none();
    let ranges = asked.ranges.unwrap_or_else(|| Ranges::one(0, batch.count - 1));
    let place = asked.place;
    if asked.kind == Kind::Undo {
        let remedy = "name the movement that is to be taken back";
        return Err(invalid(FieldError::new("kind", "undo names no numbers", remedy)));
    }
    if asked.kind == Kind::Transfer && place.is_none() {
        let fault = FieldError::new("place", "is missing", "say where the labels go");
        return Err(invalid(fault));
    }
    check(&ranges, &batch).map_err(invalid)?;
    let new = NewMovement {
        id: ids::new_id(by.at),
        batch: of,
        kind: asked.kind,
        ranges,
        place,
        from: asked.from,
        partial: asked.partial || whole,
        words: asked.words,
    };
    ledger.move_labels(&new, by).await
}

fn check(ranges: &Ranges, batch: &Batch) -> Result<(), FieldError> {
    let Some((first, last)) = ranges.ends() else {
        return Err(FieldError::new("range", "names no label", "write FIRST-LAST, as 0-9999"));
    };
    if last >= batch.count {
        let problem = format!("{first}-{last} is not in batch {}", batch.id);
        let remedy = format!("its running numbers are 0-{}", batch.count - 1);
        return Err(FieldError::new("range", problem, remedy));
    }
    if ranges.runs().len() > MOVEMENT_RUNS_MAX {
        let problem = format!("has {} runs of numbers", ranges.runs().len());
        let remedy = format!("move at most {MOVEMENT_RUNS_MAX} runs at once");
        return Err(FieldError::new("range", problem, remedy));
    }
    Ok(())
}

/// Takes a movement back, as far as nothing has happened to its labels since.
///
/// # Errors
/// As [`move_labels`]; `Invalid` without a reason.
pub async fn undo<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    of: BatchRef,
    movement: Uuid,
    words: Words,
    by: &By,
) -> Result<Moved, LedgerError> {
    batch(ledger, scope, of).await?;
    if words.reason.is_empty() {
        let remedy = "say why it is taken back: it stays in the book with its reason";
        return Err(invalid(FieldError::new("reason", "is missing", remedy)));
    }
    ledger.undo(of, movement, &words, by).await
}

/// Keeps an activation for the instant `due`. What can be activated then is;
/// the rest stays where it lies.
///
/// # Errors
/// As [`move_labels`]; `Invalid` for an instant that has passed or is more than
/// `SCHEDULE_DAYS_MAX` ahead.
pub async fn activate_at<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    of: BatchRef,
    (ranges, due): (Option<Ranges>, UnixMs),
    words: Words,
    by: &By,
) -> Result<Scheduled, LedgerError> {
    let batch = batch(ledger, scope, of).await?;
    let ranges = ranges.unwrap_or_else(|| Ranges::one(0, batch.count - 1));
    check(&ranges, &batch).map_err(invalid)?;
    let latest = by.at.plus_ms(SCHEDULE_DAYS_MAX * 86_400_000);
    if due <= by.at || due > latest {
        let problem = if due <= by.at { "has passed" } else { "is too far ahead" };
        let remedy = format!("choose an instant to come, within {SCHEDULE_DAYS_MAX} days");
        return Err(invalid(FieldError::new("at", problem, remedy)));
    }
    let new = Scheduled {
        id: ids::new_id(by.at),
        batch: of,
        ranges,
        due,
        words,
        by: by.login.clone(),
        at: by.at,
        state: ScheduleState::Waiting,
    };
    ledger.schedule(&new, by).await
}

/// What came of one label that was scanned to be put on sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    Activated(BatchRef, u64),
    /// It was before: a scan sent twice ends here.
    Already(BatchRef, u64),
    Refused(BatchRef, Elsewhere),
    /// No label within the scope.
    Unknown(Unfound),
}

/// Puts the label on sale that a code, an address or a serial names.
///
/// # Errors
/// Those of the ledger.
pub async fn activate_code<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    text: &str,
    by: &By,
) -> Result<Scanned, LedgerError> {
    let payload = match codes::payload(text.trim()) {
        Ok(payload) => payload,
        Err(malformed) => return Ok(Scanned::Unknown(Unfound::Unreadable(malformed))),
    };
    let of = BatchRef { key: payload.key, batch: payload.batch };
    let batch = match batch(ledger, scope, of).await {
        Ok(batch) => batch,
        Err(LedgerError::NotFound(_)) => return Ok(Scanned::Unknown(Unfound::NeverIssued)),
        Err(error) => return Err(error),
    };
    let number = match Finder::new(&batch).of_payload(&payload) {
        Ok(number) => u64::from(number),
        Err(unfound) => return Ok(Scanned::Unknown(unfound)),
    };
    let asked = Asked::plain(Kind::Activate, Some(Ranges::one(number, number)));
    Ok(match move_labels(ledger, scope, of, asked, by).await? {
        Moved::Done(..) | Moved::Before(_) => Scanned::Activated(of, number),
        Moved::Refused(at) if at.on.account == Account::Activated => Scanned::Already(of, number),
        Moved::Refused(at) => Scanned::Refused(of, at),
    })
}

/// A movement that was done or was there, or the fault of its numbers.
///
/// # Errors
/// `Invalid` where it was refused.
pub fn done(moved: Moved) -> Result<Movement, LedgerError> {
    match moved {
        Moved::Done(movement, _) | Moved::Before(movement) => Ok(movement),
        Moved::Refused(elsewhere) => Err(invalid(elsewhere.fault())),
    }
}
