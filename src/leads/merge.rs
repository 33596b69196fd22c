//! What belongs together: the connected components of flagged codes. A set of
//! codes has one answer, in whatever order they came and however often each.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Clue, Kind};
use crate::code::Layer;
use crate::registry::BatchRef;

/// Codes whose numbers are at most so far apart are neighbours: a case of six.
pub const NEIGHBOURS: u64 = 6;

/// Codes of one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub kind: Kind,
    /// Position of the one that was flagged first: the lead is known by it.
    pub anchor: usize,
    /// Positions, by batch and number.
    pub members: Vec<usize>,
}

/// Where a code stands in its run; the outer and the inner code of an item stand
/// in one place.
fn row(clue: &Clue) -> (BatchRef, u8, u64) {
    let layer = clue.payload[0] & 0xf;
    let of_item = layer == Layer::Outer as u8 || layer == Layer::Inner as u8;
    (clue.batch, if of_item { 0 } else { layer }, clue.number)
}

fn are_neighbours(a: &Clue, b: &Clue) -> bool {
    let (a, b) = (row(a), row(b));
    (a.0, a.1) == (b.0, b.1) && a.2.abs_diff(b.2) <= NEIGHBOURS
}

/// Disjoint sets by their smallest member.
struct Sets(Vec<usize>);

impl Sets {
    fn of(&mut self, mut n: usize) -> usize {
        while self.0[n] != n {
            self.0[n] = self.0[self.0[n]];
            n = self.0[n];
        }
        n
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }

    fn join_by<K: Hash + Eq>(&mut self, keys: impl Iterator<Item = (usize, K)>) {
        let mut first = HashMap::new();
        for (n, key) in keys {
            let known = *first.entry(key).or_insert(n);
            self.join(known, n);
        }
    }
}

/// Merges codes into leads, each code into one. A code that is given twice is
/// the one that was given last.
pub fn merge(clues: &[Clue]) -> Vec<Group> {
    let mut order: Vec<usize> = clues
        .iter()
        .enumerate()
        .map(|(n, clue)| (clue.payload, n))
        .collect::<HashMap<_, _>>()
        .into_values()
        .collect();
    order.sort_unstable_by_key(|n| (row(&clues[*n]), clues[*n].payload));
    let mut sets = Sets((0..clues.len()).collect());
    for pair in order.windows(2) {
        if are_neighbours(&clues[pair[0]], &clues[pair[1]]) {
            sets.join(pair[0], pair[1]);
        }
    }
    let ties = || order.iter().map(|n| (*n, &clues[*n].ties));
    sets.join_by(ties().filter_map(|(n, t)| Some((n, t.case.as_ref()?))));
    sets.join_by(ties().filter_map(|(n, t)| Some((n, t.package?))));
    sets.join_by(ties().filter_map(|(n, t)| Some((n, t.phone?))));
    let mut groups = HashMap::<usize, Vec<usize>>::new();
    for n in order {
        groups.entry(sets.of(n)).or_default().push(n);
    }
    let mut groups: Vec<Group> = groups.into_values().map(|m| group(clues, m)).collect();
    groups.sort_by_key(|group| group.members[0]);
    groups
}

fn group(clues: &[Clue], members: Vec<usize>) -> Group {
    let of: Vec<&Clue> = members.iter().map(|n| &clues[*n]).collect();
    let first = members.iter().min_by_key(|n| (clues[**n].opened_at, clues[**n].payload));
    Group { kind: kind(&of), anchor: *first.expect("a group has a member"), members }
}

/// What a lead of these codes is about; they stand by batch and number.
pub fn kind(members: &[&Clue]) -> Kind {
    let same_case = || {
        let case = members[0].ties.case.as_ref();
        case.is_some() && members.iter().all(|clue| clue.ties.case.as_ref() == case)
    };
    if members.iter().any(|clue| clue.ties.package.is_some()) {
        Kind::Package
    } else if members.len() == 1 {
        Kind::Code
    } else if same_case() {
        Kind::Carton
    } else if members.windows(2).all(|pair| are_neighbours(pair[0], pair[1])) {
        Kind::Run
    } else if members.iter().any(|clue| clue.ties.phone.is_some()) {
        Kind::Phone
    } else {
        Kind::Carton
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::UnixMs;
    use crate::code::Payload;
    use crate::keys::KeyNumber;
    use crate::leads::Ties;
    use crate::scan::Tag48;

    fn clue(batch: u32, number: u64, opened: i64) -> Clue {
        let key = KeyNumber::new(1).expect("a number");
        let payload = Payload { layer: Layer::Outer, key, batch, serial: number };
        Clue {
            payload: payload.to_bytes(),
            batch: BatchRef { key, batch },
            number,
            risk: 0.5,
            people: 1,
            places: Vec::new(),
            opened_at: UnixMs(opened),
            seen_at: UnixMs(opened),
            ties: Ties::default(),
        }
    }

    /// Serials of each lead, the lead's own first.
    fn named(clues: &[Clue]) -> Vec<(Kind, u64, Vec<u64>)> {
        let number = |n: &usize| u64::from(clues[*n].batch.batch) * 1_000 + clues[*n].number;
        let mut out: Vec<_> = merge(clues)
            .iter()
            .map(|g| (g.kind, number(&g.anchor), g.members.iter().map(number).collect()))
            .collect();
        out.sort();
        out
    }

    #[test]
    fn neighbours_are_a_run_that_is_known_by_the_code_flagged_first() {
        let clues =
            [clue(1, 10, 3), clue(1, 16, 1), clue(1, 22, 2), clue(1, 29, 0), clue(2, 11, 0)];
        let expected = vec![
            (Kind::Code, 1_029, vec![1_029]),
            (Kind::Code, 2_011, vec![2_011]),
            (Kind::Run, 1_016, vec![1_010, 1_016, 1_022]),
        ];
        assert_eq!(named(&clues), expected);
    }

    #[test]
    fn a_case_a_phone_and_a_package_bind_what_numbers_do_not() {
        let mut clues =
            [clue(1, 1, 0), clue(1, 50, 1), clue(1, 90, 2), clue(2, 5, 3), clue(3, 1, 4)];
        for n in [0, 1] {
            clues[n].ties.case = Some("c1-1.4".into());
        }
        for n in [2, 3] {
            clues[n].ties.phone = Some(Tag48::new(7));
        }
        clues[4].ties.package = Some(uuid::Uuid::nil());
        let expected = vec![
            (Kind::Carton, 1_001, vec![1_001, 1_050]),
            (Kind::Package, 3_001, vec![3_001]),
            (Kind::Phone, 1_090, vec![1_090, 2_005]),
        ];
        assert_eq!(named(&clues), expected);
    }

    #[test]
    fn numbers_of_cases_are_no_neighbours_of_bottles() {
        let (a, mut b) = (clue(1, 1, 0), clue(1, 2, 1));
        b.payload[0] = b.payload[0] & 0xf0 | Layer::Case as u8;
        assert_eq!(merge(&[a, b]).len(), 2);
    }

    proptest! {
        #[test]
        fn neither_order_nor_repetition_matters(
            codes in prop::collection::vec((1_u32..4, 0_u64..60, 0_u64..5), 1..40),
            turn in 0_usize..40,
        ) {
            let mut clues: Vec<Clue> = codes
                .iter()
                .map(|(batch, number, tie)| {
                    let mut clue = clue(*batch, *number, (*number as i64 * 7) % 13);
                    clue.ties.phone = (*tie == 0).then(|| Tag48::new(number % 3 + 1));
                    clue
                })
                .collect();
            // The tie of a code is one thing, however often it is given.
            clues.sort_by_key(|c| c.payload);
            clues.dedup_by_key(|c| c.payload);
            let once = named(&clues);
            let middle = turn % clues.len();
            clues.rotate_left(middle);
            let again: Vec<Clue> = clues.iter().chain(&clues).cloned().collect();
            prop_assert_eq!(named(&again), once);
        }

        #[test]
        fn a_lead_keeps_its_name_as_codes_join_it(
            codes in prop::collection::vec(0_u64..200, 2..40),
        ) {
            let mut clues: Vec<Clue> =
                (0_i64..).zip(&codes).map(|(n, number)| clue(1, *number, n)).collect();
            clues.sort_by_key(|c| (c.payload, c.opened_at));
            clues.dedup_by_key(|c| c.payload);
            clues.sort_by_key(|c| c.opened_at);
            for n in 1..clues.len() {
                let (before, after) = (named(&clues[..n]), named(&clues[..=n]));
                for (_, key, members) in &after {
                    // The oldest of the leads that became one is the one that goes on.
                    let old: Vec<_> =
                        before.iter().filter(|(_, _, m)| m.iter().any(|x| members.contains(x))).collect();
                    prop_assert!(old.is_empty() || old.iter().any(|(_, k, _)| k == key));
                }
            }
        }
    }
}
