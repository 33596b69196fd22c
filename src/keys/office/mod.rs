//! Keys of offices. They sign what an office says (evidence packages, kits),
//! never a label: the type of their signer is another one, their names are no
//! key numbers, and their published set is another document.

mod development;
mod files;
mod signer;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::keys::keyring::{Jwk, JwkSet};
use crate::keys::{KeyError, KeyStatus, PublicKey};

pub use development::{DEMO_OFFICE, development_signer};
pub use signer::OfficeSigner;

/// What the name of every such key begins with.
pub(super) const PREFIX: &str = "office-";

/// Name of an office's key: `office-1`, `office-2`, ... up to nine digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfficeKid(u32);

impl OfficeKid {
    pub const MAX: u32 = 999_999_999;

    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 || number > Self::MAX { None } else { Some(Self(number)) }
    }
}

impl fmt::Display for OfficeKid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl FromStr for OfficeKid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix(PREFIX)
            .and_then(|digits| digits.parse().ok())
            .and_then(Self::new)
            .filter(|kid| kid.to_string() == text)
            .ok_or_else(|| "kid: the key of an office is named like office-1".to_owned())
    }
}

impl TryFrom<String> for OfficeKid {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<OfficeKid> for String {
    fn from(kid: OfficeKid) -> Self {
        kid.to_string()
    }
}

/// One published key of an office. Times are NumericDate (seconds since 1970).
#[derive(Clone, Debug)]
pub struct OfficeKey {
    pub kid: OfficeKid,
    /// Name of the office that signs with it.
    pub office: String,
    pub status: KeyStatus,
    /// Since when it is retired or revoked. What it signed before its retirement
    /// stays good; what it signed before it was revoked does where somebody else
    /// dated it.
    pub status_at: Option<i64>,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub public: PublicKey,
}

/// The published set of offices' keys.
#[derive(Clone, Debug, Default)]
pub struct OfficeKeys {
    keys: BTreeMap<OfficeKid, OfficeKey>,
}

impl OfficeKeys {
    pub fn get(&self, kid: OfficeKid) -> Option<&OfficeKey> {
        self.keys.get(&kid)
    }

    pub fn iter(&self) -> impl Iterator<Item = &OfficeKey> {
        self.keys.values()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Puts a key in, in place of one with the same name.
    pub fn insert(&mut self, key: OfficeKey) {
        self.keys.insert(key.kid, key);
    }

    /// The newest key that `office` signs with now: one of its own name, else the
    /// newest of all, since a branch signs under its bureau's name.
    pub fn signing_for(&self, office: &str) -> Option<&OfficeKey> {
        let active = || self.keys.values().rev().filter(|key| key.status == KeyStatus::Active);
        active().find(|key| key.office == office).or_else(|| active().next())
    }

    /// Names under which a key stands whose private half everybody can read.
    pub fn development_keys(&self) -> Vec<OfficeKid> {
        let known = development_signer().public().map(|public| public.to_bytes()).ok();
        let is_known = |key: &&OfficeKey| Some(key.public.to_bytes()) == known;
        self.keys.values().filter(is_known).map(|key| key.kid).collect()
    }

    /// Reads a JWK Set. Keys of labels in it are left out.
    ///
    /// # Errors
    /// Naming the key and the member that is wrong.
    pub fn from_jwks(json: &[u8]) -> Result<Self, KeyError> {
        let set: JwkSet =
            serde_json::from_slice(json).map_err(|e| KeyError::KeySet(e.to_string()))?;
        let mut all = Self::default();
        for jwk in set.keys.into_iter().filter(Jwk::is_of_office) {
            let number = jwk.kid.clone();
            let wrong = |problem: String| KeyError::Key { number: number.clone(), problem };
            let key = OfficeKey::from_jwk(&jwk).map_err(wrong)?;
            if all.keys.insert(key.kid, key).is_some() {
                return Err(wrong("stands twice in the set".into()));
            }
        }
        Ok(all)
    }

    /// The JWK Set: the same keys give the same bytes, in order of their names.
    pub fn to_jwks(&self) -> Vec<u8> {
        JwkSet { keys: self.keys.values().map(OfficeKey::to_jwk).collect() }.to_bytes()
    }
}

impl OfficeKey {
    fn from_jwk(jwk: &Jwk) -> Result<Self, String> {
        Ok(Self {
            kid: jwk.kid.parse()?,
            office: jwk.issuer.clone(),
            status: jwk.status,
            status_at: jwk.status_at,
            not_before: jwk.nbf,
            not_after: jwk.exp,
            public: jwk.public()?,
        })
    }

    fn to_jwk(&self) -> Jwk {
        let mut jwk = Jwk::of(self.kid.to_string(), &self.public);
        jwk.issuer.clone_from(&self.office);
        (jwk.status, jwk.status_at) = (self.status, self.status_at);
        (jwk.nbf, jwk.exp) = (self.not_before, self.not_after);
        jwk
    }
}
