//! A ledger on another machine, over TLS: the server's name and who vouches for it
//! are checked, and nothing goes over a line that could not be.

use std::process::{Command, Output};

use crate::faults::tls::certificates;
use crate::need;
use crate::postgres_server::PostgresServer;
use crate::redis_server::free_port;

#[test]
fn the_server_is_who_its_certificate_says_or_nothing_is_told_to_it() {
    let Some(openssl) = need::program("openssl") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    certificates(&openssl, folder.path(), "DNS:localhost");
    let (port, file) = (free_port(), |name: &str| folder.path().join(name));
    let Some(server) = PostgresServer::over_tls(port, &file("node.pem"), &file("node.key")) else {
        return;
    };
    let run = |words: &[&str], host: &str, how: &str, trusted: &str| -> Output {
        Command::new(env!("CARGO_BIN_EXE_zhenma"))
            .args(words)
            .env("ZHENMA_LEDGER", format!("postgres://zhenma@{host}:{port}/made?{how}"))
            .env("ZHENMA_DATA", file("data"))
            .env("SSL_CERT_FILE", file(trusted))
            .output()
            .expect("zhenma runs")
    };
    let list =
        |host: &str, how: &str, trusted: &str| run(&["enterprise", "list"], host, how, trusted);
    let is_let_in = |done: Output| {
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let full = "sslmode=verify-full";
    is_let_in(list("localhost", full, "ca.pem"));
    // An authority that is named for this one server, whatever the machine trusts.
    let named = format!("{full}&sslrootcert={}", file("ca.pem").display());
    is_let_in(list("localhost", &named, "other.pem"));
    for (how, says) in [(full, "is encrypted"), ("sslmode=disable", "no encryption")] {
        let told = run(&["doctor"], "localhost", how, "ca.pem").stdout;
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains(says), "{how}: {told}");
    }
    let log = server.log();
    assert!(log.contains("SSL enabled (protocol=TLSv1.3"), "{log}");

    let before = log.matches("connection authorized: user=zhenma").count();
    for (host, how, trusted, says) in [
        ("localhost", full, "other.pem", "certificate"),
        ("127.0.0.1", full, "ca.pem", "certificate"),
        ("localhost", "sslmode=disable", "ca.pem", "no encryption"),
    ] {
        let done = list(host, how, trusted);
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success() && told.contains(says), "{host} {how} {trusted}: {told}");
    }
    let after = server.log().matches("connection authorized: user=zhenma").count();
    assert_eq!(before, after, "none of them came as far as the database");
}
