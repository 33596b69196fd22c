//! `zhenma demo` in an empty directory: every link that it prints gives the
//! answer it is printed for, and the sheet is read by a decoder that is not
//! ours.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::need;

const OUTCOMES: [&str; 7] = [
    "cannot_confirm",
    "genuine",
    "not_genuine",
    "not_on_sale",
    "seen_before",
    "suspect",
    "withdrawn",
];

pub struct Demo {
    child: Child,
    folder: tempfile::TempDir,
    /// Everything it said until it was ready.
    said: Vec<String>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_to_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let refused = Command::new(env!("CARGO_BIN_EXE_zhenma"))
        .args(["demo", "--listen", &address])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .expect("zhenma starts");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(&address) && said.contains("choose another with --listen"), "{said}");
}

impl Demo {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_zhenma"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("zhenma starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut said = Vec::new();
        for line in lines.map(|line| line.expect("text")) {
            let ready = line.starts_with("ready http://");
            said.push(line);
            if ready {
                break;
            }
        }
        Self { child, folder, said }
    }

    pub fn base(&self) -> String {
        let last = self.said.last().expect("it speaks");
        last.strip_prefix("ready ").unwrap_or_else(|| panic!("{:#?}", self.said)).to_owned()
    }

    /// Outcomes and addresses, in the order in which they are printed: the
    /// address on the line below its outcome.
    fn links(&self) -> Vec<(&'static str, String)> {
        let base = self.base();
        self.said
            .windows(2)
            .filter_map(|pair| {
                let word = pair[0].split_whitespace().next()?;
                let outcome = OUTCOMES.into_iter().find(|outcome| *outcome == word)?;
                let address = pair[1].trim();
                address.starts_with(&base).then(|| (outcome, address.to_owned()))
            })
            .collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn every_link_gives_the_answer_it_is_printed_for() {
    let demo = tokio::task::spawn_blocking(Demo::start).await.expect("it starts");
    let links = demo.links();
    for outcome in OUTCOMES {
        assert!(links.iter().any(|(o, _)| *o == outcome), "no {outcome}: {:#?}", demo.said);
    }
    let client = reqwest::Client::new();
    for (outcome, address) in &links {
        for _ in 0..2 {
            let answer = client.get(address).header("accept", "application/json").send().await;
            let answer: Value = answer.expect("an answer").json().await.expect("JSON");
            assert_eq!(answer["outcome"], *outcome, "{address}: {answer}");
        }
    }
    let home = client.get(demo.base()).header("accept", "text/html").send().await;
    let home = home.expect("an answer").text().await.expect("text");
    for (_, address) in &links {
        let path = address.strip_prefix(&demo.base()).expect("ours");
        assert!(home.contains(path), "the landing page lacks {path}");
    }
    assert_eq!(home.matches("class=\"card show\"").count(), links.len());
    assert!(home.contains("<svg"));
}

#[tokio::test]
async fn the_sheet_is_whole_and_its_labels_are_scanned() {
    let (Some(qpdf), Some(pdftoppm), Some(zxing)) =
        (need::program("qpdf"), need::program("pdftoppm"), need::program("ZXingReader"))
    else {
        return;
    };
    let demo = tokio::task::spawn_blocking(Demo::start).await.expect("it starts");
    let sheet = demo.path("demo-data/labels.pdf");
    run(&qpdf, &["--check", text(&sheet)]);
    let picture = demo.path("sheet");
    run(&pdftoppm, &["-r", "300", "-png", "-singlefile", text(&sheet), text(&picture)]);
    let read = run(&zxing, &["-format", "QRCode", "-1", text(&demo.path("sheet.png"))]);
    let base = demo.base().to_uppercase();
    // Each symbol is one of the words that the decoder prints.
    let words = read.split(|c: char| c.is_whitespace() || c == '"');
    let codes: Vec<&str> = words.filter(|word| word.starts_with(&base)).collect();
    assert!(codes.len() >= 12, "only {} labels were read:\n{read}", codes.len());
    let client = reqwest::Client::new();
    let code = codes[0].to_lowercase();
    let answer = client.get(&code).header("accept", "application/json").send().await;
    let answer: Value = answer.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["outcome"], "genuine", "{code}: {answer}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn run(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[tokio::test]
async fn its_officers_have_a_case_under_way_whose_package_proves_itself() {
    let demo = tokio::task::spawn_blocking(Demo::start).await.expect("it starts");
    let base = demo.base();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.expect("a client");
    let form = [("login", "officer"), ("password", zhenma::app::demo::PASSWORD)];
    let signed_in = client.post(format!("{base}/officer/sign-in")).form(&form).send().await;
    let signed_in = signed_in.expect("an answer");
    assert_eq!(signed_in.status(), 303);
    let cookie: Vec<_> = signed_in
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|line| line.to_str().ok()?.split(';').next())
        .collect();
    let cookie = cookie.join("; ");
    let get = |path: String| {
        let asked = client.get(format!("{base}{path}")).header("cookie", &cookie);
        let asked = asked.header("accept", "text/html").header("accept-language", "zh-CN");
        async move { asked.send().await.expect("an answer").text().await.expect("text") }
    };
    let id_behind = |page: &str, before: &str| {
        let ids = page.split(before).skip(1).filter_map(|rest| rest.get(..36));
        ids.into_iter().find(|id| id.parse::<uuid::Uuid>().is_ok()).map(str::to_owned)
    };
    let cases = get("/officer/cases".to_owned()).await;
    let id = id_behind(&cases, "/officer/cases/").expect("a case");
    let case = get(format!("/officer/cases/{id}")).await;
    for there in ["涉嫌销售假冒宋河粮液（演示）", "不是本企业的产品或标签", "停用标签", "现场检查"]
    {
        assert!(case.contains(there), "{there}: {case}");
    }
    let visits = get("/officer/visits".to_owned()).await;
    let visit = id_behind(&visits, "/officer/visits/").expect("a visit");
    let visit = get(format!("/officer/visits/{visit}")).await;
    assert!(visit.contains("演示图") && visit.contains("抽样取证"), "{visit}");
    let reports = get("/officer/reports".to_owned()).await;
    assert!(id_behind(&reports, "/officer/reports/").is_some(), "{reports}");

    let packages = format!("/officer/cases/{id}/evidence");
    let asked = client.post(format!("{base}{packages}")).header("cookie", &cookie);
    assert_eq!(asked.send().await.expect("an answer").status(), 303);
    crate::faults::load::eventually("the package is built", || async {
        id_behind(&get(packages.clone()).await, &format!("{packages}/")).is_some()
    })
    .await;
    let package = id_behind(&get(packages.clone()).await, &format!("{packages}/")).expect("one");
    let taken = client.get(format!("{base}{packages}/{package}")).header("cookie", &cookie);
    let taken = taken.send().await.expect("an answer").bytes().await.expect("bytes");
    let file = demo.path("package.zip");
    std::fs::write(&file, &taken).expect("written");
    let mut arguments = vec!["evidence".to_owned(), "verify".into(), text(&file).into()];
    for name in ["office-jwks.json", "jwks.json"] {
        let keys = client.get(format!("{base}/.well-known/{name}")).send().await;
        let keys = keys.expect("an answer").bytes().await.expect("bytes");
        std::fs::write(demo.path(name), keys).expect("written");
        arguments.extend(["--keys".to_owned(), text(&demo.path(name)).to_owned()]);
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let verified = crate::keys::zhenma(&arguments, b"");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
