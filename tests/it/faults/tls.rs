//! `rediss://` with a certificate of the operator's own authority.

use std::path::Path;
use std::process::Command;

use zhenma::scan::{ScanState, StateError};
use zhenma::store::redis::RedisState;

use super::load::call;
use crate::need;
use crate::redis_server::{RedisServer, free_port};
use crate::store_contract::bed::{code, scan};

const CHILD: &str = "faults::tls::a_child_of_the_test_speaks_tls";
const CHILD_URL: &str = "ZHENMA_TEST_CHILD_URL";

/// An authority (`ca.pem`), a stranger (`other.pem`), and a server's certificate by the
/// former for one name (`node.pem`, `node.key`).
pub fn certificates(openssl: &Path, folder: &Path, name: &str) {
    let make = |arguments: &str| {
        let made = Command::new(openssl)
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1".split(' '))
            .args("-nodes -days 2 -keyout".split(' '))
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    make("ca.key -out ca.pem -subj /CN=authority");
    make("other.key -out other.pem -subj /CN=another");
    make(&format!(
        "node.key -out node.pem -subj /CN=node -CA ca.pem -CAkey ca.key \
         -addext subjectAltName={name} -addext basicConstraints=critical,CA:FALSE"
    ));
}

/// Not a test of its own: the trusted certificates are read from a file named
/// by the environment, which a test cannot change for itself.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "told by its parent what to do")]
async fn a_child_of_the_test_speaks_tls() {
    let Ok(url) = std::env::var(CHILD_URL) else { return };
    let state = RedisState::open(&url).await.expect("opens");
    call(&state, code(1), scan(1)).await.expect("recorded");
    assert_eq!(state.peek(code(1)).await.expect("read").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_trusts_the_systems_certificates_and_no_others() {
    let Some(openssl) = need::program("openssl") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    certificates(&openssl, folder.path(), "IP:127.0.0.1");
    let port = free_port();
    let Some(_server) = RedisServer::start_with(&[
        &format!("--tls-port {port} --tls-auth-clients no"),
        &format!("--tls-cert-file {}", file("node.pem")),
        &format!("--tls-key-file {}", file("node.key")),
        &format!("--tls-ca-cert-file {}", file("ca.pem")),
    ]) else {
        return;
    };
    let url = format!("rediss://127.0.0.1:{port}");
    let child = |trusted: &Path| {
        Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", CHILD])
            .env(CHILD_URL, &url)
            .env("SSL_CERT_FILE", trusted)
            .output()
            .expect("the child runs")
            .status
            .success()
    };
    assert!(child(&folder.path().join("ca.pem")), "its authority is trusted");

    let state = RedisState::open(&url).await.expect("opens, to try again");
    let refused = call(&state, code(1), scan(2)).await;
    assert!(matches!(refused, Err(StateError::Unavailable(_))), "{refused:?}");
}
