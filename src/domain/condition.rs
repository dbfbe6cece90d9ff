//! Conditions of a pattern: when the rule applies.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use serde_json::Value;

use super::{Data, Level, from_word};

/// When a pattern holds, and how serious the alerts are that it may explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    days: Option<Vec<Weekday>>,
    hours: Option<(u32, u32)>,
    zone: Tz,
    max_level: Level,
    /// Whether there is a key nobody here knows, so that nobody here can say that the condition holds.
    has_unknown: bool,
}

/// A condition that could never be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("condition `{key}` must be {expected}")]
pub struct ConditionError {
    /// The key of the condition.
    pub key: &'static str,
    /// What it should have been.
    pub expected: &'static str,
}

impl Condition {
    /// Reads the conditions of a pattern. Keys that are not known here are kept by the entry and never hold.
    ///
    /// # Errors
    ///
    /// [`ConditionError`] names the first known key whose value is malformed.
    pub fn parse(conditions: &Data) -> Result<Self, ConditionError> {
        let read = |key, parse: fn(&Value) -> bool, expected| match conditions.get(key) {
            Some(value) if !parse(value) => Err(ConditionError { key, expected }),
            found => Ok(found),
        };
        let days = read(
            "day_of_week",
            |value| days(value).is_some(),
            "an English day name or a list of them",
        )?;
        let hours = read(
            "hour_range",
            |value| hours(value).is_some(),
            "[from, to] with whole hours from 0 to 24",
        )?;
        let zone = read(
            "timezone",
            |value| zone(value).is_some(),
            "an IANA time zone such as Europe/Berlin",
        )?;
        let max_level = read(
            "max_level",
            |value| level(value).is_some(),
            "warning or critical",
        )?;

        Ok(Self {
            days: days.and_then(self::days),
            hours: hours.and_then(self::hours),
            zone: zone.and_then(self::zone).unwrap_or(Tz::UTC),
            max_level: max_level.and_then(level).unwrap_or(Level::Warning),
            has_unknown: conditions.keys().any(|key| !KNOWN.contains(&key.as_str())),
        })
    }

    /// Whether the condition holds at a moment. The hours of a range run from its first up to, and not including, its
    /// last; one that ends before it begins runs over midnight; an empty one never holds.
    #[must_use]
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        let local = now.with_timezone(&self.zone);
        let day = self
            .days
            .as_ref()
            .is_none_or(|days| days.contains(&local.weekday()));
        let hour = self.hours.is_none_or(|(from, to)| {
            let hour = local.hour();
            if from <= to {
                (from..to).contains(&hour)
            } else {
                hour >= from || hour < to
            }
        });

        day && hour && !self.has_unknown
    }

    /// Whether alerts that serious are let through whatever the pattern says: critical ones, unless `max_level` says
    /// that they are expected too.
    #[must_use]
    pub fn covers_critical(&self) -> bool {
        self.max_level == Level::Critical
    }
}

const KNOWN: [&str; 4] = ["day_of_week", "hour_range", "timezone", "max_level"];

fn days(value: &Value) -> Option<Vec<Weekday>> {
    let days = match value {
        Value::Array(days) => days.iter().map(day).collect::<Option<Vec<_>>>()?,
        one => vec![day(one)?],
    };

    Some(days).filter(|days| !days.is_empty())
}

fn day(value: &Value) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Mon),
        ("tuesday", Weekday::Tue),
        ("wednesday", Weekday::Wed),
        ("thursday", Weekday::Thu),
        ("friday", Weekday::Fri),
        ("saturday", Weekday::Sat),
        ("sunday", Weekday::Sun),
    ];
    let name = value.as_str()?;

    DAYS.iter()
        .find(|(day, _)| day.eq_ignore_ascii_case(name))
        .map(|(_, day)| *day)
}

fn hours(value: &Value) -> Option<(u32, u32)> {
    let [from, to] = value.as_array()?.as_slice() else {
        return None;
    };
    let hour = |value: &Value| {
        let hour = u32::try_from(value.as_u64()?).ok()?;
        Some(hour).filter(|hour| *hour <= 24)
    };

    Some((hour(from)?, hour(to)?))
}

fn zone(value: &Value) -> Option<Tz> {
    value.as_str()?.parse().ok()
}

fn level(value: &Value) -> Option<Level> {
    from_word(value.as_str()?).filter(|level| Level::REPORTABLE.contains(level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use serde_json::json;

    fn parse(conditions: Value) -> Result<Condition, ConditionError> {
        let Value::Object(conditions) = conditions else {
            panic!("not an object");
        };

        Condition::parse(&conditions)
    }

    fn holds(conditions: Value, time: &str) -> bool {
        let time = Timestamp::parse(time).unwrap().utc();

        parse(conditions).unwrap().holds_at(time)
    }

    #[test]
    fn known_conditions_are_checked() {
        for bad in [
            json!({"hour_range": "9-17"}),
            json!({"hour_range": ["9", "17"]}),
            json!({"hour_range": [9]}),
            json!({"hour_range": [9, 25]}),
            json!({"day_of_week": "someday"}),
            json!({"day_of_week": []}),
            json!({"timezone": "Mars/Olympus"}),
            json!({"max_level": "info"}),
        ] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_hold_by_name_whatever_the_case_one_or_several() {
        let (friday, monday) = ("2031-01-03T12:00:00", "2031-01-06T12:00:00");

        assert!(holds(json!({"day_of_week": "Friday"}), friday));
        assert!(!holds(json!({"day_of_week": "friday"}), monday));
        assert!(holds(json!({"day_of_week": ["sunday", "MONDAY"]}), monday));
        assert!(holds(json!({}), monday));
    }

    #[test]
    fn hours_run_up_to_the_last_and_over_midnight() {
        let at = |hour: u32| format!("2031-01-03T{hour:02}:30:00");
        let day = json!({"hour_range": [9, 17]});
        let night = json!({"hour_range": [22, 6]});

        for (hour, by_day, by_night) in [
            (5, false, true),
            (6, false, false),
            (9, true, false),
            (16, true, false),
            (17, false, false),
            (23, false, true),
        ] {
            assert_eq!(holds(day.clone(), &at(hour)), by_day, "{hour}");
            assert_eq!(holds(night.clone(), &at(hour)), by_night, "{hour}");
        }
        assert!(!holds(json!({"hour_range": [5, 5]}), &at(5)));
    }

    #[test]
    fn all_must_hold_in_the_zone_given_and_nothing_unknown_does() {
        let evening = "2031-01-03T23:30:00";

        assert!(!holds(
            json!({"day_of_week": "friday", "hour_range": [9, 17]}),
            evening
        ));
        assert!(holds(
            json!({"day_of_week": "saturday", "timezone": "Europe/Berlin"}),
            evening
        ));
        assert!(!holds(json!({"moon": "full"}), evening));
    }
}
