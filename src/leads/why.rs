//! Why a lead is one, in a sentence that an officer can check.

use crate::base::Lang;
use crate::leads::Kind;
use crate::scan::Place;
use crate::scan::diversion::Travelled;
use crate::scan::reason::place_text;

/// What a sentence about codes says.
#[derive(Clone, Debug, PartialEq)]
pub struct OfCodes<'a> {
    pub kind: Kind,
    pub codes: u64,
    /// Running numbers of the first and the last.
    pub numbers: (u64, u64),
    pub people: u32,
    pub provinces: u32,
    /// Why the strongest of them was flagged, in the language that is asked for.
    pub strongest: &'a str,
}

/// The sentence about codes that were flagged.
pub fn of_codes(w: &OfCodes<'_>, lang: Lang) -> String {
    let (n, (first, last)) = (w.codes, w.numbers);
    if w.kind == Kind::Code && !w.strongest.is_empty() {
        return w.strongest.to_owned();
    }
    let met = met(w, lang);
    match (w.kind, lang) {
        (Kind::Run, Lang::Zh) => format!("{first}至{last}号之间有{n}枚标签疑似被复制，{met}。"),
        (Kind::Run, Lang::En) => {
            format!("{n} labels with numbers from {first} to {last} look copied; {met}.")
        }
        (Kind::Carton, Lang::Zh) => format!("同一箱的{n}枚标签疑似被复制，{met}。"),
        (Kind::Carton, Lang::En) => format!("{n} labels of one case look copied; {met}."),
        (Kind::Package, Lang::Zh) => {
            format!("印制包里{n}枚从未放行的标签已被查询，标签文件可能从印刷环节流出，{met}。")
        }
        (Kind::Package, Lang::En) => format!(
            "{n} labels of a print package that were never released were queried: its file may \
             have leaked; {met}."
        ),
        (Kind::Phone, Lang::Zh) => {
            format!("有一部手机先后扫过多箱商品的标签，其中{n}枚疑似被复制，{met}。")
        }
        (Kind::Phone, Lang::En) => {
            format!("One phone scanned labels of many cases, {n} of which look copied; {met}.")
        }
        (_, Lang::Zh) => format!("标签疑似被复制，{met}。"),
        (_, Lang::En) => format!("The label looks copied; {met}."),
    }
}

fn met(w: &OfCodes<'_>, lang: Lang) -> String {
    let (people, provinces) = (w.people, w.provinces);
    match (lang, provinces) {
        (Lang::Zh, 0 | 1) => format!("先后有{people}部手机查过"),
        (Lang::Zh, _) => format!("先后有{people}部手机在{provinces}个省份查过"),
        (Lang::En, 0 | 1) => format!("{people} phones queried them"),
        (Lang::En, _) => format!("{people} phones in {provinces} provinces queried them"),
    }
}

/// Forged codes under a maker's name that were met in one place.
pub fn of_forgeries(maker: &str, place: Place, texts: u64, days: u64, lang: Lang) -> String {
    let queries = match (lang, place.text(lang)) {
        (Lang::Zh, Some(place)) => format!("近{days}天在{place}有{texts}次查询"),
        (Lang::Zh, None) => format!("近{days}天有{texts}次地点不详的查询"),
        (Lang::En, Some(place)) => format!("{texts} queries from {place} in {days} days"),
        (Lang::En, None) => format!("{texts} queries from unknown places in {days} days"),
    };
    match lang {
        Lang::Zh => format!("{queries}，用的是冒用{maker}名义的伪造码。"),
        Lang::En => format!("{queries} used forged codes in the name of {maker}."),
    }
}

/// A lot that is sold where it was not made for; shares in per cent.
pub fn of_lot(w: &OfLot, lang: Lang) -> String {
    let province = |code: u8| place_text(Place(u16::from(code) * 100), lang);
    let (home, most) = (province(w.destination), w.most.map(province));
    let OfLot { outside, labels, usual, .. } = w;
    match (lang, most) {
        (Lang::Zh, most) => format!(
            "本应销往{home}的这批货，{labels}枚标签里有{outside}枚首次在外省被查询{}，同类批次通常只有\
             {usual} %。",
            most.map_or_else(String::new, |p| format!("（以{p}为多）"))
        ),
        (Lang::En, most) => format!(
            "Of {labels} labels of this lot for {home}, {outside} were first queried in another \
             province{}; other lots have {usual} %.",
            most.map_or_else(String::new, |p| format!(", most in {p}"))
        ),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfLot {
    /// Two digits of GB/T 2260.
    pub destination: u8,
    pub labels: u32,
    pub outside: u32,
    pub most: Option<u8>,
    /// Share outside of the same product's other lots, per cent.
    pub usual: u32,
}

impl From<&Travelled> for OfLot {
    fn from(lot: &Travelled) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage")]
        let usual = (100.0 * lot.usual).round() as u32;
        Self {
            destination: lot.destination,
            labels: lot.labels,
            outside: lot.outside,
            most: lot.most.map(|(province, _)| province),
            usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_codes_has_a_sentence_of_its_own_that_names_no_phone() {
        let kinds = [Kind::Code, Kind::Run, Kind::Carton, Kind::Package, Kind::Phone];
        for lang in [Lang::Zh, Lang::En] {
            let said: std::collections::BTreeSet<String> = kinds
                .iter()
                .map(|kind| {
                    let numbers = (148, 160);
                    let strongest = "";
                    let w = OfCodes {
                        kind: *kind,
                        codes: 5,
                        numbers,
                        people: 9,
                        provinces: 3,
                        strongest,
                    };
                    of_codes(&w, lang)
                })
                .collect();
            assert_eq!(said.len(), kinds.len(), "{said:#?}");
            assert!(said.iter().all(|s| s.ends_with(lang.pick("。", "."))), "{said:#?}");
        }
    }

    #[test]
    fn a_place_that_is_not_known_breaks_no_sentence() {
        let said = |place, lang| of_forgeries("宋河", place, 6, 30, lang);
        assert_eq!(
            said(Place::UNKNOWN, Lang::Zh),
            "近30天有6次地点不详的查询，用的是冒用宋河名义的伪造码。"
        );
        let en = said(Place::UNKNOWN, Lang::En);
        assert!(en.starts_with("6 queries from unknown places in 30 days used forged"), "{en}");
        let zh = said(Place(4101), Lang::Zh);
        assert!(zh.starts_with("近30天在河南省郑州市有6次查询，"), "{zh}");
    }

    #[test]
    fn a_single_code_is_told_by_its_own_reason() {
        let w = OfCodes {
            kind: Kind::Code,
            codes: 1,
            numbers: (1, 1),
            people: 2,
            provinces: 1,
            strongest: "因为甲。",
        };
        assert_eq!(of_codes(&w, Lang::Zh), "因为甲。");
    }
}
