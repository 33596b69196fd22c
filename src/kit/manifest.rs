//! What the office signs.

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::kit::{Part, VALID_H};

/// `typ` of the JWS.
pub const TYPE: &str = "zhenma-kit+jws";
const FORMAT: u8 = 1;

/// The payload of the JWS. A phone takes a kit only by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub kit: u8,
    /// Goes up with every kit of an installation.
    pub version: i64,
    /// Of the register from which it was made.
    pub revision: i64,
    /// RFC 3339.
    pub made_at: String,
    /// RFC 3339. A phone that has nothing newer answers no more.
    pub valid_until: String,
    /// Hosts under which labels are printed.
    pub hosts: Vec<String>,
    /// Name and SHA-256 (hex) of every part.
    pub parts: Vec<(String, String)>,
}

impl Manifest {
    pub fn new(
        version: i64,
        revision: i64,
        at: UnixMs,
        hosts: Vec<String>,
        parts: &[Part],
    ) -> Self {
        Self {
            kit: FORMAT,
            version,
            revision,
            made_at: at.rfc3339(),
            valid_until: at.plus_ms(VALID_H * 3_600_000).rfc3339(),
            hosts,
            parts: parts.iter().map(|part| (part.name.clone(), part.hash.clone())).collect(),
        }
    }
}
