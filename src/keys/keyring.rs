//! The published key set: a JWK Set (RFC 7517) of OKP keys (RFC 8037).

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::keys::{KeyError, KeyNumber, PublicKey, office};

/// What a key may still do (JWK member `status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    /// Signs and verifies.
    Active,
    /// Signs no more; what it signed stays good.
    Retired,
    /// Withdrawn as compromised: its signatures prove nothing any more.
    Revoked,
}

impl KeyStatus {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

/// One entry of the published key set.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    pub number: KeyNumber,
    /// Name of the enterprise that signs with it.
    pub issuer: String,
    pub status: KeyStatus,
    /// NumericDate (seconds since 1970) bounds on signing; they never change
    /// a reader's outcome.
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub public: PublicKey,
}

/// The published key set by key number.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    keys: BTreeMap<KeyNumber, PublishedKey>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JwkSet {
    pub(super) keys: Vec<Jwk>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Jwk {
    kty: String,
    crv: String,
    pub(super) kid: String,
    x: String,
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(default)]
    pub(super) issuer: String,
    pub(super) status: KeyStatus,
    /// Since when; of offices' keys alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exp: Option<i64>,
}

impl Keyring {
    pub fn get(&self, number: KeyNumber) -> Option<&PublishedKey> {
        self.keys.get(&number)
    }

    pub fn iter(&self) -> impl Iterator<Item = &PublishedKey> {
        self.keys.values()
    }

    /// Puts a key in, in place of one with the same number.
    pub fn insert(&mut self, key: PublishedKey) {
        self.keys.insert(key.number, key);
    }

    /// Changes a key's status. False when there is no such key.
    pub fn set_status(&mut self, number: KeyNumber, status: KeyStatus) -> bool {
        self.keys.get_mut(&number).map(|key| key.status = status).is_some()
    }

    /// Reads a JWK Set. Keys of offices sign no label and are left out of the ring.
    ///
    /// # Errors
    /// Naming the key and the member that is wrong.
    pub fn from_jwks(json: &[u8]) -> Result<Self, KeyError> {
        let set: JwkSet =
            serde_json::from_slice(json).map_err(|e| KeyError::KeySet(e.to_string()))?;
        let mut ring = Self::default();
        for jwk in set.keys.into_iter().filter(|jwk| !jwk.is_of_office()) {
            let number = jwk.kid.clone();
            let key = jwk
                .into_key()
                .map_err(|problem| KeyError::Key { number: number.clone(), problem })?;
            if ring.keys.insert(key.number, key).is_some() {
                return Err(KeyError::Key { number, problem: "stands twice in the set".into() });
            }
        }
        Ok(ring)
    }

    /// The JWK Set: the same keys give the same bytes, in order of number.
    pub fn to_jwks(&self) -> Vec<u8> {
        JwkSet { keys: self.keys.values().map(Jwk::from_key).collect() }.to_bytes()
    }
}

impl JwkSet {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = serde_json::to_vec_pretty(self).expect("texts and numbers only");
        out.push(b'\n');
        out
    }
}

impl Jwk {
    /// An active key without bounds in time.
    pub(super) fn of(kid: String, public: &PublicKey) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            kid,
            x: BASE64_URL_SAFE_NO_PAD.encode(public.to_bytes()),
            purpose: Some("sig".into()),
            issuer: String::new(),
            status: KeyStatus::Active,
            status_at: None,
            nbf: None,
            exp: None,
        }
    }

    pub(super) fn is_of_office(&self) -> bool {
        self.kid.starts_with(office::PREFIX)
    }

    fn from_key(key: &PublishedKey) -> Self {
        Self {
            issuer: key.issuer.clone(),
            status: key.status,
            nbf: key.not_before,
            exp: key.not_after,
            ..Self::of(key.number.to_string(), &key.public)
        }
    }

    /// The key itself, checked as the format asks.
    pub(super) fn public(&self) -> Result<PublicKey, String> {
        if self.kty != "OKP" || self.crv != "Ed25519" {
            return Err(format!(
                "kty {:?}, crv {:?}: OKP and Ed25519 are used",
                self.kty, self.crv
            ));
        }
        if self.purpose.as_deref().is_some_and(|p| p != "sig") {
            return Err("use: write sig".into());
        }
        let x: [u8; 32] = BASE64_URL_SAFE_NO_PAD
            .decode(&self.x)
            .ok()
            .and_then(|x| x.try_into().ok())
            .ok_or("x: write 32 bytes as base64url without padding")?;
        PublicKey::from_bytes(&x).map_err(|e| format!("x: {e}"))
    }

    fn into_key(self) -> Result<PublishedKey, String> {
        let public = self.public()?;
        let number = self
            .kid
            .parse::<u32>()
            .ok()
            .filter(|n| n.to_string() == self.kid)
            .and_then(KeyNumber::new)
            .ok_or("kid: write the key number, 1 to 16777215, in decimal")?;
        Ok(PublishedKey {
            number,
            issuer: self.issuer,
            status: self.status,
            not_before: self.nbf,
            not_after: self.exp,
            public,
        })
    }
}
