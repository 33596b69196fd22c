//! Events of traceability as lines of a page.

use std::collections::BTreeMap;

use crate::base::Lang;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::registry::Uscc;
use crate::scan::reason::minute_text;
use crate::trace::event::ErrorReason;
use crate::trace::name;
use crate::trace::port::Kept;
use crate::web::console::Frame;
use crate::web::trace::{self, EventLine};
use crate::web::verdict::named;

/// The names of places by their code.
pub(super) type Places = BTreeMap<String, String>;

pub(super) async fn places_of(desk: &Desk, own: &Uscc, lang: Lang) -> Result<Places, Problem> {
    let sites = desk.ledger.sites(own).await?;
    Ok(sites.into_iter().map(|site| (site.code, named(&site.name, lang).to_owned())).collect())
}

pub(super) fn line(kept: &Kept, places: &Places, desk: &Desk, f: &Frame) -> EventLine {
    let called = |code: &String| places.get(code).unwrap_or(code).clone();
    let here = [&kept.from, &kept.place].into_iter().flatten().next().map(called);
    let place = match (here, kept.to.as_ref().map(called)) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => format!("→ {to}"),
        (here, None) => here.unwrap_or_default(),
    };
    EventLine {
        id: kept.id.clone(),
        at: minute_text(kept.at, f.lang, &desk.zone),
        act: trace::act(kept.act).of(f.lang),
        what: of(kept, f),
        place,
        by: kept.recorded_by.clone(),
        error: kept.declared.as_ref().map(|d| match d.reason {
            ErrorReason::DidNotOccur => {
                f.lang.pick("已声明没有发生", "declared not to have happened")
            }
            ErrorReason::IncorrectData => f.lang.pick("已声明有误", "declared wrong"),
        }),
    }
}

/// What an event speaks of: the case and how many went in, or the first of
/// those that it names.
fn of(kept: &Kept, f: &Frame) -> String {
    let count = kept.count;
    match (&kept.parent, &kept.first, f.lang) {
        (Some(parent), _, _) if count == 0 => name(parent, f.lang),
        (Some(parent), _, Lang::Zh) => format!("{} · {count}件", name(parent, Lang::Zh)),
        (Some(parent), _, Lang::En) => format!("{} · {count} of it", name(parent, Lang::En)),
        (None, Some(first), _) if count == 1 => name(first, f.lang),
        (None, Some(first), Lang::Zh) => format!("{}等{count}件", name(first, Lang::Zh)),
        (None, Some(first), Lang::En) => {
            format!("{} and {} more", name(first, Lang::En), count - 1)
        }
        (None, None, _) => String::new(),
    }
}
