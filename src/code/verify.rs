//! What keys alone say of a reading.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::code::{Form, Payload, Reading, compact_message};
use crate::keys::fold::Signed;
use crate::keys::{KeyStatus, Keyring};

/// Outcome of reading with keys alone (`FORMAT.md`, Outcomes), in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Malformed,
    UnknownKey,
    BadSignature,
    KeyRevoked,
    Valid,
}

impl Outcome {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::KeyRevoked => "key_revoked",
            Self::Valid => "valid",
        }
    }

    const fn signed_by(status: KeyStatus) -> Self {
        match status {
            KeyStatus::Revoked => Self::KeyRevoked,
            KeyStatus::Active | KeyStatus::Retired => Self::Valid,
        }
    }
}

/// The bytes that are signed for one reading.
pub fn signed_message(reading: &Reading) -> Vec<u8> {
    match &reading.form {
        Form::Compact => compact_message(reading.payload).to_vec(),
        Form::Gs1(gs1) => gs1.message(reading.payload),
    }
}

/// Checks one reading; evidence rests on this check.
pub fn verify(keys: &Keyring, reading: &Reading) -> Outcome {
    let Some(key) = keys.get(reading.payload.key) else { return Outcome::UnknownKey };
    let good = match &reading.form {
        Form::Compact => key.public.verifies(&compact_message(reading.payload), &reading.signature),
        Form::Gs1(gs1) => key.public.verifies(&gs1.message(reading.payload), &reading.signature),
    };
    if good { Outcome::signed_by(key.status) } else { Outcome::BadSignature }
}

/// Checks many at once, folded by key: the outcomes of [`verify`], in order
/// (`keys::fold` says where they could differ and why nobody gains by it).
pub fn verify_many(keys: &Keyring, readings: &[Reading]) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::UnknownKey; readings.len()];
    let mut by_key: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (i, reading) in readings.iter().enumerate() {
        by_key.entry(reading.payload.key).or_default().push(i);
    }
    for (number, members) in by_key {
        let Some(key) = keys.get(number) else { continue };
        let messages: Vec<_> = members.iter().map(|i| signed_message(&readings[*i])).collect();
        let signed: Vec<_> = members
            .iter()
            .zip(&messages)
            .map(|(i, message)| Signed { message, signature: &readings[*i].signature })
            .collect();
        for (i, good) in members.iter().zip(key.public.verify_many(&signed)) {
            outcomes[*i] =
                if good { Outcome::signed_by(key.status) } else { Outcome::BadSignature };
        }
    }
    outcomes
}

/// Signs a payload in the compact form.
///
/// # Errors
/// Those of the signer.
pub fn sign_compact(
    signer: &dyn crate::keys::Signer,
    payload: Payload,
) -> Result<[u8; 64], crate::keys::KeyError> {
    signer.sign(&compact_message(payload))
}
