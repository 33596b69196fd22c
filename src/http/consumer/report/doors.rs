//! How often one network may do what costs more than a look: on each server, and
//! beside the bounds on reports that the ledger keeps. Behind one address of a
//! carrier sit thousands of buyers; few of them report anything in the same hour.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;

use crate::http::problem::Problem;
use crate::http::rate::Keyed;
use crate::scan::tags::Network;

/// Reports that may come at once from one network, and the time behind which one
/// more may.
const REPORTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(5).expect("not zero");
const REPORT_EVERY: Duration = Duration::from_secs(600);
/// Forms that may be sent at once, whatever is wrong with them: each may have four
/// photos that are looked at.
const FORMS_AT_ONCE: NonZeroU32 = NonZeroU32::new(15).expect("not zero");
const FORM_EVERY: Duration = Duration::from_secs(10);
/// Notes a minute: each is a row.
const NOTES_A_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// Looks a minute at reports and notes by their number.
const LOOKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("not zero");
/// Exports at once, and the time behind which one more may come.
const EXPORTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
const EXPORT_EVERY: Duration = Duration::from_secs(300);

pub struct Doors {
    forms: Keyed<Network>,
    reports: Keyed<Network>,
    notes: Keyed<Network>,
    looks: Keyed<Network>,
    exports: Keyed<Network>,
}

fn one_every(time: Duration, at_once: NonZeroU32) -> Quota {
    Quota::with_period(time).expect("longer than nothing").allow_burst(at_once)
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            forms: Keyed::with(one_every(FORM_EVERY, FORMS_AT_ONCE)),
            reports: Keyed::with(one_every(REPORT_EVERY, REPORTS_AT_ONCE)),
            notes: Keyed::new(NOTES_A_MINUTE),
            looks: Keyed::new(LOOKS_A_MINUTE),
            exports: Keyed::with(one_every(EXPORT_EVERY, EXPORTS_AT_ONCE)),
        }
    }
}

/// Loopback is not limited: it is the operator's own.
fn through(door: &Keyed<Network>, address: Option<IpAddr>) -> Result<(), Problem> {
    let address = address.map(|address| address.to_canonical());
    let Some(address) = address.filter(|address| !address.is_loopback()) else { return Ok(()) };
    door.check(&Network::of(address)).map_err(|wait_s| {
        metrics::counter!("zhenma_http_shed_total", "bound" => "report_rate").increment(1);
        Problem::too_many(wait_s)
    })
}

impl Doors {
    pub(super) fn form(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        through(&self.forms, address)
    }

    pub(super) fn report(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        through(&self.reports, address)
    }

    pub(super) fn note(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        through(&self.notes, address)
    }

    pub(super) fn look(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        through(&self.looks, address)
    }

    pub(super) fn export(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        through(&self.exports, address)
    }
}
