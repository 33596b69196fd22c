//! Use cases of the registry: what the shell, the API and the consoles do, in
//! one place each.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::base::{By, FieldError, LedgerError, UnixMs, ids, rng};
use crate::keys::{KeyNumber, KeyStatus, Keyring};
use crate::registry::fields::{self, Fields};
use crate::registry::import::ImportKind;
use crate::registry::movement::service::{Asked, Books, done, move_labels};
use crate::registry::movement::{Kind, Moved, Movement, Ranges, Words};
use crate::registry::port::{Registered, Registration, RegistryLedger};
use crate::registry::{
    Batch, BatchRef, Bilingual, Enterprise, NewBatch, PreparedBatch, Product, RangeFact,
    RangeState, Register, Uscc,
};

/// Takes into memory what changed in the ledger since. Whoever changed
/// something calls it too, so that what they look at next is not yet stale.
///
/// # Errors
/// Those of the ledger; the register then stays as it was.
pub async fn renew(
    ledger: &dyn RegistryLedger,
    register: &ArcSwap<Register>,
    now: UnixMs,
) -> Result<(), LedgerError> {
    let before = register.load_full();
    let changes = match ledger.timeline().await {
        Ok(timeline) if timeline != before.timeline => {
            return begin_anew(ledger, register, timeline, now).await;
        }
        Ok(_) => ledger.changes(before.revision).await,
        Err(error) => Err(error),
    };
    let after = match changes {
        Ok(Some(changes)) if changes.revision < before.revision => {
            return begin_anew(ledger, register, before.timeline, now).await;
        }
        Ok(Some(changes)) => before.apply(changes).without_over(now),
        // What is over ends by the clock, whether or not the ledger answers.
        unchanged => {
            if before.has_over(now) {
                end_over(register, now);
            }
            return unchanged.map(drop);
        }
    };
    let after = Arc::new(after);
    // Of two who renew at once the later revision stays, and what began anew meanwhile.
    register.rcu(|now| {
        let is_later = now.timeline == after.timeline && now.revision < after.revision;
        Arc::clone(if is_later { &after } else { now })
    });
    Ok(())
}

/// Reads all of a ledger that went back: a standby took over that had not all, or a
/// backup was restored. What comes behind may have numbers that are held already.
async fn begin_anew(
    ledger: &dyn RegistryLedger,
    register: &ArcSwap<Register>,
    timeline: i64,
    now: UnixMs,
) -> Result<(), LedgerError> {
    let all = ledger.changes(0).await?.unwrap_or_default();
    let none = Register { timeline, ..Register::default() };
    register.store(Arc::new(none.apply(all).without_over(now)));
    Ok(())
}

/// Leaves out of the register what is over by the clock.
fn end_over(register: &ArcSwap<Register>, now: UnixMs) {
    register.rcu(|held| match held.has_over(now) {
        true => Arc::new(Register::clone(held).without_over(now)),
        false => Arc::clone(held),
    });
}

/// Characters of a reason or remedy in one language: a buyer reads it.
const WORDS_CHARACTERS_MAX: usize = 200;

/// For whom something is registered: a member's hands reach one enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    One(Uscc),
}

impl Scope {
    pub fn covers(&self, enterprise: &Uscc) -> bool {
        match self {
            Self::All => true,
            Self::One(own) => own == enterprise,
        }
    }
}

/// Checks rows of one kind and registers all of them, or none.
///
/// # Errors
/// `Invalid` with the line, field and remedy of everything that is wrong.
pub async fn register(
    ledger: &dyn RegistryLedger,
    keys: &Keyring,
    scope: &Scope,
    kind: ImportKind,
    rows: &[(u64, Fields)],
    by: &By,
) -> Result<Vec<Registered>, LedgerError> {
    let mut objects = Vec::with_capacity(rows.len());
    let mut errors = Vec::new();
    for (line, row) in rows {
        match one(ledger, keys, scope, kind, row).await? {
            Ok(object) => objects.push((*line, object)),
            Err(faults) if *line > 0 => {
                errors.extend(faults.into_iter().map(|fault| fault.at_line(*line)));
            }
            Err(faults) => errors.extend(faults),
        }
    }
    if !errors.is_empty() {
        return Err(LedgerError::Invalid(errors));
    }
    ledger.register(&objects, by).await
}

async fn one(
    ledger: &dyn RegistryLedger,
    keys: &Keyring,
    scope: &Scope,
    kind: ImportKind,
    row: &Fields,
) -> Result<Result<Registration, Vec<FieldError>>, LedgerError> {
    Ok(match kind {
        ImportKind::Enterprises => fields::enterprise(row)
            .and_then(|e| within(scope, &e.uscc, e.clone()))
            .map(Registration::Enterprise),
        ImportKind::Products => fields::product(row)
            .and_then(|p| within(scope, &p.enterprise, p.clone()))
            .map(Registration::Product),
        ImportKind::Batches => match fields::batch(row) {
            Err(faults) => Err(faults),
            Ok(new) => prepare(ledger, keys, scope, new).await?.map(Registration::Batch),
        },
    })
}

fn within<T>(scope: &Scope, enterprise: &Uscc, object: T) -> Result<T, Vec<FieldError>> {
    if scope.covers(enterprise) {
        return Ok(object);
    }
    Err(vec![FieldError::new("enterprise", "is not yours", "sign in as one of its members")])
}

/// Gives a registered product other particulars; false when they are the same.
///
/// # Errors
/// `Invalid` with every field that cannot be taken; `NotFound` beyond the scope.
pub async fn change_product(
    ledger: &dyn RegistryLedger,
    scope: &Scope,
    row: &Fields,
    by: &By,
) -> Result<bool, LedgerError> {
    let product = fields::product(row).map_err(LedgerError::Invalid)?;
    if !scope.covers(&product.enterprise) {
        return Err(LedgerError::NotFound(format!("product {}", product.gtin)));
    }
    ledger.change_product(&product, by).await
}

/// The batch, if it is within the scope; another's does not exist.
///
/// # Errors
/// `NotFound`, and those of the ledger.
pub async fn batch<L: RegistryLedger + ?Sized>(
    ledger: &L,
    scope: &Scope,
    id: BatchRef,
) -> Result<Batch, LedgerError> {
    match ledger.batch(id).await {
        Ok(batch) if scope.covers(&batch.enterprise) => Ok(batch),
        Ok(_) => Err(LedgerError::NotFound(format!("batch {id}"))),
        Err(error) => Err(error),
    }
}

/// Reads a batch, and finds its product, enterprise and key.
///
/// # Errors
/// `Invalid` with every field that cannot be taken.
pub async fn prepare_batch(
    ledger: &dyn RegistryLedger,
    keys: &Keyring,
    scope: &Scope,
    row: &Fields,
) -> Result<PreparedBatch, LedgerError> {
    let new = fields::batch(row).map_err(LedgerError::Invalid)?;
    prepare(ledger, keys, scope, new).await?.map_err(LedgerError::Invalid)
}

/// Finds a batch's product, enterprise and key.
async fn prepare(
    ledger: &dyn RegistryLedger,
    keys: &Keyring,
    scope: &Scope,
    new: NewBatch,
) -> Result<Result<PreparedBatch, Vec<FieldError>>, LedgerError> {
    let missing = |gtin: &dyn std::fmt::Display| {
        vec![FieldError::new(
            "product",
            format!("{gtin} is not registered"),
            "register it first: zhenma product add",
        )]
    };
    let product: Product = match ledger.product(&new.product).await {
        Ok(product) if scope.covers(&product.enterprise) => product,
        Ok(_) | Err(LedgerError::NotFound(_)) => return Ok(Err(missing(&new.product))),
        Err(error) => return Err(error),
    };
    let enterprise = ledger.enterprise(&product.enterprise).await?;
    let expires_on = new.expiry(&product);
    Ok(key_for(keys, &enterprise, new.key).map(|key| PreparedBatch {
        enterprise: enterprise.uscc,
        key,
        new,
        expires_on,
        secret: rng::bytes(),
    }))
}

/// The key asked for, or the newest active one that the enterprise issues with.
fn key_for(
    keys: &Keyring,
    enterprise: &Enterprise,
    asked: Option<KeyNumber>,
) -> Result<KeyNumber, Vec<FieldError>> {
    let make = || format!("make one: zhenma key new --issuer {}", enterprise.name.zh);
    let fault = |problem: String| vec![FieldError::new("key", problem, make())];
    match asked {
        None => keys
            .iter()
            .filter(|k| k.status == KeyStatus::Active && enterprise.issues_as(&k.issuer))
            .map(|k| k.number)
            .max()
            .ok_or_else(|| fault(format!("{} has no active key", enterprise.name.zh))),
        Some(number) => match keys.get(number) {
            None => Err(fault(format!("{number} is not in the key set"))),
            Some(k) if k.status != KeyStatus::Active => {
                Err(fault(format!("{number} is {} and signs no more", k.status.slug())))
            }
            Some(k) if !enterprise.issues_as(&k.issuer) => {
                Err(fault(format!("{number} belongs to {}", k.issuer)))
            }
            Some(k) => Ok(k.number),
        },
    }
}

/// Says something of a range of running numbers.
#[derive(Clone, Debug)]
pub struct Marking {
    pub batch: BatchRef,
    /// First and last number; `None`: the whole batch.
    pub range: Option<(u64, u64)>,
    pub state: RangeState,
    pub reason: Bilingual,
    pub remedy: Bilingual,
}

/// # Errors
/// `NotFound` for a batch outside the scope, `Invalid` for a range outside the
/// batch or a withdrawal without its reason.
pub async fn mark<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    marking: Marking,
    by: &By,
) -> Result<RangeFact, LedgerError> {
    let batch = batch(ledger, scope, marking.batch).await?;
    let told = matches!(
        marking.state,
        RangeState::Activated | RangeState::Spoiled | RangeState::Planted | RangeState::Missing
    );
    if !told && (marking.reason.zh.trim().is_empty() || marking.reason.en.trim().is_empty()) {
        return Err(LedgerError::Invalid(vec![FieldError::new(
            "reason",
            "is missing in one language",
            "whoever scans the label reads it: give it in Chinese and English",
        )]));
    }
    for (field, words) in [("reason", &marking.reason), ("remedy", &marking.remedy)] {
        for text in [&words.zh, &words.en] {
            if text.chars().count() > WORDS_CHARACTERS_MAX || text.chars().any(char::is_control) {
                return Err(LedgerError::Invalid(vec![FieldError::new(
                    field,
                    "is too long or has a control character",
                    format!("write one line of at most {WORDS_CHARACTERS_MAX} characters"),
                )]));
            }
        }
    }
    if let Some(kind) = moved_as(marking.state) {
        let ranges = marking.range.map(|(first, last)| Ranges::one(first, last));
        let mut asked = Asked::plain(kind, ranges);
        asked.words.reason = marking.reason.zh;
        let moved = move_labels(ledger, scope, batch.id, asked, by).await?;
        return Ok(said(&done(moved)?, marking.state));
    }
    // What is withdrawn whole is so with its spares; they go on sale by number.
    let all = if told { batch.count } else { batch.issued() };
    let (first, last) = marking.range.unwrap_or((0, all - 1));
    let fact = RangeFact {
        id: ids::new_id(by.at),
        batch: marking.batch,
        first,
        last,
        state: marking.state,
        reason: marking.reason,
        remedy: marking.remedy,
        set_by: by.login.clone(),
        set_at: by.at,
        until: None,
        lifted_at: None,
    };
    ledger.add_range(&fact, by).await?;
    Ok(fact)
}

/// The movement that a state of labels stands for, where it is none that is
/// said over the book.
const fn moved_as(state: RangeState) -> Option<Kind> {
    match state {
        RangeState::Activated => Some(Kind::Activate),
        RangeState::Spoiled => Some(Kind::Spoil),
        _ => None,
    }
}

/// A movement, told as what it says of its labels.
fn said(movement: &Movement, state: RangeState) -> RangeFact {
    let ends = movement.legs.iter().map(|leg| (leg.first, leg.last));
    let (first, last) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default();
    let reason = &movement.words.reason;
    RangeFact {
        id: movement.id,
        batch: movement.batch,
        first,
        last,
        state,
        reason: Bilingual { zh: reason.clone(), en: reason.clone() },
        remedy: Bilingual::default(),
        set_by: movement.by.clone(),
        set_at: movement.at,
        until: None,
        lifted_at: movement
            .undone
            .filter(|(labels, _)| *labels >= movement.labels())
            .map(|(_, at)| at),
    }
}

/// Movements that are told among what is said of a batch.
const SAID_MAX: u32 = 1_000;

/// All that was ever said of a batch's labels, oldest first: facts, and the
/// latest movements that put labels on sale or spoiled them.
///
/// # Errors
/// `NotFound` for a batch outside the scope.
pub async fn said_of<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    of: BatchRef,
) -> Result<Vec<RangeFact>, LedgerError> {
    batch(ledger, scope, of).await?;
    let mut facts = ledger.ranges(of).await?;
    for movement in ledger.movements(of, SAID_MAX).await? {
        let states = [RangeState::Activated, RangeState::Spoiled];
        let state = states.into_iter().find(|state| moved_as(*state) == Some(movement.kind));
        facts.extend(state.map(|state| said(&movement, state)));
    }
    facts.sort_by_key(|fact| (fact.set_at, fact.id));
    Ok(facts)
}

/// Takes back what was said of a range; false when it was lifted before.
///
/// # Errors
/// `NotFound` for a batch outside the scope, or a fact that is not one of it;
/// `Conflict` for a block of an office that stands.
pub async fn lift<L: Books + ?Sized>(
    ledger: &L,
    scope: &Scope,
    of: BatchRef,
    id: uuid::Uuid,
    by: &By,
) -> Result<bool, LedgerError> {
    let said = said_of(ledger, scope, of).await?;
    let fact = said.iter().find(|fact| fact.id == id);
    let fact = fact.ok_or_else(|| LedgerError::NotFound(format!("range {id} of batch {of}")))?;
    // Of all facts an office's block alone ends by itself.
    let ends = fact.until.filter(|until| fact.lifted_at.is_none() && *until > by.at);
    if let Some(until) = ends {
        let why = "is the block of an office: two of its people lift it, or it ends by itself at";
        return Err(LedgerError::Conflict(format!("range {id} {why} {}", until.rfc3339())));
    }
    if moved_as(fact.state).is_none() || fact.lifted_at.is_some() {
        return ledger.lift_range(id, by).await;
    }
    match ledger.undo(of, id, &Words::default(), by).await? {
        Moved::Done(..) | Moved::Before(_) => Ok(true),
        Moved::Refused(elsewhere) => Err(LedgerError::Invalid(vec![elsewhere.fault()])),
    }
}

/// Reads `FIRST-LAST` or a single number.
///
/// # Errors
/// Naming the field `range`.
pub fn parse_range(text: &str) -> Result<(u64, u64), FieldError> {
    // As pages show ranges, and as Chinese keyboards type them.
    let plain: String = text
        .chars()
        .map(|c| match c {
            '\u{2013}' | '\u{2014}' | '\u{ff0d}' | '~' | '\u{ff5e}' => '-',
            '\u{ff10}'..='\u{ff19}' => {
                char::from_u32(u32::from(c) - 0xff10 + u32::from('0')).unwrap_or(c)
            }
            c => c,
        })
        .collect();
    let (first, last) = plain.split_once('-').unwrap_or((&plain, &plain));
    let number = |t: &str| t.trim().parse::<u64>().ok();
    let (first, last) = number(first).zip(number(last)).ok_or_else(|| {
        FieldError::new("range", format!("{text:?} cannot be read"), "write FIRST-LAST, as 0-9999")
    })?;
    if first > last {
        let problem = format!("{first} is after {last}");
        return Err(FieldError::new("range", problem, "write the smaller number first"));
    }
    Ok((first, last))
}
