//! A batch of a million labels on sale, and the requests of phones and
//! programs that scan them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::civil::date;
use jiff::tz::TimeZone;
use zhenma::base::UnixMs;
use zhenma::base::clock::SystemClock;
use zhenma::code::{Layer, Payload, Permutation, compact_text, sign_compact};
use zhenma::http::{Services, Site};
use zhenma::keys::{KeyNumber, KeyStatus, Keyring, PublishedKey, Signer, SoftSigner};
use zhenma::registry::movement::{Account, Whereabouts};
use zhenma::registry::register::{BatchFacts, Register};
use zhenma::registry::{Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, Uscc};
use zhenma::scan::ScanState;
use zhenma::scan::forgeries::Forgeries;
use zhenma::scan::place::Nowhere;
use zhenma::scan::service::Scanner;
use zhenma::scan::tags::Tagger;

pub const BATCH: u64 = 1_000_000;
const HOST: &str = "id.example.cn";
const MADE_AT: UnixMs = UnixMs(1_773_295_500_000);

fn key() -> KeyNumber {
    KeyNumber::new(1).expect("not zero")
}

fn signer() -> SoftSigner {
    SoftSigner::from_seed(key(), &[1; 32])
}

fn batch() -> Batch {
    Batch {
        id: BatchRef { key: key(), batch: 1 },
        enterprise: Uscc::parse("91410000706780942L").expect("sound"),
        product: Gtin::parse("6901234567892").expect("sound"),
        lot: "20260301A1".to_owned(),
        made_on: date(2026, 3, 1),
        expires_on: Some(date(2031, 2, 28)),
        destination: 4116,
        dealer: String::new(),
        layers: Layers::OuterAndInner,
        count: BATCH,
        cases: 0,
        pallets: 0,
        spares: 0,
        sscc: None,
        secret: [9; 32],
        created_at: MADE_AT,
    }
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

fn register() -> Register {
    let batch = batch();
    let enterprise = Enterprise {
        uscc: batch.enterprise.clone(),
        name: both("河南省宋河酒业股份有限公司", "Songhe Distillery Co., Ltd., Henan"),
        licences: Vec::new(),
        gs1_prefix: None,
    };
    let product = Product {
        gtin: batch.product.clone(),
        enterprise: batch.enterprise.clone(),
        name: both("宋河粮液 50度 浓香型白酒", "Songhe Liangye, strong-aroma baijiu, 50% vol"),
        category: "白酒".to_owned(),
        standard: "GB/T 10781.1".to_owned(),
        net_content: "500 mL".to_owned(),
        shelf_life_days: None,
        pictures: Vec::new(),
    };
    let on_sale = Whereabouts::of(&[(0, Account::Activated)], batch.count);
    let id = batch.id;
    let (enterprise, product) = (Arc::new(enterprise), Arc::new(product));
    let facts = BatchFacts::new(batch, enterprise, product, Vec::new(), on_sale);
    let mut register = Register { revision: 1, ..Register::default() };
    register.batches.insert(id, Arc::new(facts));
    register
}

/// The service as `zhenma serve` composes it, without a ledger.
pub fn services(state: Arc<dyn ScanState>) -> Services {
    let mut keys = Keyring::default();
    keys.insert(PublishedKey {
        number: key(),
        issuer: "河南省宋河酒业股份有限公司".to_owned(),
        status: KeyStatus::Active,
        not_before: None,
        not_after: None,
        public: signer().public().expect("sound"),
    });
    let scanner = Scanner {
        keys: Arc::new(ArcSwap::from_pointee(keys)),
        register: Arc::new(ArcSwap::from_pointee(register())),
        state,
        tags: Tagger::new(&[7; 32]),
        locator: Arc::new(Nowhere),
        hosting: Arc::default(),
        hosts: Arc::new([HOST.to_owned()]),
        forgeries: Arc::new(Forgeries::default()),
        policies: Arc::default(),
        across: Arc::default(),
        signatures: Arc::default(),
    };
    let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
    let site = Site { public_url: format!("https://{HOST}") };
    Services::new(scanner, Arc::new(SystemClock), zone, site)
}

/// A code of the floor's own, beside those of the batch.
pub fn floor_code(number: u64) -> Payload {
    Payload { layer: Layer::Outer, key: key(), batch: 2, serial: number }
}

/// How a scan comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Floor,
    Json,
    Post,
    Page,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Floor, Self::Json, Self::Post, Self::Page];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Json => "JSON",
            Self::Post => "POST",
            Self::Page => "page",
        }
    }

    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).expect("a kind")
    }
}

/// Where the `n`th request of a store finds its label: every label once, and
/// neighbours in time are none in the batch.
fn scattered(n: u64) -> u64 {
    n * 618_033 % BATCH
}

/// The requests `first..first + count`, each of a label of its own.
pub fn requests(kind: Kind, first: u64, count: u64) -> Vec<Vec<u8>> {
    let (signer, permutation) = (signer(), batch().permutation(Layer::Outer));
    let one = |n| request(kind, scattered(n), &signer, &permutation).into_bytes();
    (first..first + count).map(one).collect()
}

fn request(kind: Kind, number: u64, signer: &SoftSigner, permutation: &Permutation) -> String {
    let host = format!("HTTP/1.1\r\nhost: {HOST}\r\n");
    if kind == Kind::Floor {
        // As long a path as that of a code.
        return format!("GET /{number:0122} {host}accept: */*\r\n\r\n");
    }
    let serial = permutation.serial_of(number);
    let payload = Payload { layer: Layer::Outer, key: key(), batch: 1, serial };
    let code = compact_text(payload, &sign_compact(signer, payload).expect("signs"));
    match kind {
        Kind::Page => format!(
            "GET /{code} {host}accept: text/html,application/xhtml+xml,application/xml;q=0.9,\
             */*;q=0.8\r\naccept-language: zh-CN,zh;q=0.9\r\naccept-encoding: gzip, deflate\r\n\
             user-agent: Mozilla/5.0 (Linux; Android 13) Chrome/86 Mobile\r\n\r\n"
        ),
        Kind::Post => {
            let id = uuid::Uuid::from_u64_pair(number, serial);
            let body = format!(r#"{{"code":"{code}","scan_id":"{id}"}}"#);
            let length = body.len();
            format!(
                "POST /api/v1/scans {host}content-type: application/json\r\n\
                 content-length: {length}\r\n\r\n{body}"
            )
        }
        Kind::Json | Kind::Floor => format!("GET /{code} {host}accept: application/json\r\n\r\n"),
    }
}
