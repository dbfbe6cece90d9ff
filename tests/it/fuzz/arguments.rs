//! Arguments of every sort: what a tool's input schema asks for, what it does not, and what has no sense at all.

use proptest::prelude::*;
use proptest::sample::select;
use rmcp::model::Tool;
use serde_json::{Map, Value, json};

use super::planting::ENTRIES;

/// Stands before the number of a planted entry, until its id is known.
const PLANTED: &str = "planted entry ";

/// Names the planted entries have, so that calls hit one another and them.
const NAMES: [&str; 9] = [
    "garden",
    "plan",
    "a",
    "b",
    "1",
    "2",
    "global",
    "custom-prompt",
    "memory-prompt",
];

const TIMES: [&str; 8] = [
    "2031-02-03",
    "2031-02-03T04:05:06Z",
    "2030-01-01T00:00:00.123456+05:30",
    "9999-12-31T23:59:59-14:00",
    "0000-01-01",
    "-0001-12-31T00:00:00Z",
    "+262142-12-31T23:59:59Z",
    "2031-13-01",
];

const LANGUAGES: [&str; 6] = ["en", "de", "simple", " FR ", "", "ja"];

const WORDS: [&str; 27] = [
    "list",
    "full",
    "true",
    "false",
    "only",
    "note",
    "record",
    "alert",
    "schema",
    "intention",
    "warning",
    "critical",
    "info",
    "threshold",
    "structural",
    "baseline",
    "pending",
    "fired",
    "active",
    "completed",
    "snoozed",
    "cancelled",
    "low",
    "normal",
    "high",
    "5",
    "-1",
];

/// Texts with a meaning to something on the way: a database, an index of words, JSON, a template, a terminal.
const ODD: [&str; 24] = [
    "",
    " ",
    "\0",
    "a\0b",
    "'; DROP TABLE entries;--",
    "%_\\",
    "$1 ?1 :a @b",
    "\"unclosed",
    "a AND (b OR",
    "a* NEAR(b, 2) -c ^d {e}: f",
    "& | ! <-> :*",
    "{{name}} {0} {}",
    "{\"a\": [1, null]}",
    "[\"a\", \"b\"]",
    "[1e999]",
    "\u{202e}\u{200b}\u{feff}",
    "e\u{301}\u{301}\u{301}",
    "\u{fffe}\u{ffff}\u{10ffff}",
    "👩‍👩‍👧‍👦",
    "日本語の文章",
    "ﷺ ß ẞ İ ı ǆ",
    "\r\n\t\u{1b}[31m",
    "../../etc/passwd",
    "awareness://entries/x?y=z#%00",
];

/// Arguments for a tool: most as its schema names them, some under any name.
pub(super) fn of(tool: &Tool) -> impl Strategy<Value = Map<String, Value>> {
    let empty = Map::new();
    let properties = tool
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    let required = tool.input_schema.get("required");
    let is_required = |name: &str| {
        required
            .and_then(Value::as_array)
            .is_some_and(|names| names.contains(&name.into()))
    };
    let properties: Vec<_> = properties
        .unwrap_or(&empty)
        .iter()
        .map(|(name, property)| argument(name, property, is_required(name)))
        .collect();
    let shaped = properties.prop_map(|given| given.into_iter().flatten().collect::<Map<_, _>>());
    let more = prop::collection::vec((text(), json()), 0..3);

    prop_oneof![
        12 => shaped.clone(),
        1 => (more.clone(), shaped).prop_map(|(more, shaped)| more.into_iter().chain(shaped).collect()),
        1 => more.prop_map(|more| more.into_iter().collect()),
    ]
}

/// One argument, if it is given, under its name.
fn argument(
    name: &str,
    property: &Value,
    is_required: bool,
) -> BoxedStrategy<Option<(String, Value)>> {
    let given = if is_required { 0.97 } else { 0.3 };
    let value = prop_oneof![
        12 => fitting(name, property),
        1 => anything(name),
    ];
    let name = name.to_owned();

    prop::option::weighted(given, value.prop_map(move |value| (name.clone(), value))).boxed()
}

/// What the argument is meant for, as far as its name and its type say.
fn fitting(name: &str, property: &Value) -> BoxedStrategy<Value> {
    let one_of = |words: &'static [&'static str]| select(words).prop_map(Value::from).boxed();

    match name {
        "entry_id" => prop_oneof![9 => planted(), 1 => short().prop_map(Value::from)].boxed(),
        "related_ids" => list(planted()),
        "since" | "until" | "created_after" | "created_before" | "deliver_at" => one_of(&TIMES),
        "language" => one_of(&LANGUAGES),
        "mode" => one_of(&["list", "full"]),
        "include_history" => one_of(&["true", "false", "only"]),
        "entry_type" => one_of(&["note", "record", "schema", "alert", "intention", "status"]),
        "level" => one_of(&["warning", "critical", "info"]),
        "alert_type" => one_of(&["threshold", "structural", "baseline"]),
        "state" => one_of(&[
            "pending",
            "fired",
            "active",
            "completed",
            "snoozed",
            "cancelled",
        ]),
        "urgency" => one_of(&["low", "normal", "high"]),
        "schema" => schema(),
        "schema_ref" => prop_oneof![6 => Just("plan".to_owned()), 1 => known()]
            .prop_map(Value::from)
            .boxed(),
        "schema_version" => {
            prop_oneof![6 => select(&["1", "2"]).prop_map(str::to_owned), 1 => known()]
                .prop_map(Value::from)
                .boxed()
        }
        "description" | "content_type" | "effect" | "goal" | "message" | "query" | "hint"
        | "value" | "detail" => prop_oneof![6 => text(), 1 => long()]
            .prop_map(Value::from)
            .boxed(),
        _ => typed(&property["type"]),
    }
}

fn typed(types: &Value) -> BoxedStrategy<Value> {
    let first = types.as_array().map_or(types, |types| &types[0]);

    match first.as_str() {
        _ if types.is_array() => json().boxed(),
        Some("integer") => whole(),
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("array") => list(known().prop_map(Value::from).boxed()),
        Some("object") => prop::collection::vec((text(), json()), 0..4)
            .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into())
            .boxed(),
        Some("string") => known().prop_map(Value::from).boxed(),
        _ => prop_oneof![
            json(),
            Just(json!({"a": 1})),
            Just(json!("aaaaaaaaaaaaaaaaaaaaaaaaaaaab"))
        ]
        .boxed(),
    }
}

/// A value of any type, also nested up to and beyond what is taken.
fn anything(name: &str) -> BoxedStrategy<Value> {
    if name == "schema" {
        return json().boxed();
    }

    prop_oneof![
        6 => json(),
        1 => whole(),
        1 => select(vec![10, 99, 100, 101, 110]).prop_map(|levels| (0..levels).fold(json!(1), |inner, _| json!([inner]))),
    ]
    .boxed()
}

fn json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        whole(),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];

    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Schemas, good and bad.
fn schema() -> BoxedStrategy<Value> {
    let keyword = select(vec![
        "type",
        "properties",
        "required",
        "items",
        "$ref",
        "$defs",
        "$id",
        "$schema",
        "pattern",
        "enum",
        "const",
        "minimum",
        "multipleOf",
        "maxLength",
        "anyOf",
        "not",
        "additionalProperties",
        "format",
        "title",
    ]);
    let leaf = prop_oneof![
        Just(json!({})),
        any::<bool>().prop_map(Value::from),
        select(vec![
            "string",
            "object",
            "integer",
            "#",
            "#/$defs/a",
            "http://127.0.0.1:1/s",
            "file:///etc/passwd",
            "(",
            "a{9999}"
        ])
        .prop_map(Value::from),
        whole(),
        json(),
    ];

    leaf.prop_recursive(6, 40, 4, move |inner| {
        let member = (keyword.clone(), inner.clone());
        prop_oneof![
            4 => prop::collection::vec(member, 0..4).prop_map(|members| {
                let members = members.into_iter().map(|(keyword, value)| (keyword.to_owned(), value));
                members.collect::<Map<_, _>>().into()
            }),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
    .boxed()
}

fn list(item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..4)
        .prop_map(Value::from)
        .boxed()
}

fn whole() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => (0..1001_i64).prop_map(Value::from),
        1 => select(vec![-1, 0, 1, i64::MIN, i64::MAX, i64::from(i32::MAX) + 1, 1 << 53]).prop_map(Value::from),
        1 => select(vec![json!(u64::MAX), json!(1e300), json!(-0.0), json!(5.0), json!(0.5), json!("7")]),
    ]
    .boxed()
}

/// The id of a planted entry, once it is known.
fn planted() -> BoxedStrategy<Value> {
    (0..ENTRIES)
        .prop_map(|number| format!("{PLANTED}{number}").into())
        .boxed()
}

/// Puts the ids of planted entries where they were left open.
pub(super) fn fill_in(value: &mut Value, ids: &[String]) {
    match value {
        Value::String(text) => {
            let number = text
                .strip_prefix(PLANTED)
                .and_then(|rest| rest.parse::<usize>().ok());
            if let Some(number) = number {
                text.clone_from(&ids[number]);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, ids)),
        _ => {}
    }
}

fn known() -> BoxedStrategy<String> {
    prop_oneof![4 => select(&NAMES).prop_map(str::to_owned), 1 => text()].boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        3 => select(&NAMES).prop_map(str::to_owned),
        3 => select(&WORDS).prop_map(str::to_owned),
        2 => select(&ODD).prop_map(str::to_owned),
        3 => short(),
        1 => select(vec![512, 1000, 20_000]).prop_map(|length| "x".repeat(length)),
    ]
    .boxed()
}

fn short() -> BoxedStrategy<String> {
    let characters = prop::collection::vec(any::<char>(), 0..30);

    characters.prop_map(String::from_iter).boxed()
}

fn long() -> BoxedStrategy<String> {
    (select(&ODD), 1..2000_usize)
        .prop_map(|(text, times)| text.repeat(times))
        .boxed()
}
