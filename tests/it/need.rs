//! What a test needs and a bare machine may lack.

use std::path::PathBuf;

/// The program's path. When it is missing the test says `SKIPPED` and
/// returns; with `ZHENMA_TESTS_REQUIRE=1` it fails instead.
#[allow(clippy::disallowed_methods, reason = "a test's own switches")]
pub fn program(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    told(name, found)
}

/// Says what is missing, or fails for it.
#[allow(clippy::disallowed_methods, reason = "a test's own switches")]
pub fn told(name: &str, found: Option<PathBuf>) -> Option<PathBuf> {
    if found.is_none() {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        let required = std::env::var_os("ZHENMA_TESTS_REQUIRE").is_some_and(|v| v == "1");
        assert!(!required, "{test} needs {name}, which is not there");
        eprintln!("SKIPPED {test}: needs {name}");
    }
    found
}
