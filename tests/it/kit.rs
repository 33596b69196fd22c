//! The offline kit: what it holds, what it never holds, and increments.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zhenma::code::{Layer, Payload};
use zhenma::keys::jws;
use zhenma::keys::office::development_signer;
use zhenma::registry::BatchRef;

use crate::faults::load::eventually;
use crate::staff_bed::{Person, StaffBed, office_signers};

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
    assert_eq!(rows[0][1], crate::staff_bed::OUR_GTIN);

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
