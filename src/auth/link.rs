//! One-time links: an invitation to choose name and password, or a password to
//! be chosen anew. A link is shown once, to whoever made it, and kept as the
//! hash of its 32 random bytes. Opening its page uses nothing up, since a
//! messenger opens every link for a preview; sending the form does.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::base::{UnixMs, rng};

/// Hours in which an invitation may be taken up.
pub const INVITATION_HOURS: i64 = 72;
/// Hours in which a password may be chosen anew.
pub const RESET_HOURS: i64 = 1;
/// Characters of 32 bytes in base64url.
const TOKEN_CHARACTERS: usize = 43;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Name and first password.
    Invitation,
    /// Another password.
    Reset,
}

impl Purpose {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Invitation, Self::Reset].into_iter().find(|purpose| purpose.slug() == slug)
    }

    pub const fn hours(self) -> i64 {
        match self {
            Self::Invitation => INVITATION_HOURS,
            Self::Reset => RESET_HOURS,
        }
    }
}

/// A link as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub hash: [u8; 32],
    pub login: String,
    pub purpose: Purpose,
    pub expires_at: UnixMs,
}

impl Link {
    /// A new link and its token.
    pub fn new(login: &str, purpose: Purpose, now: UnixMs) -> (String, Self) {
        let token = BASE64_URL_SAFE_NO_PAD.encode(rng::bytes::<32>());
        let hash = Sha256::digest(token.as_bytes()).into();
        let expires_at = now.plus_ms(purpose.hours() * 3_600_000);
        (token, Self { hash, login: login.to_owned(), purpose, expires_at })
    }
}

/// What is kept of a token; `None` where none could stand.
pub fn kept(token: &str) -> Option<[u8; 32]> {
    let fits = token.len() == TOKEN_CHARACTERS
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    fits.then(|| Sha256::digest(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_link_its_hash_alone_is_kept_and_it_ends() {
        let now = UnixMs(1_000);
        let (token, link) = Link::new("wang", Purpose::Reset, now);
        assert_eq!(kept(&token), Some(link.hash));
        assert_eq!(link.expires_at.since(now), 3_600_000);
        let (_, other) = Link::new("wang", Purpose::Invitation, now);
        assert_ne!(other.hash, link.hash);
        assert_eq!(other.expires_at.since(now), 72 * 3_600_000);
        assert_eq!(kept(""), None);
        assert_eq!(kept(&"x".repeat(10_000)), None);
        assert_eq!(kept(&format!("{}/", &token[1..])), None);
    }
}
