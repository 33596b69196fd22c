//! What was said of labels before there was a book becomes one.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use zhenma::base::UnixMs;
use zhenma::registry::RangeState;
use zhenma::registry::movement::book::defect;
use zhenma::registry::movement::port::MovementLedger;
use zhenma::registry::port::RegistryLedger;
use zhenma::registry::service::{Scope, lift, said_of};
use zhenma::store::sql::Ledger;

use super::{NOW, by};

/// The migration that made the book.
const BOOK: i64 = 9;

/// A ledger as it was before, with two batches and what was said of them.
async fn before(path: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sql/migrations");
    for entry in std::fs::read_dir(all).expect("migrations").flatten() {
        let name = entry.file_name();
        // Beside the files lies the folder of PostgreSQL.
        let version: Result<i64, _> = name.to_string_lossy()[..4].parse();
        if version.is_ok_and(|version| version < BOOK) {
            std::fs::copy(entry.path(), folder.path().join(name)).expect("copied");
        }
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut file = options.connect().await.expect("opens");
    let old = Migrator::new(folder.path()).await.expect("migrations");
    old.run_direct(None, &mut file, false).await.expect("run");
    sqlx::raw_sql(
        "INSERT INTO enterprises (uscc, name_zh, name_en, created_at, revision)
           VALUES ('91411628MA9DEM01XU', '宋河', 'Song He', 0, 1);
         INSERT INTO products (gtin, enterprise, name_zh, name_en, category, standard, net_content,
           pictures, created_at, revision)
           VALUES ('06900000001011', '91411628MA9DEM01XU', '粮液', 'Liangye', '', '', '', '[]', 0, 2);
         INSERT INTO batches (key_number, batch_number, enterprise, gtin, lot, made_on, destination,
           dealer, layers, label_count, permutation, secret, created_at, revision)
           SELECT 1, n, '91411628MA9DEM01XU', '06900000001011', 'L', '2026-11-01', 0, '', 'outer',
             1000, 'ff1-aes256-radix2-40', zeroblob(32), 0, 2 + n
           FROM (SELECT 1 AS n UNION SELECT 2);
         UPDATE register_revision SET revision = 20;",
    )
    .execute(&mut file)
    .await
    .expect("filled");
    for (n, first, last, state, at, lifted) in [
        (1, 0, 499, "activated", 10, None),
        (2, 400, 699, "activated", 20, None),
        (3, 100, 109, "spoiled", 15, None),
        (4, 690, 709, "spoiled", 30, None),
        (5, 800, 899, "activated", 40, Some(50)),
        (6, 420, 430, "recalled", 60, None),
        (7, 450, 460, "activated", 70, None),
    ] {
        sqlx::query(
            "INSERT INTO batch_ranges (id, key_number, batch_number, first_number, last_number,
             state, reason_zh, reason_en, remedy_zh, remedy_en, set_by, set_at, lifted_at, revision)
             VALUES ($1, 1, 1, $2, $3, $4, '', '', '', '', 'wang', $5, $6, $7)",
        )
        .bind(uuid::Uuid::from_u128(n).to_string())
        .bind(first)
        .bind(last)
        .bind(state)
        .bind(at)
        .bind(lifted)
        .bind(10 + i64::try_from(n).expect("small"))
        .execute(&mut file)
        .await
        .expect("said");
    }
    file.close().await.expect("closed");
}

#[tokio::test]
async fn what_was_said_before_the_book_is_moved_into_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    before(&path).await;
    let ledger = Ledger::open(&path, NOW).await.expect("migrates");
    let batches = ledger.batches(None, 10).await.expect("batches");
    let batch = batches.iter().find(|b| b.id.batch == 1).expect("the first").id;
    for batch in &batches {
        let spans = ledger.spans(batch.id).await.expect("spans");
        assert_eq!(defect(&spans, batch.count), None);
        assert_eq!(ledger.replayed(batch.id).await.expect("a log"), spans);
    }
    let spans: Vec<_> = ledger.spans(batch).await.expect("spans");
    let told: Vec<_> = spans.iter().map(|s| (s.first, s.last, s.on.account.slug())).collect();
    assert_eq!(
        told,
        [
            (0, 99, "activated"),
            (100, 109, "spoiled"),
            (110, 689, "activated"),
            (690, 709, "spoiled"),
            (710, 999, "issued"),
        ]
    );
    // All of it is still told, the lifted one as lifted, and can be taken back.
    let said = said_of(&ledger, &Scope::All, batch).await.expect("said");
    let said: Vec<_> =
        said.iter().map(|f| (f.id.as_u128(), f.state, f.lifted_at.is_some())).collect();
    use RangeState::{Activated, Recalled, Spoiled};
    assert_eq!(
        said,
        [
            (1, Activated, false),
            (3, Spoiled, false),
            (2, Activated, false),
            (4, Spoiled, false),
            (5, Activated, true),
            (6, Recalled, false),
            (7, Activated, false),
        ]
    );
    let id = uuid::Uuid::from_u128(2);
    assert!(lift(&ledger, &Scope::All, batch, id, &by("li", 1)).await.expect("lifted"));
    let log = ledger.movements(batch, 10).await.expect("a log");
    let undone = log.iter().find(|m| m.undoes == Some(id)).expect("an undo");
    assert_eq!(
        undone.legs.iter().map(|leg| (leg.first, leg.last)).collect::<Vec<_>>(),
        [(500, 689)]
    );
    assert_eq!(log.iter().find(|m| m.id.as_u128() == 1).map(|m| m.at), Some(UnixMs(10)));
}
