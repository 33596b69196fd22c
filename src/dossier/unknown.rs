//! What the record does not tell. An officer who knows it looks for it; whoever
//! reads the file later sees that it was not kept back.

use crate::scan::{Channel, History, Marks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody has scanned it: there is no history to judge.
    NeverScanned,
    /// Which of the scanned labels is the one that was issued: the first one too
    /// may have been a copy.
    WhichIsFirst,
    /// So many scans have no place.
    Places { without: usize, of: usize },
    /// So many scans are of phones that kept no cookie, or said themselves who
    /// they are: two of them may be one.
    Phones { without: usize, of: usize },
    /// So many scans left the history: they are counted, not kept one by one.
    Left { scans: u32 },
    /// What happened to it behind the factory: no event was recorded.
    Way,
    /// How the label in hand looks: no officer has scanned it.
    InHand,
    /// Whether the maker made it: nothing signs it.
    Maker,
    /// What is in the bottle, whatever the label says.
    Contents,
}

/// Of a label with this history. `events`: of its way, as far as they are kept;
/// `signed`: not a number of the maker's own.
pub fn unknown(history: &History, events: usize, signed: bool) -> Vec<Unknown> {
    let all = &history.observations;
    let (of, count) = (all.len(), |wanted: &dyn Fn(&crate::scan::Observation) -> bool| {
        all.iter().filter(|o| wanted(o)).count()
    });
    let places = count(&|o| o.place.0 == 0);
    let phones = count(&|o| o.marks.has(Marks::CLAIMED) || o.device.get() == 0);
    let left = history.summary.map_or(0, |summary| summary.count);
    let by_buyers = count(&|o| o.channel == Channel::Consumer);
    [
        (of == 0).then_some(Unknown::NeverScanned),
        (by_buyers > 0).then_some(Unknown::WhichIsFirst),
        (places > 0).then_some(Unknown::Places { without: places, of }),
        (phones > 0).then_some(Unknown::Phones { without: phones, of }),
        (left > 0).then_some(Unknown::Left { scans: left }),
        (events == 0).then_some(Unknown::Way),
        (count(&|o| o.channel == Channel::Officer) == 0).then_some(Unknown::InHand),
        (!signed).then_some(Unknown::Maker),
        Some(Unknown::Contents),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the record of a place does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownThere {
    /// In which street: scans are placed by their network, in a prefecture at best.
    Where,
    /// So many buyers' reports are of no known place: some may be of here.
    Reports { without: u64 },
    /// No officer of this office has been there.
    Visit,
    /// Who scanned forged codes, and how many people that were.
    Forgers,
    /// What other offices found there.
    Others,
    /// Of a province: in which of its towns, for scans whose town is not known.
    Town,
}

/// Of a place. `reports`: those of no known place.
pub fn unknown_there(
    province: bool,
    visits: usize,
    forged: usize,
    reports: u64,
) -> Vec<UnknownThere> {
    [
        Some(UnknownThere::Where),
        province.then_some(UnknownThere::Town),
        (reports > 0).then_some(UnknownThere::Reports { without: reports }),
        (visits == 0).then_some(UnknownThere::Visit),
        (forged > 0).then_some(UnknownThere::Forgers),
        Some(UnknownThere::Others),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMs;
    use crate::scan::{Observation, Place, Tag48};

    fn scan(n: u64, channel: Channel, place: u16, marks: Marks) -> Observation {
        Observation {
            at: UnixMs(i64::try_from(n).expect("small")),
            device: Tag48::new(n),
            network: 1,
            place: Place(place),
            spot: None,
            channel,
            marks,
            scan: Tag48::new(n),
        }
    }

    #[test]
    fn of_a_place_too() {
        use UnknownThere::{Forgers, Others, Reports, Town, Visit, Where};
        assert_eq!(unknown_there(false, 0, 0, 0), [Where, Visit, Others]);
        let all = [Where, Town, Reports { without: 3 }, Forgers, Others];
        assert_eq!(unknown_there(true, 1, 2, 3), all);
    }

    #[test]
    fn what_the_record_lacks_is_told_and_what_it_has_is_not() {
        let mut history = History::default();
        let contents = Unknown::Contents;
        let nothing = [Unknown::NeverScanned, Unknown::Way, Unknown::InHand, contents];
        assert_eq!(unknown(&history, 0, true), nothing);
        history.fold(scan(1, Channel::Consumer, 4101, Marks::default()));
        history.fold(scan(2, Channel::Consumer, 0, Marks::CLAIMED));
        history.fold(scan(3, Channel::Officer, 4101, Marks::default()));
        let some = [
            Unknown::WhichIsFirst,
            Unknown::Places { without: 1, of: 3 },
            Unknown::Phones { without: 1, of: 3 },
            Unknown::Maker,
            contents,
        ];
        assert_eq!(unknown(&history, 2, false), some);
    }
}
