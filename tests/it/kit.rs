//! The offline kit: what it holds, what it never holds, and increments.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zhenma::app::kits::KitError;
use zhenma::base::{Clock, UnixMs, clock::SystemClock};
use zhenma::code::{Layer, Payload};
use zhenma::keys::office::development_signer;
use zhenma::keys::{KeyDir, KeyNumber, Keyring, SoftSigner, jws};
use zhenma::kit::{self, FLAGGED_MAX, Facts, Flagged, SERIALS_MAX};
use zhenma::registry::movement::Whereabouts;
use zhenma::registry::register::BatchFacts;
use zhenma::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, RangeFact, RangeState, Register,
    Uscc,
};

use crate::faults::load::eventually;
use crate::ledger_bed;
use crate::staff_bed::{OUR_GTIN, OURS, Person, StaffBed, office_signers};

/// A phone's side of the kit, in Rust: checks the signature and every hash.
struct Phone {
    version: i64,
    parts: BTreeMap<String, String>,
    manifest: Value,
    /// Names of the parts that came with the last answer.
    sent: Vec<String>,
}

impl Phone {
    fn new() -> Self {
        Self { version: 0, parts: BTreeMap::new(), manifest: Value::Null, sent: Vec::new() }
    }

    async fn renew(&mut self, officer: &Person<'_>) {
        let path = format!("/officer/field/kit?have={}", self.version);
        let sent: Value = officer.get(&path).await.json().await.expect("JSON");
        let text = sent["manifest"].as_str().expect("a manifest");
        let read = jws::read(text).expect("a JWS");
        assert_eq!(read.header.typ.as_deref(), Some("zhenma-kit+jws"));
        let public = development_signer().public().expect("a point");
        let payload = read.verify(&public).expect("signed by the office");
        self.manifest = serde_json::from_slice(&payload).expect("JSON");
        self.version = self.manifest["version"].as_i64().expect("a number");
        let new: BTreeMap<String, String> =
            serde_json::from_value(sent["parts"].clone()).expect("texts");
        self.sent = new.keys().cloned().collect();
        self.parts.extend(new);
        self.check();
    }

    /// Every part that the manifest names is there, with its hash.
    fn check(&mut self) {
        let named: Vec<(String, String)> =
            serde_json::from_value(self.manifest["parts"].clone()).expect("pairs");
        self.parts.retain(|name, _| named.iter().any(|(known, _)| known == name));
        for (name, hash) in named {
            let text = &self.parts[&name];
            let found = Sha256::digest(text.as_bytes());
            let found: String = found.iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(found, hash, "{name}");
        }
    }

    fn part(&self, name: &str) -> Value {
        serde_json::from_str(&self.parts[name]).expect("JSON")
    }
}

async fn make(bed: &StaffBed) {
    eventually("the register is followed and a kit is made", || async {
        bed.parts.kits(office_signers()).make().await.is_ok()
    })
    .await;
}

fn serials(value: &Value) -> Vec<[u8; 5]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value.as_str().expect("text")).expect("base64url");
    bytes.chunks_exact(5).map(|five| five.try_into().expect("five")).collect()
}

#[tokio::test]
async fn a_kit_names_exactly_the_labels_that_are_withdrawn_and_its_increment_only_what_changed() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let other = bed.batch(10).await;
    let officer = bed.person("officer").await;
    let mut phone = Phone::new();
    make(&bed).await;
    phone.renew(&officer).await;
    assert!(!phone.parts.keys().any(|name| name.starts_with("serials/")), "nothing is withdrawn");
    let rows = phone.part("batches/1/0");
    assert_eq!(rows.as_array().map(Vec::len), Some(2), "{rows}");
    assert_eq!(rows[0][1], OUR_GTIN);

    let path = format!("/api/v1/batches/{batch}/ranges");
    let void =
        json!({"state": "void", "first": 3, "last": 7, "reason": {"zh": "破损", "en": "broken"}});
    let (status, said) =
        bed.send(bed.program("administrator", Method::POST, &path).json(&void)).await;
    assert_eq!(status, 201, "{said}");
    let id: BatchRef = batch.parse().expect("a batch");
    eventually("the register knows", || async {
        bed.parts.scanner.register.load().batches[&id].withdrawals().next().is_some()
    })
    .await;
    make(&bed).await;
    phone.renew(&officer).await;
    assert_eq!(phone.sent, [format!("serials/{batch}")], "only what changed");
    let said = phone.part(&format!("serials/{batch}"));
    let facts = bed.parts.scanner.register.load().batches[&id].clone();
    let permutation = facts.batch.permutation(Layer::Outer);
    let mut wanted: Vec<[u8; 5]> = (3..=7)
        .map(|number| {
            let serial = permutation.serial_of(number);
            let payload = Payload { layer: Layer::Outer, key: id.key, batch: id.batch, serial };
            payload.to_bytes()[7..].try_into().expect("five bytes")
        })
        .collect();
    wanted.sort_unstable();
    assert_eq!(serials(&said[0]["outer"]), wanted);
    assert_eq!((&said[0]["kind"], &said[0]["zh"]), (&json!("void"), &json!("破损")));

    // The whole of the other: one line, no serial.
    let path = format!("/api/v1/batches/{other}/ranges");
    let whole = json!({"state": "blocked", "reason": {"zh": "停售", "en": "stopped"}});
    let (status, said) =
        bed.send(bed.program("administrator", Method::POST, &path).json(&whole)).await;
    assert_eq!(status, 201, "{said}");
    let id: BatchRef = other.parse().expect("a batch");
    eventually("the register knows", || async {
        bed.parts.scanner.register.load().batches[&id].withdrawals().next().is_some()
    })
    .await;
    make(&bed).await;
    phone.renew(&officer).await;
    assert_eq!(phone.sent, ["withdrawn/1"]);
    let said = phone.part("withdrawn/1");
    assert_eq!((&said[0]["batch"], &said[0]["whole"]), (&json!(other), &json!(true)));
}

#[tokio::test]
async fn a_kit_holds_no_secret_and_no_count_of_labels() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(4_321).await;
    make(&bed).await;
    let officer = bed.person("officer").await;
    let mut phone = Phone::new();
    phone.renew(&officer).await;
    let id: BatchRef = batch.parse().expect("a batch");
    let facts = bed.parts.scanner.register.load().batches[&id].clone();
    let secret = BASE64_URL_SAFE_NO_PAD.encode(facts.batch.secret);
    for (name, text) in &phone.parts {
        assert!(!text.contains(&secret) && !text.contains("4321"), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_kit_that_says_the_same_is_not_made_again_before_it_ages() {
    let bed = StaffBed::start().await;
    bed.batch(5).await;
    let kits = bed.parts.kits(office_signers());
    eventually("nothing is left to tell", || async { matches!(kits.make().await, Ok(None)) }).await;
    let officer = bed.person("officer").await;
    let mut phone = Phone::new();
    phone.renew(&officer).await;
    let whole = phone.sent.len();
    phone.renew(&officer).await;
    assert!(whole >= 4 && phone.sent.is_empty(), "{whole} and then {:?}", phone.sent);
}

#[tokio::test]
async fn no_kit_is_made_with_another_key_under_a_number_that_was_published() {
    let bed = StaffBed::start().await;
    bed.batch(5).await;
    let kits = bed.parts.kits(office_signers());
    eventually("nothing is left to tell", || async { matches!(kits.make().await, Ok(None)) }).await;
    let ring = kits.scanner.keys.load_full();
    let key = ring.iter().next().expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let other = SoftSigner::from_seed(key.number, &[9; 32]);
    let dir = KeyDir::at(folder.path());
    dir.publish(&other, &key.issuer, SystemClock.now()).expect("published");
    kits.scanner.keys.store(Arc::new(dir.keyring().expect("a set")));
    let refused = kits.make().await;
    assert!(matches!(refused, Err(KitError::Exchanged(n)) if n == key.number), "{refused:?}");
    kits.scanner.keys.store(ring);
    assert!(matches!(kits.make().await, Ok(None)), "put back");
}

/// A register of `count` batches under one key, of which every hundredth has 200
/// labels withdrawn.
fn register(count: u32) -> Register {
    let maker = Arc::new(Enterprise {
        uscc: Uscc::parse(OURS).expect("a code"),
        name: Bilingual {
            zh: "河南宋河酒业股份有限公司".into(), en: "Song He Distillery".into()
        },
        licences: Vec::new(),
        gs1_prefix: None,
    });
    let product = Arc::new(Product {
        gtin: Gtin::parse(OUR_GTIN).expect("a GTIN"),
        enterprise: maker.uscc.clone(),
        name: Bilingual { zh: "宋河粮液".into(), en: "Song He".into() },
        category: "liquor".into(),
        standard: "GB/T 10781.1".into(),
        net_content: "500 mL".into(),
        shelf_life_days: None,
        pictures: Vec::new(),
    });
    let mut register = Register { revision: 1, ..Register::default() };
    for number in 1..=count {
        let batch = batch(number, &product);
        let withdrawn = if number % 100 == 0 { vec![void(&batch, 0, 199)] } else { Vec::new() };
        let whereabouts = Whereabouts::issued(batch.count);
        let id = batch.id;
        let (maker, product) = (Arc::clone(&maker), Arc::clone(&product));
        let facts = BatchFacts::new(batch, maker, product, withdrawn, whereabouts);
        register.batches.insert(id, Arc::new(facts));
    }
    register.enterprises.insert(maker.uscc.clone(), maker);
    register.products.insert(product.gtin.clone(), product);
    register
}

fn batch(number: u32, product: &Product) -> Batch {
    Batch {
        id: BatchRef { key: KeyNumber::new(1).expect("a number"), batch: number },
        enterprise: product.enterprise.clone(),
        product: product.gtin.clone(),
        lot: format!("20261101-{number}"),
        made_on: "2026-11-01".parse().expect("a day"),
        expires_on: None,
        destination: 4116,
        dealer: String::new(),
        layers: Layers::Outer,
        count: 1_000_000,
        cases: 0,
        pallets: 0,
        spares: 0,
        sscc: None,
        secret: [7; 32],
        created_at: UnixMs(0),
    }
}

fn void(batch: &Batch, first: u64, last: u64) -> RangeFact {
    RangeFact {
        id: uuid::Uuid::nil(),
        batch: batch.id,
        first,
        last,
        state: RangeState::Void,
        reason: Bilingual { zh: "瓶盖破损".into(), en: "broken caps".into() },
        remedy: Bilingual::default(),
        set_by: "q".into(),
        set_at: UnixMs(0),
        until: None,
        lifted_at: None,
    }
}

fn parts_of(register: &Register, flagged: &[Flagged]) -> BTreeMap<String, String> {
    let (keys, revoked) = (Keyring::default(), BTreeMap::new());
    let facts = Facts { register, keys: &keys, revoked: &revoked, flagged };
    kit::parts(&facts).into_iter().map(|part| (part.name, part.text)).collect()
}

fn packed(text: &str) -> usize {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory").len()
}

#[test]
fn ten_thousand_batches_fit_a_phone_and_one_more_costs_little() {
    let register = register(10_000);
    let parts = parts_of(&register, &[]);
    let whole: String = parts.values().map(String::as_str).collect();
    let manifest = parts.len() * 100;
    println!(
        "{} parts, {} bytes ({} packed), manifest about {manifest}",
        parts.len(),
        whole.len(),
        packed(&whole)
    );
    assert!(whole.len() < 1_500_000, "{}", whole.len());
    let largest =
        parts.iter().filter(|(name, _)| name.starts_with("batches/")).map(|(_, t)| t.len());
    assert!(largest.max() < Some(25_000), "what one more batch sends again");
}

#[test]
fn more_withdrawn_labels_than_a_kit_lists_are_told_as_not_known() {
    let mut register = register(2);
    let ids: Vec<_> = register.batches.keys().copied().collect();
    for (id, last) in ids.iter().zip([SERIALS_MAX, 9]) {
        let facts = &register.batches[id];
        let batch = facts.batch.clone();
        let whereabouts = Whereabouts::issued(batch.count);
        let said = vec![void(&batch, 0, last)];
        let (maker, product) = (Arc::clone(&facts.enterprise), Arc::clone(&facts.product));
        let facts = BatchFacts::new(batch, maker, product, said, whereabouts);
        register.batches.insert(*id, Arc::new(facts));
    }
    let parts = parts_of(&register, &[]);
    let asked: Value = serde_json::from_str(&parts["withdrawn/1"]).expect("JSON");
    assert_eq!((&asked[0]["batch"], &asked[0]["ask"]), (&json!(ids[0]), &json!(true)));
    let listed: Value = serde_json::from_str(&parts[&format!("serials/{}", ids[1])]).expect("JSON");
    assert_eq!(serials(&listed[0]["outer"]).len(), 10);
}

/// The first batch of a register, of which this is said.
fn said_of(said: impl Fn(&Batch) -> Vec<RangeFact>) -> BTreeMap<String, String> {
    let mut register = register(1);
    let (id, facts) =
        register.batches.iter().next().map(|(id, f)| (*id, Arc::clone(f))).expect("one");
    let batch = facts.batch.clone();
    let (said, whereabouts) = (said(&batch), Whereabouts::issued(batch.count));
    let (maker, product) = (Arc::clone(&facts.enterprise), Arc::clone(&facts.product));
    let facts = BatchFacts::new(batch, maker, product, said, whereabouts);
    register.batches.insert(id, Arc::new(facts));
    parts_of(&register, &[])
}

#[test]
fn what_ends_by_the_clock_says_when() {
    let ending = |batch: &Batch, first, last, until: Option<i64>| RangeFact {
        state: RangeState::Void,
        until: until.map(UnixMs),
        ..void(batch, first, last)
    };
    let marks = |parts: &BTreeMap<String, String>| -> Vec<(bool, Option<String>)> {
        let said: Vec<Value> = serde_json::from_str(&parts["withdrawn/1"]).expect("JSON");
        said.iter()
            .map(|one| (one["whole"] == true, one["until"].as_str().map(str::to_owned)))
            .collect()
    };
    let at = |ms: i64| Some(UnixMs(ms).rfc3339());
    let last = 999_999;
    // One block of all; a block beside a recall; two halves that end at other times.
    let one = said_of(|b| vec![ending(b, 0, last, Some(9_000))]);
    assert_eq!(marks(&one), [(true, at(9_000))]);
    let two = said_of(|b| vec![ending(b, 0, last, Some(9_000)), ending(b, 0, last, None)]);
    let mut two = marks(&two);
    two.sort();
    assert_eq!(two, [(true, None), (true, at(9_000))]);
    let halves = said_of(|b| {
        vec![ending(b, 0, 499_999, Some(5_000)), ending(b, 500_000, last, Some(9_000))]
    });
    assert_eq!(marks(&halves), [(true, at(5_000)), (false, at(9_000))]);
    let few = said_of(|b| vec![ending(b, 0, 9, Some(9_000))]);
    let name = few.keys().find(|name| name.starts_with("serials/")).expect("listed");
    let listed: Value = serde_json::from_str(&few[name]).expect("JSON");
    assert_eq!(listed[0]["until"].as_str().map(str::to_owned), at(9_000));
}

#[tokio::test]
async fn a_kit_of_more_parts_than_a_statement_takes_values_is_kept() {
    use zhenma::base::{Clock, clock::SystemClock};
    use zhenma::kit::{KitLedger, Manifest, Part};
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger.sqlite");
    let ledger = ledger_bed::open(&file, SystemClock.now()).await.expect("a ledger");
    let part = |n: usize| Part { name: format!("x/{n}"), hash: String::new(), text: "[]".into() };
    for (version, count) in [(1, 33_000), (2, 1)] {
        let parts: Vec<_> = (0..count).map(part).collect();
        let manifest = Manifest::new(version, 1, UnixMs(0), Vec::new(), &parts);
        ledger.put_kit(&manifest, "jws", UnixMs(0), &parts).await.expect("kept");
    }
    let sent = ledger.kit_since(0, 41).await.expect("read").expect("a kit");
    assert_eq!(sent.parts.len(), 1);
}

#[test]
fn flagged_codes_go_to_their_provinces_and_those_of_no_place_to_everybody() {
    let code = |n: u8, provinces: &[u16]| Flagged {
        payload: [n; 12],
        since: UnixMs(i64::from(n)),
        provinces: provinces.to_vec(),
    };
    let all = [code(1, &[41]), code(2, &[41, 52]), code(3, &[]), code(4, &[0])];
    let parts = parts_of(&Register::default(), &all);
    let count = |name: &str| {
        let part: Value = serde_json::from_str(&parts[name]).expect("JSON");
        assert_eq!(part["cut"], false);
        serials(&part["hashes"]).len()
    };
    assert_eq!([count("flagged/41"), count("flagged/52"), count("flagged/0")], [2, 1, 2]);
    let codes: Vec<_> = (0..=FLAGGED_MAX)
        .map(|n| {
            let mut payload = [0; 12];
            payload[4..12].copy_from_slice(&n.to_be_bytes());
            Flagged { payload, since: UnixMs(0), provinces: vec![41] }
        })
        .collect();
    let parts = parts_of(&Register::default(), &codes);
    let part: Value = serde_json::from_str(&parts["flagged/41"]).expect("JSON");
    assert_eq!(part["cut"], true, "the list says that it is not all");
}
