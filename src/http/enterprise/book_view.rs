//! The book of a batch, as its page shows it.

use jiff::tz::TimeZone;

use crate::auth::Duty;
use crate::base::{FieldError, Lang, LedgerError, ids};
use crate::http::desk::Desk;
use crate::registry::Batch;
use crate::registry::movement::port::{ScheduleState, Scheduled};
use crate::registry::movement::{
    Account, Balance, Custody, Elsewhere, Holding, Kind, Leg, Movement, Ranges,
};
use crate::scan::reason::minute_text;
use crate::web::book::{self, Book, Forms, MovementLine, PlaceLine, SumLine, WaitingLine};
use crate::web::console::{Choice, Frame};
use crate::web::fault::particular;

/// Movements that a page lists.
const LISTED_MAX: u32 = 50;
/// Runs of numbers that are told one by one.
const RUNS_TOLD_MAX: usize = 5;

pub(super) async fn book(
    desk: &Desk,
    batch: &Batch,
    forms: Forms,
    f: &Frame,
) -> Result<Book, LedgerError> {
    let balance = desk.ledger.balance(batch.id).await?;
    let movements = desk.ledger.movements(batch.id, LISTED_MAX).await?;
    let waiting = desk.ledger.scheduled(batch.id, LISTED_MAX).await?;
    let waiting = waiting.iter().filter(|s| s.state == ScheduleState::Waiting);
    let kinds = Kind::NAMED.into_iter().filter(|kind| may(f, *kind));
    let kinds = kinds.map(|kind| Choice {
        value: kind.slug().to_owned(),
        text: book::kind(kind).of(f.lang).to_owned(),
        chosen: kind.slug() == forms.kind,
    });
    let (file_kinds, kinds): (Vec<_>, Vec<_>) = (kinds.clone().collect(), kinds.collect());
    Ok(Book {
        sums: sums(&balance, f.lang),
        places: places(&balance, f),
        heads: shown(&balance).into_iter().map(|a| book::account(a).of(f.lang)).collect(),
        movements: movements.iter().map(|m| movement(m, f, &desk.zone)).collect(),
        waiting: waiting.map(|s| waits(s, f, &desk.zone)).collect(),
        // The first form of the page activates.
        kinds: kinds.into_iter().filter(|k| k.value != Kind::Activate.slug()).collect(),
        file_kinds: first(file_kinds, Kind::Activate.slug()),
        request: ids::new_id(desk.clock.now()).to_string(),
        may_activate: f.may(Duty::Line),
        forms,
    })
}

/// The list with one choice before the others.
fn first(mut choices: Vec<Choice>, value: &str) -> Vec<Choice> {
    choices.sort_by_key(|choice| choice.value != value);
    choices
}

/// Whether the signed-in person may do it.
pub(super) fn may(f: &Frame, kind: Kind) -> bool {
    kind.duties().iter().any(|duty| f.may(*duty))
}

fn sums(balance: &Balance, lang: Lang) -> Vec<SumLine> {
    let line = |of: Account| {
        let rest = (book::account(of).of(lang), balance.on(of));
        let below = Account::ALL.into_iter().filter(|a| a.parent() == Some(of));
        let below = below.map(|a| (book::through(a).of(lang), balance.through(a)));
        SumLine {
            name: book::through(of).of(lang),
            total: balance.through(of),
            parts: std::iter::once(rest).chain(below).collect(),
        }
    };
    [Account::Issued, Account::Printed, Account::Applied].map(line).into()
}

/// Accounts on which there is anything.
fn shown(balance: &Balance) -> Vec<Account> {
    Account::ALL.into_iter().filter(|account| balance.on(*account) > 0).collect()
}

/// None where all is at the enterprise and nobody named a place.
fn places(balance: &Balance, f: &Frame) -> Vec<PlaceLine> {
    let places = balance.places();
    if places == [Custody::default()] {
        return Vec::new();
    }
    let line = |place: &Custody| PlaceLine {
        place: place_text(place, f),
        cells: shown(balance)
            .into_iter()
            .map(|account| (book::account(account).of(f.lang), balance.at(account, place)))
            .collect(),
    };
    places.iter().map(line).collect()
}

pub(super) fn place_text(place: &Custody, f: &Frame) -> String {
    match place.as_str() {
        "" => f.t("本企业（未分地点）", "the enterprise, no place named").to_owned(),
        place => place.to_owned(),
    }
}

pub(super) fn runs_text(ranges: &Ranges, f: &Frame) -> String {
    let run = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    };
    let told: Vec<_> = ranges.runs().iter().take(RUNS_TOLD_MAX).map(run).collect();
    let mut text = told.join(f.t("、", ", "));
    let more = ranges.runs().len().saturating_sub(RUNS_TOLD_MAX);
    if more > 0 {
        text += &match f.lang {
            Lang::Zh => format!("等{}段", ranges.runs().len()),
            Lang::En => format!(" and {more} more runs"),
        };
    }
    text
}

fn numbers_text(leg: &Leg, f: &Frame) -> String {
    let ends = runs_text(&Ranges::one(leg.first, leg.last), f);
    match (leg.runs, f.lang) {
        (0 | 1, _) => ends,
        (runs, Lang::Zh) => format!("{ends}之间{runs}段"),
        (runs, Lang::En) => format!("{runs} runs in {ends}"),
    }
}

fn holding_text(on: &Holding, f: &Frame) -> String {
    let account = book::account(on.account).of(f.lang);
    match (on.place.as_str(), f.lang) {
        ("", _) => account.to_owned(),
        (place, Lang::Zh) => format!("{account}（{place}）"),
        (place, Lang::En) => format!("{account} ({place})"),
    }
}

fn movement(m: &Movement, f: &Frame, zone: &TimeZone) -> MovementLine {
    let undone = m.undone.map_or(0, |(labels, _)| labels);
    let numbers: Vec<_> = m.legs.iter().map(|leg| numbers_text(leg, f)).collect();
    let way = |leg: &Leg| format!("{} → {}", holding_text(&leg.from, f), holding_text(&leg.to, f));
    let ways: Vec<_> = m.legs.iter().map(way).collect();
    let why: Vec<_> =
        [&m.words.reason, &m.words.reference].into_iter().filter(|w| !w.is_empty()).collect();
    MovementLine {
        id: m.id.to_string(),
        at: minute_text(m.at, f.lang, zone),
        kind: book::kind(m.kind).of(f.lang),
        labels: m.labels(),
        numbers: numbers.join(f.t("；", "; ")),
        way: ways.join(f.t("；", "; ")),
        by: m.by.clone(),
        why: why.into_iter().map(String::as_str).collect::<Vec<_>>().join(" · "),
        undone,
        may_undo: m.undoes.is_none() && undone < m.labels() && may(f, m.kind),
    }
}

fn waits(s: &Scheduled, f: &Frame, zone: &TimeZone) -> WaitingLine {
    WaitingLine {
        id: s.id.to_string(),
        due: minute_text(s.due, f.lang, zone),
        labels: s.ranges.labels(),
        numbers: runs_text(&s.ranges, f),
        by: s.by.clone(),
    }
}

/// Why labels are not moved: where the first of them are, since when, by whom.
pub(super) fn elsewhere_text(e: &Elsewhere, f: &Frame, zone: &TimeZone) -> String {
    let numbers = runs_text(&Ranges::one(e.first, e.last), f);
    let since = e.since.as_ref().map(|(at, by)| (minute_text(*at, f.lang, zone), by));
    let on = holding_text(&e.on, f);
    match (f.lang, since) {
        (Lang::Zh, Some((at, by))) => {
            format!("序号{numbers}自{at}起为“{on}”（{by}登记），什么都没有移动")
        }
        (Lang::Zh, None) => format!("序号{numbers}为“{on}”，什么都没有移动"),
        (Lang::En, Some((at, by))) => {
            format!("numbers {numbers} are {on} since {at} by {by}; nothing was moved")
        }
        (Lang::En, None) => format!("numbers {numbers} are {on}; nothing was moved"),
    }
}

/// What is wrong with a field of these forms. In Chinese each says what may
/// stand there.
pub(super) fn fault_text(e: &FieldError, f: &Frame) -> String {
    let zh = match e.field.as_str() {
        "range" | "numbers" => "请填批次内的序号，例如0-999",
        "roll" => "这些标签是随印制包交给印刷厂印的，整卷还没有验收；请质检人员先验收合格",
        "at" => "请填将来的时间，一年以内",
        "place" => "请填地点，最多40个字；移交时必填",
        "reason" => "请写明原因，最多200个字",
        "reference" => "最多200个字",
        "kind" => "请从列表中选择",
        "file" => "文件里没有标签，或太大；每行一枚，请分成几个文件",
        "code" => "这一行读不出本批次的标签",
        "counted" => "请填整数",
        "missing" => "请填账面上在这里的序号，例如100-119 300；已登记缺失的不用再填",
        "account" | "holding" => "请从列表中选择",
        _ => "请检查这一项",
    };
    let words = particular(e, f.lang).unwrap_or_else(|| match f.lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => e.sentence(),
    });
    match (e.line, f.lang) {
        (None, _) => words,
        (Some(line), Lang::Zh) => format!("第{line}行：{words}"),
        (Some(line), Lang::En) => format!("line {line}: {words}"),
    }
}
