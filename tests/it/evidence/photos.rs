//! Photos of buyers and of officers, and such as are not there.

use zhenma::cases::fact::Fact;
use zhenma::cases::matter::PhotoNote;
use zhenma::media::{MediaLedger, Purpose, Sha256Hex};

use super::{built, case, checked, has, taken};
use crate::media::{exif, jpeg, picture};
use crate::reports::{Bed, photo};
use crate::staff_bed::StaffBed;
use crate::visits::put;

#[tokio::test]
async fn a_buyers_photo_is_packed_as_it_is_kept_and_the_package_says_so() {
    let bed = Bed::start().await;
    let original = jpeg(&picture(80, 60), Some(exif(1)));
    let hash = Sha256Hex::of(&original);
    let number = bed.buyer(70).report(&bed.codes[2], vec![photo(original.clone())]).await;
    let officer = bed.bed.person("officer").await;
    let path = format!("/officer/reports/{}/case", bed.report(&number).await.id);
    assert_eq!(officer.post(&path, &[("case", "new")]).await.status(), 303);
    let case = bed.report(&number).await.case.expect("a case").id.to_string();
    let row = bed.bed.parts.ledger.media(&hash).await.expect("the ledger").expect("a row");
    assert_eq!(row.purpose, Purpose::Case, "a buyer's still, and evidence");
    let package = built(&bed.bed, &case).await;
    let bytes = taken(&bed.bed, &case, &package).await;
    let report = checked(&bytes, &Default::default());
    assert!(report.is_whole(), "{report:#?}");
    assert!(has(&bytes, &format!("photos/{}.jpg", row.shown)));
    assert!(!has(&bytes, &format!("photos/{hash}.jpg")), "nobody has the original");
    let left_out = report.statement.expect("a statement").left_out;
    assert!(left_out.iter().any(|line| line.what.contains(&hash.to_string())), "{left_out:?}");
    // An officer who has the original hands it in: it is not there already.
    assert!(!bed.store().has(&hash).await.expect("the disk"));
    assert_eq!(put(&officer, &hash.to_string(), original.clone(), "image/jpeg").await, 201);
    assert!(bed.store().has(&hash).await.expect("the disk"));
    assert_eq!(put(&officer, &hash.to_string(), original.clone(), "image/jpeg").await, 200);
    bed.later(1_000);
    let next = built(&bed.bed, &case).await;
    assert_ne!(next["id"], package["id"], "the state is another one");
    assert!(has(&taken(&bed.bed, &case, &next).await, &format!("photos/{hash}.jpg")));
    // And again, where the disk lost it.
    bed.store().remove(&hash).await.expect("the disk");
    put(&officer, &hash.to_string(), original, "image/jpeg").await;
    assert!(bed.store().has(&hash).await.expect("the disk"));
}

#[tokio::test]
async fn a_photo_or_a_visit_that_is_not_there_is_told_and_holds_nothing_up() {
    let bed = StaffBed::start().await;
    let media = "ab".repeat(32);
    let note = PhotoNote { media: media.clone(), caption: "x".to_owned(), shows: String::new() };
    let visit = uuid::Uuid::from_u128(7);
    let file = case(&bed, vec![Fact::Photo(note), Fact::Visit { visit }]).await;
    let package = built(&bed, &file.id.to_string()).await;
    let bytes = taken(&bed, &file.id.to_string(), &package).await;
    let statement = checked(&bytes, &Default::default()).statement.expect("a statement");
    for gone in [media, visit.to_string()] {
        assert!(statement.left_out.iter().any(|line| line.what.contains(&gone)), "{statement:?}");
    }
}
