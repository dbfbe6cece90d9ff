//! Searching by words alone: which words stand for which, which texts have words, and what comes first.

use awareness::domain::{Entry, EntryId, EntryType, Owner, Timestamp};
use serde_json::{Value, json};

use super::{alert, column, keys, listed, remember, stop};
use crate::store::store_all;
use crate::support::{DEFAULT_OWNER, Database, Product, Session, both_databases};

/// The product without vectors.
async fn start(database: &Database) -> (Product, Session) {
    let product = Product::start_with(database, None).await;
    let session = product.session().await;

    (product, session)
}

/// Remembers a note about a source of its own, so that no hit lends another anything.
async fn note(session: &Session, description: &str, tags: &[&str], language: &str) {
    let source = format!("s{}", description.to_lowercase().replace(' ', "x"));
    let note =
        json!({"source": source, "description": description, "tags": tags, "language": language});

    session.call("remember", note).await;
}

/// What a search finds: each description with the words of the query it holds.
async fn found(session: &Session, arguments: Value) -> Vec<(String, Vec<String>)> {
    let mut arguments = arguments;
    arguments["mode"] = json!("list");
    arguments["explain"] = json!(true);
    let hits = listed(session, "search", arguments).await;
    let words = |hit: &Value| {
        let words = hit["explanation"]["matched_words"].as_array().unwrap();
        words
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    };

    hits.iter()
        .map(|hit| (hit["description"].as_str().unwrap().to_owned(), words(hit)))
        .collect()
}

fn hit(description: &str, words: &[&str]) -> (String, Vec<String>) {
    let words = words.iter().map(|word| (*word).to_owned());

    (description.to_owned(), words.collect())
}

/// An entry like all others, made at one time.
fn equal(number: u32) -> Entry {
    let id = EntryId::from(format!("a0000000-0000-7000-8000-{number:012}"));
    let created = Timestamp::parse("2031-01-01").unwrap();
    let mut entry = Entry::new(id, EntryType::Note, format!("s{number}"), created);
    entry.data.insert("description".to_owned(), "boiler".into());

    entry
}

both_databases! {
    async fn a_word_is_found_by_its_other_forms_whether_or_not_the_language_is_given(database: Database) {
        let (product, session) = start(&database).await;
        note(&session, "Retirement of the boiler", &[], "en").await;
        note(&session, "Le serveur de la cave", &[], "fr").await;
        note(&session, "La cave", &[], "fr").await;

        for (query, given, expected) in [
            ("retiring", "en", "Retirement of the boiler"),
            ("retiring", "", "Retirement of the boiler"),
            ("boilers", "", "Retirement of the boiler"),
            ("serveurs", "fr", "Le serveur de la cave"),
            ("serveurs", "", "Le serveur de la cave"),
            ("SERVEURS", "en", "Le serveur de la cave"),
        ] {
            let hits = found(&session, json!({"query": query, "language": given})).await;
            assert_eq!(hits, [hit(expected, &[&query.to_lowercase()])], "{query}, {given}");
        }
        stop(product).await;
    }

    async fn words_are_optional_and_who_holds_more_comes_first(database: Database) {
        let (product, session) = start(&database).await;
        note(&session, "alpha beta", &[], "simple").await;
        note(&session, "alpha", &[], "simple").await;
        note(&session, "gamma", &[], "simple").await;

        let hits = found(&session, json!({"query": "alpha beta"})).await;

        assert_eq!(hits, [hit("alpha beta", &["alpha", "beta"]), hit("alpha", &["alpha"])]);
        stop(product).await;
    }

    async fn a_description_counts_more_than_a_tag(database: Database) {
        let (product, session) = start(&database).await;
        note(&session, "pump", &["cellar"], "simple").await;
        note(&session, "cellar", &["pump"], "simple").await;

        let first = async |query| found(&session, json!({"query": query})).await[0].0.clone();

        assert_eq!((first("pump").await, first("cellar").await), ("pump".to_owned(), "cellar".to_owned()));
        stop(product).await;
    }

    async fn every_text_a_person_gave_is_searched(database: Database) {
        let (product, session) = start(&database).await;
        let text = |key: &str, value: &str| {
            let mut text = json!({"source": "s", "tags": [], "description": "d"});
            text[key] = json!(value);
            text
        };
        let schema = json!({"source": "s", "tags": [], "description": "d", "family": "familyword", "version": "1", "schema": {}});
        let record = json!({
            "source": "s", "tags": [], "description": "d", "logical_key": "k", "schema_ref": "familyword",
            "schema_version": "1", "content": {"namedword": ["deepword"]},
        });
        for (tool, arguments) in [
            ("remember", text("description", "descriptionword")),
            ("remember", text("source", "sourceword")),
            ("remember", text("content", "contentword")),
            ("remember", json!({"source": "s", "tags": ["tagword", "heat-pump"], "description": "d"})),
            ("learn_pattern", text("effect", "effectword")),
            ("remind", json!({"source": "s", "tags": [], "goal": "goalword"})),
            ("report_alert", alert("s", "a", "warning", "messageword")),
            ("set_preference", json!({"key": "keyword", "value": "valueword", "scope": "scopeword"})),
            ("report_status", json!({"source": "s", "tags": [], "metrics": {"metricword": 1}, "inventory": {"parts": ["inventoryword"]}})),
            ("register_schema", schema),
            ("create_record", record),
        ] {
            session.call(tool, arguments).await;
        }

        for (query, types) in [
            ("descriptionword", json!(["note"])), ("sourceword", json!(["note"])), ("contentword", json!(["note"])),
            ("tagword", json!(["note"])), ("heat-pump", json!(["note"])), ("heat", json!(["note"])), ("pumps", json!(["note"])),
            ("effectword", json!(["pattern"])), ("goalword", json!(["intention"])), ("messageword", json!(["alert"])),
            ("keyword", json!(["preference"])), ("valueword", json!(["preference"])), ("scopeword", json!(["preference"])),
            ("metricword", json!(["status"])), ("inventoryword", json!(["status"])), ("namedword", json!(["record"])),
            ("deepword", json!(["record"])), ("familyword", json!(["schema"])), ("conversation", json!([])),
        ] {
            let mut hits = listed(&session, "search", json!({"query": query, "explain": true})).await;
            // Others are there for being beside a hit in time.
            hits.retain(|hit| hit["explanation"]["matched_words"] != json!([]));
            let found: Vec<_> = hits.iter().map(|hit| hit["type"].clone()).collect();
            assert_eq!(json!(found), types, "{query}");
        }
        stop(product).await;
    }

    async fn signs_in_a_query_are_no_operators(database: Database) {
        let (product, session) = start(&database).await;
        note(&session, "boiler pump heat", &[], "simple").await;
        note(&session, "boiler", &[], "simple").await;

        for query in ["\"boiler\" & !pump | heat:*", "boiler'); DROP TABLE entries; -- pump <-> heat", "(boiler (pump) heat"] {
            let hits = found(&session, json!({"query": query})).await;
            assert_eq!(hits[0], hit("boiler pump heat", &["boiler", "pump", "heat"]), "{query}");
            assert_eq!(hits[1], hit("boiler", &["boiler"]), "{query}");
        }
        stop(product).await;
    }

    async fn what_has_a_quoted_phrase_word_for_word_comes_first(database: Database) {
        let (product, session) = start(&database).await;
        note(&session, "the valve is red and the cellar door is shut; red and door and red and door", &[], "en").await;
        note(&session, "Doors are red: red doors everywhere, red doors", &[], "en").await;
        let long = format!("on the way to the garden is the RED door, {}", "and so on ".repeat(40));
        note(&session, &long, &[], "en").await;
        for (query, first) in [
            ("red door", false), ("\"red door\"", true), ("shut “red, Door” valve", true), ("\"the red door\"", true),
            ("\"red door", false),
        ] {
            let hits = listed(&session, "search", json!({"query": query, "explain": true})).await;
            assert_eq!(hits.len(), 3, "{query}: words stay optional");
            assert_eq!(hits[0]["data"]["description"] == json!(long), first, "{query}");
            let phrases: Vec<_> = hits.iter().map(|hit| hit["explanation"]["phrases"].clone()).collect();
            assert_eq!(phrases, [i32::from(first), 0, 0], "{query}");
            let scores: Vec<_> = hits.iter().map(|hit| hit["similarity"].as_f64().unwrap()).collect();
            assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        }

        let page = json!({"query": "\"red door\"", "limit": 1});
        assert_eq!(listed(&session, "search", page).await[0]["data"]["description"], long);
        let hint = json!({"hint": "\"red door\"", "limit": 1});
        assert_eq!(listed(&session, "get_knowledge", hint).await[0]["data"]["description"], long);
        stop(product).await;
    }

    async fn a_score_tells_how_well_a_hit_fits_and_not_its_place(database: Database) {
        let (product, session) = start(&database).await;
        note(&session, "alpha beta", &[], "simple").await;
        note(&session, "alpha", &[], "simple").await;

        let hits = listed(&session, "search", json!({"query": "alpha beta", "explain": true})).await;

        let scores: Vec<_> = hits.iter().map(|hit| hit["similarity"].as_f64().unwrap()).collect();
        assert_eq!(hits[0]["similarity"], 1.0);
        assert!(scores[1] > 0.0 && scores[1] < 0.8, "{scores:?}");
        let ranks: Vec<_> = hits.iter().map(|hit| hit["explanation"]["words_rank"].clone()).collect();
        assert_eq!(ranks, [1, 2]);
        assert_eq!(hits[0]["explanation"]["cosine"], Value::Null);
        stop(product).await;
    }

    async fn equal_hits_come_last_touched_first_and_then_by_id(database: Database) {
        let (product, session) = start(&database).await;
        let owner = Owner::new(DEFAULT_OWNER).unwrap();
        let mut touched = equal(1);
        touched.updated = Some(Timestamp::parse("2031-01-02").unwrap());
        store_all(product.service.store(), &owner, [equal(3), touched, equal(5), equal(2), equal(4)]).await;
        let again = Product::start_with(&database, None).await;
        let other = again.session().await;

        for session in [&session, &session, &other] {
            let sources = column(session, "search", json!({"query": "boiler"}), "source").await;
            assert_eq!(sources, ["s1", "s5", "s4", "s3", "s2"]);
        }
        stop(again).await;
        stop(product).await;
    }

    async fn an_empty_store_answers_with_an_empty_page(database: Database) {
        for provider in [true, false] {
            let product = if provider {
                Product::start(&database).await
            } else {
                Product::start_with(&database, None).await
            };
            let session = product.session().await;

            for arguments in [
                json!({"query": "boiler"}),
                json!({"query": "boiler", "offset": 10, "mode": "list"}),
                json!({"query": "boiler", "source": "s", "tags": ["t"], "entry_type": "note", "since": "2031-01-01"}),
            ] {
                let page = session.call("search", arguments).await;
                assert_eq!(keys(&page), "branches entries has_more limit offset owner_scope");
                assert_eq!((&page["entries"], &page["has_more"]), (&json!([]), &json!(false)));
            }
            stop(product).await;
        }
    }

    async fn more_matches_than_the_limit_are_announced(database: Database) {
        let (product, session) = start(&database).await;
        for number in 0..5 {
            remember(&session, &format!("boiler {number}"), &[]).await;
        }

        let page = session.call("search", json!({"query": "boiler", "limit": 2})).await;

        assert_eq!((page["entries"].as_array().unwrap().len(), &page["has_more"]), (2, &json!(true)));
        stop(product).await;
    }
}
