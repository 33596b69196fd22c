//! Who met a code and where, for those who look into it.

use crate::scan::judge::Seen;
use crate::scan::{Place, Tag48};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Phones that scanned it; an estimate once old scans left its history.
    pub people: u32,
    /// Where witnesses were, each place once.
    pub places: Vec<Place>,
    /// A phone that scanned it and is known for labels met far away.
    pub phone: Option<Tag48>,
}

impl Spread {
    pub fn of(seen: &Seen<'_>) -> Self {
        Self {
            people: seen.walk.devices_ever(),
            places: seen.walk.places().to_vec(),
            phone: seen.around.phone.filter(|_| seen.around.tells_of_a_phone()),
        }
    }
}
