//! Draws places of a stock by lot, so that whoever has the seed can draw the same
//! again and see that nobody chose.
//!
//! Fisher-Yates over 1..=stock. The n-th draw is the first 52 bits of SHA-256 of
//! `SEED:n` (n in decimal, from 0), modulo what is left; a draw in the last,
//! incomplete stretch of that range is drawn anew. The page of the phone does the
//! same.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// `count` different places of 1..=`stock`, in order.
pub fn picked(seed: &str, stock: u32, count: u32) -> Vec<u32> {
    let mut moved: HashMap<u32, u32> = HashMap::new();
    let mut draws = (0u64..).map(|n| draw(seed, n));
    let mut out: Vec<u32> = (0..count.min(stock))
        .map(|i| {
            let left = u64::from(stock - i);
            let limit = (1 << 52) / left * left;
            let drawn = draws.by_ref().find(|drawn| *drawn < limit).unwrap_or_default() % left;
            let j = i + u32::try_from(drawn).unwrap_or_default();
            let place = moved.get(&j).copied().unwrap_or(j);
            moved.insert(j, moved.get(&i).copied().unwrap_or(i));
            place + 1
        })
        .collect();
    out.sort_unstable();
    out
}

fn draw(seed: &str, n: u64) -> u64 {
    let digest = Sha256::digest(format!("{seed}:{n}"));
    let first: [u8; 8] = digest[..8].try_into().expect("eight of 32 bytes");
    u64::from_be_bytes(first) >> 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_places_on_the_phone_and_here() {
        // Drawn by src/web/static/check/sweep.js.
        assert_eq!(picked("0123456789abcdef", 60, 10), [2, 7, 10, 13, 16, 18, 27, 37, 40, 47]);
        assert_eq!(picked("种子", 100_000, 5), [6_027, 44_251, 45_820, 56_876, 83_711]);
        let all = picked("x", 500, 500);
        assert_eq!(all, (1..=500).collect::<Vec<_>>());
        assert_eq!(picked("x", 3, 9), [1, 2, 3]);
    }

    #[test]
    fn no_place_is_favoured() {
        let mut drawn = [0u32; 30];
        for n in 0..3_000 {
            for place in picked(&format!("seed {n}"), 30, 10) {
                drawn[place as usize - 1] += 1;
            }
        }
        // 1000 expected each, with a standard deviation of 26.
        assert!(drawn.iter().all(|n| (870..1_130).contains(n)), "{drawn:?}");
    }
}
