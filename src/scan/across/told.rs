//! What one code tells the others.

use arrayvec::ArrayVec;

use crate::base::limits::HISTORY_OBSERVATIONS_MAX as MAX;
use crate::scan::Place;
use crate::scan::walk::Walk;

/// A second witness in the same town is another household after so long.
const AGAIN_MS: i64 = 3 * 86_400_000;

#[derive(Default)]
pub(super) struct Told {
    /// Province where it was first seen.
    pub(super) first: Option<u8>,
    /// Where it was met again, and by which of the walk's witnesses.
    pub(super) met: ArrayVec<(Place, u32), MAX>,
}

impl Told {
    pub(super) fn by(walk: &Walk) -> Self {
        let mut out = Self::default();
        let mut first: Option<Place> = None;
        let mut before = None;
        for (n, w) in (0..).zip(&walk.witnesses) {
            let again = before.is_some_and(|at| w.at.since(at) > AGAIN_MS);
            before = Some(w.at);
            if w.place.province() == 0 {
                continue;
            }
            let Some(first) = first else {
                first = Some(w.place);
                out.first = Some(w.place.province());
                continue;
            };
            let elsewhere = w.place.province() != first.province();
            if (elsewhere || again && w.place == first) && !out.has(w.place) {
                out.met.push((w.place, n));
            }
        }
        out
    }

    pub(super) fn has(&self, place: Place) -> bool {
        self.met.iter().any(|(met, _)| *met == place)
    }
}
