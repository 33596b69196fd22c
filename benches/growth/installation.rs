//! A folder with a ledger of many batches on sale, and the key that signs their
//! codes: what `zhenma serve` is pointed at.

use std::path::{Path, PathBuf};

use jiff::civil::date;
use tempfile::TempDir;
use zhenma::base::clock::SystemClock;
use zhenma::base::{By, Clock, UnixMs};
use zhenma::code::{Layer, Payload, compact_text, sign_compact};
use zhenma::keys::{KeyDir, KeyNumber, SoftSigner};
use zhenma::registry::movement::service::{Asked, move_labels};
use zhenma::registry::movement::{Kind, Ranges};
use zhenma::registry::port::{Registered, Registration, RegistryLedger};
use zhenma::registry::service::Scope;
use zhenma::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, NewBatch, PreparedBatch, Product, Uscc,
};
use zhenma::store::sql::Ledger;

/// Labels of each batch.
pub const LABELS: u64 = 100_000_000;

pub fn key() -> KeyNumber {
    KeyNumber::new(1).expect("not zero")
}

pub fn signer() -> SoftSigner {
    SoftSigner::from_seed(key(), &[1; 32])
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

pub fn enterprise() -> Enterprise {
    Enterprise {
        uscc: Uscc::parse("91410000706780942L").expect("sound"),
        name: both("河南省宋河酒业股份有限公司", "Songhe Distillery Co., Ltd., Henan"),
        licences: Vec::new(),
        gs1_prefix: None,
    }
}

pub fn product() -> Product {
    Product {
        gtin: Gtin::parse("6901234567892").expect("sound"),
        enterprise: enterprise().uscc,
        name: both("宋河粮液 50度 浓香型白酒", "Songhe Liangye, strong-aroma baijiu, 50% vol"),
        category: "白酒".to_owned(),
        standard: "GB/T 10781.1".to_owned(),
        net_content: "500 mL".to_owned(),
        shelf_life_days: None,
        pictures: Vec::new(),
    }
}

pub fn prepared(lot: usize) -> PreparedBatch {
    PreparedBatch {
        enterprise: enterprise().uscc,
        key: key(),
        new: NewBatch {
            product: product().gtin,
            lot: format!("L{lot}"),
            made_on: date(2026, 3, 1),
            expires_on: None,
            destination: 4116,
            dealer: String::new(),
            layers: Layers::Outer,
            count: LABELS,
            cases: 0,
            pallets: 0,
            key: None,
        },
        expires_on: None,
        secret: [9; 32],
    }
}

pub struct Installation {
    folder: TempDir,
    pub ledger: Ledger,
    pub batches: Vec<Batch>,
}

impl Installation {
    /// With so many batches, each registered and put on sale as people do it.
    pub async fn with(batches: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let now = SystemClock.now();
        std::fs::create_dir_all(folder.path().join("data")).expect("made");
        let keys = KeyDir::at(&folder.path().join("keys"));
        keys.publish(&signer(), "宋河", now).expect("published");
        let ledger = Ledger::open(&folder.path().join("data/ledger.sqlite"), now).await;
        let ledger = ledger.expect("opens");
        let batches = register(&ledger, batches, now).await;
        Self { folder, ledger, batches }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Of the embedded scan state.
    pub fn scans(&self) -> PathBuf {
        self.path().join("data/scans.sqlite")
    }
}

async fn register(ledger: &Ledger, batches: usize, now: UnixMs) -> Vec<Batch> {
    let by = By::shell(now);
    let of = [Registration::Enterprise(enterprise()), Registration::Product(product())];
    let batches = (0..batches).map(|lot| Registration::Batch(prepared(lot)));
    let objects: Vec<_> = of.into_iter().chain(batches).map(|object| (0, object)).collect();
    let done = ledger.register(&objects, &by).await.expect("registered");
    let mut out = Vec::new();
    for registered in done {
        let Registered::Batch(id) = registered else { continue };
        put_on_sale(ledger, id, &by).await;
        out.push(ledger.batch(id).await.expect("it"));
    }
    out
}

async fn put_on_sale(ledger: &Ledger, id: BatchRef, by: &By) {
    let asked = Asked::plain(Kind::Activate, Some(Ranges::one(0, LABELS - 1)));
    move_labels(ledger, &Scope::All, id, asked, by).await.expect("moved");
}

/// The text of the label with this number.
pub fn code(batch: &Batch, number: u64, signer: &SoftSigner) -> String {
    let serial = batch.permutation(Layer::Outer).serial_of(number);
    let BatchRef { key, batch } = batch.id;
    let payload = Payload { layer: Layer::Outer, key, batch, serial };
    compact_text(payload, &sign_compact(signer, payload).expect("signs"))
}
