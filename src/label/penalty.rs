//! Penalty of a masked symbol (ISO/IEC 18004:2015, 7.8.3.1), on rows of bits.

const RUN: u32 = 3;
const BLOCK: u32 = 3;
const FINDER: u32 = 40;
const BALANCE: u32 = 10;

/// Penalty of a symbol of `rows.len()` modules a side, at most 61, in rows
/// whose unused high bits are zero. Modules outside count as light.
pub(super) fn penalty(rows: &[u64]) -> u32 {
    let size = rows.len();
    let pairs = (1u64 << (size - 1)) - 1;
    let row = |y: usize| rows.get(y).copied().unwrap_or(0);
    // Bit x: the modules x and x + 1 of a row are alike.
    let beside = |y: usize| !(rows[y] ^ rows[y] >> 1) & pairs;
    // Bit x: the modules of rows y and y + 1 are alike.
    let below = |y: usize| !(rows[y] ^ rows[y + 1]) & (pairs << 1 | 1);

    let mut score = 0;
    let mut dark = 0;
    let mut run_above = 0;
    for (y, &r) in rows.iter().enumerate() {
        dark += r.count_ones();

        let alike = beside(y);
        let five = alike & alike >> 1 & alike >> 2 & alike >> 3;
        score += runs(five, five << 1);
        if y + 5 <= size {
            let five = below(y) & below(y + 1) & below(y + 2) & below(y + 3);
            score += runs(five, run_above);
            run_above = five;
        }

        if y + 1 < size {
            score += BLOCK * (alike & beside(y + 1) & below(y)).count_ones();
        }

        let finder = r & !(r >> 1) & r >> 2 & r >> 3 & r >> 4 & !(r >> 5) & r >> 6;
        let before = r << 1 | r << 2 | r << 3 | r << 4;
        let after = r >> 7 | r >> 8 | r >> 9 | r >> 10;
        score += FINDER * (finder & !(before & after)).count_ones();
        if y + 7 <= size {
            let finder = r & !row(y + 1) & row(y + 2) & row(y + 3) & row(y + 4) & !row(y + 5);
            let finder = finder & row(y + 6);
            let before = (1..=4).fold(0, |all, k| all | y.checked_sub(k).map_or(0, row));
            let after = (7..=10).fold(0, |all, k| all | row(y + k));
            score += FINDER * (finder & !(before & after)).count_ones();
        }
    }
    let all = (size * size) as u32;
    score + BALANCE * ((dark * 20).abs_diff(all * 10) / all)
}

/// A run of n alike modules shows as n - 4 set bits of `five` one after the
/// other, and costs n - 2. `previous` tells a run that goes on from a new one.
fn runs(five: u64, previous: u64) -> u32 {
    five.count_ones() + (RUN - 1) * (five & !previous).count_ones()
}
