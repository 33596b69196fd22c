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
