//! Schemas of records: JSON Schema, draft 2020-12, without ever touching the network or a file.
//!
//! What a schema may cost is bounded: by itself in [`references`], with a value in [`effort`].

mod effort;
mod references;
mod violation;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::Location;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Value, json};

use effort::{Exceeded, KEYWORD};
pub use violation::Violation;
use violation::by_position;

/// The most violations a refusal lists.
const MOST_LISTED: usize = 50;

/// Steps it may take to compile a schema; a subschema is at least one.
const MOST_TO_COMPILE: usize = 1_000_000;

/// Steps it may take to look at one value without members, whatever the schema refers to.
const MOST_AT_ONCE: usize = 100_000;

/// Steps it may take to decide whether a value fits.
const MOST_TO_DECIDE: usize = 10_000_000;

/// Steps it may take to find all that is wrong with it; what is found takes memory.
const MOST_TO_EXPLAIN: usize = 1_000_000;

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

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violations {
    /// It does not fit.
    Found {
        /// The first fifty, in the order of the places they are about.
        listed: Vec<Violation>,
        /// How many there are.
        total: usize,
    },
    /// The validator itself gave up, for example on a pattern that backtracks without end.
    Failed(String),
}

impl RecordSchema {
    /// Bytes of stack that compiling and validating take at the most: the library asks subschemas on the stack, as deep
    /// as a value is nested times as deep as references lead without going into it.
    pub const STACK_BYTES: usize = 64 * 1024 * 1024;

    /// Checks a schema against the meta-schema and resolves its references; a reference to another address is an error,
    /// and so are references that lead too deep or multiply.
    ///
    /// # Errors
    ///
    /// [`SchemaError`], with the place in the schema.
    pub fn compile(body: &Value) -> Result<Self, SchemaError> {
        jsonschema::draft202012::meta::validate(body).map_err(SchemaError::from)?;
        if let Some(reference) = effort::reference_into_value(body) {
            let message = format!("`{reference}` refers to a value, not to a schema");
            return Err(SchemaError::at_root(message));
        }

        references::check(body).map_err(|_| SchemaError::too_much())?;

        let mut body = body.clone();
        effort::instrument(&mut body);
        let compiled = effort::bounded(MOST_TO_COMPILE, || {
            jsonschema::draft202012::options()
                .offline()
                .with_pattern_options(PatternOptions::regex())
                .with_keyword(KEYWORD, effort::keyword)
                .build(&body)
        });
        let schema = Self(compiled??);
        schema.check_extent()?;

        Ok(schema)
    }

    /// Tries values without members: whatever makes these dear would make every record dear.
    fn check_extent(&self) -> Result<(), SchemaError> {
        for value in [json!(null), json!(0), json!(""), json!([]), json!({})] {
            effort::bounded(MOST_AT_ONCE, || self.0.iter_errors(&value).count())?;
        }

        Ok(())
    }

    /// Validates a value; `format` is an annotation and not asserted.
    ///
    /// # Errors
    ///
    /// [`Violations`]: all that is wrong, or that the validator gave up.
    pub fn validate(&self, value: &Value) -> Result<(), Violations> {
        let fits =
            effort::bounded(MOST_TO_DECIDE, || self.0.is_valid(value)).map_err(|Exceeded| {
                Violations::Failed("it takes too much work: send less at once".to_owned())
            })?;
        // What the validator could not decide it says only when asked for errors.
        if fits {
            return Ok(());
        }

        effort::bounded(MOST_TO_EXPLAIN, || self.explain(value)).unwrap_or_else(|Exceeded| {
            let reason = "it does not fit, but finding all that is wrong takes too much work: send less at once";
            Err(Violations::Failed(reason.to_owned()))
        })
    }

    fn explain(&self, value: &Value) -> Result<(), Violations> {
        let mut found = Vec::new();
        for error in self.0.iter_errors(value) {
            if is_failure(error.kind()) {
                return Err(Violations::Failed(violation::message(&error)));
            }
            found.push(error);
        }
        if found.is_empty() {
            return Ok(());
        }

        found.sort_by(by_position);

        Err(Violations::Found {
            listed: found
                .iter()
                .take(MOST_LISTED)
                .map(Violation::from)
                .collect(),
            total: found.len(),
        })
    }
}

impl SchemaError {
    fn too_much() -> Self {
        Self::at_root("its references lead too deep or multiply: make it smaller".to_owned())
    }

    fn at_root(message: String) -> Self {
        Self {
            message,
            schema_error_path: String::new(),
        }
    }
}

impl From<ValidationError<'_>> for SchemaError {
    fn from(error: ValidationError<'_>) -> Self {
        Self {
            message: violation::message(&error),
            // The error is about the schema, so its instance is the schema.
            schema_error_path: path_text(error.instance_path()),
        }
    }
}

impl From<Exceeded> for SchemaError {
    fn from(_: Exceeded) -> Self {
        Self::too_much()
    }
}

fn path_text(path: &Location) -> String {
    path.as_str().trim_start_matches('/').to_owned()
}

fn is_failure(kind: &ValidationErrorKind) -> bool {
    matches!(
        kind,
        ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
            | ValidationErrorKind::Referencing(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Data;

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
        assert_eq!(keywords, ["additionalProperties", "dependentRequired"]);
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
    fn items_are_listed_by_their_number() {
        let schema = json!({"items": {"type": "string"}});

        let found = violations(&schema, &Value::from(vec![1; 12]));

        let paths: Vec<_> = found.iter().map(|one| one.path.clone()).collect();
        let expected: Vec<_> = (0..12).map(|index| format!("$[{index}]")).collect();
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_message_leaves_a_long_value_out_and_is_never_long() {
        let long = "x".repeat(100_000);
        let options: Vec<_> = (0..10_000).map(|number| number.to_string()).collect();

        let of_value = violations(&json!({"type": "integer"}), &json!(long));
        let of_schema = violations(&json!({"enum": options}), &json!(long));

        assert_eq!(of_value[0].message, r#"the value is not of type "integer""#);
        assert!(of_schema[0].message.len() < 310, "{}", of_schema[0].message);
    }

    #[test]
    fn a_long_chain_of_references_is_refused() {
        for (keyword, wrapped) in [("$ref", false), ("$ref", true), ("$dynamicRef", false)] {
            let definitions: Data = (0..3000)
                .map(|level| {
                    let reference = json!({keyword: format!("#/$defs/d{}", level + 1)});
                    let wrapped = if wrapped {
                        json!({"not": reference})
                    } else {
                        reference
                    };
                    (format!("d{level}"), wrapped)
                })
                .chain([("d3000".to_owned(), json!({"type": "string"}))])
                .collect();
            let schema = json!({
                "$defs": definitions, "$ref": "#/$defs/d0", "unevaluatedProperties": false, "unevaluatedItems": false,
            });

            let error = RecordSchema::compile(&schema).unwrap_err();

            assert!(error.message.contains("references"), "{}", error.message);
        }
    }

    #[test]
    fn references_that_double_are_refused() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let definitions: Data = (0..40)
                .map(|level| {
                    let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
                    (format!("d{level}"), json!({keyword: [next, next]}))
                })
                .chain([("d40".to_owned(), json!({"type": "object"}))])
                .collect();
            let schema = json!({"$defs": definitions, "$ref": "#/$defs/d0"});

            let error = RecordSchema::compile(&schema).unwrap_err();

            assert!(
                error.message.contains("references"),
                "{keyword}: {}",
                error.message
            );
        }
    }

    #[test]
    fn a_reference_to_itself_is_followed_as_deep_as_the_value_goes() {
        let schema = json!({"properties": {"in": {"$ref": "#"}}, "required": ["name"]});
        let nested = |levels| {
            (0..levels).fold(
                json!({"name": 0}),
                |inner, _| json!({"name": 1, "in": inner}),
            )
        };
        let compiled = RecordSchema::compile(&schema).unwrap();

        assert_eq!(compiled.validate(&nested(100)), Ok(()));
        assert!(
            compiled
                .validate(&json!({"name": 1, "in": {"in": {}}}))
                .is_err()
        );
        assert!(RecordSchema::compile(&json!({"$ref": "#"})).is_ok());
        let round = json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"});
        assert!(RecordSchema::compile(&round).is_err());
    }

    #[test]
    fn a_value_that_multiplies_the_work_is_given_up() {
        let definitions: Data = (0..12)
            .map(|level| {
                let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
                (
                    format!("d{level}"),
                    json!({"anyOf": [{"items": next}, {"items": next}]}),
                )
            })
            .chain([("d12".to_owned(), json!(false))])
            .collect();
        let schema = json!({"$defs": definitions, "$ref": "#/$defs/d0"});
        let value = (0..12).fold(json!([0, 0, 0]), |inner, _| json!([inner, inner]));

        let refused = RecordSchema::compile(&schema).unwrap().validate(&value);

        assert!(matches!(refused, Err(Violations::Failed(_))), "{refused:?}");
    }

    #[test]
    fn patterns_are_matched_in_one_pass() {
        let schema = json!({"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"});
        let compiled = RecordSchema::compile(&schema).unwrap();

        assert!(matches!(
            compiled.validate(&json!("a".repeat(100_000))),
            Err(Violations::Found { total: 1, .. })
        ));
        for pattern in ["(?=a)b", r"(a)\1", "a{1000}{1000}{1000}"] {
            let error = RecordSchema::compile(&json!({"pattern": pattern})).unwrap_err();
            assert_eq!(error.schema_error_path, "pattern");
        }
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
