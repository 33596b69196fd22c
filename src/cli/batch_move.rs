//! `zhenma batch activate|move|undo|balance|movements`: the book of a batch.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::DateTime;
use serde_json::json;

use super::shell::Shell;
use super::{Done, Failure};
use crate::base::{LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::registry::movement::codes::Finder;
use crate::registry::movement::file::Reader;
use crate::registry::movement::port::MovementLedger;
use crate::registry::movement::service::{self, Asked};
use crate::registry::movement::{
    Account, Custody, Elsewhere, Kind, Moved, Movement, Ranges, Words,
};
use crate::registry::port::RegistryLedger;
use crate::registry::service::{Scope, parse_range};

/// Movements that are listed.
const LISTED_MAX: u32 = 1_000;
/// Bytes read of a file at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Which labels, and why.
#[derive(Args)]
pub(super) struct What {
    /// Batch, as KEY-BATCH
    #[arg(long)]
    batch: BatchRef,
    /// Running numbers FIRST-LAST; all of the batch that can be moved if left out
    #[arg(long, conflicts_with = "file")]
    range: Option<String>,
    /// File of labels, one a line: codes, addresses, serials or numbers; `-`: standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Move what can be moved, and tell of the rest
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Args)]
pub(super) struct Why {
    #[arg(long, default_value = "")]
    reason: String,
    /// Number of a delivery note, a roll, an order
    #[arg(long, default_value = "")]
    reference: String,
    /// What tells this request from others: given again, it is done once
    #[arg(long, value_name = "KEY")]
    request: Option<String>,
}

impl Why {
    fn words(&self) -> Result<Words, Failure> {
        Ok(Words::checked(&self.reason, &self.reference, self.request.as_deref())?)
    }
}

#[derive(Args)]
pub(super) struct Activate {
    #[command(flatten)]
    what: What,
    /// When, in the installation's time zone: 2026-12-01T08:00; now if left out
    #[arg(long, value_name = "TIME", conflicts_with = "file")]
    at: Option<DateTime>,
}

#[derive(Args)]
pub(super) struct Move {
    #[command(flatten)]
    what: What,
    /// print, spoil, reprint, apply, return, destroy, activate, hold, release or transfer
    #[arg(long, value_parser = kind)]
    kind: Kind,
    /// Place of custody where they go; they stay where they are if left out
    #[arg(long)]
    place: Option<String>,
    /// Place of custody where they have to be
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
}

#[derive(Args)]
pub(super) struct Undo {
    /// Batch, as KEY-BATCH
    #[arg(long)]
    batch: BatchRef,
    /// The movement; see `zhenma batch movements`
    id: uuid::Uuid,
    #[command(flatten)]
    why: Why,
}

fn kind(slug: &str) -> Result<Kind, String> {
    let known = || Kind::NAMED.map(Kind::slug).join(", ");
    let kind = Kind::from_slug(slug).filter(|kind| *kind != Kind::Undo);
    kind.ok_or_else(|| format!("write one of {}", known()))
}

impl What {
    fn move_as(self, shell: &Shell, asked: Asked) -> Result<Done, Failure> {
        let ranges = match (&self.file, &self.range) {
            (Some(file), _) => Some(self.named(shell, file)?),
            (None, range) => ranges(range.as_deref())?,
        };
        let asked = Asked { ranges, partial: self.partial, words: self.why.words()?, ..asked };
        let by = shell.by();
        let moving = service::move_labels(&shell.ledger, &Scope::All, self.batch, asked, &by);
        moved(shell, shell.wait(moving)?)
    }

    /// The labels of a file. Of a broken line nothing is done, unless what can
    /// be is asked for.
    fn named(&self, shell: &Shell, path: &Path) -> Result<Ranges, Failure> {
        let batch = shell.wait(shell.ledger.batch(self.batch))?;
        let mut reader = Reader::new(Finder::new(&batch));
        let told = |e: io::Error| Failure(format!("{}: {e}", path.display()));
        let mut input: Box<dyn Read> = match path.to_str() {
            Some("-") => Box::new(io::stdin()),
            _ => Box::new(File::open(path).map_err(told)?),
        };
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match input.read(&mut piece).map_err(told)? {
                0 => break,
                read => reader.take(&piece[..read])?,
            }
        }
        let named = reader.finish()?;
        if named.broken > 0 && (!self.partial || named.ranges.is_empty()) {
            let remedy = "; correct the lines, or add --partial to leave them out";
            let all = LedgerError::Invalid(named.faults);
            return Err(Failure(format!("{} broken lines{remedy}\n{all}", named.broken)));
        }
        for fault in &named.faults {
            eprintln!("left out: {fault}");
        }
        Ok(named.ranges)
    }
}

fn ranges(range: Option<&str>) -> Result<Option<Ranges>, Failure> {
    let range = range.map(parse_range).transpose()?;
    Ok(range.map(|(first, last)| Ranges::one(first, last)))
}

impl Activate {
    pub(super) fn run(self, shell: &Shell) -> Result<Done, Failure> {
        let Some(at) = self.at else {
            return self.what.move_as(shell, Asked::plain(Kind::Activate, None));
        };
        let due = at.to_zoned_datetime(shell.settings.zone())?.timestamp();
        let due = UnixMs(due.as_millisecond());
        let (of, words) = (self.what.batch, self.what.why.words()?);
        let when = (ranges(self.what.range.as_deref())?, due);
        let by = shell.by();
        let kept = service::activate_at(&shell.ledger, &Scope::All, of, when, words, &by);
        let kept = shell.wait(kept)?;
        shell.tell(
            &json!({"id": kept.id, "batch": of, "labels": kept.ranges.labels(),
                "at": jiff::Timestamp::from_millisecond(due.0)?}),
            &format!("{}  {of} {} labels go on sale at {at}", kept.id, kept.ranges.labels()),
        );
        Ok(Done::Yes)
    }
}

impl Move {
    pub(super) fn run(self, shell: &Shell) -> Result<Done, Failure> {
        let place = |text: Option<String>| text.map(|text| Custody::parse(&text)).transpose();
        let mut asked = Asked::plain(self.kind, None);
        (asked.place, asked.from) = (place(self.place)?, place(self.from)?);
        self.what.move_as(shell, asked)
    }
}

impl Undo {
    pub(super) fn run(self, shell: &Shell) -> Result<Done, Failure> {
        let (words, by) = (self.why.words()?, shell.by());
        let undone = service::undo(&shell.ledger, &Scope::All, self.batch, self.id, words, &by);
        moved(shell, shell.wait(undone)?)
    }
}

fn moved(shell: &Shell, moved: Moved) -> Result<Done, Failure> {
    match moved {
        Moved::Done(movement, left) => {
            tell(shell, &movement);
            Ok(left.map_or(Done::Yes, |left| {
                eprintln!("left out: {} labels; the first: {}", left.labels, left.fault().problem);
                Done::No
            }))
        }
        Moved::Before(movement) => {
            tell(shell, &movement);
            Ok(Done::Yes)
        }
        Moved::Refused(elsewhere) => Err(refused(&elsewhere)),
    }
}

fn refused(elsewhere: &Elsewhere) -> Failure {
    Failure(elsewhere.fault().to_string())
}

fn tell(shell: &Shell, m: &Movement) {
    let at = jiff::Timestamp::from_millisecond(m.at.0).unwrap_or_default();
    let local = at.to_zoned_datetime(shell.settings.zone()).strftime("%Y-%m-%d %H:%M");
    let mut words = format!(
        "{}  {} {:<9} {:>9} labels  {local} {}",
        m.id,
        m.batch,
        m.kind.slug(),
        m.labels(),
        m.by
    );
    for leg in &m.legs {
        let (from, to) = (leg.from.account.slug(), leg.to.account.slug());
        words += &format!("\n    {}-{}  {from} -> {to} {}", leg.first, leg.last, leg.to.place);
    }
    let legs: Vec<_> = m
        .legs
        .iter()
        .map(|leg| {
            json!({"from": leg.from.account, "from_place": leg.from.place.as_str(),
                "to": leg.to.account, "to_place": leg.to.place.as_str(), "labels": leg.labels,
                "first": leg.first, "last": leg.last, "runs": leg.runs})
        })
        .collect();
    let object = json!({"id": m.id, "batch": m.batch, "kind": m.kind, "undoes": m.undoes,
        "labels": m.labels(), "undone": m.undone.map(|(labels, _)| labels), "legs": legs,
        "reason": m.words.reason, "reference": m.words.reference, "by": m.by, "at": at});
    shell.tell(&object, &words);
}

pub(super) fn movements(shell: &Shell, batch: BatchRef) -> Result<Done, Failure> {
    shell.wait(shell.ledger.batch(batch))?;
    for movement in shell.wait(shell.ledger.movements(batch, LISTED_MAX))? {
        tell(shell, &movement);
    }
    Ok(Done::Yes)
}

/// The sums of a batch, and where its labels are.
pub(super) fn balance(shell: &Shell, batch: BatchRef) -> Result<Done, Failure> {
    shell.wait(shell.ledger.batch(batch))?;
    let balance = shell.wait(shell.ledger.balance(batch))?;
    for account in Account::ALL {
        let (through, on) = (balance.through(account), balance.on(account));
        let words = format!("{:<10} {through:>11}  now there {on:>11}", account.slug());
        let object = json!({"batch": batch, "account": account, "through": through, "on": on});
        shell.tell(&object, &words);
    }
    for (on, labels) in balance.0.iter().filter(|(on, _)| !on.place.as_str().is_empty()) {
        let words = format!("{:<10} {labels:>11}  at {}", on.account.slug(), on.place);
        let object = json!({"batch": batch, "account": on.account, "place": on.place.as_str(),
            "labels": labels});
        shell.tell(&object, &words);
    }
    Ok(Done::Yes)
}
