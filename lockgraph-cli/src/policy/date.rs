//! Days of the calendar: the last day on which an acceptance holds, and today.
//!
//! The Gregorian calendar, the years 1 to 9999. Today is that of UTC, so that a build fails on the
//! same day wherever it runs. Counting from 1970 takes a step for each year since.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day. Later days are greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Date {
    year: u16,
    month: u8,
    day: u8,
}

const SECONDS_A_DAY: u64 = 86_400;
/// The last day that there is, 9999-12-31, in days after 1970-01-01.
const LAST: u64 = 2_932_896;

impl Date {
    /// The day, if the calendar has it.
    pub(crate) fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let is_there = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        is_there.then_some(Date { year, month, day })
    }

    /// The day of `2027-01-31`, all digits written.
    pub(crate) fn parse(text: &str) -> Option<Date> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return None };
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if [year.len(), month.len(), day.len()] != [4, 2, 2] || !parts.into_iter().all(is_number) {
            return None;
        }
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Today in UTC, by the clock of the system.
    pub(crate) fn today() -> Date {
        // A clock that stands before 1970 is wrong. Nothing expires by it.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Date::after_1970(since.as_secs() / SECONDS_A_DAY)
    }

    /// So many days after 1970-01-01.
    fn after_1970(days: u64) -> Date {
        let mut left = days.min(LAST);
        let mut year = 1970;
        while left >= days_of_year(year) {
            left -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while left >= u64::from(days_in(year, month)) {
            left -= u64::from(days_in(year, month));
            month += 1;
        }
        // Less than the 31 days of a month are left.
        Date { year, month, day: left as u8 + 1 }
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn days_of_year(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, want) in [
            (0, "1970-01-01"),
            (30, "1970-01-31"),
            (31, "1970-02-01"),
            (364, "1970-12-31"),
            (365, "1971-01-01"),
            (789, "1972-02-29"),
            (790, "1972-03-01"),
            (11_016, "2000-02-29"),
            (19_722, "2023-12-31"),
            (20_819, "2027-01-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
            (LAST, "9999-12-31"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date::after_1970(days).to_string(), want, "{days}");
        }
    }

    #[test]
    fn each_day_follows_the_one_before_it() {
        let mut before = Date::after_1970(0);
        for days in 1..=LAST.min(200_000) {
            let date = Date::after_1970(days);
            assert!(before < date, "{before} {date}");
            assert_eq!(Date::parse(&date.to_string()), Some(date));
            before = date;
        }
    }

    #[test]
    fn what_the_calendar_does_not_have_is_no_day() {
        for text in [
            "2027-02-29",
            "2100-02-29",
            "2027-04-31",
            "2027-13-01",
            "2027-00-01",
            "2027-01-00",
            "0000-01-01",
            "2027-1-1",
            "2027-01-+1",
            "2027-01",
            "2027-01-01-01",
            "tomorrow",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2028-02-29").is_some());
    }

    #[test]
    fn today_is_after_the_day_on_which_this_was_written() {
        assert!(Date::today() > Date::new(2026, 1, 1).unwrap());
    }
}
