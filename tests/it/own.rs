//! Serials that a maker made itself: in by file, asked for by every road, judged
//! by history alone.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::base::{By, Clock, LedgerError, clock::SystemClock, ids};
use zhenma::code::{Layer, Payload, compact_text, sign_compact};
use zhenma::keys::{KeyDir, KeyNumber, SoftSigner};
use zhenma::registry::own::import::{Written, prepare};
use zhenma::registry::own::port::{ImportState, OwnLedger, OwnSerials};
use zhenma::registry::own::sort::Entry;
use zhenma::registry::port::RegistryLedger;
use zhenma::registry::service::Scope;
use zhenma::scan::service::Scanner;

use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed, THEIRS, location};

const THEIR_GTIN: &str = "06900000002018";

/// Sends a list and waits until it is over.
async fn import(bed: &StaffBed, who: &str, gtin: &str, more: &str, file: &str) -> Value {
    let path = format!(
        "/api/v1/own-imports?product={gtin}&lot=OLD1&made_on=2019-05-01&on_sale=true{more}"
    );
    let request = bed.program(who, Method::POST, &path).body(file.to_owned());
    let (status, begun) = bed.send(request).await;
    assert_eq!(status, 202, "{begun}");
    let path = format!("/api/v1/own-imports/{}", begun["id"].as_str().expect("an id"));
    eventually("a list is over", || async {
        let state = bed.get(who, &path).await["state"].clone();
        state == "done" || state == "failed"
    })
    .await;
    let over = bed.get(who, &path).await;
    if let Some(batch) = over["batch"].as_str() {
        let path = format!("/api/v1/batches/{batch}");
        let count = over["serials_done"].clone();
        eventually("servers know the batch", || async {
            bed.get(who, &path).await["on_sale"] == count
        })
        .await;
    }
    over
}

/// The answer to a buyer's GET, in a network of its own.
async fn get(bed: &StaffBed, path: &str, network: u8) -> Value {
    let request = bed
        .ask(Method::GET, path)
        .header("accept", "application/json")
        .header("x-forwarded-for", format!("203.0.{network}.9"));
    let (status, answer) = bed.send(request).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

async fn post(bed: &StaffBed, code: &str, network: u8) -> (u16, Value) {
    let request = bed
        .ask(Method::POST, "/api/v1/scans")
        .header("x-forwarded-for", format!("203.0.{network}.9"))
        .json(&json!({"code": code, "device": format!("phone {network}")}));
    bed.send(request).await
}

fn reasons(answer: &Value) -> Vec<&str> {
    let list = answer["reasons"].as_array().expect("reasons");
    list.iter().map(|reason| reason["code"].as_str().expect("a slug")).collect()
}

#[tokio::test]
async fn a_list_is_asked_for_by_every_road_and_is_never_called_valid() {
    let bed = StaffBed::start().await;
    let url = "&url=https%3A%2F%2Fold.example.cn%2Fq%3Fc%3D%7Bserial%7D";
    let done = import(&bed, "planner", OUR_GTIN, url, "SH-0001\nSH-0002\nSH-0003\nSH-0004\n").await;
    assert_eq!((&done["state"], &done["serials_done"]), (&json!("done"), &json!(4)), "{done}");
    assert_eq!(done["batch"], "16777215-1");

    for (kind, line) in [
        ("own-serials", "16777215-1,0,SH0001"),
        ("own-imports", "https://old.example.cn/q?c={serial},planner,"),
    ] {
        let path = format!("/api/v1/exports/{kind}?format=csv");
        let file = bed.program("viewer", Method::GET, &path).send().await.expect("an answer");
        let file = file.text().await.expect("a file");
        assert!(file.contains(line), "{file}");
    }
    let first = get(&bed, &format!("/own/{OURS}/SH-0001"), 1).await;
    assert_eq!(first["outcome"], "cannot_confirm", "{first}");
    assert_eq!(reasons(&first), ["no_signature", "first_scan"]);
    assert_eq!((&first["assurance"], &first["serial"]), (&json!("history_only"), &json!("SH0001")));
    assert_eq!((&first["batch"]["lot"], &first["recorded"]), (&json!("OLD1"), &json!(true)));

    for (n, code) in (2..).zip([
        "sh0001".to_owned(),
        "ＳＨ ００ ０１".to_owned(),
        "http://old.example.cn/q?c=SH0001&from=wx".to_owned(),
        format!("{}/own/{OURS}/SH0001", bed.base),
        format!("{}/01/{OUR_GTIN}/21/SH0001", bed.base),
        format!("{}/01/{OUR_GTIN}/10/OLD1/21/SH0001", bed.base),
    ]) {
        let (status, answer) = post(&bed, &code, n).await;
        assert_eq!(
            (status, &answer["outcome"]),
            (200, &json!("cannot_confirm")),
            "{code}: {answer}"
        );
        assert_eq!(answer["assurance"], "history_only", "{code}: {answer}");
        assert_eq!(answer["scans"]["count"], n, "{code}");
        assert!(reasons(&answer).contains(&"no_signature"));
    }
    let gs1 = get(&bed, &format!("/01/{OUR_GTIN}/21/SH0002"), 9).await;
    assert_eq!(reasons(&gs1), ["no_signature", "first_scan"]);

    let missing = get(&bed, &format!("/own/{OURS}/SH9999"), 1).await;
    assert_eq!(
        (&missing["outcome"], reasons(&missing)),
        (&json!("not_genuine"), vec!["not_listed"])
    );
    assert_eq!((&missing["assurance"], &missing["product"]), (&json!("none"), &Value::Null));
    let nobodys = get(&bed, "/own/91411628MA9DEM036N/SH0001", 1).await;
    assert_eq!(reasons(&nobodys), ["unknown_key"]);
    let other_product = get(&bed, &format!("/01/{THEIR_GTIN}/21/SH0001"), 1).await;
    assert_eq!(other_product["outcome"], "not_genuine", "{other_product}");

    let typed = bed.ask(Method::GET, "/check?code=sh%200003&lang=en").send().await.expect("it");
    assert_eq!(location(&typed), format!("/own/{OURS}/SH0003?lang=en"));
    let page = bed
        .ask(Method::GET, &format!("/own/{OURS}/SH0003"))
        .header("accept", "text/html")
        .header("user-agent", "Mozilla/5.0 (Linux; Android 13) Chrome/86 Mobile");
    let page = page.send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("没有数字签名，别人可以照抄或编造"), "{page}");
    assert!(page.contains("编号在册") && !page.contains("标签有效") && page.contains("SH0003"));
}

#[tokio::test]
async fn an_own_batch_is_a_batch_like_others_but_for_orders() {
    let bed = StaffBed::start().await;
    let batch = import(&bed, "planner", OUR_GTIN, "", "serial,box\nA1,1\nA2,1\nA3,2\n").await;
    let batch = batch["batch"].as_str().expect("a batch").to_owned();
    let order = json!({"order_key": "k", "batch": batch, "format": "csv"});
    let place = bed.program("member", Method::POST, "/api/v1/orders").json(&order);
    let (status, said) = bed.send(place).await;
    assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("batch")), "{said}");

    let mark = json!({"state": "void", "first": 1, "last": 1,
        "reason": {"zh": "标签作废", "en": "void"}});
    bed.made("quality", &format!("/api/v1/batches/{batch}/ranges"), &mark).await;
    let void = get(&bed, &format!("/own/{OURS}/A2"), 1).await;
    assert_eq!(
        (&void["outcome"], reasons(&void)),
        (&json!("withdrawn"), vec!["void", "no_signature"])
    );

    let path = format!("/api/v1/batches/{batch}/own-serials?first=1");
    let listed = bed.get("viewer", &path).await;
    assert_eq!(listed, json!([{"number": 1, "serial": "A2"}, {"number": 2, "serial": "A3"}]));
    get(&bed, &format!("/own/{OURS}/A3"), 2).await;
    let officer = bed.person("officer").await;
    let found = officer.post("/officer/codes", &[("code", "a-3")]).await;
    let page = officer.page(&location(&found)).await;
    assert!(page.contains("A3") && page.contains("没有数字签名"), "{page}");
}

#[tokio::test]
async fn what_stands_twice_is_named_by_line_and_nothing_is_half_done() {
    let bed = StaffBed::start().await;
    let twice = import(&bed, "planner", OUR_GTIN, "", "A1\nA2\na-1\n?\n").await;
    assert_eq!(twice["state"], "failed");
    assert_eq!(twice["faults"][0]["line"], 4, "a broken line comes first: {twice}");
    let twice = import(&bed, "planner", OUR_GTIN, "", "A1\nA2\na-1\n").await;
    assert_eq!(
        (&twice["faults"][0]["line"], twice["faults"].as_array().map(Vec::len)),
        (&json!(3), Some(1))
    );
    let first = import(&bed, "planner", OUR_GTIN, "", "A1\nA2\n").await;
    assert_eq!(first["state"], "done", "nothing of the others stands in the way: {first}");
    let again = import(&bed, "planner", OUR_GTIN, "", "B1\nB2\nA2\n").await;
    assert_eq!(
        (&again["state"], &again["faults"][0]["line"]),
        (&json!("failed"), &json!(3)),
        "{again}"
    );
    let found = bed.parts.ledger.find_serials(&[(1, "B1"), (1, "A2")]).await.expect("a read");
    assert!(found[0].is_none() && found[1].is_some(), "{found:?}");
    let exact = import_begins(&bed, "&case=exact").await;
    assert_eq!((exact.0, &exact.1["errors"][0]["field"]), (422, &json!("case")), "{exact:?}");
    let ours = import_begins(&bed, &format!("&url={}/%7Bserial%7D", bed.base)).await;
    assert_eq!((ours.0, &ours.1["errors"][0]["field"]), (422, &json!("url")), "{ours:?}");
}

async fn import_begins(bed: &StaffBed, more: &str) -> (u16, Value) {
    let path = format!("/api/v1/own-imports?product={OUR_GTIN}&lot=L&made_on=2019-05-01{more}");
    bed.send(bed.program("planner", Method::POST, &path).body("Z1")).await
}

#[tokio::test]
async fn a_serial_of_two_makers_asks_which_and_never_guesses() {
    let bed = StaffBed::start().await;
    import(&bed, "planner", OUR_GTIN, "", "1000001\n1000002\n").await;
    import(&bed, "stranger", THEIR_GTIN, "&case=exact", "1000001\nab\n").await;
    let (_, both) = post(&bed, "1000001", 1).await;
    assert_eq!(
        (&both["outcome"], reasons(&both)),
        (&json!("cannot_confirm"), vec!["several_makers"])
    );
    let makers = both["makers"].as_array().expect("makers");
    let paths: Vec<_> = makers.iter().map(|maker| maker["path"].as_str().expect("it")).collect();
    assert_eq!(paths, [format!("/own/{OURS}/1000001"), format!("/own/{THEIRS}/1000001")]);
    assert_eq!(both["recorded"], false, "no history was touched");
    let theirs = get(&bed, paths[1], 2).await;
    assert_eq!(theirs["product"]["enterprise"]["en"], "Zhiyuan");
    let (_, one) = post(&bed, "1000002", 3).await;
    assert_eq!(one["product"]["enterprise"]["en"], "Song He");
    let (_, exact) = post(&bed, "AB", 4).await;
    assert_eq!(reasons(&exact), ["malformed"], "their letters differ by case: {exact}");
    assert_eq!(
        bed.program("stranger", Method::GET, "/api/v1/batches/16777215-1")
            .send()
            .await
            .expect("it")
            .status(),
        404
    );
}

#[tokio::test]
async fn whoever_guesses_numbers_is_told_nothing_more_in_that_minute() {
    let bed = StaffBed::start().await;
    import(&bed, "planner", OUR_GTIN, "", "7000001\n").await;
    let mut told = Vec::new();
    for n in 0..70 {
        let (status, _) = post(&bed, &format!("{}", 8_000_000 + n), 77).await;
        told.push(status);
    }
    assert!(told[..30].iter().all(|status| *status == 200), "{told:?}");
    assert!(told.contains(&429), "{told:?}");
    // Within the minute, or two of it, whatever the clock did between.
    if told.last() == Some(&429) {
        let (hit, _) = post(&bed, "7000001", 77).await;
        let (elsewhere, _) = post(&bed, "7000001", 78).await;
        assert_eq!((hit, elsewhere), (429, 200), "a hit is not told from a miss");
    }
}

#[tokio::test]
async fn no_signature_reaches_an_own_batch_and_no_key_takes_its_number() {
    let bed = StaffBed::start().await;
    import(&bed, "planner", OUR_GTIN, "", "A1\n").await;
    let register = bed.parts.scanner.register.load_full();
    let id = "16777215-1".parse().expect("a name");
    let payload = register.batches[&id].payload(0);
    let signer = SoftSigner::from_seed(KeyNumber::OWN, &[9; 32]);
    let keys = KeyDir::at(&bed.parts.settings.keys);
    keys.publish(&signer, "宋河", SystemClock.now()).expect("a key set may hold any number");
    let mut ring = (**bed.parts.scanner.keys.load()).clone();
    for key in keys.keyring().expect("keys").iter() {
        ring.insert(key.clone());
    }
    bed.parts.scanner.keys.store(std::sync::Arc::new(ring));
    let code = compact_text(payload, &sign_compact(&signer, payload).expect("signed"));
    for text in [code, payload.serial_text()] {
        let (_, answer) = post(&bed, &text, 5).await;
        assert_eq!(
            (&answer["outcome"], reasons(&answer)),
            (&json!("not_genuine"), vec!["unknown_key"]),
            "{text}"
        );
    }
    assert_eq!(payload.layer, Layer::Outer);
    assert!(Payload::from_bytes(payload.to_bytes()).is_ok());
    let taken =
        keys.new_key(Some(KeyNumber::OWN), "宋河", "a passphrase of words", SystemClock.now());
    assert!(taken.is_err());
}

#[tokio::test]
async fn what_a_killed_run_left_is_taken_away_and_is_never_found() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    let now = SystemClock.now();
    let written = Written {
        product: OUR_GTIN.into(),
        lot: "L9".into(),
        made_on: "2019-05-01".into(),
        ..Written::default()
    };
    let new = prepare(ledger, &Scope::All, &written, &[], (ids::new_id(now), false))
        .await
        .expect("sound");
    // Its lease is over before the worker looks next.
    let import =
        ledger.begin_import(&new, now.plus_ms(60_000), &By::shell(now)).await.expect("begun");
    let entries: Vec<_> =
        (0..3).map(|n| Entry { serial: format!("K{n}"), number: n, line: n + 1 }).collect();
    ledger.put_serials(&import, &entries, now.plus_ms(60_000)).await.expect("kept");
    let page = [(0, "K0\nK1\nK2".to_owned())];
    ledger.put_pages(&import, &page, now.plus_ms(-1)).await.expect("kept");
    assert_eq!(ledger.find_serials(&[(import.maker, "K1")]).await.expect("a read"), [None]);
    eventually("the worker took it away", || async {
        ledger.import(import.id).await.expect("it").state == ImportState::Failed
    })
    .await;
    let late = ledger.put_serials(&import, &entries, now).await;
    assert!(matches!(late, Err(LedgerError::Conflict(_))), "{late:?}");
    let again = self::import(&bed, "planner", OUR_GTIN, "", "K1\nK2\n").await;
    assert_eq!(again["state"], "done", "{again}");
    assert_eq!(ledger.batches(None, 10).await.expect("batches").len(), 1);
}

/// A ledger that is away.
struct Away;

#[async_trait::async_trait]
impl OwnSerials for Away {
    async fn find_serials(
        &self,
        _: &[(i64, &str)],
    ) -> Result<Vec<Option<(zhenma::registry::BatchRef, u64)>>, LedgerError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_answer_about_the_label() {
    let bed = StaffBed::start().await;
    import(&bed, "planner", OUR_GTIN, "", "A1\n").await;
    let scanner = Scanner { own: std::sync::Arc::new(Away), ..bed.parts.scanner.clone() };
    let question = zhenma::scan::service::Question {
        named: scanner.name("A1").await,
        scan_id: ids::new_id(SystemClock.now()),
        device: zhenma::scan::service::Device::Claimed("x".to_owned()),
        address: None,
        location: None,
        channel: zhenma::scan::Channel::Consumer,
        record: true,
        at: SystemClock.now(),
    };
    let answer = scanner.answer(question).await;
    assert_eq!(answer.verdict.outcome, zhenma::scan::Outcome::CannotConfirm);
    assert_eq!(answer.verdict.reasons[0].slug(), "list_unavailable");
}

#[tokio::test]
async fn a_planner_imports_at_the_console_and_sees_what_became_of_it() {
    let bed = StaffBed::start().await;
    let planner = bed.person("planner").await;
    assert!(planner.page("/enterprise/own").await.contains("还没有导入过名单"));
    let send = |url: &str, file: &str| {
        let field = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let typed = [("product", OUR_GTIN), ("lot", "OLD1"), ("made_on", "2019-05-01")];
        let mut body: String = typed.iter().map(|(name, value)| field(name, value)).collect();
        body += &field("url", url);
        body += &field("on_sale", "1");
        body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"list.txt\"\r\n";
        body += &format!("Content-Type: text/plain\r\n\r\n{file}\r\n--b--\r\n");
        let request = planner.ask(Method::POST, "/enterprise/own");
        request.header("content-type", "multipart/form-data; boundary=b").body(body).send()
    };
    let wrong = send("https://old.example.cn/", "A1\n").await.expect("an answer");
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().await.expect("text").contains("编号的位置写 {serial}"));
    let sent = send("", "A1\nA2\n").await.expect("an answer");
    let path = location(&sent);
    eventually("it is in", || async { planner.page(&path).await.contains("已导入") }).await;
    let page = planner.page(&path).await;
    assert!(
        page.contains("/enterprise/batches/16777215-1") && !page.contains("http-equiv"),
        "{page}"
    );
    let sent = send("", "A1\nB?\n").await.expect("an answer");
    let path = location(&sent);
    eventually("it came to nothing", || async {
        planner.page(&path).await.contains("没有导入")
    })
    .await;
    assert!(planner.page(&path).await.contains("第2行"));
    let viewer = bed.person("viewer").await;
    assert!(!viewer.page("/enterprise/own").await.contains("<form class=\"card\""));
}

#[tokio::test]
async fn pages_of_own_serials_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let planner = bed.person("planner").await;
    let none = both(&[("own_none", "/enterprise/own".to_owned())]);
    browser.look(&bed.base, Some(&planner.cookie()), &none).await;
    let ours = import(&bed, "planner", OUR_GTIN, "", "1000001\n1000002\n1000003\n1000004\n").await;
    let batch = ours["batch"].as_str().expect("a batch");
    import(&bed, "stranger", THEIR_GTIN, "", "1000001\n").await;
    let failed = import(&bed, "planner", OUR_GTIN, "", "1000002\n1000003\n2000000\n").await;
    get(&bed, &format!("/own/{OURS}/1000003"), 1).await;
    let void = json!({"state": "void", "first": 3, "last": 3,
        "reason": {"zh": "标签遗失作废", "en": "lost and void"}});
    bed.made("quality", &format!("/api/v1/batches/{batch}/ranges"), &void).await;
    let list =
        |import: &Value| format!("/enterprise/own/{}", import["id"].as_str().expect("an id"));
    let console = both(&[
        ("own_lists", "/enterprise/own".to_owned()),
        ("own_list", list(&ours)),
        ("own_failed", list(&failed)),
        ("own_batch", format!("/enterprise/batches/{batch}")),
        ("own_home", "/enterprise/".to_owned()),
    ]);
    browser.look(&bed.base, Some(&planner.cookie()), &console).await;
    let buyers = both(&[
        ("own_first", format!("/own/{OURS}/1000002")),
        ("own_seen", format!("/own/{OURS}/1000003")),
        ("own_void", format!("/own/{OURS}/1000004")),
        ("own_unlisted", format!("/own/{OURS}/9999999")),
        ("own_several", "/check?code=1000001".to_owned()),
    ]);
    // One phone asks no more than thirty times a minute, and a page is looked at four times.
    for few in buyers.chunks(5) {
        browser.look(&bed.base, None, few).await;
    }
}
