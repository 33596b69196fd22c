//! `zhenma.env`, as `zhenma-admin` reads it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{said, text};
use crate::need;

/// What systemd has for files of variables; units' are read by the same function.
const SYSTEMDS: &str =
    "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";

/// Each line is read by systemd in its own way. No `$`, which this program of systemd's
/// fills in and a unit does not, and no empty value, which it leaves out.
const SETTINGS: &str = r#"# A comment, = and "quotes'
; another
ZHENMA_LEDGER=postgres://zhenma:p&ss;w#rd@db/zhenma?sslmode=verify-full&connect_timeout=5
ZHENMA_SMTP_FROM="Zhenma <no-reply@example.cn>"
ZHENMA_DATA='/var/lib/zhen ma/data'
  ZHENMA_KEYS = /with blanks around	
ZHENMA_MAP=a\
b\ c\d
ZHENMA_TSA_URL="x \"y\" \z \\ \`w\` it's"
ZHENMA_TSA_ROOTS='one '"two"three  four\'
ZHENMA_TIME_ZONE=it's "so"
ZHENMA_LISTEN=*?[a]~`id`|!<>(){}
"#;

/// The part of `zhenma-admin` that reads, then what it has read.
fn read_by_admin(settings: &Path) -> Output {
    let script = text("systemd/zhenma-admin");
    let (reads, _) = script.split_once("exec runuser").expect("then it becomes another user");
    let reads = reads.replace("/etc/zhenma/zhenma.env", &settings.display().to_string());
    Command::new("/bin/sh")
        .args(["-c", &(reads + "exec env -0")])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("sh runs")
}

fn pairs(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", said(output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut pairs: Vec<_> = text.split('\0').map(str::to_owned).collect();
    pairs.retain(|pair| pair.starts_with("ZHENMA_"));
    pairs.sort();
    pairs
}

#[test]
fn commands_read_the_settings_as_systemd_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("environment.d/settings.conf");
    fs::create_dir(folder.path().join("environment.d")).expect("made");
    fs::write(&file, SETTINGS).expect("written");
    let ours = pairs(&read_by_admin(&file));
    assert_eq!(ours.len(), 9, "{ours:#?}");
    let url = "postgres://zhenma:p&ss;w#rd@db/zhenma?sslmode=verify-full&connect_timeout=5";
    assert!(ours.contains(&format!("ZHENMA_LEDGER={url}")), "{ours:#?}");
    let there = Path::new(SYSTEMDS).exists().then(|| SYSTEMDS.into());
    if need::told("systemd", there).is_none() {
        return;
    }
    let theirs = Command::new("/bin/sh")
        .args(["-c", "set -a; eval \"$($0)\"; exec env -0", SYSTEMDS])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .expect("sh runs");
    assert_eq!(ours, pairs(&theirs));
}

#[test]
fn settings_that_systemd_would_pass_over_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings");
    for (settings, says) in [
        ("ZHENMA_DATA", "has no ="),
        ("ZHENMA-DATA=x", "is no name of a variable"),
        ("ZENMA_LEDGER=postgres://db/zhenma", "zhenma.env: ZENMA_LEDGER is no setting"),
        ("export ZHENMA_DATA=x", "is no name of a variable"),
        ("ZHENMA_DATA='x\nZHENMA_KEYS=y\n", "the quote of ZHENMA_DATA is not closed"),
        ("# to be read on \\\nZHENMA_DATA=x", "a comment ends in a backslash"),
    ] {
        fs::write(&file, settings).expect("written");
        let output = read_by_admin(&file);
        assert_eq!(output.status.code(), Some(2), "{settings}");
        assert!(said(&output).contains(says), "{settings}: {}", said(&output));
    }
    let others = "PGPASSFILE=/etc/zhenma/pgpass\nSSL_CERT_FILE=/ca.pem\nTZ=UTC\nBACKUP_KEEP=30\n";
    fs::write(&file, others.to_owned() + "ZHENMA_DATA=$HOME/`id`\n").expect("written");
    assert_eq!(pairs(&read_by_admin(&file)), ["ZHENMA_DATA=$HOME/`id`"], "a shell's no more");
}
