//! The register as servers hold it in memory: immutable, replaced whole when
//! something changed.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::code::{Layer, Payload, Permutation};
use crate::registry::findings::{Cause, Decision, Findings};
use crate::registry::journey::Milestone;
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
    /// Facts not lifted, latest first.
    ranges: Vec<RangeFact>,
    /// How each of its cases stands.
    case_standing: Standing,
}

impl BatchFacts {
    pub fn new(
        batch: Batch,
        enterprise: Arc<Enterprise>,
        product: Arc<Product>,
        mut ranges: Vec<RangeFact>,
    ) -> Self {
        ranges.retain(|r| r.lifted_at.is_none());
        ranges.sort_by_key(|fact| std::cmp::Reverse((fact.set_at, fact.id)));
        Self {
            case_standing: case_standing(batch.count, &ranges),
            outer: batch.permutation(Layer::Outer),
            inner: batch.permutation(Layer::Inner),
            case: batch.permutation(Layer::Case),
            batch,
            enterprise,
            product,
            ranges,
        }
    }

    /// Running number of a serial, if it was issued, and how its label stands.
    fn find(&self, layer: Layer, serial: u64) -> Option<(u64, Standing)> {
        let of_item = |number| (number < self.batch.count).then(|| (number, self.standing(number)));
        match layer {
            Layer::Outer => of_item(self.outer.number_of(serial)),
            Layer::Inner if self.batch.layers == Layers::OuterAndInner => {
                of_item(self.inner.number_of(serial))
            }
            Layer::Case => {
                let number = self.case.number_of(serial);
                (number < self.batch.cases).then(|| (number, self.case_standing.clone()))
            }
            Layer::Inner | Layer::Pallet => None,
        }
    }

    /// Whether any label of it was put on sale.
    fn in_use(&self) -> bool {
        self.ranges.iter().any(|fact| fact.state == RangeState::Activated)
    }

    /// How the item with this running number stands. Withdrawal wins over
    /// everything, then what kept it from sale, then activation.
    pub fn standing(&self, number: u64) -> Standing {
        let about = || self.ranges.iter().filter(|r| (r.first..=r.last).contains(&number));
        about().find_map(withdrawn).unwrap_or_else(|| {
            let held = |state| about().any(|r| r.state == state);
            if held(RangeState::Planted) {
                Standing::Planted
            } else if held(RangeState::Spoiled) {
                Standing::Spoiled
            } else if held(RangeState::Activated) {
                Standing::OnSale
            } else {
                Standing::NotActivated { others_are: self.in_use() }
            }
        })
    }
}

impl BatchFacts {
    /// Labels that stand `OnSale`: one walk along the ends of all facts.
    pub fn on_sale(&self) -> u64 {
        let mut ends: Vec<(u64, bool, i64)> = Vec::with_capacity(self.ranges.len() * 2);
        for fact in &self.ranges {
            let activates = fact.state == RangeState::Activated;
            ends.push((fact.first, activates, 1));
            ends.push((fact.last + 1, activates, -1));
        }
        ends.sort_unstable();
        let (mut on_sale, mut from, mut activated, mut held) = (0, 0, 0_i64, 0_i64);
        for (number, activates, step) in ends {
            if activated > 0 && held == 0 {
                on_sale += number - from;
            }
            from = number;
            *(if activates { &mut activated } else { &mut held }) += step;
        }
        on_sale
    }
}

/// How the cases of a batch stand. Which items a case holds is not known, so
/// only what is said of every item of the batch is said of a case too, by one
/// fact or by several together; it is on sale as soon as any item is.
fn case_standing(count: u64, latest_first: &[RangeFact]) -> Standing {
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
    } else if whole(RangeState::Spoiled) {
        Standing::Spoiled
    } else if latest_first.iter().any(|r| r.state == RangeState::Activated) {
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
        RangeState::Activated | RangeState::Spoiled | RangeState::Planted => return None,
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
            Self::Planted | Self::Spoiled => true,
            Self::NotActivated { others_are } => *others_are,
            Self::Withdrawn { kind, .. } => matches!(kind, Withdrawal::Void | Withdrawal::Stolen),
            Self::OnSale => false,
        }
    }
}

/// Where a payload belongs.
#[derive(Clone)]
pub enum Placement {
    /// No such batch, or the serial is not one of its items or cases.
    NotIssued,
    Issued {
        facts: Arc<BatchFacts>,
        /// Among the batch's items, or its cases, as the payload's layer says.
        number: u64,
        standing: Standing,
    },
}

/// The register at one revision.
#[derive(Default, Clone)]
pub struct Register {
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
    pub decisions: Vec<([u8; 12], Decision, UnixMs)>,
    /// All causes, not lifted, of every code of which one changed.
    pub causes: Vec<([u8; 12], Vec<Cause>)>,
    /// `None`: not any more.
    pub accused: Vec<([u8; 12], Option<UnixMs>)>,
    /// All milestones of every batch of which one changed.
    pub milestones: Vec<(BatchRef, Vec<Milestone>)>,
}

impl Register {
    /// The register after `changes`. What did not change is shared with this one.
    #[must_use]
    pub fn apply(&self, changes: Changes) -> Self {
        let mut next = self.clone();
        next.revision = changes.revision;
        for enterprise in changes.enterprises {
            next.enterprises.insert(enterprise.uscc.clone(), Arc::new(enterprise));
        }
        for product in changes.products {
            next.products.insert(product.gtin.clone(), Arc::new(product));
        }
        for batch in changes.batches {
            next.put(batch, Vec::new());
        }
        for (id, ranges) in changes.ranges {
            if let Some(facts) = next.batches.get(&id) {
                next.put(facts.batch.clone(), ranges);
            }
        }
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
        for (batch, milestones) in changes.milestones {
            next.milestones.insert(batch, milestones.into());
        }
        next
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

    fn put(&mut self, batch: Batch, ranges: Vec<RangeFact>) {
        let enterprise = self.enterprises.get(&batch.enterprise);
        let product = self.products.get(&batch.product);
        let (Some(enterprise), Some(product)) = (enterprise, product) else { return };
        let facts = BatchFacts::new(batch, Arc::clone(enterprise), Arc::clone(product), ranges);
        self.batches.insert(facts.batch.id, Arc::new(facts));
    }
}
