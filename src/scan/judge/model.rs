//! A sum of small trees over measures: what is known of copying, as data.
//!
//! Each tree asks up to three questions ("more than two witnesses away from
//! home?") and gives points. Points rise with adverse evidence: trees are
//! fitted under that constraint (`benches/detection/fit.py`), and one that breaks
//! it is not read. Every question's answer moves the sum by the difference of two points,
//! so a sum is told by what moved it.

use serde::Deserialize;

use super::measures::{About, Measure, Measures};

const DEPTH: usize = 3;
const NODES: usize = (1 << DEPTH) - 1;
const VALUES: usize = (1 << (DEPTH + 1)) - 1;

/// A complete binary tree of depth 3 in breadth-first order: below node `n`
/// stand `2 n + 1`, where the measure is at most `above`, and `2 n + 2`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    measure: [Measure; NODES],
    above: [f32; NODES],
    /// Points expected at each node; those of the last row are what is added.
    points: [f32; VALUES],
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    trees: Vec<Tree>,
    /// Log-odds at a prior of one copied code in a hundred scanned: the sum of
    /// the points times `scale`, plus `offset`.
    scale: f32,
    offset: f32,
}

/// A sum, and what moved it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    pub log_odds: f32,
    /// By [`About::ALL`].
    moved: [f32; About::ALL.len()],
}

impl Weighed {
    /// Log-odds that this kind of evidence added.
    pub const fn by(&self, about: About) -> f32 {
        self.moved[about as usize]
    }
}

impl Model {
    /// Trees of one model: what is weighed within two microseconds.
    const TREES_MAX: usize = 1_000;

    /// # Errors
    /// Naming the member that is out of its bounds.
    pub fn check(&self) -> Result<(), String> {
        if self.trees.len() > Self::TREES_MAX {
            return Err(format!(
                "model.trees: {} are more than {}",
                self.trees.len(),
                Self::TREES_MAX
            ));
        }
        let finite = |t: &Tree| t.points.iter().all(|p| p.is_finite());
        if !(self.trees.iter().all(finite) && self.scale > 0.0 && self.offset.is_finite()) {
            return Err("model: points and offset must be finite, scale above 0".into());
        }
        match self.trees.iter().position(|tree| !tree.rises()) {
            Some(n) => Err(format!(
                "model.trees[{n}]: more adverse evidence would make a code look better"
            )),
            None => Ok(()),
        }
    }

    pub fn log_odds(&self, measures: &Measures) -> f32 {
        let sum: f32 = self.trees.iter().map(|tree| tree.points[tree.leaf(measures)]).sum();
        sum.mul_add(self.scale, self.offset)
    }

    /// The same with what moved it: for verdicts that accuse.
    pub fn weigh(&self, measures: &Measures) -> Weighed {
        let mut moved = [0.0; About::ALL.len()];
        for tree in &self.trees {
            let mut node = 0;
            while node < NODES {
                let below = tree.below(node, measures);
                let about = tree.measure[node].about() as usize;
                moved[about] += (tree.points[below] - tree.points[node]) * self.scale;
                node = below;
            }
        }
        Weighed { log_odds: self.log_odds(measures), moved }
    }
}

impl Tree {
    /// Below every question about adverse evidence, whatever is answered to
    /// the others, yes gives at least the points of no.
    fn rises(&self) -> bool {
        (0..NODES).filter(|node| self.measure[*node].is_adverse()).all(|node| {
            // Where nothing passes there is nothing to compare.
            let (no, yes) = (self.leaves(2 * node + 1), self.leaves(2 * node + 2));
            self.above[node] > 1e30
                || no.fold(f32::MIN, f32::max) <= yes.fold(f32::MAX, f32::min) + f32::EPSILON
        })
    }

    fn leaves(&self, node: usize) -> impl Iterator<Item = f32> {
        let (mut first, mut width) = (node, 1);
        while first < NODES {
            (first, width) = (2 * first + 1, 2 * width);
        }
        self.points[first..first + width].iter().copied()
    }

    fn below(&self, node: usize, measures: &Measures) -> usize {
        let value = measures.values[self.measure[node] as usize];
        2 * node + 1 + usize::from(value > self.above[node])
    }

    fn leaf(&self, measures: &Measures) -> usize {
        let mut node = 0;
        for _ in 0..DEPTH {
            node = self.below(node, measures);
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Policy;

    fn shipped() -> Value {
        serde_json::from_str(include_str!("witnesses-3.json")).expect("JSON")
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut policy = shipped();
        change(&mut policy);
        Policy::read(&policy.to_string()).expect_err("refused")
    }

    #[test]
    fn a_policy_that_does_not_hold_is_refused_with_the_member() {
        assert!(Policy::read(&shipped().to_string()).is_ok());
        for (member, value) in [
            ("suspect_risk", json!(1.0)),
            ("lead_risk", json!(0.9)),
            ("name", json!("")),
            ("suspects", json!(1)),
        ] {
            let said = refusal(|p| p[member] = value);
            assert!(said.contains(member), "{said}");
        }
        let tree = |measure: &str, no: f32, yes: f32| {
            let mut points = [0.0; 15];
            points[7..11].fill(no);
            points[11..].fill(yes);
            let measures = [measure; 7];
            json!({"measure": measures, "above": [0.5, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38],
                "points": points})
        };
        let said = refusal(|p| p["model"]["trees"][3] = tree("Away", 1.0, 0.5));
        assert!(said.contains("trees[3]"), "{said}");
        let mut policy = shipped();
        policy["model"]["trees"][3] = tree("Away", 0.5, 1.0);
        policy["model"]["trees"][4] = tree("Returns", 1.0, 0.5);
        assert!(Policy::read(&policy.to_string()).is_ok());
        assert!(refusal(|p| p["model"]["trees"][0] = tree("Luck", 0.0, 1.0)).contains("Luck"));
    }
}
