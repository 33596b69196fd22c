//! What is done to an installation later: backups restored, the move to Redis and
//! PostgreSQL, published keys brought to other servers.

use std::fs;
use std::path::Path;

use super::{commands, commands_of, fetches, may_have_a_machine, on_the_machine, project};

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
        line("as_published 10.0.0.6; as_published 10.0.0.7"),
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
}
