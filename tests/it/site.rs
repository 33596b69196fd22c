//! A real installation in a folder of its own: registered, issued and put on
//! sale by the program's own commands, served by its own processes.

use std::fmt::Write;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;
use zhenma::code::Payload;
use zhenma::scan::{CodeId, ScanState};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

use crate::ledger_bed::{self, Books};
use crate::postgres_server::PostgresServer;
use crate::redis_server::free_port;

pub const LABELS: u64 = 40;

/// An installation with a batch on sale, and its two processes.
pub struct Site {
    folder: TempDir,
    pub port: u16,
    /// Where buyers come in, where that is another place than its own port.
    pub door: Option<u16>,
    /// As the setting; another one from the next command on.
    pub scan_store: String,
    /// As the setting, where it is other than what the tests run on.
    pub ledger: Option<String>,
    pub serve: Option<Child>,
    pub worker: Option<Child>,
    /// What its processes have in their environment besides.
    pub environment: Vec<(String, String)>,
    pub labels: Vec<(CodeId, String)>,
}

impl Site {
    pub fn new(scan_store: &str) -> Self {
        Self::on(scan_store, None)
    }

    /// What lies in a folder already, with the table of its labels; on files.
    pub fn found(folder: TempDir) -> Self {
        let mut site = Self::in_folder(folder, "embedded", Some("embedded".to_owned()));
        site.read_labels();
        site
    }

    fn in_folder(folder: TempDir, scan_store: &str, ledger: Option<String>) -> Self {
        Self {
            folder,
            port: free_port(),
            door: None,
            scan_store: scan_store.into(),
            ledger,
            serve: None,
            worker: None,
            environment: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn read_labels(&mut self) {
        let table = std::fs::read_to_string(self.file("labels/labels.csv")).expect("labels");
        self.labels = table.lines().skip(1).map(label).collect();
        assert_eq!(self.labels.len() as u64, LABELS);
    }

    /// With this ledger.
    pub fn on(scan_store: &str, ledger: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut site = Self::in_folder(folder, scan_store, ledger);
        let passphrase = site.file("passphrase");
        std::fs::write(&passphrase, "long enough for a test").expect("written");
        std::fs::set_permissions(&passphrase, Permissions::from_mode(0o600)).expect("ours alone");
        let count = LABELS.to_string();
        site.shell(&[
            "enterprise",
            "add",
            "--uscc",
            "91411628MA9DEM01XU",
            "--name-zh",
            "宋河",
            "--name-en",
            "Song He",
        ]);
        site.shell(&["key", "new", "--issuer", "宋河"]);
        site.shell(&[
            "product",
            "add",
            "--gtin",
            "6900000001011",
            "--enterprise",
            "91411628MA9DEM01XU",
            "--name-zh",
            "宋河粮液",
            "--name-en",
            "Song He",
            "--category",
            "liquor",
            "--standard",
            "GB/T 10781.1",
            "--net-content",
            "500 mL",
        ]);
        site.shell(&[
            "batch",
            "add",
            "--product",
            "6900000001011",
            "--lot",
            "L1",
            "--made",
            "2026-11-01",
            "--count",
            &count,
        ]);
        site.shell(&["batch", "activate", "--batch", "1-1"]);
        let out = site.file("labels");
        site.shell(&["batch", "issue", "--batch", "1-1", "--format", "csv", "--out", &out]);
        site.read_labels();
        site
    }

    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What ZHENMA_LEDGER says.
    pub fn ledger(&self) -> String {
        self.ledger.clone().unwrap_or_else(|| ledger_bed::setting(&self.folder.path().join("data")))
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhenma"));
        command
            .args(words)
            .env("ZHENMA_DATA", self.file("data"))
            .env("ZHENMA_LEDGER", self.ledger())
            .env("ZHENMA_KEYS", self.file("keys"))
            .env("ZHENMA_KEY_PASSPHRASE_FILE", self.file("passphrase"))
            .env("ZHENMA_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("ZHENMA_SCAN_STORE", &self.scan_store)
            .stdin(Stdio::null());
        command
    }

    pub fn shell(&self, words: &[&str]) {
        let done = self.command(words).output().expect("zhenma runs");
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    pub fn door(&self) -> u16 {
        self.door.unwrap_or(self.port)
    }

    /// The ledger of this machine.
    pub fn books(&self) -> Books<'static> {
        match self.ledger() {
            url if url != "embedded" => {
                Books::Server(PostgresServer::shared().expect("it runs"), url)
            }
            _ => Books::File(self.folder.path().join("data/ledger.sqlite")),
        }
    }

    /// A process that listens there, if it listens.
    pub fn spawn(&self, word: &str, port: u16) -> Child {
        let log = || File::options().create(true).append(true).open(self.file("log"));
        // A file at its limit is an error for them, not the end.
        let mut program = self.command(&[word]);
        program.env("ZHENMA_LISTEN", format!("127.0.0.1:{port}"));
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(program.get_program());
        for (name, value) in program.get_envs() {
            value.map(|value| shell.env(name, value));
        }
        shell
            .args(program.get_args())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log().expect("a log"))
            .stderr(log().expect("a log"))
            .spawn()
            .expect("zhenma starts")
    }

    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.file("log")).unwrap_or_default();
        log.lines().rev().take(20).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The processes' ids; they were started.
    pub fn serve_id(&self) -> u32 {
        self.serve.as_ref().expect("started").id()
    }

    pub fn worker_id(&self) -> u32 {
        self.worker.as_ref().expect("started").id()
    }

    /// Starts again what died.
    pub fn start_what_ended(&mut self) {
        let ended = |child: &mut Option<Child>| {
            child.as_mut().is_some_and(|child| child.try_wait().expect("a child").is_some())
        };
        if ended(&mut self.serve) {
            self.start_serve();
        }
        if ended(&mut self.worker) {
            self.start_worker();
        }
    }

    pub fn start_serve(&mut self) {
        self.serve = Some(self.spawn("serve", self.port));
    }

    pub fn start_worker(&mut self) {
        self.worker = Some(self.spawn("worker", self.port));
    }

    pub async fn state(&self) -> Arc<dyn ScanState> {
        if self.scan_store == "embedded" {
            let path = Path::new(&self.file("data")).join("scans.sqlite");
            Arc::new(EmbeddedState::open(&path).expect("opens"))
        } else {
            Arc::new(RedisState::open(&self.scan_store).await.expect("opens"))
        }
    }
}

/// A line of the table: number, serial, text, URL.
fn label(line: &str) -> (CodeId, String) {
    let fields: Vec<&str> = line.split(',').collect();
    let payload = Payload::from_serial_text(fields[1]).expect("a serial").to_bytes();
    let number = fields[0].parse().expect("a number");
    (CodeId { payload, number }, fields[2].to_owned())
}

pub fn kill(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let ended = child.try_wait().expect("a child");
        assert!(ended.is_none(), "it ended by itself: {ended:?}");
        child.kill().expect("running");
        child.wait().expect("killed");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for mut child in [self.serve.take(), self.worker.take()].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
