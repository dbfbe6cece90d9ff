//! Instants: UTC, to the microsecond, in and out as ISO 8601.

use std::fmt;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta,
    Timelike, Utc, Weekday,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A point in time. Finer digits than microseconds are cut when it is made, so that what is returned is what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(DateTime<Utc>);

/// The text is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 time")]
pub struct TimestampError;

impl Timestamp {
    /// The start of 1970, UTC.
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Reads ISO 8601: a date or a date and a time, basic or extended, calendar or week date.
    ///
    /// Without an offset the time is UTC, without a time it is midnight; digits past the sixth of a fraction are cut.
    ///
    /// # Errors
    ///
    /// [`TimestampError`] for anything else, blanks around the text included.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let (date, rest) = split_date(text).ok_or(TimestampError)?;
        let (time, offset) = match rest {
            None => (NaiveTime::MIN, TimeDelta::zero()),
            Some(rest) => parse_time(rest).ok_or(TimestampError)?,
        };
        let utc = NaiveDateTime::new(date, time)
            .checked_sub_signed(offset)
            .filter(|utc| (1..=9999).contains(&utc.year()))
            .ok_or(TimestampError)?;

        Ok(Self::from(utc.and_utc()))
    }

    /// Adds a span; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn checked_add(self, span: TimeDelta) -> Option<Self> {
        self.0
            .checked_add_signed(span)
            .filter(|sum| (1..=9999).contains(&sum.year()))
            .map(Self)
    }

    /// Seconds and nanoseconds since 1970; zero before it.
    #[must_use]
    pub fn unix(self) -> (u64, u32) {
        match u64::try_from(self.0.timestamp()) {
            Ok(seconds) => (seconds, self.0.timestamp_subsec_nanos()),
            Err(_) => (0, 0),
        }
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn unix_microseconds(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The instant as the storage layer's type.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(6))
    }
}

impl From<DateTime<FixedOffset>> for Timestamp {
    fn from(instant: DateTime<FixedOffset>) -> Self {
        Self::from(instant.with_timezone(&Utc))
    }
}

/// Six digits of fraction, or none when it is exactly zero; always `+00:00`. Written by hand: a list shows dozens, and the
/// library reads its format anew for each.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(time) = self;
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
        )?;
        match time.timestamp_subsec_micros() {
            0 => formatter.write_str("+00:00"),
            microseconds => write!(formatter, ".{microseconds:06}+00:00"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Timestamp> for serde_json::Value {
    fn from(timestamp: Timestamp) -> Self {
        Self::String(timestamp.to_string())
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}

/// Takes the date off the front; what follows the separator is the time.
fn split_date(text: &str) -> Option<(NaiveDate, Option<&str>)> {
    let length = date_length(text.as_bytes())?;
    let date = parse_date(text.get(..length)?)?;
    let mut rest = text.get(length..)?.chars();

    match rest.next() {
        None => Some((date, None)),
        Some(_separator) => Some((date, Some(rest.as_str()))),
    }
}

/// How many bytes of the text are the date. A week date may leave out its day, which makes `-` ambiguous: it starts the
/// day unless a two-digit hour follows.
fn date_length(text: &[u8]) -> Option<usize> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);

    match (text.get(4)?, text.get(5)?) {
        (b'-', b'W') => match text.get(8) {
            Some(b'-') if is_digit(9) && !is_digit(10) => Some(10),
            _ => Some(8),
        },
        (b'-', _) => Some(10),
        (b'W', _) => match text.len() {
            7 => Some(7),
            _ if is_digit(7) => Some(8),
            _ => Some(7),
        },
        _ => Some(8),
    }
}

fn parse_date(date: &str) -> Option<NaiveDate> {
    let year = digits(4, date.get(..4)?)?;
    let year = i32::try_from(year).ok().filter(|year| *year > 0)?;
    let rest = date.get(4..)?;
    let rest = rest.strip_prefix('-').unwrap_or(rest);

    if let Some(week_date) = rest.strip_prefix('W') {
        let week = digits(2, week_date.get(..2)?)?;
        let day = match week_date.get(2..)?.trim_start_matches('-') {
            "" => 1,
            day => digits(1, day)?,
        };
        let weekday = Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
        return NaiveDate::from_isoywd_opt(year, week, weekday);
    }

    let (month, day) = match rest.len() {
        5 => rest.split_once('-')?,
        4 => rest.split_at_checked(2)?,
        _ => return None,
    };

    NaiveDate::from_ymd_opt(year, digits(2, month)?, digits(2, day)?)
}

/// Reads `HH[[:]MM[[:]SS[.ffffff]]]` and an offset, `Z` or `±HH[[:]MM[[:]SS]]`.
fn parse_time(text: &str) -> Option<(NaiveTime, TimeDelta)> {
    let zone_at = text.find(['+', '-', 'Z']);
    let (clock, zone) = match zone_at {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };

    Some((parse_clock(clock)?, parse_offset(zone)?))
}

fn parse_offset(zone: &str) -> Option<TimeDelta> {
    match zone.split_at_checked(1) {
        None if zone.is_empty() => Some(TimeDelta::zero()),
        Some(("Z", "")) => Some(TimeDelta::zero()),
        Some((sign @ ("+" | "-"), clock)) => {
            let span = parse_clock(clock)?.signed_duration_since(NaiveTime::MIN);
            Some(if sign == "-" { -span } else { span })
        }
        _ => None,
    }
}

fn parse_clock(clock: &str) -> Option<NaiveTime> {
    let (whole, fraction) = match clock.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let parts: Vec<u32> = if whole.contains(':') {
        whole
            .split(':')
            .map(|part| digits(2, part))
            .collect::<Option<_>>()?
    } else {
        let pairs = whole.as_bytes().chunks(2);
        pairs
            .map(|pair| digits(2, std::str::from_utf8(pair).ok()?))
            .collect::<Option<_>>()?
    };
    let microseconds = match fraction {
        None => 0,
        Some(fraction) if parts.len() == 3 => parse_fraction(fraction)?,
        Some(_) => return None,
    };

    match parts.as_slice() {
        [hour] => NaiveTime::from_hms_opt(*hour, 0, 0),
        [hour, minute] => NaiveTime::from_hms_opt(*hour, *minute, 0),
        [hour, minute, second] => {
            NaiveTime::from_hms_micro_opt(*hour, *minute, *second, microseconds)
        }
        _ => None,
    }
}

fn parse_fraction(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }

    format!("{fraction:0<6}").get(..6)?.parse().ok()
}

/// Reads an unsigned number written with exactly so many digits.
fn digits(width: usize, text: &str) -> Option<u32> {
    let is_number = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());

    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        Timestamp::parse(text).map_or_else(|_| "rejected".to_owned(), |time| time.to_string())
    }

    #[test]
    fn every_accepted_form_is_read() {
        for (text, expected) in [
            ("2031-02-03", "2031-02-03T00:00:00+00:00"),
            ("2031-02-03T04", "2031-02-03T04:00:00+00:00"),
            ("2031-02-03T04:05", "2031-02-03T04:05:00+00:00"),
            ("2031-02-03 04:05:06", "2031-02-03T04:05:06+00:00"),
            ("2031-02-03T04:05:06.1", "2031-02-03T04:05:06.100000+00:00"),
            (
                "2031-02-03T04:05:06,1234567",
                "2031-02-03T04:05:06.123456+00:00",
            ),
            ("2031-02-03…04:05:06", "2031-02-03T04:05:06+00:00"),
            ("20310203T040506Z", "2031-02-03T04:05:06+00:00"),
            ("20310203", "2031-02-03T00:00:00+00:00"),
            ("2031-W05-3", "2031-01-29T00:00:00+00:00"),
            ("2031W053T04", "2031-01-29T04:00:00+00:00"),
            ("2031-W05", "2031-01-27T00:00:00+00:00"),
            ("2031-02-03T04:05:06+02", "2031-02-03T02:05:06+00:00"),
            ("2031-02-03T04:05:06-0530", "2031-02-03T09:35:06+00:00"),
            ("2031-02-03T04:05:06+05:30", "2031-02-02T22:35:06+00:00"),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_is_rejected() {
        for text in [
            "",
            " 2031-02-03",
            "2031-02-03 ",
            "2031-02-03T04:05:06z",
            "1924963200",
            "2031-02",
            "2031-034",
            "2031-02-03T24:00",
            "2031-02-03T04:05:60",
            "2031-13-01",
            "2031-02-30",
            "2031-02-03T",
            "2031-02-03T4:05",
            "2031-02-03T04:05:06.",
            "2031-02-03T04:05:06+",
            "2031-02-03T04:05:06+24",
            "0000-01-01",
            "0001-01-01T00:00+01",
            "tomorrow",
            "+2031-02-03",
        ] {
            assert_eq!(parsed(text), "rejected", "{text}");
        }
    }

    #[test]
    fn nanoseconds_are_cut_when_the_instant_is_made() {
        let instant = DateTime::from_timestamp(1, 123_456_789).unwrap();

        assert_eq!(
            Timestamp::from(instant).to_string(),
            "1970-01-01T00:00:01.123456+00:00"
        );
    }
}
