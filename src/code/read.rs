//! From a text to a reading: shape only, nothing is proved yet.

use crate::code::gs1::{self, Gs1};
use crate::code::{CODE_CHARACTERS, Malformed, Payload, base32};

/// Compact or GS1 (`FORMAT.md`, Text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Compact,
    Gs1(Gs1),
}

impl Form {
    /// The name as `zhenma verify` writes it.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Gs1(_) => "gs1",
        }
    }
}

/// A text that has the shape of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub payload: Payload,
    pub signature: [u8; 64],
    pub form: Form,
    /// Lower-case host (with its port, if it had one); `None` for a bare code.
    pub host: Option<String>,
}

/// Takes a text apart.
///
/// # Errors
/// [`Malformed`] with the first defect.
pub fn read(text: &str) -> Result<Reading, Malformed> {
    match split_scheme(text) {
        None => compact(text, None),
        Some((scheme, rest)) => url(scheme, rest),
    }
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    Some((scheme, rest))
}

fn url(scheme: &str, rest: &str) -> Result<Reading, Malformed> {
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(Malformed::Url("a code's address begins with https://"));
    }
    let (authority, path) = rest
        .find('/')
        .map(|at| rest.split_at(at))
        .ok_or(Malformed::Url("no code behind the host"))?;
    let host = host(authority)?;
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
    if path.starts_with("/01/") {
        // GS1 Digital Link URI syntax: either size, not a mix of both.
        if scheme.bytes().any(|c| c.is_ascii_lowercase())
            && scheme.bytes().any(|c| c.is_ascii_uppercase())
        {
            return Err(Malformed::Gs1("the scheme mixes large and small letters"));
        }
        let (payload, signature, form) = gs1::read(path, query)?;
        return Ok(Reading { payload, signature, form: Form::Gs1(form), host: Some(host) });
    }
    let code = &path[1..];
    if code.contains('/') {
        return Err(Malformed::Url("the code is the whole path"));
    }
    compact(code, Some(host))
}

/// Whether codes can be read under this host, `NAME` or `NAME:PORT`.
pub fn host_is_sound(authority: &str) -> bool {
    host(authority).is_ok()
}

fn host(authority: &str) -> Result<String, Malformed> {
    let (name, port) = authority.split_once(':').map_or((authority, None), |(n, p)| (n, Some(p)));
    let letters = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'-';
    if name.is_empty() || name.len() > 253 || !name.bytes().all(letters) {
        return Err(Malformed::Url("the host is not a plain name"));
    }
    let port_is_sound = |p: &str| {
        p.bytes().all(|c| c.is_ascii_digit()) && p.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if port.is_some_and(|p| !port_is_sound(p)) {
        return Err(Malformed::Url("the port is not a number from 1 to 65535"));
    }
    Ok(authority.to_ascii_lowercase())
}

fn compact(text: &str, host: Option<String>) -> Result<Reading, Malformed> {
    if text.len() != CODE_CHARACTERS {
        return Err(Malformed::of_length(text));
    }
    let bytes =
        base32::decode::<76>(text.as_bytes()).map_err(|wrong| Malformed::of_base32(text, wrong))?;
    let (payload, signature) = bytes.split_at(Payload::BYTES);
    Ok(Reading {
        payload: Payload::from_bytes(payload.try_into().expect("twelve bytes"))?,
        signature: signature.try_into().expect("sixty-four bytes"),
        form: Form::Compact,
        host,
    })
}
