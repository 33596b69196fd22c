//! What the register says of a label when its record arrives, beside what the
//! phone said when it was made.

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;

/// The answer on arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    /// An outcome of a verdict.
    pub outcome: String,
    /// Slug of the reason that decided.
    pub reason: String,
    /// That reason in words.
    pub zh: String,
    pub en: String,
    /// Where the text names a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    pub at: UnixMs,
    /// The phone said otherwise.
    pub overtaken: bool,
}

/// What an outcome means for the goods in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Fine,
    Suspect,
    Withdrawn,
    NotOnSale,
    NotGenuine,
    /// Nobody could tell.
    Open,
}

impl Standing {
    fn of(outcome: &str) -> Self {
        match outcome {
            "genuine" | "seen_before" => Self::Fine,
            "suspect" => Self::Suspect,
            "withdrawn" => Self::Withdrawn,
            "not_on_sale" => Self::NotOnSale,
            "not_genuine" => Self::NotGenuine,
            _ => Self::Open,
        }
    }
}

/// Whether the register says otherwise now than the phone did. A phone that could
/// not tell is contradicted by bad news alone, and a register that cannot tell now
/// contradicts nobody, unless it is because the key was revoked.
pub fn is_overtaken(shown: &str, now: &str, reason: &str) -> bool {
    match (Standing::of(shown), Standing::of(now)) {
        (Standing::Open, Standing::Fine | Standing::Open) => false,
        (Standing::Fine, Standing::Open) => reason == "key_revoked",
        (_, Standing::Open) => false,
        (then, now) => then != now,
    }
}

/// Whether an outcome speaks for a copy.
pub fn is_against(outcome: &str) -> bool {
    matches!(Standing::of(outcome), Standing::Suspect | Standing::NotGenuine)
}

/// Whether nobody could tell.
pub fn is_open(outcome: &str) -> bool {
    Standing::of(outcome) == Standing::Open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_overtake_an_answer_and_a_register_that_cannot_tell_does_not() {
        for (shown, now, reason, overtaken) in [
            ("genuine", "seen_before", "seen_before", false),
            ("genuine", "withdrawn", "recalled", true),
            ("genuine", "suspect", "two_places", true),
            ("genuine", "cannot_confirm", "history_unavailable", false),
            ("genuine", "cannot_confirm", "key_revoked", true),
            ("cannot_confirm", "genuine", "first_scan", false),
            ("cannot_confirm", "withdrawn", "recalled", true),
            ("cannot_confirm", "cannot_confirm", "key_revoked", false),
            ("suspect", "genuine", "first_scan", true),
            ("withdrawn", "withdrawn", "recalled", false),
            ("of_another_day", "suspect", "two_places", true),
        ] {
            assert_eq!(is_overtaken(shown, now, reason), overtaken, "{shown} {now} {reason}");
        }
    }
}
