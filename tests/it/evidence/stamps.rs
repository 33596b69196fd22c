//! An authority for the time: `openssl ts` behind a small server.

use std::fs;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zhenma::app::stamps::roots;
use zhenma::base::{Clock, clock::SystemClock};
use zhenma::evidence::check::Published;
use zhenma::evidence::{Package, Stamp, tsp};
use zhenma::keys::KeyStatus;
use zhenma::keys::office::development_signer;

use super::dossier::{dossier, office_key, published};
use super::{by_hand, checked, shell};
use crate::need;
use crate::staff_bed::StaffBed;

const CONFIG: &str = "
[ req ]
distinguished_name = dn
prompt = no
[ dn ]
CN = Test Authority
[ ca ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[ tsa ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ ts ]
default_tsa = ts1
[ ts1 ]
serial = ./serial
signer_cert = ./tsa.pem
certs = ./root.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
";

/// An authority in a folder: its root is `root.pem`.
pub fn authority(folder: &Path, key: &str) {
    fs::write(folder.join("c.cnf"), CONFIG).expect("written");
    fs::write(folder.join("serial"), "01\n").expect("written");
    let line = format!(
        "openssl req -x509 -config c.cnf -extensions ca -newkey {key} -nodes -keyout root.key \
         -out root.pem -days 3650 -subj '/CN=Root' && \
         openssl req -new -config c.cnf -newkey {key} -nodes -keyout tsa.key -out tsa.csr && \
         openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial \
         -extfile c.cnf -extensions tsa -days 3650 -out tsa.pem"
    );
    let out = shell(folder, &line);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

pub fn answer(folder: &Path, query: &[u8]) -> Vec<u8> {
    fs::write(folder.join("q.tsq"), query).expect("written");
    let line = "openssl ts -reply -config c.cnf -section ts1 -queryfile q.tsq -out r.tsr";
    let out = shell(folder, line);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    fs::read(folder.join("r.tsr")).expect("an answer")
}

#[test]
fn answers_of_openssl_are_checked_whole() {
    if need::program("openssl").is_none() {
        return;
    }
    for key in ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256"] {
        let folder = tempfile::tempdir().expect("a folder");
        authority(folder.path(), key);
        let statement = b"a signed statement";
        let query = tsp::query(statement, 0x0123_4567_89ab_cdef);
        let response = answer(folder.path(), &query);
        let root = roots(&folder.path().join("root.pem")).expect("a root");
        let good = |roots: &[CertificateDer<'_>]| tsp::check(statement, &query, &response, roots);
        assert!(good(&root).expect(key).trusted);
        assert!(!good(&[]).expect(key).trusted);
        assert!(tsp::check(b"another", &query, &response, &root).is_err());
        let other = tsp::query(statement, 7);
        assert!(tsp::check(statement, &other, &response, &root).is_err(), "another nonce");
        let stranger = tempfile::tempdir().expect("a folder");
        authority(stranger.path(), key);
        let stranger = roots(&stranger.path().join("root.pem")).expect("a root");
        assert!(good(&stranger).is_err(), "another root");
        // What the authority signed, its time among it, takes no flipped bit.
        let mut changed = response.clone();
        let info = response.windows(4).position(|part| part == b"2026" || part == b"2027");
        let info = info.unwrap_or(response.len() / 4);
        for at in info..info + 40 {
            changed[at] ^= 1;
            assert!(tsp::check(statement, &query, &changed, &root).is_err(), "byte {at}");
            changed[at] ^= 1;
        }
        for end in 0..response.len() {
            assert!(tsp::check(statement, &query, &response[..end], &root).is_err());
        }
    }
}

#[test]
fn a_dated_package_outlives_the_revocation_of_its_key() {
    if need::program("openssl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    authority(folder.path(), "rsa:2048");
    let signer = development_signer();
    let photos = tempfile::tempdir().expect("a folder");
    let mut dossier = dossier(photos.path(), 100, &signer);
    let now = SystemClock.now();
    dossier.made_at = now;
    let package = Package::of(&dossier, &signer).expect("made");
    let asked = zhenma::evidence::manifest::Timestamped {
        authority: "http://tsa.example.cn/".to_owned(),
        problem: None,
    };
    let statement = package.sign(&signer, Some(asked));
    let query = tsp::query(statement.as_bytes(), 77);
    let response = answer(folder.path(), &query);
    let stamp = Stamp { query, response };
    let mut bytes = Vec::new();
    let sealed = package.seal(statement, Some(stamp)).expect("sealed");
    sealed.write(&mut bytes).expect("written");
    let with = |status: KeyStatus, seconds: i64, trust: bool| {
        let mut known = published(&signer);
        let mut key = office_key(&signer);
        (key.status, key.status_at) = (status, Some(now.seconds() + seconds));
        (key.not_before, key.not_after) = (Some(now.seconds() - 9), Some(now.seconds() + 900));
        known.keys.as_mut().expect("keys").0.insert(key);
        if trust {
            known.roots = roots(&folder.path().join("root.pem")).expect("a root");
        }
        checked(&bytes, &known)
    };
    let good = with(KeyStatus::Revoked, 3_600, true);
    assert!(good.is_whole(), "{good:#?}");
    assert!(good.dated_at.is_some());
    assert!(!with(KeyStatus::Revoked, 3_600, false).is_whole(), "nobody believes the authority");
    assert!(!with(KeyStatus::Revoked, -3_600, true).is_whole(), "it was dated later");
    assert!(with(KeyStatus::Active, 0, false).is_whole());
    // Every file of it by openssl too.
    let path = folder.path().join("p.zip");
    fs::write(&path, &bytes).expect("written");
    let unpacked = folder.path().join("unpacked");
    by_hand::unpack(&path, &unpacked);
    by_hand::checks_out(&unpacked, Some(&folder.path().join("root.pem")));
    // Without the time-stamp that its statement promises, or with a bit of it flipped.
    let known: Published = published(&signer);
    let at = bytes.windows(13).rposition(|part| part == b"statement.tsr").expect("its line");
    for place in [at, bytes.windows(13).position(|p| p == b"statement.tsr").expect("it") + 60] {
        let mut changed = bytes.clone();
        changed[place] ^= 4;
        let report = checked(&changed, &known);
        let named = report.faults.iter().any(|fault| fault.byte == Some(place as u64));
        assert!(named, "{:#?}", report.faults);
    }
}

/// Serves an authority by HTTP, one question a connection.
async fn served(folder: std::path::PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            // The head and the body of a question have 69 bytes behind an empty line.
            let body = loop {
                let mut part = [0; 4_096];
                let read = stream.read(&mut part).await.expect("a question");
                asked.extend_from_slice(&part[..read]);
                let head = asked.windows(4).position(|end| end == b"\r\n\r\n");
                if let Some(head) = head.filter(|head| asked.len() >= head + 4 + 69) {
                    break asked[head + 4..].to_vec();
                }
            };
            let response = answer(&folder, &body);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n",
                response.len()
            );
            stream.write_all(head.as_bytes()).await.expect("sent");
            stream.write_all(&response).await.expect("sent");
        }
    });
    format!("http://{address}/tsr")
}

#[tokio::test]
async fn an_authority_that_is_set_dates_what_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    authority(folder.path(), "rsa:2048");
    let url = served(folder.path().to_owned()).await;
    let root = folder.path().join("root.pem");
    let bed = StaffBed::start_with(|settings| {
        (settings.tsa_url, settings.tsa_roots) = (Some(url.clone()), Some(root.clone()));
    })
    .await;
    let (case, _) = super::packed(&bed).await;
    let path = format!("/api/v1/officer/cases/{case}/evidence");
    let package = bed.get("officer", &path).await[0].clone();
    assert!(package["dated_at"].is_string(), "{package}");
    let bytes = super::taken(&bed, &case, &package).await;
    let report = checked(&bytes, &Published::default());
    assert!(report.is_whole() && report.dated_at.is_some(), "{report:#?}");
}

#[tokio::test]
async fn an_authority_that_is_away_holds_nothing_up() {
    // A port that nobody listens on.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let bed = StaffBed::start_with(|settings| settings.tsa_url = Some(url.clone())).await;
    let (case, _) = super::packed(&bed).await;
    let path = format!("/api/v1/officer/cases/{case}/evidence");
    let package = bed.get("officer", &path).await[0].clone();
    assert!(package["dated_at"].is_null(), "{package}");
    let report = checked(&super::taken(&bed, &case, &package).await, &Published::default());
    assert!(report.is_whole(), "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("gave none")), "{report:#?}");
    let page = bed.person("officer").await.page(&format!("/officer/cases/{case}/evidence")).await;
    assert!(page.contains("未取得："), "{page}");
}
