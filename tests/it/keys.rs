//! Key files and the commands that read codes offline, by the real binary.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use zhenma::base::UnixMs;
use zhenma::code::{self, Layer, Outcome, Payload, compact_text, sign_compact};
use zhenma::keys::{KeyDir, KeyStatus, Keyring, PublishedKey, Signer};

use crate::site::Site;

pub const PASSPHRASE: &str = "a passphrase for the tests";
pub const NOW: UnixMs = UnixMs(1_790_000_000_000);

pub fn zhenma(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zhenma"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let out = child.wait_with_output().expect("the binary ends");
    let _ = writer.join().expect("the writer ends");
    out
}

fn text_of(dir: &KeyDir, serial: u64) -> String {
    let number = dir.keyring().expect("a set").iter().next().expect("a key").number;
    let signer = dir.signer(number, PASSPHRASE, NOW).expect("opens");
    let payload = Payload { layer: Layer::Outer, key: number, batch: 1, serial };
    compact_text(payload, &sign_compact(&signer, payload).expect("signs"))
}

#[test]
fn a_key_signs_until_it_is_retired_and_proves_nothing_once_revoked() {
    let temp = TempDir::new().expect("a folder");
    let dir = KeyDir::at(temp.path());
    let number = dir.new_key(None, "宋河", PASSPHRASE, NOW).expect("made");
    let text = text_of(&dir, 7);
    let outcome = |dir: &KeyDir| {
        code::verify(&dir.keyring().expect("a set"), &code::read(&text).expect("good"))
    };
    let before = dir.jwks().expect("bytes");
    assert_eq!(dir.jwks().expect("bytes"), before);
    assert_eq!(outcome(&dir), Outcome::Valid);
    dir.set_status(number, KeyStatus::Retired).expect("retired");
    assert_ne!(dir.jwks().expect("bytes"), before);
    assert_eq!(outcome(&dir), Outcome::Valid);
    assert!(dir.signer(number, PASSPHRASE, NOW).is_err(), "a retired key signs no more");
    dir.set_status(number, KeyStatus::Revoked).expect("revoked");
    assert_eq!(outcome(&dir), Outcome::KeyRevoked);
    assert!(dir.set_status(number, KeyStatus::Active).is_err(), "revoked for good");
}

#[test]
fn key_files_say_what_is_wrong_with_them() {
    let temp = TempDir::new().expect("a folder");
    let dir = KeyDir::at(temp.path());
    assert!(dir.keyring().expect_err("none").to_string().contains("zhenma key new"));
    assert!(dir.new_key(None, "x", "short", NOW).expect_err("short").to_string().contains("12"));
    let number = dir.new_key(None, "宋河", PASSPHRASE, NOW).expect("made");
    let file = temp.path().join(format!("{number}.pem"));
    let pem = fs::read_to_string(&file).expect("a file");
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let says = |error: &str, dir: &KeyDir, passphrase, now| {
        let Err(e) = dir.signer(number, passphrase, now) else { panic!("opened: {error}") };
        assert!(e.to_string().contains(error), "{e}");
    };
    says("passphrase is wrong", &dir, "another passphrase", NOW);
    says("has expired", &dir, PASSPHRASE, NOW.plus_ms(5 * 366 * 86_400_000));
    says("not to sign yet", &dir, PASSPHRASE, NOW.plus_ms(-86_400_000));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
    says("chmod 600", &dir, PASSPHRASE, NOW);
    assert!(dir.new_key(Some(number), "x", PASSPHRASE, NOW).is_err(), "the number is taken");
}

#[test]
fn development_keys_are_known_under_any_number() {
    let mut ring = Keyring::default();
    let signer = zhenma::keys::development::signer(2).expect("one of three");
    for number in [2_u32, 4711] {
        ring.insert(PublishedKey {
            number: number.try_into().expect("a number"),
            issuer: "x".into(),
            status: KeyStatus::Active,
            not_before: None,
            not_after: None,
            public: signer.public().expect("sound"),
        });
    }
    let found: Vec<_> = ring.development_keys().iter().map(|k| k.get()).collect();
    assert_eq!(found, [2, 4711]);
    assert_eq!(signer.key().get(), 2);
}

#[test]
fn keys_made_at_once_get_numbers_of_their_own() {
    let temp = TempDir::new().expect("a folder");
    let numbers: Vec<_> = std::thread::scope(|scope| {
        let made: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| KeyDir::at(temp.path()).new_key(None, "宋河", PASSPHRASE, NOW)))
            .collect();
        made.into_iter().map(|m| m.join().expect("ends").expect("made").get()).collect()
    });
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [1, 2, 3, 4], "{numbers:?}");
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/code.json")).expect("vectors")
}

fn write_vector_keys(folder: &Path) -> String {
    let keys: Vec<Value> = vectors()["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|k| {
            serde_json::json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": k["kid"],
                "x": k["x"], "status": k["status"], "issuer": "vectors"})
        })
        .collect();
    let path = folder.join("jwks.json");
    fs::write(&path, serde_json::json!({"keys": keys}).to_string()).expect("written");
    path.to_string_lossy().into_owned()
}

#[test]
fn verify_answers_every_vector_a_line_in_order() {
    let temp = TempDir::new().expect("a folder");
    let keys = write_vector_keys(temp.path());
    let all = vectors();
    let mut input = String::from("\u{feff}");
    let mut expected = Vec::new();
    for v in
        all["compact"].as_array().expect("list").iter().chain(all["gs1"].as_array().expect("list"))
    {
        let text = v["text"].as_str().or(v["uri"].as_str()).expect("text");
        if text.contains('\n') {
            continue;
        }
        input += text;
        input += if expected.len() % 2 == 0 { "\n" } else { "\r\n" };
        expected.push((v["name"].clone(), v["expect"].clone(), v["serial_text"].clone()));
    }
    let out = zhenma(&["verify", "-", "--keys", &keys], input.as_bytes());
    assert_eq!(out.status.code(), Some(1), "some are not valid");
    let answers: Vec<Value> = String::from_utf8(out.stdout)
        .expect("text")
        .lines()
        .map(|l| serde_json::from_str(l).expect("an object a line"))
        .collect();
    assert_eq!(answers.len(), expected.len());
    for (n, ((name, outcome, serial), answer)) in expected.iter().zip(&answers).enumerate() {
        assert_eq!(answer["line"], n as u64 + 1, "{name}");
        assert_eq!(&answer["outcome"], outcome, "{name}");
        assert!(serial.is_null() || serial == &answer["serial"], "{name}");
        for field in ["serial", "key", "batch", "layer", "form", "host"] {
            assert!(answer.get(field).is_some(), "{name}: {field} is told, null where unknown");
        }
    }
}

#[test]
fn verify_says_what_is_missing() {
    let temp = TempDir::new().expect("a folder");
    let keys = write_vector_keys(temp.path());
    for serial in ["CAAAAAIAAABLOMSVKAOA", "CAAAA AIAAA BLOMS VKAOA"] {
        let out = zhenma(&["verify", serial, "--keys", &keys], b"");
        assert_eq!(out.status.code(), Some(1));
        let said = String::from_utf8(out.stdout).expect("text");
        assert!(said.starts_with("malformed\n这是编号，不带签名"), "{said}");
        assert!(said.contains("without its signature"), "{said}");
    }
    let missing = temp.path().join("nofile.json").to_string_lossy().into_owned();
    let out = zhenma(&["verify", "x", "--keys", &missing], b"");
    let said = String::from_utf8(out.stderr).expect("text");
    assert!(said.contains(&missing) && said.contains("/.well-known/jwks.json"), "{said}");
}

#[test]
fn verify_streams_odd_lines_in_order_and_answers_each() {
    let temp = TempDir::new().expect("a folder");
    let dir = KeyDir::at(temp.path());
    dir.new_key(None, "宋河", PASSPHRASE, NOW).expect("made");
    let good = text_of(&dir, 1);
    let keys = temp.path().join("jwks.json").to_string_lossy().into_owned();
    let mut input = Vec::new();
    for n in 0..20_000 {
        match n % 4_000 {
            1 => input.extend(b"\n"),
            2 => input.extend([vec![b'A'; 1 << 20], b"\n".to_vec()].concat()),
            3 => input.extend(b"\xb0\xa1\xff\n"),
            4 => input.extend(format!("{}\n", &good[..60]).as_bytes()),
            _ => input.extend(format!("{good}\n").as_bytes()),
        }
    }
    let out = zhenma(&["verify", "-", "--keys", &keys], &input);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stdout).expect("text");
    let mut count = 0_u64;
    for (n, line) in text.lines().enumerate() {
        let answer: Value = serde_json::from_str(line).expect("an object a line");
        assert_eq!(answer["line"], n as u64 + 1);
        let odd = (1..=4).contains(&(n % 4_000));
        assert_eq!(answer["outcome"], if odd { "malformed" } else { "valid" }, "line {n}");
        count += 1;
    }
    assert_eq!(count, 20_000);
    let valid = zhenma(&["verify", "-", "--keys", &keys], format!("{good}\n{good}").as_bytes());
    assert_eq!(valid.status.code(), Some(0), "the last line needs no line end");
    let missing = zhenma(&["verify", "-", "--keys", "/nowhere.json"], b"");
    assert_eq!(missing.status.code(), Some(2));
    let one = zhenma(&["verify", &good[..100], "--keys", &keys], b"");
    assert_eq!(one.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&one.stdout).contains("incomplete"));
}

#[test]
fn key_commands_work_from_the_shell() {
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
    assert_eq!(run(&["new", "--issuer", "宋河"]).0, Some(0));
    assert_eq!(run(&["new", "--issuer", "志元", "--number", "9"]).0, Some(0));
    assert_eq!(run(&["new", "--issuer", "志元", "--number", "0"]).0, Some(2));
    assert_eq!(run(&["retire", "9"]).0, Some(0));
    assert_eq!(run(&["retire", "10"]).0, Some(2));
    let listed = run(&["list"]).1;
    assert!(listed.contains("retired") && listed.contains("宋河"), "{listed}");
    assert!(run(&["jwks"]).1.contains("\"kid\": \"9\""));
    let no_passphrase = zhenma(&["key", "new", "--issuer", "x", "--keys", &keys], b"");
    assert_eq!(no_passphrase.status.code(), Some(2));
}

#[test]
fn a_worker_tells_which_active_key_has_no_file_here() {
    let mut site = Site::new("embedded");
    fs::remove_file(Path::new(&site.file("keys")).join("1.pem")).expect("removed");
    site.start_worker();
    let begun = std::time::Instant::now();
    while !site.log().contains("its file is not here: orders under it fail") {
        assert!(begun.elapsed().as_secs() < 20, "{}", site.log());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn a_key_that_batches_name_is_not_made_anew() {
    let site = Site::new("embedded");
    fs::remove_dir_all(site.file("keys")).expect("lost");
    let make = |more: &[&str]| {
        let words = [&["key", "new", "--issuer", "宋河"], more].concat();
        let out = site.command(&words).output().expect("zhenma runs");
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    for number in [&[][..], &["--number", "1"]] {
        let (code, says) = make(number);
        assert_eq!(code, Some(2), "{number:?}: {says}");
        assert!(says.contains("key 1, which is not in"), "{says}");
        assert!(says.contains("put jwks.json") && says.contains("--number 2"), "{says}");
    }
    assert!(!Path::new(&site.file("keys/jwks.json")).exists());
    assert_eq!(make(&["--number", "2"]).0, Some(0), "another number is nobody's");
    assert!(make(&[]).1.contains("--number 3"), "the first is missed still");
}
