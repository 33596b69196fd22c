//! A real PostgreSQL server on a socket in a folder of its own, stopped and wiped
//! when the tests' process ends, however it ends.

use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::need;

/// `nobody`, as whom the server runs where the tests are root's: it refuses root.
const NOBODY: u32 = 65_534;
/// Unless it is told another.
const PORT: u16 = 5_432;
/// Settings of a test's server. Its collation is not of bytes, so that a text whose
/// order depends on the database's is found out.
const MAKE: &str = "--auth=trust --username=zhenma --encoding=UTF8 --locale=C.UTF-8 \
                    --locale-provider=icu --icu-locale=en-US --no-sync";
const RUN: &str = "-c listen_addresses= -c max_connections=300 -c shared_buffers=64MB \
                   -c max_wal_size=4GB -c timezone=Asia/Shanghai";
/// For tests that pull no plug.
const FORGETFUL: &str = " -c fsync=off -c full_page_writes=off";

pub struct PostgresServer {
    folder: PathBuf,
    /// Of its socket too.
    port: u16,
    more: String,
    /// The shell that holds the server ends it when this is closed.
    held: Mutex<Option<(Child, ChildStdin)>>,
    databases: AtomicU32,
}

/// One of its programs.
pub fn program(name: &str) -> Option<PathBuf> {
    // Debian keeps them by version, out of the path.
    let kept = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut kept: Vec<_> = kept.map(|v| v.path().join("bin").join(name)).collect();
    kept.retain(|file| file.is_file());
    kept.sort();
    kept.pop().or_else(|| need::program(name))
}

impl PostgresServer {
    /// The one that all tests of this process share; None where none is installed.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: LazyLock<Option<PostgresServer>> =
            LazyLock::new(|| PostgresServer::start(FORGETFUL));
        // `need` speaks for each test that skips.
        need::told("postgres", program("postgres"))?;
        SHARED.as_ref()
    }

    /// One that answers by TCP, over TLS alone, with a certificate and its key.
    pub fn over_tls(port: u16, certificate: &Path, key: &Path) -> Option<Self> {
        need::told("postgres", program("postgres"))?;
        let mut server = Self::start(FORGETFUL)?;
        server.end("INT");
        let data = server.folder.join("data");
        for (from, to) in [(certificate, "server.crt"), (key, "server.key")] {
            let to = data.join(to);
            std::fs::copy(from, &to).expect("copied");
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).expect("set");
            if rustix::process::geteuid().is_root() {
                chown(&to, Some(NOBODY), Some(NOBODY)).expect("given away");
            }
        }
        let rules = "local all all trust\nhostssl all all all trust\n";
        std::fs::write(data.join("pg_hba.conf"), rules).expect("written");
        server.port = port;
        server.more += &format!(
            " -c listen_addresses=localhost -c port={port} -c ssl=on -c log_connections=on"
        );
        server.run();
        Some(server)
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// One of its own, that keeps what it was given.
    pub fn durable() -> Option<Self> {
        need::told("postgres", program("postgres"))?;
        Self::start("")
    }

    fn start(more: &str) -> Option<Self> {
        let initdb = program("initdb")?;
        let (folder, is_root) = (folder(), rustix::process::geteuid().is_root());
        let made = as_nobody(&initdb, is_root)
            .arg(folder.join("data"))
            .args(MAKE.split_whitespace())
            .current_dir(&folder)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let more = format!("{RUN}{more}");
        let (held, databases) = (Mutex::new(None), AtomicU32::new(0));
        let server = Self { folder, port: PORT, more, held, databases };
        server.run();
        server.template();
        Some(server)
    }

    /// One that follows this one, and has all that it has.
    pub fn follower(&self) -> Self {
        let folder = folder();
        let copy = program("pg_basebackup").expect("pg_basebackup stands beside initdb");
        let made = as_nobody(&copy, rustix::process::geteuid().is_root())
            .args(["-U", "zhenma", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-h"])
            .arg(&self.folder)
            .arg("-D")
            .arg(folder.join("data"))
            .current_dir(&folder)
            .output()
            .expect("pg_basebackup runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let (held, databases) = (Mutex::new(None), AtomicU32::new(0));
        let server = Self { folder, port: PORT, more: self.more.clone(), held, databases };
        server.run();
        server
    }

    /// What it commits from now on waits for a follower.
    pub fn wait_for_followers(&self) {
        for sql in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            self.psql("postgres", sql).expect("set");
        }
    }

    /// A follower is a server of its own.
    pub fn promote(&self) {
        self.psql("postgres", "SELECT pg_promote()").expect("promoted");
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    /// Starts it, or starts it again.
    pub fn run(&self) {
        let script = "\"$1\" -D data -k \"$PWD\" $2 >log 2>&1 & pid=$!; read -r how; \
                      kill -\"${how:-QUIT}\" $pid; wait $pid; \
                      if [ -z \"$how\" ]; then cd /; rm -rf \"$3\"; fi";
        let postgres = program("postgres").expect("postgres stands beside initdb");
        let mut child = as_nobody(Path::new("/bin/sh"), rustix::process::geteuid().is_root())
            .args(["-c", script, "sh"])
            .arg(postgres)
            .arg(&self.more)
            .arg(&self.folder)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        let stdin = child.stdin.take().expect("a pipe");
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((child, stdin));
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.psql("postgres", "SELECT 1").is_ok_and(|said| said.trim() == "1") {
            assert!(Instant::now() < deadline, "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it by a signal, `QUIT` for at once; what it was given stays.
    pub fn end(&self, signal: &str) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (mut child, mut stdin) = held.expect("a running server");
        writeln!(stdin, "{signal}").expect("told");
        child.wait().expect("ended");
    }

    fn template(&self) {
        self.psql("postgres", "CREATE DATABASE made").expect("a database");
        let status = Command::new(env!("CARGO_BIN_EXE_zhenma"))
            .args(["enterprise", "list"])
            .env("ZHENMA_LEDGER", self.url("made"))
            .env("ZHENMA_DATA", self.folder.join("none"))
            .stdout(Stdio::null())
            .status()
            .expect("zhenma runs");
        assert!(status.success(), "no ledger was made on PostgreSQL");
    }

    /// A fresh database with a ledger in it.
    pub fn database(&self) -> String {
        self.copy_of("made")
    }

    /// A fresh database with nothing in it.
    pub fn empty(&self) -> String {
        self.copy_of("template1")
    }

    fn copy_of(&self, template: &str) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .expect("a database");
        self.url(&name)
    }

    pub fn drop_database(&self, url: &str) {
        if let Some((_, name)) = url.rsplit_once('/') {
            let _ = self.psql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }

    /// Drops a database, and makes an empty one of its name.
    pub fn again(&self, url: &str) {
        self.drop_database(url);
        let (_, name) = url.rsplit_once('/').expect("a database");
        self.psql("postgres", &format!("CREATE DATABASE {name}")).expect("a database");
    }

    pub fn url(&self, name: &str) -> String {
        let place = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://zhenma@{place}/{name}")
    }

    /// Runs SQL in the database of a URL; rows as `a|b` lines.
    pub fn sql(&self, url: &str, sql: &str) -> String {
        let (_, name) = url.rsplit_once('/').expect("a database");
        self.psql(name, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let done = Command::new(program("psql").ok_or("no psql")?)
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "zhenma", "-h"])
            .arg(&self.folder)
            .args(["-p", &self.port.to_string()])
            .args(["-d", database, "-c", sql])
            .output()
            .map_err(|e| e.to_string())?;
        if done.status.success() {
            Ok(String::from_utf8_lossy(&done.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        match held {
            Some((mut child, stdin)) => {
                drop(stdin);
                let _ = child.wait();
            }
            None => drop(std::fs::remove_dir_all(&self.folder)),
        }
    }
}

/// For the server alone, and not gone by itself.
fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("zhenma-pg-").tempdir();
    let folder = folder.expect("a temporary folder").keep();
    if rustix::process::geteuid().is_root() {
        chown(&folder, Some(NOBODY), Some(NOBODY)).expect("given away");
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711)).expect("set");
    folder
}

fn as_nobody(program: &Path, is_root: bool) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
    command
}
