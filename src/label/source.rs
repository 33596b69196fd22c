//! Where labels come from: codes signed here, or a table of codes that were
//! signed elsewhere.

use std::ops::Range;
use std::sync::Arc;

use super::issue::IssueError;
use super::mint::{Mint, Minted};
use crate::code::{Layer, SsccRun};
use crate::registry::{Enterprise, Product};

/// What all labels of a batch say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    pub product: String,
    pub enterprise: String,
    /// KEY-BATCH.
    pub batch: String,
    pub lot: String,
    /// ISO 8601 dates.
    pub made_on: String,
    pub expires_on: Option<String>,
}

impl Caption {
    /// What product and enterprise say; the rest is the batch's.
    pub fn of(product: &Product, enterprise: &Enterprise) -> Self {
        Self {
            product: format!("{} {}", product.name.zh, product.net_content),
            enterprise: enterprise.name.zh.clone(),
            ..Self::default()
        }
    }
}

/// One item with its codes, in the order in which they are applied.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub number: u64,
    pub caption: Arc<Caption>,
    /// SSCC of a case, 18 digits.
    pub sscc: Option<String>,
    pub codes: Vec<Minted>,
}

/// Gives the items of an order by their place in it, 0 first.
pub(super) trait Source: Send + Sync {
    /// # Errors
    /// When one cannot be signed or read.
    fn items(&self, places: Range<u64>) -> Result<Vec<Item>, IssueError>;

    /// Checks a code as whoever scans it will; a table was checked when it was
    /// read.
    ///
    /// # Errors
    /// With what is wrong.
    fn proves(&self, _code: &Minted) -> Result<(), String> {
        Ok(())
    }
}

/// Items that are read from a source at a time, so that memory stays flat.
const ITEMS_AT_ONCE: u64 = 500;

/// Hands `each` the items at `places` in turn.
pub(super) fn in_turn(
    source: &dyn Source,
    places: Range<u64>,
    mut each: impl FnMut(&Item) -> Result<(), IssueError>,
) -> Result<(), IssueError> {
    let mut from = places.start;
    while from < places.end {
        let to = (from + ITEMS_AT_ONCE).min(places.end);
        source.items(from..to)?.iter().try_for_each(&mut each)?;
        from = to;
    }
    Ok(())
}

/// Signs as it goes.
pub(super) struct Signed<'a> {
    pub mint: &'a Mint<'a>,
    pub caption: Arc<Caption>,
    pub layers: &'static [Layer],
    /// Number of the first item.
    pub first: u64,
    /// Numbers of the items, where they are no run.
    pub picked: Option<Arc<[u64]>>,
    /// The SSCCs of its cases or pallets.
    pub sscc: Option<SsccRun>,
}

impl Signed<'_> {
    fn number(&self, place: u64) -> Result<u64, IssueError> {
        let Some(picked) = &self.picked else { return Ok(self.first + place) };
        let at = usize::try_from(place).ok();
        at.and_then(|at| picked.get(at).copied()).ok_or(IssueError::Lost)
    }
}

impl Source for Signed<'_> {
    fn items(&self, places: Range<u64>) -> Result<Vec<Item>, IssueError> {
        places
            .map(|place| {
                let number = self.number(place)?;
                let sscc = self.sscc.as_ref().and_then(|run| run.sscc(number));
                let codes = self.layers.iter().map(|layer| self.mint.code(*layer, number));
                Ok(Item {
                    number,
                    caption: Arc::clone(&self.caption),
                    sscc: sscc.map(|sscc| sscc.as_str().to_owned()),
                    codes: codes.collect::<Result<_, _>>()?,
                })
            })
            .collect()
    }

    fn proves(&self, code: &Minted) -> Result<(), String> {
        if self.mint.proves(code.payload, &code.url) {
            return Ok(());
        }
        Err(format!("the signature of {} does not verify", code.payload))
    }
}
