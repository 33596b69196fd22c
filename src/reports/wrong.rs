//! What a buyer finds wrong. Choices, so that leads can count them; the words
//! say what was seen, not what it proves.

use crate::base::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// The goods are not what the label is registered for.
    OtherProduct,
    Packaging,
    SealBroken,
    /// Peeled off, stuck over, printed badly.
    Label,
    Taste,
    /// Somebody was unwell.
    Unwell,
    Price,
    /// It is said to have been queried by others, and the buyer opened it new.
    QueriedBefore,
    Other,
}

impl Wrong {
    pub const ALL: [Self; 9] = [
        Self::OtherProduct,
        Self::Packaging,
        Self::SealBroken,
        Self::Label,
        Self::Taste,
        Self::Unwell,
        Self::Price,
        Self::QueriedBefore,
        Self::Other,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::OtherProduct => "other_product",
            Self::Packaging => "packaging",
            Self::SealBroken => "seal_broken",
            Self::Label => "label",
            Self::Taste => "taste",
            Self::Unwell => "unwell",
            Self::Price => "price",
            Self::QueriedBefore => "queried_before",
            Self::Other => "other",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wrong| wrong.slug() == slug)
    }

    pub const fn text(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::OtherProduct => {
                ("商品与标签登记的不一致", "The goods are not what the label is registered for")
            }
            Self::Packaging => ("包装或印刷看着不对", "The package or its print looks odd"),
            Self::SealBroken => ("封口被打开过或破损", "The seal was opened or broken"),
            Self::Label => (
                "标签有揭开、覆盖或重贴的痕迹",
                "The label was peeled off, covered or stuck on again",
            ),
            Self::Taste => ("口感、气味或外观异常", "It tastes, smells or looks unusual"),
            Self::Unwell => ("食用后身体不适", "Somebody was unwell after it"),
            Self::Price => ("价格明显偏低", "The price was far too low"),
            Self::QueriedBefore => {
                ("新买新拆，却显示以前有人查过", "Bought and opened new, yet queried before")
            }
            Self::Other => ("其他", "Something else"),
        };
        lang.pick(zh, en)
    }
}
