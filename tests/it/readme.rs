//! The way from the demonstration to an installation, as the README has it.

use std::path::Path;
use std::process::Command;

/// The indented block that makes an installation.
fn commands() -> String {
    let readme = include_str!("../../README.md");
    let (_, behind) = readme.split_once("## From demo to serve").expect("the chapter");
    let (chapter, _) = behind.split_once("\n## ").expect("one behind it");
    let block: Vec<_> = chapter.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    block.join("\n")
}

#[test]
fn the_commands_of_the_readme_make_an_installation() {
    let folder = tempfile::tempdir().expect("a folder");
    let zhenma = Path::new(env!("CARGO_BIN_EXE_zhenma"));
    let path = format!("{}:/usr/bin:/bin", zhenma.parent().expect("a folder").display());
    let script = commands();
    assert!(script.lines().count() > 10, "{script}");
    let output = Command::new("bash")
        .args(["-euc", &script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{told}");
    assert!(!said.contains("fault"), "doctor finds a fault:\n{said}");
    assert!(folder.path().join("labels/manifest.json").exists());
}
