//! Arguments as clients send them, brought to what the tool's input schema says.
//!
//! One place for all tools: null is "not given"; a number or truth value written as text, and an array or object written
//! as JSON text, are read; unknown names are left alone; what still does not fit is refused with the argument's name.

use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use crate::service::Invalid;

/// Levels a value may be nested. The JSON parser reads 128, and a stored value comes back as part of something larger.
const DEEPEST: usize = 100;

/// Brings arguments to a tool's input schema.
///
/// # Errors
///
/// [`Invalid`] for the first argument that is missing or does not fit.
pub(super) fn normalise(
    schema: &JsonObject,
    arguments: Option<JsonObject>,
) -> Result<JsonObject, Invalid> {
    let empty = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();

    let mut normalised = JsonObject::new();
    for (name, value) in arguments.unwrap_or_default() {
        let Some(property) = properties.get(&name) else {
            continue;
        };
        let wanted = Wanted::from_schema(property);
        if value.is_null() && !(wanted.anything && required.contains(&name.as_str())) {
            continue;
        }
        let value = wanted
            .read(value)
            .map_err(|value| wanted.refuse(&name, value))?;
        check_storable(&name, &value)?;
        normalised.insert(name, value);
    }

    match required
        .into_iter()
        .find(|name| !normalised.contains_key(*name))
    {
        Some(missing) => Err(Invalid::without_value(
            Some(missing),
            format!("{missing} is required"),
        )),
        None => Ok(normalised),
    }
}

/// The JSON types a property takes.
#[derive(Default)]
struct Wanted<'a> {
    anything: bool,
    types: Vec<&'a str>,
    item: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn from_schema(property: &'a Value) -> Self {
        let types: Vec<&str> = match property.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };

        Self {
            anything: types.is_empty(),
            types,
            item: property.pointer("/items/type").and_then(Value::as_str),
        }
    }

    /// Reads a value as one of the types; gives it back if it is none.
    fn read(&self, value: Value) -> Result<Value, Value> {
        if self.fits(&value) {
            return Ok(value);
        }

        let read = match &value {
            Value::String(text) => self.read_text(text),
            Value::Number(number) if self.takes("integer") => whole(number.as_f64()),
            _ => None,
        };

        read.filter(|read| self.fits(read)).ok_or(value)
    }

    fn read_text(&self, text: &str) -> Option<Value> {
        if self.takes("integer") && text.parse::<i64>().is_ok() {
            return text.parse::<i64>().ok().map(Value::from);
        }
        if self.takes("number") {
            return text.parse::<f64>().ok().map(Value::from);
        }
        if self.takes("boolean") && matches!(text, "true" | "false") {
            return Some((text == "true").into());
        }
        if self.takes("array") || self.takes("object") {
            return serde_json::from_str(text).ok();
        }

        None
    }

    fn takes(&self, name: &str) -> bool {
        self.types.contains(&name)
    }

    fn fits(&self, value: &Value) -> bool {
        self.anything
            || match value {
                Value::Null => false,
                Value::Bool(_) => self.takes("boolean"),
                Value::Number(number) => {
                    self.takes("number") || (self.takes("integer") && number.is_i64())
                }
                Value::String(_) => self.takes("string"),
                Value::Array(items) => self.takes("array") && self.items_fit(items),
                Value::Object(_) => self.takes("object"),
            }
    }

    fn items_fit(&self, items: &[Value]) -> bool {
        self.item != Some("string") || items.iter().all(Value::is_string)
    }

    fn refuse(&self, name: &str, value: Value) -> Invalid {
        let types = self.types.join(" or ");
        let items = self
            .item
            .map(|item| format!(" of {item}s"))
            .unwrap_or_default();

        Invalid::new(name, value, format!("{name} must be {types}{items}"))
    }
}

/// The whole number a float is, if it is one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "numbers beyond 2^53 are refused, so nothing is cut"
)]
fn whole(number: Option<f64>) -> Option<Value> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;

    number
        .filter(|number| number.fract() == 0.0 && number.abs() <= LARGEST)
        .map(|number| Value::from(number as i64))
}

/// Refuses what could not be stored, or not be read again. A value that came as text is only known once it is read.
fn check_storable(name: &str, value: &Value) -> Result<(), Invalid> {
    let fault = if holds_nul(value) {
        "holds a NUL character, which cannot be stored".to_owned()
    } else if is_deeper_than(DEEPEST, value) {
        format!("is nested deeper than {DEEPEST} levels")
    } else {
        return Ok(());
    };

    Err(Invalid::without_value(
        Some(name),
        format!("{name} {fault}"),
    ))
}

fn is_deeper_than(levels: usize, value: &Value) -> bool {
    let is_too_deep = |value| match levels.checked_sub(1) {
        Some(levels) => is_deeper_than(levels, value),
        None => true,
    };

    match value {
        Value::Array(items) => items.iter().any(is_too_deep),
        Value::Object(members) => members.values().any(is_too_deep),
        _ => false,
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bring(arguments: Value) -> Result<Value, Invalid> {
        let Value::Object(schema) = json!({
            "type": "object",
            "required": ["source"],
            "properties": {
                "source": {"type": "string"},
                "limit": {"type": "integer"},
                "confirm": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "conditions": {"type": "object"},
                "content": {"type": ["string", "object", "array"]},
            },
        }) else {
            panic!("not an object");
        };
        let Value::Object(arguments) = arguments else {
            panic!("not an object");
        };

        normalise(&schema, Some(arguments)).map(Value::Object)
    }

    #[test]
    fn what_clients_write_as_text_is_read() {
        let brought = bring(json!({
            "source": "a", "limit": "5", "confirm": "true", "tags": "[\"x\"]", "conditions": "{}",
            "content": "{\"a\": 1}", "unknown": 1,
        }));

        assert_eq!(
            brought.unwrap(),
            json!({
                "source": "a", "limit": 5, "confirm": true, "tags": ["x"], "conditions": {},
                "content": "{\"a\": 1}",
            })
        );
        assert_eq!(
            bring(json!({"source": "a", "limit": 5.0})).unwrap()["limit"],
            5
        );
    }

    #[test]
    fn null_is_not_given() {
        assert_eq!(
            bring(json!({"source": "a", "limit": null})).unwrap(),
            json!({"source": "a"})
        );
        assert_eq!(
            bring(json!({"source": null})).unwrap_err().param.unwrap(),
            "source"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_name() {
        for (argument, value) in [
            ("limit", json!(5.5)),
            ("limit", json!("many")),
            ("limit", json!(1e300)),
            ("confirm", json!("yes")),
            ("tags", json!("x")),
            ("tags", json!(["x", 1])),
            ("source", json!(1)),
            ("content", json!(1)),
            ("source", json!("a\0b")),
            ("conditions", json!("{\"moon\": \"a\\u0000b\"}")),
            ("conditions", json!({"moon": nested(100)})),
            ("content", nested(101)),
        ] {
            let refused = bring(json!({"source": "a", argument: value})).unwrap_err();
            assert_eq!(refused.param.as_deref(), Some(argument), "{value}");
        }
    }

    #[test]
    fn what_is_not_nested_too_deep_is_taken() {
        for (argument, value) in [
            ("conditions", json!({"moon": nested(99)})),
            ("content", nested(100)),
        ] {
            let brought = bring(json!({"source": "a", argument: value})).unwrap();
            assert_eq!(brought[argument], value);
        }
    }

    /// Lists in lists, so many levels.
    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, _| json!([inner]))
    }
}
