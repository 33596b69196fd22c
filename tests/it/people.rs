//! People and their accounts: invited, joined, with a second step; sessions,
//! links, keys; what guessing costs.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use zhenma::auth::api_key::{self, KeyLedger};
use zhenma::auth::credentials::CredentialLedger;
use zhenma::auth::link::{Link, Purpose};
use zhenma::auth::office::FIRST;
use zhenma::auth::people::{Newcomer, PeopleLedger, Reach, invite};
use zhenma::auth::port::AccountLedger;
use zhenma::auth::second_factor::Authenticator;
use zhenma::auth::session::{SessionLedger, field};
use zhenma::auth::{Duties, Role};
use zhenma::base::{By, Clock, UnixMs, clock::SystemClock};
use zhenma::store::sql::sessions::Sessions;

use crate::consoles::between;
use crate::staff_bed::{OURS, PASSWORD, Person, StaffBed, location};

const NEW_PASSWORD: &str = "another sentence, as long";

/// What can be named of an account that nobody else in a test needs.
pub struct Spare {
    pub session: String,
    pub key: String,
    pub token: String,
}

/// Makes the account `spare` of our maker, with a link and a key, and another
/// session of its owner.
pub async fn spare(bed: &StaffBed) -> Spare {
    let ledger = &bed.parts.ledger;
    let by = by("member");
    let role = member("viewer");
    let new = Newcomer { login: "spare".into(), name: "备用".into(), role, program: false };
    let token = invite(ledger, new, &by).await.expect("invited").expect("a link");
    let (login, label) = ("spare".to_owned(), "ERP".to_owned());
    let wanted = api_key::Wanted { login, label, scope: None, days: 30 };
    let own = Reach::Enterprise(OURS.to_owned());
    api_key::make(ledger, &own, wanted, &by).await.expect("made");
    let keys = ledger.api_keys(Some(OURS)).await.expect("listed");
    let key = keys.iter().find(|key| key.login == "spare").expect("its key");
    bed.person("member").await;
    let sessions = ledger.sessions("member", by.at).await.expect("listed");
    let session = sessions.last().expect("a session").id.clone();
    // A link that stays good: the account that the others are tried on is closed
    // by the one who may.
    let role = member("viewer");
    let new = Newcomer { login: "guest".into(), name: "来宾".into(), role, program: false };
    let guest = invite(ledger, new, &by).await.expect("invited").expect("a link");
    drop(token);
    Spare { session, key: api_key::id(key), token: guest }
}

fn by(login: &str) -> By {
    By { login: login.to_owned(), ..By::shell(SystemClock.now()) }
}

fn member(duties: &str) -> Role {
    let duties = Duties::parse(duties).expect("duties");
    Role::Member { enterprise: OURS.to_owned(), duties }
}

/// The path of a link that a page shows.
async fn shown_link(response: Response) -> String {
    assert_eq!(response.status(), 200);
    let page = response.text().await.expect("text");
    let url = between(&page, "<code class=\"shown\" tabindex=\"0\">", "</code>");
    let path = url.find("/join/").map(|at| &url[at..]);
    path.expect("a link").to_owned()
}

/// The code of an authenticator so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let bytes = totp_rs::Secret::try_from_base32(secret).expect("base32");
    let secret: [u8; 20] = bytes.as_bytes().try_into().expect("20 bytes");
    Authenticator::new(secret).code(SystemClock.now().plus_ms(steps * 30_000))
}

async fn sign_in(person: &mut Person<'_>, login: &str, password: &str) -> Response {
    let form = [("login", login), ("password", password)];
    let response = person.post("/enterprise/sign-in", &form).await;
    person.keep(&response);
    response
}

/// Turns the second step on and gives the secret and the recovery codes.
pub async fn enrol(person: &mut Person<'_>) -> (String, Vec<String>) {
    let page = person.get("/account/second-factor").await;
    person.keep(&page);
    let page = page.text().await.expect("text");
    let before = "<span class=\"serial\">";
    let secret = between(&page, before, "</span>").replace(' ', "");
    assert!(page.contains("<svg "), "there is no symbol");
    let again = person.page("/account/second-factor").await;
    assert_eq!(between(&again, before, "</span>").replace(' ', ""), secret, "another secret");
    let refused = person.post("/account/second-factor", &[("code", "000000x")]).await;
    assert_eq!(refused.status(), 422);
    // A browser that was left open is not enough to lock its owner out.
    for password in ["", "another sentence"] {
        let form = [("code", &*code(&secret, 0)), ("password", password)];
        let refused = person.post("/account/second-factor", &form).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.text().await.expect("text").contains("当前密码不对"));
    }
    let form = [("code", &*code(&secret, 0)), ("password", PASSWORD)];
    let shown = person.post("/account/second-factor", &form).await;
    assert_eq!(shown.status(), 200);
    let shown = shown.text().await.expect("text");
    let codes: Vec<_> = shown
        .match_indices("<li class=\"serial\">")
        .map(|(at, tag)| shown[at + tag.len()..at + tag.len() + 19].to_owned())
        .collect();
    assert_eq!(codes.len(), 10, "{shown}");
    (secret, codes)
}

/// Somebody who gave the password and not yet the code.
pub async fn halfway<'a>(bed: &'a StaffBed, login: &str) -> Person<'a> {
    let mut person = bed.person("anyone").await;
    assert_eq!(location(&sign_in(&mut person, login, PASSWORD).await), "/sign-in/code");
    person
}

#[tokio::test]
async fn somebody_is_invited_joins_sets_up_the_second_step_and_signs_in_with_it() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let fields = [("login", "wang.fang"), ("name", "王芳"), ("planner", "yes"), ("line", "yes")];
    let link = shown_link(owner.post("/enterprise/people", &fields).await).await;
    assert!(owner.page("/enterprise/people").await.contains("已邀请"));

    let mut wang = bed.person("anyone").await;
    for _ in 0..3 {
        // A messenger's preview, then the person.
        assert!(wang.page(&link).await.contains("wang.fang"), "looking uses it up");
    }
    let short = [("name", "王芳"), ("password", "short"), ("again", "short")];
    assert_eq!(wang.post(&link, &short).await.status(), 422);
    let differ = [("name", "王芳"), ("password", PASSWORD), ("again", NEW_PASSWORD)];
    assert_eq!(wang.post(&link, &differ).await.status(), 422);
    let chosen = [("name", "王芳芳"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(location(&wang.post(&link, &chosen).await), "/enterprise/sign-in");
    assert_eq!(wang.post(&link, &chosen).await.status(), 404, "a second time");
    assert_eq!(wang.get(&link).await.status(), 404);

    assert_eq!(location(&sign_in(&mut wang, "wang.fang", PASSWORD).await), "/enterprise/");
    let (secret, recovery) = enrol(&mut wang).await;
    let account = wang.page("/account/").await;
    assert!(account.contains("王芳芳") && account.contains("计划、产线"), "{account}");
    assert!(account.contains("<b>10</b>"), "{account}");

    let mut phone = bed.person("anyone").await;
    let to = location(&sign_in(&mut phone, "wang.fang", PASSWORD).await);
    assert_eq!(to, "/sign-in/code");
    for path in ["/enterprise/", "/account/", "/enterprise/order"] {
        let answer = phone.get(path).await;
        assert_eq!(location(&answer), "/enterprise/sign-in", "halfway opens {path}");
    }
    // The code that turned it on opens nothing more; the next one opens once.
    let used = code(&secret, 0);
    let next = code(&secret, 1);
    if used != next {
        assert_eq!(phone.post("/sign-in/code", &[("code", "000000")]).await.status(), 422);
    }
    let taken = phone.post("/sign-in/code", &[("code", &next)]).await;
    assert_eq!(location(&taken), "/enterprise/");
    phone.keep(&taken);
    assert_eq!(phone.get("/enterprise/").await.status(), 200);

    let mut thief = bed.person("anyone").await;
    sign_in(&mut thief, "wang.fang", PASSWORD).await;
    let replayed = thief.post("/sign-in/code", &[("code", &next)]).await;
    assert_eq!(replayed.status(), 422, "a code opened twice");
    assert_eq!(thief.get("/enterprise/").await.status(), 303);

    let lost = recovery[4].to_uppercase();
    let taken = thief.post("/sign-in/code", &[("code", &lost)]).await;
    assert_eq!(location(&taken), "/enterprise/");
    let mut again = bed.person("anyone").await;
    sign_in(&mut again, "wang.fang", PASSWORD).await;
    let refused = again.post("/sign-in/code", &[("code", &lost)]).await;
    assert_eq!(refused.status(), 422, "a recovery code opened twice");
    assert!(phone.page("/account/").await.contains("<b>9</b>"));
    let trail = actions(&bed, "wang.fang").await;
    for action in ["link.use", "second_factor.add", "recovery_code.use"] {
        assert!(trail.iter().any(|found| found == action), "{action}: {trail:?}");
    }
}

/// What the trail says that a login did.
async fn actions(bed: &StaffBed, login: &str) -> Vec<String> {
    let county = bed.person("administrator").await;
    let lines = county.page(&format!("/county/audit.jsonl?login={login}")).await;
    let action = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        row["action"].as_str().expect("text").to_owned()
    };
    lines.lines().map(action).collect()
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_a_new_password_ends_the_others() {
    let bed = StaffBed::start().await;
    let (desk, phone, elsewhere) =
        (bed.person("planner").await, bed.person("planner").await, bed.person("planner").await);
    let page = desk.page("/account/").await;
    assert_eq!(page.matches("/account/sessions/").count(), 3, "two to end, and all others");
    assert!(page.contains("127.0.0.0/24"), "{page}");
    let one = between(&page, "action=\"/account/sessions/", "/end\"").to_owned();
    let path = format!("/account/sessions/{one}/end");
    assert_eq!(bed.person("line").await.post(&path, &[]).await.status(), 404, "another's");
    assert_eq!(location(&desk.post(&path, &[]).await), "/account/?done=ended");
    assert_eq!(desk.post(&path, &[]).await.status(), 404, "it is over");
    let open = [phone.get("/enterprise/").await, elsewhere.get("/enterprise/").await];
    let open: Vec<_> = open.iter().map(|answer| answer.status().as_u16()).collect();
    assert!(open == [200, 303] || open == [303, 200], "{open:?}");

    let wrong = [("password", "not this sentence"), ("new", NEW_PASSWORD), ("again", NEW_PASSWORD)];
    let refused = desk.post("/account/password", &wrong).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("当前密码不对"));
    let changed = [("password", PASSWORD), ("new", NEW_PASSWORD), ("again", NEW_PASSWORD)];
    let done = desk.post("/account/password", &changed).await;
    assert_eq!(location(&done), "/account/?done=password");
    assert_eq!(desk.get("/enterprise/").await.status(), 200, "its own session goes on");
    assert_eq!(phone.get("/enterprise/").await.status(), 303);
    assert_eq!(elsewhere.get("/enterprise/").await.status(), 303);
    let mut anyone = bed.person("anyone").await;
    assert_eq!(sign_in(&mut anyone, "planner", PASSWORD).await.status(), 422);
    assert_eq!(sign_in(&mut anyone, "planner", NEW_PASSWORD).await.status(), 303);
    desk.post("/account/sessions/end", &[]).await;
    assert_eq!(anyone.get("/enterprise/").await.status(), 303);
}

#[tokio::test]
async fn an_owner_resets_a_password_and_a_lost_second_step() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let mut sales = bed.person("sales").await;
    enrol(&mut sales).await;
    let first = shown_link(owner.post("/enterprise/people/sales/link", &[]).await).await;
    let link = shown_link(owner.post("/enterprise/people/sales/link", &[]).await).await;
    let anyone = bed.person("anyone").await;
    assert_eq!(anyone.get(&first).await.status(), 404, "two links are good at once");
    assert!(!anyone.page(&link).await.contains("name=\"name\""), "a reset asks for the name");
    assert_eq!(sales.get("/enterprise/").await.status(), 200, "the link was not used yet");
    let chosen = [("password", NEW_PASSWORD), ("again", NEW_PASSWORD)];
    assert_eq!(location(&anyone.post(&link, &chosen).await), "/enterprise/sign-in");
    assert_eq!(sales.get("/enterprise/").await.status(), 303, "its sessions go on");
    let to = location(&sign_in(&mut sales, "sales", NEW_PASSWORD).await);
    assert_eq!(to, "/sign-in/code", "the second step went with the password");
    let removed = owner.post("/enterprise/people/sales/second-factor/remove", &[]).await;
    assert_eq!(location(&removed), "/enterprise/people/sales?done=removed");
    assert_eq!(location(&sign_in(&mut sales, "sales", NEW_PASSWORD).await), "/enterprise/");
    assert!(actions(&bed, "member").await.contains(&"second_factor.remove".to_owned()));
    // What is one's own asks for the password.
    let own = owner.post("/enterprise/people/member/second-factor/remove", &[]).await;
    assert_eq!(own.status(), 422);
    assert!(own.text().await.expect("text").contains("我的账号"));
}

#[tokio::test]
async fn a_link_ends_after_its_time_and_with_the_account() {
    let bed = StaffBed::start().await;
    let (ledger, anyone) = (&bed.parts.ledger, bed.person("anyone").await);
    let now = SystemClock.now();
    let long_ago = now.plus_ms(-3_600_001);
    for (made, status) in [(long_ago, 404), (now, 200)] {
        let (token, link) = Link::new("viewer", Purpose::Reset, made);
        ledger.add_link(&link, &by("member")).await.expect("added");
        assert_eq!(anyone.get(&format!("/join/{token}")).await.status(), status);
    }
    let (token, link) = Link::new("viewer", Purpose::Reset, now);
    ledger.add_link(&link, &by("member")).await.expect("added");
    ledger.set_open("viewer", false, &by("member")).await.expect("closed");
    ledger.set_open("viewer", true, &by("member")).await.expect("open again");
    assert_eq!(anyone.get(&format!("/join/{token}")).await.status(), 404);
    for nonsense in ["x", &"x".repeat(43), &"%00".repeat(43), &"长".repeat(200)] {
        assert_eq!(anyone.get(&format!("/join/{nonsense}")).await.status(), 404);
    }
}

#[tokio::test]
async fn duties_change_at_once_and_the_last_owner_stays() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let viewer = bed.person("viewer").await;
    assert_eq!(viewer.get("/enterprise/order").await.status(), 403);
    let done = owner.post("/enterprise/people/viewer/duties", &[("planner", "yes")]).await;
    assert_eq!(location(&done), "/enterprise/people/viewer?done=duties");
    assert_eq!(viewer.get("/enterprise/order").await.status(), 200);
    assert_eq!(owner.post("/enterprise/people/viewer/duties", &[]).await.status(), 422);

    let own = "/enterprise/people/member/duties";
    let refused = owner.post(own, &[("viewer", "yes")]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("最后一个能登录的负责人"));
    // Somebody who is invited, and could not sign in yet, does not count.
    let fields = [("login", "second"), ("name", "二号"), ("owner", "yes")];
    let link = shown_link(owner.post("/enterprise/people", &fields).await).await;
    assert_eq!(owner.post(own, &[("viewer", "yes")]).await.status(), 422);
    let chosen = [("name", "二号"), ("password", PASSWORD), ("again", PASSWORD)];
    bed.person("anyone").await.post(&link, &chosen).await;
    assert_eq!(location(&owner.post(own, &[("viewer", "yes")]).await), "/enterprise/");
    assert_eq!(owner.get("/enterprise/people").await.status(), 403);

    let mut second = bed.person("anyone").await;
    sign_in(&mut second, "second", PASSWORD).await;
    let close = second.post("/enterprise/people/viewer/close", &[]).await;
    assert_eq!(location(&close), "/enterprise/people/viewer?done=closed");
    assert_eq!(viewer.get("/enterprise/").await.status(), 303, "a closed account is in");
    let closed = bed.send(bed.program("viewer", Method::GET, "/api/v1/products")).await;
    assert_eq!(closed.0, 401, "its key is good");
    second.post("/enterprise/people/viewer/open", &[]).await;
    let old = bed.send(bed.program("viewer", Method::GET, "/api/v1/products")).await;
    assert_eq!(old.0, 401, "a key that ended with its account came back with it");
    // The county sees to it that an enterprise has somebody, too.
    let county = bed.person("administrator").await;
    assert_eq!(county.post("/county/people/second/close", &[]).await.status(), 422);
}

#[tokio::test]
async fn names_and_logins_that_mislead_are_refused_and_any_other_is_kept() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let endless = "x".repeat(10_000);
    for (login, name, says) in [
        ("ok.login", endless.as_str(), "请填1至80个字"),
        ("ok.login", "王\u{202e}芳", "请填1至80个字"),
        ("ok.login", "王\n芳", "请填1至80个字"),
        ("ok.login", " \u{200b} ", "请填1至80个字"),
        ("王芳", "王芳", "账号用3至64个"),
        ("a b c", "王芳", "账号用3至64个"),
        ("../../x", "王芳", "账号用3至64个"),
        ("officer", "王芳", "已经有人用了"),
    ] {
        let fields = [("login", login), ("name", name), ("viewer", "yes")];
        let refused = owner.post("/enterprise/people", &fields).await;
        assert_eq!(refused.status(), 422, "{login} {name:.20}");
        let page = refused.text().await.expect("text");
        assert!(page.contains(says), "{login} {name:.20}: {page:.2000}");
    }
    let none = [("login", "ok.login"), ("name", "王芳")];
    let refused = owner.post("/enterprise/people", &none).await;
    assert!(refused.text().await.expect("text").contains("请至少选择一项职责"));
    for (login, name) in
        [("emoji", "李 👨‍👩‍👧"), ("rtl", "محمد"), ("formula", "=1+1"), ("tag", "<b>王</b>")]
    {
        let fields = [("login", login), ("name", name), ("viewer", "yes")];
        let page = owner.post("/enterprise/people", &fields).await;
        assert_eq!(page.status(), 200, "{name}");
        assert!(!page.text().await.expect("text").contains("<b>王"), "a name is markup");
    }
    assert!(owner.page("/enterprise/people").await.contains("李 👨‍👩‍👧"));
}

/// The key that a page shows.
async fn shown_key(response: Response) -> String {
    assert_eq!(response.status(), 200);
    let page = response.text().await.expect("text");
    between(&page, "<code class=\"shown\" tabindex=\"0\">", "</code>").to_owned()
}

async fn by_key(bed: &StaffBed, key: &str, method: Method, path: &str) -> u16 {
    let request = bed.ask(method.clone(), path).bearer_auth(key);
    let request = if method == Method::POST { request.json(&json!({})) } else { request };
    bed.send(request).await.0
}

#[tokio::test]
async fn a_key_of_a_program_does_what_its_scope_says_and_is_replaced_with_an_overlap() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let program = [
        ("login", "erp"),
        ("name", "ERP"),
        ("planner", "yes"),
        ("line", "yes"),
        ("program", "yes"),
    ];
    let made = owner.post("/enterprise/people", &program).await;
    assert_eq!(location(&made), "/enterprise/keys");
    let mut anyone = bed.person("anyone").await;
    assert_eq!(sign_in(&mut anyone, "erp", "").await.status(), 422, "a program signs in");
    assert_eq!(owner.post("/enterprise/people/erp/link", &[]).await.status(), 422);

    for (days, label, says) in
        [("0", "ERP", "1至1100天"), ("x", "ERP", "1至1100天"), ("30", "", "用途")]
    {
        let fields = [("login", "erp"), ("label", label), ("days", days), ("password", PASSWORD)];
        let refused = owner.post("/enterprise/keys", &fields).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.text().await.expect("text").contains(says));
    }
    let open = [("login", "erp"), ("label", "ERP"), ("days", "30")];
    let refused = owner.post("/enterprise/keys", &open).await;
    assert_eq!(refused.status(), 422, "a browser left open gives a key away");
    assert!(refused.text().await.expect("text").contains("当前密码不对"));
    let theirs = [("login", "stranger"), ("label", "x"), ("days", "30"), ("password", PASSWORD)];
    assert_eq!(owner.post("/enterprise/keys", &theirs).await.status(), 404);

    let fields = [
        ("login", "erp"),
        ("label", "ERP 订单"),
        ("days", "30"),
        ("line", "yes"),
        ("password", PASSWORD),
    ];
    let key = shown_key(owner.post("/enterprise/keys", &fields).await).await;
    let (products, batches) = ("/api/v1/products", "/api/v1/batches");
    assert_eq!(by_key(&bed, &key, Method::GET, batches).await, 200);
    assert_eq!(by_key(&bed, &key, Method::POST, products).await, 403, "beyond its scope");
    let all = [("login", "erp"), ("label", "all"), ("days", "30"), ("password", PASSWORD)];
    let wide = shown_key(owner.post("/enterprise/keys", &all).await).await;
    assert_eq!(by_key(&bed, &wide, Method::POST, products).await, 422, "within the account's");

    let page = owner.page("/enterprise/keys").await;
    assert!(!page.contains(&key), "a key is shown again");
    let ledger = &bed.parts.ledger;
    let keys = ledger.api_keys(Some(OURS)).await.expect("listed");
    let old = keys.iter().find(|k| k.label == "ERP 订单").expect("its key").clone();
    assert!(old.last_used_at.is_some(), "its use was not noted");
    let path = format!("/enterprise/keys/{}", api_key::id(&old));
    let replace = format!("{path}/replace");
    let for_days = |days| [("overlap_days", days), ("password", PASSWORD)];
    assert_eq!(owner.post(&replace, &for_days("31")).await.status(), 422);
    assert_eq!(owner.post(&replace, &for_days("7")[..1]).await.status(), 422, "no password");
    let new = shown_key(owner.post(&replace, &for_days("7")).await).await;
    for key in [&key, &new] {
        assert_eq!(by_key(&bed, key, Method::GET, batches).await, 200, "both are good");
        assert_eq!(by_key(&bed, key, Method::POST, products).await, 403, "the scope stays");
    }
    let keys = ledger.api_keys(Some(OURS)).await.expect("listed");
    let ends = keys.iter().find(|k| k.hash == old.hash).expect("the old one").expires_at;
    let days = ends.since(SystemClock.now()) / 3_600_000;
    assert!((166..=168).contains(&days), "the old one ends in {days} h");
    assert_eq!(location(&owner.post(&format!("{path}/end"), &[]).await), "/enterprise/keys");
    assert_eq!(by_key(&bed, &key, Method::GET, batches).await, 401);
    assert_eq!(by_key(&bed, &new, Method::GET, batches).await, 200);
    assert_eq!(owner.post(&format!("{path}/end"), &[]).await.status(), 404, "it is over");
    // A duty that the account loses is lost to its keys.
    owner.post("/enterprise/people/erp/duties", &[("viewer", "yes")]).await;
    assert_eq!(by_key(&bed, &wide, Method::POST, products).await, 403);
}

#[tokio::test]
async fn a_crowd_that_guesses_is_slowed_and_the_owner_comes_in_from_the_own_browser() {
    let bed = StaffBed::start().await;
    let mut own = bed.person("planner").await;
    own.post("/enterprise/sign-out", &[]).await;
    let guess = async |network: usize| {
        let form = [("login", "planner"), ("password", "a guess that is wrong")];
        let request = bed
            .ask(Method::POST, "/enterprise/sign-in")
            .header("x-forwarded-for", format!("203.0.{network}.9"))
            .form(&form);
        request.send().await.expect("an answer").status().as_u16()
    };
    let mut told = Vec::new();
    for network in 0..40 {
        told.push(guess(network).await);
    }
    let guesses = told.iter().filter(|status| **status == 422).count();
    assert!((25..=31).contains(&guesses), "{guesses} guesses from 40 networks: {told:?}");
    assert_eq!(told.last(), Some(&429));
    // The right password from where nobody knows the browser waits with them.
    let mut stranger = bed.person("anyone").await;
    assert_eq!(sign_in(&mut stranger, "planner", PASSWORD).await.status(), 429);
    assert_eq!(sign_in(&mut own, "planner", PASSWORD).await.status(), 303);
    // Nor does its mark open another account's budget.
    assert_eq!(own.get("/enterprise/").await.status(), 200);
    assert_eq!(guess(41).await, 429);
}

#[tokio::test]
async fn codes_of_the_second_step_are_guessed_a_few_times_and_then_not() {
    let bed = StaffBed::start().await;
    let mut own = bed.person("quality").await;
    enrol(&mut own).await;
    let mut thief = bed.person("anyone").await;
    assert_eq!(location(&sign_in(&mut thief, "quality", PASSWORD).await), "/sign-in/code");
    let mut told = Vec::new();
    for n in 0..12 {
        let guess = format!("{n:06}");
        told.push(thief.post("/sign-in/code", &[("code", &guess)]).await.status().as_u16());
    }
    assert_eq!(told.iter().filter(|status| **status == 422).count(), 5, "{told:?}");
    assert_eq!(told.last(), Some(&429));
}

#[tokio::test]
async fn marks_that_are_older_than_the_second_step_guess_no_codes() {
    let bed = StaffBed::start().await;
    let mut own = bed.person("quality").await;
    // Who has the password and gathers marks, before its owner turns the step on.
    let mut thieves = [bed.person("anyone").await, bed.person("anyone").await];
    for thief in &mut thieves {
        let to = location(&sign_in(thief, "quality", PASSWORD).await);
        assert_eq!(to, "/enterprise/");
    }
    enrol(&mut own).await;
    let mut guesses = 0;
    for thief in &mut thieves {
        let to = location(&sign_in(thief, "quality", PASSWORD).await);
        assert_eq!(to, "/sign-in/code");
        for n in 0..8 {
            let guess = format!("{n:06}");
            let status = thief.post("/sign-in/code", &[("code", &guess)]).await.status();
            guesses += u32::from(status == 422);
        }
    }
    assert_eq!(guesses, 5, "each mark has guesses of its own");
}

#[tokio::test]
async fn an_account_that_was_closed_at_the_machine_brings_nothing_back() {
    let bed = StaffBed::start().await;
    let (ledger, viewer) = (&bed.parts.ledger, bed.person("viewer").await);
    let (token, link) = Link::new("viewer", Purpose::Reset, SystemClock.now());
    ledger.add_link(&link, &by("member")).await.expect("added");
    assert!(ledger.disable_account("viewer", &by("shell")).await.expect("closed"));
    assert!(ledger.set_open("viewer", true, &by("member")).await.expect("open again"));
    assert_eq!(viewer.get("/enterprise/").await.status(), 303);
    assert_eq!(viewer.get(&format!("/join/{token}")).await.status(), 404);
    // One that was erased stays closed.
    assert_eq!(ledger.erase_account("viewer", &by("shell")).await.expect("erased"), Some(true));
    let refused = ledger.set_open("viewer", true, &by("member")).await.expect_err("for good");
    assert!(refused.to_string().contains("erased"), "{refused}");
}

#[tokio::test]
async fn a_session_that_was_ended_is_not_written_back_and_none_outlives_its_hours() {
    let bed = StaffBed::start().await;
    let store = Sessions(bed.parts.ledger.clone());
    let now = OffsetDateTime::now_utc();
    let eleven_hours_ago = (now.unix_timestamp() - 11 * 3_600) * 1_000;
    let mut record = Record {
        id: Id::default(),
        data: [
            (field::LOGIN.to_owned(), json!("viewer")),
            (field::BEGUN_AT.to_owned(), json!(eleven_hours_ago)),
        ]
        .into(),
        expiry_date: now + time::Duration::hours(12),
    };
    store.create(&mut record).await.expect("kept");
    store.save(&record).await.expect("kept");
    let kept = store.load(&record.id).await.expect("read").expect("a session");
    assert!(kept.expiry_date <= now + time::Duration::hours(1), "{}", kept.expiry_date);
    bed.parts.ledger.end_other_sessions("viewer", "", &by("viewer")).await.expect("ended");
    // By a request that was on its way.
    store.save(&record).await.expect("nothing to keep");
    assert_eq!(store.load(&record.id).await.expect("read"), None);
}

#[tokio::test]
async fn an_administrator_registers_an_enterprise_and_invites_its_owner_and_an_officer() {
    let bed = StaffBed::start().await;
    let county = bed.person("administrator").await;
    let code = "91411628MA9DEM03XX";
    let fields = |code: &'static str, expires: &'static str| {
        vec![
            ("uscc", code),
            ("name_zh", "鹿邑三号酒业"),
            ("name_en", "Luyi Three"),
            ("licence_kind", "食品生产许可证"),
            ("licence_number", "SC11541162800003"),
            ("licence_expires_on", expires),
        ]
    };
    let refused = county.post("/county/enterprises", &fields("123", "someday")).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.expect("text");
    assert!(page.contains("18位统一社会信用代码") && page.contains("请填到期日"), "{page:.3000}");
    // A mark of direction would make one name look like another in a list.
    let mut turned = fields(code, "2036-01-01");
    turned[1].1 = "鹿邑\u{202e}三号";
    assert_eq!(county.post("/county/enterprises", &turned).await.status(), 422);
    let path = format!("/county/enterprises/{code}");
    let done = county.post("/county/enterprises", &fields(code, "2026-01-01")).await;
    assert_eq!(location(&done), path);
    let listed = county.page("/county/").await;
    assert!(listed.contains("鹿邑三号酒业") && listed.contains("已过期"), "{listed:.3000}");

    let licence =
        [("kind", "食品生产许可证"), ("number", "SC11541162800003"), ("expires_on", "2036-06-30")];
    assert_eq!(location(&county.post(&format!("{path}/licences"), &licence).await), path);
    let page = county.page(&path).await;
    assert!(page.contains("2036-06-30") && !page.contains("已过期"), "{page:.3000}");
    assert!(actions(&bed, "administrator").await.contains(&"licence.set".to_owned()));

    let owner = [("login", "laoban"), ("name", "张老板")];
    let link = shown_link(county.post(&format!("{path}/owners"), &owner).await).await;
    let chosen = [("name", "张老板"), ("password", PASSWORD), ("again", PASSWORD)];
    let mut laoban = bed.person("anyone").await;
    laoban.post(&link, &chosen).await;
    sign_in(&mut laoban, "laoban", PASSWORD).await;
    assert!(laoban.page("/enterprise/people").await.contains("负责人"));

    let officer = [("login", "li.na"), ("name", "李娜"), ("role", "officer")];
    let link = shown_link(county.post("/county/people", &officer).await).await;
    let chosen = [("name", "李娜"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(location(&laoban.post(&link, &chosen).await), "/officer/sign-in");
    let seated = [("seat", "auditor"), ("office", &FIRST.to_string())];
    let moved = county.post("/county/people/li.na/seat", &seated).await;
    assert_eq!(location(&moved), "/county/people/li.na?done=seat");
    assert!(county.page("/county/people").await.contains("审计（只看）"));
    assert_eq!(county.post("/county/people/planner/seat", &seated).await.status(), 404);
    let nowhere = [("seat", "auditor"), ("office", "00000000-0000-0000-0000-000000000009")];
    assert_eq!(county.post("/county/people/li.na/seat", &nowhere).await.status(), 404);
    let wrong = [("seat", "boss"), ("office", &FIRST.to_string())];
    assert_eq!(county.post("/county/people/li.na/seat", &wrong).await.status(), 422);
    let member = [("login", "sneaky"), ("name", "王"), ("role", "member")];
    assert_eq!(county.post("/county/people", &member).await.status(), 422);
    let own = county.post("/county/people/administrator/close", &[]).await;
    assert_eq!(own.status(), 422);
}

#[tokio::test]
async fn the_trail_is_filtered_paged_and_exported_whole() {
    let bed = StaffBed::start().await;
    let county = bed.person("administrator").await;
    let by = By { login: "planner".to_owned(), ..By::shell(UnixMs(1_700_000_000_000)) };
    for _ in 0..130 {
        let (_, link) = Link::new("viewer", Purpose::Reset, by.at);
        bed.parts.ledger.add_link(&link, &by).await.expect("noted");
    }
    let query = "/county/audit?login=planner&action=link&from=2023-11-15&until=2023-11-15";
    let first = county.page(query).await;
    assert_eq!(first.matches("link.make").count(), 100);
    let older = between(&first, "before=", "\"").to_owned();
    let rest = county.page(&format!("{query}&before={older}")).await;
    assert_eq!(rest.matches("link.make").count(), 30);
    assert!(!rest.contains("更早的记录"));
    let none = county.page("/county/audit?login=planner&until=2023-11-14").await;
    assert!(none.contains("没有符合的记录"));
    assert_eq!(county.get("/county/audit?from=yesterday").await.status(), 422);
    let answer = county.get("/county/audit.jsonl").await;
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let rows: Vec<Value> = answer
        .text()
        .await
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for (n, row) in (1..).zip(&rows) {
        assert_eq!(row["seq"], n, "a row is missing");
        assert_eq!(row["seal"].as_str().expect("text").len(), 64);
    }
    assert!(rows.len() > 130);
}

/// Takes one letter by SMTP and gives what came.
async fn one_letter(listener: tokio::net::TcpListener) -> String {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    let (socket, _) = listener.accept().await.expect("a caller");
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.expect("sent");
    let (mut letter, mut within) = (String::new(), false);
    while let Some(line) = lines.next_line().await.expect("a line") {
        let answer: &[u8] = match (within, line.as_str()) {
            (true, ".") => b"250 taken\r\n",
            (true, line) => {
                letter += line;
                letter.push('\n');
                continue;
            }
            (false, "DATA") => b"354 go on\r\n",
            (false, "QUIT") => break,
            (false, line) => {
                letter += line;
                letter.push('\n');
                b"250 ok\r\n"
            }
        };
        within = line == "DATA";
        write.write_all(answer).await.expect("sent");
    }
    letter
}

#[tokio::test]
async fn a_link_goes_by_mail_where_a_relay_is_named_and_is_shown_all_the_same() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let bed = StaffBed::start_with(|settings| {
        settings.smtp_url = Some(format!("smtp://127.0.0.1:{port}"));
        settings.smtp_from = Some("Zhenma <no-reply@example.cn>".to_owned());
    })
    .await;
    let owner = bed.person("member").await;
    let sent = [("mail", "wang@example.cn")];
    let letter = tokio::spawn(one_letter(listener));
    let answer = owner.post("/enterprise/people/viewer/link", &sent).await;
    let page = answer.text().await.expect("text");
    assert!(page.contains("已发送邮件") && page.contains("/join/"), "{page}");
    let letter = letter.await.expect("a letter");
    assert!(letter.contains("RCPT TO:<wang@example.cn>"), "{letter}");
    assert!(letter.contains("From: \"Zhenma\"") || letter.contains("From: Zhenma"), "{letter}");
    // Nobody listens any more.
    let answer = owner.post("/enterprise/people/viewer/link", &sent).await;
    let page = answer.text().await.expect("text");
    assert!(page.contains("邮件没有发出去") && page.contains("/join/"), "{page}");
    let two = [("mail", "wang@example.cn, li@example.cn")];
    let refused = owner.post("/enterprise/people/viewer/link", &two).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("请填一个邮箱地址"));
}

#[tokio::test]
async fn of_many_who_use_one_link_or_code_at_once_one_gets_in() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    let (token, link) = Link::new("viewer", Purpose::Reset, SystemClock.now());
    ledger.add_link(&link, &by("member")).await.expect("added");
    let chosen = [("password", NEW_PASSWORD), ("again", NEW_PASSWORD)];
    let path = format!("/join/{token}");
    let people: Vec<_> = vec![
        bed.person("anyone").await,
        bed.person("anyone").await,
        bed.person("anyone").await,
        bed.person("anyone").await,
    ];
    let answers = people.iter().map(|person| person.post(&path, &chosen));
    let answers = futures::future::join_all(answers).await;
    let joined = answers.iter().filter(|answer| answer.status() == 303).count();
    assert_eq!(joined, 1, "one link was used {joined} times");

    let mut own = bed.person("line").await;
    let (secret, _) = enrol(&mut own).await;
    let mut halves = Vec::new();
    for _ in 0..4 {
        halves.push(halfway(&bed, "line").await);
    }
    let code = code(&secret, 1);
    let form = [("code", code.as_str())];
    let answers = halves.iter().map(|person| person.post("/sign-in/code", &form));
    let answers = futures::future::join_all(answers).await;
    let opened = answers.iter().filter(|answer| answer.status() == 303).count();
    assert_eq!(opened, 1, "one code opened {opened} times");
}

/// The shell on the ledger of a bed, which works on meanwhile: what it has locked it lets
/// go.
pub fn shell(bed: &StaffBed, arguments: &[&str]) -> (i32, String) {
    let data = &bed.parts.settings.data;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_zhenma"));
    command
        .args(arguments)
        .env("ZHENMA_LEDGER", &bed.parts.settings.ledger)
        .arg("--data")
        .arg(data)
        .env("ZHENMA_PUBLIC_URL", &bed.base)
        .env("ZHENMA_KEYS", &bed.parts.settings.keys);
    let output = tokio::task::block_in_place(|| command.output()).expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().expect("a code"), String::from_utf8(said).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shell_invites_makes_links_and_lists_replaces_and_ends_keys() {
    let bed = StaffBed::start().await;
    let add = ["user", "add", "lijing", "--name", "李静", "--role", "administrator", "--invite"];
    let (status, said) = shell(&bed, &add);
    assert_eq!(status, 0, "{said}");
    let path = said.trim().strip_prefix(&bed.base).expect("a link of ours").to_owned();
    let chosen = [("name", "李静"), ("password", PASSWORD), ("again", PASSWORD)];
    let mut li = bed.person("anyone").await;
    assert_eq!(location(&li.post(&path, &chosen).await), "/county/sign-in");
    assert_eq!(location(&sign_in(&mut li, "lijing", PASSWORD).await), "/county/");
    enrol(&mut li).await;
    let (status, said) = shell(&bed, &["user", "link", "lijing"]);
    assert_eq!(status, 0, "{said}");
    let path = said.trim().strip_prefix(&bed.base).expect("a link of ours").to_owned();
    let reset = [("password", NEW_PASSWORD), ("again", NEW_PASSWORD)];
    assert_eq!(location(&li.post(&path, &reset).await), "/county/sign-in");
    assert_eq!(shell(&bed, &["user", "remove-second-factor", "lijing"]).0, 0);
    assert_eq!(shell(&bed, &["user", "remove-second-factor", "lijing"]).0, 2);
    assert_eq!(location(&sign_in(&mut li, "lijing", NEW_PASSWORD).await), "/county/");

    let (status, key) =
        shell(&bed, &["user", "key", "planner", "--label", "ERP", "--scope", "viewer"]);
    assert_eq!(status, 0, "{key}");
    let (products, batches) = ("/api/v1/products", "/api/v1/batches");
    assert_eq!(by_key(&bed, key.trim(), Method::GET, batches).await, 200);
    assert_eq!(by_key(&bed, key.trim(), Method::POST, products).await, 403);
    let (_, listed) = shell(&bed, &["user", "keys", "planner", "--json"]);
    let listed: Vec<Value> =
        listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let erp = listed.iter().find(|key| key["label"] == "ERP").expect("it is listed");
    assert_eq!((&erp["scope"], erp["last_used_at"].is_i64()), (&json!("viewer"), true));
    let id = erp["key"].as_str().expect("text");
    let (status, new) = shell(&bed, &["user", "replace-key", id, "--overlap-days", "0"]);
    assert_eq!(status, 0, "{new}");
    assert_eq!(by_key(&bed, key.trim(), Method::GET, batches).await, 401, "no overlap");
    assert_eq!(by_key(&bed, new.trim(), Method::GET, batches).await, 200);
    assert_eq!(shell(&bed, &["user", "end-key", id]).0, 2, "it is over");
    let (_, listed) = shell(&bed, &["user", "keys", "planner"]);
    assert!(listed.contains("OVER since"), "{listed}");
    let wrong = ["user", "add", "x.y", "--name", "王\n芳", "--role", "officer", "--invite"];
    let (status, said) = shell(&bed, &wrong);
    assert_eq!(status, 2);
    assert!(said.contains("name: has a line break"), "{said}");
}

#[tokio::test]
async fn the_county_names_its_offices_and_invites_into_them() {
    let bed = StaffBed::start().await;
    let county = bed.person("administrator").await;
    let named =
        [("id", &*FIRST.to_string()), ("name_zh", "鹿邑县市场监督管理局"), ("region", "4116")];
    assert_eq!(county.post("/county/offices", &named).await.status(), 303);
    let another =
        [("name_zh", "郸城县市场监督管理局"), ("name_en", "Dancheng"), ("region", "4116")];
    assert_eq!(county.post("/county/offices", &another).await.status(), 303);
    let wrong = county.post("/county/offices", &[("name_zh", ""), ("region", "9999")]).await;
    assert_eq!(wrong.status(), 422);
    let page = county.page("/county/people").await;
    assert!(page.contains("鹿邑县市场监督管理局") && page.contains("郸城县市场监督管理局"));
    let second = between(&page, "<option value=\"", "\">郸城县");
    let second = second.rsplit("value=\"").next().expect("an id").to_owned();
    let legal = [("login", "he.jing"), ("name", "何静"), ("role", "legal"), ("office", &*second)];
    assert_eq!(county.post("/county/people", &legal).await.status(), 200);
    let person = county.page("/county/people/he.jing").await;
    assert!(person.contains(&format!("value=\"{second}\" selected")), "{person}");
    assert!(person.contains("value=\"legal\" selected"));
}
