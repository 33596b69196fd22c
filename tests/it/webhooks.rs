//! Webhooks, delivered by a real worker to real servers that behave badly.

mod alarms;
mod killed;
pub mod target;
mod tls;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::auth::port::TrailLedger;
use zhenma::auth::trail::Wanted;
use zhenma::base::{By, Clock, UnixMs, clock::SystemClock};
use zhenma::cases::block::BlockLedger;
use zhenma::hooks::port::{AtOnce, HookLedger};
use zhenma::hooks::{Attempt, DeliveryState, Kind, Trouble, Why};
use zhenma::registry::Uscc;

use crate::faults::load::eventually;
use crate::need;
use crate::staff_bed::{OURS, StaffBed, THEIRS};
use target::{Answer, Received, Target};

/// An installation whose operator allows webhooks to this machine.
async fn allowing() -> StaffBed {
    StaffBed::start_with(|settings| {
        settings.webhook_allow = vec!["127.0.0.0/8".to_owned().try_into().expect("a network")];
    })
    .await
}

/// Adds an endpoint and gives its id and its secret.
pub async fn add(bed: &StaffBed, url: &str) -> (String, String) {
    let body = json!({"url": url, "events": Kind::CHOSEN.map(Kind::slug)});
    let made = bed.made("member", "/api/v1/webhooks", &body).await;
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    (text("id"), text("secret"))
}

pub async fn test(bed: &StaffBed, id: &str) {
    let owner = bed.person("member").await;
    let sent = owner.post(&format!("/enterprise/webhooks/{id}/test"), &[]).await;
    assert_eq!(sent.status(), 303);
}

async fn deliveries(bed: &StaffBed, id: &str) -> Vec<Value> {
    let found = bed.get("member", &format!("/api/v1/webhooks/{id}/deliveries")).await;
    found.as_array().expect("a list").clone()
}

/// Waits for the first attempt of the only delivery, and gives it.
pub async fn attempted(bed: &StaffBed, id: &str) -> Value {
    eventually("an attempt was made", || async {
        deliveries(bed, id).await.first().is_some_and(|d| d["attempts"] != 0)
    })
    .await;
    deliveries(bed, id).await.remove(0)
}

fn uscc() -> Uscc {
    Uscc::parse(OURS).expect("a code")
}

#[tokio::test]
async fn what_happens_is_told_once_with_serials_and_a_signature() {
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(204)).await;
    let (id, _) = add(&bed, &target.url("/in?k=1")).await;
    let batch = bed.batch(40).await;
    let code = bed.codes(&batch).await.swap_remove(3);
    crate::consoles::copied(&bed, &code).await;
    let serial = zhenma::code::read(&code).expect("a code").payload.serial_text();
    let kinds = || async {
        let mut kinds: Vec<_> = target.received().iter().map(|r| r.kind()).collect();
        kinds.sort();
        kinds
    };
    eventually("the flag is told", || async { kinds().await == ["flag.opened", "order.done"] })
        .await;
    let officer = bed.person("officer").await;
    let found = [("decision", "copied"), ("note", "查获三箱同码")];
    officer.post(&format!("/officer/codes/{serial}/decide"), &found).await;
    let ranges = format!("/api/v1/batches/{batch}/ranges");
    let recall = json!({"first": 0, "last": 9, "state": "recalled",
        "reason": {"zh": "瓶盖渗漏", "en": "leaking caps"}});
    let recalled = bed.made("administrator", &ranges, &recall).await;
    let lift = format!("{ranges}/{}", recalled["id"].as_str().expect("an id"));
    bed.send(bed.program("administrator", Method::DELETE, &lift)).await;
    let all = ["flag.decided", "flag.opened", "order.done", "recall.approved", "recall.lifted"];
    eventually("all of it is told", || async { kinds().await == all }).await;
    eventually("all of it is kept as delivered", || async {
        deliveries(&bed, &id).await.iter().all(|d| d["state"] == "done")
    })
    .await;
    assert_eq!(deliveries(&bed, &id).await.len(), 5);
    for received in target.received() {
        assert_eq!(received.path, "/in?k=1");
        assert!(!received.body.contains(&code), "a full code was told: {}", received.body);
    }
    let opened = target.received().into_iter().find(|r| r.kind() == "flag.opened");
    let opened = opened.expect("told").json();
    assert_eq!(
        (&opened["data"]["serial"], &opened["data"]["batch"]),
        (&json!(serial), &json!(batch))
    );
    let decided = target.received().into_iter().find(|r| r.kind() == "flag.decided");
    assert_eq!(decided.expect("told").json()["data"]["decision"], "copied");
}

#[tokio::test]
async fn an_office_that_takes_labels_off_sale_or_asks_about_one_tells_their_maker() {
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(204)).await;
    add(&bed, &target.url("/in")).await;
    let batch = bed.batch(3).await;
    let told = async |kind: &str| {
        let found = || target.received().into_iter().find(|received| received.kind() == kind);
        eventually("it is told", || async { found().is_some() }).await;
        found().expect("told").json()["data"].clone()
    };
    let block = crate::officer_cases::blocked(&bed, &batch).await;
    let data = told("labels.blocked").await;
    assert_eq!(data["block"], block.to_string());
    assert_eq!(data["ranges"], json!([{"batch": batch, "first": 2, "last": 2}]));
    assert_eq!(data["reason"]["zh"], "涉嫌假冒，正在核查");
    let member = bed.person("member").await;
    for page in ["/enterprise/overview".to_owned(), format!("/enterprise/batches/{batch}")] {
        let page = member.page(&page).await;
        assert!(page.contains("涉嫌假冒，正在核查") && page.contains("市场监管部门"), "{page}");
    }
    let stranger = bed.person("stranger").await.page("/enterprise/overview").await;
    assert!(!stranger.contains("涉嫌假冒"), "another's");
    let ledger = &bed.parts.ledger;
    let by = |login: &str| By { login: login.to_owned(), ..By::shell(SystemClock.now()) };
    let office = zhenma::auth::office::FIRST;
    ledger.ask_lift(office, block, "已查清", &by("officer")).await.expect("asked");
    ledger.decide_lift(office, block, true, &by("legal")).await.expect("lifted");
    assert_eq!(told("labels.unblocked").await["block"], block.to_string());
    assert!(!member.page("/enterprise/overview").await.contains("涉嫌假冒，正在核查"));

    let codes = bed.codes(&batch).await;
    let (file, inquiry) = crate::inquiries::asked(&bed, &codes[0]).await;
    let data = told("inquiry.opened").await;
    assert_eq!((&data["inquiry"], &data["labels"]), (&json!(inquiry), &json!(1)));
    let sent: String = target.received().into_iter().map(|received| received.body).collect();
    for secret in [&file.number, &codes[0], "张老板"] {
        assert!(!sent.contains(secret), "{secret}: {sent}");
    }
}

/// With node, and the reference library that `tests/run` installs.
fn verifies(received: &Received, secret: &str) -> bool {
    use std::io::Write;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/webhook.mjs");
    let mut node = std::process::Command::new("node")
        .arg(script)
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("node runs");
    let headers = json!({"webhook-id": received.header("webhook-id"),
        "webhook-timestamp": received.header("webhook-timestamp"),
        "webhook-signature": received.header("webhook-signature")});
    let told = json!({"secret": secret, "headers": headers, "body": received.body});
    let mut input = node.stdin.take().expect("its input");
    input.write_all(told.to_string().as_bytes()).expect("sent");
    drop(input);
    node.wait().expect("it ends").success()
}

#[tokio::test]
async fn the_reference_library_verifies_both_secrets_while_they_overlap() {
    if need::program("node").is_none() {
        return;
    }
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(200)).await;
    let (id, first) = add(&bed, &target.url("/")).await;
    test(&bed, &id).await;
    eventually("the test came", || async { target.received().len() == 1 }).await;
    let [received] = &target.received()[..] else { panic!("one") };
    assert_eq!(received.kind(), "webhook.test");
    assert_eq!(received.header("content-type"), "application/json");
    assert!(verifies(received, &first));
    let forged = Received { body: received.body.replace("test", "tset"), ..received.clone() };
    assert!(!verifies(&forged, &first));

    let owner = bed.person("member").await;
    let page = owner.post(&format!("/enterprise/webhooks/{id}/rotate"), &[]).await;
    let page = page.text().await.expect("text");
    let second =
        crate::consoles::between(&page, "<code class=\"secret\">", "<").replace("&#61;", "=");
    assert!(second.starts_with("whsec_") && second != first);
    test(&bed, &id).await;
    eventually("another came", || async { target.received().len() == 2 }).await;
    let received = target.received().remove(1);
    assert!(verifies(&received, &first) && verifies(&received, &second));
    // Shown once, and told nowhere.
    let page = owner.page(&format!("/enterprise/webhooks/{id}")).await;
    assert!(!page.contains("whsec_") && page.contains("旧密钥"));
    let trail = bed.parts.ledger.trail(&Wanted::default(), 0, 1_000).await.expect("rows");
    assert!(trail.iter().any(|row| row.action == "webhook.rotate"));
    assert!(trail.iter().all(|row| !row.after.contains("whsec")));
}

#[tokio::test]
async fn redirects_lead_nowhere_and_hostile_answers_hurt_nobody() {
    let bed = allowing().await;
    let inside = Target::start(|_| Answer::Status(200)).await;
    let there = inside.url("/secret");
    let redirects = Target::start(move |_| Answer::Redirect(there.clone())).await;
    let endless = Target::start(|_| Answer::Endless(10_000_000_000)).await;
    let head = Target::start(|_| Answer::EndlessHead).await;
    let noise = Target::start(|_| Answer::Noise).await;
    let hangs = Target::start(|_| Answer::Hang).await;
    let mut ids = Vec::new();
    let begun = Instant::now();
    for target in [&redirects, &endless, &head, &noise, &hangs] {
        let (id, _) = add(&bed, &target.url("/")).await;
        test(&bed, &id).await;
        ids.push(id);
    }
    let redirected = attempted(&bed, &ids[0]).await;
    assert_eq!(
        (&redirected["last_status"], &redirected["state"]),
        (&json!(302), &json!("pending"))
    );
    assert!(inside.received().is_empty(), "the redirect was followed");
    let endless_one = attempted(&bed, &ids[1]).await;
    assert_eq!((&endless_one["last_status"], &endless_one["state"]), (&json!(200), &json!("done")));
    assert!(endless.sent() < 64_000_000, "{} bytes of 10 GB were read", endless.sent());
    for id in &ids[2..4] {
        let attempt = attempted(&bed, id).await;
        assert_eq!(attempt["last_status"], Value::Null, "{attempt}");
        assert_eq!(attempt["state"], "pending");
    }
    // One that hangs holds up nobody, and is let go of.
    assert!(begun.elapsed() < Duration::from_secs(14), "the others waited");
    let hung = attempted(&bed, &ids[4]).await;
    assert_eq!(hung["last_trouble"], "time");
    assert!(hung["last_took_ms"].as_u64().expect("a number") < 17_000, "{hung}");
}

#[tokio::test]
async fn what_failed_comes_again_under_the_same_id() {
    let bed = allowing().await;
    let target = Target::start(|n| Answer::Status(if n == 0 { 500 } else { 200 })).await;
    let (id, _) = add(&bed, &target.url("/")).await;
    test(&bed, &id).await;
    let failed = attempted(&bed, &id).await;
    assert_eq!((&failed["last_status"], &failed["state"]), (&json!(500), &json!("pending")));
    assert!(!bed.get("member", "/api/v1/webhooks").await[0]["failing_since"].is_null());
    eventually("it was delivered after all", || async {
        deliveries(&bed, &id).await[0]["state"] == "done"
    })
    .await;
    assert!(bed.get("member", "/api/v1/webhooks").await[0]["failing_since"].is_null());
    // Replayed, one and all: the id stays, the instant is the attempt's.
    let event = deliveries(&bed, &id).await[0]["event"].clone();
    let path = format!("/api/v1/webhooks/{id}/replay");
    for (n, which) in
        [json!({"event": event}), json!({"since": "2026-01-01T00:00:00Z"})].into_iter().enumerate()
    {
        let (status, said) =
            bed.send(bed.program("member", Method::POST, &path).json(&which)).await;
        assert_eq!((status, &said["deliveries"]), (202, &json!(1)));
        eventually("it came again", || async { target.received().len() == n + 3 }).await;
        eventually("and is kept as delivered", || async {
            deliveries(&bed, &id).await[0]["state"] == "done"
        })
        .await;
    }
    let ids: Vec<_> = target.received().iter().map(|r| r.header("webhook-id").to_owned()).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && json!(id) == event), "{ids:?}");
    let later = json!({"since": "2100-01-01T00:00:00Z"});
    let (_, said) = bed.send(bed.program("member", Method::POST, &path).json(&later)).await;
    assert_eq!(said["deliveries"], 0);
}

#[tokio::test]
async fn nothing_within_the_operators_network_is_called_unless_it_is_allowed() {
    let bed = StaffBed::start().await;
    let target = Target::start(|_| Answer::Status(200)).await;
    let port = target.port();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let body = json!({"url": url, "events": ["order.done"]});
        let request = bed.program("member", Method::POST, "/api/v1/webhooks").json(&body);
        let (status, said) = bed.send(request).await;
        assert_eq!((status, &said["field"]), (422, &json!("url")), "{url}: {said}");
    }
    // A name, and a spelling of an address, show where they lead when they are resolved.
    for host in ["localhost", "0x7f.1", "2130706433"] {
        let (id, _) = add(&bed, &format!("https://{host}:{port}/")).await;
        test(&bed, &id).await;
        let attempt = attempted(&bed, &id).await;
        let trouble = attempt["last_trouble"].as_str().expect("a word");
        assert!(matches!(trouble, "address" | "name"), "{host}: {attempt}");
    }
    assert_eq!(target.connections(), 0, "somebody was called");
    // What was allowed once may not be any more.
    let bed = StaffBed::start_with(|settings| {
        settings.webhook_allow = vec!["10.0.0.0/8".to_owned().try_into().expect("a network")];
    })
    .await;
    let (id, _) = add(&bed, &format!("http://localhost:{port}/")).await;
    test(&bed, &id).await;
    assert_eq!(attempted(&bed, &id).await["last_trouble"], "address");
    assert_eq!(target.connections(), 0, "somebody was called");
}

/// As the courier has it.
const MOST: AtOnce = AtOnce { of_endpoint: 2, of_enterprise: 4 };

/// By the ledger alone, whose clock can be told anything.
#[tokio::test]
async fn many_slow_endpoints_of_one_enterprise_leave_the_others_their_calls() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    // Ahead of the worker of the bed, which has nothing of that time to do.
    let start = SystemClock.now().plus_ms(3_600_000);
    let begun = By::shell(start);
    for n in 0..3 {
        let (id, _) = add(&bed, &format!("https://erp.invalid/{n}")).await;
        let id: uuid::Uuid = id.parse().expect("an id");
        for _ in 0..2 {
            ledger.test_endpoint(&uscc(), id, &begun).await.expect("written");
        }
    }
    let body = json!({"url": "https://mes.invalid/", "events": ["order.done"]});
    let theirs = bed.made("stranger", "/api/v1/webhooks", &body).await;
    let theirs: uuid::Uuid = theirs["id"].as_str().expect("an id").parse().expect("an id");
    let stranger = Uscc::parse(THEIRS).expect("a code");
    let late = start.plus_ms(1_000);
    ledger.test_endpoint(&stranger, theirs, &By::shell(late)).await.expect("written");
    let take = || ledger.take_delivery(late, late.plus_ms(60_000), MOST);
    let mut taken = Vec::new();
    while let Some(due) = take().await.expect("asked") {
        taken.push(due);
    }
    let (ours, others): (Vec<_>, Vec<_>) =
        taken.iter().partition(|due| due.endpoint.enterprise == OURS);
    assert_eq!((ours.len(), others.len()), (4, 1), "four of six, and the one that came last");
    // What is done makes room.
    let done = Attempt { at: late, took_ms: 5, status: Some(200), trouble: None };
    let by = By::worker(late);
    ledger.note_attempt(ours[0], &done, &ours[0].next(&done, 0), &by).await.expect("kept");
    assert_eq!(take().await.expect("asked").expect("one is due").endpoint.enterprise, OURS);
    assert!(take().await.expect("asked").is_none());
}

/// By the ledger alone, whose clock can be told anything.
#[tokio::test]
async fn a_lease_keeps_a_second_worker_away_and_days_of_failure_end_an_endpoint() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    let (id, _) = add(&bed, "https://erp.invalid/").await;
    let id: uuid::Uuid = id.parse().expect("an id");
    // Ahead of the worker of the bed, which has nothing of that time to do.
    let start = SystemClock.now().plus_ms(3_600_000);
    for _ in 0..3 {
        ledger.test_endpoint(&uscc(), id, &By::shell(start)).await.expect("written");
    }
    let take = |at: UnixMs| ledger.take_delivery(at, at.plus_ms(60_000), MOST);
    let first = take(start).await.expect("asked").expect("one is due");
    let second = take(start).await.expect("asked").expect("another is due");
    assert_ne!(first.event, second.event);
    assert!(take(start).await.expect("asked").is_none(), "two at once of one endpoint");
    // A worker that died holds it no longer than its lease.
    let later = start.plus_ms(60_001);
    let again = take(later).await.expect("asked").expect("its lease has ended");
    // The one that was late changes nothing.
    let fails = |at| Attempt { at, took_ms: 5, status: Some(500), trouble: Some(Trouble::Status) };
    let by = By::worker(later);
    for late in [&first, &second].into_iter().filter(|d| d.event == again.event) {
        let next = late.next(&fails(later), 0);
        ledger.note_attempt(late, &fails(later), &next, &by).await.expect("kept");
    }
    let mut due = again;
    let mut at = later;
    let mut tries = 0;
    let ended = loop {
        let next = due.next(&fails(at), 0);
        ledger.note_attempt(&due, &fails(at), &next, &By::worker(at)).await.expect("kept");
        tries += 1;
        if next.state == DeliveryState::Failed || next.end.is_some() {
            break next;
        }
        at = next.at;
        // Others of the endpoint wait too; this one is asked for by its event.
        due = loop {
            let taken = take(at).await.expect("asked").expect("one is due");
            if taken.event == due.event {
                break taken;
            }
            let gone = Attempt { trouble: None, status: Some(200), ..fails(at) };
            let done = taken.next(&gone, 0);
            let unheard = zhenma::hooks::Next { state: DeliveryState::Failed, ..done };
            ledger.note_attempt(&taken, &fails(at), &unheard, &By::worker(at)).await.expect("kept");
        };
    };
    assert_eq!((tries, ended.end), (10, Some(Why::Failing)));
    let endpoint = ledger.endpoint(&uscc(), id).await.expect("there");
    assert_eq!(endpoint.ended.expect("it ended").why, Why::Failing);
    let owner = bed.person("member").await;
    let page = owner.page(&format!("/enterprise/webhooks/{id}")).await;
    assert!(page.contains("已自动停用"), "{page}");
    let wanted = Wanted { action: Some("webhook.disable".to_owned()), ..Wanted::default() };
    let told = ledger.trail(&wanted, 0, 10).await.expect("rows");
    assert_eq!((told.len(), told[0].login.as_str()), (1, "worker"));
    assert!(take(at.plus_ms(1)).await.expect("asked").is_none(), "it is called all the same");
    // What happens meanwhile waits, and goes out when it is enabled.
    ledger.enable_endpoint(&uscc(), id, &By::shell(at)).await.expect("enabled");
    ledger
        .replay(&uscc(), id, zhenma::hooks::port::Again::Since(start), &By::shell(at))
        .await
        .expect("asked");
    assert!(take(at.plus_ms(120_000)).await.expect("asked").is_some());
    // Old events are forgotten with their deliveries.
    let gone = ledger.forget_events(at.plus_ms(1), 2).await.expect("forgotten");
    assert_eq!(gone, 2);
    assert_eq!(ledger.forget_events(at.plus_ms(1), 10).await.expect("forgotten"), 1);
    assert!(ledger.deliveries(&uscc(), id, 10).await.expect("asked").is_empty());
}

#[tokio::test]
async fn the_console_says_what_is_wrong_and_another_maker_sees_nothing() {
    let bed = allowing().await;
    let owner = bed.person("member").await;
    let refused = owner.post("/enterprise/webhooks", &[("url", "erp")]).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.expect("text");
    assert!(page.contains("请填以 https:// 开头的完整网址") && page.contains("请至少选择一种通知"));
    let form = [("url", "https://mes.example.cn/in"), ("order.done", "on")];
    let added = owner.post("/enterprise/webhooks", &form).await;
    assert_eq!(added.status(), 200);
    let page = added.text().await.expect("text");
    assert!(page.contains("whsec_") && page.contains("只显示这一次"), "{page}");
    let id =
        bed.get("member", "/api/v1/webhooks").await[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/enterprise/webhooks/{id}");
    let wrong = owner.post(&format!("{path}/replay"), &[("since", "gestern")]).await;
    assert_eq!(wrong.status(), 422);
    for verb in ["disable", "enable"] {
        owner.post(&format!("{path}/{verb}"), &[]).await;
        let page = owner.page(&path).await;
        assert_eq!(page.contains("重新启用"), verb == "disable");
    }
    let stranger = bed.person("stranger").await;
    assert_eq!(stranger.get(&path).await.status(), 404);
    for verb in ["test", "rotate", "disable", "enable"] {
        assert_eq!(stranger.post(&format!("{path}/{verb}"), &[]).await.status(), 404, "{verb}");
    }
    assert!(!stranger.page("/enterprise/webhooks").await.contains("mes.example.cn"));
    // No more than may be in use.
    for n in 0..9 {
        add(&bed, &format!("https://erp.example.cn/{n}")).await;
    }
    let body = json!({"url": "https://erp.example.cn/", "events": ["order.done"]});
    let request = bed.program("member", Method::POST, "/api/v1/webhooks").json(&body);
    assert_eq!(bed.send(request).await.0, 422);
}

/// Somebody else at the file of the ledger, who makes writes to a table fail.
async fn spoiled(bed: &StaffBed, statement: &'static str) {
    use sqlx::{ConnectOptions, Connection};
    let path = zhenma::app::paths::ledger(&bed.parts.settings.data);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut file = options.connect().await.expect("the ledger opens");
    sqlx::query(statement).execute(&mut file).await.expect("done");
    file.close().await.expect("closed");
}

#[tokio::test]
async fn a_change_and_what_is_told_of_it_are_written_together_or_not_at_all() {
    let bed = allowing().await;
    let target = Target::start(|_| Answer::Status(200)).await;
    let (id, _) = add(&bed, &target.url("/")).await;
    let batch = bed.batch(5).await;
    let code = bed.codes(&batch).await.remove(0);
    eventually("the order is told", || async { target.received().len() == 1 }).await;
    let serial = zhenma::code::read(&code).expect("a code").payload.serial_text();
    let officer = bed.person("officer").await;
    let decide = || async {
        let found = [("decision", "copied"), ("note", "查获三箱同码")];
        let path = format!("/officer/codes/{serial}/decide");
        officer.post(&path, &found).await.status().as_u16()
    };
    for (begin, end) in [
        // The event cannot be written: the decision is not either.
        (
            "CREATE TRIGGER spoil BEFORE INSERT ON webhook_events BEGIN SELECT RAISE(ABORT, 'x'); END",
            "DROP TRIGGER spoil",
        ),
        // What comes after it fails: it goes too.
        (
            "CREATE TRIGGER spoil BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'x'); END",
            "DROP TRIGGER spoil",
        ),
    ] {
        spoiled(&bed, begin).await;
        assert_eq!(decide().await, 503);
        spoiled(&bed, end).await;
        let page = officer.page(&format!("/officer/codes/{serial}")).await;
        assert!(!page.contains("查获三箱同码"), "{page}");
        assert_eq!(deliveries(&bed, &id).await.len(), 1, "told of what did not happen");
    }
    assert_eq!(decide().await, 303);
    eventually("it is told", || async { target.received().len() == 2 }).await;
    assert_eq!(target.received()[1].kind(), "flag.decided");
}
