//! What somebody does to make a sound label look copied, or a copied one sound.

mod burning;
mod oracle;

use std::sync::Arc;

use zhenma::scan::Outcome;
use zhenma::scan::hosting::Hosting;
use zhenma::scan::service::Scanner;

use crate::consoles::scanned_around;
use crate::staff_bed::StaffBed;

/// Burning: a label photographed on a shelf is scanned from rented machines.
#[tokio::test]
async fn rented_machines_do_not_make_a_label_suspect() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let codes = bed.codes(&batch).await;
    let plain = &bed.parts.scanner;
    assert_eq!(scanned_around(plain, &codes[0]).await, Outcome::Suspect);
    let hosting = Hosting::read("203.1.0.0/16").expect("a list");
    let knowing = Scanner { hosting: Arc::new(hosting), ..plain.clone() };
    assert_eq!(scanned_around(&knowing, &codes[1]).await, Outcome::SeenBefore);
}
