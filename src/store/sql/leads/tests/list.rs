//! The list: its counts, and its pages when there are very many leads.

use crate::store::sql::db;
use std::collections::BTreeSet;

use jiff::civil::date;

use super::{TODAY, bed, flag};
use crate::base::LedgerError;
use crate::leads::Kind;
use crate::leads::desk::{Deed, Mark, Tab, Wanted};
use crate::leads::port::LeadLedger;
use crate::store::sql::leads::list::{counting, statement};

const LEADS_THERE: u32 = 100_000;

#[tokio::test]
async fn every_open_lead_is_in_one_count_and_each_count_is_its_list() {
    let bed = bed().await;
    for number in 0..40 {
        bed.raise(&flag(1, number * 20, 1, None)).await;
    }
    bed.work(11).await;
    db::query(
        "INSERT INTO accounts (login, name, role, duties, office, created_at)
         SELECT column1, column1, 'officer', 'officer', '00000000-0000-0000-0000-000000000001', 0
         FROM (VALUES ('wang'), ('li'))",
    )
    .execute(&bed.ledger.writer)
    .await
    .expect("two officers");
    let all = bed.list(Tab::Todo).await;
    let to = |login: &str, due| Deed::Assign { to: Some(login.to_owned()), due_on: due };
    let rest = |day| Deed::Snooze { until: day, grounds: "等回复".to_owned() };
    for (n, lead) in all.iter().enumerate() {
        let deeds = match n % 8 {
            0 => vec![to("wang", None)],
            1 => vec![to("li", Some(date(2026, 11, 26)))],
            2 => vec![to("li", Some(date(2026, 11, 27)))],
            3 => vec![rest(date(2026, 11, 27))],
            4 => vec![to("wang", Some(date(2026, 11, 1))), rest(date(2026, 12, 1))],
            5 => vec![Deed::Close { grounds: "无".to_owned() }],
            6 => vec![rest(date(2026, 11, 26))],
            _ => Vec::new(),
        };
        for deed in deeds {
            assert_eq!(bed.act(lead, deed).await.expect("done"), 1);
        }
    }
    let missing = bed.act(&all[0], to("nobody", None)).await;
    assert!(matches!(missing, Err(LedgerError::Invalid(_))), "{missing:?}");
    for place in [None, Some(4100), Some(4110), Some(1100)] {
        let wanted = Wanted { place, ..Wanted::todo("wang", TODAY) };
        let counts = bed.ledger.count_leads(&wanted).await.expect("counts");
        let mut parts = BTreeSet::new();
        for tab in Tab::ALL {
            let wanted = Wanted { tab, ..wanted.clone() };
            let (leads, _) = bed.ledger.list_leads(&wanted, 100).await.expect("leads");
            assert_eq!(leads.len() as u64, counts.of(tab), "{tab:?} {place:?}");
            if !matches!(tab, Tab::Todo | Tab::Done) {
                assert!(leads.iter().all(|lead| parts.insert(lead.id)), "{tab:?}: in two parts");
            }
        }
        let open = if place == Some(1100) { 0 } else { 35 };
        assert_eq!(parts.len(), open, "{place:?}");
        assert_eq!(counts.of(Tab::Todo) + counts.snoozed, open as u64, "{place:?}");
    }
}

#[tokio::test]
async fn no_page_of_very_many_leads_is_sorted_or_read_from_its_beginning() {
    let bed = bed().await;
    for sql in [
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO leads (id, key, kind, state, anchor_at, anchor, enterprise, gtin, place, codes,
             people, provinces, probability, harm, freshness, reach, score, why_zh, why_en,
             opened_at, updated_at, seen_at, grounds)
         SELECT printf('00000000-0000-7000-8000-%012d', i), 'label/' || i,
             CASE i % 3 WHEN 0 THEN 'code' WHEN 1 THEN 'run' ELSE 'phone' END, 'open', 0, x'',
             '91411628MA9DEM01XU', '06900000001011', 4110, 1, 2, 1, 0.5, 1, 1, 1, i % 2000, '', '',
             0, 0, 0, '' FROM n",
        "INSERT INTO lead_places (lead, place, state, score) SELECT id, 4110, state, score FROM leads",
        "ANALYZE",
    ] {
        db::query(sql).execute(&bed.ledger.writer).await.expect(sql);
    }
    let first = Wanted::todo("wang", TODAY);
    let narrowed = |wanted: &Wanted| {
        [
            wanted.clone(),
            Wanted { kind: Some(Kind::Run), ..wanted.clone() },
            Wanted { place: Some(4110), ..wanted.clone() },
            Wanted {
                enterprise: "91411628MA9DEM01XU".to_owned().try_into().ok(),
                ..wanted.clone()
            },
            Wanted { product: "06900000001011".to_owned().try_into().ok(), ..wanted.clone() },
        ]
    };
    let after = Wanted { after: Some(Mark(1_000, uuid::Uuid::nil())), ..first.clone() };
    for wanted in narrowed(&first).into_iter().chain(narrowed(&after)) {
        for tab in [Tab::Todo, Tab::Open, Tab::Done] {
            let wanted = Wanted { tab, ..wanted.clone() };
            let sql = statement(&wanted, 50).sql().to_owned();
            let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let plan = db::query(sql).fetch_all(&bed.ledger.reader).await.expect("a plan");
            let plan: Vec<String> =
                plan.iter().map(|row| row.try_get("detail").expect("a plan")).collect();
            let at = format!("{wanted:?} {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "sorts: {at}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "reads all: {at}");
            let bounds = |step: &String| step.contains('<') || step.contains('>');
            let bounded = tab == Tab::Done || wanted.after.is_none() || plan.iter().any(bounds);
            assert!(bounded, "begins at the first row: {at}");
        }
    }
    // Counting reads one index and no row.
    let sql = counting(&first).sql().to_owned();
    let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let plan = db::query(sql).fetch_all(&bed.ledger.reader).await.expect("a plan");
    let plan: Vec<String> = plan.iter().map(|row| row.try_get("detail").expect("a plan")).collect();
    assert!(plan.iter().any(|step| step.contains("COVERING INDEX")), "{plan:#?}");
    let counts = bed.ledger.count_leads(&first).await.expect("counts");
    assert_eq!(counts.open, u64::from(LEADS_THERE));

    let (mut seen, mut wanted) = (BTreeSet::new(), first);
    loop {
        let (leads, next) = bed.ledger.list_leads(&wanted, 5_000).await.expect("a page");
        assert!(leads.is_sorted_by(|a, b| (a.score, a.id) >= (b.score, b.id)));
        assert!(leads.iter().all(|lead| seen.insert(lead.id)), "on two pages");
        wanted.after = next;
        if wanted.after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), LEADS_THERE as usize);
}
