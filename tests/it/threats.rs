//! The threat model names a test for what it says, and each is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const MODEL: &str = include_str!("../../src/guide/threats.md");
/// As many lines of the model say something of one threat, at least.
const LINES_MIN: usize = 40;

#[test]
fn every_line_of_the_threat_model_has_a_test_that_is_there() {
    let mut there = BTreeSet::new();
    for folder in ["src", "tests/it"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut there);
    }
    let missing: Vec<&str> = named(MODEL).filter(|name| !there.contains(*name)).collect();
    assert!(missing.is_empty(), "no such test: {missing:?}");

    let threats = MODEL.lines().filter(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        cells.next().is_some_and(|cell| ["S", "T", "R", "I", "D", "E"].contains(&cell))
    });
    let (with, without): (Vec<&str>, Vec<&str>) =
        threats.partition(|line| named(line).next().is_some());
    assert!(without.is_empty(), "nothing shows it: {without:#?}");
    assert!(with.len() >= LINES_MIN, "{} lines are left", with.len());
}

/// Words in code that read like the name of a test.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|word| {
        word.matches('_').count() >= 3
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

fn collect(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            let behind = text.split("fn ").skip(1);
            into.extend(behind.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
        }
    }
}
