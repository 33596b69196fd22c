//! What is made under the installation's secret for people who sign in: the
//! sealed secrets of their authenticators, and the mark of a browser that
//! signed in before.
//!
//! The installation's secret stands in the same file as the sealed rows. So the
//! seal keeps a secret from whoever sees the rows alone (a query's output, a
//! log of statements, a table that was exported, a support ticket), binds each
//! to its account, and does not help against whoever has the whole file.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth::second_factor::SECRET_BYTES;
use crate::base::seal::Sealer;
use crate::base::{UnixMs, rng};

/// Bytes of a browser's mark: what tells browsers apart, and its seal.
const BROWSER_BYTES: usize = 16;
const SEAL_BYTES: usize = 32;
/// Characters of a mark in a cookie.
const MARK_CHARACTERS: usize = 64;

/// Keys derived from the installation's secret, one a purpose.
pub struct Secrets {
    second_factor: Sealer,
    browser: Hmac<Sha256>,
}

/// A browser that signed in before as one login.
pub type Browser = [u8; BROWSER_BYTES];

/// What a mark is good for. With another password, or another second factor, the
/// browser is a stranger again: else whoever knew the former password could gather
/// marks and guess with each of them.
#[derive(Clone, Copy)]
pub struct Marked<'a> {
    pub login: &'a str,
    /// As it is kept; empty where none was chosen.
    pub password_hash: &'a str,
    /// Since when there is a second factor, if there is one.
    pub factor_since: Option<UnixMs>,
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

impl Secrets {
    pub fn new(installation: &[u8; 32]) -> Self {
        let derived = |purpose: &[u8]| -> [u8; 32] {
            let mut mac = keyed(installation);
            mac.update(purpose);
            mac.finalize().into_bytes().into()
        };
        Self {
            second_factor: Sealer::new(derived(b"zhenma second factor 1")),
            browser: keyed(&derived(b"zhenma known browser 1")),
        }
    }

    /// The login is bound in, so that a row does not open another account.
    pub fn seal(&self, login: &str, secret: &[u8; SECRET_BYTES]) -> Vec<u8> {
        self.second_factor.seal(login.as_bytes(), secret)
    }

    /// `None` for what was not sealed here for this login.
    pub fn open(&self, login: &str, sealed: &[u8]) -> Option<[u8; SECRET_BYTES]> {
        self.second_factor.open(login.as_bytes(), sealed)?.try_into().ok()
    }

    /// The mark of a browser in which somebody just signed in, for a cookie.
    pub fn mark(&self, of: Marked<'_>) -> String {
        let browser: Browser = rng::bytes();
        let seal = self.sealing(of, &browser).finalize().into_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([&browser[..], &seal].concat())
    }

    /// The browser whose mark was made here for the same.
    pub fn browser(&self, of: Marked<'_>, mark: &str) -> Option<Browser> {
        if mark.len() != MARK_CHARACTERS {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?;
        let (browser, seal) = bytes.split_first_chunk::<BROWSER_BYTES>()?;
        self.sealing(of, browser).verify_slice(seal).ok()?;
        (seal.len() == SEAL_BYTES).then_some(*browser)
    }

    /// What a cookie of `login`'s mark is called: one browser may know several
    /// people, and a name tells a passer-by nothing.
    pub fn cookie(&self, login: &str) -> String {
        let mut mac = self.browser.clone();
        mac.update(b"name\0");
        mac.update(login.as_bytes());
        let name = mac.finalize().into_bytes();
        name.iter().take(6).fold("zm_known_".to_owned(), |out, b| out + &format!("{b:02x}"))
    }

    fn sealing(&self, of: Marked<'_>, browser: &Browser) -> Hmac<Sha256> {
        let mut mac = self.browser.clone();
        mac.update(b"mark\0");
        mac.update(browser);
        // Neither has a NUL: a login is of letters and digits, a hash of base64.
        for text in [of.login, of.password_hash] {
            mac.update(text.as_bytes());
            mac.update(b"\0");
        }
        mac.update(&of.factor_since.map_or(i64::MIN, |since| since.0).to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_account_in_its_installation_alone() {
        let (own, other) = (Secrets::new(&[1; 32]), Secrets::new(&[2; 32]));
        let sealed = own.seal("wang", &[9; SECRET_BYTES]);
        assert!(!sealed.windows(4).any(|four| four == [9; 4]), "it stands there in clear");
        assert_ne!(sealed, own.seal("wang", &[9; SECRET_BYTES]), "a nonce stands twice");
        assert_eq!(own.open("wang", &sealed), Some([9; SECRET_BYTES]));
        assert_eq!(own.open("zhang", &sealed), None);
        assert_eq!(other.open("wang", &sealed), None);
        for n in 0..sealed.len() {
            let mut spoiled = sealed.clone();
            spoiled[n] ^= 1;
            assert_eq!(own.open("wang", &spoiled), None, "byte {n}");
            assert_eq!(own.open("wang", &sealed[..n]), None, "{n} bytes");
        }
    }

    #[test]
    fn a_mark_is_of_one_login_under_one_password_and_one_second_factor() {
        let (own, other) = (Secrets::new(&[1; 32]), Secrets::new(&[2; 32]));
        let wang = Marked { login: "wang", password_hash: "$argon2id$a", factor_since: None };
        let mark = own.mark(wang);
        let browser = own.browser(wang, &mark).expect("its own mark");
        assert_ne!(Some(browser), own.browser(wang, &own.mark(wang)), "two browsers");
        for changed in [
            Marked { login: "zhang", ..wang },
            Marked { password_hash: "$argon2id$b", ..wang },
            Marked { factor_since: Some(UnixMs(0)), ..wang },
        ] {
            assert_eq!(own.browser(changed, &mark), None);
        }
        assert_eq!(other.browser(wang, &mark), None);
        assert_eq!(own.browser(wang, ""), None);
        assert_eq!(own.browser(wang, &"A".repeat(MARK_CHARACTERS)), None);
        assert_ne!(own.cookie("wang"), own.cookie("zhang"));
    }
}
