//! A whole installation of one test: ledger, scan state, worker and server,
//! with two makers, their members, an officer and an administrator.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use zhenma::app::compose::{self, Parts};
use zhenma::app::config::Settings;
use zhenma::app::kits::OpenOffice;
use zhenma::app::live::Keys;
use zhenma::app::orders::OpenSigner;
use zhenma::auth::office::FIRST;
use zhenma::auth::port::{AccountLedger, ApiKey};
use zhenma::auth::{Account, Duties, Role, Seat, password, token};
use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::http::desk::Desk;
use zhenma::http::{Staff, router, serve};
use zhenma::keys::office::development_signer;
use zhenma::keys::{KeyDir, KeyError, Signer, development};
use zhenma::store::sql::sessions::Sessions;

use tokio_util::sync::CancellationToken;

use crate::faults::load::eventually;
use crate::ledger_bed;

pub const PASSWORD: &str = "a long enough sentence";
pub const OURS: &str = "91411628MA9DEM01XU";
pub const THEIRS: &str = "91411628MA9DEM028U";
pub const OUR_GTIN: &str = "06900000001011";

/// Who asks: nobody, the owner of our maker, its other people by their duty, the
/// owner of another, the people of an office by their seat, the county.
pub const WHO: [&str; 14] = [
    "anyone",
    "member",
    "planner",
    "approver",
    "line",
    "quality",
    "sales",
    "viewer",
    "stranger",
    "officer",
    "supervisor",
    "legal",
    "auditor",
    "administrator",
];

fn member(enterprise: &str, duties: &str) -> Role {
    let duties = Duties::parse(duties).expect("duties");
    Role::Member { enterprise: enterprise.to_owned(), duties }
}

/// Opens the key of the demonstration's office.
pub fn office_signers() -> Arc<OpenOffice> {
    Arc::new(|_| Ok(development_signer()))
}

pub struct StaffBed {
    pub base: String,
    pub parts: Parts,
    /// API keys by who has them.
    tokens: HashMap<&'static str, String>,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Drop for StaffBed {
    fn drop(&mut self) {
        self.parts.stop.cancel();
    }
}

impl StaffBed {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other settings than the usual ones.
    pub async fn start_with(set: impl FnOnce(&mut Settings)) -> Self {
        Self::start_by(Arc::new(SystemClock), set).await
    }

    /// By another clock than the machine's.
    pub async fn start_by(clock: Arc<dyn Clock>, set: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let mut settings = Settings {
            ledger: ledger_bed::setting(&folder.path().join("data")),
            public_url: base.clone(),
            data: folder.path().join("data"),
            keys: folder.path().join("keys"),
            trusted_proxies: vec!["127.0.0.0/8".to_owned().try_into().expect("a network")],
            ..Settings::default()
        };
        set(&mut settings);
        let keys = KeyDir::at(&settings.keys);
        keys.publish_office(&development_signer(), SystemClock.now()).expect("published");
        for (number, issuer) in [(1, "宋河"), (2, "志元")] {
            let signer = development::signer(number).expect("a development key");
            keys.publish(&signer, issuer, SystemClock.now()).expect("published");
        }
        let parts =
            compose::open(settings, Keys::Development, None, clock, CancellationToken::new())
                .await
                .expect("opens");
        let signers: Arc<OpenSigner> = Arc::new(|number| {
            let signer = development::signer(number.get())
                .ok_or_else(|| KeyError::File(format!("no development key {number}")))?;
            Ok(Arc::new(signer) as Arc<dyn Signer>)
        });
        parts.work_behind(signers, office_signers());
        parts.deliver_behind();
        let services = parts.services(Vec::new(), None);
        let desk = Desk::new(services.clone(), Arc::new(parts.ledger.clone()));
        let staff = Staff::new(desk, Sessions(parts.ledger.clone()));
        tokio::spawn(serve(listener, router(services, Some(staff)), parts.stop.clone()));
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let mut bed = Self { base, parts, tokens: HashMap::new(), client, _folder: folder };
        bed.people().await;
        bed
    }

    /// The county registers makers and a product; makers' members come after.
    async fn people(&mut self) {
        let now = SystemClock.now();
        let hash = password::hash(PASSWORD);
        let of_ours = ["planner", "approver", "line", "quality", "sales", "viewer"];
        for (who, role) in [
            ("administrator", Role::Administrator),
            ("member", member(OURS, "owner")),
            ("stranger", member(THEIRS, "owner")),
        ]
        .into_iter()
        .chain(of_ours.map(|duty| (duty, member(OURS, duty))))
        .chain(Seat::ALL.map(|seat| (seat.slug(), Role::Officer { office: FIRST, seat })))
        {
            if who == "member" {
                for (uscc, zh, en) in [(OURS, "宋河", "Song He"), (THEIRS, "志元", "Zhiyuan")] {
                    let body = json!({"uscc": uscc, "name_zh": zh, "name_en": en});
                    self.made("administrator", "/api/v1/enterprises", &body).await;
                }
            }
            let account = Account {
                login: who.to_owned(),
                name: format!("{who} 王芳"),
                role,
                password_hash: Some(hash.clone()),
                created_at: now,
                disabled_at: None,
            };
            self.parts.ledger.add_account(&account, &By::shell(now)).await.expect("added");
            let (text, hash) = token::new();
            let key = ApiKey {
                hash,
                login: who.to_owned(),
                label: "test".to_owned(),
                scope: None,
                made_by: None,
                created_at: now,
                expires_at: now.plus_ms(86_400_000),
                last_used_at: None,
            };
            self.parts.ledger.add_api_key(&key, &By::shell(now)).await.expect("added");
            self.tokens.insert(who, text);
        }
        for (gtin, maker) in [(OUR_GTIN, OURS), ("06900000002018", THEIRS)] {
            self.made("administrator", "/api/v1/products", &product(gtin, maker)).await;
        }
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A program's request with the key of `who`.
    pub fn program(&self, who: &str, method: Method, path: &str) -> RequestBuilder {
        let request = self.ask(method, path);
        match self.tokens.get(who) {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> (u16, Value) {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    /// Posts JSON and expects 201.
    pub async fn made(&self, who: &str, path: &str, body: &Value) -> Value {
        let (status, made) = self.send(self.program(who, Method::POST, path).json(body)).await;
        assert_eq!(status, 201, "{path}: {made}");
        made
    }

    pub async fn get(&self, who: &str, path: &str) -> Value {
        let (status, found) = self.send(self.program(who, Method::GET, path)).await;
        assert_eq!(status, 200, "{path}: {found}");
        found
    }

    /// A batch of ours, with all of its labels on sale, as servers know it.
    pub async fn batch(&self, count: u64) -> String {
        let body = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01",
            "count": count});
        let batch = self.made("member", "/api/v1/batches", &body).await;
        let id = batch["batch"].as_str().expect("a name").to_owned();
        let ranges = format!("/api/v1/batches/{id}/ranges");
        self.made("member", &ranges, &json!({"state": "activated"})).await;
        let path = format!("/api/v1/batches/{id}");
        eventually("a batch is on sale", || async {
            self.get("member", &path).await["on_sale"] == count
        })
        .await;
        id
    }

    /// Orders the batch's table and gives its codes when it is made.
    pub async fn codes(&self, batch: &str) -> Vec<String> {
        let body = json!({"order_key": format!("codes of {batch}"), "batch": batch,
            "format": "csv"});
        let order = self.made("member", "/api/v1/orders", &body).await;
        let path = format!("/api/v1/orders/{}", order["id"].as_str().expect("an id"));
        self.done(&path).await;
        let path = format!("{path}/files/labels.csv");
        let table = self.program("member", Method::GET, &path).send().await.expect("an answer");
        let table = table.text().await.expect("a table");
        table.lines().skip(1).map(|row| row.split(',').nth(2).expect("text").to_owned()).collect()
    }

    pub async fn done(&self, order: &str) {
        eventually("an order is done", || async {
            self.get("member", order).await["state"] == "done"
        })
        .await;
    }

    /// A person at a console, signed in unless `who` is anyone.
    pub async fn person(&self, who: &str) -> Person<'_> {
        let mut person = Person { bed: self, cookies: Vec::new() };
        if who != "anyone" {
            let area = if Seat::from_slug(who).is_some() { "officer" } else { "enterprise" };
            let form = [("login", who), ("password", PASSWORD)];
            let response = person.post(&format!("/{area}/sign-in"), &form).await;
            person.keep(&response);
        }
        person
    }
}

pub fn product(gtin: &str, maker: &str) -> Value {
    json!({"gtin": gtin, "enterprise": maker, "name_zh": "宋河粮液", "name_en": "Song He",
        "category": "liquor", "standard": "GB/T 10781.1", "net_content": "500 mL"})
}

/// A browser at a console.
pub struct Person<'a> {
    bed: &'a StaffBed,
    cookies: Vec<(String, String)>,
}

impl Person<'_> {
    pub fn keep(&mut self, response: &Response) {
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = line.split_once('=').expect("a pair");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn cookie(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join("; ")
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.bed
            .ask(method, path)
            .header("cookie", self.cookie())
            .header("accept", "text/html")
            .header("accept-language", "zh-CN")
    }

    pub async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path).send().await.expect("an answer")
    }

    /// The text of a page that is there.
    pub async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.expect("text")
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.ask(Method::POST, path).form(form).send().await.expect("an answer")
    }
}

/// Where a response leads.
pub fn location(response: &Response) -> String {
    let location = response.headers().get("location");
    location.expect("a redirect").to_str().expect("text").to_owned()
}
