//! Schemas of records: JSON Schema, draft 2020-12, without ever touching the network or a file.

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The most violations a refusal lists.
const MOST_LISTED: usize = 50;

/// A schema ready to validate with.
#[derive(Debug)]
pub struct RecordSchema(Validator);

/// A body that is not a usable schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// What is wrong.
    pub message: String,
    /// Where, as a `/`-joined path into the schema; empty at the root.
    pub schema_error_path: String,
}

/// One way in which a value does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Violation {
    /// `JSONPath` of the offending value, for example `$.items[3]`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// The keyword that failed, for example `required`.
    pub validator: String,
    /// `/`-joined path of the keyword inside the schema.
    pub schema_path: String,
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violations {
    /// It does not fit.
    Found {
        /// The first fifty, sorted by path.
        listed: Vec<Violation>,
        /// How many there are.
        total: usize,
    },
    /// The validator itself gave up, for example on a pattern that backtracks without end.
    Failed(String),
}

impl RecordSchema {
    /// Checks a schema against the meta-schema and resolves its references; a reference to another address is an error.
    ///
    /// # Errors
    ///
    /// [`SchemaError`], with the place in the schema.
    pub fn compile(body: &Value) -> Result<Self, SchemaError> {
        jsonschema::draft202012::options()
            .offline()
            .build(body)
            .map(Self)
            .map_err(|error| SchemaError {
                message: error.to_string(),
                // The error is about the schema, so its instance is the schema.
                schema_error_path: error
                    .instance_path()
                    .as_str()
                    .trim_start_matches('/')
                    .to_owned(),
            })
    }

    /// Validates a value; `format` is an annotation and not asserted.
    ///
    /// # Errors
    ///
    /// [`Violations`]: all that is wrong, or that the validator gave up.
    pub fn validate(&self, value: &Value) -> Result<(), Violations> {
        let mut found = Vec::new();
        for error in self.0.iter_errors(value) {
            if is_failure(error.kind()) {
                return Err(Violations::Failed(error.to_string()));
            }
            found.push(violation(&error));
        }
        if found.is_empty() {
            return Ok(());
        }

        found.sort();
        let total = found.len();
        found.truncate(MOST_LISTED);

        Err(Violations::Found {
            listed: found,
            total,
        })
    }
}

fn is_failure(kind: &ValidationErrorKind) -> bool {
    matches!(
        kind,
        ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
            | ValidationErrorKind::Referencing(_)
    )
}

fn violation(error: &ValidationError<'_>) -> Violation {
    Violation {
        path: json_path(error.instance_path()),
        message: error.to_string(),
        validator: keyword(error).to_owned(),
        schema_path: error.schema_path().as_str().to_owned(),
    }
}

/// The keyword that failed. Two of them the library names after what they come down to; their own name ends the path.
fn keyword<'a>(error: &'a ValidationError<'_>) -> &'a str {
    let last = error.schema_path().as_str().rsplit('/').next();

    match (error.kind(), last) {
        (ValidationErrorKind::FalseSchema, Some(last @ "additionalProperties"))
        | (ValidationErrorKind::Required { .. }, Some(last @ "dependentRequired")) => last,
        (kind, _) => kind.keyword(),
    }
}

fn json_path(location: &Location) -> String {
    location
        .into_iter()
        .map(|segment| match segment {
            LocationSegment::Index(index) => format!("[{index}]"),
            LocationSegment::Property(name) if is_plain(&name) => format!(".{name}"),
            LocationSegment::Property(name) => {
                format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
            }
        })
        .fold("$".to_owned(), |path, segment| path + &segment)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|character: char| character.is_ascii_digit())
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn violations(schema: &Value, value: &Value) -> Vec<Violation> {
        match RecordSchema::compile(schema).unwrap().validate(value) {
            Err(Violations::Found { listed, .. }) => listed,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn violations_are_sorted_by_path_and_name_the_keyword() {
        let schema = json!({
            "type": "object",
            "required": ["litres"],
            "properties": {"age": {"type": "integer"}, "items": {"items": {"minimum": 1}}},
        });

        let found = violations(&schema, &json!({"age": "x", "items": [1, 0], "a b": 1}));

        let seen: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.path.as_str(),
                    one.validator.as_str(),
                    one.schema_path.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("$", "required", "/required"),
                ("$.age", "type", "/properties/age/type"),
                ("$.items[1]", "minimum", "/properties/items/items/minimum"),
            ]
        );
    }

    #[test]
    fn a_keyword_is_called_what_the_schema_calls_it() {
        let schema = json!({
            "additionalProperties": false,
            "dependentRequired": {"a": ["b"]},
        });

        let found = violations(&schema, &json!({"a": 1}));

        let keywords: Vec<_> = found.iter().map(|one| one.validator.as_str()).collect();
        assert_eq!(keywords, ["dependentRequired", "additionalProperties"]);
    }

    #[test]
    fn more_than_fifty_violations_are_counted_and_cut() {
        let schema = json!({"items": {"type": "string"}});
        let value = Value::from(vec![1; 60]);

        let Err(Violations::Found { listed, total }) =
            RecordSchema::compile(&schema).unwrap().validate(&value)
        else {
            panic!("not refused");
        };

        assert_eq!((listed.len(), total), (50, 60));
    }

    #[test]
    fn a_remote_or_broken_reference_is_refused_when_the_schema_is_compiled() {
        for reference in [
            "http://localhost:9/schema.json",
            "file:///etc/passwd",
            "#/$defs/none",
        ] {
            assert!(
                RecordSchema::compile(&json!({"$ref": reference})).is_err(),
                "{reference}"
            );
        }
    }

    #[test]
    fn a_body_that_breaks_the_meta_schema_is_refused_with_the_place() {
        let error =
            RecordSchema::compile(&json!({"properties": {"a": {"type": "text"}}})).unwrap_err();

        assert_eq!(error.schema_error_path, "properties/a/type");
        assert!(RecordSchema::compile(&json!({})).is_ok());
    }
}
