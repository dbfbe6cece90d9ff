//! How far the references of a schema lead without going into the value.
//!
//! Chains of them overflow the stack of whoever follows them, and references that double make the work exponential. Both
//! are seen in the schema alone, before anything is compiled.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::effort::{MAPS, VALUES};

/// Subschemas that may be passed through for one value.
const DEEPEST: usize = 64;

/// Subschemas one value may be held against, beginning at any of them.
const MOST_STEPS: usize = 10_000;

/// The same, over all subschemas: each may be where the compiler begins.
const MOST_STEPS_IN_ALL: usize = 200_000;

/// Keywords that hold schemas for the same value: one, a list, or by name.
const IN_PLACE: [&str; 10] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
    "contentSchema",
];

/// Keywords that refer to a schema for the same value.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// The references lead too far.
#[derive(Debug)]
pub(super) struct TooFar;

/// Checks every subschema.
pub(super) fn check(schema: &Value) -> Result<(), TooFar> {
    let mut places = Places::default();
    places.note(schema, schema);

    let mut extents = Extents {
        places: &places,
        known: HashMap::new(),
    };
    let mut in_all = 0_usize;
    for subschema in &places.subschemas {
        let extent = extents.measure(subschema, DEEPEST)?;
        in_all += extent.steps;
        if extent.steps > MOST_STEPS || in_all > MOST_STEPS_IN_ALL {
            return Err(TooFar);
        }
    }

    Ok(())
}

/// Where a reference may lead to.
#[derive(Default)]
struct Places<'a> {
    subschemas: Vec<&'a Value>,
    /// The nearest part around a subschema that has an address of its own.
    resources: HashMap<*const Value, &'a Value>,
    addressed: Vec<(&'a str, &'a Value)>,
    anchors: HashMap<&'a str, Vec<&'a Value>>,
}

impl<'a> Places<'a> {
    fn note(&mut self, schema: &'a Value, mut resource: &'a Value) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| self.note(item, resource)),
            Value::Object(members) => {
                if let Some(address) = members.get("$id").and_then(Value::as_str) {
                    resource = schema;
                    self.addressed.push((address, schema));
                }
                for key in ["$anchor", "$dynamicAnchor"] {
                    if let Some(name) = members.get(key).and_then(Value::as_str) {
                        self.anchors.entry(name).or_default().push(schema);
                    }
                }
                self.subschemas.push(schema);
                self.resources.insert(schema, resource);
                for (key, member) in members {
                    self.note_member(key, member, resource);
                }
            }
            _ => {}
        }
    }

    fn note_member(&mut self, key: &str, member: &'a Value, resource: &'a Value) {
        match member {
            Value::Object(schemas) if MAPS.contains(&key) => {
                schemas
                    .values()
                    .for_each(|schema| self.note(schema, resource));
            }
            _ if VALUES.contains(&key) => {}
            member => self.note(member, resource),
        }
    }

    /// All a reference may mean: rather one too many than one too few.
    fn targets(&self, from: &'a Value, reference: &str) -> Vec<&'a Value> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let roots: Vec<&Value> = if address.is_empty() {
            self.resources
                .get(&std::ptr::from_ref(from))
                .copied()
                .into_iter()
                .collect()
        } else {
            let name = last_segment(address);
            let named = self
                .addressed
                .iter()
                .filter(|(own, _)| last_segment(own) == name);
            named.map(|(_, schema)| *schema).collect()
        };

        let fragment = percent_decode_str(fragment).decode_utf8_lossy();
        if fragment.is_empty() || fragment.starts_with('/') {
            return roots
                .into_iter()
                .filter_map(|root| root.pointer(&fragment))
                .collect();
        }
        self.anchors
            .get(fragment.as_ref())
            .cloned()
            .unwrap_or_default()
    }

    /// What else a value is held against that is held against this.
    fn beside(&self, schema: &'a Value, members: &'a Map<String, Value>) -> Vec<&'a Value> {
        let held = IN_PLACE.iter().filter_map(|key| members.get(*key));
        let held = held.flat_map(|member| match member {
            Value::Array(schemas) => schemas.iter().collect(),
            Value::Object(schemas) => {
                // By name, or one: the names of keywords do no harm here.
                let named = schemas.values().filter(|schema| schema.is_object());
                std::iter::once(member).chain(named).collect()
            }
            _ => Vec::new(),
        });
        let references = REFERENCES
            .iter()
            .filter_map(|key| members.get(*key)?.as_str());
        let referred = references.flat_map(|reference| self.targets(schema, reference));

        held.chain(referred).collect()
    }
}

/// What a value held against a subschema is held against in all.
#[derive(Clone, Copy)]
struct Extent {
    depth: usize,
    steps: usize,
}

struct Extents<'a> {
    places: &'a Places<'a>,
    known: HashMap<*const Value, Extent>,
}

impl<'a> Extents<'a> {
    /// A reference back to somewhere before never ends, and so is too deep like any other.
    fn measure(&mut self, schema: &'a Value, deepest: usize) -> Result<Extent, TooFar> {
        if let Some(extent) = self.known.get(&std::ptr::from_ref(schema)) {
            return if extent.depth <= deepest {
                Ok(*extent)
            } else {
                Err(TooFar)
            };
        }
        let deeper = deepest.checked_sub(1).ok_or(TooFar)?;

        let mut extent = Extent { depth: 1, steps: 1 };
        if let Some(members) = schema.as_object() {
            for next in self.places.beside(schema, members) {
                // What refers to itself alone says nothing, and nobody follows it.
                if std::ptr::eq(next, schema) {
                    continue;
                }
                let next = self.measure(next, deeper)?;
                extent.depth = extent.depth.max(next.depth + 1);
                extent.steps = extent.steps.saturating_add(next.steps);
            }
        }
        if extent.steps > MOST_STEPS {
            return Err(TooFar);
        }
        self.known.insert(schema, extent);

        Ok(extent)
    }
}

fn last_segment(address: &str) -> &str {
    address.rsplit(['/', ':']).next().unwrap_or(address)
}
