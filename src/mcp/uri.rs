//! Addresses of resources: `awareness://…`, with every part percent-encoded and decoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const SCHEME: &str = "awareness://";

pub(super) const BRIEFING: &str = "awareness://briefing";
pub(super) const ALERTS: &str = "awareness://alerts";
pub(super) const KNOWLEDGE: &str = "awareness://knowledge";
pub(super) const SUPPRESSIONS: &str = "awareness://suppressions";

pub(super) const ALERTS_OF: &str = "awareness://alerts/{source}";
pub(super) const STATUS_OF: &str = "awareness://status/{source}";
pub(super) const KNOWLEDGE_TAGGED: &str = "awareness://knowledge/{tag}";
pub(super) const ENTRY: &str = "awareness://entries/{id}";
pub(super) const SCHEMA: &str = "awareness://schemas/{schema_ref}/{schema_version}";

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    Briefing,
    Alerts,
    AlertsOf(String),
    StatusOf(String),
    Knowledge,
    KnowledgeTagged(String),
    Suppressions,
    Entry(String),
    Schema(String, String),
}

impl Address {
    /// Reads an address; `None` for any that is not ours.
    pub(super) fn parse(uri: &str) -> Option<Self> {
        let parts: Vec<String> = uri
            .strip_prefix(SCHEME)?
            .split('/')
            .map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned()))
            .collect::<Option<_>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();

        Some(match parts.as_slice() {
            ["briefing"] => Self::Briefing,
            ["alerts"] => Self::Alerts,
            ["alerts", source] => Self::AlertsOf((*source).to_owned()),
            ["status", source] => Self::StatusOf((*source).to_owned()),
            ["knowledge"] => Self::Knowledge,
            ["knowledge", tag] => Self::KnowledgeTagged((*tag).to_owned()),
            ["suppressions"] => Self::Suppressions,
            ["entries", id] => Self::Entry((*id).to_owned()),
            ["schemas", family, version] => {
                Self::Schema((*family).to_owned(), (*version).to_owned())
            }
            _ => return None,
        })
    }
}

pub(super) fn alerts_of(source: &str) -> String {
    format!("{ALERTS}/{}", encoded(source))
}

pub(super) fn status_of(source: &str) -> String {
    format!("{SCHEME}status/{}", encoded(source))
}

pub(super) fn entry(id: &str) -> String {
    format!("{SCHEME}entries/{}", encoded(id))
}

fn encoded(part: &str) -> String {
    utf8_percent_encode(part, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_any_text_is_found_again_through_its_address() {
        for source in ["my box", "a/b", "größe %41?#", ""] {
            assert_eq!(
                Address::parse(&status_of(source)),
                Some(Address::StatusOf(source.to_owned()))
            );
        }
    }

    #[test]
    fn any_other_address_is_not_ours() {
        for uri in [
            "awareness://",
            "awareness://nothing",
            "awareness://alerts/a/b",
            "awareness://alerts/%FF",
            "file:///etc/passwd",
        ] {
            assert_eq!(Address::parse(uri), None, "{uri}");
        }
    }
}
