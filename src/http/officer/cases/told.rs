//! What the time line of a case says of each entry.

use jiff::tz::TimeZone;

use crate::base::Lang;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::web::cases::words;
use crate::web::verdict::date_text;

fn joined(parts: &[&str]) -> String {
    let some: Vec<_> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    some.join(" · ")
}

pub(super) fn text(file: &CaseFile, fact: &Fact, lang: Lang, zone: &TimeZone) -> String {
    match fact {
        Fact::Opened { number, title, .. } => joined(&[number, title]),
        Fact::Assigned { to: Some(to) } => to.clone(),
        Fact::Assigned { to: None } => lang.pick("收回，未分派", "to nobody").to_owned(),
        Fact::Due { what, on } => joined(&[what, &date_text(*on, lang)]),
        Fact::Done { due } | Fact::Withdrawn { entry: due, .. } => {
            let of = file.entries().iter().find(|entry| entry.id == *due);
            let of = of.map_or_else(String::new, |entry| format!("#{}", entry.seq));
            match fact {
                Fact::Withdrawn { grounds, .. } => joined(&[&of, grounds]),
                _ => of,
            }
        }
        Fact::Party(p) => {
            let role = words::role(p.role).of(lang);
            joined(&[role, &p.name, &p.uscc, &p.contact, &p.address, &p.note])
        }
        Fact::Place(spot) => {
            let region = Place(spot.region).text(lang).unwrap_or_default();
            joined(&[&spot.name, &region, &spot.address, &spot.note])
        }
        Fact::Unit(unit) => unit.note.clone(),
        Fact::Photo(photo) => joined(&[&photo.caption, &photo.shows, &photo.media]),
        Fact::Statement(s) => {
            let head = joined(&[&s.of, &s.position, &date_text(s.taken_on, lang)]);
            format!("{head}\n{}", s.text)
        }
        Fact::Note { text } => text.clone(),
        Fact::Question { text, due, .. } => {
            let by = lang.pick("答复期限", "answer by");
            joined(&[text, &format!("{by} {}", date_text(*due, lang))])
        }
        Fact::Answer { opinion, grounds, signer, position, .. } => {
            joined(&[words::opinion(*opinion).of(lang), grounds, signer, position])
        }
        Fact::Decision { what, on, number, text } => {
            joined(&[words::ruling(*what).of(lang), number, &date_text(*on, lang), text])
        }
        Fact::Block { labels, until, reason, .. } => {
            let until = minute_text(*until, lang, zone);
            match lang {
                Lang::Zh => format!("{labels}枚，至{until} · {reason}"),
                Lang::En => format!("{labels} labels until {until} · {reason}"),
            }
        }
        Fact::ProposedClose { outcome, grounds } | Fact::Closed { outcome, grounds } => {
            joined(&[words::outcome(*outcome).of(lang), grounds])
        }
        Fact::HandedOver { was, number, grounds, .. } => {
            joined(&[&format!("{was} → {number}"), grounds])
        }
        Fact::Merged { number, grounds, .. } | Fact::Split { number, grounds, .. } => {
            joined(&[number, grounds])
        }
        Fact::Joined { number, .. } | Fact::SplitFrom { number, .. } => number.clone(),
        Fact::Hold { on, grounds } => {
            let on = if *on { lang.pick("保全", "on") } else { lang.pick("解除", "lifted") };
            joined(&[on, grounds])
        }
        Fact::SentBack { grounds }
        | Fact::Dropped { grounds, .. }
        | Fact::Reopened { grounds }
        | Fact::Voided { grounds }
        | Fact::Unblock { grounds, .. } => grounds.clone(),
        Fact::Visit { .. } => String::new(),
    }
}

/// Where more of it stands, and what that is called.
pub(super) fn link(fact: &Fact, lang: Lang) -> Option<(String, String)> {
    let case =
        |id: &uuid::Uuid, text: &str| Some((format!("/officer/cases/{id}"), text.to_owned()));
    match fact {
        Fact::Unit(unit) => Some((format!("/officer/codes/{}", unit.serial), unit.serial.clone())),
        Fact::Visit { visit } => {
            let text = lang.pick("检查记录", "record of the visit").to_owned();
            Some((format!("/officer/visits/{visit}"), text))
        }
        Fact::Merged { into, number, .. } => case(into, number),
        Fact::Joined { from, number } | Fact::SplitFrom { from, number } => case(from, number),
        Fact::Split { off, number, .. } => case(off, number),
        _ => None,
    }
}
