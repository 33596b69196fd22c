//! No secret stands in the project, or has stood in it: what opens something looks like
//! one of these.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::need;

/// A beginning, and how many characters of which kind follow it at least.
struct Mark {
    begins: &'static str,
    least: usize,
    goes_on: fn(u8) -> bool,
}

fn is_base64(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"+/=".contains(&c)
}

fn is_capital(c: u8) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit()
}

const MARKS: [Mark; 5] = [
    // A PEM file; a line that a difference adds begins with `+`.
    Mark { begins: "PRIVATE KEY-----", least: 40, goes_on: |c| is_base64(c) || c == b'\n' },
    Mark { begins: "AGE-SECRET-KEY-1", least: 40, goes_on: is_capital },
    Mark { begins: "AKIA", least: 16, goes_on: is_capital },
    // Keys of programs and secrets of webhooks, as this product makes them.
    Mark { begins: "zm_", least: 43, goes_on: |c| c.is_ascii_alphanumeric() || b"-_".contains(&c) },
    Mark { begins: "whsec_", least: 24, goes_on: is_base64 },
];

/// Bytes in a row, which no one chose.
const VECTORS: [&str; 1] = ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="];

fn secrets(text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for Mark { begins, least, goes_on } in MARKS {
        for at in places(text, begins.as_bytes()) {
            let rest = &text[at + begins.len()..];
            let length = rest.iter().take_while(|c| goes_on(**c)).count();
            let secret = String::from_utf8_lossy(&text[at..at + begins.len() + length]);
            if length >= least && !VECTORS.contains(&secret.as_ref()) {
                found.push(secret.into_owned());
            }
        }
    }
    found
}

fn places<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = word[0];
    let starts = text.iter().enumerate().filter(move |(_, c)| **c == first);
    starts.map(|(at, _)| at).filter(move |at| text[*at..].starts_with(word))
}

fn git(words: &[&str]) -> Option<Vec<u8>> {
    let program = need::program("git")?;
    let root = env!("CARGO_MANIFEST_DIR");
    let done = Command::new(program).args(["-C", root]).args(words).output().expect("git runs");
    // A copy without its history is looked at as far as it goes.
    done.status.success().then_some(done.stdout)
}

#[test]
fn every_kind_of_secret_is_found() {
    let made = |begins: &str, more: &str| secrets(format!("x {begins}{more} y").as_bytes()).len();
    let letters = "MC4CAQAwBQYDK2VwBCIEIB0aGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4";
    assert_eq!(made("-----BEGIN PRIVATE KEY-----\n", letters), 1);
    assert_eq!(made("-----BEGIN ENCRYPTED PRIVATE KEY-----\n+", letters), 1);
    assert_eq!(made("AGE-SECRET-KEY-1", &"Q2W3".repeat(14)), 1);
    assert_eq!(made("AKIA", "IOSFODNN7EXAMPLE"), 1);
    assert_eq!(made("zm_", &letters[..43]), 1);
    assert_eq!(made("whsec_", letters), 1);
    assert_eq!(made("-----BEGIN PRIVATE KEY-----", "\"));"), 0);
    assert_eq!(made("zm_", "session"), 0);
}

#[test]
fn no_secret_is_in_the_project_or_its_history() {
    let Some(listed) = git(&["ls-files", "-z"]) else { return };
    let names = listed.split(|c| *c == 0).filter(|name| !name.is_empty());
    let mut files = 0;
    for name in names {
        let name = std::str::from_utf8(name).expect("a name");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        // One that is being moved or taken away is not there.
        let Ok(bytes) = fs::read(path) else { continue };
        let found = secrets(&bytes);
        assert!(found.is_empty(), "{name}: {} characters of a secret", found[0].len());
        files += 1;
    }
    assert!(files > 500, "{files} files");
    let all = ["log", "--all", "-p", "-a", "--no-color", "--no-ext-diff", "--no-textconv", "-U0"];
    let history = git(&all).expect("a repository has a log");
    let found = secrets(&history);
    assert!(found.is_empty(), "{} in the history, of {} characters", found.len(), found[0].len());
}
