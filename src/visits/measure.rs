//! Measures that an officer takes of goods on the spot: the one list of them, for
//! the phone, the pages, the papers and the API.
//!
//! Evidence is sampled or, where it might be lost, preserved (行政处罚法 2021,
//! 第五十六条); goods are sealed up or detained as a coercive measure (行政强制法,
//! 第九条、第二十二条 to 第二十八条); goods are sampled to be tested under the law of
//! their kind (食品安全法, 第八十七条). Each is another act with another document and
//! another term, and none is written where another was taken.

use serde::{Deserialize, Serialize};

use crate::base::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// 先行登记保存
    Preserved,
    /// 查封
    SealedUp,
    /// 扣押
    Detained,
    /// 抽样取证
    Sampled,
    /// 抽样检验
    SampledToTest,
    /// Of pages before these words: 先行登记保存 and 查封 were not told apart.
    Sealed,
    /// Of pages before these words: 查封 and 扣押 were not told apart.
    Seized,
}

impl Act {
    /// Those that a form offers, in the order in which papers name them.
    pub const OFFERED: [Self; 5] =
        [Self::Preserved, Self::SealedUp, Self::Detained, Self::Sampled, Self::SampledToTest];
    const ALL: [Self; 7] = [
        Self::Preserved,
        Self::SealedUp,
        Self::Detained,
        Self::Sampled,
        Self::SampledToTest,
        Self::Sealed,
        Self::Seized,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Preserved => "preserved",
            Self::SealedUp => "sealed_up",
            Self::Detained => "detained",
            Self::Sampled => "sampled",
            Self::SampledToTest => "sampled_to_test",
            Self::Sealed => "sealed",
            Self::Seized => "seized",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Preserved => "先行登记保存",
            Self::SealedUp => "查封",
            Self::Detained => "扣押",
            Self::Sampled => "抽样取证",
            Self::SampledToTest => "抽样检验",
            Self::Sealed => "封存（旧版记录，未注明先行登记保存或查封）",
            Self::Seized => "查封或扣押（旧版记录，未注明）",
        }
    }

    pub const fn text(self, lang: Lang) -> &'static str {
        let en = match self {
            Self::Preserved => "preserved as evidence",
            Self::SealedUp => "sealed up",
            Self::Detained => "detained",
            Self::Sampled => "sampled as evidence",
            Self::SampledToTest => "sampled to be tested",
            Self::Sealed => "sealed (older record: preserved or sealed up)",
            Self::Seized => "seized (older record: sealed up or detained)",
        };
        lang.pick(self.zh(), en)
    }

    /// Each of them once, as a paper names them: `先行登记保存、扣押`.
    pub fn together(acts: &[Self]) -> String {
        let named = Self::ALL.iter().filter(|act| acts.contains(act)).map(|act| act.zh());
        named.collect::<Vec<_>>().join("、")
    }

    /// What the law asks of whoever took it, for the foot of a list.
    pub const fn terms_zh(self) -> Option<&'static str> {
        match self {
            Self::Preserved => Some(
                "先行登记保存：须经行政机关负责人批准，并在七日内作出处理决定；期间当事人或者有关人员不得\
                 销毁或者转移（《行政处罚法》第五十六条）。",
            ),
            Self::SealedUp | Self::Detained => Some(
                "查封、扣押：须当场交付决定书和清单，期限不超过三十日，情况复杂的经批准可延长，延长不超过\
                 三十日（《行政强制法》第二十四条、第二十五条）。",
            ),
            Self::Sampled | Self::SampledToTest => {
                Some("抽样取证、抽样检验：样品由双方当场确认并封样。")
            }
            Self::Sealed | Self::Seized => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_what_a_record_has_and_older_ones_are_read_still() {
        for act in Act::ALL {
            assert_eq!(serde_json::to_value(act).expect("JSON"), act.slug());
            assert_eq!(serde_json::from_value::<Act>(act.slug().into()).expect("an act"), act);
        }
        assert_eq!(Act::OFFERED[..], Act::ALL[..5]);
        let taken = [Act::Detained, Act::Sampled, Act::Preserved, Act::Detained];
        assert_eq!(Act::together(&taken), "先行登记保存、扣押、抽样取证");
    }
}
