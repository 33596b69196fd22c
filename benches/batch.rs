//! A batch of a million labels on sale, and the service that answers for them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::civil::date;
use jiff::tz::TimeZone;
use zhenma::base::UnixMs;
use zhenma::base::clock::SystemClock;
use zhenma::http::{Services, Site};
use zhenma::keys::{KeyNumber, KeyStatus, Keyring, PublishedKey, Signer, SoftSigner};
use zhenma::registry::movement::{Account, Whereabouts};
use zhenma::registry::own::port::NoLists;
use zhenma::registry::register::{BatchFacts, Register};
use zhenma::registry::{Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, Uscc};
use zhenma::scan::ScanState;
use zhenma::scan::forgeries::Forgeries;
use zhenma::scan::place::Nowhere;
use zhenma::scan::service::Scanner;
use zhenma::scan::tags::Tagger;

pub const BATCH: u64 = 1_000_000;
pub const HOST: &str = "id.example.cn";
const MADE_AT: UnixMs = UnixMs(1_773_295_500_000);

pub fn key() -> KeyNumber {
    KeyNumber::new(1).expect("not zero")
}

pub fn signer() -> SoftSigner {
    SoftSigner::from_seed(key(), &[1; 32])
}

pub fn batch() -> Batch {
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

/// What the peers check signatures with.
pub fn public_key() -> [u8; 32] {
    signer().public().expect("sound").to_bytes()
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
        fresh: Arc::default(),
        own: Arc::new(NoLists),
    };
    let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
    let site = Site { public_url: format!("https://{HOST}") };
    // A load says whose phone it speaks for, as a proxy in front would.
    let loopback = "127.0.0.0/8".to_owned().try_into().expect("a network");
    let mut services = Services::new(scanner, Arc::new(SystemClock), zone, site);
    services.trusted_proxies = Arc::new([loopback]);
    services
}
