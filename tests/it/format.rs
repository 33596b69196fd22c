//! The printed format against its vectors, on every verifying path.

use proptest::prelude::*;
use serde::Deserialize;
use zhenma::code::{
    self, Form, Gs1, Layer, Malformed, Outcome, Payload, Permutation, compact_text,
};
use zhenma::keys::fold::Signed;
use zhenma::keys::{KeyNumber, KeyStatus, Keyring, PublicKey, PublishedKey, Signer, SoftSigner};

#[derive(Deserialize)]
struct Vectors {
    keys: Vec<Key>,
    compact: Vec<Compact>,
    gs1: Vec<Gs1Vector>,
    permutation: Vec<Permuted>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    status: KeyStatus,
    seed_hex: String,
    x: String,
}

#[derive(Deserialize)]
struct Compact {
    name: String,
    text: String,
    expect: Outcome,
    payload_hex: Option<String>,
    serial_text: Option<String>,
}

#[derive(Deserialize)]
struct Gs1Vector {
    name: String,
    uri: String,
    expect: Outcome,
    gtin: Option<String>,
    lot: Option<String>,
    payload_hex: Option<String>,
    serial_text: Option<String>,
}

#[derive(Deserialize)]
struct Permuted {
    secret_hex: String,
    tweak_hex: String,
    number: u64,
    serial: u64,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/code.json")).expect("vectors of the format")
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let bytes: Vec<u8> = (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex"))
        .collect();
    bytes.try_into().expect("as many bytes as asked for")
}

fn number(kid: &str) -> KeyNumber {
    KeyNumber::new(kid.parse().expect("decimal")).expect("a key number")
}

/// The vectors' key set, by way of a JWK Set.
fn keyring() -> Keyring {
    let mut ring = Keyring::default();
    for key in vectors().keys {
        let signer = SoftSigner::from_seed(number(&key.kid), &hex(&key.seed_hex));
        let public = signer.public().expect("a sound key");
        let jwk = serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": key.kid,
            "x": key.x, "use": "sig", "issuer": "vectors", "status": key.status}]});
        let read = Keyring::from_jwks(jwk.to_string().as_bytes()).expect("a JWK Set");
        let published = read.iter().next().expect("one key").clone();
        assert_eq!(published.public.to_bytes(), public.to_bytes(), "x is the key of the seed");
        ring.insert(published);
    }
    let again = Keyring::from_jwks(&ring.to_jwks()).expect("own bytes");
    assert_eq!(again.to_jwks(), ring.to_jwks(), "the same keys give the same bytes");
    again
}

/// The outcome on each path: alone, and folded among others of its key.
fn outcomes(keys: &Keyring, text: &str) -> [Outcome; 2] {
    let Ok(reading) = code::read(text) else { return [Outcome::Malformed; 2] };
    let alone = code::verify(keys, &reading);
    let signer = SoftSigner::from_seed(number("1"), &hex(&vectors().keys[0].seed_hex));
    let mut among: Vec<_> = (0..9)
        .map(|serial| code::read(&signed(&signer, reading.payload.layer, 1, serial)).expect("good"))
        .collect();
    among.insert(4, reading);
    let many = code::verify_many(keys, &among);
    for (i, outcome) in many.iter().enumerate() {
        assert!(i == 4 || *outcome == Outcome::Valid, "a good neighbour was refused");
    }
    [alone, many[4]]
}

fn signed(signer: &SoftSigner, layer: Layer, batch: u32, serial: u64) -> String {
    let payload = Payload { layer, key: signer.key(), batch, serial };
    let signature = code::sign_compact(signer, payload).expect("a key in memory signs");
    compact_text(payload, &signature)
}

#[test]
fn every_compact_vector_gives_its_outcome() {
    let keys = keyring();
    for v in vectors().compact {
        assert_eq!(outcomes(&keys, &v.text), [v.expect; 2], "{}", v.name);
        let Some(payload) = v.payload_hex else { continue };
        let reading = code::read(&v.text).expect("readable");
        assert_eq!(reading.payload.to_bytes(), hex(&payload), "{}", v.name);
        assert_eq!(Some(reading.payload.serial_text()), v.serial_text, "{}", v.name);
        let upper = v.text.to_ascii_uppercase();
        let bare = upper.rsplit('/').next().expect("a code").split(['?', '#']).next();
        assert_eq!(Some(compact_text(reading.payload, &reading.signature).as_str()), bare);
    }
}

#[test]
fn every_gs1_vector_gives_its_outcome() {
    let keys = keyring();
    for v in vectors().gs1 {
        assert_eq!(outcomes(&keys, &v.uri), [v.expect; 2], "{}", v.name);
        let (Some(gtin), Some(lot)) = (v.gtin, v.lot) else { continue };
        let reading = code::read(&v.uri).expect("readable");
        assert_eq!(reading.form, Form::Gs1(Gs1 { gtin, lot }), "{}", v.name);
        assert_eq!(Some(reading.payload.serial_text()), v.serial_text, "{}", v.name);
        assert_eq!(reading.payload.to_bytes(), hex(&v.payload_hex.expect("payload")));
    }
}

#[test]
fn every_permutation_vector_holds_both_ways() {
    for v in vectors().permutation {
        let permutation = Permutation::with_tweak(&hex(&v.secret_hex), hex(&v.tweak_hex));
        assert_eq!(permutation.serial_of(v.number), v.serial);
        assert_eq!(permutation.number_of(v.serial), v.number);
    }
}

#[derive(Deserialize)]
struct SpecCheck {
    message: String,
    pub_key: String,
    signature: String,
}

#[test]
fn every_case_of_speccheck_is_refused_by_key_or_signature() {
    let cases: Vec<SpecCheck> =
        serde_json::from_str(include_str!("../vectors/ed25519-speccheck.json")).expect("cases");
    assert_eq!(cases.len(), 12);
    for (i, case) in cases.iter().enumerate() {
        let Ok(key) = PublicKey::from_bytes(&hex(&case.pub_key)) else { continue };
        let message: Vec<u8> = hex::<32>(&case.message).to_vec();
        let signature = hex(&case.signature);
        assert!(!key.verifies(&message, &signature), "case {i} alone");
        let one = Signed { message: &message, signature: &signature };
        assert_eq!(key.verify_many(&[one; 8]), [false; 8], "case {i} folded");
    }
}

#[test]
fn keys_that_are_not_sound_are_not_loaded() {
    let p_plus_3 = hex("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    for (bytes, says) in [
        (hex("0100000000000000000000000000000000000000000000000000000000000000"), "small order"),
        (p_plus_3, "not"),
        (hex("0200000000000000000000000000000000000000000000000000000000000000"), "not a point"),
    ] {
        let error = PublicKey::from_bytes(&bytes).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[derive(Deserialize)]
struct Rfc8032 {
    vectors: Vec<Rfc8032Vector>,
}

#[derive(Deserialize)]
struct Rfc8032Vector {
    name: String,
    sk: String,
    pk: String,
    msg: String,
    sig: String,
}

#[test]
fn rfc_8032_vectors_sign_and_verify() {
    let all: Rfc8032 =
        serde_json::from_str(include_str!("../vectors/rfc8032_ed25519.json")).expect("vectors");
    assert!(all.vectors.len() >= 4);
    for v in all.vectors {
        let message: Vec<u8> = (0..v.msg.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&v.msg[i..i + 2], 16).expect("hex"))
            .collect();
        let signer = SoftSigner::from_seed(number("1"), &hex(&v.sk));
        assert_eq!(signer.public().expect("sound").to_bytes(), hex(&v.pk), "{}", v.name);
        assert_eq!(signer.sign(&message).expect("signs"), hex(&v.sig), "{}", v.name);
        assert!(signer.public().expect("sound").verifies(&message, &hex(&v.sig)), "{}", v.name);
    }
}

#[test]
fn jwk_sets_say_what_is_wrong_with_them() {
    let good = String::from_utf8(keyring().to_jwks()).expect("text");
    for (from, to, says) in [
        ("\"OKP\"", "\"EC\"", "kty"),
        ("\"kid\": \"77\"", "\"kid\": \"077\"", "key 077: kid"),
        ("\"kid\": \"77\"", "\"kid\": \"1\"", "twice"),
        ("\"revoked\"", "\"lost\"", "lost"),
        ("\"x\": \"", "\"x\": \"A", "x: write 32 bytes"),
    ] {
        let error = Keyring::from_jwks(good.replacen(from, to, 1).as_bytes()).expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn malformed_texts_get_the_hint_that_helps() {
    let good = signed(&SoftSigner::from_seed(number("1"), &[7; 32]), Layer::Outer, 1, 5);
    let with = |at: usize, c: &str| format!("{}{c}{}", &good[..at], &good[at + 1..]);
    let wide = "\u{ff21}";
    for (text, slug) in [
        (String::new(), "empty"),
        (good[..100].to_owned(), "cut_short"),
        (format!("{good}A"), "too_long"),
        (format!("{good}{good}"), "two_in_one"),
        (with(30, " "), "space"),
        (with(30, "0"), "look_alike"),
        (with(30, "%41"), "percent_escape"),
        (with(30, wide), "full_width"),
        (with(30, "-"), "character"),
        (format!("https://a b/{good}"), "url"),
        ("A".repeat(1 << 20), "two_in_one"),
    ] {
        let error = code::read(&text).expect_err(slug);
        assert_eq!(error.slug(), slug, "{error}");
    }
    assert_eq!(code::read(&good[..121]), Err(Malformed::CutShort(121)));
}

/// Found by `tests/fuzz`: a key without a name was taken for a wrong number.
#[test]
fn a_lone_equals_sign_in_the_query_of_a_gs1_uri_is_ignored() {
    let uri = &vectors().gs1[0].uri;
    let with = |pair: &str| code::read(&uri.replace('?', &format!("?{pair}&")));
    assert_eq!(with("="), code::read(uri));
    assert_eq!(with("=x"), code::read(uri));
    assert!(with("1234=x").is_err(), "a number that is no AI is not");
}

fn any_payload() -> impl Strategy<Value = Payload> {
    let layers = prop::sample::select(vec![Layer::Outer, Layer::Inner, Layer::Case, Layer::Pallet]);
    (layers, 1..=KeyNumber::MAX, 0..=0xff_ffff_u32, 0..1_u64 << 40).prop_map(
        |(layer, key, batch, serial)| Payload {
            layer,
            key: KeyNumber::new(key).expect("in range"),
            batch,
            serial,
        },
    )
}

proptest! {
    #[test]
    fn encode_then_decode_is_the_identity(payload in any_payload(), signature: [u8; 32], rest: [u8; 32]) {
        let signature: [u8; 64] = [signature, rest].concat().try_into().expect("64");
        let text = compact_text(payload, &signature);
        let reading = code::read(&text).expect("own text");
        prop_assert_eq!((reading.payload, reading.signature), (payload, signature));
        prop_assert_eq!(Payload::from_serial_text(&payload.serial_text()), Ok(payload));
        prop_assert_eq!(Payload::from_bytes(payload.to_bytes()), Ok(payload));
    }

    #[test]
    fn gs1_encode_then_decode_is_the_identity(
        payload in any_payload(),
        lot in "[!-%'-?A-Z_a-z]{1,20}",
        signature: [u8; 32],
    ) {
        let signature: [u8; 64] = [signature, signature].concat().try_into().expect("64");
        let gs1 = Gs1::new("06923292086917", &lot);
        prop_assume!(gs1.is_ok());
        let gs1 = gs1.expect("sound");
        let reading = code::read(&format!("https://id.example.cn{}", gs1.path(payload, &signature)));
        let reading = reading.expect("own text");
        prop_assert_eq!((reading.payload, reading.signature), (payload, signature));
        prop_assert_eq!(reading.form, Form::Gs1(gs1));
    }

    /// A text decodes to at most one payload, and only the one text in
    /// capitals decodes to it: what is read is what is written again.
    #[test]
    fn no_two_texts_but_for_letter_size_decode_to_one_payload(text in "[A-Za-z2-7]{122}") {
        if let Ok(reading) = code::read(&text) {
            let again = compact_text(reading.payload, &reading.signature);
            prop_assert_eq!(again, text.to_ascii_uppercase());
        }
    }

    #[test]
    fn any_text_at_all_is_answered(text in "\\PC{0,300}") {
        let _ = code::read(&text);
        let _ = code::read(&format!("https://{text}"));
        let _ = code::read(&format!("https://h/01/06923292086917/10/{text}"));
    }

    #[test]
    fn the_permutation_is_one(secret: [u8; 32], number in 0..1_u64 << 40, batch in 0..=0xff_ffff_u32) {
        let key = KeyNumber::new(3).expect("a key number");
        let permutation = Permutation::new(&secret, Layer::Outer, key, batch);
        let serial = permutation.serial_of(number);
        prop_assert!(serial < 1 << 40);
        prop_assert_eq!(permutation.number_of(serial), number);
    }

    #[test]
    fn many_at_once_say_what_each_alone_says(
        batches in prop::collection::vec((0..4_u8, 0..600_usize, 0..3_u8), 1..40),
    ) {
        let mut keys = Keyring::default();
        let signers: Vec<_> = (1..=3_u32)
            .map(|n| {
                let number = KeyNumber::new(n).expect("a key number");
                let signer = SoftSigner::from_seed(number, &[n as u8; 32]);
                keys.insert(PublishedKey {
                    number,
                    issuer: String::new(),
                    status: if n == 3 { KeyStatus::Revoked } else { KeyStatus::Active },
                    not_before: None,
                    not_after: None,
                    public: signer.public().expect("sound"),
                });
                signer
            })
            .collect();
        let unknown = SoftSigner::from_seed(KeyNumber::new(9).expect("a key number"), &[9; 32]);
        let readings: Vec<_> = batches
            .iter()
            .enumerate()
            .map(|(i, (what, bit, key))| {
                let signer = if *what == 3 { &unknown } else { &signers[usize::from(*key)] };
                let text = signed(signer, Layer::Outer, 1, i as u64);
                let mut reading = code::read(&text).expect("good");
                if *what == 2 {
                    reading.signature[(bit / 8) % 64] ^= 1 << (bit % 8);
                }
                reading
            })
            .collect();
        let alone: Vec<_> = readings.iter().map(|r| code::verify(&keys, r)).collect();
        prop_assert_eq!(code::verify_many(&keys, &readings), alone);
    }
}
