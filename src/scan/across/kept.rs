//! What the ledger keeps of the evidence across codes, so that servers follow
//! it and a worker takes it up again: pages of cells, and phones.

use std::collections::HashSet;

use super::{Across, Phone};
use crate::registry::BatchRef;
use crate::scan::walk::Walk;
use crate::scan::{Place, Tag48};

/// Blocks on one page: 4 096 running numbers.
const PAGE_BLOCKS: u32 = 256;

/// Codes of one block of running numbers that were met again in one town; on
/// a page of firsts, codes first seen in a province; on one of labels that were
/// never to be sold, those that were met at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub block: u32,
    pub place: Place,
    pub codes: u32,
}

impl Cell {
    pub const BYTES: usize = 10;

    /// block u32 | place u16 | codes u32, big-endian.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[..4].copy_from_slice(&self.block.to_be_bytes());
        out[4..6].copy_from_slice(&self.place.0.to_be_bytes());
        out[6..].copy_from_slice(&self.codes.to_be_bytes());
        out
    }

    pub const fn from_bytes(b: &[u8; Self::BYTES]) -> Self {
        Self {
            block: u32::from_be_bytes([b[0], b[1], b[2], b[3]]),
            place: Place(u16::from_be_bytes([b[4], b[5]])),
            codes: u32::from_be_bytes([b[6], b[7], b[8], b[9]]),
        }
    }
}

/// Which cells of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageNumber {
    /// Codes first seen, by province.
    Firsts,
    /// Codes that were never to be sold and that buyers met, by block.
    NeverSold,
    /// Codes met again, 256 blocks a page.
    Met(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub batch: BatchRef,
    pub number: PageNumber,
    pub destination: u8,
    pub cells: Vec<Cell>,
}

/// What is to be kept, or was kept since a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub revision: u64,
    pub pages: Vec<Page>,
    pub phones: Vec<(Tag48, Phone)>,
}

impl Changes {
    pub const fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.phones.is_empty()
    }
}

/// What was touched since it was last kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    pub(super) pages: HashSet<(BatchRef, PageNumber)>,
    pub(super) phones: HashSet<Tag48>,
    /// Phones that came in, or were touched, since it was last let go.
    came: Vec<Tag48>,
}

pub(super) const fn page_of(block: u32) -> PageNumber {
    PageNumber::Met(block / PAGE_BLOCKS)
}

impl Across {
    /// For a worker: remembers what was touched until it is kept.
    pub fn keeping() -> Self {
        Self { touched: Some(Touched::default()), ..Self::default() }
    }

    /// What changed since the last call.
    pub fn changes(&mut self) -> Changes {
        let Some(touched) = &mut self.touched else { return Changes::default() };
        let pages = std::mem::take(&mut touched.pages);
        let phones = std::mem::take(&mut touched.phones);
        touched.came.extend(&phones);
        let mut out = Changes::default();
        for (batch, number) in pages {
            let Some(cells) = self.batches.get(&batch) else { continue };
            let destination = cells.destination;
            let cells = match number {
                PageNumber::Firsts => {
                    let first = |(p, n): (&u8, &u32)| Cell {
                        block: 0,
                        place: Place(u16::from(*p) * 100),
                        codes: *n,
                    };
                    cells.first.iter().map(first).collect()
                }
                PageNumber::NeverSold => {
                    let cell = |(block, n): (&u32, &u32)| Cell {
                        block: *block,
                        place: Place::UNKNOWN,
                        codes: *n,
                    };
                    cells.never_sold.iter().map(cell).collect()
                }
                PageNumber::Met(page) => {
                    let met = |((block, place), n): (&(u32, Place), &u32)| Cell {
                        block: *block,
                        place: *place,
                        codes: *n,
                    };
                    cells.near.range(range(page)).map(met).collect()
                }
            };
            out.pages.push(Page { batch, number, destination, cells });
        }
        out.phones = phones
            .into_iter()
            .filter_map(|tag| self.phones.get(&tag).map(|phone| (tag, phone.clone())))
            .collect();
        out
    }

    /// Takes in what was kept: each page and phone in place of what it was.
    pub fn apply(&mut self, changes: Changes) {
        for page in changes.pages {
            self.put(page);
        }
        self.phones.extend(changes.phones);
        self.revision = self.revision.max(changes.revision);
        self.bound_phones();
    }

    fn put(&mut self, page: Page) {
        let cells = self.batches.entry(page.batch).or_default();
        let destination = page.destination;
        cells.destination = destination;
        match page.number {
            PageNumber::Firsts => {
                self.firsts -= cells.firsts();
                let province = |cell: &Cell| (cell.place.province(), cell.codes);
                cells.first = page.cells.iter().map(province).collect();
                self.firsts += cells.firsts();
            }
            PageNumber::NeverSold => {
                cells.never_sold = page.cells.iter().map(|c| (c.block, c.codes)).collect();
            }
            PageNumber::Met(number) => {
                let old: Vec<_> = cells.near.range(range(number)).map(|(k, n)| (*k, *n)).collect();
                for ((block, place), n) in old {
                    cells.near.remove(&(block, place));
                    cells.unmeet(place, n);
                    self.travel.take(destination, place.province(), n);
                }
                for cell in page.cells {
                    cells.near.insert((cell.block, cell.place), cell.codes);
                    cells.meet(cell.place, cell.codes);
                    self.travel.add(destination, cell.place.province(), cell.codes);
                }
            }
        }
    }

    /// Phones and networks of a walk that are not in memory; the ledger may
    /// know them.
    pub fn absent_phones(&self, batch: BatchRef, walk: &Walk) -> Vec<Tag48> {
        let tags = walk.devices.iter().filter_map(|d| d.key.cookie());
        let tags = tags.chain(Self::networks(batch, walk));
        tags.filter(|tag| !self.phones.contains_key(tag)).collect()
    }

    /// Takes up phones as they were kept.
    pub fn take_up(&mut self, phones: Vec<(Tag48, Phone)>) {
        if let Some(touched) = &mut self.touched {
            touched.came.extend(phones.iter().map(|(tag, _)| *tag));
        }
        self.phones.extend(phones);
    }

    /// Lets go of phones that scanned one code alone: nothing is asked of
    /// them, and the ledger has them.
    pub fn let_go(&mut self) {
        let came = self.touched.as_mut().map(|touched| std::mem::take(&mut touched.came));
        for tag in came.unwrap_or_default() {
            if self.phones.get(&tag).is_some_and(|phone| !phone.is_known()) {
                self.phones.remove(&tag);
            }
        }
        self.bound_phones();
    }
}

fn range(page: u32) -> std::ops::Range<(u32, Place)> {
    let first = page * PAGE_BLOCKS;
    (first, Place(0))..(first.saturating_add(PAGE_BLOCKS), Place(0))
}
