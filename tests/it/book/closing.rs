//! A day's closing: what is missing, and what its scans are told.

use zhenma::base::{LedgerError, ids};
use zhenma::code::{Layer, Payload};
use zhenma::registry::movement::closing::NewClosing;
use zhenma::registry::movement::port::MovementLedger;
use zhenma::registry::movement::{Account, Custody, Holding, Kind, Ranges};
use zhenma::registry::port::RegistryLedger;
use zhenma::registry::{BatchRef, Placement, Register, Standing};

use super::{Desk, NOW, by, maker};

fn count(batch: BatchRef, account: Account, counted: Option<u64>, missing: Ranges) -> NewClosing {
    NewClosing {
        id: ids::new_id(NOW),
        enterprise: maker().uscc,
        batch,
        on: Holding { account, place: Custody::default() },
        // A leap day is a day like any other.
        day: jiff::civil::date(2028, 2, 29),
        counted,
        missing,
        note: "夜班".to_owned(),
    }
}

async fn standing(desk: &Desk, batch: BatchRef, number: u64) -> Standing {
    let changes = desk.ledger.changes(0).await.expect("read").expect("something");
    let register = Register::default().apply(changes);
    let serial = desk.ledger.batch(batch).await.expect("it").permutation(Layer::Outer);
    let serial = serial.serial_of(number);
    let payload = Payload { layer: Layer::Outer, key: batch.key, batch: batch.batch, serial };
    match register.place(&payload) {
        Placement::Issued { standing, .. } => standing,
        Placement::NotIssued => panic!("issued"),
    }
}

#[tokio::test]
async fn what_a_count_does_not_find_is_missing_until_it_is_found() {
    let desk = Desk::new().await;
    let batch = desk.batch(1_000).await;
    desk.moved(batch, Kind::Activate, &[(0, 599)]).await;
    let ledger = &desk.ledger;
    let missing = Ranges::parse("100-119 300").expect("ranges");
    let new = count(batch, Account::Activated, Some(575), missing.clone());
    let closing = ledger.close_day(&new, &by("li", 10)).await.expect("closed");
    assert_eq!((closing.book, closing.counted, closing.missing), (600, 575, 21));
    assert_eq!(closing.unexplained(), 4);
    assert_eq!(standing(&desk, batch, 110).await, Standing::Missing);
    assert!(Standing::Missing.never_sold());
    assert_eq!(standing(&desk, batch, 120).await, Standing::OnSale);
    let again = count(batch, Account::Activated, None, missing);
    assert!(matches!(ledger.close_day(&again, &by("li", 20)).await, Err(LedgerError::Invalid(_))));
    let rest = count(batch, Account::Activated, None, Ranges::default());
    let rest = ledger.close_day(&rest, &by("li", 30)).await.expect("closed");
    assert_eq!((rest.book, rest.unexplained()), (579, 0), "without what is missing already");
    let known = ledger.missing_labels(&maker().uscc).await.expect("a list");
    let known: Vec<_> =
        known.iter().map(|(fact, on)| (fact.first, fact.last, on[0].account)).collect();
    assert_eq!(known.len(), 2);
    assert!(known.contains(&(100, 119, Account::Activated)));
    let fact = ledger.missing_labels(&maker().uscc).await.expect("a list");
    let (fact, _) = fact.iter().find(|(fact, _)| fact.first == 100).expect("it");
    assert!(ledger.lift_range(fact.id, &by("li", 40)).await.expect("found"));
    assert_eq!(standing(&desk, batch, 110).await, Standing::OnSale);
    assert_eq!(ledger.closings(&maker().uscc, 10).await.expect("closings").len(), 2);
    desk.balances(batch).await;
}

#[tokio::test]
async fn numbers_that_are_not_there_in_the_book_cannot_be_missed_there() {
    let desk = Desk::new().await;
    let batch = desk.batch(100).await;
    desk.moved(batch, Kind::Print, &[(0, 49)]).await;
    let new = count(batch, Account::Printed, None, Ranges::one(40, 59));
    let error = desk.ledger.close_day(&new, &by("li", 1)).await.expect_err("refused");
    assert!(error.to_string().contains("50-59 are not there"), "{error}");
    assert!(
        desk.ledger.missing_labels(&maker().uscc).await.expect("a list").is_empty(),
        "nothing half"
    );
    assert!(desk.ledger.closings(&maker().uscc, 1).await.expect("a list").is_empty());
    let wrong = count(batch, Account::Issued, None, Ranges::default());
    assert!(wrong.check().is_err());
}
