//! JSON Web Signatures, compact (RFC 7515) with EdDSA (RFC 8037).
//!
//! Strict: the header knows `alg`, `kid` and `typ` and nothing else, so that
//! no `crit` or `b64` can change what was signed; base64url has no padding and
//! no spare bits; one signed text has one spelling.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::keys::PublicKey;
use crate::keys::office::OfficeSigner;

/// The algorithm's name, RFC 8037 section 3.1.
const EDDSA: &str = "EdDSA";

/// What a signed text says of itself, in the order in which it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
}

impl Header {
    pub fn new(kid: Option<String>, typ: Option<String>) -> Self {
        Self { alg: EDDSA.to_owned(), kid, typ }
    }
}

/// Why a text is no signed text that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    #[error("it is not three parts of base64url, without padding, between two dots")]
    Form,
    #[error("its header is not {{\"alg\":\"EdDSA\"}} with kid and typ, and nothing else")]
    Header,
    #[error("its signature is not by this key, or what it signs was changed")]
    Signature,
}

/// A text that was taken apart; who signed it is not known yet.
#[derive(Clone, Debug)]
pub struct Unverified<'a> {
    pub header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: [u8; 64],
}

/// Signs `payload` for an office as a text of the type `typ`.
pub fn sign(signer: &OfficeSigner, typ: &str, payload: &[u8]) -> String {
    let header = Header::new(Some(signer.kid().to_string()), Some(typ.to_owned()));
    sign_with(&header, payload, |message| signer.sign(message))
}

/// Signs under any header, by whatever signs.
pub fn sign_with(header: &Header, payload: &[u8], sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
    let header = serde_json::to_vec(header).expect("texts only");
    let mut text = BASE64_URL_SAFE_NO_PAD.encode(header);
    text.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    let signature = sign(text.as_bytes());
    text.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    text
}

/// Takes a text apart. Its length is the caller's to bound.
///
/// # Errors
/// [`JwsError::Form`] and [`JwsError::Header`].
pub fn read(text: &str) -> Result<Unverified<'_>, JwsError> {
    let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(JwsError::Form)?;
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Form);
    let header: Header = serde_json::from_slice(&part(header)?).map_err(|_| JwsError::Header)?;
    if header.alg != EDDSA {
        return Err(JwsError::Header);
    }
    let signature = part(signature)?.try_into().map_err(|_| JwsError::Form)?;
    Ok(Unverified { header, signed, payload: part(payload)?, signature })
}

impl Unverified<'_> {
    /// The payload, once `key` is known to have signed it.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn verify(self, key: &PublicKey) -> Result<Vec<u8>, JwsError> {
        if key.verifies(self.signed.as_bytes(), &self.signature) {
            Ok(self.payload)
        } else {
            Err(JwsError::Signature)
        }
    }
}
