//! Arbitrary arguments for every tool: whatever comes, a tool answers in its own words, and a refusal leaves nothing
//! behind.
//!
//! `PROPTEST_CASES` raises the number of calls, `PROPTEST_RNG_SEED` chooses others.

mod arguments;
mod planting;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestRunner};
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use crate::faults::DATABASE_TEXT;
use crate::support::{Database, Direct, Product, Raw, Session, both_databases};

/// Calls for each tool on each database, at least.
const CASES: u32 = 2000;

/// Calls of a tool that writes, after which the store is planted anew.
const SEASON: u32 = 100;

/// What a refusal may be called. Only embedding may be unavailable: there is no provider.
const CODES: [&str; 11] = [
    "conflict",
    "entry_immutable",
    "invalid_parameter",
    "invalid_schema",
    "not_found",
    "schema_already_exists",
    "schema_immutable",
    "schema_in_use",
    "schema_not_found",
    "validation_error",
    "validation_failed",
];

/// Everything of an owner that tools write, in one text. The logs of reads are left out: they are written later.
const FINGERPRINT: &str = "SELECT
    (SELECT COALESCE(STRING_AGG(id || source || LENGTH(CAST(data AS TEXT)) || CAST(tags AS TEXT)
        || COALESCE(CAST(updated AS TEXT), '') || COALESCE(CAST(expires AS TEXT), '')
        || COALESCE(CAST(deleted AS TEXT), ''), ',' ORDER BY id), '') FROM entries)
    || ' actions ' || (SELECT COUNT(*) FROM actions)
    || ' tags ' || (SELECT COUNT(*) FROM entry_tags)
    || ' links ' || (SELECT COUNT(*) FROM entry_links)
    || ' words ' || (SELECT COALESCE(SUM(LENGTH(terms)), 0) FROM entry_words)
    || ' counts ' || (SELECT COALESCE(SUM(count), 0) FROM entry_counts)";

macro_rules! every_tool {
    ($($tool:ident)+) => {
        const TOOLS: &[&str] = &[$(stringify!($tool)),+];

        both_databases! {
            $(async fn $tool(database: Database) {
                throw_at(stringify!($tool), &database).await;
            })+
        }
    };
}

every_tool! {
    acted_on add_context backfill_embeddings create_record delete_entry get_actions get_activity get_alerts get_briefing
    get_deleted get_intentions get_knowledge get_reads get_related get_stats get_status get_suppressions get_tags
    get_unread learn_pattern register_schema remember remind report_alert report_status restore_entry search
    semantic_search set_preference suppress_alert update_entry update_intention
}

both_databases! {
    async fn no_tool_is_spared(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let tools = session.client().list_all_tools().await.unwrap();

        assert_eq!(tools.iter().map(|tool| tool.name.as_ref()).collect::<Vec<_>>(), TOOLS);
        product.service.shut_down().await;
    }

    async fn whatever_is_written_shows(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = planting::plant(&session).await.remove(0);
        let raw = database.connect().await;

        for (tool, arguments) in [
            ("acted_on", json!({"entry_id": id, "action": "a"})),
            ("update_entry", json!({"entry_id": id, "tags": ["x", "y"]})),
            ("update_entry", json!({"entry_id": id, "content": "b"})),
            ("delete_entry", json!({"entry_id": id})),
            ("restore_entry", json!({"entry_id": id})),
            ("report_status", json!({"source": "garden", "tags": ["a"], "metrics": {"cpu": 2}})),
            ("remember", json!({"source": "garden", "description": "d", "tags": []})),
        ] {
            let before = raw.texts(FINGERPRINT).await;
            session.call(tool, arguments).await;
            assert_ne!(raw.texts(FINGERPRINT).await, before, "{tool}");
        }
        product.service.shut_down().await;
    }
}

/// Calls one tool many times; shows the simplest call that goes wrong.
async fn throw_at(name: &'static str, database: &Database) {
    let product = Product::start(database).await;
    let session = product.session().await;
    let tools = session.client().list_all_tools().await.unwrap();
    let tool = tools.into_iter().find(|tool| tool.name == name).unwrap();
    let target = Target::new(&product, session, database, &tool).await;

    let outcome = tokio::task::block_in_place(|| {
        TestRunner::new(config()).run(&arguments::of(&tool), |arguments| {
            Handle::current().block_on(target.take(arguments))
        })
    });

    if let Err(fault) = outcome {
        panic!("{name}: {fault}");
    }
    target.assert_untouched_if_read_only().await;
    product.service.shut_down().await;
}

/// The same calls every time, unless others are asked for.
fn config() -> Config {
    let given = Config::default();
    let rng_seed = match given.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0),
        fixed @ RngSeed::Fixed(_) => fixed,
    };

    Config {
        cases: given.cases.max(CASES),
        rng_seed,
        // The quickest one.
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..given
    }
}

/// A tool over a store with entries to hit.
struct Target {
    session: Session,
    handler: Direct,
    name: Cow<'static, str>,
    is_read_only: bool,
    raw: Raw,
    calls: Cell<u32>,
    ids: RefCell<Vec<String>>,
    state: RefCell<String>,
}

impl Target {
    async fn new(product: &Product, session: Session, database: &Database, tool: &Tool) -> Self {
        let annotations = tool.annotations.as_ref().unwrap();
        let target = Self {
            session,
            handler: product.direct().await,
            name: tool.name.clone(),
            is_read_only: annotations.read_only_hint == Some(true),
            raw: database.connect().await,
            calls: Cell::new(0),
            ids: RefCell::default(),
            state: RefCell::default(),
        };
        target.plant().await;

        target
    }

    async fn plant(&self) {
        self.raw.run("DELETE FROM entries").await;
        let ids = planting::plant(&self.session).await;
        self.ids.replace(ids);
        self.state.replace(self.fingerprint().await);
    }

    async fn fingerprint(&self) -> String {
        self.raw.texts(FINGERPRINT).await.remove(0)
    }

    /// Calls the tool once.
    async fn take(&self, mut arguments: Map<String, Value>) -> Result<(), TestCaseError> {
        self.calls.set(self.calls.get() + 1);
        if !self.is_read_only && self.calls.get().is_multiple_of(SEASON) {
            self.plant().await;
        }
        arguments
            .values_mut()
            .for_each(|value| arguments::fill_in(value, &self.ids.borrow()));

        let request = CallToolRequestParams::new(self.name.clone()).with_arguments(arguments);
        let result = match self.handler.call(request).await {
            Ok(result) => result,
            Err(error) => return fault(format!("an error of the protocol: {error:?}")),
        };
        self.check(&result)?;
        if !self.is_read_only {
            let before = self.state.replace(self.fingerprint().await);
            if result.is_error == Some(true) && before != *self.state.borrow() {
                return fault(format!(
                    "{result:?} left {before}\nas {}",
                    self.state.borrow()
                ));
            }
        }

        Ok(())
    }

    fn check(&self, result: &CallToolResult) -> Result<(), TestCaseError> {
        let text = &result.content[0].as_text().expect("text").text;
        if let Some(word) = DATABASE_TEXT.iter().find(|word| text.contains(**word)) {
            return fault(format!("shows {word}: {text}"));
        }
        if result.is_error != Some(true) {
            return match &result.structured_content {
                Some(_) => Ok(()),
                None => fault(format!("nothing structured: {text}")),
            };
        }

        let answer: Value = serde_json::from_str(text).expect("JSON");
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        let is_expected =
            CODES.contains(&code) || (code == "unavailable" && self.name == "backfill_embeddings");
        if is_expected {
            Ok(())
        } else {
            fault(format!("refused as {code}: {text}"))
        }
    }

    async fn assert_untouched_if_read_only(&self) {
        if self.is_read_only {
            assert_eq!(self.fingerprint().await, *self.state.borrow());
        }
    }
}

fn fault<T>(reason: String) -> Result<T, TestCaseError> {
    Err(TestCaseError::fail(reason))
}
