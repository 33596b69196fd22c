//! The second factor: codes of an authenticator (TOTP, RFC 6238: SHA-1, six
//! digits, 30 seconds, the steps before and behind the current one) and
//! recovery codes for when the telephone is lost. A step opens once, and so
//! does a recovery code.

use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use crate::base::{UnixMs, rng};

/// Bytes of a secret, as RFC 4226 recommends for SHA-1.
pub const SECRET_BYTES: usize = 20;
/// Codes that are handed out at once.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: nobody tries 2^80 against a stolen hash.
const RECOVERY_BYTES: usize = 10;
/// RFC 4648 in small letters.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Characters of either kind of code that are looked at.
const TYPED_CHARACTERS_MAX: usize = 64;

/// The second factor of an account, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// See [`Secrets::seal`](crate::auth::secrets::Secrets::seal).
    pub sealed: Vec<u8>,
    /// The last step that opened.
    pub last_step: u64,
    /// Recovery codes that are left.
    pub recovery_left: u32,
    pub since: UnixMs,
}

/// A shared secret.
#[derive(Clone)]
pub struct Authenticator(Totp);

impl Authenticator {
    pub fn new(secret: [u8; SECRET_BYTES]) -> Self {
        let builder = Builder::new().with_secret(Secret::from(secret));
        Self(builder.build().expect("20 bytes, six digits and 30 seconds are RFC 6238's own"))
    }

    /// A new secret.
    pub fn secret() -> [u8; SECRET_BYTES] {
        rng::bytes()
    }

    /// The step whose code was typed, if it is one of the three around `at` and
    /// behind `last_step`.
    pub fn step(&self, typed: &str, at: UnixMs, last_step: u64) -> Option<u64> {
        let seconds = u64::try_from(at.seconds()).ok()?;
        self.0.check(&digits(typed)?, seconds).filter(|step| *step > last_step)
    }

    /// The code of the step at `at`.
    pub fn code(&self, at: UnixMs) -> String {
        self.0.generate(u64::try_from(at.seconds()).unwrap_or(0)).to_string()
    }
}

/// Six digits, whatever spaces a person puts between; as an ideographic
/// keyboard writes them, too.
fn digits(typed: &str) -> Option<String> {
    let kept: String = typed
        .chars()
        .take(TYPED_CHARACTERS_MAX)
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            _ => c,
        })
        .collect();
    (kept.len() == 6 && kept.bytes().all(|b| b.is_ascii_digit())).then_some(kept)
}

/// The secret as it is typed where no camera is at hand: RFC 4648 base32.
pub fn written(secret: [u8; SECRET_BYTES]) -> String {
    Secret::from(secret).to_base32()
}

/// What a QR code tells the authenticator
/// (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>).
pub fn address(secret: [u8; SECRET_BYTES], site: &str, login: &str) -> String {
    let (site, login) = (escaped(site), escaped(login));
    format!("otpauth://totp/{site}:{login}?secret={}&issuer={site}", written(secret))
}

fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// New recovery codes and what is kept of them.
pub fn recovery() -> (Vec<String>, Vec<[u8; 32]>) {
    let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let kept = codes.iter().filter_map(|code| kept(code)).collect();
    (codes, kept)
}

/// `abcd-efgh-ijkl-mnop`
fn recovery_code() -> String {
    let bytes = rng::bytes::<RECOVERY_BYTES>();
    let number = bytes.iter().fold(0_u128, |n, b| n << 8 | u128::from(*b));
    let letter = |n: usize| char::from(LETTERS[(number >> (5 * n)) as usize & 31]);
    let letters: Vec<char> = (0..RECOVERY_BYTES * 8 / 5).map(letter).collect();
    letters.chunks(4).map(|four| four.iter().collect()).collect::<Vec<String>>().join("-")
}

/// What is kept of a recovery code, however it was typed; `None` where no code
/// could stand.
pub fn kept(typed: &str) -> Option<[u8; 32]> {
    let letters: String = typed
        .chars()
        .take(TYPED_CHARACTERS_MAX)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '—'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let fits = letters.len() == RECOVERY_BYTES * 8 / 5
        && letters.bytes().all(|letter| LETTERS.contains(&letter));
    fits.then(|| Sha256::digest(letters.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let standard = Authenticator::new(*b"12345678901234567890");
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = UnixMs(second * 1_000);
            assert_eq!(standard.code(at), code);
            assert_eq!(standard.step(code, at, 0), u64::try_from(second / 30).ok());
        }
    }

    #[test]
    fn a_code_opens_in_its_step_and_both_beside_it_and_only_once() {
        let own = Authenticator::new([7; SECRET_BYTES]);
        let at = UnixMs(1_800_000_015_000);
        let code = own.code(at);
        let step = own.step(&code, at, 0).expect("its own step");
        for (seconds, opens) in [(-60, false), (-30, true), (30, true), (60, false)] {
            let then = at.plus_ms(seconds * 1_000);
            assert_eq!(own.step(&code, then, 0).is_some(), opens, "{seconds} s");
        }
        assert_eq!(own.step(&code, at, step), None, "a second time");
        assert_eq!(own.step(&code, at, step + 1), None, "behind a later one");
        let wide: String =
            code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        for typed in [format!(" {} {} ", &code[..3], &code[3..]), wide] {
            assert_eq!(own.step(&typed, at, 0), Some(step), "{typed}");
        }
        for typed in ["", "12345", "1234567", "12345x", &"1".repeat(10_000)] {
            assert_eq!(own.step(typed, at, 0), None, "{typed:.20}");
        }
    }

    #[test]
    fn the_address_carries_what_an_authenticator_reads() {
        let address = address(*b"12345678901234567890", "真码 宋河", "wang@songhe");
        let expected = "otpauth://totp/%E7%9C%9F%E7%A0%81%20%E5%AE%8B%E6%B2%B3:wang%40songhe\
                        ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                        &issuer=%E7%9C%9F%E7%A0%81%20%E5%AE%8B%E6%B2%B3";
        assert_eq!(address, expected);
    }

    #[test]
    fn recovery_codes_differ_and_are_known_again_however_they_are_typed() {
        let (codes, hashes) = recovery();
        assert_eq!((codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
        let mut apart = hashes.clone();
        apart.sort_unstable();
        apart.dedup();
        assert_eq!(apart.len(), RECOVERY_CODES);
        let shouted = codes[3].to_uppercase().replace('-', " ");
        assert_eq!(kept(&shouted), Some(hashes[3]));
        assert_eq!(kept("123456"), None);
        assert_eq!(kept(&"a".repeat(10_000)), None);
    }
}
