//! The key with which the demonstration's office signs; refused elsewhere.

use sha2::{Digest, Sha256};

use crate::keys::office::{OfficeKid, OfficeSigner};

const KID: OfficeKid = OfficeKid(1);
/// Says in every package what it is worth.
pub const DEMO_OFFICE: &str = "演示用市场监督管理局";

/// The demonstration's key, `office-1`, whose seed everybody can read here.
pub fn development_signer() -> OfficeSigner {
    let seed = Sha256::digest("zhenma development key of an office");
    OfficeSigner::from_seed(KID, DEMO_OFFICE, &seed.into())
}
