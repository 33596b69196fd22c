//! Keeps what a bench measured, for the report over all of them.

use std::fs::OpenOptions;
use std::io::Write;

use serde::Serialize;

/// One line of the file that `ZHENMA_BENCH_KEEP` names.
#[derive(Serialize)]
struct Line<'a, T> {
    bench: &'a str,
    what: &'a str,
    value: T,
}

/// Appends a figure; nothing is kept where nobody asks for it.
#[expect(clippy::disallowed_methods, reason = "benches have no app::config")]
pub fn keep<T: Serialize>(bench: &str, what: &str, value: T) {
    let Some(path) = std::env::var_os("ZHENMA_BENCH_KEEP") else { return };
    let mut line = serde_json::to_vec(&Line { bench, what, value }).expect("figures and words");
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("opens");
    file.write_all(&line).expect("written");
}
