//! What a search answers: entries with their scores.

use rmcp::model::Resource;
use schemars::JsonSchema;
use serde::Serialize;

use super::forms::{FullEntry, ListedEntry, OWN, Part, ReadCounts, shown};
use super::reply::Reply;
use super::uri;
use crate::domain::EntryId;
use crate::index::Explanation;
use crate::service::{Entries, Found, Score};

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
    /// What kept a branch from taking part.
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<String>,
    /// Whose entries these are.
    owner_scope: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Hit {
    #[serde(flatten)]
    entry: HitEntry,
    /// A score to order by, of this search alone.
    similarity: f64,
    /// Where the score comes from, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explained>,
}

/// Where a score comes from.
#[derive(Serialize, JsonSchema)]
struct Explained {
    /// What its words say: BM25.
    words_score: Option<f64>,
    /// Place among the hits by words.
    words_rank: Option<usize>,
    /// What its meaning says: the cosine of the vectors.
    cosine: Option<f64>,
    /// Place among the hits by meaning.
    meaning_rank: Option<usize>,
    /// What hits beside it in time lent it.
    lent: f64,
    /// Words of the query it holds.
    matched_words: Vec<String>,
    /// How many of its phrases in quotation marks it has, word for word.
    phrases: usize,
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
    fn id(&self) -> &str {
        self.id_and_description().0
    }

    fn id_and_description(&self) -> (&str, &str) {
        match self {
            Self::Full(entry) => entry.id_and_description(),
            Self::Listed(entry) => entry.id_and_description(),
        }
    }

    fn link(&self) -> Resource {
        let (id, description) = self.id_and_description();
        let name: String = description.chars().take(LINK_NAME).collect();
        let name = if name.is_empty() { id.to_owned() } else { name };

        Resource::new(uri::entry(id), name).with_mime_type("application/json")
    }
}

impl HitPage {
    /// Brings found entries into their form.
    pub(super) fn new(found: Found, is_explained: bool) -> Self {
        let forms = match found.entries {
            Entries::Full(page) => page.map(|entry| HitEntry::Full(entry.into())),
            Entries::List(page) => {
                page.map(|summary| HitEntry::Listed(ListedEntry::new(summary, ReadCounts::Hidden)))
            }
        };
        let mut scores = found.scores;
        let page = forms.map(|entry| {
            let score = scores.remove(&EntryId::from(entry.id()));
            Hit {
                similarity: shown(score.as_ref().map_or(0.0, |score| score.score)),
                explanation: score.filter(|_| is_explained).map(Explained::from),
                entry,
            }
        });

        Self {
            part: Part::of(&page),
            entries: page.items,
            branches: found.branches,
            degraded: found
                .degraded
                .map(|branch| format!("{branch} took no part: its provider failed")),
            owner_scope: OWN,
        }
    }
}

impl From<Score> for Explained {
    fn from(score: Score) -> Self {
        let Explanation {
            words,
            words_rank,
            cosine,
            meaning_rank,
            lent,
            ..
        } = score.explanation;

        Self {
            words_score: words.map(|score| shown(score.into())),
            words_rank,
            cosine: cosine.map(|cosine| shown(cosine.into())),
            meaning_rank,
            lent: shown(lent.into()),
            matched_words: score.matched,
            phrases: score.phrases,
        }
    }
}
