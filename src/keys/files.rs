//! Key files: `NUMBER.pem`, a private key as encrypted PKCS#8 (RFC 5958, PBES2
//! with scrypt and AES-256), for its owner's eyes alone; and `jwks.json`, the
//! published set, byte for byte as it is served.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use pkcs8::LineEnding;
use zeroize::Zeroizing;

use crate::base::{UnixMs, rng};
use crate::keys::{KeyError, KeyNumber, KeyStatus, Keyring, PublishedKey, Signer, SoftSigner};

const JWKS: &str = "jwks.json";
/// Characters of a passphrase.
pub const PASSPHRASE_CHARACTERS_MIN: usize = 12;
/// Years that a new key signs, in seconds.
pub(super) const SIGNS_S: i64 = 3 * 366 * 86_400;

/// A directory of key files.
#[derive(Clone, Debug)]
pub struct KeyDir {
    path: PathBuf,
}

impl KeyDir {
    /// Names the directory; it is made when the first key is.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a key's private half.
    pub fn private_file(&self, number: KeyNumber) -> PathBuf {
        self.path.join(format!("{number}.pem"))
    }

    /// Whether a key of labels was ever published here.
    pub fn signs_labels(&self) -> bool {
        self.path.join(JWKS).exists()
    }

    /// The published set as it is served.
    ///
    /// # Errors
    /// When the file is not there or cannot be read; says how to make one.
    pub fn jwks(&self) -> Result<Vec<u8>, KeyError> {
        self.read(JWKS)?.ok_or_else(|| {
            KeyError::File(format!(
                "{} is not there: make a key with `zhenma key new`; where labels were sold \
                 already, put it back from its copy instead, or every one of them is called not \
                 genuine",
                self.path.join(JWKS).display()
            ))
        })
    }

    /// A file of the directory, where it is there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, KeyError> {
        let file = self.path.join(name);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyError::File(format!("{}: {error}", file.display()))),
        }
    }

    /// # Errors
    /// As [`Self::jwks`], and when the set is wrong.
    pub fn keyring(&self) -> Result<Keyring, KeyError> {
        Keyring::from_jwks(&self.jwks()?)
    }

    /// Makes a key, encrypted under `passphrase`, and publishes it as active.
    ///
    /// # Errors
    /// For a short passphrase, a number that is taken, or a failing disk.
    pub fn new_key(
        &self,
        number: Option<KeyNumber>,
        issuer: &str,
        passphrase: &str,
        now: UnixMs,
    ) -> Result<KeyNumber, KeyError> {
        check_passphrase(passphrase)?;
        if issuer.trim().is_empty() {
            return Err(KeyError::File("issuer: give the name of the enterprise".into()));
        }
        let seed = Zeroizing::new(rng::bytes::<32>());
        self.change(|ring| {
            let number = match number {
                None => next_free(ring)?,
                Some(KeyNumber::OWN) => return Err(problem(KeyNumber::OWN, KEPT)),
                Some(n) if ring.get(n).is_none() => n,
                Some(n) => return Err(taken(n)),
            };
            let pem = encrypted(&SigningKey::from_bytes(&seed), passphrase)?;
            self.write_private(&self.private_file(number), pem.as_bytes())?;
            ring.insert(published(&SoftSigner::from_seed(number, &seed), issuer, now)?);
            Ok(number)
        })
    }

    /// Publishes a key that needs no file: the development keys of `demo`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn publish(&self, signer: &SoftSigner, issuer: &str, now: UnixMs) -> Result<(), KeyError> {
        self.change(|ring| {
            ring.insert(published(signer, issuer, now)?);
            Ok(())
        })
    }

    /// Retires or revokes a key. A revoked one stays revoked.
    ///
    /// # Errors
    /// For an unknown key, and for bringing a revoked one back.
    pub fn set_status(&self, number: KeyNumber, status: KeyStatus) -> Result<(), KeyError> {
        self.change(|ring| {
            let key = ring.get(number).ok_or_else(|| problem(number, "is not in the key set"))?;
            if key.status == KeyStatus::Revoked && status != KeyStatus::Revoked {
                return Err(problem(number, "is revoked, and that is not taken back"));
            }
            ring.set_status(number, status);
            Ok(())
        })
    }

    /// Opens a private key.
    ///
    /// # Errors
    /// When the key may not sign now, its file can be read by others, or the
    /// passphrase is wrong.
    pub fn signer(
        &self,
        number: KeyNumber,
        passphrase: &str,
        now: UnixMs,
    ) -> Result<SoftSigner, KeyError> {
        let ring = self.keyring()?;
        let key = ring.get(number).ok_or_else(|| problem(number, "is not in the key set"))?;
        if key.status != KeyStatus::Active {
            return Err(problem(number, "is retired or revoked and signs no more"));
        }
        if key.not_after.is_some_and(|exp| now.seconds() >= exp) {
            return Err(problem(number, "has expired: make a new one with `zhenma key new`"));
        }
        if key.not_before.is_some_and(|nbf| now.seconds() < nbf) {
            return Err(problem(number, "is not to sign yet: is the clock right?"));
        }
        let private = self.open_private(&self.private_file(number), passphrase)?;
        let signer = SoftSigner::from_seed(number, private.as_bytes());
        if signer.public()?.to_bytes() != key.public.to_bytes() {
            return Err(problem(number, "is not the key that is published under this number"));
        }
        Ok(signer)
    }

    /// The private key of a file that its owner alone can read.
    pub(super) fn open_private(
        &self,
        file: &Path,
        passphrase: &str,
    ) -> Result<SigningKey, KeyError> {
        let told = |e: &dyn std::fmt::Display| KeyError::File(format!("{}: {e}", file.display()));
        let mode = fs::metadata(file).map_err(|e| told(&e))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(told(&format!(
                "others can read this private key (mode {:o}): chmod 600 it, and ask who did",
                mode & 0o777
            )));
        }
        let pem = Zeroizing::new(fs::read_to_string(file).map_err(|e| told(&e))?);
        SigningKey::from_pkcs8_encrypted_pem(&pem, passphrase)
            .map_err(|_| told(&"the passphrase is wrong, or the file is damaged"))
    }

    /// Reads, changes and writes the set under a lock, the whole or not at all.
    fn change<T>(
        &self,
        with: impl FnOnce(&mut Keyring) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let _lock = self.lock()?;
        let mut ring = match self.read(JWKS)? {
            Some(bytes) => Keyring::from_jwks(&bytes)?,
            None => Keyring::default(),
        };
        let out = with(&mut ring)?;
        self.write_published(JWKS, &ring.to_jwks())?;
        Ok(out)
    }

    /// Makes the directory, and holds it until what is returned is dropped.
    pub(super) fn lock(&self) -> Result<File, KeyError> {
        let told = |e: std::io::Error| self.told(&e);
        fs::create_dir_all(&self.path).map_err(told)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path.join(".lock"))
            .map_err(told)?;
        lock.lock().map_err(told)?;
        Ok(lock)
    }

    fn told(&self, error: &std::io::Error) -> KeyError {
        KeyError::File(format!("{}: {error}", self.path.display()))
    }

    pub(super) fn write_private(&self, file: &Path, pem: &[u8]) -> Result<(), KeyError> {
        let write = || -> std::io::Result<()> {
            let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
            out.write_all(pem)?;
            out.sync_all()
        };
        write().map_err(|e| KeyError::File(format!("{}: {e}", file.display())))
    }

    pub(super) fn write_published(&self, name: &str, jwks: &[u8]) -> Result<(), KeyError> {
        let write = || -> std::io::Result<()> {
            let fresh = self.path.join(format!(".{name}.new"));
            let mut out = File::create(&fresh)?;
            out.write_all(jwks)?;
            out.sync_all()?;
            fs::rename(&fresh, self.path.join(name))?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|e| self.told(&e))
    }
}

/// A private key as encrypted PKCS#8.
pub(super) fn encrypted(key: &SigningKey, passphrase: &str) -> Result<Zeroizing<String>, KeyError> {
    key.to_pkcs8_encrypted_pem(passphrase, LineEnding::LF)
        .map_err(|e| KeyError::File(format!("the key cannot be encrypted: {e}")))
}

/// # Errors
/// When it is shorter than [`PASSPHRASE_CHARACTERS_MIN`].
pub fn check_passphrase(passphrase: &str) -> Result<(), KeyError> {
    if passphrase.chars().count() < PASSPHRASE_CHARACTERS_MIN {
        return Err(KeyError::File(format!(
            "passphrase: take at least {PASSPHRASE_CHARACTERS_MIN} characters"
        )));
    }
    Ok(())
}

fn published(signer: &SoftSigner, issuer: &str, now: UnixMs) -> Result<PublishedKey, KeyError> {
    use crate::keys::Signer;
    Ok(PublishedKey {
        number: signer.key(),
        issuer: issuer.trim().to_owned(),
        status: KeyStatus::Active,
        not_before: Some(now.seconds()),
        not_after: Some(now.seconds() + SIGNS_S),
        public: signer.public()?,
    })
}

fn next_free(ring: &Keyring) -> Result<KeyNumber, KeyError> {
    let last = ring.iter().map(|k| k.number.get()).max().unwrap_or(0);
    KeyNumber::new(last + 1)
        .filter(|number| *number != KeyNumber::OWN)
        .ok_or_else(|| KeyError::File("all key numbers up to 16777214 are taken".into()))
}

/// Of the number that names batches without a signature.
const KEPT: &str = "is kept for serials without a signature: leave the number out";

fn taken(number: KeyNumber) -> KeyError {
    problem(number, "is taken: leave the number out for the next free one")
}

fn problem(number: KeyNumber, problem: &str) -> KeyError {
    KeyError::Key { number: number.to_string(), problem: problem.into() }
}
