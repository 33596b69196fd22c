use super::*;

/// Written by `vectors.py`, which works with exact fractions.
const VECTORS: &str = include_str!("vectors.tsv");

#[test]
fn bounds_are_those_of_exact_fractions() {
    let mut rows = 0;
    for row in VECTORS.lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<_> = row.split(' ').collect();
        let [x, n] = [0, 1].map(|i| cells[i].parse::<u32>().expect("a count"));
        match bound(x, n, cells[2].parse().ok()) {
            Bound::Share { lower, upper } => {
                for (ours, exact) in [(lower, cells[3]), (upper, cells[4])] {
                    let exact: f64 = exact.parse().expect("a share");
                    assert!((ours - exact).abs() < 2e-9, "{row}: {ours}");
                }
            }
            Bound::Units { lower, upper } => {
                assert_eq!([lower.to_string(), upper.to_string()], [cells[3], cells[4]], "{row}");
            }
            other => panic!("{row}: {other:?}"),
        }
        rows += 1;
    }
    assert!(rows > 30);
}

#[test]
fn more_units_never_say_less_and_a_suspect_one_never_says_more() {
    let upper = |x, n, stock| match bound(x, n, stock) {
        Bound::Share { upper, .. } => upper,
        Bound::Units { upper, .. } => f64::from(upper),
        Bound::Whole { suspect } => f64::from(suspect),
        Bound::Nothing => f64::INFINITY,
    };
    for stock in [None, Some(500)] {
        for n in 1..499 {
            assert!(upper(0, n + 1, stock) <= upper(0, n, stock), "{n} {stock:?}");
            assert!(upper(1, n, stock) >= upper(0, n, stock), "{n} {stock:?}");
        }
    }
    assert_eq!(bound(0, 0, None), Bound::Nothing);
    assert_eq!(bound(7, 9, Some(9)), Bound::Whole { suspect: 7 });
    assert_eq!(bound(7, 12, Some(9)), Bound::Whole { suspect: 7 });
}
