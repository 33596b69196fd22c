//! Registration from the shell and from files, by the real binary on a real
//! ledger; what is wrong is told by line, field and remedy, and nothing is half
//! done.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: TempDir::new().expect("a folder") };
        fs::write(desk.path("passphrase"), "a passphrase for the tests\n").expect("written");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_zhenma"))
            .args(arguments)
            .env("ZHENMA_DATA", self.path("data"))
            .env("ZHENMA_LEDGER", crate::ledger_bed::setting(&self.path("data")))
            .env("ZHENMA_KEYS", self.path("keys"))
            .env("ZHENMA_KEY_PASSPHRASE_FILE", self.path("passphrase"))
            .output()
            .expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (out.status.code().expect("ended"), text(out.stdout), text(out.stderr))
    }

    fn good(&self, arguments: &[&str]) -> String {
        let (code, out, error) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {error}");
        out
    }

    /// Writes a file and imports it.
    fn import(&self, kind: &str, name: &str, bytes: &[u8]) -> (i32, String, String) {
        let file = self.path(name);
        fs::write(&file, bytes).expect("written");
        self.run(&[kind, "import", &file.to_string_lossy()])
    }

    fn with_product() -> Self {
        let desk = Self::new();
        desk.good(&["key", "new", "--issuer", "宋河"]);
        let (code, _, error) = desk.import(
            "enterprise",
            "e.csv",
            b"\xef\xbb\xbfuscc,name_zh,name_en,licence_kind,licence_number,licence_expires_on\r\n\
              91411628MA9DEM01XU,\xe5\xae\x8b\xe6\xb2\xb3,Song He,SC,SC11541162800017,2029-06-30\r\n",
        );
        assert_eq!(code, 0, "{error}");
        let (code, _, error) = desk.import(
            "product",
            "p.jsonl",
            "{\"gtin\":\"6900000001011\",\"enterprise\":\"91411628MA9DEM01XU\",\"name_zh\":\"宋河粮液\",\
             \"name_en\":\"Song He, \\\"strong\\\"\",\"category\":\"meat\",\"standard\":\"GB/T 1\",\
             \"net_content\":\"500 mL\",\"shelf_life_days\":180,\"pictures\":[\"https://x.cn/a.png\"]}\n"
                .as_bytes(),
        );
        assert_eq!(code, 0, "{error}");
        desk
    }
}

#[test]
fn a_batch_is_registered_and_its_ranges_are_spoken_of() {
    let desk = Desk::with_product();
    let add = ["batch", "add", "--product", "6900000001011", "--lot", "L1", "--made", "2026-11-01"];
    assert_eq!(desk.good(&[&add[..], &["--count", "1000"]].concat()).trim(), "batch 1-1");
    assert_eq!(desk.good(&[&add[..], &["--count", "5"]].concat()).trim(), "batch 1-2");
    let listed = desk.good(&["batch", "list", "--json"]);
    let first: Value = listed
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .find(|b: &Value| b["batch"] == "1-1")
        .expect("1-1");
    assert_eq!(first["expires_on"], "2027-04-30", "made and the shelf life of 180 days");
    desk.good(&["batch", "activate", "--batch", "1-1", "--range", "0-99"]);
    let (code, _, error) = desk.run(&["batch", "activate", "--batch", "1-1", "--range", "0-1000"]);
    assert_eq!(code, 2);
    assert!(error.contains("running numbers are 0-999"), "{error}");
    let (code, _, error) = desk.run(&["batch", "recall", "--batch", "1-1", "--reason-zh", "错"]);
    assert_eq!(code, 2);
    assert!(error.contains("Chinese and English"), "{error}");
    let told = desk.good(&[
        "--json",
        "batch",
        "recall",
        "--batch",
        "1-1",
        "--reason-zh",
        "错",
        "--reason-en",
        "wrong",
    ]);
    let fact: Value = serde_json::from_str(told.trim()).expect("JSON");
    desk.good(&["batch", "lift", fact["id"].as_str().expect("id")]);
    assert!(desk.good(&["batch", "show", "1-1"]).contains("recalled (lifted)"));
    assert_eq!(desk.run(&["batch", "show", "1-9"]).0, 2);
}

#[test]
fn counts_that_cannot_be_are_refused_in_words() {
    let desk = Desk::with_product();
    for (count, says) in [
        ("0", "order 1 to 100000000"),
        ("-1", "order 1 to 100000000"),
        ("100000001", "order 1 to 100000000"),
        ("1e9", "no whole number"),
        ("99999999999999999999999999", "order 1 to 100000000"),
    ] {
        let (code, _, error) = desk.run(&[
            "batch",
            "add",
            "--product",
            "6900000001011",
            "--lot",
            "L1",
            "--made",
            "2026-11-01",
            "--count",
            count,
        ]);
        assert_eq!(code, 2, "{count}");
        assert!(error.contains("count") && error.contains(says), "{error}");
    }
}

#[test]
fn registering_the_same_again_changes_nothing_and_something_else_is_refused() {
    let desk = Desk::with_product();
    let row = |name: &str| {
        format!(
            "gtin,enterprise,name_zh,name_en,category,standard,net_content\n\
                 6900000001028,91411628MA9DEM01XU,珍藏,{name},liquor,GB/T 2,500 mL\n"
        )
    };
    assert!(desk.import("product", "p.csv", row("Reserve").as_bytes()).1.contains("1 added"));
    assert!(desk.import("product", "p.csv", row("Reserve").as_bytes()).1.contains("0 added, 1 as"));
    let (code, _, error) = desk.import("product", "p.csv", row("Other").as_bytes());
    assert_eq!(code, 2);
    assert!(error.contains("line 2") && error.contains("other particulars"), "{error}");
}

#[test]
fn an_import_is_all_or_nothing_and_tells_every_fault() {
    let desk = Desk::with_product();
    let csv = "product,lot,made_on,count,destination\n\
               6900000001011,GOOD,2026-11-01,100,4101\n\
               6900000001012,BAD,2026-11-01,100,\n\
               6900000001011,\"L 1\",2026-13-01,0,9999\n\
               6900000001028,L3,2026-11-01,5,\n";
    let (code, _, error) = desk.import("batch", "b.csv", csv.as_bytes());
    assert_eq!(code, 2);
    for says in [
        "line 3, product: the check digit of 6900000001012 is wrong",
        "line 4, made_on",
        "line 5, product: 06900000001028 is not registered",
    ] {
        assert!(error.contains(says), "{says} in {error}");
    }
    assert_eq!(desk.good(&["batch", "list"]), "", "nothing went in");
}

#[test]
fn foreign_files_are_told_apart() {
    let desk = Desk::with_product();
    let header = "gtin,enterprise,name_zh,name_en,category,standard,net_content";
    let wide = "gtin,".repeat(1_000_000);
    let gbk =
        [header.as_bytes(), b"\n6900000001028,91411628MA9DEM01XU,\xcb\xce\xba\xd3,x,oil,y,z\n"]
            .concat();
    let formula =
        format!("{header}\n6900000001028,91411628MA9DEM01XU,珍藏,=cmd|'/c calc'!A1,oil,y,z\n");
    for (name, bytes, says) in [
        ("gbk.csv", gbk.as_slice(), "line 2, file: is not UTF-8 but looks like GBK"),
        ("wide.csv", wide.as_bytes(), "too many columns"),
        ("formula.csv", formula.as_bytes(), "line 2, name_en: begins like a spreadsheet's formula"),
        ("twice.csv", b"gtin,gtin\n1,2\n", "stands twice"),
        ("unknown.csv", b"gtin,price\n1,2\n", "\"price\" is not known"),
        ("short.csv", format!("{header}\n1,2\n").as_bytes(), "has 2 cells"),
        ("empty.csv", b"", "has no rows"),
        ("twice.jsonl", b"{\"gtin\":\"1\",\"gtin\":\"2\"}\n", "stands twice"),
        ("broken.jsonl", b"{\"gtin\":\n", "line 1"),
        ("types.jsonl", b"{\"gtin\":{\"a\":1}}\n", "an object is neither"),
    ] {
        let (code, _, error) = desk.import("product", name, bytes);
        assert_eq!(code, 2, "{name}");
        assert!(error.contains(says), "{name}: {error}");
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_refused_in_words() {
    let desk = Desk::with_product();
    let file = rusqlite::Connection::open(desk.path("data/ledger.sqlite")).expect("a ledger");
    file.execute(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
         VALUES (9999, 'later', '2027-01-01', 1, x'00', 0)",
        [],
    )
    .expect("a later migration");
    let (code, _, error) = desk.run(&["batch", "list"]);
    assert_eq!(code, 2);
    assert!(error.contains("newer zhenma"), "{error}");
}

#[test]
fn accounts_are_added_once_and_disabled() {
    let desk = Desk::with_product();
    let password = desk.path("passphrase");
    let password = password.to_string_lossy();
    let add = |login: &str, more: &[&str]| {
        desk.run(
            &[&["user", "add", login, "--name", "王芳", "--password-file", &password], more]
                .concat(),
        )
    };
    assert_eq!(add("wang", &["--role", "officer"]).0, 0);
    assert!(add("wang", &["--role", "officer"]).2.contains("taken"));
    assert!(add("liming", &["--role", "member"]).2.contains("enterprise"));
    assert_eq!(add("liming", &["--role", "member", "--enterprise", "91411628MA9DEM01XU"]).0, 0);
    assert!(add("A B", &["--role", "officer"]).2.contains("login"));
    assert!(add("zhao", &["--role", "king"]).2.contains("role"));
    let (code, _, error) = desk.run(&["user", "add", "qian", "--name", "钱", "--role", "officer"]);
    assert!(code == 2 && error.contains("password: name a file with --password-file"), "{error}");
    let key = desk.good(&["user", "key", "liming"]);
    assert!(key.starts_with("zm_") && key.trim().len() == 46, "{key}");
    desk.good(&["user", "disable", "liming"]);
    assert_eq!(desk.run(&["user", "disable", "liming"]).0, 2);
    assert!(desk.good(&["user", "list"]).contains("disabled"));
}
