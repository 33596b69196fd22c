//! Faults of the embedded store: killed processes, full disks, files that
//! vanish or are not its own.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use zhenma::scan::{ScanState, StateError, Tag48};
use zhenma::store::Bounds;
use zhenma::store::embedded::EmbeddedState;

use super::load::{Load, call, eventually};
use crate::need;
use crate::store_contract::bed::{Dice, code, scan, whole_log};

const CHILD: &str = "faults::embedded::a_child_of_the_tests_records";
const CHILD_FILE: &str = "ZHENMA_TEST_CHILD_FILE";
const CHILD_FIRST: &str = "ZHENMA_TEST_CHILD_FIRST";

fn open(path: &Path) -> EmbeddedState {
    EmbeddedState::open(path).expect("opens")
}

/// Not a test of its own: run by the tests below in a process of its own,
/// it records scans and prints each that was acknowledged, and each failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::disallowed_methods, reason = "told by its parent what to do")]
async fn a_child_of_the_tests_records() {
    let Some(path) = std::env::var_os(CHILD_FILE) else { return };
    let first: u64 = std::env::var(CHILD_FIRST).expect("set").parse().expect("a number");
    let state: Arc<dyn ScanState> = Arc::new(open(Path::new(&path)));
    let writers = (0..8).map(|w| {
        let state = state.clone();
        tokio::spawn(async move {
            for n in (first + w..first + 1_000_000).step_by(8) {
                match state.record(code(n % 5_000), scan(n)).await {
                    Ok(_) => println!("ack {n}"),
                    Err(e) => {
                        println!("fail {e}");
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            }
        })
    });
    futures::future::join_all(writers).await;
}

/// The child, and the lines it prints.
struct Recorder {
    child: Child,
    lines: Receiver<String>,
}

impl Recorder {
    fn start(path: &Path, first: u64) -> Self {
        let test = std::env::current_exe().expect("this test");
        // Writing past a size limit is an error, not the end.
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture"])
            .args([test.as_os_str(), CHILD.as_ref()])
            .env(CHILD_FILE, path)
            .env(CHILD_FIRST, first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let (send, lines) = channel();
        // A line that the kill cut short was not acknowledged to anyone.
        std::thread::spawn(move || {
            for line in out.split(b'\n').map_while(Result::ok) {
                let _ = send.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        Self { child, lines }
    }

    /// Reads until a line starts so.
    fn wait_for(&self, start: &str, times: u32, acknowledged: &mut HashSet<u64>) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut seen = 0;
        while seen < times {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("no {start}"));
            seen += u32::from(line.starts_with(start));
            note(&line, acknowledged);
        }
    }

    /// SIGKILL; gives what was still printed.
    fn kill(mut self, acknowledged: &mut HashSet<u64>) {
        self.child.kill().expect("running");
        self.child.wait().expect("killed");
        self.lines.iter().for_each(|line| note(&line, acknowledged));
    }
}

fn note(line: &str, acknowledged: &mut HashSet<u64>) {
    if let Some(n) = line.strip_prefix("ack ").and_then(|n| n.parse().ok()) {
        acknowledged.insert(n);
    }
}

/// Every acknowledged scan is in the log once and in its history once.
async fn check(state: &EmbeddedState, acknowledged: &HashSet<u64>) {
    let log = whole_log(state).await;
    let logged: HashSet<Tag48> = log.iter().map(|e| e.seen.scan).collect();
    assert_eq!(logged.len(), log.len(), "a scan is in the log twice");
    for n in acknowledged {
        assert!(logged.contains(&scan(*n).scan), "acknowledged scan {n} is lost");
    }
    for number in 0..5_000 {
        let history = state.peek(code(number)).await.expect("read");
        let logged = log.iter().filter(|e| e.code == code(number)).count();
        assert_eq!(history.count(), logged as u64, "history and log agree");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_no_acknowledged_scan() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let (mut acknowledged, seed) = (HashSet::new(), 7);
    eprintln!("seed {seed}");
    let mut dice = Dice(seed);
    for round in 0..8 {
        let recorder = Recorder::start(&path, round * 1_000_000);
        // At the first commits as well as in the middle of many.
        let lines = u32::try_from(dice.roll(3_000)).expect("small") + 1;
        recorder.wait_for("ack", lines, &mut acknowledged);
        recorder.kill(&mut acknowledged);
        check(&open(&path), &acknowledged).await;
    }
    assert!(acknowledged.len() > 2_000, "only {} scans", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_takes_no_scan_and_all_go_on_when_there_is_room() {
    let Some(prlimit) = need::program("prlimit") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let recorder = Recorder::start(&path, 0);
    let limit = |size: &str| {
        let pid = recorder.child.id().to_string();
        let set = Command::new(&prlimit)
            .args(["--pid", &pid, &format!("--fsize={size}:")])
            .status()
            .expect("prlimit runs");
        assert!(set.success());
    };
    let mut acknowledged = HashSet::new();
    for _ in 0..2 {
        recorder.wait_for("ack", 500, &mut acknowledged);
        limit("65536");
        recorder.wait_for("fail", 50, &mut acknowledged);
        limit("unlimited");
        recorder.wait_for("ack", 500, &mut acknowledged);
    }
    recorder.kill(&mut acknowledged);
    check(&open(&path), &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_vanished_is_missed_and_not_made_anew() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let away = folder.path().join("away.sqlite");
    let state: Arc<dyn ScanState> = Arc::new(open(&path));
    call(&*state, code(1), scan(1)).await.expect("recorded");
    std::fs::rename(&path, &away).expect("moved");
    let missed = call(&*state, code(1), scan(2)).await;
    assert!(matches!(missed, Err(StateError::Unavailable(_))), "{missed:?}");
    assert!(state.peek(code(1)).await.is_err());
    assert!(state.durability().await.is_err());
    assert!(!path.exists());

    // Back in its place, with the WAL that belongs to it.
    std::fs::rename(&away, &path).expect("moved back");
    eventually("scans are recorded again", || async {
        call(&*state, code(1), scan(2)).await.is_ok()
    })
    .await;
    assert_eq!(state.peek(code(1)).await.expect("read").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_another_holds_fails_calls_in_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let bounds = Bounds { queue_max: 4, ..Bounds::default() };
    let state: Arc<dyn ScanState> =
        Arc::new(EmbeddedState::open_bounded(&path, bounds).expect("opens"));
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let load = Load::start(state, 16);
    load.failures(100).await;
    other.execute_batch("COMMIT").expect("let go");
    load.progress(200).await;
    load.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_make_one_file() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("scans.sqlite");
        let openers: Vec<_> = (0..6)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || open(&path))
            })
            .collect();
        let states: Vec<_> = openers.into_iter().map(|o| o.join().expect("opened")).collect();
        for (state, n) in states.iter().zip(0..) {
            let recorded = call(state, code(1), scan(n)).await.expect("recorded");
            assert_eq!(recorded.history.count(), n + 1);
        }
    }
}

#[test]
fn only_its_owner_may_read_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let _state = open(&path);
    for name in ["scans.sqlite", "scans.sqlite-wal", "scans.sqlite-shm"] {
        let file = std::fs::metadata(folder.path().join(name)).expect("there");
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_from_before_logs_had_identities_gets_one_and_keeps_the_rest() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let state = open(&path);
    state.record(code(1), scan(1)).await.expect("recorded");
    let log = whole_log(&state).await;
    drop(state);
    Connection::open(&path)
        .and_then(|file| file.execute_batch("DROP TABLE log_identity; PRAGMA user_version = 1"))
        .expect("as schema 1 was");
    let id = open(&path).identity(0).await.expect("it has one");
    let state = open(&path);
    assert_eq!(state.identity(0).await, Ok(id));
    assert_eq!(whole_log(&state).await, log);
}

#[test]
fn files_of_others_and_of_newer_versions_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = |name: &str| match EmbeddedState::open(&folder.path().join(name)) {
        Ok(_) => panic!("{name} was opened"),
        Err(e) => e.to_string(),
    };

    drop(open(&folder.path().join("newer.sqlite")));
    let newer = Connection::open(folder.path().join("newer.sqlite")).expect("opens");
    newer.pragma_update(None, "user_version", 99).expect("written");
    assert!(refused("newer.sqlite").contains("newer zhenma (schema 99"), "says so");

    let other = Connection::open(folder.path().join("other.sqlite")).expect("opens");
    other.execute_batch("CREATE TABLE t (x)").expect("written");
    assert!(refused("other.sqlite").contains("not zhenma's scan state"));

    std::fs::write(folder.path().join("text.sqlite"), "once upon a time\n".repeat(100))
        .expect("written");
    assert!(refused("text.sqlite").contains("not a database"));
    assert!(refused("no/such/folder.sqlite").contains("No such file"));
}
