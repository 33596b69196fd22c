//! Passwords: argon2id with the parameters that OWASP names first (19 MiB, two
//! passes, one lane), as PHC strings.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::base::{FieldError, rng};

/// Characters of a password.
const CHARACTERS_MIN: usize = 12;
const CHARACTERS_MAX: usize = 128;

fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("parameters within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// # Errors
/// When it is too short or too long; nothing else is asked of a password.
pub fn check(password: &str) -> Result<(), FieldError> {
    let characters = password.chars().count();
    if (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&characters) {
        return Ok(());
    }
    Err(FieldError::new(
        "password",
        format!("has {characters} characters"),
        format!("take {CHARACTERS_MIN} to {CHARACTERS_MAX}; a sentence is fine"),
    ))
}

/// The PHC string of a password. Costs some 20 ms of a core: not for an async
/// thread.
pub fn hash(password: &str) -> String {
    argon2()
        .hash_password_with_salt(password.as_bytes(), &rng::bytes::<16>())
        .expect("a salt of 16 bytes is taken")
        .to_string()
}

/// Whether `password` is the one that was hashed. Without a hash the same work
/// is done for nothing, so that time does not tell which logins exist.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    match hash.and_then(|h| PasswordHash::new(h).ok()) {
        Some(parsed) => argon2().verify_password(password.as_bytes(), &parsed).is_ok(),
        None => {
            let _ = self::hash(password);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_another_is_not() {
        let stored = hash("a long enough sentence");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("a long enough sentence", Some(&stored)));
        assert!(!verify("a long enough sentence.", Some(&stored)));
        assert!(!verify("a long enough sentence", None));
        assert!(check("short").is_err() && check(&"x".repeat(129)).is_err());
        assert!(check("宋河粮液的十二个字密码呀呀").is_ok());
    }
}
