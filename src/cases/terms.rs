//! Terms of the procedure: how many days, counted how, and which are over.
//!
//! The defaults are those of 市场监督管理行政处罚程序规定 (总局令第42号, 2021):
//! whether to file is decided within 15 working days of the day on which the office
//! came to know, with 15 more for good cause (article 18); a filed case is decided
//! within 90 days, with 30 more (article 64). The first day is not counted; a term
//! that would end on a day off ends on the next working day; days on which an
//! enterprise was asked whether goods are its own (权利人辨认或者鉴别) are not
//! counted, by the same articles. How much further a very intricate case is given
//! is for the heads of the office together, who name the days: an entry of its own.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Serialize;
use uuid::Uuid;

use crate::base::FieldError;
use crate::cases::fact::Ruling;
use crate::cases::file::{Asked, CaseFile};

/// How long the terms are: the county may set what other law says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Working days from the day of knowledge to the decision whether to file.
    pub check_days: u32,
    /// Working days that the head of an office may add.
    pub check_more: u32,
    /// Days from filing to the decision.
    pub decide_days: u32,
    /// Days that the head of an office may add.
    pub decide_more: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { check_days: 15, check_more: 15, decide_days: 90, decide_more: 30 }
    }
}

impl Terms {
    /// Days of one term, and of what may be added to it.
    pub const DAYS: RangeInclusive<u32> = 1..=365;
}

/// Days that are looked at for the end of a term.
const LOOK_DAYS_MAX: u32 = 3_000;

/// How long terms are, and which days are worked: not Saturday and Sunday, but for
/// those that the State Council names each year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Public holidays.
    pub off: BTreeSet<Date>,
    /// Weekend days that are worked to make up for one.
    pub on: BTreeSet<Date>,
    pub terms: Terms,
}

impl Calendar {
    pub fn is_worked(&self, day: Date) -> bool {
        if self.off.contains(&day) {
            return false;
        }
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend || self.on.contains(&day)
    }

    /// The first day behind `from` by which `days` days were counted, of those
    /// that `counts`; `None` where it is too far away to say.
    fn count(&self, from: Date, days: u32, counts: impl Fn(Date) -> bool) -> Option<Date> {
        let (mut day, mut left) = (from, days);
        for _ in 0..LOOK_DAYS_MAX {
            day = day.tomorrow().ok()?;
            if counts(day) {
                left = left.saturating_sub(1);
            }
            if left == 0 && counts(day) && self.is_worked(day) {
                return Some(day);
            }
        }
        None
    }
}

/// Days that lines of text name: each a day, or a run such as
/// `2027-02-06..2027-02-12`.
///
/// # Errors
/// Naming the field with the line of the first that is no day of the year.
pub fn read_days(field: &str, text: &str, year: i16) -> Result<BTreeSet<Date>, FieldError> {
    let mut days = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() {
            continue;
        }
        let fault = || {
            let remedy = "write a day as 2027-01-01, a run as 2027-02-06..2027-02-12";
            FieldError::new(field, "is no day of the year", remedy).at_line(number)
        };
        let (first, last) = line.split_once("..").unwrap_or((line, line));
        let day = |text: &str| {
            let day = text.trim().parse::<Date>().ok();
            day.filter(|day| day.year() == year).ok_or_else(fault)
        };
        let (mut day, last) = (day(first)?, day(last)?);
        if day > last {
            return Err(fault());
        }
        days.insert(day);
        while day < last {
            day = day.tomorrow().map_err(|_| fault())?;
            days.insert(day);
        }
    }
    Ok(days)
}

/// Days as [`read_days`] reads them, runs of neighbours together.
pub fn written_days(days: impl Iterator<Item = Date>) -> String {
    let mut runs: Vec<(Date, Date)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some(run) if run.1.tomorrow().is_ok_and(|next| next == day) => run.1 = day,
            _ => runs.push((day, day)),
        }
    }
    let written = |(first, last): &(Date, Date)| match first == last {
        true => first.to_string(),
        false => format!("{first}..{last}"),
    };
    runs.iter().map(written).collect::<Vec<_>>().join("\n")
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// To decide whether to file.
    Check,
    /// To decide the case.
    Decide,
    /// An enterprise's answer.
    Answer(Uuid),
    /// What somebody noted, by its entry.
    ToDo(Uuid, String),
}

/// Something due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub what: What,
    /// `None`: an enterprise was asked, and until it answers no day is counted.
    pub on: Option<Date>,
    pub extended: bool,
}

impl Deadline {
    pub fn is_over(&self, today: Date) -> bool {
        self.on.is_some_and(|on| on < today)
    }
}

/// Whether an enterprise was being asked on that day.
fn is_paused(asked: &[Asked], day: Date) -> bool {
    asked.iter().any(|a| a.on < day && a.answered.is_none_or(|answered| day <= answered))
}

/// What is due in a case, nearest first; nothing in one that is not open.
pub fn deadlines(file: &CaseFile, calendar: &Calendar) -> Vec<Deadline> {
    if !file.state.is_open() {
        return Vec::new();
    }
    let mut due: Vec<_> = statutory(file, calendar).into_iter().collect();
    due.extend(file.asked.iter().filter(|a| a.answered.is_none()).map(|a| Deadline {
        what: What::Answer(a.inquiry),
        on: Some(a.due),
        extended: false,
    }));
    due.extend(file.to_do().map(|(entry, what, on)| Deadline {
        what: What::ToDo(entry.id, what.to_owned()),
        on: Some(on),
        extended: false,
    }));
    due.sort_by_key(|deadline| (deadline.on.is_none(), deadline.on));
    due
}

/// The term of the procedure that runs.
fn statutory(file: &CaseFile, calendar: &Calendar) -> Option<Deadline> {
    let counted = |day| !is_paused(&file.asked, day);
    let terms = calendar.terms;
    if file.ruled(Ruling::NotFile).is_some() {
        return None;
    }
    let Some(filed) = file.ruled(Ruling::File) else {
        let extended = file.ruled(Ruling::ExtendCheck).is_some();
        let days = terms.check_days + u32::from(extended) * terms.check_more;
        let worked = |day| calendar.is_worked(day) && counted(day);
        let on = calendar.count(file.found_on, days, worked);
        return Some(Deadline { what: What::Check, on, extended });
    };
    let decided = [Ruling::Penalty, Ruling::NoPenalty, Ruling::Refer];
    if decided.into_iter().any(|ruling| file.ruled(ruling).is_some()) {
        return None;
    }
    let extended = file.ruled(Ruling::ExtendCase).is_some();
    let days = terms.decide_days + u32::from(extended) * terms.decide_more;
    Some(Deadline { what: What::Decide, on: calendar.count(filed, days, counted), extended })
}

/// The nearest day by which something is due.
pub fn due_on(file: &CaseFile, calendar: &Calendar) -> Option<Date> {
    deadlines(file, calendar).iter().filter_map(|deadline| deadline.on).min()
}

/// The last day that a question may name.
pub fn latest_answer(today: Date) -> Date {
    today.saturating_add(ANSWER_DAYS_MAX.days())
}

/// Days that an enterprise is given for an answer.
pub const ANSWER_DAYS_MAX: i64 = 60;

#[cfg(test)]
mod tests;
