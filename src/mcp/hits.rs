//! What a search answers: entries with their scores.

use rmcp::model::Resource;
use schemars::JsonSchema;
use serde::Serialize;

use super::forms::{FullEntry, ListedEntry, OWN, Part, ReadCounts};
use super::reply::Reply;
use super::uri;
use crate::service::{Found, Hits};

/// Characters of the description that name a link.
const LINK_NAME: usize = 60;

/// A page of found entries, best first.
#[derive(Serialize, JsonSchema)]
pub(super) struct HitPage {
    /// The entries, best first.
    entries: Vec<Hit>,
    #[serde(flatten)]
    part: Part,
    /// How they were found.
    branches: Vec<&'static str>,
    /// Whose entries these are.
    owner_scope: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Hit {
    #[serde(flatten)]
    entry: HitEntry,
    /// A score to order by, of this search alone.
    similarity: f64,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum HitEntry {
    Full(FullEntry),
    Listed(ListedEntry),
}

impl Reply for HitPage {
    fn links(&self) -> Vec<Resource> {
        self.entries.iter().map(|hit| hit.entry.link()).collect()
    }
}

impl HitEntry {
    fn link(&self) -> Resource {
        let (id, description) = match self {
            Self::Full(entry) => entry.id_and_description(),
            Self::Listed(entry) => entry.id_and_description(),
        };
        let name: String = description.chars().take(LINK_NAME).collect();
        let name = if name.is_empty() { id.to_owned() } else { name };

        Resource::new(uri::entry(id), name).with_mime_type("application/json")
    }
}

impl From<Found> for HitPage {
    fn from(found: Found) -> Self {
        let page = match found.hits {
            Hits::Full(page) => {
                page.map(|(entry, score)| Hit::new(HitEntry::Full(entry.into()), score))
            }
            Hits::List(page) => page.map(|(summary, score)| {
                let listed = ListedEntry::new(summary, ReadCounts::Hidden);
                Hit::new(HitEntry::Listed(listed), score)
            }),
        };

        Self {
            part: Part::of(&page),
            entries: page.items,
            branches: found.branches,
            owner_scope: OWN,
        }
    }
}

impl Hit {
    /// Scores are shown with four decimals.
    fn new(entry: HitEntry, score: f64) -> Self {
        Self {
            entry,
            similarity: (score * 10_000.0).round() / 10_000.0,
        }
    }
}
