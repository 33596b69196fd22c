//! The public keys with which the package is checked. They are to be compared
//! with the published ones: whoever makes a package up makes up its keys too.

use crate::evidence::package::Part;
use crate::evidence::{Dossier, EvidenceError};
use crate::keys::{Keyring, office::OfficeKeys};

/// One JWK Set of both kinds.
pub(super) fn set(dossier: &Dossier) -> Vec<u8> {
    let both = [dossier.keys.to_jwks(), dossier.offices.to_jwks()].map(|set| {
        let set: serde_json::Value = serde_json::from_slice(&set).expect("our own JSON");
        set["keys"].as_array().cloned().unwrap_or_default()
    });
    super::pretty(&serde_json::json!({"keys": both.concat()}))
}

/// Each key as `openssl` reads it.
pub(super) fn pems(dossier: &Dossier) -> Result<Vec<Part>, EvidenceError> {
    let (labels, offices): (&Keyring, &OfficeKeys) = (&dossier.keys, &dossier.offices);
    let labels = labels.iter().map(|key| (key.number.to_string(), &key.public));
    let offices = offices.iter().map(|key| (key.kid.to_string(), &key.public));
    labels
        .chain(offices)
        .map(|(name, key)| Ok(Part::of(&format!("keys/{name}.pem"), key.to_pem()?.into_bytes())))
        .collect()
}
