use super::statement;
use crate::base::UnixMs;
use crate::keys::KeyNumber;
use crate::lists::{List, ListLedger, Mark, ROWS, Shape, Sorts, Value, Wanted, Within};
use crate::registry::{BatchRef, Uscc};
use crate::store::sql::Ledger;
use crate::store::sql::db;

const OURS: &str = "91411628MA9DEM01XU";
const ROWS_THERE: usize = 100_000;

fn ours() -> Uscc {
    Uscc::parse(OURS).expect("a code")
}

fn batch() -> BatchRef {
    BatchRef { key: KeyNumber::new(1).expect("a number"), batch: 1 }
}

/// Lists that grow without end; others have a bound of some thousand rows.
const LONG: [List; 8] = [
    List::Batches,
    List::Orders,
    List::Packages,
    List::Movements,
    List::Closings,
    List::Events,
    List::Deliveries,
    List::Trail,
];

fn within(list: List) -> Within {
    match list {
        List::Movements => Within::Batch(ours(), batch()),
        List::Deliveries => Within::Endpoint(ours(), uuid::Uuid::nil()),
        _ => Within::Enterprise(ours()),
    }
}

/// Every way of sorting each, from a row in the midst on.
fn ways(list: List) -> Vec<Wanted> {
    let sorting = list.columns().iter().filter(|column| column.sorts != Sorts::No);
    let mut ways = Vec::new();
    for (by, down) in sorting.flat_map(|by| [(*by, false), (*by, true)]) {
        let first = Wanted { by, down, ..Wanted::usual(list) };
        let value = |shape: &Shape| match shape {
            Shape::Text => Value::Text("5".to_owned()),
            Shape::Number | Shape::Instant => Value::Number(5),
        };
        let after = Some(Mark(first.keys().iter().map(value).collect()));
        ways.push(Wanted { after, ..first.clone() });
        ways.push(Wanted { find: "a".to_owned(), ..first.clone() });
        ways.push(first);
    }
    ways
}

async fn ledger(folder: &tempfile::TempDir) -> Ledger {
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path, UnixMs(0)).await.expect("a ledger");
    for sql in [
        "INSERT INTO enterprises (uscc, name_zh, name_en, created_at, revision)
         VALUES ('91411628MA9DEM01XU', '宋河', 'Song He', 0, 1)",
        "INSERT INTO products (gtin, enterprise, name_zh, name_en, category, standard, net_content,
             pictures, created_at, revision)
         VALUES ('06900000001011', '91411628MA9DEM01XU', '粮液', 'Song', '', '', '', '[]', 0, 1)",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO batches (key_number, batch_number, enterprise, gtin, lot, made_on, destination,
             dealer, layers, label_count, permutation, secret, created_at, revision)
         SELECT 1, i, '91411628MA9DEM01XU', '06900000001011', 'L' || (i % 1000), '2026-11-01', 0,
             '', 'outer', i % 7, '', '', i / 10, 1 FROM n",
        "INSERT INTO orders (id, enterprise, order_key, key_number, batch_number, specification,
             state, labels_done, labels_total, cancel_requested, lease_until, created_by, created_at)
         SELECT printf('%08d', batch_number), enterprise, batch_number, 1, batch_number, '{}',
             'done', 0, batch_number % 9, 0, 0, 'wang', batch_number / 10 FROM batches",
        "INSERT INTO audit (seq, at, login, origin, enterprise, action, object, was, became, seal)
         SELECT batch_number, 0, 'wang', 'shell', enterprise, 'order.place', 'order', '', '', ''
         FROM batches",
        "INSERT INTO movements (id, key_number, batch_number, kind, reason, reference, request,
             moved_by, moved_at, revision)
         SELECT printf('%08d', batch_number), 1, 1, 'activate', '', '', '', 'wang', 0, batch_number
         FROM batches",
        "INSERT INTO trace_events (seq, enterprise, id, digest, act, event_at, zone_offset,
             recorded_at, recorded_by, unit_count, body)
         SELECT batch_number, enterprise, batch_number, '', 'packed', batch_number / 10, 0, 0,
             'wang', 1, '' FROM batches",
    ] {
        db::query(sql).execute(&ledger.writer).await.expect(sql);
    }
    ledger
}

#[tokio::test]
async fn no_page_of_a_long_list_is_sorted_or_read_from_its_beginning() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(&folder).await;
    for (list, wanted) in
        LONG.into_iter().flat_map(|list| ways(list).into_iter().map(move |w| (list, w)))
    {
        let sql = statement(&within(list), &wanted, ROWS).sql().to_owned();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan = db::query(sql).fetch_all(&ledger.reader).await.expect("a plan");
        let plan: Vec<String> =
            plan.iter().map(|row| row.try_get("detail").expect("a plan")).collect();
        let at = format!("{list:?} by {} {} {plan:#?}", wanted.by.name, wanted.find);
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "sorts: {at}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "reads all: {at}");
        if wanted.after.is_some() {
            let bounds = |step: &String| step.contains('>') || step.contains('<');
            assert!(plan.iter().any(bounds), "begins at the first row: {at}");
        }
    }
}

#[tokio::test]
async fn a_long_list_is_walked_page_by_page_each_row_once_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(&folder).await;
    for (list, sort) in [(List::Batches, "lot"), (List::Orders, "-labels"), (List::Events, "")] {
        let mut wanted = Wanted::read(list, "", sort, "").expect("wanted");
        let at = list.columns().iter().position(|c| c.name == wanted.by.name).expect("there");
        let (mut seen, mut keys) = (std::collections::HashSet::new(), Vec::new());
        loop {
            let page = ledger.list(&within(list), &wanted, 5_000).await.expect("a page");
            for row in &page.rows {
                assert!(seen.insert(format!("{row:?}")), "{list:?}: {row:?} twice");
                keys.push(format!("{:?}", row[at]));
            }
            wanted.after = page.next;
            if wanted.after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), ROWS_THERE, "{list:?}");
        if list != List::Events {
            let sorted = keys.is_sorted_by(|a, b| if wanted.down { a >= b } else { a <= b });
            assert!(sorted, "{list:?} by {}", wanted.by.name);
        }
    }
}

#[tokio::test]
async fn a_word_is_found_whatever_its_letters_mean_to_sql() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(&folder).await;
    let found = |find: &'static str| {
        let wanted = Wanted::read(List::Batches, find, "", "").expect("wanted");
        let ledger = &ledger;
        async move {
            ledger.list(&within(List::Batches), &wanted, 200_000).await.expect("rows").rows.len()
        }
    };
    assert_eq!(found("l999").await, 100);
    assert_eq!(found("粮液").await, ROWS_THERE);
    assert_eq!(found("1-77777").await, 1);
    for nothing in ["%", "_", "\\", "' OR 1=1 --", "L99%"] {
        assert_eq!(found(nothing).await, 0, "{nothing}");
    }
}
