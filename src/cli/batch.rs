//! `zhenma batch add|list|show|import|mark|recall|lift`, and what is a file of its
//! own: issue, the book, and what was scanned

use clap::{Args, Subcommand};

use super::batch_issue::Issue;
use super::batch_move;
use super::batch_own::Own;
use super::batch_scanned::Scanned;
use super::shell::{Import, Place, Shell};
use super::{Done, Failure};
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::movement::port::MovementLedger;
use crate::registry::port::{Registered, RegistryLedger};
use crate::registry::service::{self, Marking, Scope, parse_range};
use crate::registry::{self, BatchRef, Bilingual, RangeFact, RangeState};

/// Batches that are listed where none are asked for.
const LISTED_MAX: u32 = 1_000;

#[derive(Args)]
pub(crate) struct Batch {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum What {
    /// Register a batch. Example: zhenma batch add --product 6900000001011 --lot L20261101 --made 2026-11-01 --count 10000
    Add(Add),
    Issue(Issue),
    /// List the latest, or all of one key. Example: zhenma batch list --key 1 --json
    List {
        /// Number of a signing key
        #[arg(long, value_name = "N")]
        key: Option<u32>,
    },
    Scanned(Scanned),
    /// Show a batch, and what is said of its ranges. Example: zhenma batch show 1-4
    Show {
        batch: BatchRef,
    },
    /// Register a file of them, all or none. Example: zhenma batch import batches.csv
    Import(Import),
    Own(Own),
    /// Put labels on sale. Example: zhenma batch activate --batch 1-4 --range 0-9999
    /// By a file of labels, and at a time to come, too.
    Activate(batch_move::Activate),
    /// Move labels in the book of a batch. Example: zhenma batch move --batch 1-4 --range 0-4999 --kind print --place 三号印刷
    Move(batch_move::Move),
    /// Take a movement back, as far as its labels have not moved since. Example: zhenma batch undo --batch 1-4 0192f3c4-... --reason "wrong roll"
    Undo(batch_move::Undo),
    /// Show the sums of a batch, and where its labels are. Example: zhenma batch balance 1-4
    Balance {
        batch: BatchRef,
    },
    /// List the movements of a batch, latest first. Example: zhenma batch movements 1-4
    Movements {
        batch: BatchRef,
    },
    /// Recall labels, with the reason and remedy that buyers read. Example: zhenma batch recall --batch 1-4 --reason-zh 标签错印 --reason-en "wrong label" --remedy-zh 请退回购买处 --remedy-en "return it"
    Recall {
        #[command(flatten)]
        range: Range,
        #[command(flatten)]
        words: Words,
    },
    /// Say something else of labels. Example: zhenma batch mark --batch 1-4 --range 17 --state spoiled
    Mark {
        #[command(flatten)]
        range: Range,
        /// activated, spoiled, planted, missing, void, stolen, blocked or recalled
        #[arg(long, value_parser = state)]
        state: RangeState,
        #[command(flatten)]
        words: Words,
    },
    /// Take back what was said. Example: zhenma batch lift 0192f3c4-...
    Lift {
        id: uuid::Uuid,
    },
}

#[derive(Args)]
struct Add {
    /// GTIN of the product
    #[arg(long)]
    product: String,
    /// Lot number as it stands on the pack: 1 to 20 letters, digits or - . _ /
    #[arg(long)]
    lot: String,
    /// Day on which it was made, such as 2026-11-01
    #[arg(long)]
    made: String,
    /// Day on which it expires; from the product's shelf life if left out
    #[arg(long)]
    expires: Option<String>,
    /// Labels, 1 to 100000000
    #[arg(long, allow_negative_numbers = true)]
    count: String,
    /// Codes of cases, with an SSCC each where the enterprise has a GS1 prefix
    #[arg(long, allow_negative_numbers = true)]
    cases: Option<String>,
    /// Codes of pallets, with an SSCC each like the cases
    #[arg(long, allow_negative_numbers = true)]
    pallets: Option<String>,
    /// First four digits of the GB/T 2260 code of the region it is made for
    #[arg(long)]
    destination: Option<String>,
    /// Dealer it is made for, at most 80 characters
    #[arg(long)]
    dealer: Option<String>,
    /// outer, or outer+inner
    #[arg(long)]
    layers: Option<String>,
    /// Number of the signing key; the enterprise's newest active one if left out
    #[arg(long)]
    key: Option<String>,
}

#[derive(Args)]
struct Range {
    /// Batch, as KEY-BATCH
    #[arg(long)]
    batch: BatchRef,
    /// Running numbers FIRST-LAST; the whole batch if left out
    #[arg(long)]
    range: Option<String>,
}

#[derive(Args)]
struct Words {
    #[arg(long, default_value = "")]
    reason_zh: String,
    #[arg(long, default_value = "")]
    reason_en: String,
    #[arg(long, default_value = "")]
    remedy_zh: String,
    #[arg(long, default_value = "")]
    remedy_en: String,
}

fn state(slug: &str) -> Result<RangeState, String> {
    RangeState::from_slug(slug)
        .ok_or_else(|| format!("write one of {}", RangeState::ALL.map(RangeState::slug).join(", ")))
}

impl Batch {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let shell = Shell::open(&self.place, json)?;
        match self.what {
            What::Add(add) => add.run(&shell)?,
            What::Issue(issue) => return issue.run(&shell, json),
            What::List { key } => {
                let most = if key.is_some() { u32::MAX } else { LISTED_MAX };
                for b in shell.wait(shell.ledger.batches(None, most))? {
                    if key.is_none_or(|key| b.id.key.get() == key) {
                        tell(&shell, &b);
                    }
                }
            }
            What::Scanned(scanned) => return scanned.run(&shell),
            What::Show { batch } => {
                tell(&shell, &shell.wait(shell.ledger.batch(batch))?);
                for fact in shell.wait(service::said_of(&shell.ledger, &Scope::All, batch))? {
                    told(&shell, &fact);
                }
            }
            What::Import(import) => shell.import(ImportKind::Batches, &import)?,
            What::Own(own) => return own.run(&shell, json),
            What::Activate(activate) => return activate.run(&shell),
            What::Move(moving) => return moving.run(&shell),
            What::Undo(undo) => return undo.run(&shell),
            What::Balance { batch } => return batch_move::balance(&shell, batch),
            What::Movements { batch } => return batch_move::movements(&shell, batch),
            What::Recall { range, words } => mark(&shell, range, RangeState::Recalled, words)?,
            What::Mark { range, state, words } => mark(&shell, range, state, words)?,
            What::Lift { id } => lift(&shell, id)?,
        }
        Ok(Done::Yes)
    }
}

fn tell(shell: &Shell, b: &registry::Batch) {
    let mut words =
        format!("{:<10} {}  {}  {} labels  {}", b.id, b.product, b.lot, b.count, b.made_on);
    if b.cases > 0 {
        words += &format!("  {} cases", b.cases);
    }
    let ends = b.sscc_ends();
    if let Some((first, last)) = &ends {
        words += &format!("  SSCC {first} to {last}");
    }
    if b.pallets > 0 {
        words += &format!("  {} pallets", b.pallets);
    }
    let pallet_ends = b.pallet_sscc_ends();
    if let Some((first, last)) = &pallet_ends {
        words += &format!("  SSCC {first} to {last}");
    }
    let (first, last) = ends.unzip();
    let (first_pallet, last_pallet) = pallet_ends.unzip();
    let object = serde_json::json!({"batch": b.id, "product": b.product, "lot": b.lot,
        "count": b.count, "cases": b.cases, "first_sscc": first, "last_sscc": last,
        "pallets": b.pallets, "first_pallet_sscc": first_pallet, "last_pallet_sscc": last_pallet,
        "made_on": b.made_on, "expires_on": b.expires_on, "destination": b.destination,
        "dealer": b.dealer, "layers": b.layers});
    shell.tell(&object, &words);
}

impl Add {
    fn run(self, shell: &Shell) -> Result<(), Failure> {
        let fields = Fields::from([
            ("product", Some(self.product)),
            ("lot", Some(self.lot)),
            ("made_on", Some(self.made)),
            ("expires_on", self.expires),
            ("count", Some(self.count)),
            ("cases", self.cases),
            ("pallets", self.pallets),
            ("destination", self.destination),
            ("dealer", self.dealer),
            ("layers", self.layers),
            ("key", self.key),
        ]);
        for registered in shell.register(ImportKind::Batches, &[(0, fields)])? {
            if let Registered::Batch(id) = registered {
                shell.tell(&serde_json::json!({"batch": id}), &format!("batch {id}"));
            }
        }
        Ok(())
    }
}

fn lift(shell: &Shell, id: uuid::Uuid) -> Result<(), Failure> {
    let by = shell.by();
    let lifted = match shell.wait(shell.ledger.movement(id))? {
        Some(m) => shell.wait(service::lift(&shell.ledger, &Scope::All, m.batch, id, &by))?,
        None => shell.wait(shell.ledger.lift_range(id, &by))?,
    };
    if !lifted {
        let problem = "no such fact stands, or it is the block of an office, which lifts it";
        return Err(Failure(format!("{id}: {problem}; see `zhenma batch show`")));
    }
    shell.tell(&serde_json::json!({"lifted": id}), &format!("{id} is lifted"));
    Ok(())
}

fn mark(shell: &Shell, range: Range, state: RangeState, words: Words) -> Result<(), Failure> {
    let marking = Marking {
        batch: range.batch,
        range: range.range.as_deref().map(parse_range).transpose()?,
        state,
        reason: Bilingual { zh: words.reason_zh, en: words.reason_en },
        remedy: Bilingual { zh: words.remedy_zh, en: words.remedy_en },
    };
    let fact = shell.wait(service::mark(&shell.ledger, &Scope::All, marking, &shell.by()))?;
    told(shell, &fact);
    Ok(())
}

fn told(shell: &Shell, f: &RangeFact) {
    let lifted = if f.lifted_at.is_some() { " (lifted)" } else { "" };
    let words = format!("{}  {} {}-{} {}{lifted}", f.id, f.batch, f.first, f.last, f.state.slug());
    let object = serde_json::json!({"id": f.id, "batch": f.batch, "first": f.first,
        "last": f.last, "state": f.state, "reason": f.reason, "remedy": f.remedy,
        "set_by": f.set_by, "lifted": f.lifted_at.is_some()});
    shell.tell(&object, &words);
}
