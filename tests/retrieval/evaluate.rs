//! How well search finds what it should: a set of entries and judged queries goes in, measures come out.
//!
//! Used by the test that holds the measures and by the program that prints them. Entries go in and queries are asked through
//! the service, as any client's.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use awareness::domain::{Clock, EntryId, Owner, PageRequest, RandomIds, Tags, Timestamp, Urgency};
use awareness::service::{
    Caller, Entries, NewContext, NewIntention, NewNote, NewPattern, NewPreference, SearchQuery,
    Service, Shape, Upserted,
};
use awareness::store::Store;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Entries and queries; the form of the files.
#[derive(Default, Deserialize)]
pub(crate) struct Set {
    pub(crate) entries: Vec<Entry>,
    pub(crate) queries: Vec<Query>,
}

#[derive(Deserialize)]
pub(crate) struct Entry {
    pub(crate) id: String,
    #[serde(rename = "type", default = "note")]
    pub(crate) entry_type: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) created: String,
    #[serde(flatten)]
    pub(crate) texts: Map<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) query: String,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) source: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) relevant: BTreeMap<String, u32>,
}

/// The ways to rank that are compared; `ranks` is reciprocal rank fusion, for comparison alone.
pub(crate) const WAYS: [&str; 4] = ["words", "meaning", "ranks", "fused"];

/// The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009), and how many places of each list it takes.
const SMOOTHING: f64 = 60.0;
const FUSED: usize = 50;

/// Means over queries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measures {
    pub(crate) queries: usize,
    pub(crate) recall_5: f64,
    pub(crate) recall_10: f64,
    pub(crate) ndcg_10: f64,
    pub(crate) reciprocal_rank: f64,
}

/// Measures by class (and `all`), one for each of [`WAYS`].
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) classes: BTreeMap<String, [Measures; 4]>,
    /// The queries whose answers are not all in the first ten fused hits, each with its class and recall.
    pub(crate) missed: Vec<(String, String, f64)>,
    /// What a least cosine costs and spares, for each that was tried.
    pub(crate) least: Vec<Spared>,
}

/// What a least cosine costs queries that have an answer, and spares those of words that nothing holds.
pub(crate) struct Spared {
    pub(crate) least: f32,
    /// Mean recall in the first ten of queries that have an answer.
    pub(crate) recall_10: f64,
    /// Mean number of hits, of ten, of queries that say nothing.
    pub(crate) hits: f64,
}

/// Queries of words that no entry holds.
const NONSENSE: [&str; 8] = [
    "flurb quandle xortim",
    "zzyzx vrelm",
    "gribble snorfen wuggle",
    "asdf qwertz hjkl",
    "blivet frobnitz",
    "mimsy borogoves outgrabe",
    "kwyjibo plugh",
    "snark jabber vorpal",
];

/// A clock that stands where it is put.
pub(crate) struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn note() -> String {
    "note".to_owned()
}

impl Set {
    /// Reads files of the form, as one set.
    pub(crate) fn load(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        let mut set = Self::default();
        for path in paths {
            let path = path.as_ref();
            let text = std::fs::read_to_string(path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let part: Self = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            set.entries.extend(part.entries);
            set.queries.extend(part.queries);
        }
        set.entries
            .sort_by_key(|entry| Timestamp::parse(&entry.created).unwrap());

        set
    }

    /// Reads the set of this repository.
    pub(crate) fn of_this_repository() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/retrieval/set");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();

        Self::load(files)
    }

    /// Stores the entries and asks the queries; the least cosines are tried besides.
    pub(crate) async fn run(&self, store: Store, least: &[f32]) -> Report {
        let clock = Arc::new(SetClock(Mutex::new(Timestamp::EPOCH)));
        let service = Service::with_parts(store, clock.clone(), Arc::new(RandomIds));
        let caller = Caller {
            owner: Owner::new("reader").unwrap(),
            platform: None,
        };
        let mut names = HashMap::new();
        for entry in &self.entries {
            *clock.0.lock().unwrap() = Timestamp::parse(&entry.created).unwrap();
            names.insert(entry.store(&service, &caller).await, entry.id.as_str());
        }

        let mut classes: BTreeMap<String, [Vec<[f64; 4]>; 4]> = BTreeMap::new();
        let mut missed = Vec::new();
        for query in self
            .queries
            .iter()
            .filter(|query| !query.relevant.is_empty())
        {
            let rankings = query.ask(&service, &caller, &names, None).await;
            let [.., fused] = &rankings;
            let [_, recall, ..] = measure(fused, &query.relevant);
            if recall < 1.0 {
                missed.push((query.id.clone(), query.class.clone(), recall));
            }
            for class in ["all", &query.class] {
                let class = classes.entry(class.to_owned()).or_default();
                for (way, ranking) in class.iter_mut().zip(&rankings) {
                    way.push(measure(ranking, &query.relevant));
                }
            }
        }
        let mut spared = Vec::new();
        for least in least {
            spared.push(self.spare(&service, &caller, &names, *least).await);
        }
        service.shut_down().await;

        let classes = classes.into_iter();
        Report {
            classes: classes
                .map(|(class, ways)| (class, ways.map(|way| mean(&way))))
                .collect(),
            missed,
            least: spared,
        }
    }

    /// Tries a least cosine.
    async fn spare(
        &self,
        service: &Service,
        caller: &Caller,
        names: &HashMap<EntryId, &str>,
        least: f32,
    ) -> Spared {
        let answered = self
            .queries
            .iter()
            .filter(|query| !query.relevant.is_empty());
        let mut recalls = Vec::new();
        for query in answered {
            let [.., fused] = query.ask(service, caller, names, Some(least)).await;
            let [_, recall, ..] = measure(&fused, &query.relevant);
            recalls.push(recall);
        }
        let mut hits = 0;
        for query in NONSENSE {
            let query = SearchQuery {
                query: query.to_owned(),
                least_cosine: Some(least),
                page: PageRequest::first(10),
                ..SearchQuery::default()
            };
            let found = service.search(caller, &query).await.unwrap();
            hits += found.entries.ids().len();
        }

        Spared {
            least,
            recall_10: recalls.iter().sum::<f64>() / recalls.len() as f64,
            hits: hits as f64 / NONSENSE.len() as f64,
        }
    }
}

impl Entry {
    async fn store(&self, service: &Service, caller: &Caller) -> EntryId {
        let text = |key: &str| {
            self.texts
                .get(key)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let (source, tags) = (self.source.clone(), Tags::new(self.tags.iter().cloned()));
        let description = text("description").unwrap_or_default();
        match self.entry_type.as_str() {
            "pattern" => {
                let pattern = NewPattern {
                    source,
                    tags,
                    description,
                    conditions: Map::new(),
                    effect: text("effect").unwrap_or_default(),
                    learned_from: None,
                    language: None,
                    related_ids: None,
                };
                service.learn_pattern(caller, pattern).await.unwrap().id
            }
            "context" => {
                let context = NewContext {
                    source,
                    tags,
                    description,
                    expires_days: 36_500,
                    language: None,
                    related_ids: None,
                };
                service.add_context(caller, context).await.unwrap().id
            }
            "preference" => {
                let preference = NewPreference {
                    key: text("key").unwrap(),
                    value: text("value").unwrap(),
                    scope: text("scope").unwrap_or(source),
                };
                service.set_preference(caller, preference).await.unwrap().id
            }
            "intention" => {
                let intention = NewIntention {
                    goal: text("goal").unwrap(),
                    source,
                    tags,
                    deliver_at: None,
                    constraints: None,
                    urgency: Urgency::Normal,
                    recurrence: None,
                    learned_from: None,
                    language: None,
                    related_ids: None,
                };
                service.remind(caller, intention).await.unwrap().id
            }
            _ => {
                let note = NewNote {
                    source,
                    tags,
                    description,
                    content: text("content"),
                    content_type: None,
                    learned_from: None,
                    logical_key: None,
                    language: None,
                    related_ids: None,
                };
                match service.remember(caller, note).await.unwrap().outcome {
                    Upserted::Created(id) | Upserted::Updated(id) => id,
                }
            }
        }
    }
}

impl Query {
    /// The ids found, best first, by each of [`WAYS`]. One search tells all: hits carry their places in each branch.
    async fn ask<'a>(
        &self,
        service: &Service,
        caller: &Caller,
        names: &HashMap<EntryId, &'a str>,
        least_cosine: Option<f32>,
    ) -> [Vec<&'a str>; 4] {
        let time =
            |text: &Option<String>| text.as_deref().map(|text| Timestamp::parse(text).unwrap());
        let query = SearchQuery {
            query: self.query.clone(),
            source: self.source.clone(),
            tags: Tags::new(self.tags.iter().cloned()),
            since: time(&self.since),
            until: time(&self.until),
            least_cosine,
            shape: Shape::List,
            page: PageRequest::first(900),
            ..SearchQuery::default()
        };
        let found = service.search(caller, &query).await.unwrap();
        let Entries::List(page) = found.entries else {
            panic!("summaries were asked for");
        };

        let mut ways: [Vec<(f64, &str)>; 4] = Default::default();
        for (rank, entry) in (1..).zip(&page.items) {
            // What the service wrote by itself, such as a notice, is found too and answers nothing.
            let name = names.get(&entry.id).copied().unwrap_or_default();
            let explanation = &found.scores[&entry.id].explanation;
            let ranks = [explanation.words_rank, explanation.meaning_rank];
            for (way, rank) in ways.iter_mut().zip(ranks) {
                way.extend(rank.map(|rank| (1.0 / rank as f64, name)));
            }
            let first = ranks.into_iter().flatten().filter(|rank| *rank <= FUSED);
            ways[2].push((
                first.map(|rank| 1.0 / (SMOOTHING + rank as f64)).sum(),
                name,
            ));
            ways[3].push((1.0 / f64::from(rank), name));
        }

        ways.map(|mut way| {
            way.sort_by(|(one, _), (other, _)| other.total_cmp(one));
            way.into_iter().map(|(_, name)| name).collect()
        })
    }
}

/// Recall in the first 5 and 10, normalised discounted cumulative gain in the first 10 (gain `2^grade - 1`), and the
/// reciprocal rank of the first entry that answers; recall counts the entries that answer, those of grade 2 where there are.
fn measure(ranking: &[&str], relevant: &BTreeMap<String, u32>) -> [f64; 4] {
    let answers = relevant.values().copied().max().unwrap_or_default();
    let is_answer = |name: &&str| relevant.get(*name) == Some(&answers);
    let all = relevant.values().filter(|grade| **grade == answers).count() as f64;
    let recall = |depth| {
        ranking
            .iter()
            .take(depth)
            .filter(|name| is_answer(name))
            .count() as f64
            / all
    };
    let gain = |grade: u32| f64::from((1_u32 << grade) - 1);
    let discounted = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        gains
            .take(10)
            .enumerate()
            .map(|(at, gain)| gain / (at as f64 + 2.0).log2())
            .sum()
    };
    let found = discounted(
        &mut ranking
            .iter()
            .map(|name| gain(relevant.get(*name).copied().unwrap_or_default())),
    );
    let mut best: Vec<u32> = relevant.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted(&mut best.into_iter().map(gain));
    let first = ranking.iter().position(is_answer);

    [
        recall(5),
        recall(10),
        found / best,
        first.map_or(0.0, |at| 1.0 / (at as f64 + 1.0)),
    ]
}

fn mean(queries: &[[f64; 4]]) -> Measures {
    let mean =
        |at: usize| queries.iter().map(|query| query[at]).sum::<f64>() / queries.len() as f64;

    Measures {
        queries: queries.len(),
        recall_5: mean(0),
        recall_10: mean(1),
        ndcg_10: mean(2),
        reciprocal_rank: mean(3),
    }
}

impl Report {
    /// The report as a table.
    pub(crate) fn table(&self) -> String {
        let mut table = String::from(
            "| class | queries | | recall@5 | recall@10 | nDCG@10 | MRR |\n|---|---|---|---|---|---|---|\n",
        );
        for (class, ways) in &self.classes {
            for (way, measures) in WAYS.iter().zip(ways) {
                writeln!(
                    table,
                    "| {class} | {} | {way} | {:.3} | {:.3} | {:.3} | {:.3} |",
                    measures.queries,
                    measures.recall_5,
                    measures.recall_10,
                    measures.ndcg_10,
                    measures.reciprocal_rank
                )
                .unwrap();
            }
        }

        table
    }

    /// What least cosines cost and spare, as a table.
    pub(crate) fn table_of_least_cosines(&self) -> String {
        let mut table =
            String::from("| min_cosine | recall@10 | hits of nonsense, of 10 |\n|---|---|---|\n");
        for Spared {
            least,
            recall_10,
            hits,
        } in &self.least
        {
            writeln!(table, "| {least:.1} | {recall_10:.3} | {hits:.1} |").unwrap();
        }

        table
    }
}
