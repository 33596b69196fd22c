//! What buyers report from an answer, what officers make of it, and the note.

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use zhenma::app::paths;
use zhenma::app::retention::Retention;
use zhenma::auth::port::TrailLedger;
use zhenma::auth::trail;
use zhenma::base::clock::{SetClock, SystemClock};
use zhenma::base::{By, Clock, ids};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::port::{FileLedger, NewCase, Takes};
use zhenma::media::{MediaRow, MediaStore, Purpose};
use zhenma::reports::{
    Added, Contact, NewReport, Number, Report, ReportLedger, Seals, State, Ticket, Wanted, Wrong,
};
use zhenma::scan::Place;

use crate::http_browser::{Browser, both};
use crate::media::{exif, jpeg, picture};
use crate::staff_bed::{Person, StaffBed, location};

const WECHAT: &str = "Mozilla/5.0 (Linux; Android 13; V2171A) AppleWebKit/537.36 (KHTML, like \
    Gecko) Version/4.0 Chrome/86.0.4240.99 XWEB/4343 MMWEBSDK/20221012 Mobile Safari/537.36";
const DAY_MS: i64 = 86_400_000;

/// An installation whose time is ours to set, with labels on sale.
pub struct Bed {
    pub bed: StaffBed,
    pub clock: Arc<SetClock>,
    pub codes: Vec<String>,
}

impl Bed {
    pub async fn start() -> Self {
        let clock = Arc::new(SetClock::new(SystemClock.now()));
        let bed = StaffBed::start_by(clock.clone(), |_| {}).await;
        let batch = bed.batch(30).await;
        let codes = bed.codes(&batch).await;
        Self { bed, clock, codes }
    }

    pub fn later(&self, ms: i64) {
        self.clock.set(self.clock.now().plus_ms(ms));
    }

    pub fn buyer(&self, network: u8) -> Buyer<'_> {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let agent = WECHAT.to_owned();
        Buyer { bed: self, client, network, agent, cookies: std::sync::Mutex::default() }
    }

    pub async fn report(&self, number: &str) -> Report {
        let number = Number::parse(number).expect("a number");
        let found = self.bed.parts.ledger.report_numbered(&number).await;
        found.expect("the ledger").expect("a report")
    }

    async fn all(&self) -> Vec<Report> {
        self.bed.parts.ledger.buyers_reports(&Wanted::default(), 1_000).await.expect("reports")
    }

    pub fn store(&self) -> MediaStore {
        MediaStore::at(paths::media(&self.bed.parts.settings.data))
    }

    async fn trail(&self, action: &str) -> Vec<trail::Row> {
        let wanted = trail::Wanted { action: Some(action.to_owned()), ..trail::Wanted::default() };
        self.bed.parts.ledger.trail(&wanted, 0, 1_000).await.expect("a trail")
    }

    async fn officer(&self) -> Person<'_> {
        self.bed.person("officer").await
    }
}

/// A telephone with cookies, in `203.NETWORK.NETWORK.0/24`.
pub struct Buyer<'a> {
    bed: &'a Bed,
    client: Client,
    network: u8,
    agent: String,
    cookies: std::sync::Mutex<Vec<(String, String)>>,
}

/// A field of a form with files: name, file name, media type, content.
pub type Part = (&'static str, Option<(&'static str, &'static str)>, Vec<u8>);

pub fn text(name: &'static str, value: &str) -> Part {
    (name, None, value.as_bytes().to_vec())
}

pub fn photo(bytes: Vec<u8>) -> Part {
    ("photo", Some(("IMG_1.jpg", "image/jpeg")), bytes)
}

pub const BOUNDARY: &str = "----zhenma";

pub fn multipart(parts: &[Part]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, file, content) in parts {
        out.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").bytes(),
        );
        if let Some((file, media)) = file {
            out.extend(format!("; filename=\"{file}\"\r\nContent-Type: {media}").bytes());
        }
        out.extend(b"\r\n\r\n");
        out.extend(content);
        out.extend(b"\r\n");
    }
    out.extend(format!("--{BOUNDARY}--\r\n").bytes());
    out
}

/// The ticket that a page carries.
pub fn ticket(html: &str) -> Option<String> {
    let (_, behind) = html.split_once("name=\"ticket\" value=\"")?;
    behind.split_once('"').map(|(ticket, _)| ticket.to_owned())
}

impl Buyer<'_> {
    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().expect("one thread");
        let sent: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .client
            .request(method, format!("{}{path}", self.bed.bed.base))
            .header("x-forwarded-for", format!("203.{0}.{0}.77", self.network))
            .header("user-agent", &self.agent)
            .header("accept-language", "zh-CN");
        if sent.is_empty() { request } else { request.header("cookie", sent.join("; ")) }
    }

    fn cookie(&self) -> String {
        let cookies = self.cookies.lock().expect("one thread");
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let response = request.send().await.expect("an answer");
        let mut kept = self.cookies.lock().expect("one thread");
        for line in response.headers().get_all("set-cookie") {
            let pair = line.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("name=value");
            // That of a scan stands on the path of its code.
            if name == "zm_device" {
                kept.push((name.to_owned(), value.to_owned()));
            }
        }
        drop(kept);
        response
    }

    pub async fn page(&self, path: &str) -> (u16, String) {
        let response = self.send(self.ask(Method::GET, path)).await;
        (response.status().as_u16(), response.text().await.expect("text"))
    }

    /// Scans a label; the ticket of its answer.
    pub async fn scan(&self, code: &str) -> Option<String> {
        let (status, html) = self.page(&format!("/{code}")).await;
        assert_eq!(status, 200, "{html}");
        ticket(&html)
    }

    async fn post(&self, path: &str, ticket: &str) -> Response {
        self.send(self.ask(Method::POST, path).form(&[("ticket", ticket)])).await
    }

    /// The ticket of the form that the ticket of an answer opens.
    pub async fn open(&self, answer: &str) -> String {
        let response = self.post("/report", answer).await;
        assert_eq!(response.status(), 200);
        ticket(&response.text().await.expect("text")).expect("a ticket")
    }

    pub async fn submit(&self, parts: &[Part]) -> Response {
        let request = self.ask(Method::POST, "/report/send");
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(request.header("content-type", kind).body(multipart(parts))).await
    }

    /// Reports a code and gives the number of the report.
    pub async fn report(&self, code: &str, more: Vec<Part>) -> String {
        let form = self.open(&self.scan(code).await.expect("a ticket")).await;
        self.bed.later(5_000);
        let mut parts =
            vec![text("ticket", &form), text("wrong", "packaging"), text("agree", "yes")];
        parts.extend(more);
        number_of(self.submit(&parts).await).await
    }
}

async fn number_of(response: Response) -> String {
    if response.status() != 303 {
        panic!("{}: {}", response.status(), response.text().await.expect("text"));
    }
    let path = location(&response);
    let path = path.strip_prefix("/reports/").expect("a report's page");
    path.split('?').next().expect("a number").to_owned()
}

/// A report with a photo and a way to tell its reporter, part of a case of the first
/// office; its id.
pub async fn placed(bed: &StaffBed) -> String {
    let id = received(bed, None).await;
    let (now, today) = (bed.parts.clock.now(), jiff::civil::date(2026, 11, 27));
    let ledger = &bed.parts.ledger;
    let new = NewCase {
        id: ids::new_id(now),
        office: zhenma::auth::office::FIRST,
        title: "群众举报".to_owned(),
        ground: Ground::Report,
        lead: None,
        region: 0,
        found_on: today,
        today,
        facts: Vec::new(),
    };
    ledger.take_report(id, &Takes::New(new), &[], &By::shell(now)).await.expect("linked");
    id.to_string()
}

/// A report from the prefecture of the county, with a photo and a way to tell its
/// reporter; its id.
pub async fn received(bed: &StaffBed, payload: Option<[u8; 12]>) -> uuid::Uuid {
    let now = bed.parts.clock.now();
    let (ledger, data) = (&bed.parts.ledger, &bed.parts.settings.data);
    let taken = zhenma::media::intake(&jpeg(&picture(40, 30), None), None).expect("a photo");
    let photo = MediaRow {
        original: taken.original,
        shown: taken.shown_hash,
        kind: taken.kind,
        bytes: taken.bytes,
        shown_bytes: taken.shown.len() as u64,
        width: taken.width,
        height: taken.height,
        exif: taken.exif,
        purpose: Purpose::Report,
        added_at: now,
        added_by: String::new(),
    };
    MediaStore::at(paths::media(data)).put(taken.shown).await.expect("written");
    let id = ids::new_id(now);
    let seals = Seals::new(&bed.parts.scanner.tags);
    let contact = Contact::parse("13800138000").expect("one").expect("one");
    let ticket = Ticket {
        at: now.0,
        opened: Some(now.0),
        payload,
        scan: 1,
        device: 2,
        network: 3,
        outcome: "not_genuine".to_owned(),
        reason: "malformed".to_owned(),
        serial: String::new(),
        first: None,
        reference: "ABCD-EFGH".to_owned(),
    };
    let report = NewReport {
        id,
        number: Number::random(),
        ticket,
        wrong: vec![Wrong::Label],
        note: "标签翘边".to_owned(),
        shop: String::new(),
        place: String::new(),
        region: Place(4116),
        contact: Some(seals.seal_contact(id, &contact)),
        photos: vec![photo],
        received_at: now,
    };
    let by = By::shell(now);
    assert_eq!(ledger.add_report(&report, &by).await.expect("the ledger"), Added::New);
    id
}

#[tokio::test]
async fn a_report_comes_from_an_answer_and_its_reporter_learns_how_far_it_is() {
    let bed = Bed::start().await;
    let buyer = bed.buyer(41);
    let original = jpeg(&picture(300, 200), Some(exif(6)));
    let number = buyer
        .report(
            &bed.codes[3],
            vec![
                text("wrong", "other_product"),
                text("note", "瓶盖<b>松动</b>"),
                text("shop", "张三烟酒店"),
                text("place", "鹿邑县真源大道"),
                text("contact", "138 0013 8000"),
                photo(original.clone()),
                ("photo", Some(("", "application/octet-stream")), Vec::new()),
            ],
        )
        .await;
    let (status, page) = buyer.page(&format!("/reports/{number}")).await;
    assert_eq!(status, 200);
    assert!(page.contains("已收到") && page.contains(&Number::parse(&number).unwrap().to_string()));
    // Whoever has the number learns nothing else.
    for said in ["松动", "张三", "真源", "138", "13800138000"] {
        assert!(!page.contains(said), "{said}");
    }
    let report = bed.report(&number).await;
    assert_eq!(report.wrong.len(), 2);
    assert_eq!((report.photos.len(), report.has_contact), (1, true));

    let officer = bed.officer().await;
    let list = officer.page("/officer/reports").await;
    assert!(list.contains(&report.number.to_string()) && !list.contains("138"));
    let path = format!("/officer/reports/{}", report.id);
    let page = officer.page(&path).await;
    assert!(page.contains("瓶盖&#60;b&#62;松动") && page.contains("张三烟酒店"), "{page}");
    assert!(!page.contains("13800138000") && !page.contains(&bed.codes[3]));
    let shown = officer.get(&format!("{path}/photos/1")).await;
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox; frame-ancestors 'none'"),
    ] {
        assert_eq!(shown.headers()[name], value);
    }
    let shown = shown.bytes().await.expect("a picture");
    assert!(shown.starts_with(b"\xff\xd8\xff") && *shown != *original);
    assert!(!shown.windows(6).any(|w| w == b"HUAWEI"), "the camera stands there");
    assert_eq!(officer.get(&format!("{path}/photos/2")).await.status(), 404);

    assert_eq!(officer.post(&format!("{path}/look"), &[]).await.status(), 303);
    assert!(buyer.page(&format!("/reports/{number}")).await.1.contains("正在核查"));
    // How to reach somebody needs a case.
    assert_eq!(officer.post(&format!("{path}/contact"), &[]).await.status(), 404);
    assert_eq!(officer.post(&format!("{path}/case"), &[("case", "new")]).await.status(), 303);
    assert!(buyer.page(&format!("/reports/{number}")).await.1.contains("已并入案件办理"));
    let opened = officer.post(&format!("{path}/contact"), &[]).await;
    assert!(opened.text().await.expect("text").contains("13800138000"));
    let looks = bed.trail("report.contact").await;
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0].login, "officer");
    assert!(looks[0].after.contains("-0"), "for which case: {}", looks[0].after);
    assert_eq!(officer.post(&format!("{path}/close"), &[("as", "handled")]).await.status(), 409);
    assert_eq!(officer.post(&format!("{path}/told"), &[]).await.status(), 303);

    // What was said, the label and the photo are in the file of the case, once.
    officer.post(&format!("{path}/case"), &[("case", "new")]).await;
    let case = bed.report(&number).await.case.expect("a case");
    let file = bed.bed.parts.ledger.any_case(case.id).await.expect("a file");
    let facts: Vec<_> = file.standing().map(|entry| entry.fact.clone()).collect();
    let photos = facts.iter().filter(|fact| matches!(fact, Fact::Photo(_))).count();
    let media = facts.iter().find_map(|fact| match fact {
        Fact::Photo(photo) => Some(photo.media.clone()),
        _ => None,
    });
    let of_case = format!("/officer/cases/{}/photos/{}", case.id, media.expect("a photo"));
    assert!(officer.page(&format!("/officer/cases/{}", case.id)).await.contains(&of_case));
    let shown = officer.get(&of_case).await;
    assert_eq!(
        (shown.status().as_u16(), &shown.headers()["content-type"]),
        (200, &"image/jpeg".parse().expect("a type"))
    );
    let none = format!("/officer/cases/{}/photos/{}", case.id, "0".repeat(64));
    assert_eq!(officer.get(&none).await.status(), 404);
    let units = facts.iter().filter(|fact| matches!(fact, Fact::Unit(_))).count();
    let told = |fact: &&Fact| matches!(fact, Fact::Note { text } if text.contains("张三烟酒店"));
    assert_eq!((photos, units, facts.iter().filter(told).count()), (1, 1, 1), "{facts:?}");
}

#[tokio::test]
async fn no_address_of_a_report_has_a_code_and_no_page_a_script() {
    let bed = Bed::start().await;
    let buyer = bed.buyer(42);
    let (_, html) = buyer.page(&format!("/{}", bed.codes[4])).await;
    let answer = ticket(&html).expect("a ticket");
    let form = buyer.post("/report", &answer).await.text().await.expect("text");
    let code = &*bed.codes[4];
    for page in [&html, &form] {
        assert!(!page.contains("<script"));
        for action in page.split("action=\"").skip(1) {
            assert!(!action.split('"').next().expect("an address").contains(code));
        }
    }
    assert!(!answer.contains(code) && !form.contains(code));
    // Who only looks has nothing to report, nor has who typed a number.
    let mut robot = bed.buyer(43);
    robot.agent = "Mozilla/5.0 (compatible; Googlebot/2.1)".to_owned();
    assert_eq!(robot.scan(&bed.codes[5]).await, None);
    let serial = zhenma::code::read(&bed.codes[5]).expect("a code").payload.serial_text();
    assert_eq!(ticket(&buyer.page(&format!("/{serial}")).await.1), None);
}

#[tokio::test]
async fn one_scan_is_one_report_however_often_it_is_sent() {
    let bed = Bed::start().await;
    let buyer = bed.buyer(44);
    let form = buyer.open(&buyer.scan(&bed.codes[6]).await.expect("a ticket")).await;
    bed.later(5_000);
    let parts = [
        text("ticket", &form),
        text("wrong", "taste"),
        text("agree", "yes"),
        photo(jpeg(&picture(60, 40), None)),
    ];
    let first = number_of(buyer.submit(&parts).await).await;
    assert_eq!(number_of(buyer.submit(&parts).await).await, first);
    let other = [&parts[..3], &[photo(jpeg(&picture(80, 40), None))]].concat();
    assert_eq!(number_of(buyer.submit(&other).await).await, first);
    assert_eq!(bed.all().await.len(), 1);
    // The photo that came to nothing is gone again.
    let files = |folder: &std::path::Path| {
        let folders = std::fs::read_dir(folder).expect("a folder").flatten();
        folders.map(|f| std::fs::read_dir(f.path()).expect("a folder").count()).sum::<usize>()
    };
    assert_eq!(files(&paths::media(&bed.bed.parts.settings.data)), 1);
}

#[tokio::test]
async fn a_form_is_taken_from_the_browser_and_the_hour_it_was_made_for() {
    let bed = Bed::start().await;
    let (buyer, other) = (bed.buyer(45), bed.buyer(46));
    let answer = buyer.scan(&bed.codes[7]).await.expect("a ticket");
    other.scan(&bed.codes[8]).await;
    for (who, ticket) in [(&other, &*answer), (&buyer, "AAAA"), (&buyer, "")] {
        assert_eq!(who.post("/report", ticket).await.status(), 409);
        assert_eq!(who.post("/note", ticket).await.status(), 409);
    }
    let form = buyer.open(&answer).await;
    let sent =
        |ticket: &str| vec![text("ticket", ticket), text("wrong", "price"), text("agree", "yes")];
    let too_fast = buyer.submit(&sent(&form)).await;
    assert_eq!(too_fast.status(), 409);
    assert!(too_fast.text().await.expect("text").contains("太快"));
    bed.later(5_000);
    assert_eq!(buyer.submit(&sent(&answer)).await.status(), 409, "no form was opened");
    assert_eq!(other.submit(&sent(&form)).await.status(), 409);
    bed.later(3 * 3_600_000);
    assert_eq!(buyer.submit(&sent(&form)).await.status(), 409);
    assert_eq!(buyer.post("/report", &answer).await.status(), 409);
    assert!(bed.all().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_taken_is_named_and_what_was_written_stays_in_the_form() {
    let bed = Bed::start().await;
    let buyer = bed.buyer(47);
    let form = buyer.open(&buyer.scan(&bed.codes[9]).await.expect("a ticket")).await;
    bed.later(5_000);
    let ticket = || text("ticket", &form);
    let (agree, wrong) = (|| text("agree", "yes"), || text("wrong", "label"));
    let long = "好".repeat(1_001);
    let gif = ("photo", Some(("a.gif", "image/gif")), b"GIF89a\x01\0\x01\0".to_vec());
    let heic = ("photo", Some(("a.heic", "image/heic")), b"\0\0\0\x18ftypheic\0\0\0\0".to_vec());
    let photos = |n: u32| (0..n).map(|n| photo(jpeg(&picture(20 + n, 20), None)));
    let five = [ticket(), wrong(), agree()].into_iter().chain(photos(5)).collect();
    for (parts, says) in [
        (vec![ticket(), agree(), text("note", "瓶口渗漏")], "请至少选一项"),
        (vec![ticket(), wrong(), text("note", "瓶口渗漏")], "请阅读说明并勾选"),
        (vec![ticket(), wrong(), agree(), text("note", &long)], "最多1000个字"),
        (vec![ticket(), wrong(), agree(), text("shop", "甲\u{202e}店")], "请写在一行内"),
        (vec![ticket(), wrong(), agree(), text("contact", "call me")], "请填手机号"),
        (vec![ticket(), wrong(), agree(), text("website", "http://x")], "留空"),
        (vec![ticket(), wrong(), agree(), gif], "暂不支持GIF"),
        (vec![ticket(), wrong(), agree(), heic], "兼容性最佳"),
        (five, "最多4张照片"),
    ] {
        let response = buyer.submit(&parts).await;
        assert_eq!(response.status(), 422, "{says}");
        let page = response.text().await.expect("text");
        assert!(page.contains(says), "{says}: {page}");
        assert!(!parts.contains(&text("note", "瓶口渗漏")) || page.contains("瓶口渗漏"));
    }
    for parts in [vec![text("nonsense", "x")], vec![text("note", &"x".repeat(9_000))]] {
        assert_eq!(buyer.submit(&parts).await.status(), 400);
    }
    assert!(bed.all().await.is_empty());
}

#[tokio::test]
async fn reports_are_bounded_by_network_by_device_and_by_code() {
    let bed = Bed::start().await;
    // Of one network five at once.
    let buyer = bed.buyer(50);
    for n in 0..5 {
        buyer.report(&bed.codes[n], Vec::new()).await;
    }
    let form = buyer.open(&buyer.scan(&bed.codes[5]).await.expect("a ticket")).await;
    bed.later(5_000);
    let parts = [text("ticket", &form), text("wrong", "label"), text("agree", "yes")];
    let refused = buyer.submit(&parts).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    // Of one code ten a day.
    for network in 60..70 {
        bed.buyer(network).report(&bed.codes[20], Vec::new()).await;
    }
    let late = bed.buyer(71);
    let form = late.open(&late.scan(&bed.codes[20]).await.expect("a ticket")).await;
    bed.later(5_000);
    let parts = [text("ticket", &form), text("wrong", "label"), text("agree", "yes")];
    let refused = late.submit(&parts).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.text().await.expect("text").contains("12315"));
    bed.later(DAY_MS);
    late.report(&bed.codes[20], Vec::new()).await;
    // Of one device ten a day, whatever networks it comes through.
    let mut wanderer = bed.buyer(80);
    for n in 0..10 {
        wanderer.network = 80 + n;
        wanderer.report(&bed.codes[usize::from(n)], Vec::new()).await;
    }
    wanderer.network = 95;
    let form = wanderer.open(&wanderer.scan(&bed.codes[15]).await.expect("a ticket")).await;
    bed.later(5_000);
    let parts = [text("ticket", &form), text("wrong", "label"), text("agree", "yes")];
    assert_eq!(wanderer.submit(&parts).await.status(), 429);
}

#[tokio::test]
async fn a_note_says_what_the_answer_said_and_a_changed_one_is_not_found() {
    let bed = Bed::start().await;
    let buyer = bed.buyer(51);
    let answer = buyer.scan(&bed.codes[10]).await.expect("a ticket");
    let made = buyer.post("/note", &answer).await;
    assert_eq!(made.status(), 303);
    let path = location(&made);
    assert_eq!(
        location(&buyer.post("/note", &answer).await),
        path,
        "the same answer, the same note"
    );
    let path = path.split('?').next().expect("a path").to_owned();
    let (status, page) = buyer.page(&path).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("标签有效") && page.contains("宋河粮液") && page.contains("不认定商品真假")
    );
    let plain = buyer.ask(Method::GET, &path).header("accept", "application/json");
    let record: Value = buyer.send(plain).await.json().await.expect("JSON");
    assert_eq!(record["outcome"], "genuine");
    assert_eq!(record["product"]["name_zh"], "宋河粮液");
    let payload = zhenma::code::read(&bed.codes[10]).expect("a code").payload;
    assert_eq!(record["serial"], payload.to_string());
    assert!(!record.to_string().contains(&bed.codes[10]));
    let (_, rest) = path.split_at("/v/".len());
    for lang in ["zh", "en"] {
        let pdf = buyer.send(buyer.ask(Method::GET, &format!("{path}/note.pdf?lang={lang}"))).await;
        assert_eq!(pdf.headers()["content-type"], "application/pdf");
        let pdf = pdf.bytes().await.expect("a paper");
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() < 200_000, "{} bytes", pdf.len());
    }
    // Another value is no note; neither is one whose row was altered.
    let first = rest.chars().next().expect("a letter");
    let other = format!("{}{}", if first == 'A' { 'B' } else { 'A' }, &rest[1..]);
    assert_eq!(buyer.page(&format!("/v/{other}")).await.0, 404);
    assert_eq!(buyer.page("/v/nonsense").await.0, 404);
    let file = paths::ledger(&bed.bed.parts.settings.data);
    let ledger = rusqlite::Connection::open(file).expect("opens");
    let altered = ledger
        .execute("UPDATE notes SET content = replace(content, 'genuine', 'suspect')", ())
        .expect("altered");
    assert_eq!(altered, 1);
    assert_eq!(buyer.page(&path).await.0, 404);
}

#[tokio::test]
async fn a_device_is_told_what_is_held_about_it_and_nothing_of_another() {
    let bed = Bed::start().await;
    let (buyer, other) = (bed.buyer(52), bed.buyer(53));
    let number = buyer.report(&bed.codes[11], vec![text("note", "有异味")]).await;
    other.report(&bed.codes[12], vec![text("note", "别人的话")]).await;
    let held = || async {
        let response = buyer.send(buyer.ask(Method::POST, "/privacy/export")).await;
        assert_eq!(response.status(), 200);
        response.text().await.expect("text")
    };
    // The worker follows the scan a moment later. Three exports come at once.
    crate::faults::load::eventually("the scans are followed", || async {
        let payload = zhenma::code::read(&bed.codes[11]).expect("a code").payload.to_bytes();
        use zhenma::scan::ledger::ScanLedger;
        bed.bed.parts.ledger.scans_of(&payload, 10).await.expect("scans").len() == 1
    })
    .await;
    let text = held().await;
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["scans"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["reports"][0]["note"], "有异味");
    assert_eq!(told["reports"][0]["number"], Number::parse(&number).unwrap().to_string());
    assert!(!text.contains("别人的话"));
    assert!(bed.codes.iter().all(|code| !text.contains(code)));
    let stranger = bed.buyer(54);
    assert_eq!(stranger.send(stranger.ask(Method::POST, "/privacy/export")).await.status(), 404);
    held().await;
    held().await;
    let fourth = buyer.send(buyer.ask(Method::POST, "/privacy/export")).await;
    assert_eq!(fourth.status(), 429);
}

#[tokio::test]
async fn what_is_personal_goes_by_the_clock_but_not_while_a_case_is_open() {
    let bed = Bed::start().await;
    let more = |n: u32| {
        let photo = photo(jpeg(&picture(100 + n, 60), None));
        vec![text("contact", "li@example.cn"), text("note", "变质"), text("shop", "某店"), photo]
    };
    let (a, b) = (bed.buyer(55), bed.buyer(56));
    let (plain, in_case) =
        (a.report(&bed.codes[13], more(0)).await, b.report(&bed.codes[14], more(1)).await);
    let officer = bed.officer().await;
    let path = format!("/officer/reports/{}/case", bed.report(&in_case).await.id);
    assert_eq!(officer.post(&path, &[("case", "new")]).await.status(), 303);
    let settings = &bed.bed.parts.settings;
    let retention = || Retention {
        ledger: bed.bed.parts.ledger.clone(),
        clock: bed.clock.clone(),
        zone: settings.zone(),
        days: settings.scan_retention_days,
        media: bed.store(),
        contact_days: settings.report_contact_days,
        content_days: settings.report_content_days,
    };
    let pass = || async {
        retention().pass_reports(&CancellationToken::new()).await.expect("a pass");
    };
    let shown = |report: &Report| {
        let (store, ledger) = (bed.store(), bed.bed.parts.ledger.clone());
        let photo = report.photos[0];
        async move {
            use zhenma::media::MediaLedger;
            match ledger.media(&photo).await.expect("a row") {
                Some(row) => store.get(&row.shown).await.expect("read").is_some(),
                None => false,
            }
        }
    };
    let before = bed.report(&plain).await;
    bed.later(179 * DAY_MS);
    pass().await;
    assert!(bed.report(&plain).await.has_contact);
    bed.later(2 * DAY_MS);
    pass().await;
    let report = bed.report(&plain).await;
    assert!(!report.has_contact && report.note == "变质" && shown(&report).await);
    assert!(bed.report(&in_case).await.has_contact, "a case is open");
    bed.later(600 * DAY_MS);
    pass().await;
    let report = bed.report(&plain).await;
    assert_eq!((&*report.note, &*report.shop, report.device.get()), ("", "", 0));
    assert!(report.photos.is_empty() && !shown(&before).await);
    assert!(report.payload.is_some() && !report.wrong.is_empty(), "that there was one stays");
    let kept = bed.report(&in_case).await;
    assert!(kept.has_contact && kept.note == "变质" && shown(&kept).await);
    assert_eq!(bed.trail("reports.erase").await.len(), 2);
    // A photo that a case has stays its evidence when the report is erased.
    let by = By::shell(bed.clock.now());
    let case = kept.case.clone().expect("a case");
    let file = rusqlite::Connection::open(paths::ledger(&settings.data)).expect("opens");
    let closed = file
        .execute("UPDATE case_files SET state = 'closed' WHERE id = ?1", (case.id.to_string(),));
    assert_eq!(closed.expect("closed"), 1);
    pass().await;
    let erased = bed.report(&in_case).await;
    assert!(!erased.has_contact && erased.note.is_empty() && shown(&kept).await);
    assert!(bed.bed.parts.ledger.open_contact(erased.id, &by).await.expect("the ledger").is_none());
}

#[tokio::test]
async fn a_report_of_a_forged_code_is_a_lead_of_the_goods_that_it_names_in_that_town() {
    let bed = Bed::start().await;
    let mut forged = bed.codes[16].clone();
    forged.replace_range(60..61, if &forged[60..61] == "A" { "B" } else { "A" });
    let number = bed.buyer(58).report(&forged, vec![text("note", "张三卖的")]).await;
    assert_eq!(bed.report(&number).await.outcome, "not_genuine");
    let found = async || bed.bed.get("officer", "/api/v1/officer/leads?kind=told").await;
    crate::faults::load::eventually("the report is a lead", || async {
        found().await["leads"].as_array().is_some_and(|leads| leads.len() == 1)
    })
    .await;
    let lead = found().await["leads"][0].clone();
    let said = lead.to_string();
    assert!(said.contains("查询结果为伪造码") && !said.contains("张三"), "{said}");
    assert_eq!(lead["product"], crate::staff_bed::OUR_GTIN, "{said}");
    assert_eq!(lead["codes"], 0, "a forged code is no label of ours: {said}");
}

#[tokio::test]
async fn who_reads_a_report_stands_in_the_trail_and_of_a_case_it_is_one_office() {
    let bed = Bed::start().await;
    let more = vec![text("note", "张三卖的"), photo(jpeg(&picture(90, 60), None))];
    let number = bed.buyer(59).report(&bed.codes[17], more).await;
    let id = bed.report(&number).await.id;
    crate::officer_cases::another_office(&bed.bed).await;
    let (ours, theirs) = (bed.officer().await, bed.bed.person("legal").await);
    let at = format!("/officer/reports/{id}");
    assert!(theirs.page(&at).await.contains("张三卖的"), "nobody has it yet");
    let rows = bed.trail("report.show").await;
    let told = (&*rows[0].login, &*rows[0].object);
    assert_eq!(told, ("legal", &*format!("report {id}")));
    assert_eq!(theirs.get(&format!("{at}/photos/1")).await.status(), 200);
    assert_eq!(bed.trail("report.photo").await.len(), 1);
    assert_eq!(ours.post(&format!("{at}/case"), &[("case", "new")]).await.status(), 303);
    assert!(ours.page(&at).await.contains("张三卖的"));
    let page = theirs.page(&at).await;
    assert!(page.contains("只由办案机关查看") && !page.contains("张三"), "{page}");
    assert!(!page.contains("/photos/1") && !page.contains("/officer/cases/"), "{page}");
    assert_eq!(theirs.get(&format!("{at}/photos/1")).await.status(), 404);
    assert_eq!(theirs.post(&format!("{at}/told"), &[]).await.status(), 404);
    assert_eq!(bed.trail("report.show").await.len(), 2, "what is not shown is no look");
}

#[tokio::test]
async fn a_report_that_no_case_may_have_opens_none() {
    let bed = Bed::start().await;
    let number = bed.buyer(57).report(&bed.codes[15], vec![text("note", "变质")]).await;
    let report = bed.report(&number).await;
    let officer = bed.officer().await;
    let at = format!("/officer/reports/{}", report.id);
    let close = officer.post(&format!("{at}/close"), &[("as", "no_grounds")]).await;
    assert_eq!(close.status(), 303);
    let late = officer.post(&format!("{at}/case"), &[("case", "new")]).await;
    assert_eq!(late.status(), 409);
    let ledger = &bed.bed.parts.ledger;
    assert!(ledger.any_case(report.id).await.is_err(), "a case was opened for nothing");
}

#[tokio::test]
async fn a_report_of_a_case_made_void_waits_again_for_another_or_to_be_closed() {
    let bed = Bed::start().await;
    let (buyer, officer) = (bed.buyer(63), bed.officer().await);
    let supervisor = bed.bed.person("supervisor").await;
    let number = buyer.report(&bed.codes[18], vec![text("note", "变质")]).await;
    let at = format!("/officer/reports/{}", bed.report(&number).await.id);
    let mut cases = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let linked = officer.post(&format!("{at}/case"), &[("case", "new")]).await;
        assert_eq!(linked.status(), 303);
        let case = bed.report(&number).await.case.expect("a case");
        assert!(cases.insert(case.id), "the case that is void");
        let file = bed.bed.parts.ledger.any_case(case.id).await.expect("a file");
        assert_eq!(file.units().count(), 1);
        let seq = file.seq().to_string();
        let void = [("seq", &*seq), ("kind", "voided"), ("text", "误建")];
        let voided = supervisor.post(&format!("/officer/cases/{}/supervise", case.id), &void).await;
        assert_eq!(voided.status(), 303);
        let report = bed.report(&number).await;
        assert_eq!((report.state(), report.case), (State::Looked, None));
        assert!(buyer.page(&format!("/reports/{number}")).await.1.contains("正在核查"));
    }
    assert_eq!(bed.trail("report.unlink").await.len(), 3);
    let close = officer.post(&format!("{at}/close"), &[("as", "no_grounds")]).await;
    assert_eq!(close.status(), 303);
    assert_eq!(bed.report(&number).await.state(), State::Closed);
}

#[tokio::test]
async fn no_text_in_a_report_makes_anything_fail() {
    let bed = Bed::start().await;
    let (officer, mut taken) = (bed.officer().await, 0);
    for (n, (what, hostile)) in (0_u8..).zip(crate::hostile_texts::texts()) {
        let buyer = bed.buyer(100 + n);
        let form = buyer.open(&buyer.scan(&bed.codes[usize::from(n)]).await.expect("it")).await;
        bed.later(5_000);
        for field in ["note", "shop", "place", "contact", "wrong", "ticket"] {
            let parts = [
                text("wrong", "other"),
                text("agree", "yes"),
                text("ticket", &form),
                text(field, &hostile),
            ];
            let response = buyer.submit(&parts).await;
            let status = response.status().as_u16();
            assert!(matches!(status, 303 | 400 | 409 | 422), "{what} in {field}: {status}");
            if status == 303 {
                let (status, _) = buyer.page(&location(&response)).await;
                assert_eq!(status, 200, "{what} in {field}");
            }
        }
        assert_eq!(buyer.page("/reports?number=%00%F0%9F%98%80").await.0, 200, "{what}");
    }
    for report in bed.all().await {
        taken += 1;
        let page = officer.page(&format!("/officer/reports/{}", report.id)).await;
        assert!(!page.contains("<script>alert"), "{page}");
    }
    assert!(taken >= 5, "{taken} were taken");
    assert!(!officer.page("/officer/reports").await.contains("<script>alert"));
}

#[tokio::test]
async fn pages_behind_an_answer_have_no_violation_of_axe() {
    let Some(browser) = Browser::find() else { return };
    let bed = Bed::start().await;
    let buyer = bed.buyer(61);
    let more = vec![
        text("note", "瓶盖拧开有异响，酒液略浑，与上次购买的口感明显不同。"),
        text("wrong", "taste"),
        text("shop", "老街烟酒商行"),
        text("place", "鹿邑县真源大道中段"),
        text("contact", "13800138000"),
        photo(jpeg(&picture(600, 400), None)),
        photo(jpeg(&picture(300, 420), None)),
    ];
    let number = buyer.report(&bed.codes[2], more).await;
    let other = bed.buyer(62).report(&bed.codes[2], Vec::new()).await;
    let answer = buyer.scan(&bed.codes[3]).await.expect("a ticket");
    let note = location(&buyer.post("/note", &answer).await);
    let note = note.split('?').next().expect("a path").to_owned();
    let pages = both(&[
        ("buyer_answer", format!("/{}", bed.codes[3])),
        ("buyer_report", format!("POST/report?ticket={answer}")),
        ("buyer_state", format!("/reports/{number}")),
        ("buyer_ask", "/reports".to_owned()),
        ("buyer_note", note),
        ("buyer_verify", "/v".to_owned()),
        ("buyer_no_note", "/v/AAAAAAAAAAAAAAAAAAAA".to_owned()),
        ("buyer_privacy", "/privacy".to_owned()),
    ]);
    browser.look(&bed.bed.base, Some(&buyer.cookie()), &pages).await;
    let officer = bed.officer().await;
    let [id, other] = [bed.report(&number).await.id, bed.report(&other).await.id];
    officer.post(&format!("/officer/reports/{other}/case"), &[("case", "new")]).await;
    let pages = both(&[
        ("officer_reports", "/officer/reports".to_owned()),
        ("officer_report", format!("/officer/reports/{id}")),
        ("officer_report_in_case", format!("/officer/reports/{other}")),
    ]);
    browser.look(&bed.bed.base, Some(&officer.cookie()), &pages).await;
}
