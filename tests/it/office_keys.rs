//! Keys of offices: made, published beside those of labels, rotated, and never
//! taken for one of them. And the signed texts that they make.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use zhenma::code::{self, Layer, Outcome, Payload, compact_text};
use zhenma::keys::jws::{self, Header, JwsError};
use zhenma::keys::office::{OfficeKeys, OfficeSigner, development_signer};
use zhenma::keys::{KeyDir, KeyNumber, KeyStatus, Keyring, PublicKey};

use crate::keys::{NOW, PASSPHRASE, zhenma};

fn office(dir: &KeyDir) -> OfficeSigner {
    let kid = dir.new_office_key("鹿邑县市场监督管理局", PASSPHRASE, NOW).expect("made");
    dir.office_signer(kid, PASSPHRASE, NOW).expect("opens")
}

/// A label that an office's key signed, under the key number 7.
fn label_by(signer: &OfficeSigner) -> String {
    let key = KeyNumber::new(7).expect("a number");
    let payload = Payload { layer: Layer::Outer, key, batch: 1, serial: 5 };
    compact_text(payload, &signer.sign(&code::compact_message(payload)))
}

#[test]
fn an_offices_key_signs_until_it_is_retired_and_says_since_when() {
    let temp = TempDir::new().expect("a folder");
    let dir = KeyDir::at(temp.path());
    assert!(dir.office_keys().expect("a set").is_empty());
    let signer = office(&dir);
    let file = dir.office_file(signer.kid());
    assert!(file.ends_with("office-1.pem"));
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(dir.office_signer(signer.kid(), "another passphrase", NOW).is_err());
    let later = NOW.plus_ms(86_400_000);
    dir.set_office_status(signer.kid(), KeyStatus::Retired, later).expect("retired");
    let keys = dir.office_keys().expect("a set");
    assert_eq!(keys.get(signer.kid()).expect("there").status_at, Some(later.seconds()));
    assert!(dir.office_signer(signer.kid(), PASSPHRASE, later).is_err(), "it signs no more");
    assert!(keys.signing_for("鹿邑县市场监督管理局").is_none());
    let second = office(&dir);
    assert_eq!(second.kid().to_string(), "office-2");
    dir.new_office_key("周口市市场监督管理局", PASSPHRASE, NOW).expect("made");
    let keys = dir.office_keys().expect("a set");
    let of = |office| keys.signing_for(office).expect("one").kid.to_string();
    assert_eq!(
        (of("鹿邑县市场监督管理局"), of("玄武镇所")),
        ("office-2".into(), "office-3".into())
    );
    dir.set_office_status(second.kid(), KeyStatus::Revoked, later).expect("revoked");
    assert!(dir.set_office_status(second.kid(), KeyStatus::Active, later).is_err(), "for good");
    assert!(dir.new_office_key(" ", PASSPHRASE, NOW).is_err());
    let again = OfficeKeys::from_jwks(&dir.office_jwks().expect("bytes")).expect("own bytes");
    assert_eq!(again.to_jwks(), dir.office_jwks().expect("bytes"));
}

#[test]
fn no_reader_of_labels_takes_an_offices_key() {
    let temp = TempDir::new().expect("a folder");
    let dir = KeyDir::at(temp.path());
    let signer = office(&dir);
    let text = label_by(&signer);
    let number = dir.new_key(KeyNumber::new(1), "宋河", PASSPHRASE, NOW).expect("made");
    // Both documents in one, as somebody may well keep them.
    let parse = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).expect("JSON");
    let mut both = parse(dir.jwks().expect("bytes"));
    let offices = parse(dir.office_jwks().expect("bytes"));
    both["keys"].as_array_mut().expect("a list").push(offices["keys"][0].clone());
    for set in [offices, both] {
        let ring =
            Keyring::from_jwks(set.to_string().as_bytes()).expect("office keys are left out");
        assert!(ring.iter().all(|key| key.number == number));
        assert_eq!(code::verify(&ring, &code::read(&text).expect("good")), Outcome::UnknownKey);
        let file = temp.path().join("set.json");
        fs::write(&file, set.to_string()).expect("written");
        let out = zhenma(&["verify", &text, "--keys", &file.to_string_lossy()], b"");
        assert_eq!(out.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&out.stdout).starts_with("unknown_key"));
    }
    // Under a number that a key of labels has, the signature is another's.
    let payload = Payload { key: number, ..code::read(&text).expect("good").payload };
    let text = compact_text(payload, &signer.sign(&code::compact_message(payload)));
    let ring = dir.keyring().expect("a set");
    assert_eq!(code::verify(&ring, &code::read(&text).expect("good")), Outcome::BadSignature);
}

#[test]
fn the_key_commands_know_offices_keys() {
    let temp = TempDir::new().expect("a folder");
    let file = temp.path().join("passphrase");
    fs::write(&file, PASSPHRASE).expect("written");
    let keys = temp.path().join("keys");
    let (file, keys) = (file.to_string_lossy(), keys.to_string_lossy());
    let run = |arguments: &[&str]| {
        let all = [&["key", "--keys", &keys, "--passphrase-file", &file], arguments].concat();
        let out = zhenma(&all, b"");
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    assert_eq!(run(&["new"]).0, Some(2));
    assert_eq!(run(&["new", "--office", "鹿邑县局", "--issuer", "宋河"]).0, Some(2));
    let (code, says) = run(&["new", "--office", "鹿邑县局"]);
    assert!(code == Some(0) && says.contains("office-1.pem"), "{says}");
    assert!(run(&["list"]).1.contains("office-1  active    鹿邑县局"));
    assert_eq!(run(&["new", "--issuer", "宋河"]).0, Some(0));
    assert_eq!(run(&["retire", "office-1"]), (Some(0), "key office-1 is retired\n".to_owned()));
    assert_eq!(run(&["retire", "office-01"]).0, Some(2));
    assert_eq!(run(&["revoke", "office-1"]).0, Some(0));
    assert_eq!(run(&["revoke", "office-2"]).0, Some(2));
    let listed = run(&["list"]).1;
    assert!(listed.contains("1  active    宋河") && listed.contains("revoked"), "{listed}");
    assert!(!run(&["jwks"]).1.contains("office"));
    let set: Value = serde_json::from_str(&run(&["jwks", "--office"]).1).expect("JSON");
    assert_eq!(set["keys"][0]["kid"], "office-1");
    assert!(set["keys"][0]["status_at"].is_i64());
}

#[test]
fn the_development_key_of_an_office_is_known_under_any_name() {
    let dir = TempDir::new().expect("a folder");
    let dir = KeyDir::at(dir.path());
    dir.publish_office(&development_signer(), NOW).expect("published");
    let text = String::from_utf8(dir.office_jwks().expect("bytes")).expect("text");
    let renamed = OfficeKeys::from_jwks(text.replace("office-1", "office-12").as_bytes());
    let found = renamed.expect("a set").development_keys();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["office-12"]);
}

/// RFC 8037, appendix A.4 and A.5, with the key of A.1.
#[test]
fn signed_texts_are_those_of_the_rfc() {
    let bytes = |text: &str| -> [u8; 32] {
        BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url").try_into().expect("32 bytes")
    };
    let private = SigningKey::from_bytes(&bytes("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    let public = PublicKey::from_bytes(&bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
        .expect("a sound key");
    let text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPO\
                t7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let made = jws::sign_with(&Header::new(None, None), b"Example of Ed25519 signing", |message| {
        private.sign(message).to_bytes()
    });
    assert_eq!(made, text);
    let payload = jws::read(text).expect("well formed").verify(&public).expect("signed by it");
    assert_eq!(payload, b"Example of Ed25519 signing");
    // Every other text of the same length: another header, payload or signature.
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut other = text.as_bytes().to_vec();
            other[at] ^= 1 << bit;
            let Ok(other) = String::from_utf8(other) else { continue };
            let taken = jws::read(&other).and_then(|read| read.verify(&public));
            assert!(taken.is_err(), "byte {at} bit {bit}: {other}");
        }
    }
}

#[test]
fn a_signed_text_has_one_form_and_a_header_without_surprises() {
    let signer = development_signer();
    let key = signer.public().expect("sound");
    let good = jws::sign(&signer, "zhenma-test", br#"{"a":1}"#);
    let read = jws::read(&good).expect("well formed");
    assert_eq!(read.header.kid.as_deref(), Some("office-1"));
    assert_eq!(read.header.typ.as_deref(), Some("zhenma-test"));
    assert_eq!(read.verify(&key).expect("signed"), br#"{"a":1}"#);
    let with = |header: Value| {
        let parts: Vec<_> = good.split('.').collect();
        let signed = format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()), parts[1]);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    };
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "office-1"}),
        json!({"alg": "EdDSA", "crit": ["b64"], "b64": false}),
        json!({"alg": "EdDSA", "jwk": {}}),
        json!({"kid": "office-1"}),
    ] {
        assert_eq!(jws::read(&with(header.clone())).err(), Some(JwsError::Header), "{header}");
    }
    for text in
        [String::new(), "a.b".into(), format!("{good}="), format!("{good}."), format!(" {good}")]
    {
        assert_eq!(jws::read(&text).err(), Some(JwsError::Form), "{text}");
    }
    let other = OfficeSigner::from_seed(signer.kid(), "x", &[7; 32]).public().expect("sound");
    let read = jws::read(&good).expect("well formed");
    assert_eq!(read.verify(&other).err(), Some(JwsError::Signature));
}
