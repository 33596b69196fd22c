//! Time-stamps of an authority (RFC 3161): the question, and what an answer to
//! it proves.

mod token;

use rustls::pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};

use crate::base::{UnixMs, hex};

/// Bytes of an answer.
pub const RESPONSE_BYTES_MAX: usize = 256 * 1024;

/// SEQUENCE, version 1, the imprint of SHA-256.
const HEAD: [u8; 24] = [
    0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
/// Where the nonce stands, and certReq TRUE behind it.
const NONCE: [u8; 2] = [0x02, 0x08];
const CERT_REQ: [u8; 3] = [0x01, 0x01, 0xff];
/// Bytes of every question.
const QUERY_BYTES: usize = HEAD.len() + 32 + NONCE.len() + 8 + CERT_REQ.len();

/// Why an answer proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TspError {
    #[error("the authority refused (status {0})")]
    Refused(u64),
    #[error("it is no answer as RFC 3161 has it: {0}")]
    Form(&'static str),
    #[error("it answers another question: {0}")]
    Other(&'static str),
    #[error("its signature is not by the certificate in it: {0}")]
    Signature(&'static str),
    #[error("its certificate does not come from the authority's: {0}")]
    Chain(String),
}

/// What an answer proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The statement existed then.
    pub at: UnixMs,
    /// SHA-256 of the certificate that signed, small hex.
    pub certificate: String,
    /// Whether that certificate was followed to one that is believed.
    pub trusted: bool,
}

/// The question for the time of `statement`. A nonce makes its answer its own.
pub fn query(statement: &[u8], nonce: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(QUERY_BYTES);
    out.extend(HEAD);
    out.extend(Sha256::digest(statement));
    out.extend(NONCE);
    // Positive, and of eight bytes: INTEGER has one form for it.
    out.extend((nonce & 0x3fff_ffff_ffff_ffff | 0x4000_0000_0000_0000).to_be_bytes());
    out.extend(CERT_REQ);
    out
}

/// What a question that [`query`] made for this statement looks like, taking the
/// nonce that stands there.
pub fn query_as_asked(statement: &[u8], found: &[u8]) -> Vec<u8> {
    let at = HEAD.len() + 32 + NONCE.len();
    let nonce = found.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    query(statement, u64::from_be_bytes(nonce.unwrap_or_default()))
}

/// Checks an answer: it is to this question, the certificate in it signed it and
/// may sign time-stamps, and it comes from one of `roots` where some are given.
///
/// # Errors
/// What is wrong with it.
pub fn check(
    statement: &[u8],
    query: &[u8],
    response: &[u8],
    roots: &[CertificateDer<'_>],
) -> Result<Dated, TspError> {
    let token = token::Token::read(response)?;
    if token.imprint != Sha256::digest(statement).as_slice() {
        return Err(TspError::Other("it dates other bytes"));
    }
    if !query.ends_with(&CERT_REQ) || token.nonce.is_none() {
        return Err(TspError::Other("it has no nonce"));
    }
    let nonce = &query[query.len() - CERT_REQ.len() - 8..query.len() - CERT_REQ.len()];
    if token.nonce != Some(nonce) {
        return Err(TspError::Other("its nonce is not the question's"));
    }
    let signer = token.verified()?;
    let trusted = if roots.is_empty() {
        false
    } else {
        follow(&signer, &token.certificates, token.at, roots)?;
        true
    };
    Ok(Dated { at: token.at, certificate: hex(&Sha256::digest(&signer)), trusted })
}

/// id-kp-timeStamping, the content of its OBJECT IDENTIFIER.
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

fn follow(
    signer: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    at: UnixMs,
    roots: &[CertificateDer<'_>],
) -> Result<(), TspError> {
    let told = |e: webpki::Error| TspError::Chain(e.to_string());
    let anchors: Result<Vec<_>, _> = roots.iter().map(webpki::anchor_from_trusted_cert).collect();
    let anchors = anchors.map_err(told)?;
    let seconds = u64::try_from(at.seconds()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    webpki::EndEntityCert::try_from(signer)
        .and_then(|end| {
            end.verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchors,
                others,
                time,
                webpki::KeyUsage::required(TIME_STAMPING),
                None,
                None,
            )
            .map(drop)
        })
        .map_err(told)
}
