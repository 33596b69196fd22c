//! The text of a symbol on a proof sheet: as long as a code's and of the same
//! characters, so that it prints as one and reads as hard, but no code. What a
//! phone makes of it says whether a printer and a size will do.
//!
//! `PROOF/0339/` and filler: the size of a module in micrometres, in four
//! digits, and then what the size yields. Whatever else is behind such a path
//! was not made by us and reads as nothing.

use crate::code::{CODE_CHARACTERS, base32};

/// What `HTTPS://HOST/` is followed by.
const BEGINNING: &str = "PROOF/";

/// As many as a code has: more letters than are left to fill.
const FILLER_BYTES: usize = 76;

/// The text of a symbol whose modules are `module_um` micrometres wide, behind
/// `prefix`, which ends with a slash as a code's does: `HTTPS://HOST/`.
pub fn proof_url(prefix: &str, module_um: u16) -> String {
    format!("{prefix}{}", proof_path(module_um))
}

/// The size in micrometres that a path names, with its leading slash; `None`
/// when it is of no proof. Small letters are read too.
pub fn read_proof(path: &str) -> Option<u16> {
    let text = path.strip_prefix('/')?;
    let module_um = text.get(BEGINNING.len()..)?.split('/').next()?.parse().ok()?;
    let is_ours = module_um > 0 && text.eq_ignore_ascii_case(&proof_path(module_um));
    is_ours.then_some(module_um)
}

/// Scattered letters, since a run of one would make a symbol that is easier or
/// harder to read than a label's.
fn proof_path(module_um: u16) -> String {
    let mut bytes = [0; FILLER_BYTES];
    let mut state = u64::from(module_um);
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&split_mix(&mut state).to_be_bytes()[..chunk.len()]);
    }
    let mut path = format!("{BEGINNING}{module_um:04}/");
    base32::encode_into(&bytes, &mut path);
    path.truncate(CODE_CHARACTERS);
    path
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): scattered, and no secret.
const fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;

    const PREFIX: &str = "HTTPS://ID.EXAMPLE.CN/";

    #[test]
    fn a_proof_is_as_long_as_a_code_and_of_its_letters() {
        for module_um in [1, 127, 339, 1_000, 9_999, u16::MAX] {
            let url = proof_url(PREFIX, module_um);
            assert_eq!(url.len(), PREFIX.len() + CODE_CHARACTERS);
            let filler = url.rsplit('/').next().expect("a last part");
            assert!(filler.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'7')), "{url}");
            let kinds: std::collections::BTreeSet<_> = filler.bytes().collect();
            assert!(kinds.len() > 20, "no typical letters: {url}");
            assert_eq!(read_proof(&url[PREFIX.len() - 1..]), Some(module_um));
            assert!(code::read(&url).is_err(), "{url} reads as a code");
        }
        assert_ne!(proof_path(339)[11..], proof_path(340)[11..]);
    }

    #[test]
    fn only_what_we_print_is_a_proof() {
        let path = format!("/{}", proof_path(339));
        assert!(path.starts_with("/PROOF/0339/"), "{path}");
        assert_eq!(read_proof(&path.to_ascii_lowercase()), Some(339));
        for wrong in [
            "",
            "/",
            "/PROOF/0339",
            "/PROOF/0339/",
            "/PROÖF/0339/",
            path.trim_start_matches('/'),
            &format!("{path}/"),
            &format!("{path}A"),
            &path[..path.len() - 1],
            &path.replace("0339", "0340"),
            &path.replace("0339", "339"),
            &path.replace("0339", "+339"),
            &path.replace("PROOF", "PROVE"),
            &format!("/{}", proof_path(0)),
        ] {
            assert_eq!(read_proof(wrong), None, "{wrong}");
        }
    }
}
