//! Three keys whose seeds everybody can read here. They sign for `demo` and
//! are known by value, so that nothing else ever takes them.

use sha2::{Digest, Sha256};

use crate::keys::{KeyNumber, Keyring, Signer, SoftSigner};

pub const COUNT: u32 = 3;

/// The development key `n`, 1 to [`COUNT`], under the key number `n`.
pub fn signer(n: u32) -> Option<SoftSigner> {
    let number = KeyNumber::new(n).filter(|_| n <= COUNT)?;
    let seed = Sha256::digest(format!("zhenma development key {n}"));
    Some(SoftSigner::from_seed(number, &seed.into()))
}

impl Keyring {
    /// Numbers under which a development key stands in this set.
    pub fn development_keys(&self) -> Vec<KeyNumber> {
        let known: Vec<_> = (1..=COUNT)
            .filter_map(|n| signer(n)?.public().ok())
            .map(|public| public.to_bytes())
            .collect();
        self.iter()
            .filter(|key| known.contains(&key.public.to_bytes()))
            .map(|key| key.number)
            .collect()
    }
}
