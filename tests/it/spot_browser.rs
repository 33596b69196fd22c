//! The page on the spot in Chromium: `tests/browser/field*.mjs`.

mod away;

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::{Clock, clock::SystemClock};
use zhenma::cases::{CaseLedger, Flag, FlagState, KeptReason};
use zhenma::label::{Symbol, svg};
use zhenma::registry::BatchRef;
use zhenma::visits::port::VisitLedger;

use crate::faults::load::eventually;
use crate::http_browser::Browser;
use crate::staff_bed::{OURS, StaffBed, office_signers, product};

/// Micrometres a module.
const MODULE_UM: f32 = 700.0;
const OIL_GTIN: &str = "06900000001028";

/// Labels for each kind of answer that a phone gives without network.
struct Goods {
    codes: Vec<(&'static str, String)>,
}

impl Goods {
    async fn make(bed: &StaffBed) -> Self {
        let batch = bed.batch(12).await;
        let codes = bed.codes(&batch).await;
        let path = format!("/api/v1/batches/{batch}/ranges");
        let void = json!({"state": "void", "first": 3, "last": 4, "reason": {"zh": "瓶盖破损", "en": "broken caps"}});
        let (status, said) =
            bed.send(bed.program("administrator", Method::POST, &path).json(&void)).await;
        assert_eq!(status, 201, "{said}");
        flag(bed, &codes[5], &batch).await;
        let oil = oil(bed).await;
        let mut forged = codes[6].clone();
        // Another character than the one that stands there, whichever that is.
        let at = forged.len() - 3;
        let other = if forged[at..].starts_with('A') { "E" } else { "A" };
        forged.replace_range(at..=at, other);
        let codes = vec![
            ("good", format!("{}/{}", bed.base.to_uppercase(), codes[0])),
            ("second", codes[1].clone()),
            ("forged", forged),
            ("withdrawn", codes[3].clone()),
            ("flagged", codes[5].clone()),
            ("oil", oil),
            ("foreign", format!("https://zm.example.org/{}", codes[7])),
            ("number", serial(&codes[8])),
            ("junk", "6900000001011".to_owned()),
        ];
        kit(bed).await;
        Self { codes }
    }

    fn code(&self, name: &str) -> &str {
        &self.codes.iter().find(|(known, _)| *known == name).expect("a name").1
    }

    /// What `tests/browser/field.mjs` reads.
    fn file(&self) -> Value {
        let codes: serde_json::Map<_, _> =
            self.codes.iter().map(|(name, code)| ((*name).to_owned(), json!(code))).collect();
        let symbol = Symbol::of(self.code("good")).expect("a symbol");
        json!({"codes": codes, "svg": svg(&symbol, MODULE_UM)})
    }
}

fn serial(code: &str) -> String {
    zhenma::code::read(code).expect("a code").payload.serial_text()
}

/// Accuses a label.
async fn flag(bed: &StaffBed, code: &str, batch: &str) {
    let now = SystemClock.now();
    let reason = KeptReason {
        code: "two_places".to_owned(),
        zh: "同一时间在两地被查询".to_owned(),
        en: "scanned in two places at a time".to_owned(),
    };
    let flag = Flag {
        payload: zhenma::code::read(code).expect("a code").payload.to_bytes(),
        batch: batch.parse().expect("a batch"),
        number: 5,
        state: FlagState::Open,
        risk: 0.97,
        reasons: vec![reason],
        policy: "test".to_owned(),
        accused_at: Some(now),
        scans: 9,
        spread: zhenma::scan::spread::Spread::default(),
        seen_at: now,
        opened_at: now,
        updated_at: now,
    };
    bed.parts.ledger.raise_flags(&[flag]).await.expect("raised");
}

/// A code of edible oil.
async fn oil(bed: &StaffBed) -> String {
    let mut oil = product(OIL_GTIN, OURS);
    for (member, value) in [
        ("name_zh", "鹿邑菜籽油"),
        ("name_en", "Luyi Oil"),
        ("category", "oil"),
        ("standard", "GB/T 1536"),
    ] {
        oil[member] = json!(value);
    }
    oil["shelf_life_days"] = json!(540);
    bed.made("administrator", "/api/v1/products", &oil).await;
    let body = json!({"product": OIL_GTIN, "lot": "Y7", "made_on": "2026-11-01", "count": 3});
    let batch = bed.made("member", "/api/v1/batches", &body).await;
    let id = batch["batch"].as_str().expect("a name");
    let ranges = format!("/api/v1/batches/{id}/ranges");
    bed.made("member", &ranges, &json!({"state": "activated"})).await;
    bed.codes(id).await.remove(0)
}

/// Makes a kit of everything that is known.
async fn kit(bed: &StaffBed) {
    eventually("the register knows the last of it", || async {
        let register = bed.parts.scanner.register.load();
        let oil: BatchRef = "1-2".parse().expect("a batch");
        !register.accused.is_empty() && register.batches.contains_key(&oil)
    })
    .await;
    made(bed).await;
}

async fn made(bed: &StaffBed) {
    let kits = bed.parts.kits(office_signers());
    eventually("nothing is left to tell", || async { matches!(kits.make().await, Ok(None)) }).await;
}

async fn run(browser: &Browser, bed: &StaffBed, goods: &Goods) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("goods.json");
    std::fs::write(&file, goods.file().to_string()).expect("written");
    let officer = bed.person("officer").await;
    let arguments = [bed.base.clone(), file.display().to_string()];
    let said = browser.run("field.mjs", Some(&officer.cookie()), &arguments).await;
    serde_json::from_str(&said).expect("JSON")
}

#[tokio::test]
async fn a_phone_reads_every_vector_as_the_format_says_in_node_and_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let arguments = [bed.base.clone()];
    let said = browser.run("field_vectors.mjs", Some(&officer.cookie()), &arguments).await;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    for place in ["node", "browser"] {
        for (check, platform) in [("webcrypto", true), ("own", false)] {
            let run = &said[place][check];
            assert_eq!(run["wrong"], json!([]), "{place} {check}");
            assert_eq!(run["platform"], platform, "{place} {check}: {said}");
            assert!(run["texts"].as_u64() >= Some(75), "{place} {check}: {said}");
            assert_eq!((&run["speccheck"], &run["accepted"]), (&json!(12), &json!(0)), "{said}");
        }
    }
}

/// What each label's answer is without network: what is shown, and the word.
const OFFLINE: [(&str, &str, &str); 9] = [
    ("good", "genuine", "签名有效"),
    ("second", "genuine", "签名有效"),
    ("forged", "not_genuine", "签名是假的"),
    ("withdrawn", "withdrawn", "已停止销售"),
    ("flagged", "suspect", "本地区存疑码"),
    ("oil", "suspect", "货码不符"),
    ("foreign", "suspect", "网址不对"),
    ("number", "cannot_confirm", "只有编号"),
    ("junk", "not_genuine", "不是一个码"),
];

fn has(value: &Value, words: &str) -> bool {
    value.as_str().is_some_and(|text| text.contains(words))
}

#[tokio::test]
async fn a_phone_without_network_answers_records_locks_and_sends_everything_once() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let goods = Goods::make(&bed).await;
    let said = run(&browser, &bed, &goods).await;

    let app = &said["installable"];
    assert_eq!((&app["errors"], &app["wrong"]), (&json!([]), &json!([])), "{app}");
    assert_eq!(
        (&app["display"], &app["start_url"]),
        (&json!("standalone"), &json!("/officer/check"))
    );
    assert_eq!(said["scanned"]["shown"], "answer genuine", "{said}");
    assert!(has(&said["scanned"]["officer"], "执法人员可见"), "{said}");
    for (name, shown, word) in OFFLINE {
        let one = &said["offline"][name];
        assert_eq!((&one["shown"], &one["word"]), (&json!(shown), &json!(word)), "{name}: {one}");
        assert!(has(&one["source"], "离线包制作于"), "says how old: {one}");
        assert!(has(&one["findings"], "离线时无法知道"), "says what it cannot know: {one}");
    }
    assert!(has(&said["offline"]["withdrawn"]["goods"], "瓶盖破损"), "{said}");
    assert!(has(&said["offline"]["oil"]["lead"], "鹿邑菜籽油"), "{said}");
    let statement = "存货24件，查验2件，未发现可疑：如抽取是随机的，则有95%的把握认为这批存货中仿冒品不超过18件（75%）。";
    assert_eq!(said["statement"], statement, "a label that is read twice counts once");
    for lock in ["locked", "setBack"] {
        assert!(has(&said[lock], "72小时"), "{lock}: {said}");
    }

    // Two answers of the server were lost on the way: what was sent is there once.
    assert_eq!(said["lost"], 2, "{said}");
    let office = zhenma::auth::office::FIRST;
    let visits = bed.parts.ledger.field_visits(office, None, 10).await.expect("a list");
    let [visit] = &visits[..] else { panic!("{} visits", visits.len()) };
    // Each label once without network, three of the sweep, one in English at the end.
    let (checks, photos, seals) = (visit.checks, visit.photos, visit.seals);
    assert_eq!((checks, photos, seals), (OFFLINE.len() as u32 + 4, 1, 1));
    // What was said offline of labels that are as they were overtakes nothing.
    assert_eq!(visit.overtaken, 0, "{said}");
    // The case that the officer named is none of the office: the phone says so, once.
    let told = said["told"].as_str().expect("text");
    assert_eq!(told.matches("案号未归入").count(), 1, "{told}");
    assert!(
        told.contains("本局没有编号2026-000099的案件") && !told.contains("情况已变化"),
        "{told}"
    );

    // The kept page names nobody, nothing is kept in clear, and signing out leaves nothing.
    assert_eq!((&said["named"], &said["nameless"]), (&json!(true), &json!(true)), "{said}");
    assert_eq!(said["clear"], json!([]), "{said}");
    assert!(has(&said["after"], "/officer/sign-in"), "{said}");
    assert_eq!(said["left"], json!({"caches": [], "workers": 0}), "{said}");
}

#[tokio::test]
async fn the_parts_of_the_page_keep_their_promises() {
    let Some(browser) = Browser::find() else { return };
    let said = browser.run("field_units.mjs", None, &[]).await;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert!(said["held"].as_u64() > Some(250), "{said}");
}
