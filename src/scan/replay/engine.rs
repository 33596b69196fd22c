//! Histories, and what codes say of one another: a store and a worker in one,
//! where each scan is followed before the next.

use std::collections::HashMap;

use crate::registry::Findings;
use crate::scan::across::{Across, Around, Label};
use crate::scan::judge::Seen;
use crate::scan::{CodeId, History, Observation};

#[derive(Default)]
pub struct Engine {
    histories: HashMap<CodeId, History>,
    pub across: Across,
}

impl Engine {
    /// Codes with a history.
    pub fn codes(&self) -> usize {
        self.histories.len()
    }

    /// Folds a scan into the history of its code, as a store does, and has it
    /// judged; then the others are told, as by a worker. `label`: how the
    /// evidence across codes knows the code; `scan`: none where it is only
    /// looked at. Gives what `judge` says, and whether the scan was there before.
    pub fn scan<T>(
        &mut self,
        id: CodeId,
        label: Option<&Label>,
        scan: Option<Observation>,
        findings: &Findings,
        judge: impl FnOnce(Seen<'_>) -> T,
    ) -> (T, bool) {
        let history = self.histories.entry(id).or_default();
        let own = scan.map(|scan| history.fold(scan));
        let new = own.is_some_and(|own| !own.repeated);
        let position = own.map(|own| own.position);
        let across = &mut self.across;
        let seen = Seen::new(history, position, new, findings, |walk, noted| {
            label.map_or_else(Around::default, |label| across.around(label, walk, noted))
        });
        // What the others said of this code is known; now it tells them.
        if let (Some(label), Some(position), true) = (label, position, new) {
            if findings.answer() {
                across.note_scan(label, history, position);
            } else {
                across.note(label, &seen.noted, &seen.walk);
            }
        }
        (judge(seen), own.is_some_and(|own| own.repeated))
    }
}
