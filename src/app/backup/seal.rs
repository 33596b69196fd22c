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
/// What a secret key begins with. No message repeats one: it would stay in a log.
const SECRET_KEY: &str = "AGE-SECRET-KEY-";
const IS_SECRET: &str = "this is a secret key; a backup is made for the public one, which \
                         `age-keygen -y` prints. It must not stay on this machine";
const WRITE: &str = "give the line that begins with age1, as age-keygen prints it";

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
    /// For a file that cannot be read, has none or has anything else; its lines, which
    /// may be secret, are told by their numbers alone.
    pub fn recipients(path: &Path) -> Result<Self, BackupError> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(at(path))?);
        let file = path.display();
        let mut keys = Vec::new();
        for (above, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.parse::<x25519::Recipient>().is_err() {
                let not_public = format!("no public key of age; {WRITE}");
                let says = if is_secret(line) { IS_SECRET } else { &not_public };
                let line = above + 1;
                let says = format!("--recipients-file {file}, line {line}: {says}");
                return Err(BackupError::Refused(says));
            }
            keys.push(line.to_owned());
        }
        if keys.is_empty() {
            return Err(BackupError::Refused(format!(
                "--recipients-file {file}: has no public key; write what `age-keygen -y` prints"
            )));
        }
        Ok(Self::Recipients(keys))
    }

    pub(super) fn seal<W: Write>(&self, out: W) -> Result<StreamWriter<W>, BackupError> {
        let refused = |says: String| BackupError::Refused(says);
        let recipients: Vec<Box<dyn age::Recipient>> = match self {
            Self::Recipients(texts) if texts.len() <= RECIPIENTS_MAX => texts
                .iter()
                .map(|text| match text.trim().parse::<x25519::Recipient>() {
                    Ok(key) => Ok(Box::new(key) as Box<dyn age::Recipient>),
                    Err(_) if is_secret(text) => Err(refused(format!("--recipient: {IS_SECRET}"))),
                    Err(_) => Err(refused(format!(
                        "--recipient: {text:?} is no public key of age; {WRITE}"
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

fn is_secret(text: &str) -> bool {
    let head = text.trim().get(..SECRET_KEY.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(SECRET_KEY))
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

#[cfg(test)]
mod tests {
    use age::secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_key_in_the_place_of_a_public_one_is_told_and_not_shown() {
        let identity = x25519::Identity::generate();
        let (public, secret) = (identity.to_public().to_string(), identity.to_string());
        let secret = secret.expose_secret();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys");
        let of_file = |text: &str| {
            std::fs::write(&file, text).expect("written");
            Lock::recipients(&file).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(of_file(&format!("# ours\n\n{public}\n")), Ok(()));
        let as_made = format!("# created: today\n# public key: {public}\n{secret}\n");
        for (text, says) in [
            (as_made.as_str(), "keys, line 3: this is a secret key"),
            (format!("{public}\nopen sesame\n").as_str(), "keys, line 2: no public key of age"),
            ("# none yet\n", "keys: has no public key; write what `age-keygen -y` prints"),
        ] {
            let error = of_file(text).expect_err("refused");
            assert!(error.contains("--recipients-file ") && error.contains(says), "{error}");
            assert!(!error.contains(secret) && !error.contains("sesame"), "{error}");
        }
        let given = Lock::Recipients(vec![secret.to_ascii_lowercase()]);
        let error = given.seal(Vec::new()).err().expect("refused").to_string();
        assert!(error.starts_with("--recipient: this is a secret key"), "{error}");
        assert!(!error.to_ascii_uppercase().contains(secret), "{error}");
    }
}
