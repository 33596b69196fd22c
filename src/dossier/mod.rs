//! What an officer reads of one label before going anywhere: what its neighbours
//! in the print run did, and what nobody knows. Not here: its verdict (`scan`),
//! its way (`trace`), its cases (`cases`).

pub mod port;
pub mod unknown;

pub use unknown::Unknown;

/// Neighbours in the print run that are looked at, on each side.
pub const BESIDE: u64 = 8;

/// Running numbers around `number` among `count` items, without itself.
pub fn beside(number: u64, count: u64) -> impl Iterator<Item = u64> {
    let low = number.saturating_sub(BESIDE);
    let high = number.saturating_add(BESIDE).min(count.saturating_sub(1));
    (low..=high).filter(move |n| *n != number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_end_where_the_batch_does() {
        let of = |number, count| beside(number, count).collect::<Vec<_>>();
        assert_eq!(of(0, 3), [1, 2]);
        assert_eq!(of(2, 3), [0, 1]);
        assert_eq!(of(100, 1_000).len(), 16);
        assert!(of(0, 1).is_empty() && of(0, 0).is_empty());
    }
}
