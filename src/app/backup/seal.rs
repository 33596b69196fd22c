//! The file's lock: an age file, for public keys or under a passphrase.

use std::io::{Read, Write};
use std::path::Path;

use age::secrecy::SecretString;
use age::stream::{StreamReader, StreamWriter};
use age::{Decryptor, Encryptor, scrypt, x25519};
use zeroize::Zeroizing;

use super::{BackupError, at};

/// Public keys of one backup.
const RECIPIENTS_MAX: usize = 20;
/// Bytes of a file of identities.
const IDENTITIES_BYTES_MAX: u64 = 64 * 1024;

/// Who will be able to open a backup.
pub enum Lock {
    /// Public keys, as `age-keygen` prints them.
    Recipients(Vec<String>),
    Passphrase(Zeroizing<String>),
}

impl Lock {
    /// The public keys in a file, one a line, as the age tool reads them with `-R`.
    ///
    /// # Errors
    /// For a file that cannot be read.
    pub fn recipients(path: &Path) -> Result<Self, BackupError> {
        let text = std::fs::read_to_string(path).map_err(at(path))?;
        let keys = text.lines().map(str::trim);
        let keys = keys.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(Self::Recipients(keys.map(str::to_owned).collect()))
    }

    pub(super) fn seal<W: Write>(&self, out: W) -> Result<StreamWriter<W>, BackupError> {
        let refused = |says: String| BackupError::Refused(says);
        let recipients: Vec<Box<dyn age::Recipient>> = match self {
            Self::Recipients(texts) if texts.len() <= RECIPIENTS_MAX => texts
                .iter()
                .map(|text| match text.trim().parse::<x25519::Recipient>() {
                    Ok(key) => Ok(Box::new(key) as Box<dyn age::Recipient>),
                    Err(_) => Err(refused(format!(
                        "--recipient: {text:?} is no public key of age; give the line that begins \
                         with age1, as age-keygen prints it"
                    ))),
                })
                .collect::<Result<_, _>>()?,
            Self::Recipients(_) => {
                return Err(refused(format!("--recipient: give {RECIPIENTS_MAX} at most")));
            }
            Self::Passphrase(text) => vec![Box::new(scrypt::Recipient::new(secret(text)?))],
        };
        Encryptor::with_recipients(recipients.iter().map(AsRef::as_ref))
            .map_err(|e| refused(format!("--recipient: {e}; give at least one")))?
            .wrap_output(out)
            .map_err(|e| refused(format!("the backup cannot be begun: {e}")))
    }
}

fn secret(text: &Zeroizing<String>) -> Result<SecretString, BackupError> {
    if text.is_empty() {
        let says = "the passphrase is empty: write it on the first line of its file";
        return Err(BackupError::Refused(says.into()));
    }
    Ok(SecretString::from(text.as_str()))
}

/// What opens a backup.
pub enum Opener {
    Identities(Vec<x25519::Identity>),
    Passphrase(Zeroizing<String>),
}

impl Opener {
    /// The secret keys in a file of `age-keygen`.
    ///
    /// # Errors
    /// For a file that cannot be read or has none.
    pub fn identities(path: &Path) -> Result<Self, BackupError> {
        let file = std::fs::File::open(path).map_err(at(path))?;
        let mut text = Zeroizing::new(String::new());
        file.take(IDENTITIES_BYTES_MAX).read_to_string(&mut text).map_err(at(path))?;
        let keys: Vec<x25519::Identity> =
            text.lines().filter_map(|line| line.trim().parse().ok()).collect();
        if keys.is_empty() {
            return Err(BackupError::Refused(format!(
                "--identity: {} has no line that begins with AGE-SECRET-KEY-1",
                path.display()
            )));
        }
        Ok(Self::Identities(keys))
    }

    pub(super) fn open<R: Read>(&self, file: R) -> Result<StreamReader<R>, BackupError> {
        let refused = |e: age::DecryptError| {
            BackupError::Refused(format!(
                "the backup cannot be opened ({e}): give the identity or passphrase that it was \
                 sealed for"
            ))
        };
        let file = Decryptor::new(file).map_err(refused)?;
        match self {
            Self::Identities(keys) => {
                file.decrypt(keys.iter().map(|key| key as &dyn age::Identity)).map_err(refused)
            }
            Self::Passphrase(text) => {
                let key = scrypt::Identity::new(secret(text)?);
                file.decrypt(std::iter::once(&key as &dyn age::Identity)).map_err(refused)
            }
        }
    }
}
