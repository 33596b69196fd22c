//! What must hold of every input, one function a target. Each looks at its
//! input twice: as a text that somebody scanned, and as the raw fields of a
//! code that is written and read again.

pub mod foreign;

use std::str;

use zhenma::base::Lang;
use zhenma::code::{Form, Gs1, Malformed, Payload, Reading, compact_text, read};

/// Bytes of payload and signature.
const CODE_BYTES: usize = Payload::BYTES + 64;
/// Characters that a lot may have (GS1 General Specifications, set 82).
const SET_82: &[u8; 82] = b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_\
                            abcdefghijklmnopqrstuvwxyz";

/// The bare code and the serial alone.
pub fn text(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        if let Some(found) = look(text)
            && found.host.is_none()
        {
            assert_eq!(found.form, Form::Compact, "only a URL has the GS1 form");
            is_the_one_spelling(text, &found);
            stands_in_urls(text, &found);
        }
        match Payload::from_serial_text(text) {
            Ok(payload) => assert_eq!(payload.serial_text(), text.to_ascii_uppercase()),
            Err(malformed) => is_explained(&malformed),
        }
    }
    if let Some((payload, signature)) = fields(data) {
        let text = compact_text(payload, &signature);
        let found = look(&text).expect("what is written can be read");
        assert_eq!((found.payload, found.signature), (payload, signature));
        assert_eq!(Payload::from_serial_text(&payload.serial_text()), Ok(payload));
        stands_in_urls(&text, &found);
        // The code is exactly as long as it is.
        assert!(read(&text[1..]).is_err() && read(&text[..text.len() - 1]).is_err());
        assert!(read(&format!("{text}A")).is_err());
    }
}

/// An address, of either form.
pub fn url(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Some(found) = look(text) else { return };
    let Some(host) = &found.host else { return };
    let (scheme, rest) = text.split_once("://").expect("it has a host");
    let (authority, path) = rest.split_once('/').expect("it has a path");
    assert_eq!(*host, authority.to_ascii_lowercase());
    let plain = |c: u8| c.is_ascii_alphanumeric() || b".-:".contains(&c);
    assert!(host.bytes().all(plain), "{host:?}");
    for scheme in ["HTTP", "https", &scheme.to_ascii_uppercase()] {
        let spelt = format!("{scheme}://{}/{path}", authority.to_ascii_uppercase());
        assert_eq!(read(&spelt).as_ref(), Ok(&found), "{spelt}");
    }
    if found.form == Form::Compact {
        let code = &path[..zhenma::code::CODE_CHARACTERS];
        is_the_one_spelling(code, &found);
        assert_eq!(read(code), Ok(Reading { host: None, ..found }));
    }
}

/// A GS1 Digital Link URI.
pub fn gs1(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data)
        && let Some(found) = look(text)
        && let Form::Gs1(gs1) = &found.form
    {
        let host = found.host.as_deref().expect("the GS1 form is a URL");
        stays_in_every_spelling(host, gs1, &found);
    }
    let Some((payload, signature)) = fields(data) else { return };
    let rest = &data[CODE_BYTES..];
    let Some((digits, rest)) = rest.split_first_chunk::<13>() else { return };
    let lot: String =
        rest.iter().take(20).map(|b| char::from(SET_82[usize::from(*b) % 82])).collect();
    if lot.is_empty() {
        return;
    }
    let gs1 = Gs1::new(&gtin(digits), &lot).expect("a sound GTIN and lot");
    let form = Form::Gs1(gs1.clone());
    let host = Some("id.example.cn".to_owned());
    stays_in_every_spelling("id.example.cn", &gs1, &Reading { payload, signature, form, host });
}

/// Reads, and sees that a refusal can be told to everyone.
fn look(text: &str) -> Option<Reading> {
    read(text).map_err(|malformed| is_explained(&malformed)).ok()
}

fn is_explained(malformed: &Malformed) {
    for said in [malformed.text(Lang::Zh), malformed.text(Lang::En), malformed.to_string()] {
        assert!(!said.is_empty());
    }
}

/// No two texts, but for the size of their letters, are one code.
fn is_the_one_spelling(text: &str, found: &Reading) {
    let written = compact_text(found.payload, &found.signature);
    assert_eq!(written, text.to_ascii_uppercase());
    for spelt in [&written, &written.to_ascii_lowercase()] {
        let again = read(spelt).expect("what is written can be read");
        assert_eq!((again.payload, again.signature), (found.payload, found.signature));
    }
}

/// The bare text and the URLs that carry it give the same reading.
fn stands_in_urls(text: &str, found: &Reading) {
    for (before, after, host) in [
        ("HTTPS://ID.EXAMPLE.CN/", "", "id.example.cn"),
        ("http://127.0.0.1:8080/", "?from=chat&/01/", "127.0.0.1:8080"),
        ("https://a/", "#://b/", "a"),
    ] {
        let host = Some(host.to_owned());
        assert_eq!(read(&format!("{before}{text}{after}")), Ok(Reading { host, ..found.clone() }));
    }
    for (before, after) in [("https://u@a/", ""), ("https://a/", "/"), ("https://a/q/", "")] {
        assert!(read(&format!("{before}{text}{after}")).is_err());
    }
}

/// The URI as it is written, with every character of the lot escaped, with
/// other keys about the signature; and not without it or with two.
fn stays_in_every_spelling(host: &str, gs1: &Gs1, found: &Reading) {
    let path = gs1.path(found.payload, &found.signature);
    let written = format!("https://{host}{path}");
    let (before, signature) = written.split_once('?').expect("the signature");
    let escaped: String = gs1.lot.bytes().map(|c| format!("%{c:02x}")).collect();
    let serial = found.payload.serial_text();
    for spelt in [
        format!("{before}?{signature}"),
        format!("{before}?17=271101&a=b&=&&{signature}&c#d?e"),
        format!("https://{host}/01/{}/10/{escaped}/21/{serial}?{signature}", gs1.gtin),
        format!("{}?{signature}", before.replace(&serial, &serial.to_ascii_lowercase())),
    ] {
        assert_eq!(read(&spelt).as_ref(), Ok(found), "{spelt}");
    }
    for broken in [
        before.to_owned(),
        format!("{written}&{signature}"),
        format!("{written}="),
        format!("{before}/?{signature}"),
        format!("{before}?{signature}&1234=1"),
    ] {
        assert!(read(&broken).is_err(), "{broken}");
    }
}

/// A payload of this version and a signature out of raw bytes.
fn fields(data: &[u8]) -> Option<(Payload, [u8; 64])> {
    let (payload, rest) = data.split_first_chunk::<{ Payload::BYTES }>()?;
    let (signature, _) = rest.split_first_chunk::<64>()?;
    let mut payload = *payload;
    payload[0] = 1 << 4 | payload[0] & 3;
    Some((Payload::from_bytes(payload).ok()?, *signature))
}

/// Thirteen digits and their check digit (GS1 General Specifications 7.9).
fn gtin(bytes: &[u8; 13]) -> String {
    let digits = bytes.map(|b| u32::from(b % 10));
    let sum: u32 = digits.iter().zip([3, 1].into_iter().cycle()).map(|(d, w)| d * w).sum();
    let digits = digits.into_iter().chain([(10 - sum % 10) % 10]);
    digits.map(|d| char::from_digit(d, 10).expect("a digit")).collect()
}
