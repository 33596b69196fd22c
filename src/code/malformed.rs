//! Why a text is not a code, in words for whoever typed or scanned it.

use crate::base::Lang;
use crate::code::base32::Wrong;

/// The defect that was met first. Variants carry what helps to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    Empty,
    /// Fewer characters than a code has; so many were there.
    CutShort(usize),
    /// More characters than a code has; so many were there.
    TooLong(usize),
    /// Twice the length of a code: two texts in one.
    TwoInOne,
    Space,
    /// A percent escape in a code.
    Escape,
    /// A full-width letter or digit, as Chinese keyboards type them.
    FullWidth,
    /// 0, 1, 8 or 9, which the alphabet leaves out: O, I, B and nothing.
    LookAlike(char),
    /// Another character that is not of the alphabet A-Z 2-7; its index.
    Character(usize),
    TrailingBits,
    Version(u8),
    Layer(u8),
    KeyZero,
    /// Not the URL of a code; says which part is wrong.
    Url(&'static str),
    /// Not a GS1 Digital Link URI of ours; says which part is wrong.
    Gs1(&'static str),
}

impl Malformed {
    /// What a wrong length most likely means.
    pub(super) fn of_length(text: &str) -> Self {
        let characters = text.chars().count();
        let code = super::CODE_CHARACTERS;
        if let Some(hint) = text.chars().find_map(Self::of_character) {
            return hint;
        }
        match characters {
            0 => Self::Empty,
            n if n < code => Self::CutShort(n),
            n if n >= 2 * code => Self::TwoInOne,
            n => Self::TooLong(n),
        }
    }

    pub(super) fn of_base32(text: &str, wrong: Wrong) -> Self {
        match wrong {
            Wrong::TrailingBits => Self::TrailingBits,
            Wrong::Character(at) => text
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .and_then(Self::of_character)
                .unwrap_or(Self::Character(at)),
        }
    }

    fn of_character(c: char) -> Option<Self> {
        match c {
            c if c.is_whitespace() => Some(Self::Space),
            '%' => Some(Self::Escape),
            '\u{ff01}'..='\u{ff5e}' => Some(Self::FullWidth),
            '0' | '1' | '8' | '9' => Some(Self::LookAlike(c)),
            _ => None,
        }
    }

    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::CutShort(_) => "cut_short",
            Self::TooLong(_) => "too_long",
            Self::TwoInOne => "two_in_one",
            Self::Space => "space",
            Self::Escape => "percent_escape",
            Self::FullWidth => "full_width",
            Self::LookAlike(_) => "look_alike",
            Self::Character(_) => "character",
            Self::TrailingBits => "trailing_bits",
            Self::Version(_) => "version",
            Self::Layer(_) => "layer",
            Self::KeyZero => "key_zero",
            Self::Url(_) => "url",
            Self::Gs1(_) => "gs1",
        }
    }

    /// A sentence with the remedy, for a person.
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.zh(),
            Lang::En => self.en(),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Empty => "没有收到码。请重新扫描，或输入标签上的编号。".into(),
            Self::CutShort(n) => format!("码不完整，只有{n}个字符。请擦净标签后整枚重新扫描。"),
            Self::TooLong(n) => format!("字符太多（{n}个），不是一个码。请只扫描或输入一个码。"),
            Self::TwoInOne => "好像把两个码连在了一起。请一次只扫描一个。".into(),
            Self::Space => "码中间有空格。请去掉空格再试。".into(),
            Self::Escape => "码里有百分号转义。请直接扫描标签，不要复制网址。".into(),
            Self::FullWidth => "码里有全角字符。请换成半角（英文）输入再试。".into(),
            Self::LookAlike(c) => {
                format!("码里不会出现数字{c}。请对照标签看是不是形状相近的字母，例如O、I、B、G。")
            }
            Self::Character(_) => "码里只有字母A到Z和数字2到7，请对照标签再输入一次。".into(),
            Self::TrailingBits => "最后一个字符不对。请对照标签再输入一次。".into(),
            Self::Version(_) | Self::Layer(_) | Self::KeyZero => "这不是真码的标签。".into(),
            Self::Url(_) | Self::Gs1(_) => "这个网址不是真码标签上的网址。".into(),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::Empty => "No code was given. Scan again, or type the number on the label.".into(),
            Self::CutShort(n) => {
                format!(
                    "The code is incomplete: {n} characters. Wipe the label and scan all of it."
                )
            }
            Self::TooLong(n) => {
                format!("Too many characters ({n}) for a code. Give one code alone.")
            }
            Self::TwoInOne => "These look like two codes in one. Scan one at a time.".into(),
            Self::Space => "There is a space in the code. Take it out and try again.".into(),
            Self::Escape => "There is a percent escape in the code. Scan the label itself.".into(),
            Self::FullWidth => {
                "There are full-width characters in the code. Type plain ones.".into()
            }
            Self::LookAlike(c) => format!(
                "A code never has the digit {c}. Look for a letter of that shape, such as O, I, B, G."
            ),
            Self::Character(_) => {
                "A code has only the letters A to Z and the digits 2 to 7. Compare with the label."
                    .into()
            }
            Self::TrailingBits => "The last character is wrong. Compare with the label.".into(),
            Self::Version(_) | Self::Layer(_) | Self::KeyZero => {
                "This is not a Zhenma label.".into()
            }
            Self::Url(_) | Self::Gs1(_) => "This address is not one of a Zhenma label.".into(),
        }
    }
}

/// For logs and the shell: the part that is wrong.
impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(part) | Self::Gs1(part) => write!(f, "{}: {part}", self.slug()),
            Self::Version(n) => write!(f, "version {n}: this reader knows version 1"),
            Self::Layer(n) => write!(f, "layer {n}: layers are 0 to 3"),
            Self::Character(at) => write!(f, "character {at} is not of the alphabet A-Z 2-7"),
            _ => f.write_str(&self.en()),
        }
    }
}

impl std::error::Error for Malformed {}
