//! What is wrong with a value, in the words of the contract and of a bounded length.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use schemars::JsonSchema;
use serde::Serialize;

/// The most bytes a message takes.
const MOST_MESSAGE_BYTES: usize = 300;

/// One way in which a value does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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

impl From<&ValidationError<'_>> for Violation {
    fn from(error: &ValidationError<'_>) -> Self {
        Self {
            path: json_path(error.instance_path()),
            message: message(error),
            validator: keyword(error).to_owned(),
            schema_path: error.schema_path().as_str().to_owned(),
        }
    }
}

/// Puts errors in the order of the values they are about, each before what is in it, and items by their number.
pub(super) fn by_position(one: &ValidationError<'_>, other: &ValidationError<'_>) -> Ordering {
    let places = |error: &ValidationError<'_>| {
        let segments = error.instance_path().into_iter();
        segments.map(Place::from).collect::<Vec<_>>()
    };

    places(one).cmp(&places(other)).then_with(|| {
        let [one, other] = [one, other].map(|error| error.schema_path().as_str());
        one.cmp(other)
    })
}

/// A part of a path.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Item(usize),
    Member(String),
}

impl From<LocationSegment<'_>> for Place {
    fn from(segment: LocationSegment<'_>) -> Self {
        match segment {
            LocationSegment::Index(index) => Self::Item(index),
            LocationSegment::Property(name) => Self::Member(name.into_owned()),
        }
    }
}

/// Says what is wrong; a value that is long is left out.
pub(super) fn message(error: &ValidationError<'_>) -> String {
    if let ValidationErrorKind::Not { .. } = error.kind() {
        // The library would show the schema as it was compiled.
        let value = bounded(error.instance()).unwrap_or_else(|_| "the value".to_owned());
        return format!("{value} fits the schema under 'not'");
    }

    bounded(error)
        .or_else(|_| bounded(&error.masked_with("the value")))
        .unwrap_or_else(|cut| cut + "…")
}

/// The text of something, or its beginning if it is long.
fn bounded(value: &impl fmt::Display) -> Result<String, String> {
    let mut text = Bounded(String::new());

    match write!(text, "{value}") {
        Ok(()) => Ok(text.0),
        Err(fmt::Error) => Err(text.0),
    }
}

/// Takes text until it is long; the rest is not even made.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST_MESSAGE_BYTES - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let fitting = text.floor_char_boundary(room);
        self.0.push_str(text.get(..fitting).unwrap_or_default());

        Err(fmt::Error)
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
