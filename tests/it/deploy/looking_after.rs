//! What is done to an installation later: backups restored, the move to Redis and
//! PostgreSQL, published keys brought to other servers.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{commands, commands_of, fetches, may_have_a_machine, on_the_machine, project, said};

/// What somebody hears who asks about the first label.
fn hears(outcome: &str) -> String {
    format!("expects '\"outcome\":\"{outcome}\"' ask")
}

#[test]
fn a_backup_is_restored_and_files_move_to_servers_as_it_is_written() {
    let programs = [
        "systemd-sysusers",
        "caddy",
        "curl",
        "ip",
        "age-keygen",
        "redis-server",
        "redis-cli",
        "createuser",
        "psql",
    ];
    if !may_have_a_machine(&programs) {
        return;
    }
    let folder = project();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/deploy");
    let line = |line: &str| vec![line.to_owned()];
    let part = |title: &str| commands_of("README.md", title);
    let script = [
        vec![format!(". {}", here.join("trouble").display())],
        vec![format!(". {}", here.join("servers").display())],
        commands("With systemd"),
        line("echo '== restore'"),
        // The backup of that chapter is older than its scan.
        vec![hears("seen_before")],
        part("Restore"),
        vec![hears("genuine"), hears("seen_before")],
        line("echo '== by hand'"),
        part("Looking after it").into_iter().take(1).collect(),
        line("[ -s /var/lib/zhenma/backups/by-hand.age ]"),
        line("echo '== move'; install_postgres"),
        part("To Redis and PostgreSQL"),
        line("[ -e /var/lib/zhenma/data/ledger.sqlite.moved ]"),
        vec![hears("seen_before")],
        line("expects '\"durable\":true' ready; expects '[1-9]' redis-cli dbsize"),
        line("expects '^ *[1-9]' rows_of batches"),
        line("echo '== restore from servers'"),
        part("Restore, from Redis and PostgreSQL"),
        line("expects '^0$' redis-cli dbsize"),
        part("Restore"),
        // Of the move: two scans before it, and one more.
        vec![hears("seen_before")],
        line("expects '^ *[1-9]' rows_of batches; expects '[1-9]' redis-cli dbsize"),
        line("echo '== keys'"),
        commands("More than one machine"),
        line("brought jwks.json 10.0.0.6 644; brought jwks.json 10.0.0.7 644"),
        line("brought 1.pem 10.0.0.7 600; [ ! -e /var/lib/zhenma-at-10.0.0.6/keys/1.pem ]"),
        line("echo 'all is done'"),
    ]
    .concat();
    let script: Vec<_> = script.into_iter().filter(|line| !fetches(line)).collect();
    let (output, said) = on_the_machine(folder.path(), &script);
    let log = |unit: &str| {
        fs::read_to_string(folder.path().join(format!("{unit}.log"))).unwrap_or_default()
    };
    let logs = log("zhenma-serve") + &log("zhenma-worker") + &log("zhenma-backup");
    assert!(output.status.success() && said.contains("all is done"), "{said}\n{logs}");
    assert_eq!(said.matches("served by a zhenma now").count(), 3, "{said}");
    let sum = said.lines().find_map(|line| line.strip_suffix("  jwks.json")).expect("its sum");
    for server in ["10.0.0.6", "10.0.0.7"] {
        assert!(said.contains(&format!("{sum}  - {server}\n")), "{said}");
    }
}

#[test]
fn nothing_is_started_after_a_restore_or_a_move_that_was_refused() {
    for (file, chapter, refused) in [
        ("README.md", "Restore", "zhenma-admin restore "),
        ("README.md", "To Redis and PostgreSQL", "zhenma-admin move "),
        ("NIGHT.md", "Upgrade and back", "zhenma-admin restore "),
    ] {
        let lines = commands_of(file, chapter);
        let at = lines.iter().position(|line| line.starts_with(refused)).expect("it is there");
        // Whatever else would be run is not found, and that is said.
        let script = "PATH=/nowhere\nzhenma-admin() { return 2; }\n".to_owned();
        let script = script + &lines[at..].join("\n");
        let done = Command::new("bash").args(["-c", &script]).output().expect("bash runs");
        assert_eq!((done.status.code(), said(&done)), (Some(2), String::new()), "{chapter}");
    }
}
