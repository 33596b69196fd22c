//! Orders handed over to a printing house: approved, sealed, picked up,
//! reported, signed off; and the ways in which that goes wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use zhenma::app::paths;
use zhenma::base::Clock;
use zhenma::base::clock::{SetClock, SystemClock};
use zhenma::handoff::NewPrintHouse;
use zhenma::handoff::port::HandoffLedger;
use zhenma::registry::port::RegistryLedger;

use crate::consoles::between;
use crate::faults::load::eventually;
use crate::need;
use crate::staff_bed::{OUR_GTIN, OURS, Person, StaffBed, location};

/// A printing house of ours; `key`: its public key.
pub async fn house(bed: &StaffBed, key: Option<&str>) -> String {
    let new = NewPrintHouse::read("亳州彩印", "李师傅 13900000000", key.unwrap_or(""))
        .expect("a printing house");
    let ours = OURS.to_owned().try_into().expect("a code");
    let by = zhenma::base::By::shell(bed.parts.clock.now());
    bed.parts.ledger.add_house(&ours, &new, &by).await.expect("added").to_string()
}

/// A batch of ours of which nothing is on sale.
pub async fn batch(bed: &StaffBed, count: u64) -> String {
    let body = json!({"product": OUR_GTIN, "lot": "L1", "made_on": "2026-11-01", "count": count});
    let batch = bed.made("planner", "/api/v1/batches", &body).await;
    batch["batch"].as_str().expect("a name").to_owned()
}

/// An order of the first `count` labels for that house, made.
pub async fn ordered(bed: &StaffBed, batch: &str, count: u64, house: &str) -> String {
    let body = json!({"order_key": format!("{batch} for {house} {count}"), "batch": batch,
        "format": "csv", "count": count, "house": house, "needed_by": "2026-12-01"});
    let order = bed.made("planner", "/api/v1/orders", &body).await;
    let id = order["id"].as_str().expect("an id").to_owned();
    bed.done(&format!("/api/v1/orders/{id}")).await;
    id
}

/// The package of an order, with its code, once it is built.
pub async fn handed_over(bed: &StaffBed, order: &str) -> Value {
    let path = format!("/api/v1/orders/{order}/package");
    let made = bed.made("planner", &path, &json!({})).await;
    eventually("the package is built", || async {
        bed.get("viewer", &path).await["state"] == "ready"
    })
    .await;
    made
}

/// Somebody at the counter, from that address.
pub struct Counter<'a> {
    pub person: Person<'a>,
    address: &'static str,
}

impl<'a> Counter<'a> {
    pub async fn at(bed: &'a StaffBed, address: &'static str) -> Self {
        Self { person: bed.person("anyone").await, address }
    }

    fn ask(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.person.ask(method, path).header("x-forwarded-for", self.address)
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.ask(Method::POST, path).form(form).send().await.expect("an answer")
    }

    pub async fn enter(&mut self, package: &Value) -> Response {
        let text = |name: &str| package[name].as_str().expect("text").to_owned();
        let form = [("number", text("number")), ("code", text("pick_up_code"))];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let response = self.post("/printer/sign-in", &form).await;
        self.person.keep(&response);
        response
    }

    /// Begins that download and gives where its file is.
    async fn begin(&self, number: u32) -> Response {
        self.post("/printer/downloads", &[("number", &number.to_string())]).await
    }

    pub async fn download(&self, number: u32) -> Vec<u8> {
        let begun = self.begin(number).await;
        assert_eq!(begun.status(), 303, "download {number}");
        let file = self.ask(Method::GET, &location(&begun)).send().await.expect("an answer");
        assert_eq!(file.status(), 200, "download {number}");
        file.bytes().await.expect("a file").to_vec()
    }

    async fn page(&self) -> String {
        let response = self.ask(Method::GET, "/printer/").send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.text().await.expect("text")
    }
}

/// The code of an item of the package's batch, as only the worker makes it.
async fn text_of(bed: &StaffBed, package: &Value, number: u64) -> String {
    let id = package["id"].as_str().expect("an id").parse().expect("an id");
    let ledger = &bed.parts.ledger;
    let package = ledger.package(id).await.expect("a package");
    let batch = ledger.batch(package.batch).await.expect("a batch");
    let signer = zhenma::keys::development::signer(1).expect("a key");
    let mint =
        zhenma::label::Mint::new(&signer, batch.id.key, batch.id.batch, &batch.secret, &bed.base)
            .expect("a mint");
    mint.code(zhenma::code::Layer::Outer, number).expect("a code").text
}

/// A planted code of the first download is scanned. Which are planted is read
/// from the ledger: nobody else is told.
pub async fn leaked(bed: &StaffBed, package: &Value) {
    let id = package["id"].as_str().expect("an id").parse().expect("an id");
    let ledger = &bed.parts.ledger;
    let planted = ledger.planted(&ledger.package(id).await.expect("a package")).await;
    let planted = planted.expect("numbers");
    let number = planted.iter().find(|p| p.downloads == 1).expect("one of its own").number;
    let scan = json!({"code": text_of(bed, package, number).await});
    let said = bed.send(bed.ask(Method::POST, "/api/v1/scans").json(&scan)).await.1;
    assert_eq!(said["outcome"], "not_on_sale");
}

#[tokio::test]
async fn where_an_officer_met_a_planted_code_is_not_told_to_the_enterprise() {
    let bed = StaffBed::start().await;
    let batch = batch(&bed, 300).await;
    let order = ordered(&bed, &batch, 200, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let ledger = &bed.parts.ledger;
    let id = package["id"].as_str().expect("an id").parse().expect("an id");
    let kept = ledger.package(id).await.expect("a package");
    let planted = ledger.planted(&kept).await.expect("numbers");
    let met = [planted[0].number, planted[1].number];
    let scan = async |who: &str, number: u64, channel: &str| {
        let scan = json!({"code": text_of(&bed, &package, number).await, "channel": channel});
        let (status, said) =
            bed.send(bed.program(who, Method::POST, "/api/v1/scans").json(&scan)).await;
        assert_eq!((status, &said["outcome"]), (200, &json!("not_on_sale")), "{said}");
    };
    scan("officer", met[0], "officer").await;
    scan("anyone", met[1], "consumer").await;
    // The log of each code is followed for itself: both must be through.
    eventually("both scans are followed", || async {
        let table =
            rusqlite::Connection::open(zhenma::app::paths::ledger(&bed.parts.settings.data))
                .expect("opens");
        let count: u64 =
            table.query_row("SELECT COUNT(*) FROM scans", [], |row| row.get(0)).expect("a count");
        count == 2
    })
    .await;
    let alarms = bed.get("member", "/api/v1/alarms").await;
    let leaks: Vec<_> = alarms
        .as_array()
        .expect("alarms")
        .iter()
        .filter(|alarm| alarm["alarm"] == "package.leaked")
        .map(|alarm| alarm["first"].as_u64().expect("a number"))
        .collect();
    assert_eq!(leaks, [met[1]], "{alarms:#}");
}

/// The age tool and a key pair of the printing house.
struct Age {
    age: PathBuf,
    tar: PathBuf,
    folder: tempfile::TempDir,
    key: String,
}

impl Age {
    fn find() -> Option<Self> {
        let (age, keygen) = (need::program("age")?, need::program("age-keygen")?);
        let tar = need::program("tar")?;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key.txt");
        let made = Command::new(keygen).arg("-o").arg(&file).output().expect("age-keygen runs");
        let told = String::from_utf8(made.stderr).expect("text");
        let key = told.trim().rsplit(' ').next().expect("a key").to_owned();
        assert!(key.starts_with("age1"), "{told}");
        Some(Self { age, tar, folder, key })
    }

    /// Opens a package with the house's key and unpacks it.
    fn open(&self, name: &str, sealed: &[u8]) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.tar.age"));
        std::fs::write(&path, sealed).expect("written");
        let mut opened = Command::new(&self.age)
            .args(["-d", "-i"])
            .arg(self.folder.path().join("key.txt"))
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("age runs");
        let out = self.folder.path().join(name);
        std::fs::create_dir(&out).expect("made");
        let stream = opened.stdout.take().expect("a pipe");
        let unpacked = Command::new(&self.tar)
            .arg("-x")
            .current_dir(&out)
            .stdin(stream)
            .status()
            .expect("tar");
        assert!(opened.wait().expect("age ends").success() && unpacked.success());
        let mut inside = std::fs::read_dir(&out).expect("a folder");
        inside.next().expect("one folder").expect("an entry").path()
    }
}

/// Cells of a column of a table.
fn column(table: &Path, at: usize) -> Vec<String> {
    let text = std::fs::read_to_string(table).expect("a table");
    text.lines().skip(1).map(|row| row.split(',').nth(at).expect("a cell").to_owned()).collect()
}

#[tokio::test]
async fn a_package_opens_with_the_age_tool_and_a_fourth_download_is_refused() {
    let Some(age) = Age::find() else { return };
    let bed = StaffBed::start().await;
    let house = house(&bed, Some(&age.key)).await;
    let order = ordered(&bed, &batch(&bed, 200).await, 200, &house).await;
    let package = handed_over(&bed, &order).await;
    assert!(package["passphrase"].is_null());
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    assert_eq!(location(&counter.enter(&package).await), "/printer/");
    let mut spares = Vec::new();
    for number in 1..=3 {
        let opened = age.open(&format!("d{number}"), &counter.download(number).await);
        let names: BTreeSet<String> = std::fs::read_dir(&opened)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        let expected =
            ["README.en.txt", "README.zh.txt", "labels", "preflight.txt", "proof.pdf", "spares"];
        assert!(names.iter().eq(expected), "{names:?}");
        assert_eq!(column(&opened.join("labels/labels.csv"), 0).len(), 200);
        assert!(opened.join("labels/manifest.json").is_file());
        let head = |path| std::fs::read_to_string(opened.join(path)).expect("a table");
        let first_line = |text: String| text.lines().next().map(str::to_owned);
        assert_eq!(
            first_line(head("labels/labels.csv")),
            first_line(head("spares/labels.csv")),
            "spares have the same fields"
        );
        let readme = head("README.zh.txt");
        assert!(readme.contains("亳州彩印") && readme.contains("2026-12-01"), "{readme}");
        spares.push(column(&opened.join("spares/labels.csv"), 0));
    }
    assert!(spares.iter().all(|file| file.len() == spares[0].len()), "of one length");
    assert!(spares[0] != spares[1] && spares[1] != spares[2], "each has its own planted ones");
    let refused = counter.begin(4).await;
    assert_eq!(refused.status(), 403);
    let says = refused.text().await.expect("text");
    assert!(says.contains("三次下载已用完") && says.contains("重新开一次取件"), "{says}");
    // The enterprise sees who it was, and grants three more.
    let path = format!("/api/v1/orders/{order}/package");
    let seen = bed.get("viewer", &path).await;
    assert_eq!(seen["downloads"].as_array().expect("a list").len(), 3);
    assert_eq!(seen["downloads"][0]["network"], "203.0.113.0/24");
    let renewed = handed_over(&bed, &order).await;
    assert_eq!(renewed["number"], package["number"]);
    let gone = counter.ask(Method::GET, "/printer/").send().await.expect("an answer");
    assert_eq!(location(&gone), "/printer/sign-in", "the old code is good for nothing");
    assert_eq!(counter.enter(&package).await.status(), 422);
    counter.enter(&renewed).await;
    let opened = age.open("d4", &counter.download(4).await);
    let fourth = column(&opened.join("spares/labels.csv"), 0);
    assert!(!spares.contains(&fourth), "planted anew");
}

#[tokio::test]
async fn a_passphrase_opens_the_key_that_opens_the_package() {
    let Some(age) = Age::find() else { return };
    let Some(python) = need::program("python3") else { return };
    let bed = StaffBed::start().await;
    let order = ordered(&bed, &batch(&bed, 10).await, 10, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let passphrase = package["passphrase"].as_str().expect("a passphrase");
    let again = bed.get("member", &format!("/api/v1/orders/{order}/package")).await;
    assert!(again["passphrase"].is_null() && again["pick_up_code"].is_null(), "shown once");
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    counter.enter(&package).await;
    let key = counter.ask(Method::GET, "/printer/key.age").send().await.expect("an answer");
    let folder = age.folder.path();
    std::fs::write(folder.join("key.age"), key.bytes().await.expect("a file")).expect("written");
    std::fs::write(folder.join("p.age"), counter.download(1).await).expect("written");
    // age asks a terminal for the passphrase.
    let script = "import pty,sys,os\n\
        def read(fd):\n    data=os.read(fd,1024)\n    if b'passphrase' in data.lower(): os.write(fd,sys.argv[1].encode()+b'\\n')\n    return data\n\
        sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:],read)))";
    let opened = Command::new(python)
        .args(["-c", script, passphrase])
        .arg(&age.age)
        .args(["-d", "-i", "key.age", "-o", "p.tar", "p.age"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("python runs");
    let said = String::from_utf8_lossy(&opened.stdout).into_owned();
    assert!(opened.status.success(), "{said}");
    let listed = Command::new(&age.tar).arg("-tf").arg(folder.join("p.tar")).output().expect("tar");
    let listed = String::from_utf8(listed.stdout).expect("text");
    assert!(listed.contains("/labels/labels.csv"), "{listed}");
}

#[tokio::test]
async fn a_broken_download_goes_on_and_costs_no_other() {
    let bed = StaffBed::start().await;
    let order = ordered(&bed, &batch(&bed, 10).await, 10, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    counter.enter(&package).await;
    // The same form sent twice is one download.
    let file = location(&counter.begin(1).await);
    assert_eq!(location(&counter.begin(1).await), file);
    let part = |range: &'static str| {
        let request = counter.ask(Method::GET, &file).header("range", range);
        async { request.send().await.expect("an answer") }
    };
    let first = part("bytes=0-999").await;
    assert_eq!(first.status(), 206);
    let mut bytes = first.bytes().await.expect("a part").to_vec();
    let rest = part("bytes=1000-").await;
    assert_eq!(rest.status(), 206);
    bytes.extend(rest.bytes().await.expect("a part"));
    let shown = counter.page().await;
    let sha256 = {
        use sha2::Digest;
        sha2::Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    assert!(shown.contains(&sha256), "the page tells the file's hash");
    let path = format!("/api/v1/orders/{order}/package");
    eventually("the download is whole", || async {
        !bed.get("viewer", &path).await["downloads"][0]["finished_at"].is_null()
    })
    .await;
    let again = counter.ask(Method::GET, &file).send().await.expect("an answer");
    assert_eq!(again.status(), 410, "sent whole: the next one is another");
    assert_eq!(part("bytes=1000-").await.status(), 206, "the last bytes were lost on the way");
    let seen = bed.get("viewer", &path).await;
    assert_eq!(seen["downloads"].as_array().expect("a list").len(), 1);
    assert!(counter.page().await.contains("还可以开始2次下载"));
}

#[tokio::test]
async fn a_planted_code_names_the_package_and_the_download_that_leaked() {
    let Some(age) = Age::find() else { return };
    let bed = StaffBed::start().await;
    let house = house(&bed, Some(&age.key)).await;
    let batch = batch(&bed, 30).await;
    let order = ordered(&bed, &batch, 30, &house).await;
    let package = handed_over(&bed, &order).await;
    let number = package["number"].as_str().expect("text");
    let mut files = Vec::new();
    for (download, address) in [(1, "198.51.100.7"), (2, "203.0.113.9"), (3, "192.0.2.1")] {
        let mut counter = Counter::at(&bed, address).await;
        counter.enter(&package).await;
        files.push(age.open(&format!("d{download}"), &counter.download(download).await));
    }
    let texts: Vec<BTreeSet<String>> = files
        .iter()
        .map(|folder| column(&folder.join("spares/labels.csv"), 2).into_iter().collect())
        .collect();
    let own = texts[1].iter().find(|text| !texts[0].contains(*text) && !texts[2].contains(*text));
    let own = own.expect("one of its own");
    let scan = bed.ask(Method::POST, "/api/v1/scans").json(&json!({"code": own}));
    let (status, said) = bed.send(scan).await;
    assert_eq!((status, &said["outcome"]), (200, &json!("not_on_sale")), "{said}");
    assert_eq!(said["reasons"][0]["code"], "planted");
    let officer = bed.person("officer").await;
    let serial = zhenma::code::read(own).expect("a code").payload.serial_text();
    let page = officer.page(&format!("/officer/codes/{serial}")).await;
    let grouped = format!("{}-{}", &number[..4], &number[4..]);
    for says in [grouped.as_str(), "第2次下载", "203.0.113.0/24", "亳州彩印"] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(!page.contains("198.51.100.0/24"), "no other download is named");
    let viewer = bed.person("viewer").await;
    eventually("the enterprise is told", || async {
        viewer.page("/enterprise/").await.contains("印制包外泄")
    })
    .await;
    let home = viewer.page("/enterprise/").await;
    assert!(home.contains(&grouped) && home.contains("203.0.113.0/24"), "{home}");
    // Whoever scans the whole file learns nothing of which are planted.
    let spare = texts[0].iter().find(|text| texts[1].contains(*text) && texts[2].contains(*text));
    let scan = bed.ask(Method::POST, "/api/v1/scans").json(&json!({"code": spare}));
    assert_eq!(bed.send(scan).await.1["reasons"], said["reasons"]);
    // What two downloads share names both, and the members' lists tell nothing.
    let shared = texts[0].intersection(&texts[1]).find(|text| !texts[2].contains(*text));
    let serial = zhenma::code::read(shared.expect("a shared one")).expect("a code").payload;
    let page = officer.page(&format!("/officer/codes/{}", serial.serial_text())).await;
    assert!(page.contains("198.51.100.0/24 或 第2次下载"), "{page}");
    let ranges = bed.get("member", &format!("/api/v1/batches/{batch}/ranges")).await;
    assert_eq!(ranges, json!([]));
}

#[tokio::test]
async fn codes_are_guessed_slowly_and_then_not_at_all() {
    let bed = StaffBed::start().await;
    let order = ordered(&bed, &batch(&bed, 10).await, 10, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let number = package["number"].as_str().expect("text");
    let guess = |address: String| {
        let form = [("number", number), ("code", "2222-2222-2222-2222")];
        let request = bed.ask(Method::POST, "/printer/sign-in").form(&form);
        async move {
            let request = request.header("x-forwarded-for", address);
            request.send().await.expect("an answer").status().as_u16()
        }
    };
    let mut said = Vec::new();
    for _ in 0..12 {
        said.push(guess("198.51.100.7".to_owned()).await);
    }
    assert_eq!(said[0], 422);
    assert_eq!(said[11], 429, "{said:?}");
    // From many networks: the pick-up closes itself.
    for network in 0..50 {
        guess(format!("10.{network}.0.1")).await;
    }
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    assert_eq!(counter.enter(&package).await.status(), 422, "even with the right code");
    let planner = bed.person("planner").await;
    let path = format!("/enterprise/packages/{}", package["id"].as_str().expect("an id"));
    let page = planner.page(&path).await;
    assert!(page.contains("取件已关闭") && page.contains("10.49.0.0/24"), "{page}");
    let renewed = planner.post(&format!("{path}/renew"), &[]).await;
    let shown = renewed.text().await.expect("text");
    let code = between(&shown, "取件码</dt><dd><span class=\"serial once\">", "<");
    let renewed = json!({"number": number, "pick_up_code": code});
    assert_eq!(counter.enter(&renewed).await.status(), 303);
}

#[tokio::test]
async fn a_pick_up_takes_over_and_ends_no_session_of_a_console_in_the_same_browser() {
    let bed = StaffBed::start().await;
    let order = ordered(&bed, &batch(&bed, 10).await, 10, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let mut counter = Counter { person: bed.person("planner").await, address: "203.0.113.9" };
    let console = counter.person.cookie();
    let entered = counter.enter(&package).await;
    assert_eq!(entered.status(), 303);
    let cookies = entered.headers().get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|line| line.to_str().expect("text")).collect();
    assert!(cookies.iter().all(|line| line.contains("Path=/printer")), "{cookies:?}");
    assert!(counter.person.cookie().contains(&console), "the console's is as it was");
    counter.page().await;
    let own = format!("/enterprise/packages/{}", package["id"].as_str().expect("an id"));
    counter.person.page(&own).await;
    let left = counter.post("/printer/sign-out", &[]).await;
    assert_eq!(left.status(), 303);
    assert_eq!(counter.person.get("/printer/").await.status(), 303, "signed out");
    counter.person.page(&own).await;
}

#[tokio::test]
async fn nobody_approves_what_they_ordered_and_of_two_approvers_one_is_second() {
    let bed = StaffBed::start().await;
    let owner = bed.person("member").await;
    let settings = [
        ("approval_labels", "50"),
        ("sign_off_labels", "5"),
        ("pick_up_days", "5"),
        ("printed_days", "14"),
        ("activated_days", "30"),
    ];
    assert_eq!(owner.post("/enterprise/settings", &settings).await.status(), 200);
    let batch = batch(&bed, 100).await;
    let place = |who: &'static str, key: &'static str, count: u64| {
        let body = json!({"order_key": key, "batch": batch, "format": "csv", "count": count});
        let bed = &bed;
        async move { bed.made(who, "/api/v1/orders", &body).await }
    };
    assert_eq!(place("planner", "small", 50).await["state"], "queued");
    let large = place("member", "large", 51).await;
    assert_eq!(large["state"], "awaiting_approval");
    let id = large["id"].as_str().expect("an id");
    let path = format!("/enterprise/orders/{id}");
    let refused = owner.post(&format!("{path}/approve"), &[]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("自己下的订单不能自己审批"));
    let page = owner.page(&path).await;
    for words in ["超过50枚，须由另一人审批", "宋河粮液", "<dt>批号</dt>", "<dt>销往</dt>"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
    // Stopped and asked for again, it still waits.
    owner.post(&format!("{path}/cancel"), &[]).await;
    owner.post(&format!("{path}/retry"), &[]).await;
    let order = format!("/api/v1/orders/{id}");
    assert_eq!(bed.get("member", &order).await["state"], "awaiting_approval");
    // Both at once, of what a third one ordered.
    let third = place("planner", "third", 70).await;
    let order = format!("/api/v1/orders/{}", third["id"].as_str().expect("an id"));
    let word = json!({"approved": true});
    let ask =
        |who| bed.send(bed.program(who, Method::POST, &format!("{order}/approve")).json(&word));
    let (one, two) = tokio::join!(ask("approver"), ask("member"));
    let mut both = [one.0, two.0];
    both.sort_unstable();
    assert_eq!(both, [200, 422], "{one:?} {two:?}");
    bed.done(&order).await;
    let done = bed.get("member", &order).await;
    assert!(["approver", "member"].contains(&done["approved_by"].as_str().expect("text")));
    // Rejected, with the reason.
    let other = place("planner", "other", 60).await;
    let path = format!("/enterprise/orders/{}", other["id"].as_str().expect("an id"));
    let approver = bed.person("approver").await;
    assert_eq!(approver.post(&format!("{path}/reject"), &[("reason", " ")]).await.status(), 422);
    let reason = [("reason", "数量与生产计划不符")];
    assert_eq!(approver.post(&format!("{path}/reject"), &reason).await.status(), 303);
    let page = approver.page(&path).await;
    assert!(page.contains("未获批准") && page.contains("数量与生产计划不符"), "{page}");
}

#[tokio::test]
async fn a_roll_is_signed_off_by_scanning_before_any_label_is_put_on_sale() {
    let bed = StaffBed::start().await;
    let batch = batch(&bed, 90).await;
    let order = ordered(&bed, &batch, 60, &house(&bed, None).await).await;
    let table = format!("/api/v1/orders/{order}/files/labels.csv");
    let table = bed.program("planner", Method::GET, &table).send().await.expect("an answer");
    let table = table.text().await.expect("a table");
    let codes: Vec<&str> =
        table.lines().skip(1).map(|row| row.split(',').nth(3).expect("a URL")).collect();
    let package = handed_over(&bed, &order).await;
    let path = format!("/enterprise/packages/{}", package["id"].as_str().expect("an id"));
    let line = bed.person("line").await;
    let activate = |range: &'static str| {
        let path = format!("/enterprise/batches/{batch}/activate");
        let line = &line;
        async move { line.post(&path, &[("range", range)]).await.status().as_u16() }
    };
    assert_eq!(activate("0-59").await, 422, "not before the sign-off");
    assert_eq!(activate("60-89").await, 303, "these were not handed over");
    assert_eq!(activate("").await, 422);
    // What is said over the book may be said of spares, whose numbers are behind.
    let issued = bed.parts.ledger.batch(batch.parse().expect("a batch")).await;
    let issued = issued.expect("read").issued();
    assert!(issued > 90, "it has spares");
    let void = json!({"first": 0, "last": issued, "state": "void",
        "reason": {"zh": "停用", "en": "void"}});
    let ranges = format!("/api/v1/batches/{batch}/ranges");
    let request = bed.program("administrator", Method::POST, &ranges).json(&void);
    let (status, said) = bed.send(request).await;
    let remedy = format!("its running numbers are 0-{}", issued - 1);
    assert_eq!((status, &said["errors"][0]["remedy"]), (422, &json!(remedy)), "{said}");
    // The house reports, by range and by scanning.
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    counter.enter(&package).await;
    let report = |kind: &'static str, range: String| {
        let counter = &counter;
        async move {
            let form = [("kind", kind), ("range", &range)];
            counter.post("/printer/reports", &form).await.status().as_u16()
        }
    };
    assert_eq!(report("printed", "0-59".to_owned()).await, 303);
    assert_eq!(report("spoiled", format!("10-12, 20\n{}", codes[30])).await, 303);
    assert_eq!(report("reprinted", "20".to_owned()).await, 303);
    assert_eq!(report("reprinted", "21".to_owned()).await, 422, "it was not spoiled");
    assert_eq!(report("printed", "60-61".to_owned()).await, 422, "not of this order");
    assert_eq!(report("printed", "90-95".to_owned()).await, 422, "spares not released");
    // Two of the four that are missing are replaced by spares.
    let planner = bed.person("planner").await;
    let release = |count: &'static str| {
        let (planner, path) = (&planner, format!("{path}/release"));
        async move { planner.post(&path, &[("count", count)]).await.status().as_u16() }
    };
    assert_eq!(release("5").await, 422, "more than were spoiled");
    assert_eq!(release("2").await, 303);
    let page = counter.page().await;
    assert!(page.contains("可以印的备用标签序号"), "{page}");
    let spares =
        bed.parts.ledger.spares_of(package["id"].as_str().expect("an id").parse().expect("an id"));
    let spare = spares.await.expect("read").released[0];
    assert_eq!(report("printed", spare.to_string()).await, 303);
    let put_on_sale = || async {
        let path = format!("{path}/activate-spares");
        line.post(&path, &[]).await.status().as_u16()
    };
    assert_eq!(put_on_sale().await, 422, "not before the sign-off");
    // The quality office scans.
    let quality = bed.person("quality").await;
    let sign = |lines: Vec<&str>, word: &'static str| {
        let (quality, path, lines) = (&quality, format!("{path}/sign-off"), lines.join("\r\n"));
        async move { quality.post(&path, &[("word", word), ("codes", &lines)]).await }
    };
    for (lines, says) in [
        (vec![codes[0], codes[1], codes[2], codes[3], codes[4]], "中间三分之一"),
        (vec![codes[0], codes[25], codes[59], codes[5]], "合格的标签还不够"),
        (vec![codes[0], codes[25], codes[59], codes[5], codes[11]], "第5行：已报废"),
        (vec![codes[0], codes[25], codes[59], codes[5], "HELLO"], "第5行：不是我们的码"),
    ] {
        let refused = sign(lines, "accept").await;
        assert_eq!(refused.status(), 422, "{says}");
        let page = refused.text().await.expect("text");
        assert!(page.contains(says), "{says}: {page}");
    }
    let rejected = [("word", "reject"), ("reason", "卷边")];
    assert_eq!(quality.post(&format!("{path}/sign-off"), &rejected).await.status(), 303);
    assert_eq!(activate("0-59").await, 422, "a rejected roll is not put on sale");
    let good = vec![codes[0], codes[25], codes[59], codes[5], codes[20]];
    assert_eq!(sign(good, "accept").await.status(), 303);
    assert_eq!(activate("").await, 303, "all but what was spoiled");
    let on_sale = bed.get("viewer", &format!("/api/v1/batches/{batch}")).await;
    assert_eq!(on_sale["on_sale"], 90 - 4, "what was spoiled stays off sale");
    assert_eq!(report("printed", "0-59".to_owned()).await, 422, "nothing is reported any more");
    assert_eq!(put_on_sale().await, 303);
    let scan = json!({"code": text_of(&bed, &package, spare).await});
    let said = bed.send(bed.ask(Method::POST, "/api/v1/scans").json(&scan)).await.1;
    assert_eq!(said["outcome"], "genuine", "{said}");
    let on_sale = bed.get("viewer", &format!("/api/v1/batches/{batch}")).await;
    assert_eq!(on_sale["on_sale"], 90 - 4 + 1, "with the spare in place of a spoiled one");
}

#[tokio::test]
async fn a_pick_up_ends_after_seven_days_and_its_files_with_it() {
    let begun = SystemClock.now();
    let clock = Arc::new(SetClock::new(begun));
    let bed = StaffBed::start_by(clock.clone(), |_| {}).await;
    let order = ordered(&bed, &batch(&bed, 10).await, 10, &house(&bed, None).await).await;
    let package = handed_over(&bed, &order).await;
    let mut counter = Counter::at(&bed, "203.0.113.9").await;
    counter.enter(&package).await;
    let week_ms = 7 * 86_400_000;
    // On the last minute it is good.
    clock.set(begun.plus_ms(week_ms - 60_000));
    counter.enter(&package).await;
    counter.download(1).await;
    let folder = paths::package(&bed.parts.settings.data, id_of(&package));
    assert!(folder.is_dir());
    clock.set(begun.plus_ms(week_ms + 1));
    assert_eq!(counter.begin(2).await.status(), 410, "who came in before is out too");
    let refused = counter.enter(&package).await;
    assert_eq!(refused.status(), 410);
    let says = refused.text().await.expect("text");
    assert!(says.contains("取件期已过") && says.contains("重新开一次取件"), "{says}");
    eventually("its files are taken away", || async { !folder.exists() }).await;
}

fn id_of(package: &Value) -> uuid::Uuid {
    package["id"].as_str().expect("an id").parse().expect("an id")
}
