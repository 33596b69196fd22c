//! The way of a batch in plain words, for whoever holds one of its labels. It
//! is told of the batch, for nobody knows which bottle it is that was bought.

use jiff::tz::TimeZone;

use crate::base::Lang;
use crate::registry::journey::{Milestone, MilestoneKind};
use crate::scan::Place;
use crate::scan::reason::day_text;
use crate::web::verdict::named;

/// Regions and inspections that are told one by one.
const REGIONS_MAX: usize = 6;
const INSPECTIONS_MAX: usize = 3;

/// One step: a day, and what happened.
pub struct Step {
    pub day: String,
    pub text: String,
}

/// The steps of a batch, in the order in which goods go.
pub fn steps(milestones: &[Milestone], lang: Lang, zone: &TimeZone) -> Vec<Step> {
    let of = |kind| milestones.iter().filter(move |m| m.kind == kind);
    let day = |m: &Milestone| day_text(m.at, lang, zone);
    let mut out = Vec::new();
    for (kind, zh, en) in [
        (MilestoneKind::Bottled, "生产下线", "came off the line"),
        (MilestoneKind::Packed, "开始装箱", "packing began"),
    ] {
        let text = lang.pick(zh, en).to_owned();
        out.extend(of(kind).next().map(|m| (kind, Step { day: day(m), text })));
    }
    let inspections: Vec<_> = of(MilestoneKind::Inspected).collect();
    let latest = inspections.len().saturating_sub(INSPECTIONS_MAX);
    out.extend(
        inspections[latest..]
            .iter()
            .map(|m| (MilestoneKind::Inspected, Step { day: day(m), text: inspected(m, lang) })),
    );
    let shipped: Vec<_> = of(MilestoneKind::Shipped).collect();
    if let Some(first) = shipped.first() {
        let step = Step { day: day(first), text: shipped_to(&shipped, lang) };
        out.push((MilestoneKind::Shipped, step));
    }
    out.sort_by_key(|(kind, _)| *kind);
    out.into_iter().map(|(_, step)| step).collect()
}

fn inspected(m: &Milestone, lang: Lang) -> String {
    let station = named(&m.name, lang);
    let passed = m.passed == Some(true);
    match lang {
        Lang::Zh => {
            let result = if passed { "合格" } else { "不合格" };
            format!("{station}检验，结果{result}，报告编号{}", m.report)
        }
        Lang::En => {
            let result = if passed { "passed" } else { "failed" };
            format!("{result} the inspection of {station}, report {}", m.report)
        }
    }
}

fn shipped_to(shipped: &[&Milestone], lang: Lang) -> String {
    let mut places: Vec<String> = Vec::new();
    for m in shipped {
        let region = Place(m.region).text(lang).unwrap_or_default();
        let dealer = named(&m.name, lang);
        let place = match (region.is_empty(), dealer.is_empty(), lang) {
            (_, true, _) => region,
            (true, false, _) => dealer.to_owned(),
            (false, false, Lang::Zh) => format!("{region}（{dealer}）"),
            (false, false, Lang::En) => format!("{region} ({dealer})"),
        };
        if !place.is_empty() && !places.contains(&place) {
            places.push(place);
        }
    }
    let more = places.len().saturating_sub(REGIONS_MAX);
    places.truncate(REGIONS_MAX);
    match (lang, places.is_empty(), more) {
        (Lang::Zh, true, _) => "开始发货".to_owned(),
        (Lang::En, true, _) => "shipping began".to_owned(),
        (Lang::Zh, _, 0) => format!("陆续发往{}", places.join("、")),
        (Lang::Zh, ..) => format!("陆续发往{}等{}地", places.join("、"), places.len() + more),
        (Lang::En, _, 0) => format!("shipped from then on to {}", places.join("; ")),
        (Lang::En, ..) => format!("shipped from then on to {} and {more} more", places.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMs;
    use crate::registry::Bilingual;

    fn milestone(kind: MilestoneKind, region: u16, name: &str, passed: Option<bool>) -> Milestone {
        let name = Bilingual { zh: name.to_owned(), en: String::new() };
        let report = if passed.is_some() { "2026-7" } else { "" }.to_owned();
        Milestone { kind, at: UnixMs(1_795_000_000_000), region, name, report, passed }
    }

    #[test]
    fn a_batch_goes_from_the_bottle_to_the_regions() {
        let way = [
            milestone(MilestoneKind::Shipped, 4101, "", None),
            milestone(MilestoneKind::Shipped, 4101, "", None),
            milestone(MilestoneKind::Shipped, 3700, "某商贸", None),
            milestone(MilestoneKind::Packed, 0, "", None),
            milestone(MilestoneKind::Inspected, 0, "省检验院", Some(true)),
            milestone(MilestoneKind::Bottled, 0, "", None),
        ];
        let said = |lang| -> Vec<String> {
            steps(&way, lang, &TimeZone::UTC).into_iter().map(|step| step.text).collect()
        };
        assert_eq!(
            said(Lang::Zh),
            [
                "生产下线",
                "省检验院检验，结果合格，报告编号2026-7",
                "开始装箱",
                "陆续发往河南省郑州市、山东省（某商贸）"
            ]
        );
        assert_eq!(said(Lang::En)[1], "passed the inspection of 省检验院, report 2026-7");
        let many: Vec<_> = [11, 12, 13, 14, 15, 21, 22, 23]
            .map(|p| milestone(MilestoneKind::Shipped, p * 100, "", None))
            .into();
        assert!(steps(&many, Lang::Zh, &TimeZone::UTC)[0].text.ends_with("等8地"));
        assert!(steps(&[], Lang::Zh, &TimeZone::UTC).is_empty());
    }
}
