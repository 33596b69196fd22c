//! `deploy/NIGHT.md`: what can go wrong does, and its commands end it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{
    commands, commands_of, fetches, may_have_a_machine, on_the_machine, project, said, text,
};

/// Pages, in an order in which each leaves what the next one needs.
const PAGES: [&str; 9] = [
    "Scans late or not confirmed",
    "Worker gone",
    "Store full",
    "Flood",
    "Clock wrong",
    "Certificate expired",
    "Backup old",
    "Upgrade and back",
    "Key compromised",
];

#[test]
fn every_page_of_the_night_ends_what_it_is_for() {
    let programs = ["systemd-sysusers", "caddy", "curl", "ip", "openssl", "faketime", "age-keygen"];
    if !may_have_a_machine(&programs) {
        return;
    }
    let folder = project();
    let lines = commands("With systemd").into_iter().filter(|line| !fetches(line));
    let trouble = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/deploy/trouble");
    let mut script = vec![format!(". {}", trouble.display())];
    script.extend(lines);
    for page in PAGES {
        let name = page.to_lowercase().replace(' ', "_");
        script.push(format!("echo '== {page}'; before_{name}"));
        let of_page = commands_of("NIGHT.md", page);
        assert!(of_page.len() > 1, "{page}");
        script.extend(of_page);
        script.push(format!("after_{name}"));
    }
    script.push("echo 'the night is over'".to_owned());
    let (output, said) = on_the_machine(folder.path(), &script);
    let log = fs::read_to_string(folder.path().join("zhenma-serve.log")).unwrap_or_default();
    assert!(output.status.success() && said.contains("the night is over"), "{said}\n{log}");
}

#[test]
fn every_command_of_the_night_is_run() {
    let night = text("NIGHT.md");
    let pages = night.split("\n## ").skip(1).filter(|page| page.contains("```sh"));
    for page in pages {
        let title = page.lines().next().expect("a title");
        assert!(PAGES.contains(&title), "{title} has commands that no test runs");
    }
}

#[test]
fn old_orders_go_and_nothing_is_wrong_where_there_are_none() {
    let line = commands_of("NIGHT.md", "Store full");
    let line = line.iter().find(|line| line.starts_with("find ")).expect("it looks for orders");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("made");
    let line = line.replace("/var/lib/zhenma/data", &data.display().to_string());
    let sweep = || {
        let done = Command::new("/bin/sh").args(["-c", &line]).output().expect("sh runs");
        assert!(done.status.success() && done.stderr.is_empty(), "{}", said(&done));
    };
    sweep();
    let [old, new, photo] = ["orders/old", "orders/new", "media/old"].map(|name| data.join(name));
    for folder in [&old, &new, &photo] {
        fs::create_dir_all(folder).expect("made");
        fs::write(folder.join("labels.pdf"), "x").expect("written");
    }
    for folder in [&old, &photo] {
        let aged = Command::new("touch").args(["-d", "31 days ago"]).arg(folder).status();
        assert!(aged.expect("touch runs").success());
    }
    sweep();
    assert!(!old.exists() && new.exists() && photo.exists());
}

#[test]
fn an_upgrade_begun_twice_leaves_the_way_back_as_it_is() {
    let lines = commands_of("NIGHT.md", "Upgrade and back");
    let begins: Vec<_> =
        lines.into_iter().take_while(|line| !line.starts_with("systemctl stop")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let here = |place: &str| folder.path().join(place);
    let script = begins
        .join("\n")
        .replace("/var/lib/zhenma", &here("data").display().to_string())
        .replace("/usr/local/bin", &here("bin").display().to_string());
    fs::create_dir_all(here("data/before")).expect("made");
    fs::create_dir(here("bin")).expect("made");
    for (file, text) in [
        ("bin/zhenma", "newer"),
        ("bin/zhenma-before", "older"),
        ("data/before/passphrase", "of the backup"),
    ] {
        fs::write(here(file), text).expect("written");
    }
    let done = Command::new("/bin/sh").args(["-c", &script]).output().expect("sh runs");
    assert!(!done.status.success(), "{}", said(&done));
    assert_eq!(fs::read(here("bin/zhenma-before")).expect("read"), b"older");
    assert_eq!(fs::read(here("data/before/passphrase")).expect("read"), b"of the backup");
}
