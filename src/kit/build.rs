//! From the register to the parts of a kit. Pure: the same facts give the same
//! bytes, so that what did not change is not sent again.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::base::{UnixMs, hex};
use crate::code::{Layer, Permutation};
use crate::keys::{KeyNumber, Keyring};
use crate::kit::{BATCHES_OF_A_PART, FLAG_HASH_BYTES, FLAGGED_MAX, Held, Part, SERIALS_MAX};
use crate::registry::register::{BatchFacts, Withdrawal};
use crate::registry::{BatchRef, Layers, RangeFact, Register};

const FLAG_CONTEXT: &[u8] = b"zhenma-kit-flag-1";
/// Bytes of a serial.
const SERIAL_BYTES: usize = 5;

/// A flagged code.
#[derive(Clone, Debug)]
pub struct Flagged {
    pub payload: [u8; 12],
    pub since: UnixMs,
    /// Provinces (GB/T 2260, two digits) in which it was met or for which its
    /// batch is bound; none: no place is known.
    pub provinces: Vec<u16>,
}

/// What a kit is made of.
pub struct Facts<'a> {
    pub register: &'a Register,
    pub keys: &'a Keyring,
    /// Since when each revoked key is known to be.
    pub revoked: &'a BTreeMap<KeyNumber, UnixMs>,
    pub flagged: &'a [Flagged],
}

/// The parts of a kit, sorted by name.
pub fn parts(facts: &Facts<'_>) -> Vec<Part> {
    let mut out = BTreeMap::new();
    out.insert("keys".to_owned(), keys(facts));
    products(facts.register, &mut out);
    batches(facts.register, &mut out);
    withdrawn(facts.register, &mut out);
    flagged(facts.flagged, &mut out);
    out.into_iter().map(|(name, value)| Part::new(name, &value)).collect()
}

impl Part {
    fn new(name: String, value: &Value) -> Self {
        let text = value.to_string();
        Self { name, hash: hex(&Sha256::digest(text.as_bytes())), text }
    }
}

fn keys(facts: &Facts<'_>) -> Value {
    let all = facts.keys.iter().map(|key| {
        json!({
            "number": key.number.get(),
            "x": BASE64_URL_SAFE_NO_PAD.encode(key.public.to_bytes()),
            "status": key.status.slug(),
            "issuer": key.issuer,
            "since": facts.revoked.get(&key.number).map(|at| at.rfc3339()),
        })
    });
    all.collect()
}

/// Puts an item into the part `name`, an array.
fn push(out: &mut BTreeMap<String, Value>, name: String, item: Value) {
    if let Value::Array(items) = out.entry(name).or_insert_with(|| json!([])) {
        items.push(item);
    }
}

fn products(register: &Register, out: &mut BTreeMap<String, Value>) {
    let mut all: Vec<_> = register.products.values().collect();
    all.sort_by(|a, b| a.gtin.cmp(&b.gtin));
    for product in all {
        let maker = register.enterprises.get(&product.enterprise);
        let name = |of: fn(&crate::registry::Bilingual) -> &String| {
            maker.map(|maker| of(&maker.name).clone()).unwrap_or_default()
        };
        let item = json!({
            "gtin": product.gtin, "zh": product.name.zh, "en": product.name.en,
            "category": product.category, "net": product.net_content,
            "maker_zh": name(|n| &n.zh), "maker_en": name(|n| &n.en),
        });
        push(out, format!("products/{}", product.enterprise), item);
    }
}

/// Batches that labels can name, in order: nothing signs own serials.
fn signed(register: &Register) -> Vec<&BatchFacts> {
    let all = register.batches.values().map(|facts| &**facts);
    let mut all: Vec<_> = all.filter(|facts| !facts.batch.id.is_own()).collect();
    all.sort_by_key(|facts| (facts.batch.id.key, facts.batch.id.batch));
    all
}

fn batches(register: &Register, out: &mut BTreeMap<String, Value>) {
    for facts in signed(register) {
        let batch = &facts.batch;
        let BatchRef { key, batch: number } = batch.id;
        let row = json!([
            batch.id,
            batch.product,
            batch.lot,
            batch.made_on.to_string(),
            batch.destination
        ]);
        push(out, format!("batches/{key}/{}", number / BATCHES_OF_A_PART), row);
    }
}

/// How a batch's withdrawn labels are told.
struct Told<'a> {
    facts: &'a BatchFacts,
    /// Labels that would have to be listed.
    labels: u64,
    held: Held,
}

impl<'a> Told<'a> {
    /// `None` for a batch of which nothing is withdrawn, as nearly every one is.
    fn of(facts: &'a BatchFacts) -> Option<Self> {
        facts.withdrawals().next()?;
        let left = facts.not_withdrawn();
        if left.is_empty() {
            return Some(Self { facts, labels: 0, held: Held::Whole });
        }
        Some(Self { facts, labels: facts.batch.issued() - left.labels(), held: Held::Listed })
    }
}

/// Small ones are listed first: so most batches are told exactly.
fn withdrawn(register: &Register, out: &mut BTreeMap<String, Value>) {
    let mut told: Vec<_> = signed(register).into_iter().filter_map(Told::of).collect();
    told.sort_by_key(|told| told.labels);
    let mut left = SERIALS_MAX;
    for one in &mut told {
        let layers = if one.facts.batch.layers == Layers::OuterAndInner { 2 } else { 1 };
        match left.checked_sub(one.labels.saturating_mul(layers)) {
            Some(rest) => left = rest,
            None => one.held = Held::Ask,
        }
    }
    told.sort_by_key(|told| (told.facts.batch.id.key, told.facts.batch.id.batch));
    for one in told {
        let id = one.facts.batch.id;
        match one.held {
            Held::Listed => {
                let said = listed(one.facts);
                out.insert(format!("serials/{id}"), said);
            }
            Held::Whole => {
                for said in whole(one.facts) {
                    push(out, format!("withdrawn/{}", id.key), said);
                }
            }
            Held::Ask => {
                let Some((fact, kind)) = one.facts.withdrawals().next() else { continue };
                let mut said = said_of(id, fact, kind);
                said["ask"] = json!(true);
                said["until"] = until(last_end(one.facts));
                push(out, format!("withdrawn/{}", id.key), said);
            }
        }
    }
}

/// Every fact that withdraws the batch by itself. Where only several together do, the
/// first of them until one ends, and from then on the server knows.
fn whole(facts: &BatchFacts) -> Vec<Value> {
    let id = facts.batch.id;
    let last = facts.batch.issued() - 1;
    let marked = |fact: &RangeFact, kind, mark: &str, end| {
        let mut said = said_of(id, fact, kind);
        said[mark] = json!(true);
        said["until"] = until(end);
        said
    };
    let alone = facts.withdrawals().filter(|(fact, _)| fact.first == 0 && fact.last >= last);
    let all: Vec<_> = alone.map(|(fact, kind)| marked(fact, kind, "whole", fact.until)).collect();
    if !all.is_empty() {
        return all;
    }
    let Some((fact, kind)) = facts.withdrawals().next() else { return all };
    let first_end = facts.withdrawals().filter_map(|(fact, _)| fact.until).min();
    let mut all = vec![marked(fact, kind, "whole", first_end)];
    if first_end.is_some() {
        all.push(marked(fact, kind, "ask", last_end(facts)));
    }
    all
}

/// When the last of what is said of a batch ends; `None`: not by itself.
fn last_end(facts: &BatchFacts) -> Option<UnixMs> {
    let ends: Option<Vec<_>> = facts.withdrawals().map(|(fact, _)| fact.until).collect();
    ends.and_then(|ends| ends.into_iter().max())
}

fn until(end: Option<UnixMs>) -> Value {
    end.map_or(Value::Null, |end| json!(end.rfc3339()))
}

fn said_of(batch: BatchRef, fact: &RangeFact, kind: Withdrawal) -> Value {
    json!({
        "batch": batch, "kind": kind, "since": fact.set_at.rfc3339(), "until": until(fact.until),
        "zh": fact.reason.zh, "en": fact.reason.en,
        "remedy_zh": fact.remedy.zh, "remedy_en": fact.remedy.en,
    })
}

fn listed(facts: &BatchFacts) -> Value {
    let batch = &facts.batch;
    let all = facts.withdrawals().map(|(fact, kind)| {
        let mut said = said_of(batch.id, fact, kind);
        let numbers = fact.first..=fact.last.min(batch.issued() - 1);
        said["outer"] = serials(&batch.permutation(Layer::Outer), numbers.clone());
        if batch.layers == Layers::OuterAndInner {
            said["inner"] = serials(&batch.permutation(Layer::Inner), numbers);
        }
        said
    });
    all.collect()
}

fn serials(permutation: &Permutation, numbers: std::ops::RangeInclusive<u64>) -> Value {
    let mut all: Vec<u64> = numbers.map(|number| permutation.serial_of(number)).collect();
    all.sort_unstable();
    let bytes: Vec<u8> = all
        .iter()
        .flat_map(|serial| serial.to_be_bytes().into_iter().skip(8 - SERIAL_BYTES))
        .collect();
    json!(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Where a code stands in a list of flagged ones.
fn flag_hash(payload: &[u8; 12]) -> [u8; FLAG_HASH_BYTES] {
    let whole = Sha256::new().chain_update(FLAG_CONTEXT).chain_update(payload).finalize();
    let mut out = [0; FLAG_HASH_BYTES];
    out.copy_from_slice(&whole[..FLAG_HASH_BYTES]);
    out
}

fn flagged(all: &[Flagged], out: &mut BTreeMap<String, Value>) {
    let mut lists = BTreeMap::<u16, Vec<&Flagged>>::from([(0, Vec::new())]);
    for code in all {
        let nowhere = code.provinces.iter().all(|province| *province == 0);
        let places = if nowhere { &[0][..] } else { &code.provinces[..] };
        for province in places.iter().filter(|province| nowhere || **province != 0) {
            lists.entry(*province).or_default().push(code);
        }
    }
    for (province, mut codes) in lists {
        codes.sort_by_key(|code| (std::cmp::Reverse(code.since), code.payload));
        let mut hashes: Vec<_> =
            codes.iter().take(FLAGGED_MAX).map(|code| flag_hash(&code.payload)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let part = json!({
            "hashes": BASE64_URL_SAFE_NO_PAD.encode(hashes.concat()),
            "cut": codes.len() > FLAGGED_MAX,
        });
        out.insert(format!("flagged/{province}"), part);
    }
}
