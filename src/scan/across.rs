//! What codes say of one another: which other labels of a batch and of a run
//! of numbers met new people in another place, and which phones went before.
//!
//! One code that was given away and one that was copied twice look alike. But
//! copies come from one case or one roll and surface where that batch does
//! not otherwise go. So each code tells [`Across`] where it was first seen and
//! where it *was met again*: a witness in another province than the first, or
//! in the same town more than three days after the one before. Each town is
//! told once a code. What a code tells is a function of its history, so that a
//! scan adds what the history with it says beyond the one without it.
//!
//! A batch's *homes* are its destination and every province in which at least
//! 15 % of twenty of its codes or more were first seen: goods that a dealer
//! diverts make a home of their own, and accuse nobody.

mod kept;
mod networks;
mod phones;
mod tally;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use arrayvec::ArrayVec;

use crate::base::limits::HISTORY_OBSERVATIONS_MAX as MAX;
use crate::registry::BatchRef;
use crate::scan::walk::Walk;
use crate::scan::{History, Place, Tag48};
pub use kept::{Cell, Changes, Page, PageNumber};
use kept::{Touched, page_of};
use phones::AsIs;
pub use phones::Phone;
use tally::{Tally, Travel, excess, index};
use told::Told;

/// Running numbers of one block, and blocks on each side that are neighbours.
const BLOCK: u64 = 16;
const BLOCKS_BESIDE: u32 = 4;
/// Codes first seen, from which on a batch has homes of its own, and their share.
const HOME_CODES: u32 = 20;
const HOME_SHARE: f32 = 0.15;

/// A label as the evidence across codes knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub batch: BatchRef,
    /// Running number among `count`.
    pub number: u64,
    pub count: u64,
    /// Province the batch was made for; 0: anywhere.
    pub destination: u8,
    /// No buyer should meet it: void, stolen, spoiled, planted, or not put on
    /// sale while others of its batch are.
    pub never_sold: bool,
}

impl Label {
    #[allow(clippy::cast_possible_truncation, reason = "a batch has at most 100 000 000 labels")]
    const fn block(&self) -> u32 {
        (self.number / BLOCK) as u32
    }
}

/// A set of provinces by code, 11 to 82.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provinces(u128);

impl Provinces {
    pub fn add(&mut self, province: u8) {
        if (10..100).contains(&province) {
            self.0 |= 1 << province;
        }
    }

    pub const fn has(self, province: u8) -> bool {
        province < 128 && self.0 >> province & 1 == 1
    }

    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What the other codes say of one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Around {
    pub homes: Provinces,
    /// They hold a province that the batch was not made for.
    pub diverted: bool,
    /// Codes of the batch that were seen at all.
    pub batch_codes: u32,
    /// Neighbours in the run of numbers that were met again in a province,
    /// and in a town, where this one was: of all such places the most.
    pub block_province: u32,
    pub block_town: u32,
    /// That province and that town.
    pub province: Place,
    pub town: Place,
    /// Neighbours met again outside the homes, beyond what batches have
    /// ordinarily; standard deviations.
    pub block_excess: f32,
    /// The same of the whole batch, in a province where this one was.
    pub batch_excess: f32,
    /// Codes of the batch met again in a town where this one was.
    pub batch_town: u32,
    /// That town.
    pub batch_place: Place,
    /// Neighbours in the run of numbers that no buyer should have met and one did.
    pub never_sold: u32,
    /// Of the phones that scanned this code before, the one whose codes were
    /// most often met in another province afterwards: how many, which share.
    pub phone_met: u32,
    pub phone: Option<Tag48>,
    pub phone_share: f32,
    /// The cases and days on which the busiest of those phones scanned.
    pub phone_cases: u32,
    pub phone_days: u32,
    /// This code was met in another province than such a phone.
    pub left_phone: bool,
    /// Cases and codes that the phone scanned from which this question came.
    pub own_cases: u32,
    pub own_codes: u32,
    /// Witnesses on networks that were witnesses of several other codes of the
    /// batch; a bit for each.
    pub busy: u64,
    /// How far the ledger was followed when this was asked.
    pub revision: u64,
}

/// Labels of a phone that were met in another province afterwards, and their
/// share, from which on the phone is told of.
const PHONE_MET: u32 = 5;
const PHONE_SHARE: f32 = 0.5;

impl Around {
    /// Whether the busiest phone is known for labels that were met far away.
    pub fn tells_of_a_phone(&self) -> bool {
        self.phone_met >= PHONE_MET && self.phone_share >= PHONE_SHARE
    }
}

/// What is kept of one batch.
#[derive(Clone, Debug, Default)]
struct Cells {
    destination: u8,
    /// Codes by the province where they were first seen.
    first: BTreeMap<u8, u32>,
    /// Codes met again, by town and by province.
    met: BTreeMap<Place, u32>,
    met_in: BTreeMap<u8, u32>,
    /// The same by block of running numbers.
    near: BTreeMap<(u32, Place), u32>,
    /// Codes that were never to be sold and that buyers met, by block.
    never_sold: BTreeMap<u32, u32>,
}

impl Cells {
    fn meet(&mut self, place: Place, codes: u32) {
        *self.met.entry(place).or_default() += codes;
        *self.met_in.entry(place.province()).or_default() += codes;
    }

    fn unmeet(&mut self, place: Place, codes: u32) {
        let counts = [self.met.get_mut(&place), self.met_in.get_mut(&place.province())];
        counts.into_iter().flatten().for_each(|n| *n -= codes);
    }

    fn firsts(&self) -> u32 {
        self.first.values().sum()
    }

    #[allow(clippy::cast_precision_loss, reason = "a share")]
    fn homes(&self, destination: u8) -> Provinces {
        let mut homes = Provinces::default();
        homes.add(destination);
        let all = self.firsts();
        if all >= HOME_CODES {
            let least = HOME_SHARE * all as f32;
            self.first.iter().filter(|(_, n)| **n as f32 >= least).for_each(|(p, _)| homes.add(*p));
        }
        homes
    }
}

/// All of it, in memory.
#[derive(Clone, Debug, Default)]
pub struct Across {
    batches: HashMap<BatchRef, Cells>,
    travel: Travel,
    /// Codes first seen.
    firsts: u32,
    phones: HashMap<Tag48, Phone, BuildHasherDefault<AsIs>>,
    /// Of the ledger, which has everything up to it.
    pub revision: u64,
    /// Only where it is kept.
    touched: Option<Touched>,
}

impl Across {
    /// Takes in what the history of `label` says since a scan joined it.
    pub fn note(&mut self, label: &Label, before: &Walk, after: &Walk) {
        self.note_phones(label, before, after);
        // A code that outgrew its history would tell the same towns again each
        // time they come round in it: it has said what it has to say.
        if after.left.is_some() {
            return;
        }
        self.note_networks(label.batch, before, after);
        let (old, new) = (Told::by(before), Told::by(after));
        // What a farm of phones meets is no neighbour.
        let codes = self.batches.get(&label.batch).map_or(0, Cells::firsts);
        let newly: ArrayVec<Place, MAX> = new
            .met
            .iter()
            .filter(|(place, by)| !old.has(*place) && !self.is_busy(label.batch, codes, after, *by))
            .map(|(place, _)| *place)
            .collect();
        let cells = self.batches.entry(label.batch).or_default();
        cells.destination = label.destination;
        if let (None, Some(province)) = (old.first, new.first) {
            *cells.first.entry(province).or_default() += 1;
            self.firsts += 1;
            if let Some(touched) = &mut self.touched {
                touched.pages.insert((label.batch, PageNumber::Firsts));
            }
        }
        if label.never_sold && before.witnesses.is_empty() && !after.witnesses.is_empty() {
            *cells.never_sold.entry(label.block()).or_default() += 1;
            if let Some(touched) = &mut self.touched {
                touched.pages.insert((label.batch, PageNumber::NeverSold));
            }
        }
        for place in newly {
            cells.meet(place, 1);
            *cells.near.entry((label.block(), place)).or_default() += 1;
            self.travel.add(label.destination, place.province(), 1);
            if let Some(touched) = &mut self.touched {
                touched.pages.insert((label.batch, page_of(label.block())));
            }
        }
    }

    /// Codes of a batch by the province in which each was first seen.
    pub fn first_seen(&self, batch: BatchRef) -> Option<&BTreeMap<u8, u32>> {
        self.batches.get(&batch).map(|cells| &cells.first)
    }

    pub fn batches(&self) -> impl Iterator<Item = BatchRef> {
        self.batches.keys().copied()
    }

    /// Codes of a batch first seen in the province it was not made for that
    /// has most of them, beyond the odd traveller; standard deviations.
    /// `None` where it may be sold anywhere.
    #[allow(clippy::cast_precision_loss, reason = "a count")]
    pub fn diversion(&self, batch: BatchRef) -> Option<f64> {
        /// Share of codes first seen in any one other province, ordinarily.
        const TRAVELLERS: f32 = 0.03;
        let cells = self.batches.get(&batch).filter(|cells| cells.destination != 0)?;
        let elsewhere = cells.first.iter().filter(|(p, _)| **p != cells.destination);
        let most = elsewhere.map(|(_, n)| *n).max().unwrap_or(0);
        Some(f64::from(excess(most, TRAVELLERS * cells.firsts() as f32, 2.0)))
    }

    /// Takes in the scan at `position` of a history.
    pub fn note_scan(&mut self, label: &Label, history: &History, position: usize) {
        let (before, after) = (Walk::until(history, position), Walk::until(history, position + 1));
        self.note(label, &before, &after);
    }

    /// What the others say of the code with this history; what it said itself
    /// when it was `noted` is taken off.
    pub fn around(&self, label: &Label, walk: &Walk, noted: &Walk) -> Around {
        let nothing = Cells::default();
        let cells = self.batches.get(&label.batch).unwrap_or(&nothing);
        let homes = cells.homes(label.destination);
        let mut out = Around {
            homes,
            diverted: label.destination != 0 && homes.len() > 1,
            batch_codes: cells.firsts(),
            revision: self.revision,
            ..Around::default()
        };
        self.ask_phones(walk, noted, &mut out);
        let (low, high) = (
            label.block().saturating_sub(BLOCKS_BESIDE),
            label.block().saturating_add(BLOCKS_BESIDE),
        );
        out.never_sold = cells.never_sold.range(low..=high).map(|(_, codes)| *codes).sum();
        let itself = label.never_sold && !noted.witnesses.is_empty();
        out.never_sold = out.never_sold.saturating_sub(u32::from(itself));
        out.busy = self.busy(label.batch, out.batch_codes, walk, noted);
        let places = walk.places();
        let away = |p: &Place| !out.homes.has(p.province());
        if !places.iter().any(away) {
            return out;
        }
        let own = Told::by(noted);
        let own_away = || own.met.iter().map(|(place, _)| place).filter(|p| away(p));
        let mut block = Tally::default();
        let beside = cells.near.range((low, Place(0))..=(high, Place(u16::MAX)));
        for ((_, place), n) in beside.filter(|((_, place), _)| away(place)) {
            block.add(*place, *n, &places);
        }
        let mut batch = Tally::default();
        for (province, n) in cells.met_in.iter().filter(|(p, _)| !out.homes.has(**p)) {
            batch.all += n;
            batch.provinces[index(*province)] = *n;
        }
        for (town, n) in places.iter().zip(&mut batch.towns) {
            *n = cells.met.get(town).copied().unwrap_or(0);
        }
        for place in own_away() {
            block.take(*place, &places);
            batch.take(*place, &places);
        }
        self.judge_tallies(label, cells, &places, (&block, &batch), &mut out);
        out
    }

    #[allow(clippy::cast_precision_loss, reason = "counts that are compared")]
    fn judge_tallies(
        &self,
        label: &Label,
        cells: &Cells,
        places: &[Place],
        (block, batch): (&Tally, &Tally),
        out: &mut Around,
    ) {
        let width = f64::from(2 * BLOCKS_BESIDE + 1) * BLOCK as f64;
        let share = (width / label.count.max(1) as f64).min(1.0) as f32;
        let seen_beside = (cells.firsts() as f32 * share - 1.0).max(0.0);
        let ordinary = self.travel.away as f32 / self.firsts.max(200) as f32;
        out.block_excess = excess(block.all, ordinary * seen_beside, 0.5);
        for (i, place) in places.iter().enumerate() {
            let province = place.province();
            if out.homes.has(province) {
                continue;
            }
            let beside = block.provinces[index(province)];
            if beside > out.block_province {
                out.block_province = beside;
                out.province = Place(u16::from(province) * 100);
            }
            if block.towns[i] > out.block_town {
                (out.block_town, out.town) = (block.towns[i], *place);
            }
            if batch.towns[i] > out.batch_town {
                (out.batch_town, out.batch_place) = (batch.towns[i], *place);
            }
            let here = batch.provinces[index(province)];
            let expected = self.travel.share(label.destination, province, here, batch.all);
            out.batch_excess = out.batch_excess.max(excess(here, expected * batch.all as f32, 0.5));
        }
    }
}

#[cfg(test)]
mod tests;
