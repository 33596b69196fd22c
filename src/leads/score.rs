//! What comes first: probability times harm times freshness times reach. Each
//! factor is small, has a bound, and is shown beside the sum of it
//! (`guide::adr`, 0025).

use crate::base::UnixMs;

const DAY_MS: i64 = 86_400_000;
/// Codes that speak for a lead as a whole: what the others add is their reach.
const STRONGEST: usize = 3;
/// Nothing is certain before somebody went there.
const PROBABILITY_MAX: f64 = 0.995;
const REACH_MAX: f64 = 3.0;

/// What harm copies of a product do, by its category.
pub fn harm(category: &str) -> f64 {
    match category {
        "liquor" | "food" | "meat" | "oil" => 1.0,
        _ => 0.6,
    }
}

/// Goods that are what they seem, sold elsewhere: a matter between maker and
/// dealer before it is one of an office.
pub const HARM_OF_A_DIVERTED_LOT: f64 = 0.1;

/// Days since the last scan, and what is left of a lead then: whoever sold
/// copies last week still has some.
const FRESH: [(i64, f64); 4] = [(7, 1.0), (30, 0.9), (90, 0.7), (365, 0.45)];
const OLD: f64 = 0.25;

pub fn freshness(seen_at: UnixMs, now: UnixMs) -> f64 {
    let days = now.since(seen_at).div_euclid(DAY_MS);
    FRESH.iter().find(|(until, _)| days < *until).map_or(OLD, |(_, left)| *left)
}

/// When its freshness changes next; `None` for one that is old.
pub fn next_change(seen_at: UnixMs, now: UnixMs) -> Option<UnixMs> {
    let ends = FRESH.iter().map(|(days, _)| seen_at.plus_ms(days * DAY_MS));
    ends.into_iter().find(|end| *end > now)
}

/// What is known of a lead as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weight {
    /// Risks of the strongest codes, and what all of them come to: how many are
    /// probably copied.
    pub strongest: Vec<f64>,
    pub expected: f64,
    /// What others said of it, each as the probability that it is so.
    pub told: Vec<f64>,
    pub people: u32,
    pub provinces: u32,
}

impl Weight {
    pub fn of_risks(risks: impl IntoIterator<Item = f64>) -> Self {
        let mut strongest: Vec<f64> = risks.into_iter().collect();
        let expected = strongest.iter().sum();
        strongest.sort_by(|a, b| b.total_cmp(a));
        strongest.truncate(STRONGEST);
        Self { strongest, expected, ..Self::default() }
    }

    /// As if each were a witness of its own: the model has weighed neighbours
    /// within each risk already, so that of many codes only three count.
    fn probability(&self) -> f64 {
        let witnesses = self.strongest.iter().chain(&self.told);
        let against: f64 = witnesses.map(|risk| 1.0 - risk.clamp(0.0, 1.0)).product();
        (1.0 - against).min(PROBABILITY_MAX)
    }

    fn reach(&self) -> f64 {
        let codes = 0.25 * self.expected.max(1.0).log2();
        let people = 0.05 * f64::from(self.people.max(1)).log2();
        let provinces = 0.05 * f64::from(self.provinces.max(1)).log2();
        (1.0 + codes + people + provinces).min(REACH_MAX)
    }
}

/// The four factors of a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Factors {
    pub probability: f64,
    pub harm: f64,
    pub freshness: f64,
    pub reach: f64,
}

impl Factors {
    pub fn of(weight: &Weight, harm: f64, seen_at: UnixMs, now: UnixMs) -> Self {
        Self {
            probability: weight.probability(),
            harm,
            freshness: freshness(seen_at, now),
            reach: weight.reach(),
        }
    }

    /// Points, 0 to 299: a hundred is one label of food that is surely copied and
    /// was scanned this week.
    pub fn score(&self) -> f64 {
        100.0 * self.probability * self.harm * self.freshness * self.reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(400 * DAY_MS);

    fn ago(days: i64) -> UnixMs {
        NOW.plus_ms(-days * DAY_MS)
    }

    fn score(weight: &Weight) -> f64 {
        Factors::of(weight, 1.0, ago(1), NOW).score()
    }

    #[test]
    fn each_piece_of_evidence_lifts_a_lead_and_none_lowers_it() {
        let one = Weight { people: 3, provinces: 2, ..Weight::of_risks([0.5]) };
        let more = [
            Weight { people: 3, provinces: 2, ..Weight::of_risks([0.5, 0.2]) },
            Weight { people: 4, ..one.clone() },
            Weight { provinces: 3, ..one.clone() },
            Weight { told: vec![0.3], ..one.clone() },
            Weight { people: 3, provinces: 2, ..Weight::of_risks([0.6]) },
        ];
        assert!(more.iter().all(|more| score(more) > score(&one)), "{more:?}");
    }

    #[test]
    fn a_photo_that_went_round_does_not_pass_a_copy_by_its_crowd_alone() {
        let photo = Weight { people: 1_500, provinces: 31, ..Weight::of_risks([0.3]) };
        let copy = Weight { people: 4, provinces: 2, ..Weight::of_risks([0.97]) };
        assert!(score(&copy) > score(&photo), "{} {}", score(&copy), score(&photo));
    }

    #[test]
    fn a_score_falls_only_when_the_day_comes_that_was_foretold() {
        let (mut now, mut falls) = (NOW, Vec::new());
        while let Some(next) = next_change(NOW, now) {
            let before = freshness(NOW, now);
            assert!((freshness(NOW, next.plus_ms(-1)) - before).abs() < 1e-9, "{next:?}");
            assert!(freshness(NOW, next) < before, "{next:?}");
            falls.push(next.since(NOW) / DAY_MS);
            now = next;
        }
        assert_eq!(falls, [7, 30, 90, 365]);
    }

    #[test]
    fn food_comes_before_what_nobody_swallows() {
        assert!(["liquor", "food", "meat", "oil"].iter().all(|c| harm(c) > harm("other")));
        assert!(HARM_OF_A_DIVERTED_LOT < harm("other"));
    }
}
