//! What a sample of a stock allows to say of all of it, exactly: by the binomial
//! distribution (Clopper and Pearson, 1934) where the size of the stock is not
//! known, by the hypergeometric one where it was counted. Both hold for units that
//! were drawn at random, and for what the check of a label finds.

/// Units of one stock, as a phone counts them too.
pub const STOCK_MAX: u32 = 100_000;
/// How sure a statement is.
pub const CONFIDENCE: f64 = 0.95;

/// How far the share of copies may reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Nothing was checked.
    Nothing,
    /// Every unit was: this many are suspect.
    Whole { suspect: u32 },
    /// Of a stock whose size is not known: shares, 0 to 1. The lower one is 0, and the
    /// upper one-sided, where nothing was suspect.
    Share { lower: f64, upper: f64 },
    /// Of a counted stock: units.
    Units { lower: u32, upper: u32 },
}

/// What `checked` units, `suspect` of them, say of a stock of `stock` units.
pub fn bound(suspect: u32, checked: u32, stock: Option<u32>) -> Bound {
    let suspect = suspect.min(checked);
    let alpha = if suspect == 0 { 1.0 - CONFIDENCE } else { (1.0 - CONFIDENCE) / 2.0 };
    match stock {
        _ if checked == 0 => Bound::Nothing,
        Some(stock) if checked >= stock => Bound::Whole { suspect },
        Some(stock) => Bound::Units {
            lower: units_below(suspect, checked, stock, alpha),
            upper: units_above(suspect, checked, stock, alpha),
        },
        None => Bound::Share {
            lower: share_below(suspect, checked, alpha),
            upper: share_above(suspect, checked, alpha),
        },
    }
}

/// The share at which `suspect` or fewer would be seen with probability `alpha`.
fn share_above(suspect: u32, checked: u32, alpha: f64) -> f64 {
    if suspect >= checked {
        return 1.0;
    }
    crossing(|p| binomial_up_to(suspect, checked, p) > alpha)
}

/// The share at which `suspect` or more would be seen with probability `alpha`.
fn share_below(suspect: u32, checked: u32, alpha: f64) -> f64 {
    if suspect == 0 {
        return 0.0;
    }
    crossing(|p| 1.0 - binomial_up_to(suspect - 1, checked, p) < alpha)
}

/// Where a condition that holds for small shares ceases to hold.
fn crossing(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The most copies in the stock under which `suspect` or fewer are seen with a
/// probability above `alpha`.
fn units_above(suspect: u32, checked: u32, stock: u32, alpha: f64) -> u32 {
    let (mut low, mut high) = (suspect, stock - (checked - suspect));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if drawn_up_to(suspect, checked, middle, stock) > alpha {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// The fewest under which `suspect` or more are.
fn units_below(suspect: u32, checked: u32, stock: u32, alpha: f64) -> u32 {
    if suspect == 0 {
        return 0;
    }
    let (mut low, mut high) = (suspect, stock - (checked - suspect));
    while low < high {
        let middle = low + (high - low) / 2;
        if 1.0 - drawn_up_to(suspect - 1, checked, middle, stock) > alpha {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// ln of the ways to choose `k` of `n`.
fn ln_choose(n: u32, k: u32) -> f64 {
    let k = k.min(n - k);
    (1..=k).map(|i| (f64::from(n - k + i) / f64::from(i)).ln()).sum()
}

/// The probability of at most `most` of `n`, each with probability `p`.
fn binomial_up_to(most: u32, n: u32, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    let odds = p.ln() - (-p).ln_1p();
    let mut ln = f64::from(n) * (-p).ln_1p();
    let mut sum = ln.exp();
    for k in 1..=most {
        ln += (f64::from(n - k + 1) / f64::from(k)).ln() + odds;
        sum += ln.exp();
    }
    sum.min(1.0)
}

/// The probability of at most `most` copies among `drawn` of a stock of `stock` of
/// which `copies` are copies.
fn drawn_up_to(most: u32, drawn: u32, copies: u32, stock: u32) -> f64 {
    let good = stock - copies;
    let least = drawn.saturating_sub(good);
    let most = most.min(drawn).min(copies);
    if least > most {
        return 0.0;
    }
    let mut ln =
        ln_choose(copies, least) + ln_choose(good, drawn - least) - ln_choose(stock, drawn);
    let mut sum = ln.exp();
    for k in least..most {
        let up = f64::from(copies - k) * f64::from(drawn - k);
        let down = f64::from(k + 1) * f64::from(good + k + 1 - drawn);
        ln += (up / down).ln();
        sum += ln.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests;
