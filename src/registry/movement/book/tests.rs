//! Random movements against a model of one account a label.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::registry::movement::{Kind, Whereabouts};

const LABELS: u64 = 60;

#[derive(Clone, Debug)]
enum Step {
    Move { kind: usize, runs: Vec<(u64, u64)>, place: Option<bool> },
    Undo(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let run = (0..LABELS, 0..12_u64).prop_map(|(first, more)| (first, (first + more).min(59)));
    let moved = (0..Kind::NAMED.len(), prop::collection::vec(run, 1..4), any::<Option<bool>>());
    prop_oneof![
        3 => moved.prop_map(|(kind, runs, place)| Step::Move { kind, runs, place }),
        1 => (0..40_usize).prop_map(Step::Undo),
    ]
}

fn issued() -> Holding {
    Holding { account: Account::Issued, place: Custody::default() }
}

fn place(hall: bool) -> Custody {
    Custody::kept(if hall { "hall" } else { "printer" })
}

/// A label's movements that stand, the last on top, and where each took it from.
type Stack = Vec<(Uuid, Holding)>;

struct World {
    spans: Vec<Span>,
    log: Vec<(Uuid, Option<Uuid>, Vec<Entry>)>,
    whereabouts: Whereabouts,
    model: Vec<(Holding, Stack)>,
}

impl World {
    fn new() -> Self {
        Self {
            spans: vec![Span { first: 0, last: LABELS - 1, on: issued() }],
            log: Vec::new(),
            whereabouts: Whereabouts::issued(LABELS),
            model: vec![(issued(), Vec::new()); usize::try_from(LABELS).expect("small")],
        }
    }

    fn enter(&mut self, id: Uuid, undoes: Option<Uuid>, entries: Vec<Entry>, spans: Vec<Span>) {
        for entry in &entries {
            self.whereabouts = self.whereabouts.moved(&entry.ranges, entry.to.account);
        }
        self.spans = spans;
        self.log.push((id, undoes, entries));
    }

    fn take(&mut self, id: Uuid, step: Step) {
        match step {
            Step::Move { kind, runs, place: to } => {
                let (kind, ranges) = (Kind::NAMED[kind], Ranges::of_runs(runs));
                let leads = |on: &Holding| {
                    let place = to.map_or_else(|| on.place.clone(), place);
                    let to = Holding { account: kind.leads(on.account)?, place };
                    (to != *on).then_some(to)
                };
                let shifted = shift(&self.spans, &ranges, leads);
                for number in ranges.runs().iter().flat_map(|(first, last)| *first..=*last) {
                    let (on, stack) = &mut self.model[usize::try_from(number).expect("small")];
                    if let Some(to) = leads(on) {
                        stack.push((id, std::mem::replace(on, to)));
                    }
                }
                let moved: u64 = shifted.entries.iter().map(|e| e.ranges.labels()).sum();
                let left = shifted.elsewhere.map_or(0, |e| e.labels);
                assert_eq!(moved + left, ranges.labels());
                self.enter(id, None, shifted.entries, shifted.spans);
            }
            Step::Undo(of) => self.undo(id, of),
        }
    }

    fn undo(&mut self, id: Uuid, of: usize) {
        let Some((undone, None, entries)) = self.log.get(of).cloned() else { return };
        let later: Vec<_> = self.log[of + 1..]
            .iter()
            .flat_map(|(_, undoes, entries)| entries.iter().map(|e| (*undoes, &e.ranges)))
            .collect();
        let (mut spans, mut back) = (self.spans.clone(), Vec::new());
        for entry in &entries {
            let left = untouched(&entry.ranges, undone, later.iter().copied());
            let shifted = shift(&spans, &left, |on| (*on == entry.to).then(|| entry.from.clone()));
            assert_eq!(shifted.elsewhere, None, "what was not moved since lies where it came");
            spans = shifted.spans;
            back.extend(shifted.entries);
        }
        for (on, stack) in &mut self.model {
            if stack.last().is_some_and(|(top, _)| *top == undone)
                && let Some((_, from)) = stack.pop()
            {
                *on = from;
            }
        }
        self.enter(id, Some(undone), back, spans);
    }

    fn check(&self) {
        assert_eq!(defect(&self.spans, LABELS), None);
        let on = |number: u64| &self.model[usize::try_from(number).expect("small")].0;
        for span in &self.spans {
            assert!((span.first..=span.last).all(|number| *on(number) == span.on), "{span:?}");
        }
        assert!((0..LABELS).all(|n| self.whereabouts.at(n) == on(n).account));
        let balance = Balance::of(&self.spans);
        for account in Account::ALL {
            let model = self.model.iter().filter(|(on, _)| on.account == account).count() as u64;
            assert_eq!((balance.on(account), self.whereabouts.on(account)), (model, model));
            assert_eq!(self.whereabouts.lying(account).labels(), model);
            let children = Account::ALL.into_iter().filter(|a| a.parent() == Some(account));
            let below: u64 = children.map(|a| balance.through(a)).sum();
            assert_eq!(balance.through(account), balance.on(account) + below, "{account:?}");
        }
        assert_eq!(balance.through(Account::Issued), LABELS);
    }
}

proptest! {
    #[test]
    fn the_book_is_what_one_account_a_label_would_be(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut world = World::new();
        for (n, step) in steps.into_iter().enumerate() {
            world.take(Uuid::from_u128(n as u128), step);
            world.check();
        }
    }
}

#[test]
fn a_refusal_names_the_first_run_that_lies_elsewhere() {
    let on = |account| Holding { account, place: Custody::default() };
    let span = |first, last, account| Span { first, last, on: on(account) };
    let window = [
        span(0, 99, Account::Issued),
        span(100, 199, Account::Activated),
        span(200, 999, Account::Issued),
    ];
    let activate = |on: &Holding| {
        let account = Kind::Activate.leads(on.account)?;
        Some(Holding { account, ..on.clone() })
    };
    let shifted = shift(&window, &Ranges::one(50, 249), activate);
    let elsewhere = shifted.elsewhere.expect("some are on sale");
    assert_eq!((elsewhere.first, elsewhere.last, elsewhere.labels), (100, 199, 100));
    assert_eq!(elsewhere.on, on(Account::Activated));
    let since = Some((crate::base::UnixMs(1_794_441_600_000), "wang".to_owned()));
    let told = Elsewhere { since, ..elsewhere }.fault().to_string();
    assert!(told.contains("numbers 100-199 are activated since 2026-11-12"), "{told}");
    assert!(told.contains("by wang"), "{told}");
    let all = [span(0, 49, Account::Issued), span(50, 249, Account::Activated)];
    assert_eq!(shifted.spans[..2], all);
}
