//! The catalogue of reasons: one slug and one sentence in each language, with
//! the observation that raised it. The sentences speak of the label, never of
//! what is in the bottle.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::{Lang, UnixMs};
use crate::registry::findings::CauseKind;
use crate::registry::register::Withdrawal;
use crate::scan::{Place, Reason};

/// Every slug that an answer may carry, in the order of [`Reason`].
pub const SLUGS: [&str; 35] = [
    "malformed",
    "unknown_key",
    "bad_signature",
    "never_issued",
    "not_listed",
    "recalled",
    "blocked",
    "stolen",
    "void",
    "not_activated",
    "spoiled",
    "planted",
    "history_unavailable",
    "register_unavailable",
    "list_unavailable",
    "several_makers",
    "serial_only",
    "key_revoked",
    "officer_found_copied",
    "foreign_host",
    "too_many_independent_scans",
    "neighbours_elsewhere",
    "neighbours_never_sold",
    "phone_of_many_labels",
    "undecided",
    "many_at_once",
    "places_too_far_apart",
    "seen_by_others",
    "officer_could_not_tell",
    "officer_found_genuine",
    "officer_explained",
    "first_scan",
    "same_phone_again",
    "case_label",
    "no_signature",
];

impl Reason {
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::NeverIssued => "never_issued",
            Self::NotListed => "not_listed",
            Self::Withdrawn { kind, .. } => match kind {
                Withdrawal::Recalled => "recalled",
                Withdrawal::Blocked => "blocked",
                Withdrawal::Stolen => "stolen",
                Withdrawal::Void => "void",
            },
            Self::NotActivated => "not_activated",
            Self::Spoiled => "spoiled",
            Self::Planted => "planted",
            Self::HistoryUnavailable { .. } => "history_unavailable",
            Self::RegisterUnavailable => "register_unavailable",
            Self::ListUnavailable => "list_unavailable",
            Self::SeveralMakers { .. } => "several_makers",
            Self::SerialOnly => "serial_only",
            Self::KeyRevoked => "key_revoked",
            Self::OfficerFoundCopied { .. } => "officer_found_copied",
            Self::ForeignHost { .. } => "foreign_host",
            Self::TooManyIndependentScans { .. } => "too_many_independent_scans",
            Self::NeighboursElsewhere { .. } => "neighbours_elsewhere",
            Self::NeighboursNeverSold { .. } => "neighbours_never_sold",
            Self::PhoneOfManyLabels { .. } => "phone_of_many_labels",
            Self::Undecided { .. } => "undecided",
            Self::ManyAtOnce { .. } => "many_at_once",
            Self::PlacesTooFarApart { .. } => "places_too_far_apart",
            Self::SeenByOthers { .. } => "seen_by_others",
            Self::OfficerCouldNotTell { .. } => "officer_could_not_tell",
            Self::OfficerFoundGenuine { .. } => "officer_found_genuine",
            Self::OfficerExplained { .. } => "officer_explained",
            Self::FirstScan => "first_scan",
            Self::SamePhoneAgain { .. } => "same_phone_again",
            Self::CaseLabel => "case_label",
            Self::NoSignature => "no_signature",
        }
    }

    /// The sentence for whoever holds the label; times in `zone`.
    pub fn text(&self, lang: Lang, zone: &TimeZone) -> String {
        match lang {
            Lang::Zh => self.zh(zone),
            Lang::En => self.en(zone),
        }
    }

    fn zh(&self, zone: &TimeZone) -> String {
        let day = |at: &UnixMs| day_text(*at, Lang::Zh, zone);
        match self {
            Self::Malformed { hint } => hint.text(Lang::Zh),
            Self::UnknownKey => "这个码声称的签发方不在登记之列。".into(),
            Self::BadSignature => "这个码的数字签名不对，不是登记企业签发的。".into(),
            Self::NeverIssued => "登记的企业从未发出过这个编号。".into(),
            Self::NotListed => "这家企业登记的编号名单里没有这个编号。".into(),
            Self::Withdrawn { kind, reason, remedy } => {
                let head = match kind {
                    Withdrawal::Recalled => "企业正在召回这一批产品",
                    Withdrawal::Blocked => "这枚标签已被停用",
                    Withdrawal::Stolen => "这枚标签不应在市面上出现",
                    Withdrawal::Void => "这枚标签已作废",
                };
                joined(head, &[&reason.zh, &remedy.zh], "：", "。")
            }
            Self::NotActivated => {
                "这枚标签已经发出，但企业还没有启用，照理还不该在市面上销售。".into()
            }
            Self::Spoiled => "这枚标签在印刷时已登记为废标，照理不该贴在商品上。".into(),
            Self::Planted => "这枚标签本来就不是用来销售的。".into(),
            Self::HistoryUnavailable { signed: false } => {
                "编号在企业的名单里，但查询记录此刻读不到，以前有没有人查过无从知道。".into()
            }
            Self::RegisterUnavailable => {
                "登记信息此刻读不到，这枚标签刚刚有没有被召回或停用无从得知。".into()
            }
            Self::ListUnavailable => "企业的编号名单此刻读不到，没法核对。".into(),
            Self::SeveralMakers { makers } => {
                format!("有{makers}家企业的名单里都有这个编号，请选择标签上印的是哪一家。")
            }
            Self::HistoryUnavailable { signed: true } => {
                "签名是真的，但查询记录此刻读不到，这枚标签是否被人复制无从判断。".into()
            }
            Self::SerialOnly => {
                "只输入了编号，没有签名。编号人人可以抄写，单凭编号证明不了什么。".into()
            }
            Self::KeyRevoked => {
                "签发这枚标签的密钥已经作废，签名不再能说明问题；不过这个编号确实发出过。".into()
            }
            Self::OfficerFoundCopied { at } => {
                format!("市场监管部门执法人员于{}认定这个码被复制使用。", day(at))
            }
            Self::ForeignHost { host } => {
                let host = if host.is_empty() { String::new() } else { format!("（{host}）") };
                format!("这个码曾在别的网址下被打开{host}，那不是我们的网址。")
            }
            Self::TooManyIndependentScans { first, place, devices, networks, provinces, days } => {
                let place = place.text(Lang::Zh).map_or_else(String::new, |p| format!("在{p}"));
                let spread =
                    if *provinces > 1 { format!("、{provinces}个省份") } else { String::new() };
                format!(
                    "{}{place}首次被查询，{days}天里先后有{devices}部手机、在{networks}个网络\
                     {spread}查过，一件商品很难走出这样的轨迹。",
                    day(first)
                )
            }
            Self::NeighboursElsewhere { labels, place, near } => format!(
                "{}另外{labels}枚标签，也在{}一带被不同的人再次查询，而这批货并不销往那里。",
                if *near { "与它编号相邻的" } else { "同一批的" },
                place_text(*place, Lang::Zh)
            ),
            Self::NeighboursNeverSold { labels } => format!(
                "与它编号相邻的标签中，有{labels}枚照登记不该流入市面（印废、作废、报失、布控或尚未\
                 启用），却已被消费者查询。"
            ),
            Self::PhoneOfManyLabels { labels, met } => format!(
                "有一部查过它的手机还查过{labels}箱不同商品的标签，其中{met}枚后来在别的省份\
                 又被他人查询。"
            ),
            Self::Undecided { since } => {
                format!("这枚标签自{}起被列为可疑，市场监管部门尚未作出认定。", day(since))
            }
            Self::ManyAtOnce { devices, minutes } => format!(
                "{}内有{devices}部手机查过这枚标签，可能是照片在网上流传。",
                span_zh(*minutes)
            ),
            Self::PlacesTooFarApart { km, minutes } => {
                format!("{}内，这枚标签在相距约{km}公里的两地被查询。", span_zh(*minutes))
            }
            Self::SeenByOthers { at, place, devices } => {
                let place = place.text(Lang::Zh).map_or_else(String::new, |p| format!("在{p}"));
                let phones = if *devices > 1 {
                    format!("至今共有{devices}部手机查过。")
                } else {
                    String::new()
                };
                format!("{}{place}首次被查询。{phones}", day(at))
            }
            Self::OfficerCouldNotTell { at } => {
                format!("市场监管部门执法人员于{}核查过，当时未能认定。", day(at))
            }
            Self::OfficerFoundGenuine { at } => {
                format!("市场监管部门执法人员于{}核查过，认定标签无误。", day(at))
            }
            Self::OfficerExplained { cause, from, until } => format!(
                "市场监管部门执法人员查明，{}的多次查询是因为{}。",
                days(from, until, Lang::Zh, zone),
                cause_text(*cause, Lang::Zh)
            ),
            Self::FirstScan => "这是它第一次被查询。".into(),
            Self::SamePhoneAgain { first } => {
                format!("首次查询它的就是这部手机（{}）。", day(first))
            }
            Self::CaseLabel => {
                "这是外箱或托盘的码，不是单瓶、单件商品的标签；若贴在单件商品上，请当心。".into()
            }
            Self::NoSignature => "此编号由企业自行编制，没有数字签名，别人可以照抄或编造。这里只能\
                 核对它在不在企业的名单里、以前有没有人查过，证明不了标签是真的。"
                .into(),
        }
    }

    fn en(&self, zone: &TimeZone) -> String {
        let day = |at: &UnixMs| day_text(*at, Lang::En, zone);
        match self {
            Self::Malformed { hint } => hint.text(Lang::En),
            Self::UnknownKey => "The issuer that this code names is not registered.".into(),
            Self::BadSignature => {
                "The digital signature is wrong: no registered enterprise issued this code.".into()
            }
            Self::NeverIssued => "No registered enterprise ever issued this number.".into(),
            Self::NotListed => "This number is not in this maker's list.".into(),
            Self::Withdrawn { kind, reason, remedy } => {
                let head = match kind {
                    Withdrawal::Recalled => "The maker is recalling this batch",
                    Withdrawal::Blocked => "This label has been blocked",
                    Withdrawal::Stolen => "This label should not be on the market",
                    Withdrawal::Void => "This label has been made void",
                };
                joined(head, &[&reason.en, &sentence(&remedy.en)], ": ", ". ")
            }
            Self::NotActivated => "This label was issued, but the maker has not yet put it into \
                 use; it should not be on sale."
                .into(),
            Self::Spoiled => {
                "This label was recorded as waste at the printer; it should not be on goods.".into()
            }
            Self::Planted => "This label was never meant to be sold.".into(),
            Self::HistoryUnavailable { signed: false } => "The number is in the maker's list, but \
                 the record of queries cannot be read just now, so nobody can say who queried it."
                .into(),
            Self::RegisterUnavailable => "The register cannot be read just now, so nobody can say \
                 whether this label was recalled or blocked a moment ago."
                .into(),
            Self::ListUnavailable => {
                "The maker's list of numbers cannot be read just now, so nothing was compared."
                    .into()
            }
            Self::SeveralMakers { makers } => format!(
                "The lists of {makers} makers have this number: choose the one that stands on the \
                 label."
            ),
            Self::HistoryUnavailable { signed: true } => {
                "The signature is good, but the record of queries cannot \
                 be read just now, so nobody can say whether the label was copied."
                    .into()
            }
            Self::SerialOnly => "Only the number was typed in, without its signature. Anyone can \
                 copy a number; alone it proves nothing."
                .into(),
            Self::KeyRevoked => "The key that signed this label has been withdrawn, so the \
                 signature proves nothing any more; the number itself was issued."
                .into(),
            Self::OfficerFoundCopied { at } => {
                format!("Market-management officers found on {} that this code is copied.", day(at))
            }
            Self::ForeignHost { host } => {
                let host = if host.is_empty() { String::new() } else { format!(" ({host})") };
                format!("The code was opened under another site{host}, not ours.")
            }
            Self::TooManyIndependentScans { first, place, devices, networks, provinces, days } => {
                let place = place.text(Lang::En).map_or_else(String::new, |p| format!(" in {p}"));
                let spread = if *provinces > 1 {
                    format!(" in {provinces} provinces")
                } else {
                    String::new()
                };
                format!(
                    "First queried on {}{place}; within {days} days {devices} phones on {networks} \
                     networks{spread} have queried it. One item hardly travels like that.",
                    day(first)
                )
            }
            Self::NeighboursElsewhere { labels: 1, place, near } => format!(
                "One other label {} was queried again by other people around {}, where this batch \
                 is not sold.",
                if *near { "with a neighbouring number" } else { "of the same batch" },
                place_text(*place, Lang::En)
            ),
            Self::NeighboursElsewhere { labels, place, near } => format!(
                "{labels} other labels {} were queried anew by different people around {}, where \
                 this batch is not sold.",
                if *near { "with neighbouring numbers" } else { "of the same batch" },
                place_text(*place, Lang::En)
            ),
            Self::NeighboursNeverSold { labels: 1 } => "A label with a neighbouring number that \
                 should not be on the market (spoiled, void, stolen, planted or not yet in use) was \
                 queried by buyers."
                .into(),
            Self::NeighboursNeverSold { labels } => format!(
                "{labels} labels with neighbouring numbers that should not be on the market \
                 (spoiled, void, stolen, planted or not yet in use) were queried by buyers."
            ),
            Self::PhoneOfManyLabels { labels, met } => format!(
                "A phone that queried it also queried labels from {labels} different cases; {met} \
                 of them were then queried by others in another province."
            ),
            Self::Undecided { since } => format!(
                "It has been under suspicion since {}; officers have not decided yet.",
                day(since)
            ),
            Self::ManyAtOnce { devices, minutes } => format!(
                "{devices} phones queried this label within {}; a photo of it may be going round.",
                span_en(*minutes)
            ),
            Self::PlacesTooFarApart { km, minutes } => format!(
                "The label was queried within {} at two places some {km} km apart.",
                span_en(*minutes)
            ),
            Self::SeenByOthers { at, place, devices } => {
                let place = place.text(Lang::En).map_or_else(String::new, |p| format!(" in {p}"));
                let phones = if *devices > 1 {
                    format!(" {devices} phones have queried it so far.")
                } else {
                    String::new()
                };
                format!("First queried on {}{place}.{phones}", day(at))
            }
            Self::OfficerCouldNotTell { at } => {
                format!("Officers checked it on {} and could not tell then.", day(at))
            }
            Self::OfficerFoundGenuine { at } => {
                format!("Officers checked it on {} and found the label in order.", day(at))
            }
            Self::OfficerExplained { cause, from, until } => format!(
                "Officers found that queries {} are due to {}.",
                days(from, until, Lang::En, zone),
                cause_text(*cause, Lang::En)
            ),
            Self::FirstScan => "Nobody has queried it before.".into(),
            Self::SamePhoneAgain { first } => {
                format!("This phone was the first to query it, on {}.", day(first))
            }
            Self::CaseLabel => {
                "This is the label of a whole case or pallet, not of a single bottle or item; \
                 on a single item it is out of place."
                    .into()
            }
            Self::NoSignature => "The maker made up this number itself. It carries no digital \
                 signature, so anyone can copy or invent it. All that can be checked is whether \
                 the maker's list has it and who queried it before; that proves no label genuine."
                .into(),
        }
    }
}

/// `head`, then the parts that say something.
fn joined(head: &str, parts: &[&str], first: &str, between: &str) -> String {
    let stop = between.trim_end();
    let mut out = head.to_owned();
    let mut glue = first;
    for part in parts.iter().map(|p| p.trim().trim_end_matches(['。', '.'])) {
        if !part.is_empty() {
            out.push_str(glue);
            out.push_str(part);
            glue = between;
        }
    }
    out + stop
}

/// A day in words: `2026年3月12日`, `12 Mar 2026`.
pub fn day_text(at: UnixMs, lang: Lang, zone: &TimeZone) -> String {
    let Ok(stamp) = Timestamp::from_millisecond(at.0) else { return String::new() };
    let zoned = stamp.to_zoned_datetime(zone.clone());
    match lang {
        Lang::Zh => format!("{}年{}月{}日", zoned.year(), zoned.month(), zoned.day()),
        Lang::En => zoned.strftime("%-d %b %Y").to_string(),
    }
}

/// What made many scan one label.
pub const fn cause_text(cause: CauseKind, lang: Lang) -> &'static str {
    match cause {
        CauseKind::Banquet => lang.pick("宴席上多人扫码", "a banquet"),
        CauseKind::Exhibition => lang.pick("商品展示或展销", "an exhibition"),
        CauseKind::Poster => lang.pick("海报、广告或照片上的码被扫", "a poster or a photo"),
        CauseKind::Other => lang.pick("已查明的其他情况", "a cause that they know"),
    }
}

/// From one day to another in words.
fn days(from: &UnixMs, until: &UnixMs, lang: Lang, zone: &TimeZone) -> String {
    let (from, until) = (day_text(*from, lang, zone), day_text(*until, lang, zone));
    match lang {
        Lang::Zh if from == until => from,
        Lang::Zh => format!("{from}至{until}"),
        Lang::En if from == until => format!("of {from}"),
        Lang::En => format!("from {from} to {until}"),
    }
}

/// With a capital at the beginning, however it was typed.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn span_zh(minutes: u32) -> String {
    match minutes {
        0..=1 => "1分钟".into(),
        2..=119 => format!("{minutes}分钟"),
        _ => format!("{}小时", minutes.div_ceil(60)),
    }
}

fn span_en(minutes: u32) -> String {
    match minutes {
        0..=1 => "a minute".into(),
        2..=119 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes.div_ceil(60)),
    }
}

/// Day and minute: `2026年3月12日 14:05`, `12 Mar 2026, 14:05`.
pub fn minute_text(at: UnixMs, lang: Lang, zone: &TimeZone) -> String {
    let Ok(stamp) = Timestamp::from_millisecond(at.0) else { return String::new() };
    let clock = stamp.to_zoned_datetime(zone.clone()).strftime("%H:%M").to_string();
    match lang {
        Lang::Zh => format!("{} {clock}", day_text(at, lang, zone)),
        Lang::En => format!("{}, {clock}", day_text(at, lang, zone)),
    }
}

/// Where a scan was, for sentences that must say something.
pub fn place_text(place: Place, lang: Lang) -> String {
    place.text(lang).unwrap_or_else(|| lang.pick("地点不详", "place unknown").to_owned())
}
