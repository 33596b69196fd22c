//! The register as servers hold it in memory: immutable, replaced whole when changed.

mod over;
mod withdrawals;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::code::{Layer, Payload, Permutation};
use crate::registry::findings::{Cause, Decision, Findings};
use crate::registry::journey::Milestone;
use crate::registry::movement::{Account, Ranges, Whereabouts};
use crate::registry::own::{Maker, Makers};
use crate::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, RangeFact, RangeState, Uscc,
};

/// A batch with what an answer says of it.
pub struct BatchFacts {
    pub batch: Batch,
    pub enterprise: Arc<Enterprise>,
    pub product: Arc<Product>,
    outer: Permutation,
    inner: Permutation,
    case: Permutation,
    pallet: Permutation,
    /// Facts not lifted, latest first.
    ranges: Vec<RangeFact>,
    whereabouts: Whereabouts,
    /// Whether any label of it was put on sale: a scan must not walk its runs.
    in_use: bool,
    /// How each of its cases stands, and each of its pallets.
    case_standing: Standing,
}

impl BatchFacts {
    pub fn new(
        batch: Batch,
        enterprise: Arc<Enterprise>,
        product: Arc<Product>,
        mut ranges: Vec<RangeFact>,
        whereabouts: Whereabouts,
    ) -> Self {
        ranges.retain(|r| r.lifted_at.is_none());
        ranges.sort_by_key(|fact| std::cmp::Reverse((fact.set_at, fact.id)));
        let outer = batch.permutation(Layer::Outer);
        let beside = |layer| outer.beside(layer, batch.id.key, batch.id.batch);
        Self {
            in_use: whereabouts.has(Account::Activated),
            case_standing: case_standing(batch.count, &ranges, &whereabouts),
            inner: beside(Layer::Inner),
            case: beside(Layer::Case),
            pallet: beside(Layer::Pallet),
            outer,
            batch,
            enterprise,
            product,
            ranges,
            whereabouts,
        }
    }

    /// The payload of the item with this running number.
    pub fn payload(&self, number: u64) -> Payload {
        self.payload_in(Layer::Outer, number)
    }

    /// The payload of a label of any layer with this running number.
    pub fn payload_in(&self, layer: Layer, number: u64) -> Payload {
        let BatchRef { key, batch } = self.batch.id;
        Payload { layer, key, batch, serial: self.serials(layer).serial_of(number) }
    }

    fn serials(&self, layer: Layer) -> &Permutation {
        match layer {
            Layer::Outer => &self.outer,
            Layer::Inner => &self.inner,
            Layer::Case => &self.case,
            Layer::Pallet => &self.pallet,
        }
    }

    /// Running number of a serial, if it was issued, and how its label stands.
    fn find(&self, layer: Layer, serial: u64) -> Option<(u64, Standing)> {
        let number = self.serials(layer).number_of(serial);
        let (issued, of_item) = match layer {
            Layer::Inner if self.batch.layers != Layers::OuterAndInner => (0, true),
            Layer::Outer | Layer::Inner => (self.batch.issued(), true),
            Layer::Case => (self.batch.cases, false),
            Layer::Pallet => (self.batch.pallets, false),
        };
        let stands = || if of_item { self.standing(number) } else { self.case_standing.clone() };
        (number < issued).then(|| (number, stands()))
    }

    /// How the item with this running number stands. Withdrawal wins over
    /// everything, then what kept it from sale, then where the book has it.
    pub fn standing(&self, number: u64) -> Standing {
        let about = || self.ranges.iter().filter(|r| (r.first..=r.last).contains(&number));
        let said = |state| about().any(|r| r.state == state);
        if let Some(withdrawn) = about().find_map(withdrawn) {
            return withdrawn;
        }
        if said(RangeState::Planted) {
            return Standing::Planted;
        }
        if said(RangeState::Missing) {
            return Standing::Missing;
        }
        let others_are = self.in_use;
        if number >= self.batch.count {
            // The book ends with the batch: of a spare its package says.
            let on_sale = said(RangeState::Activated);
            return if on_sale { Standing::OnSale } else { Standing::NotActivated { others_are } };
        }
        match self.whereabouts.at(number) {
            Account::Activated => Standing::OnSale,
            Account::Spoiled | Account::Destroyed => Standing::Spoiled,
            _ => Standing::NotActivated { others_are },
        }
    }

    /// How the items `first..=last` stand, in runs of neighbours that stand
    /// alike: how many, and how.
    pub fn runs(&self, first: u64, last: u64) -> Vec<(u64, Standing)> {
        let said = self.ranges.iter().flat_map(|fact| [fact.first, fact.last + 1]);
        let mut begins: Vec<u64> = said
            .chain(self.whereabouts.begins())
            .filter(|number| (first + 1..=last).contains(number))
            .chain([first])
            .collect();
        begins.sort_unstable();
        begins.dedup();
        let ends = begins.iter().skip(1).copied().chain([last + 1]);
        begins.iter().zip(ends).map(|(from, end)| (end - from, self.standing(*from))).collect()
    }

    /// Whether labels wait for sale and none is there.
    pub fn waits(&self) -> bool {
        let waiting = [Account::Issued, Account::Printed, Account::Applied, Account::Held];
        let lies = |on| self.whereabouts.has(on);
        waiting.into_iter().any(lies) && !lies(Account::Activated)
    }

    /// Labels that stand `OnSale`. Spares are in no account of the book, and on
    /// sale in place of labels that were spoiled.
    pub fn on_sale(&self) -> u64 {
        let runs = |wanted: &dyn Fn(&RangeFact) -> bool| {
            let found = self.ranges.iter().filter(|fact| wanted(fact));
            Ranges::of_runs(found.map(|fact| (fact.first, fact.last)).collect())
        };
        let is_spare = |fact: &RangeFact| {
            fact.state == RangeState::Activated && fact.first >= self.batch.count
        };
        let (spares, kept) = (runs(&is_spare), runs(&|fact| !is_spare(fact)));
        let lying = self.whereabouts.lying(Account::Activated).without(&kept).labels();
        lying + spares.without(&kept).labels()
    }
}

/// How the cases and pallets of a batch stand. Which items one holds is not known,
/// so only what is said of every item of the batch is said of it too, by one
/// fact or by several together; it is on sale as soon as any item is.
fn case_standing(count: u64, latest_first: &[RangeFact], whereabouts: &Whereabouts) -> Standing {
    let said_of_all = |said: &dyn Fn(&RangeFact) -> bool| {
        let mut about: Vec<_> = latest_first.iter().filter(|r| said(r)).collect();
        about.sort_unstable_by_key(|r| r.first);
        // Items before `from` are spoken of; behind a gap it stands still.
        let from = about.iter().fold(0, |from, r| {
            if r.first <= from { from.max(r.last.saturating_add(1)) } else { from }
        });
        from >= count
    };
    let whole = |state| said_of_all(&move |r: &RangeFact| r.state == state);
    if said_of_all(&|r| withdrawn(r).is_some())
        && let Some(standing) = latest_first.iter().find_map(withdrawn)
    {
        standing
    } else if whole(RangeState::Planted) {
        Standing::Planted
    } else if whole(RangeState::Missing) {
        Standing::Missing
    } else if whereabouts.on(Account::Spoiled) + whereabouts.on(Account::Destroyed) == count {
        Standing::Spoiled
    } else if whereabouts.has(Account::Activated) {
        Standing::OnSale
    } else {
        Standing::NotActivated { others_are: false }
    }
}

/// What a fact withdraws its labels as, if it does.
fn withdrawn(fact: &RangeFact) -> Option<Standing> {
    let kind = match fact.state {
        RangeState::Recalled => Withdrawal::Recalled,
        RangeState::Blocked => Withdrawal::Blocked,
        RangeState::Stolen => Withdrawal::Stolen,
        RangeState::Void => Withdrawal::Void,
        RangeState::Activated | RangeState::Spoiled | RangeState::Planted | RangeState::Missing => {
            return None;
        }
    };
    Some(Standing::Withdrawn {
        kind,
        since: fact.set_at,
        reason: fact.reason.clone(),
        remedy: fact.remedy.clone(),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Withdrawal {
    Recalled,
    Blocked,
    Stolen,
    Void,
}

/// How one issued label stands in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    OnSale,
    /// `others_are`: others of its batch were put on sale.
    NotActivated {
        others_are: bool,
    },
    Spoiled,
    Planted,
    /// A count did not find it where the book has it. Who scans it is told what
    /// is told of a label that waits, lest a thief learn that it is missed.
    Missing,
    Withdrawn {
        kind: Withdrawal,
        since: UnixMs,
        reason: Bilingual,
        remedy: Bilingual,
    },
}

impl Standing {
    /// No buyer should ever meet such a label.
    pub const fn never_sold(&self) -> bool {
        match self {
            Self::Planted | Self::Spoiled | Self::Missing => true,
            Self::NotActivated { others_are } => *others_are,
            Self::Withdrawn { kind, .. } => matches!(kind, Withdrawal::Void | Withdrawal::Stolen),
            Self::OnSale => false,
        }
    }
}

/// Where a payload belongs.
#[derive(Clone)]
pub enum Placement {
    /// No such batch, or the serial is not one of its items, cases or pallets.
    NotIssued,
    Issued {
        facts: Arc<BatchFacts>,
        /// Among the batch's items, cases or pallets, as the payload's layer says.
        number: u64,
        standing: Standing,
    },
}

/// The register at one revision; those of two timelines of a ledger are not compared.
#[derive(Default, Clone)]
pub struct Register {
    pub timeline: i64,
    pub revision: i64,
    pub enterprises: HashMap<Uscc, Arc<Enterprise>>,
    pub products: HashMap<Gtin, Arc<Product>>,
    pub batches: HashMap<BatchRef, Arc<BatchFacts>>,
    /// What officers found of single codes.
    pub findings: HashMap<[u8; 12], Arc<Findings>>,
    /// Codes that were found suspect and that no officer has decided on, and
    /// since when.
    pub accused: HashMap<[u8; 12], UnixMs>,
    /// What buyers may hear of the way of a batch.
    pub milestones: HashMap<BatchRef, Arc<[Milestone]>>,
    /// Who has labels of its own.
    pub own: Makers,
    /// When the first of the facts is over that ends by the clock.
    pub ends: Option<UnixMs>,
}

impl Register {
    /// Whether there is such a batch at all.
    pub fn knows(&self, payload: &Payload) -> bool {
        self.batches.contains_key(&BatchRef { key: payload.key, batch: payload.batch })
    }

    pub fn place(&self, payload: &Payload) -> Placement {
        let id = BatchRef { key: payload.key, batch: payload.batch };
        let Some(facts) = self.batches.get(&id) else { return Placement::NotIssued };
        match facts.find(payload.layer, payload.serial) {
            None => Placement::NotIssued,
            Some((number, standing)) => {
                Placement::Issued { facts: Arc::clone(facts), number, standing }
            }
        }
    }
}

/// Rows that changed since a revision.
#[derive(Default, Clone)]
pub struct Changes {
    pub revision: i64,
    pub enterprises: Vec<Enterprise>,
    pub products: Vec<Product>,
    pub batches: Vec<Batch>,
    /// All facts of every batch of which one changed.
    pub ranges: Vec<(BatchRef, Vec<RangeFact>)>,
    /// Where the numbers lie of batches that are new, or of which too much
    /// moved: from each number on the account.
    pub lying: Vec<(BatchRef, Vec<(u64, Account)>)>,
    /// What moved of the others, in its order.
    pub moves: Vec<(BatchRef, Account, Ranges)>,
    pub decisions: Vec<([u8; 12], Decision, UnixMs)>,
    /// All causes, not lifted, of every code of which one changed.
    pub causes: Vec<([u8; 12], Vec<Cause>)>,
    /// `None`: not any more.
    pub accused: Vec<([u8; 12], Option<UnixMs>)>,
    /// All milestones of every batch of which one changed.
    pub milestones: Vec<(BatchRef, Vec<Milestone>)>,
    pub own_makers: Vec<Maker>,
}

impl Register {
    /// The register after `changes`. What did not change is shared with this one.
    #[must_use]
    pub fn apply(&self, changes: Changes) -> Self {
        let mut next = self.clone();
        next.revision = changes.revision;
        let mut batches = self.named_anew(&changes);
        batches.extend(changes.batches);
        for enterprise in changes.enterprises {
            next.enterprises.insert(enterprise.uscc.clone(), Arc::new(enterprise));
        }
        for product in changes.products {
            next.products.insert(product.gtin.clone(), Arc::new(product));
        }
        next.apply_batches(batches, changes.ranges, changes.lying, changes.moves);
        for (payload, decision, at) in changes.decisions {
            next.find(payload).decision = Some((decision, at));
        }
        for (payload, causes) in changes.causes {
            next.find(payload).causes = causes;
        }
        for (payload, since) in changes.accused {
            match since {
                Some(since) => next.accused.insert(payload, since),
                None => next.accused.remove(&payload),
            };
        }
        for maker in changes.own_makers {
            next.own.put(maker);
        }
        for (batch, milestones) in changes.milestones {
            next.milestones.insert(batch, milestones.into());
        }
        next
    }

    /// Batches that are known already, of a product or an enterprise that
    /// changed: their facts carry both.
    fn named_anew(&self, changes: &Changes) -> Vec<Batch> {
        let products: HashSet<_> = changes.products.iter().map(|product| &product.gtin).collect();
        let makers: HashSet<_> = changes.enterprises.iter().map(|maker| &maker.uscc).collect();
        if products.is_empty() && makers.is_empty() {
            return Vec::new();
        }
        let batches = self.batches.values().map(|facts| &facts.batch);
        let of = |batch: &&Batch| {
            products.contains(&batch.product) || makers.contains(&batch.enterprise)
        };
        batches.filter(of).cloned().collect()
    }

    /// Milestones of a batch, oldest first.
    pub fn milestones(&self, batch: BatchRef) -> &[Milestone] {
        self.milestones.get(&batch).map_or(&[], |milestones| milestones)
    }

    /// What officers found of a code; nothing for nearly every one.
    pub fn findings(&self, payload: &[u8; 12]) -> &Findings {
        self.findings.get(payload).map_or(Findings::NONE, |found| found)
    }

    fn find(&mut self, payload: [u8; 12]) -> &mut Findings {
        Arc::make_mut(self.findings.entry(payload).or_default())
    }

    /// Builds each batch anew of which something changed, once.
    fn apply_batches(
        &mut self,
        batches: Vec<Batch>,
        ranges: Vec<(BatchRef, Vec<RangeFact>)>,
        lying: Vec<(BatchRef, Vec<(u64, Account)>)>,
        moves: Vec<(BatchRef, Account, Ranges)>,
    ) {
        let mut drafts = HashMap::<BatchRef, Draft>::new();
        let known = |id: &BatchRef| self.batches.get(id).map(|facts| Draft::of(facts));
        for batch in batches {
            let draft = known(&batch.id).unwrap_or_else(|| Draft::new(&batch));
            drafts.insert(batch.id, Draft { batch, ..draft });
        }
        let mut draft = |id: BatchRef, change: &dyn Fn(&mut Draft)| {
            let draft = drafts.remove(&id).or_else(|| known(&id));
            if let Some(mut draft) = draft {
                change(&mut draft);
                drafts.insert(id, draft);
            }
        };
        for (id, ranges) in ranges {
            draft(id, &|draft| draft.ranges.clone_from(&ranges));
        }
        for (id, runs) in lying {
            draft(id, &|draft| draft.whereabouts = Whereabouts::of(&runs, draft.batch.count));
        }
        for (id, account, ranges) in moves {
            draft(id, &|draft| draft.whereabouts = draft.whereabouts.moved(&ranges, account));
        }
        for draft in drafts.into_values() {
            self.put(draft);
        }
    }
}

/// What a batch's facts are built of.
struct Draft {
    batch: Batch,
    ranges: Vec<RangeFact>,
    whereabouts: Whereabouts,
}

impl Draft {
    fn new(batch: &Batch) -> Self {
        let whereabouts = Whereabouts::issued(batch.count);
        Self { batch: batch.clone(), ranges: Vec::new(), whereabouts }
    }

    fn of(facts: &BatchFacts) -> Self {
        let (ranges, whereabouts) = (facts.ranges.clone(), facts.whereabouts.clone());
        Self { batch: facts.batch.clone(), ranges, whereabouts }
    }
}
