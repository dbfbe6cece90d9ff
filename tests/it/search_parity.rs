//! The same entries and the same queries: both databases find the same, in the same order, with the same scores.

use std::collections::HashSet;
use std::time::Duration;

use awareness::domain::{Entry, EntryId, EntryType, Language, Owner, PageRequest, Tags, Timestamp};
use awareness::service::{Caller, Entries, LARGE, SearchQuery, Service, Shape};
use chrono::TimeDelta;
use tokio::time::sleep;

use crate::store::store_all;
use crate::support::{DEFAULT_OWNER, Database, Kind, Product};

const ENTRIES: u64 = 2_000;
const QUERIES: u64 = 300;
const HITS: u64 = 10;

/// Languages of the entries, each with words texts are made of.
const LANGUAGES: [(&str, &str); 6] = [
    (
        "en",
        "the boiler and pump of a heating cellar was repaired leaking planning replaced pressure valves winter invoice",
    ),
    (
        "de",
        "der Heizkessel und die Wärmepumpe im Keller wurden repariert ersetzt Rechnung Ventile Druck Häuser Straße groß",
    ),
    (
        "fr",
        "le serveur et la chaudière des caves été réparées remplacé pression facture maisons hiver déjà prévu",
    ),
    (
        "es",
        "el camión y la caldera del sótano fueron reparadas sustituido presión facturas casas invierno mañana",
    ),
    (
        "ru",
        "котёл и насос в подвале были заменены давление счета дома зима отремонтирован вентиль",
    ),
    (
        "simple",
        "東京のポンプ 修理しました 暖房 ERR-4012 pump_max_rpm getUserById v1.2.3 net.ipv4 café 42 %",
    ),
];

const SOURCES: [&str; 6] = ["home", "office", "", "garden-shed", "Büro", "car"];

const TAGS: [&str; 7] = [
    "repair",
    "Repair",
    "cost",
    "heat-pump",
    "2031",
    "日本",
    "plan",
];

const TYPES: [EntryType; 6] = [
    EntryType::Note,
    EntryType::Pattern,
    EntryType::Context,
    EntryType::Intention,
    EntryType::Alert,
    EntryType::Suppression,
];

/// Numbers that look random and are the same in every run: the generator `SplitMix64` (Steele, Lea, Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);

        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Whether one in so many.
    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let place = self.below(from.len() as u64);

        from[usize::try_from(place).unwrap()]
    }

    /// So many words of a text.
    fn words(&mut self, text: &str, count: u64) -> String {
        let all: Vec<&str> = text.split(' ').collect();
        let words: Vec<&str> = (0..count).map(|_| self.pick(&all)).collect();

        words.join(" ")
    }

    fn tags(&mut self, most: u64) -> Tags {
        let count = self.below(most + 1);

        Tags::new((0..count).map(|_| self.pick(&TAGS)))
    }

    /// A minute of the year before the tests: few enough that some meet.
    fn time(&mut self) -> Timestamp {
        let minutes = i64::try_from(self.below(500_000)).unwrap();
        let start = Timestamp::parse("2030-01-01").unwrap();

        start
            .checked_add(TimeDelta::minutes(minutes / 200 * 200))
            .unwrap()
    }

    fn entry(&mut self, number: u64) -> Entry {
        let (code, words) = self.pick(&LANGUAGES);
        let id = EntryId::from(format!(
            "{:08x}-0000-7000-8000-{number:012}",
            self.below(1 << 32)
        ));
        let created = self.time();
        let mut entry = Entry::new(id, self.pick(&TYPES), self.pick(&SOURCES), created);
        entry.language = Language::from_code(code).unwrap();
        entry.tags = self.tags(3);
        if self.one_in(4) {
            entry.updated = created.checked_add(TimeDelta::days(7));
        }
        if self.one_in(5) {
            let days = if self.one_in(2) { 10 } else { 10_000 };
            entry.expires = created.checked_add(TimeDelta::days(days));
        }
        let (headline, body) = match entry.entry_type {
            EntryType::Intention => ("goal", "description"),
            EntryType::Alert => ("message", "alert_id"),
            EntryType::Pattern => ("description", "effect"),
            _ => ("description", "content"),
        };
        let length = 2 + self.below(6);
        entry
            .data
            .insert(headline.to_owned(), self.words(words, length).into());
        let text = match entry.entry_type {
            EntryType::Alert => format!("alert-{number}"),
            _ => self.words(words, length * 2),
        };
        entry.data.insert(body.to_owned(), text.into());

        entry
    }

    fn query(&mut self) -> SearchQuery {
        let count = 1 + self.below(4);
        let words: Vec<String> = (0..count)
            .map(|_| {
                let (_, words) = self.pick(&LANGUAGES);
                self.words(words, 1)
            })
            .collect();
        let since = self.one_in(6).then(|| self.time());

        SearchQuery {
            query: words.join(" "),
            source: self.one_in(6).then(|| self.pick(&SOURCES).to_owned()),
            tags: if self.one_in(5) {
                self.tags(1)
            } else {
                Tags::default()
            },
            entry_type: self.one_in(6).then(|| self.pick(&TYPES)),
            since,
            until: since
                .filter(|_| self.one_in(2))
                .and_then(|since| since.checked_add(TimeDelta::days(90))),
            language: self
                .one_in(4)
                .then(|| Language::from_code(self.pick(&LANGUAGES).0).unwrap()),
            least_cosine: None,
            include_expired: self.one_in(3),
            shape: Shape::List,
            page: PageRequest::first(HITS),
        }
    }
}

/// The first hits of a query, each with its score.
type Answer = Vec<(String, f64)>;

/// What a database answers to every query.
async fn answers(kind: Kind) -> Vec<(SearchQuery, Answer)> {
    answers_from(kind, LARGE).await
}

/// As [`answers`]; owners with so many vectors are answered by the database's own index, where it has one.
async fn answers_from(kind: Kind, large: u64) -> Vec<(SearchQuery, Answer)> {
    let database = Database::migrated(kind).await;
    let product = Product::start(&database).await;
    let service = product.service.with_large_owners_from(large);
    let caller = Caller {
        owner: Owner::new(DEFAULT_OWNER).unwrap(),
        platform: None,
    };
    let mut numbers = Numbers(1);
    let entries: Vec<Entry> = (0..ENTRIES).map(|number| numbers.entry(number)).collect();
    store_all(service.store(), &caller.owner, entries).await;
    service.catch_up(|_| {}).await.unwrap();
    if large < ENTRIES {
        until_index_answers(&database, &service, &caller).await;
    }

    let mut answers = Vec::new();
    for _ in 0..QUERIES {
        let query = numbers.query();
        let found = service.search(&caller, &query).await.unwrap();
        assert_eq!(found.branches, ["words", "meaning"]);
        let Entries::List(page) = found.entries else {
            panic!("summaries were asked for");
        };
        let hits = page.items.into_iter().map(|entry| {
            let score = found.scores[&entry.id].score;
            (entry.id.into_string(), score)
        });
        answers.push((query, hits.collect()));
    }
    service.shut_down().await;
    database.guard().remove().await;

    answers
}

/// Searches until the database says that its index was asked.
async fn until_index_answers(database: &Database, service: &Service, caller: &Caller) {
    let raw = database.connect().await;
    let query = SearchQuery {
        query: "pump".to_owned(),
        ..SearchQuery::default()
    };
    let asked = "SELECT COALESCE(SUM(idx_scan), 0)::bigint FROM pg_stat_user_indexes
                 WHERE indexrelname LIKE 'idx_embeddings_nearest_%'";
    while raw.number(asked).await == 0 {
        service.search(caller, &query).await.unwrap();
        sleep(Duration::from_millis(50)).await;
    }
}

/// SQLite has no such index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_of_a_large_owner_finds_what_memory_finds() {
    // Few entries are compared one by one: with 50 hardly any filter leaves so few, with 1,500 many do.
    let (memory, many, few) = tokio::join!(
        answers(Kind::Sqlite),
        answers_from(Kind::Postgres, 50),
        answers_from(Kind::Postgres, 1_500)
    );

    for index in [many, few] {
        let mut shared = 0;
        for ((query, one), (_, other)) in memory.iter().zip(&index) {
            assert_eq!(one.len(), other.len(), "something is missing: {query:?}");
            let found: HashSet<&str> = other.iter().map(|(id, _)| id.as_str()).collect();
            shared += one
                .iter()
                .filter(|(id, _)| found.contains(id.as_str()))
                .count();
        }
        let all: usize = memory.iter().map(|(_, hits)| hits.len()).sum();
        assert!(shared * 100 >= all * 97, "{shared} of {all}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_find_the_same_in_the_same_order() {
    let (sqlite, postgres) = tokio::join!(answers(Kind::Sqlite), answers(Kind::Postgres));

    for ((query, one), (_, other)) in sqlite.iter().zip(&postgres) {
        assert_eq!(one, other, "{query:?}");
    }
    let full = sqlite.iter().filter(|(_, hits)| hits.len() as u64 == HITS);
    assert!(
        full.count() as u64 > QUERIES * 3 / 4,
        "too little is found to compare"
    );
}
