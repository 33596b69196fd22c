//! How packages are sealed: as files of the `age` tool (age-encryption.org/v1),
//! to the printing house's own key, or to a key of the package's own whose
//! secret half is itself an age file under a passphrase.
//!
//! The second way keeps the passphrase out of our hands: it is made, shown and
//! forgotten in one request, hours before the worker builds the package, which
//! needs the public half alone. The house opens with `age -d -i key.age`.

use std::io::{self, Write};
use std::iter::once;

use age::secrecy::{ExposeSecret, SecretString};
use age::{Encryptor, scrypt, stream::StreamWriter, x25519};

use super::secret;
use crate::base::FieldError;

/// log2 of scrypt's N. The passphrase has 117 bits: it needs no stretching,
/// only what every age tool takes.
const WORK_FACTOR: u8 = 14;

/// Characters of a public key, at most.
const RECIPIENT_CHARACTERS_MAX: usize = 100;

/// A key of a package's own.
pub struct OwnKey {
    /// Its public half.
    pub recipient: String,
    /// Its secret half, as an age file under the passphrase.
    pub key_file: Vec<u8>,
    /// To be shown once.
    pub passphrase: String,
}

/// Reads a public key.
///
/// # Errors
/// Naming the field `recipient`.
pub fn recipient(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let read = || text.parse::<x25519::Recipient>().ok();
    if text.len() <= RECIPIENT_CHARACTERS_MAX && read().is_some() {
        return Ok(text.to_owned());
    }
    Err(FieldError::new(
        "recipient",
        "is no public key of age",
        "paste the line that begins with age1, as age-keygen prints it, or leave it empty",
    ))
}

/// A new key under a new passphrase.
///
/// # Errors
/// When the key cannot be sealed, which is a mistake of ours.
pub fn own_key() -> io::Result<OwnKey> {
    let identity = x25519::Identity::generate();
    let passphrase = secret::passphrase();
    let mut lock = scrypt::Recipient::new(SecretString::from(passphrase.clone()));
    lock.set_work_factor(WORK_FACTOR);
    let mut sealed = encryptor(&lock)?.wrap_output(Vec::new())?;
    writeln!(sealed, "{}", identity.to_string().expose_secret())?;
    let key_file = sealed.finish()?;
    Ok(OwnKey { recipient: identity.to_public().to_string(), key_file, passphrase })
}

/// Seals what is written to it; [`StreamWriter::finish`] ends it.
///
/// # Errors
/// For a public key that is none, and those of `out`.
pub fn sealed<W: Write>(recipient: &str, out: W) -> io::Result<StreamWriter<W>> {
    let recipient: x25519::Recipient = recipient.parse().map_err(io::Error::other)?;
    encryptor(&recipient)?.wrap_output(out)
}

fn encryptor(to: &dyn age::Recipient) -> io::Result<Encryptor> {
    Encryptor::with_recipients(once(to)).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_public_key_is_read_and_nothing_else() {
        let own = own_key().expect("a key");
        assert_eq!(recipient(&format!(" {}\n", own.recipient)), Ok(own.recipient.clone()));
        for bad in ["", "age1", "AGE-SECRET-KEY-1QQ", &own.recipient[..60], "ssh-ed25519 AAAA"] {
            assert!(recipient(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_passphrase_opens_the_key_and_the_key_opens_the_package() {
        let own = own_key().expect("a key");
        let open = |file: &[u8], with: &dyn age::Identity| {
            let mut out = String::new();
            let open = age::Decryptor::new(file).expect("a file").decrypt(once(with));
            open.expect("opens").read_to_string(&mut out).expect("text");
            out
        };
        let lock = scrypt::Identity::new(SecretString::from(own.passphrase.clone()));
        let identity: x25519::Identity =
            open(&own.key_file, &lock).trim().parse().expect("an identity");
        let mut package = sealed(&own.recipient, Vec::new()).expect("sealed");
        package.write_all("标签".as_bytes()).expect("memory");
        assert_eq!(open(&package.finish().expect("ended"), &identity), "标签");
    }
}
