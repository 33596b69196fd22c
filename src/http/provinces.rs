//! The map of provinces, coloured by a count of each.

use std::collections::BTreeMap;

use crate::base::Lang;
use crate::http::desk::Desk;
use crate::scan::Place;
use crate::web::map::letters;
use crate::web::overview::{Shape, step};

pub(super) fn province(code: u8, lang: Lang) -> String {
    let unknown = || lang.pick("地区未知", "unknown").to_owned();
    Place(u16::from(code) * 100).text(lang).unwrap_or_else(unknown)
}

/// `counted`: by the two digits of a province; 0 is nowhere on the map.
pub(super) fn shapes(desk: &Desk, counted: &BTreeMap<u8, u64>, lang: Lang) -> Vec<Shape> {
    let most = counted.iter().filter(|(code, _)| **code != 0).map(|(_, n)| *n).max().unwrap_or(0);
    desk.map
        .shapes
        .iter()
        .map(|shape| {
            let count = counted.get(&shape.code).copied().unwrap_or(0);
            let name = province(shape.code, lang);
            // Two characters tell them apart, but for two that have three.
            let short = if matches!(shape.code, 15 | 23) { 3 } else { 2 };
            Shape {
                path: shape.path.clone(),
                label: match lang {
                    Lang::Zh => name.chars().take(short).collect(),
                    Lang::En => letters(shape.code).to_owned(),
                },
                x: shape.middle.0,
                y: shape.middle.1,
                title: format!("{name}: {count}"),
                step: step(count, most),
            }
        })
        .collect()
}
