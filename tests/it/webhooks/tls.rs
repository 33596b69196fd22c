//! Webhooks to a server with a certificate of the operator's own authority.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::target::{Answer, Target};
use super::{add, allowing, attempted, test};
use crate::need;

const CHILD: &str = "webhooks::tls::a_child_of_the_test_delivers_by_tls";
const CHILD_URL: &str = "ZHENMA_TEST_CHILD_HOOK";

/// The only attempt, as the API shows it.
async fn delivered(url: &str) -> serde_json::Value {
    let bed = allowing().await;
    let (id, _) = add(&bed, url).await;
    test(&bed, &id).await;
    attempted(&bed, &id).await
}

/// Not a test of its own: the trusted certificates are read from a file named
/// by the environment, which a test cannot change for itself.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "told by its parent what to do")]
async fn a_child_of_the_test_delivers_by_tls() {
    let Ok(url) = std::env::var(CHILD_URL) else { return };
    let attempt = delivered(&url).await;
    assert_eq!(attempt["state"], "done", "{attempt}");
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let chain = CertificateDer::from_pem_file(folder.join("node.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("node.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_believed_whose_certificate_this_machine_believes_and_no_other() {
    let Some(openssl) = need::program("openssl") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let make = |arguments: &str| {
        let made = Command::new(&openssl)
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1".split(' '))
            .args("-nodes -days 2 -keyout".split(' '))
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    make("ca.key -out ca.pem -subj /CN=authority");
    make(
        "node.key -out node.pem -subj /CN=erp -CA ca.pem -CAkey ca.key \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE",
    );
    let target = Target::start_with(Some(acceptor(folder.path())), |_| Answer::Status(200)).await;
    let url = format!("https://127.0.0.1:{}/", target.port());
    let refused = delivered(&url).await;
    assert_eq!(refused["last_trouble"], "certificate", "{refused}");
    assert!(target.received().is_empty());
    let child = tokio::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", CHILD])
        .env(CHILD_URL, &url)
        .env("SSL_CERT_FILE", folder.path().join("ca.pem"))
        .output()
        .await
        .expect("the child runs");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!(target.received().len(), 1);
    // The certificate is of another name.
    let other = format!("https://localhost:{}/", target.port());
    assert_ne!(delivered(&other).await["state"], "done");
}
