//! Codes of cases: how many a batch has, which SSCC they get, and what a scan
//! of one answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::code::{Gs1Prefix, Layer, Payload, Sscc};
use zhenma::keys::KeyNumber;
use zhenma::label::Mint;
use zhenma::registry::fields::{self, Fields};
use zhenma::registry::port::{Registered, Registration, RegistryLedger};
use zhenma::registry::{BatchRef, PreparedBatch, RangeState};
use zhenma::store::sql::Ledger;

use crate::http_bed::{self as bed, Bed, CASES, COUNT};
use crate::ledger_bed;
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed, THEIRS};

const PREFIX: &str = "690123456789";

async fn ledger(folder: &tempfile::TempDir) -> Ledger {
    let file = folder.path().join("ledger.sqlite");
    let ledger = ledger_bed::open(&file, SystemClock.now()).await.expect("a ledger");
    register(&ledger, &[enterprise(Some(PREFIX))]).await.expect("registered");
    let product = Fields::from([
        ("gtin", Some(OUR_GTIN.to_owned())),
        ("enterprise", Some(OURS.to_owned())),
        ("name_zh", Some("宋河粮液".to_owned())),
        ("name_en", Some("Song He".to_owned())),
        ("category", Some("liquor".to_owned())),
        ("standard", Some("GB/T 1".to_owned())),
        ("net_content", Some("500 mL".to_owned())),
    ]);
    let product = fields::product(&product).expect("sound");
    register(&ledger, &[Registration::Product(product)]).await.expect("registered");
    ledger
}

fn named(uscc: &str, prefix: Option<&str>) -> Registration {
    let row = Fields::from([
        ("uscc", Some(uscc.to_owned())),
        ("name_zh", Some("宋河".to_owned())),
        ("name_en", Some("Song He".to_owned())),
        ("gs1_prefix", prefix.map(str::to_owned)),
    ]);
    Registration::Enterprise(fields::enterprise(&row).expect("sound"))
}

fn enterprise(prefix: Option<&str>) -> Registration {
    named(OURS, prefix)
}

fn batch(count: u64, cases: u64) -> Registration {
    let row = Fields::from([
        ("product", Some(OUR_GTIN.to_owned())),
        ("lot", Some("L1".to_owned())),
        ("made_on", Some("2026-11-01".to_owned())),
        ("count", Some(count.to_string())),
        ("cases", Some(cases.to_string())),
    ]);
    let new = fields::batch(&row).expect("sound");
    Registration::Batch(PreparedBatch {
        enterprise: OURS.to_owned().try_into().expect("sound"),
        key: KeyNumber::new(1).expect("not zero"),
        new,
        expires_on: None,
        secret: [7; 32],
    })
}

async fn register(ledger: &Ledger, objects: &[Registration]) -> Result<Vec<Registered>, String> {
    let rows: Vec<_> = (2..).zip(objects.iter().cloned()).collect();
    ledger.register(&rows, &By::shell(SystemClock.now())).await.map_err(|e| e.to_string())
}

async fn only_batch(ledger: &Ledger, cases: u64) -> BatchRef {
    let done = register(ledger, &[batch(cases.max(1), cases)]).await.expect("registered");
    let [Registered::Batch(id)] = done[..] else { panic!("{done:?}") };
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn serial_references_are_given_out_once_however_many_ask_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = ledger(&folder).await;
    // A second process has the file open too.
    let file = folder.path().join("ledger.sqlite");
    let second = ledger_bed::open(&file, SystemClock.now()).await.expect("a ledger");
    let asked: Vec<u64> = (1..=24).collect();
    let tasks: Vec<_> = asked
        .iter()
        .map(|cases| {
            let ledger = if cases % 2 == 0 { first.clone() } else { second.clone() };
            let cases = *cases;
            tokio::spawn(async move { only_batch(&ledger, cases).await })
        })
        .collect();
    let mut seen = BTreeSet::new();
    for task in tasks {
        let batch = first.batch(task.await.expect("ended")).await.expect("a batch");
        for case in 0..batch.cases {
            let sscc = batch.sscc(case).expect("an SSCC");
            assert_eq!(Sscc::parse(sscc.as_str()).as_ref(), Ok(&sscc));
            assert!(seen.insert(sscc), "case {case} of {} repeats an SSCC", batch.id);
        }
        assert_eq!(batch.sscc(batch.cases), None, "behind the last case");
    }
    assert_eq!(seen.len() as u64, asked.iter().sum::<u64>());
    let references = seen.iter().map(|s| s.as_str()[13..17].parse::<u64>().expect("digits"));
    assert!(references.eq(0..seen.len() as u64), "no gap: none was given out in vain");
}

#[tokio::test]
async fn a_prefix_that_is_used_up_is_told_and_nothing_is_given_out_in_vain() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(&folder).await;
    only_batch(&ledger, 9_990).await;
    let said = register(&ledger, &[batch(100, 11)]).await.expect_err("eleven of ten");
    for words in ["line 2", "cases", "10 serial references left", "order at most 10 cases"] {
        assert!(said.contains(words), "{said}");
    }
    // The second row is refused, so the first has none of its references either.
    let said = register(&ledger, &[batch(100, 6), batch(100, 6)]).await.expect_err("twelve of ten");
    assert!(said.contains("line 3") && said.contains("4 serial references left"), "{said}");
    let last = ledger.batch(only_batch(&ledger, 10).await).await.expect("a batch");
    let (first, last) = last.sscc_ends().expect("SSCCs");
    assert_eq!(first.as_str()[..17], *"06901234567899990");
    assert_eq!(last.as_str()[..17], *"06901234567899999");
    assert!(register(&ledger, &[batch(1, 1)]).await.is_err());
    let without = ledger.batch(only_batch(&ledger, 0).await).await.expect("a batch");
    assert_eq!((without.cases, without.sscc_ends()), (0, None));
}

#[tokio::test]
async fn a_prefix_may_be_given_later_and_belongs_to_one_enterprise() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(&folder).await;
    assert_eq!(register(&ledger, &[named(THEIRS, None)]).await, Ok(vec![Registered::Added]));
    for theirs in [PREFIX, &PREFIX[..7]] {
        let said = register(&ledger, &[named(THEIRS, Some(theirs))]).await.expect_err(theirs);
        assert!(said.contains("gs1_prefix") && said.contains(OURS), "{said}");
    }
    let given = named(THEIRS, Some("6907777"));
    let done = register(&ledger, &[given.clone(), given]).await;
    assert_eq!(done, Ok(vec![Registered::Added, Registered::Unchanged]), "the same file twice");
    let said = register(&ledger, &[named(THEIRS, Some("6908888"))]).await.expect_err("another");
    assert!(said.contains("other particulars"), "{said}");
    let found = ledger.enterprise(&THEIRS.to_owned().try_into().expect("sound")).await;
    let prefix = found.expect("an enterprise").gs1_prefix;
    assert_eq!(prefix, Some(Gs1Prefix::parse("6907777").expect("sound")));
}

#[tokio::test]
async fn a_ledger_of_the_version_before_keeps_its_batches_and_has_no_cases() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger.sqlite");
    let old = rusqlite::Connection::open(&file).expect("a file");
    let first = include_str!("../../src/store/sql/migrations/0001_ledger.sql");
    let sum = <sha2::Sha384 as sha2::Digest>::digest(first);
    old.execute_batch(first).expect("the first migration");
    old.execute_batch(
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
         checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);
         INSERT INTO enterprises VALUES ('91411628MA9DEM01XU', '宋河', 'Song He', 1, 1);
         INSERT INTO products VALUES ('06900000001011', '91411628MA9DEM01XU', '宋河粮液',
         'Song He', 'liquor', 'GB/T 1', '500 mL', NULL, '[]', 1, 2);
         INSERT INTO batches VALUES (1, 1, '91411628MA9DEM01XU', '06900000001011', 'L1',
         '2026-11-01', NULL, 0, '', 'outer', 100, 'ff1-aes256-radix2-40', zeroblob(32), 1, 3);
         UPDATE register_revision SET revision = 3;",
    )
    .expect("rows");
    old.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (1, 'ledger', true, ?1, 0)",
        [sum.to_vec()],
    )
    .expect("what sqlx wrote");
    drop(old);
    let ledger = Ledger::open(&file, SystemClock.now()).await.expect("migrated");
    let batch = ledger.batch("1-1".parse().expect("a name")).await.expect("a batch");
    assert_eq!((batch.count, batch.cases, batch.sscc), (100, 0, None));
    let prefixed = enterprise(Some(PREFIX));
    assert_eq!(register(&ledger, &[prefixed]).await, Ok(vec![Registered::Added]));
    let batch = ledger.batch(only_batch(&ledger, 2).await).await.expect("a batch");
    assert_eq!(batch.sscc(1).expect("an SSCC").as_str()[..17], *"06901234567890001");
}

#[test]
fn the_mint_makes_the_code_that_the_register_finds() {
    let signer = zhenma::keys::SoftSigner::from_seed(KeyNumber::new(1).expect("one"), &[1; 32]);
    let key = KeyNumber::new(1).expect("not zero");
    let mint = Mint::new(&signer, key, 1, &[9; 32], "https://id.example.cn").expect("its key");
    let minted = mint.code(Layer::Case, 3).expect("signs");
    assert_eq!((minted.payload, minted.text), (bed::case_payload(3), bed::case_code(3)));
    let outer = mint.code(Layer::Outer, 3).expect("signs").payload;
    assert_ne!(minted.payload.serial, outer.serial, "a permutation of its own");
}

#[tokio::test]
async fn a_case_stands_as_all_of_its_batch_does() {
    use RangeState::{Activated, Blocked, Planted, Recalled, Spoiled, Stolen, Void};
    let (all, half) = ((0, COUNT - 1), COUNT / 2);
    let whole = |state| (all.0, all.1, state);
    let bed = Bed::start().await;
    for (case, said, outcome, reason) in [
        (0, vec![], "not_on_sale", "not_activated"),
        (1, vec![(7, 7, Activated)], "genuine", "first_scan"),
        (2, vec![whole(Recalled), whole(Activated)], "withdrawn", "recalled"),
        (3, vec![whole(Blocked)], "withdrawn", "blocked"),
        (4, vec![whole(Void)], "withdrawn", "void"),
        // Whoever scans it is told no more.
        (5, vec![whole(Stolen), whole(Activated)], "withdrawn", "blocked"),
        (6, vec![whole(Activated), (1, COUNT - 1, Recalled)], "genuine", "first_scan"),
        (7, vec![whole(Activated), (0, COUNT - 2, Recalled)], "genuine", "first_scan"),
        (8, vec![(half, COUNT - 1, Recalled), (0, half - 1, Recalled)], "withdrawn", "recalled"),
        (9, vec![(half + 1, COUNT - 1, Void), (0, half - 1, Void)], "not_on_sale", "not_activated"),
        (10, vec![whole(Activated), whole(Spoiled)], "not_on_sale", "spoiled"),
        (11, vec![whole(Planted), whole(Activated)], "not_on_sale", "planted"),
        (12, vec![whole(Activated), (0, 5, Spoiled), (6, 9, Planted)], "genuine", "first_scan"),
    ] {
        bed.services.scanner.register.store(Arc::new(bed::register_saying(&said)));
        let answer = bed.phone(41).json(&format!("/{}", bed::case_code(case))).await;
        assert_eq!(answer["outcome"], outcome, "{said:?}: {answer}");
        let reasons = answer["reasons"].as_array().expect("a list");
        assert_eq!(reasons[0]["code"], reason, "{said:?}: {answer}");
        assert_eq!(reasons.last().expect("reasons")["code"], "case_label", "{said:?}: {answer}");
        assert_eq!(answer["serial"], bed::case_payload(case).serial_text());
        assert_eq!(answer["batch"]["lot"], "20260301A1");
    }
}

#[tokio::test]
async fn a_case_and_the_item_of_its_number_have_histories_of_their_own() {
    let bed = Bed::start().await;
    for _ in 0..2 {
        bed.later(3 * 3_600);
        bed.phone(44).json(&format!("/{}", bed::code(5))).await;
    }
    let case = bed.phone(41).json(&format!("/{}", bed::case_code(5))).await;
    assert_eq!((&case["outcome"], &case["scans"]["count"]), (&json!("genuine"), &json!(1)));
    bed.later(86_400);
    let again = bed.phone(51).json(&format!("/{}", bed::case_code(5))).await;
    assert_eq!((&again["outcome"], &again["scans"]["count"]), (&json!("seen_before"), &json!(2)));
    let item = bed.phone(41).json(&format!("/{}", bed::code(6))).await;
    assert!(!item["reasons"].to_string().contains("case_label"), "{item}");
}

#[tokio::test]
async fn what_was_not_issued_as_a_case_is_none() {
    let bed = Bed::start().await;
    let last = bed.phone(41).json(&format!("/{}", bed::case_code(CASES - 1))).await;
    assert_eq!(last["outcome"], "genuine", "{last}");
    // The number is one of an item, but not of a case.
    let behind = bed.phone(41).json(&format!("/{}", bed::case_code(CASES))).await;
    assert_eq!(behind["reasons"][0]["code"], "never_issued", "{behind}");
    assert!(!behind["reasons"].to_string().contains("case_label"), "{behind}");
    let pallet = Payload { layer: Layer::Pallet, ..bed::case_payload(0) };
    let pallet = bed.phone(41).json(&format!("/{}", pallet.serial_text())).await;
    assert_eq!(pallet["reasons"][0]["code"], "never_issued", "{pallet}");
    let serial = bed.phone(41).json(&format!("/{}", bed::case_payload(1).serial_text())).await;
    let reasons = serial["reasons"].as_array().expect("a list");
    assert_eq!(
        (&reasons[0]["code"], &reasons[1]["code"]),
        (&json!("serial_only"), &json!("case_label"))
    );
    bed.break_store(true);
    let down = bed.phone(41).json(&format!("/{}", bed::case_code(2))).await;
    assert_eq!(down["outcome"], "cannot_confirm");
    assert_eq!(down["reasons"][1]["code"], "case_label", "{down}");
}

#[tokio::test]
async fn the_page_says_that_it_is_the_label_of_a_case() {
    let bed = Bed::start().await;
    for (language, says, next, never) in [
        ("zh", "这是外箱或托盘的码，不是单瓶、单件商品的标签", "再扫每一件商品自己的码", "瓶盖"),
        (
            "en",
            "the label of a whole case or pallet, not of a single bottle",
            "scan the code of each item",
            "scratch layer",
        ),
    ] {
        let phone = bed.phone(41);
        let request = phone.ask(reqwest::Method::GET, &format!("/{}", bed::case_code(8)));
        let request = request.header("accept", "text/html").header("accept-language", language);
        let html = phone.send(request).await.text().await.expect("text");
        let verdict = html.split("</section>").next().expect("a page");
        assert!(verdict.contains(says), "beside the verdict: {verdict}");
        assert_eq!(html.matches(says).count(), 1, "and nowhere else");
        let body = html.split("</style>").last().expect("a body");
        assert!(body.contains(next) && !body.contains(never), "{language}: {body}");
        let item = phone.ask(reqwest::Method::GET, &format!("/{}", bed::code(8)));
        let item = phone.send(item.header("accept-language", language)).await;
        assert!(!item.text().await.expect("text").contains(says));
        bed.later(86_400);
    }
}

#[tokio::test]
async fn programs_and_members_order_cases() {
    let bed = StaffBed::start().await;
    let prefixed = json!({"uscc": OURS, "name_zh": "宋河", "name_en": "Song He",
        "gs1_prefix": "0614141"});
    let made = bed.made("administrator", "/api/v1/enterprises", &prefixed).await;
    assert_eq!(made["gs1_prefix"], "0614141");
    let body = |cases: Value| {
        json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": 12,
            "cases": cases})
    };
    let batch = bed.made("member", "/api/v1/batches", &body(json!(2))).await;
    assert_eq!(batch["cases"], 2);
    assert_eq!(batch["first_sscc"], "006141410000000005");
    assert_eq!(batch["last_sscc"], "006141410000000012");
    for (cases, says) in [
        (json!(13), "13 cases cannot hold 12 labels"),
        (json!(-1), "\"-1\" cannot be read"),
        (json!("x"), "\"x\" cannot be read"),
    ] {
        let request = bed.program("member", reqwest::Method::POST, "/api/v1/batches");
        let (status, said) = bed.send(request.json(&body(cases))).await;
        let fault = &said["errors"][0];
        assert_eq!((status, &fault["field"]), (422, &json!("cases")), "{said}");
        assert!(fault["problem"].as_str().expect("text").contains(says), "{said}");
    }

    let member = bed.person("member").await;
    let form = member.page("/enterprise/order").await;
    assert!(form.contains("箱码数量"), "{form}");
    let key = form.split("name=\"order_key\" value=\"").nth(1).expect("a key");
    let key = key.split('"').next().expect("a key").to_owned();
    let fields = |cases: &'static str| {
        [
            ("order_key", key.clone()),
            ("product", OUR_GTIN.to_owned()),
            ("lot", "L2".to_owned()),
            ("made_on", "2026-11-01".to_owned()),
            ("count", "12".to_owned()),
            ("cases", cases.to_owned()),
            ("format", "csv".to_owned()),
        ]
    };
    let post = async |cases| {
        let fields = fields(cases);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        member.post("/enterprise/order", &fields).await
    };
    let refused = post("13").await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("箱码不能多于标签数"));
    assert_eq!((post("3").await.status(), post("3").await.status()).0, 303);
    assert_eq!(post("4").await.status(), 422, "the form was used for three");
    let page = member.page("/enterprise/batches/1-2").await;
    assert!(page.contains("006141410000000029 – 006141410000000043"), "{page}");
    let next = bed.made("member", "/api/v1/batches", &body(json!(1))).await;
    assert_eq!(next["first_sscc"], "006141410000000050", "sent twice, the form took three");
}
