//! Running number -> signed code, for one batch.

use crate::code::{self, Layer, Payload, Permutation, compact_message, compact_text, sign_compact};
use crate::keys::{KeyError, KeyNumber, PublicKey, Signer};

/// Makes the codes of one batch.
pub struct Mint<'a> {
    signer: &'a dyn Signer,
    public: PublicKey,
    key: KeyNumber,
    batch: u32,
    prefix: String,
    outer: Permutation,
    inner: Permutation,
    case: Permutation,
    pallet: Permutation,
}

/// One signed code in the forms in which it leaves the house.
#[derive(Clone, Debug)]
pub struct Minted {
    pub payload: Payload,
    /// What is behind the slash: 122 characters.
    pub text: String,
    /// What the symbol holds.
    pub url: String,
}

impl<'a> Mint<'a> {
    /// `public_url`: `https://HOST`, as in the settings. It is printed in
    /// capitals, which QR holds in fewer modules.
    ///
    /// # Errors
    /// When the signer holds another key than the batch asks for.
    pub fn new(
        signer: &'a dyn Signer,
        key: KeyNumber,
        batch: u32,
        secret: &[u8; 32],
        public_url: &str,
    ) -> Result<Self, KeyError> {
        if signer.key() != key {
            return Err(KeyError::Key {
                number: key.to_string(),
                problem: format!("the signer holds key {} instead", signer.key()),
            });
        }
        let permutation = |layer| Permutation::new(secret, layer, key, batch);
        Ok(Self {
            signer,
            public: signer.public()?,
            key,
            batch,
            prefix: url_prefix(public_url),
            outer: permutation(Layer::Outer),
            inner: permutation(Layer::Inner),
            case: permutation(Layer::Case),
            pallet: permutation(Layer::Pallet),
        })
    }

    /// The code of item, case or pallet `number` in `layer`.
    ///
    /// # Errors
    /// Those of the signer.
    pub fn code(&self, layer: Layer, number: u64) -> Result<Minted, KeyError> {
        let permutation = match layer {
            Layer::Outer => &self.outer,
            Layer::Inner => &self.inner,
            Layer::Case => &self.case,
            Layer::Pallet => &self.pallet,
        };
        let serial = permutation.serial_of(number);
        let payload = Payload { layer, key: self.key, batch: self.batch, serial };
        let text = compact_text(payload, &sign_compact(self.signer, payload)?);
        let url = format!("{}{text}", self.prefix);
        Ok(Minted { payload, text, url })
    }

    /// Whether `url` is what [`Mint::code`] gives for `payload`, by the public
    /// key: a signer at fault must not print a roll of forgeries.
    pub fn proves(&self, payload: Payload, url: &str) -> bool {
        let reading = code::read(url).ok().filter(|reading| reading.payload == payload);
        reading.is_some_and(|reading| {
            self.public.verifies(&compact_message(payload), &reading.signature)
        })
    }
}

/// `HTTPS://HOST/` for `https://host`.
pub fn url_prefix(public_url: &str) -> String {
    format!("{}/", public_url.trim_end_matches('/').to_ascii_uppercase())
}
