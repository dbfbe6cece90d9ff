//! Conditions of a pattern: when the rule applies.

use serde_json::Value;

use super::Data;

/// A condition that could never be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("condition `{key}` must be {expected}")]
pub struct ConditionError {
    /// The key of the condition.
    pub key: &'static str,
    /// What it should have been.
    pub expected: &'static str,
}

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Checks the conditions this server evaluates; others are kept as they are, for readers who know them.
///
/// # Errors
///
/// [`ConditionError`] names the first condition that is malformed.
pub fn check_conditions(conditions: &Data) -> Result<(), ConditionError> {
    if conditions
        .get("day_of_week")
        .is_some_and(|days| !are_days(days))
    {
        return Err(ConditionError {
            key: "day_of_week",
            expected: "an English day name or a list of them",
        });
    }
    if conditions
        .get("hour_range")
        .is_some_and(|range| !is_hour_range(range))
    {
        return Err(ConditionError {
            key: "hour_range",
            expected: "[from, to] with whole hours from 0 to 24",
        });
    }

    Ok(())
}

fn are_days(value: &Value) -> bool {
    let is_day = |day: &Value| {
        day.as_str()
            .is_some_and(|day| DAYS.contains(&day.to_lowercase().as_str()))
    };

    match value {
        Value::Array(days) => !days.is_empty() && days.iter().all(is_day),
        day => is_day(day),
    }
}

fn is_hour_range(value: &Value) -> bool {
    let Value::Array(hours) = value else {
        return false;
    };

    hours.len() == 2
        && hours
            .iter()
            .all(|hour| hour.as_u64().is_some_and(|hour| hour <= 24))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(conditions: Value) -> Result<(), ConditionError> {
        let Value::Object(conditions) = conditions else {
            panic!("not an object");
        };

        check_conditions(&conditions)
    }

    #[test]
    fn known_conditions_are_checked_and_others_kept() {
        check(json!({})).unwrap();
        check(json!({"day_of_week": "Friday", "hour_range": [22, 6], "host": 1})).unwrap();
        check(json!({"day_of_week": ["monday", "Sunday"]})).unwrap();

        for bad in [
            json!({"hour_range": "9-17"}),
            json!({"hour_range": ["9", "17"]}),
            json!({"hour_range": [9]}),
            json!({"hour_range": [9, 25]}),
            json!({"day_of_week": "someday"}),
            json!({"day_of_week": []}),
        ] {
            assert!(check(bad.clone()).is_err(), "{bad}");
        }
    }
}
