//! A month where the installation stands.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::{FieldError, UnixMs};

/// A calendar month, by its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// `2026-11`
    ///
    /// # Errors
    /// Naming `month`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = || FieldError::new("month", "is no month", "write it as 2026-11");
        let day = format!("{}-01", text.trim());
        let short = text.trim().len() == "2026-11".len();
        day.parse::<Date>().ok().filter(|_| short).map(Self).ok_or_else(wrong)
    }

    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.checked_sub(1.month()).unwrap_or(self.0))
    }

    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0.checked_add(1.month()).unwrap_or(self.0))
    }

    /// Its first instant.
    pub fn begins(self, zone: &TimeZone) -> UnixMs {
        let at = self
            .0
            .at(0, 0, 0, 0)
            .to_zoned_datetime(zone.clone())
            .map(|at| at.timestamp().as_millisecond());
        UnixMs(at.unwrap_or(0))
    }

    /// Days since 1970 of its first day, as days of scans are counted.
    pub fn first_day(self) -> i64 {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.until(self.0).map_or(0, |span| i64::from(span.get_days()))
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }

    pub fn number(self) -> i8 {
        self.0.month()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_where_the_installation_stands_and_the_next_follows() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let december = Month::parse("2026-12").expect("a month");
        assert_eq!(december.after().to_string(), "2027-01");
        assert_eq!(december.before().to_string(), "2026-11");
        let begins = jiff::Timestamp::from_millisecond(december.begins(&zone).0);
        assert_eq!(begins.expect("an instant").to_string(), "2026-11-30T16:00:00Z");
        assert_eq!(Month::parse("1970-02").expect("a month").first_day(), 31);
        for wrong in ["", "2026", "2026-13", "2026-11-01", "11/2026"] {
            assert!(Month::parse(wrong).is_err(), "{wrong}");
        }
    }
}
