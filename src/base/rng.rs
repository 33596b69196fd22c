//! The one place that asks the operating system for randomness.

use std::cell::RefCell;

/// `N` bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give: nothing that needs a secret can
/// go on without it.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}

/// Fills `out` from the operating system.
///
/// # Panics
/// As [`bytes`].
#[allow(clippy::disallowed_methods, reason = "this is the source of randomness")]
pub fn fill(out: &mut [u8]) {
    getrandom::fill(out).expect("the operating system gives random bytes");
}

/// Bytes that a thread asks for at once.
const STORE_BYTES: usize = 512;

/// What the system gave a thread and nobody has had yet: the first `left` bytes.
struct Store {
    bytes: [u8; STORE_BYTES],
    left: usize,
}

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Store { bytes: [0; STORE_BYTES], left: 0 }) };
}

/// [`bytes`] for what every scan needs: a call to the system costs more than the
/// bytes, so a thread takes many at once. Each is given out once and wiped. Secrets
/// that last, such as keys, ask for their own.
///
/// # Panics
/// As [`bytes`]; when `N` is more than a store holds.
pub fn often<const N: usize>() -> [u8; N] {
    STORE.with_borrow_mut(|store| {
        if store.left < N {
            fill(&mut store.bytes);
            store.left = STORE_BYTES;
        }
        let taken = &mut store.bytes[store.left - N..store.left];
        let out = std::array::from_fn(|i| std::mem::take(&mut taken[i]));
        store.left -= N;
        out
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_of_a_store_is_given_twice() {
        let ours: HashSet<[u8; 16]> = (0..1_000).map(|_| often()).collect();
        let theirs = std::thread::spawn(|| (0..1_000).map(|_| often()).collect());
        let theirs: HashSet<[u8; 16]> = theirs.join().expect("no panic");
        assert_eq!((ours.len(), theirs.len()), (1_000, 1_000));
        assert!(ours.is_disjoint(&theirs));
        STORE.with_borrow(|store| {
            assert!(store.bytes[store.left..].iter().all(|byte| *byte == 0), "it is wiped");
        });
    }
}
