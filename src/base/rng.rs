//! The one place that asks the operating system for randomness.

/// `N` bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give: nothing that needs a secret can
/// go on without it.
#[allow(clippy::disallowed_methods, reason = "this is the source of randomness")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the operating system gives random bytes");
    out
}
