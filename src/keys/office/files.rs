//! Files of offices' keys, beside those of labels: `office-N.pem` and
//! `office-jwks.json`, under the same rules.

use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::base::{UnixMs, rng};
use crate::keys::files::{SIGNS_S, check_passphrase, encrypted};
use crate::keys::office::{OfficeKey, OfficeKeys, OfficeKid, OfficeSigner};
use crate::keys::{KeyDir, KeyError, KeyStatus};

const JWKS: &str = "office-jwks.json";
/// Characters of an office's name.
const OFFICE_CHARACTERS_MAX: usize = 100;

impl KeyDir {
    /// The file of a key's private half.
    pub fn office_file(&self, kid: OfficeKid) -> PathBuf {
        self.path().join(format!("{kid}.pem"))
    }

    /// The published set of offices' keys as it is served; an empty set where
    /// none was made.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn office_jwks(&self) -> Result<Vec<u8>, KeyError> {
        Ok(match self.read(JWKS)? {
            Some(bytes) => bytes,
            None => OfficeKeys::default().to_jwks(),
        })
    }

    /// # Errors
    /// As [`Self::office_jwks`], and when the set is wrong.
    pub fn office_keys(&self) -> Result<OfficeKeys, KeyError> {
        OfficeKeys::from_jwks(&self.office_jwks()?)
    }

    /// Makes a key for `office`, encrypted under `passphrase`, and publishes it.
    ///
    /// # Errors
    /// For a short passphrase, an empty or long name, or a failing disk.
    pub fn new_office_key(
        &self,
        office: &str,
        passphrase: &str,
        now: UnixMs,
    ) -> Result<OfficeKid, KeyError> {
        check_passphrase(passphrase)?;
        let office = office.trim();
        if office.is_empty() || office.chars().count() > OFFICE_CHARACTERS_MAX {
            return Err(KeyError::File(format!(
                "office: give the name of the office, at most {OFFICE_CHARACTERS_MAX} characters"
            )));
        }
        let seed = Zeroizing::new(rng::bytes::<32>());
        self.change_office(|keys| {
            let last = keys.iter().map(|key| key.kid.0).max().unwrap_or(0);
            let kid = OfficeKid::new(last + 1)
                .ok_or_else(|| KeyError::File("all names of offices' keys are taken".into()))?;
            let pem = encrypted(&SigningKey::from_bytes(&seed), passphrase)?;
            self.write_private(&self.office_file(kid), pem.as_bytes())?;
            keys.insert(published(&OfficeSigner::from_seed(kid, office, &seed), now)?);
            Ok(kid)
        })
    }

    /// Publishes a key that needs no file: the demonstration's.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn publish_office(&self, signer: &OfficeSigner, now: UnixMs) -> Result<(), KeyError> {
        self.change_office(|keys| {
            keys.insert(published(signer, now)?);
            Ok(())
        })
    }

    /// Retires or revokes a key from `now` on. A revoked one stays revoked.
    ///
    /// # Errors
    /// For an unknown key, and for bringing a retired or revoked one back.
    pub fn set_office_status(
        &self,
        kid: OfficeKid,
        status: KeyStatus,
        now: UnixMs,
    ) -> Result<(), KeyError> {
        self.change_office(|keys| {
            let key = keys.keys.get_mut(&kid).ok_or_else(|| wrong(kid, "is not in the key set"))?;
            match (key.status, status) {
                (KeyStatus::Revoked, KeyStatus::Active | KeyStatus::Retired) => {
                    Err(wrong(kid, "is revoked, and that is not taken back"))
                }
                (was, wanted) if was == wanted => Ok(()),
                _ => {
                    (key.status, key.status_at) = (status, Some(now.seconds()));
                    Ok(())
                }
            }
        })
    }

    /// Opens a private key.
    ///
    /// # Errors
    /// When the key may not sign now, its file can be read by others, or the
    /// passphrase is wrong.
    pub fn office_signer(
        &self,
        kid: OfficeKid,
        passphrase: &str,
        now: UnixMs,
    ) -> Result<OfficeSigner, KeyError> {
        let keys = self.office_keys()?;
        let key = keys.get(kid).ok_or_else(|| wrong(kid, "is not in the key set"))?;
        if key.status != KeyStatus::Active {
            return Err(wrong(kid, "is retired or revoked and signs no more"));
        }
        if key.not_after.is_some_and(|exp| now.seconds() >= exp) {
            return Err(wrong(kid, "has expired: make a new one with `zhenma key new --office`"));
        }
        if key.not_before.is_some_and(|nbf| now.seconds() < nbf) {
            return Err(wrong(kid, "is not to sign yet: is the clock right?"));
        }
        let private = self.open_private(&self.office_file(kid), passphrase)?;
        let signer = OfficeSigner::from_seed(kid, &key.office, private.as_bytes());
        if signer.public()?.to_bytes() != key.public.to_bytes() {
            return Err(wrong(kid, "is not the key that is published under this name"));
        }
        Ok(signer)
    }

    fn change_office<T>(
        &self,
        with: impl FnOnce(&mut OfficeKeys) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let _lock = self.lock()?;
        let mut keys = self.office_keys()?;
        let out = with(&mut keys)?;
        self.write_published(JWKS, &keys.to_jwks())?;
        Ok(out)
    }
}

fn published(signer: &OfficeSigner, now: UnixMs) -> Result<OfficeKey, KeyError> {
    Ok(OfficeKey {
        kid: signer.kid(),
        office: signer.office().to_owned(),
        status: KeyStatus::Active,
        status_at: None,
        not_before: Some(now.seconds()),
        not_after: Some(now.seconds() + SIGNS_S),
        public: signer.public()?,
    })
}

fn wrong(kid: OfficeKid, problem: &str) -> KeyError {
    KeyError::Key { number: kid.to_string(), problem: problem.into() }
}
