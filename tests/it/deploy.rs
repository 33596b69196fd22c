//! `deploy/`: its commands run as they are written, its files are read by the
//! programs they are for.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::need;

mod containers;
mod looking_after;
mod night;
pub mod proxy;
mod settings;

/// A user without rights, by Linux's custom.
const NOBODY: u32 = 65_534;

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(deploy(name)).unwrap_or_else(|e| panic!("deploy/{name}: {e}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The names of all settings, as variables.
fn variables() -> Vec<String> {
    let printed = Command::new(env!("CARGO_BIN_EXE_zhenma"))
        .args(["config", "print"])
        .env_clear()
        .output()
        .expect("zhenma runs");
    let known: toml::Table = said(&printed).parse().expect("a table");
    // Left out where they are not set.
    let unset = [
        "hosting_networks",
        "key_passphrase_file",
        "map",
        "metrics_listen",
        "smtp_from",
        "smtp_url",
        "trace_endpoint",
        "tsa_roots",
        "tsa_url",
    ];
    let unset = unset.map(str::to_owned);
    let names = known.into_iter().map(|(name, _)| name).chain(unset);
    names.map(|name| format!("ZHENMA_{}", name.to_uppercase())).collect()
}

/// The commands of a chapter of the README.
fn commands(chapter: &str) -> Vec<String> {
    commands_of("README.md", chapter)
}

/// The commands of a chapter of a file, or of a part of one.
fn commands_of(file: &str, chapter: &str) -> Vec<String> {
    let file = text(file);
    let (_, behind) = file.split_once(&format!("# {chapter}\n")).expect("the chapter");
    let end = if file.contains(&format!("\n## {chapter}\n")) { "\n## " } else { "\n##" };
    let chapter = behind.split(end).next().expect("a text");
    let blocks = chapter.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split_once("```").expect("an end").0);
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

/// What fetches programs from a registry; elsewhere in the tests they are there.
fn fetches(line: &str) -> bool {
    ["cargo ", "apt-get ", "docker "].iter().any(|program| line.starts_with(program))
}

/// A folder with what the operator has: the files, and the binary.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    fs::create_dir_all(project.join("target/release")).expect("made");
    fs::create_dir(folder.path().join("disk")).expect("made");
    let release = project.join("target/release/zhenma");
    fs::copy(env!("CARGO_BIN_EXE_zhenma"), release).expect("copied");
    let copied = Command::new("cp").arg("-r").arg(deploy("")).arg(&project).status();
    assert!(copied.expect("cp runs").success());
    folder
}

const SPACES: [&str; 5] = ["--mount", "--net", "--pid", "--fork", "--kill-child"];

/// Whether the programs are there, and namespaces may be made.
fn may_have_a_machine(programs: &[&str]) -> bool {
    let may = Command::new("unshare").args(SPACES).arg("true").output();
    let may = may.ok().filter(|tried| tried.status.success()).map(|_| PathBuf::new());
    programs.iter().all(|program| need::program(program).is_some())
        && need::told("root, with the right to make namespaces", may).is_some()
}

/// Runs a script on a machine of its own; what it said.
fn on_the_machine(folder: &Path, script: &[String]) -> (Output, String) {
    let file = folder.join("script");
    fs::write(&file, script.join("\n") + "\n").expect("written");
    let output = Command::new("unshare")
        .args(SPACES)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/deploy/machine"))
        .args([folder, &file])
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("unshare runs");
    let said = said(&output);
    (output, said)
}

#[test]
fn the_commands_for_systemd_lead_to_a_verified_label() {
    if !may_have_a_machine(&["systemd-sysusers", "caddy", "curl", "ip", "age-keygen"]) {
        return;
    }
    let folder = project();
    let lines = commands("With systemd").into_iter().chain(commands("Upgrade"));
    let script: Vec<_> = lines.filter(|line| !fetches(line)).collect();
    assert!(script.len() > 30, "{script:?}");
    let (output, said) = on_the_machine(folder.path(), &script);
    let log = |unit: &str| {
        fs::read_to_string(folder.path().join(format!("{unit}.log"))).unwrap_or_default()
    };
    let logs = log("zhenma-serve") + &log("zhenma-worker") + &log("zhenma-backup");
    assert!(output.status.success(), "{said}\n{logs}");
    assert!(said.contains("\"outcome\":\"genuine\""), "{said}\n{logs}");
    assert!(said.contains("\"durable\":true"), "{said}");
    assert!(log("zhenma-backup").contains("/backups/zhenma-2"), "{logs}");
    assert!(said.contains("opens 1 keys") && said.contains("served by a zhenma now"), "{said}");
    let findings =
        said.lines().filter(|line| line.starts_with("warning") || line.starts_with("fault"));
    assert!(findings.clone().all(|line| line.contains("geo_database")), "{said}");
    assert!(logs.contains("ready http://") && !logs.contains("others can read"), "{logs}");
    assert!(log("zhenma-serve").contains("told to stop: answering what is in work"), "{logs}");
}

#[test]
fn units_are_sound_and_hardened() {
    if need::program("systemd-analyze").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (unit, exposure) in [
        ("zhenma-serve.service", "1.0"),
        ("zhenma-worker.service", "1.0"),
        ("zhenma-courier.service", "1.2"),
        ("zhenma-backup.service", "1.0"),
    ] {
        // `verify` wants the program to be there.
        let here = text(&format!("systemd/{unit}"))
            .replace("/usr/local/bin/zhenma", env!("CARGO_BIN_EXE_zhenma"));
        let file = folder.path().join(unit);
        fs::write(&file, here).expect("written");
        let analyze = |words: &[&str]| {
            Command::new("systemd-analyze").args(words).arg(&file).output().expect("it runs")
        };
        let verified = analyze(&["verify", "--man=no", "--recursive-errors=no"]);
        let complaints = said(&verified);
        assert!(verified.status.success() && !complaints.contains(unit), "{complaints}");
        let rated = analyze(&["security", "--offline=true", "--threshold=20", "--no-pager"]);
        assert!(rated.status.success(), "{}", said(&rated));
        let wanted = format!(": {exposure} OK");
        assert!(said(&rated).contains(&wanted), "README.md says {exposure}: {}", said(&rated));
    }
}

#[test]
fn the_passphrase_is_the_workers_alone() {
    let (serve, worker) =
        (text("systemd/zhenma-serve.service"), text("systemd/zhenma-worker.service"));
    assert!(worker.contains("\nLoadCredential=passphrase:/etc/zhenma/passphrase\n"));
    let courier = text("systemd/zhenma-courier.service");
    assert!(courier.contains(
        "\nInaccessiblePaths=-/etc/zhenma/passphrase -/run/credentials -/var/lib/zhenma/keys\n"
    ));
    for unit in [&serve, &courier] {
        assert!(!unit.contains("Credential=") && !unit.contains("PASSPHRASE"));
    }
    assert!(serve.contains("\nInaccessiblePaths=-/etc/zhenma/passphrase -/run/credentials\n"));
    let settings = |unit: &str| unit.lines().filter(|line| line.contains("File=")).count();
    assert_eq!((settings(&serve), settings(&worker)), (1, 1), "one file of settings");
    assert!(!text("systemd/zhenma.env").lines().any(|line| line.starts_with("ZHENMA_KEY_PASS")));
}

#[test]
fn the_example_settings_name_every_variable_and_no_other() {
    let example = text("systemd/zhenma.env");
    let mut named: Vec<String> = example
        .lines()
        .filter_map(|line| line.trim_start_matches('#').trim().split_once('='))
        .map(|(name, _)| name.to_owned())
        .chain(["ZHENMA_KEY_PASSPHRASE_FILE", "ZHENMA_METRICS_LISTEN"].map(str::to_owned))
        .collect();
    let mut known = variables();
    named.sort();
    known.sort();
    assert_eq!(named, known);
}

/// Another process of the same user finds `/proc/PID` shut: it is root's.
#[test]
fn a_process_that_knows_the_passphrase_hides_its_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pipe, zhenma) = (folder.path().join("passphrase"), folder.path().join("zhenma"));
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    fs::copy(env!("CARGO_BIN_EXE_zhenma"), &zhenma).expect("copied");
    for (file, mode) in [(folder.path(), 0o755), (&pipe, 0o666), (&zhenma, 0o755)] {
        fs::set_permissions(file, Permissions::from_mode(mode)).expect("set");
    }
    let mut worker = Command::new(&zhenma);
    if fs::metadata("/proc/self").expect("there").uid() == 0 {
        worker.uid(NOBODY).gid(NOBODY);
    }
    worker.arg("worker").env("ZHENMA_KEY_PASSPHRASE_FILE", &pipe).stderr(Stdio::null());
    let mut worker = worker.current_dir(folder.path()).spawn().expect("it starts");
    // Opened for writing when the worker opens it to read: it has hidden by then.
    let writer = fs::File::options().write(true).open(&pipe).expect("opened");
    let owner = fs::metadata(format!("/proc/{}/environ", worker.id())).expect("there").uid();
    drop(writer);
    worker.wait().expect("it ends");
    assert_eq!(owner, 0);
}

#[test]
fn a_backup_comes_every_night_and_behind_the_stores() {
    if need::program("systemd-analyze").is_none() {
        return;
    }
    let timer = text("systemd/zhenma-backup.timer");
    let at = timer.lines().find_map(|line| line.strip_prefix("OnCalendar=")).expect("a time");
    let analyze = Command::new("systemd-analyze")
        .args(["calendar", "--iterations=2", "--base-time=2026-11-27 12:00:00", at])
        .env("TZ", "UTC")
        .output()
        .expect("it runs");
    let said = said(&analyze);
    let days = ["2026-11-28 02:30:00", "2026-11-29 02:30:00"];
    assert!(days.iter().all(|day| said.contains(day)), "{said}");
    assert!(timer.contains("\nPersistent=true\n"), "a night without power");
    for unit in ["serve", "worker", "courier", "backup"] {
        let text = text(&format!("systemd/zhenma-{unit}.service"));
        let after = text.lines().find(|line| line.starts_with("After=")).expect("an order");
        assert!(after.ends_with(" postgresql.service"), "{unit}: {after}");
        let wants = text.lines().filter(|line| line.starts_with("Wants="));
        assert!(wants.eq(["Wants=network-online.target"]), "{unit}");
    }
}
