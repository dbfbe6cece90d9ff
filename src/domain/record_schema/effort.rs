//! What compiling a schema, and validating with it, may cost.
//!
//! What validating costs depends on the value as much as on the schema. So a keyword of our own is put into each
//! subschema of a copy, and counts how often it is asked; where that is too much it unwinds.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

/// The keyword put into each subschema.
pub(super) const KEYWORD: &str = "awareness:effort";

/// Keywords that hold schemas by name.
pub(super) const MAPS: [&str; 6] = [
    "$defs",
    "definitions",
    "dependencies",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

/// Keywords that hold values, not schemas.
pub(super) const VALUES: [&str; 6] = [
    "$vocabulary",
    "const",
    "default",
    "dependentRequired",
    "enum",
    "examples",
];

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// More was asked for than is allowed.
#[derive(Debug)]
pub(super) struct Exceeded;

/// Runs work on an instrumented schema, to the end or until it has cost so much.
pub(super) fn bounded<T>(most: usize, work: impl FnOnce() -> T) -> Result<T, Exceeded> {
    LEFT.set(most);

    catch_unwind(AssertUnwindSafe(work)).map_err(|reason| match reason.downcast::<Exceeded>() {
        Ok(exceeded) => *exceeded,
        Err(other) => resume_unwind(other),
    })
}

/// Puts the keyword into a schema and everything in it that may be one.
pub(super) fn instrument(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(instrument_nested),
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match member {
                    Value::Object(schemas) if MAPS.contains(&key.as_str()) => {
                        schemas.values_mut().for_each(instrument_nested);
                    }
                    _ if VALUES.contains(&key.as_str()) => {}
                    member => instrument_nested(member),
                }
            }
            members.insert(KEYWORD.to_owned(), true.into());
        }
        _ => {}
    }
}

/// A schema in a schema is of the same dialect: in an older one a reference would stand alone, without our keyword.
fn instrument_nested(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut()
        && members.get("$schema").is_some_and(Value::is_string)
    {
        members.remove("$schema");
    }
    instrument(schema);
}

/// Finds a reference into a value, which [`instrument`] leaves as it is.
pub(super) fn reference_into_value(schema: &Value) -> Option<&str> {
    match schema {
        Value::Array(items) => items.iter().find_map(reference_into_value),
        Value::Object(members) => ["$ref", "$dynamicRef"]
            .iter()
            .filter_map(|key| members.get(*key)?.as_str())
            .find(|reference| leads_into_value(reference))
            .or_else(|| members.values().find_map(reference_into_value)),
        _ => None,
    }
}

fn leads_into_value(reference: &str) -> bool {
    let Some((_, fragment)) = reference.split_once('#') else {
        return false;
    };
    let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
    let mut is_name = false;
    for segment in fragment.split('/').skip(1) {
        if !is_name && VALUES.contains(&segment) {
            return true;
        }
        is_name = !is_name && MAPS.contains(&segment);
    }

    false
}

/// Makes the keyword of a subschema.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the library asks for a function of this form"
)]
pub(super) fn keyword<'a>(
    parent: &'a Map<String, Value>,
    _value: &'a Value,
    _path: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let effort = Effort::of(parent);
    effort.spend(0);

    Ok(Box::new(effort))
}

/// What it costs to ask one subschema, in steps of about a hundred nanoseconds at the most.
struct Effort {
    always: usize,
    of_each_member: usize,
    matches: bool,
}

impl Effort {
    fn of(schema: &Map<String, Value>) -> Self {
        let patterns = schema.get("patternProperties").and_then(Value::as_object);

        Self {
            always: schema.iter().map(|(key, value)| extent(key, value)).sum(),
            of_each_member: patterns.map_or(0, Map::len),
            matches: schema.contains_key("pattern"),
        }
    }

    fn spend(&self, more: usize) {
        let Some(left) = LEFT.get().checked_sub(self.always + more) else {
            // No panic: nothing is wrong, and nothing is printed.
            resume_unwind(Box::new(Exceeded));
        };
        LEFT.set(left);
    }

    fn ask(&self, value: &Value) {
        self.spend(match value {
            Value::String(text) if self.matches => text.len() / 8,
            Value::Object(members) => self.of_each_member * members.len(),
            _ => 0,
        });
    }
}

impl<'i> Keyword<'i> for Effort {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        self.ask(value);

        Ok(())
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        self.ask(value);

        true
    }
}

/// How much of a keyword is looked at each time.
fn extent(key: &str, value: &Value) -> usize {
    match value {
        // Texts and numbers are looked up, the others compared one by one.
        Value::Array(options) if key == "enum" => options.iter().map(size).sum(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 1,
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 0,
    }
}
