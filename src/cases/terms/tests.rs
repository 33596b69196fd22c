//! Terms against days that were counted by hand.

use jiff::civil::date;

use super::*;
use crate::cases::fact::Fact;
use crate::cases::file::tests::{opened, then};
use crate::registry::Uscc;

/// The first days of October 2026 off, with two weekend days worked for them.
fn autumn() -> Calendar {
    Calendar {
        off: (1..=7).map(|day| date(2026, 10, day)).collect(),
        on: [date(2026, 9, 27), date(2026, 10, 10)].into(),
        terms: Terms::default(),
    }
}

#[test]
fn working_days_leave_out_weekends_and_holidays_and_count_days_worked_instead() {
    let plain = Calendar::default();
    // Monday the 21st is not counted.
    let behind = |of: &Calendar, days| of.count(date(2026, 9, 21), days, |day| of.is_worked(day));
    assert_eq!(behind(&plain, 1), Some(date(2026, 9, 22)));
    assert_eq!(behind(&plain, 5), Some(date(2026, 9, 28)));
    // 22 23 24 25 27 28 29 30 of September, 8 9 10 12 13 14 15 of October.
    assert_eq!(behind(&autumn(), 15), Some(date(2026, 10, 15)));
    let terms = Terms { check_days: 5, ..Terms::default() };
    assert_eq!(due_on(&opened(), &Calendar { terms, ..plain }), Some(date(2026, 9, 28)));
}

#[test]
fn a_term_in_days_that_would_end_on_a_day_off_ends_on_the_next_one_worked() {
    let ruling = |what, on| Fact::Decision { what, on, number: String::new(), text: "准".into() };
    let filed = then(&opened(), ruling(Ruling::File, date(2026, 7, 5)), "wang").expect("filed");
    // 90 days behind 5 July is 3 October, in the holidays.
    let due = deadlines(&filed, &autumn());
    assert_eq!(due[0].what, What::Decide);
    assert_eq!(due[0].on, Some(date(2026, 10, 8)));
    assert!(due[0].is_over(date(2026, 10, 9)) && !due[0].is_over(date(2026, 10, 8)));
    let more = then(&filed, ruling(Ruling::ExtendCase, date(2026, 9, 30)), "wang").expect("more");
    assert_eq!(due_on(&more, &autumn()), Some(date(2026, 11, 2)));
    let over = then(&more, ruling(Ruling::Penalty, date(2026, 10, 30)), "wang").expect("decided");
    assert_eq!(due_on(&over, &autumn()), None);
}

#[test]
fn days_on_which_an_enterprise_was_asked_are_not_counted() {
    let inquiry = Uuid::from_u128(3);
    let question = Fact::Question {
        inquiry,
        enterprise: Uscc::parse("91411628MA9DEM01XU").expect("sound"),
        on: date(2026, 9, 23),
        due: date(2026, 9, 30),
        text: "是否贵司印制".to_owned(),
        serials: Vec::new(),
        photos: Vec::new(),
    };
    let asked = then(&opened(), question, "zhang").expect("asked");
    let due = deadlines(&asked, &Calendar::default());
    assert_eq!(due[0].what, What::Answer(inquiry));
    assert_eq!((&due[1].what, due[1].on), (&What::Check, None), "no day is counted meanwhile");
    let answer = Fact::Answer {
        inquiry,
        on: date(2026, 9, 28),
        opinion: crate::cases::fact::Opinion::Ours,
        grounds: "为我司产品".to_owned(),
        signer: "王芳".to_owned(),
        position: "质量负责人".to_owned(),
        files: Vec::new(),
    };
    let answered = then(&asked, answer, "quality").expect("answered");
    // 22 23, then from the 29th: 29 30, 1 2 5 6 7 8 9 12 13 14 15 of October.
    assert_eq!(due_on(&answered, &Calendar::default()), Some(date(2026, 10, 15)));
}

#[test]
fn days_are_written_as_they_are_read() {
    let text = "2027-01-01\n2027-02-06..2027-02-12";
    let days = read_days("off", text, 2027).expect("days");
    assert_eq!((days.len(), written_days(days.iter().copied())), (8, text.to_owned()));
    for wrong in ["2026-12-31", "2027-02-12..2027-02-06", "2027-13-01", "tomorrow"] {
        assert_eq!(read_days("off", wrong, 2027).expect_err("no day").line, Some(1), "{wrong}");
    }
}
