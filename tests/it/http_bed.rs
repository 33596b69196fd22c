//! A server of one test, alone: its own port, store, clock and labels.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use jiff::civil::date;
use jiff::tz::TimeZone;
use reqwest::{Client, Method, RequestBuilder, Response};
use tokio_util::sync::CancellationToken;
use zhenma::base::UnixMs;
use zhenma::base::clock::SetClock;
use zhenma::code::{Gs1, Layer, Payload, compact_text, sign_compact};
use zhenma::http::rate::Rates;
use zhenma::http::{Services, Site};
use zhenma::keys::{KeyNumber, KeyStatus, Keyring, PublishedKey, Signer, SoftSigner};
use zhenma::registry::movement::{Account, Ranges, Whereabouts};
use zhenma::registry::own::port::NoLists;
use zhenma::registry::register::{BatchFacts, Register};
use zhenma::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, RangeFact, RangeState, Uscc,
};
use zhenma::scan::forgeries::Forgeries;
use zhenma::scan::place::Locator;
use zhenma::scan::port::{Durability, Vitals};
use zhenma::scan::service::Scanner;
use zhenma::scan::tags::Tagger;
use zhenma::scan::{
    CodeId, Cursor, Entry, History, LogId, Observation, Place, Recorded, ScanState, StateError,
};
use zhenma::store::embedded::EmbeddedState;

pub const HOST: &str = "id.example.cn";
/// 2026-03-12 14:05 in Shanghai.
pub const NOW: UnixMs = UnixMs(1_773_295_500_000);

/// Labels with these running numbers stand like this; others are on sale.
pub const RECALLED: u64 = 10;
pub const SPOILED: u64 = 11;
pub const PLANTED: u64 = 12;
pub const BLOCKED: u64 = 13;
pub const STOLEN: u64 = 14;
pub const VOID: u64 = 15;
pub const NOT_ACTIVATED: u64 = 5_000;
pub const COUNT: u64 = 10_000;
/// Codes of cases.
pub const CASES: u64 = 100;

pub struct Bed {
    pub base: String,
    pub clock: Arc<SetClock>,
    pub services: Services,
    store_is_down: Arc<AtomicBool>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Bed {
    pub async fn start() -> Self {
        Self::start_with(|services| services).await
    }

    pub async fn start_with(change: impl FnOnce(Services) -> Services) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = EmbeddedState::open(&folder.path().join("scans.sqlite")).expect("a store");
        let store_is_down = Arc::new(AtomicBool::new(false));
        let clock = Arc::new(SetClock::new(NOW));
        let scanner = Scanner {
            keys: Arc::new(ArcSwap::from_pointee(keyring())),
            register: Arc::new(ArcSwap::from_pointee(register())),
            state: Arc::new(Breakable { store, down: Arc::clone(&store_is_down) }),
            tags: Tagger::new(&[7; 32]),
            locator: Arc::new(ByThirdByte),
            hosting: Arc::default(),
            hosts: Arc::new([HOST.to_owned()]),
            forgeries: Arc::new(Forgeries::default()),
            policies: Arc::default(),
            across: Arc::default(),
            signatures: Arc::default(),
            fresh: Arc::default(),
            own: Arc::new(NoLists),
        };
        let site = Site { public_url: format!("https://{HOST}") };
        let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
        let many = NonZeroU32::new(100_000).expect("not zero");
        let mut services = Services::new(scanner, clock.clone(), zone, site)
            .with_rates(Rates { device_per_minute: many, network_per_minute: many });
        services.trusted_proxies =
            Arc::new(["127.0.0.0/8".to_owned().try_into().expect("a network")]);
        let services = change(services);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = zhenma::http::router(services.clone(), None);
        let stop = services.stopping.clone();
        tokio::spawn(zhenma::http::serve(listener, router, stop.clone()));
        Self { base, clock, services, store_is_down, stop, _folder: folder }
    }

    pub fn break_store(&self, down: bool) {
        self.store_is_down.store(down, Ordering::SeqCst);
    }

    pub fn later(&self, seconds: i64) {
        use zhenma::base::Clock;
        self.clock.set(self.clock.now().plus_ms(seconds * 1000));
    }

    /// A phone with cookies, in the network `203.NETWORK.NETWORK.0/24`.
    pub fn phone(&self, network: u8) -> Phone {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let agent = "Mozilla/5.0 (Linux; Android 13) Chrome/86 Mobile".to_owned();
        let cookies = std::sync::Mutex::default();
        Phone { client, base: self.base.clone(), network, agent, cookies }
    }
}

/// One browser. Keeps cookies by name and path itself: ours are `Secure`,
/// and tests speak plain HTTP.
pub struct Phone {
    client: Client,
    base: String,
    network: u8,
    pub agent: String,
    cookies: std::sync::Mutex<Vec<(String, String, String)>>,
}

impl Phone {
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().expect("one thread");
        let only_path = path.split('?').next().unwrap_or_default();
        let sent: Vec<_> = cookies
            .iter()
            .filter(|(_, _, at)| at == "/" || at == only_path)
            .map(|(name, value, _)| format!("{name}={value}"))
            .collect();
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("x-forwarded-for", format!("203.{0}.{0}.77", self.network))
            .header("user-agent", &self.agent);
        if sent.is_empty() { request } else { request.header("cookie", sent.join("; ")) }
    }

    /// Sends and keeps the cookies of the answer.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        let response = request.send().await.expect("an answer");
        let mut kept = self.cookies.lock().expect("one thread");
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().expect("text");
            let (pair, attributes) = line.split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("name=value");
            let path = attributes.split("; ").find_map(|a| a.strip_prefix("Path=")).expect("path");
            kept.retain(|(n, _, p)| n != name || p != path);
            kept.push((name.to_owned(), value.to_owned(), path.to_owned()));
        }
        drop(kept);
        response
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(self.ask(Method::GET, path)).await
    }

    pub async fn json(&self, path: &str) -> serde_json::Value {
        let request = self.ask(Method::GET, path).header("accept", "application/json");
        let response = self.send(request).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Response {
        self.send(self.ask(Method::POST, "/api/v1/scans").body(body)).await
    }

    pub fn forget_cookies(&self) {
        self.cookies.lock().expect("one thread").clear();
    }
}

fn signer(key: u32) -> SoftSigner {
    let seed = [u8::try_from(key).expect("a small number"); 32];
    SoftSigner::from_seed(KeyNumber::new(key).expect("not zero"), &seed)
}

/// Keys 1 (active), 2 (revoked); key 3 is nobody's.
fn keyring() -> Keyring {
    let mut ring = Keyring::default();
    for (number, status) in [(1, KeyStatus::Active), (2, KeyStatus::Revoked)] {
        ring.insert(PublishedKey {
            number: KeyNumber::new(number).expect("not zero"),
            issuer: "河南省宋河酒业股份有限公司".to_owned(),
            status,
            not_before: None,
            not_after: None,
            public: signer(number).public().expect("sound"),
        });
    }
    ring
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

fn batch(key: u32) -> Batch {
    Batch {
        id: BatchRef { key: KeyNumber::new(key).expect("not zero"), batch: 1 },
        enterprise: Uscc::parse("91410000706780942L").expect("sound"),
        product: Gtin::parse("6901234567892").expect("sound"),
        lot: "20260301A1".to_owned(),
        made_on: date(2026, 3, 1),
        expires_on: Some(date(2031, 2, 28)),
        destination: 4116,
        dealer: String::new(),
        layers: Layers::OuterAndInner,
        count: COUNT,
        cases: CASES,
        pallets: 0,
        spares: 0,
        sscc: None,
        secret: [9; 32],
        created_at: NOW,
    }
}

fn register() -> Register {
    register_saying(&[
        (0, NOT_ACTIVATED - 1, RangeState::Activated),
        (RECALLED, RECALLED, RangeState::Recalled),
        (SPOILED, SPOILED, RangeState::Spoiled),
        (PLANTED, PLANTED, RangeState::Planted),
        (BLOCKED, BLOCKED, RangeState::Blocked),
        (STOLEN, STOLEN, RangeState::Stolen),
        (VOID, VOID, RangeState::Void),
    ])
}

/// The register with these facts of both batches.
pub fn register_saying(said: &[(u64, u64, RangeState)]) -> Register {
    let enterprise = Arc::new(Enterprise {
        uscc: batch(1).enterprise,
        name: both("河南省宋河酒业股份有限公司", "Songhe Distillery Co., Ltd., Henan"),
        licences: Vec::new(),
        gs1_prefix: None,
    });
    let product = Arc::new(Product {
        gtin: batch(1).product,
        enterprise: batch(1).enterprise,
        name: both("宋河粮液 50度 浓香型白酒", "Songhe Liangye, strong-aroma baijiu, 50% vol"),
        category: "白酒".to_owned(),
        standard: "GB/T 10781.1".to_owned(),
        net_content: "500 mL".to_owned(),
        shelf_life_days: None,
        pictures: Vec::new(),
    });
    let mut register = Register { revision: 1, ..Register::default() };
    for key in [1, 2] {
        let batch = batch(key);
        let fact = |first, last, state| RangeFact {
            id: uuid::Uuid::nil(),
            batch: batch.id,
            first,
            last,
            state,
            reason: both("灌装线检修后密封不良", "poor seals after a repair of the line"),
            remedy: both("请到购买处全额退款", "take it back to the shop for a full refund"),
            set_by: "test".to_owned(),
            set_at: NOW,
            until: None,
            lifted_at: None,
        };
        let (mut facts, mut lie) = (Vec::new(), Whereabouts::issued(batch.count));
        for (first, last, state) in said {
            let account = Account::from_slug(state.slug());
            match account {
                Some(account) => lie = lie.moved(&Ranges::one(*first, *last), account),
                None => facts.push(fact(*first, *last, *state)),
            }
        }
        let id = batch.id;
        let (enterprise, product) = (Arc::clone(&enterprise), Arc::clone(&product));
        let facts = BatchFacts::new(batch, enterprise, product, facts, lie);
        register.batches.insert(id, Arc::new(facts));
    }
    register
}

pub fn payload(key: u32, number: u64) -> Payload {
    let serial = batch(key).permutation(Layer::Outer).serial_of(number);
    Payload { layer: Layer::Outer, key: KeyNumber::new(key).expect("not zero"), batch: 1, serial }
}

/// The code of the label with this running number under key 1.
pub fn code(number: u64) -> String {
    code_of_key(1, number)
}

pub fn code_of_key(key: u32, number: u64) -> String {
    let payload = payload(key, number);
    compact_text(payload, &sign_compact(&signer(key), payload).expect("signs"))
}

/// As the scan state knows it.
pub fn code_id(number: u64) -> CodeId {
    CodeId { payload: payload(1, number).to_bytes(), number }
}

/// Its 20 characters.
pub fn serial(number: u64) -> String {
    payload(1, number).serial_text()
}

/// Its GS1 form, beginning with `/01/`.
pub fn gs1_path(number: u64) -> String {
    let gs1 = Gs1::new("06901234567892", "L/1").expect("sound");
    let message = gs1.message(payload(1, number));
    gs1.path(payload(1, number), &signer(1).sign(&message).expect("signs"))
}

/// A case's code under key 1.
pub fn case_code(number: u64) -> String {
    let payload = case_payload(number);
    compact_text(payload, &sign_compact(&signer(1), payload).expect("signs"))
}

pub fn case_payload(number: u64) -> Payload {
    let serial = batch(1).permutation(Layer::Case).serial_of(number);
    Payload { layer: Layer::Case, serial, ..payload(1, 0) }
}

/// The code with another signature.
pub fn forged(number: u64) -> String {
    let good = code(number);
    let other = if &good[60..61] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &good[..60], &good[61..])
}

/// The province by the third byte of the address: 41 is Henan's Zhengzhou, and
/// 100 to 255 are Guangdong's.
struct ByThirdByte;

impl Locator for ByThirdByte {
    fn locate(&self, address: IpAddr) -> Place {
        match address {
            IpAddr::V4(a) => match a.octets()[2] {
                100.. => Place(4401),
                province => Place(u16::from(province) * 100 + 1),
            },
            IpAddr::V6(_) => Place::UNKNOWN,
        }
    }
}

/// A store that can be switched off.
struct Breakable {
    store: EmbeddedState,
    down: Arc<AtomicBool>,
}

type Call<'a, T> = BoxFuture<'a, Result<T, StateError>>;

impl Breakable {
    fn or<'a, T: Send + 'a>(&'a self, call: Call<'a, T>) -> Call<'a, T> {
        if self.down.load(Ordering::SeqCst) {
            let error = StateError::Unavailable("switched off".to_owned());
            return Box::pin(std::future::ready(Err(error)));
        }
        call
    }
}

impl ScanState for Breakable {
    fn record(&self, code: CodeId, seen: Observation) -> Call<'_, Recorded> {
        self.or(self.store.record(code, seen))
    }

    fn peek(&self, code: CodeId) -> Call<'_, History> {
        self.or(self.store.peek(code))
    }

    fn shards(&self) -> u16 {
        self.store.shards()
    }

    fn identity(&self, shard: u16) -> Call<'_, LogId> {
        self.or(self.store.identity(shard))
    }

    fn renew(&self, shard: u16, old: LogId) -> Call<'_, LogId> {
        self.or(self.store.renew(shard, old))
    }

    fn newest(&self, shard: u16) -> Call<'_, Cursor> {
        self.or(self.store.newest(shard))
    }

    fn follow(&self, shard: u16, after: Cursor, max: usize) -> Call<'_, Vec<Entry>> {
        self.or(self.store.follow(shard, after, max))
    }

    fn trim(&self, shard: u16, through: Cursor) -> Call<'_, ()> {
        self.or(self.store.trim(shard, through))
    }

    fn vitals(&self, now: UnixMs) -> Call<'_, Vitals> {
        self.or(self.store.vitals(now))
    }

    fn durability(&self) -> Call<'_, Durability> {
        self.or(self.store.durability())
    }
}
