//! Languages of entries: which are known, how one is found at a write, and the notice for one that is not.

use serde_json::{Value, json};

use super::{alert, entry, id_of, knowledge, remember, stop};
use crate::support::{Database, Product, Raw, Session, both_databases};

/// Every code with the name that is stored and shown.
const LANGUAGES: [(&str, &str); 28] = [
    ("ar", "arabic"),
    ("ca", "catalan"),
    ("da", "danish"),
    ("de", "german"),
    ("el", "greek"),
    ("en", "english"),
    ("es", "spanish"),
    ("eu", "basque"),
    ("fi", "finnish"),
    ("fr", "french"),
    ("ga", "irish"),
    ("hi", "hindi"),
    ("hu", "hungarian"),
    ("hy", "armenian"),
    ("id", "indonesian"),
    ("it", "italian"),
    ("lt", "lithuanian"),
    ("ne", "nepali"),
    ("nl", "dutch"),
    ("no", "norwegian"),
    ("pt", "portuguese"),
    ("ro", "romanian"),
    ("ru", "russian"),
    ("sr", "serbian"),
    ("sv", "swedish"),
    ("ta", "tamil"),
    ("tr", "turkish"),
    ("yi", "yiddish"),
];

const ENGLISH: &str = "The boiler in the basement was replaced by a heat pump last winter.";
const FRENCH: &str =
    "La chaudière de la cave a été remplacée par une pompe à chaleur pendant l'hiver dernier.";
const SPANISH: &str =
    "La caldera del sótano fue sustituida por una bomba de calor durante el invierno pasado.";
const GERMAN: &str =
    "Der Heizkessel im Keller wurde im letzten Winter durch eine Wärmepumpe ersetzt.";
const JAPANESE: &str = "これは日本語で書かれた覚え書きです。明日の会議は十時からです。";

/// The name of an entry's language; none if it is not known.
async fn language(session: &Session, id: &str) -> Value {
    let entry = entry(session, id).await;

    entry.get("language").cloned().unwrap_or_default()
}

/// The notices of languages without an analysis.
async fn notices(session: &Session) -> Vec<Value> {
    let asked =
        json!({"entry_type": "alert", "source": "awareness", "tags": ["language", "unsupported"]});

    knowledge(session, asked).await
}

fn schema(description: &str) -> Value {
    json!({"source": "s", "tags": [], "description": description, "family": "f", "version": "1", "schema": {}})
}

fn record(description: &str, content: &str) -> Value {
    json!({
        "source": "s", "tags": [], "description": description, "logical_key": "k", "schema_ref": "f",
        "schema_version": "1", "content": content,
    })
}

/// Has the database refuse new alerts, and nothing else.
async fn refuse_alerts(raw: &Raw) {
    if raw.is_postgres() {
        let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$";
        raw.run(refuse).await;
        let trigger = "CREATE TRIGGER refuse_alerts BEFORE INSERT ON entries
            FOR EACH ROW WHEN (NEW.type = 'alert') EXECUTE FUNCTION refuse()";
        raw.run(trigger).await;
    } else {
        let trigger =
            "CREATE TRIGGER refuse_alerts BEFORE INSERT ON entries WHEN NEW.type = 'alert'
            BEGIN SELECT RAISE(ABORT, 'refused'); END";
        raw.run(trigger).await;
    }
}

both_databases! {
    async fn every_code_names_its_language_and_finds_it_again(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (code, name) in LANGUAGES {
            let note = json!({"source": "s", "tags": [], "description": "note", "language": code});
            let id = id_of(&session.call("remember", note).await);
            let found = knowledge(&session, json!({"language": format!(" {} ", code.to_uppercase())})).await;
            let shown: Vec<_> = found.iter().map(|entry| (&entry["id"], &entry["language"])).collect();
            assert_eq!(shown, [(&json!(id), &json!(name))], "{code}");
        }
        let known = session.refused("get_knowledge", json!({"language": "xx"})).await["valid"].clone();
        let mut expected: Vec<_> = LANGUAGES.iter().map(|(code, _)| *code).chain(["simple"]).collect();
        expected.sort_unstable();
        assert_eq!(known, json!(expected));
        stop(product).await;
    }

    async fn languages_without_an_analysis_have_no_code(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for code in ["ja", "zh", "ko", "he", "english"] {
            for (tool, mut arguments) in [
                ("remember", json!({"source": "s", "tags": [], "description": ENGLISH})),
                ("remind", json!({"source": "s", "tags": [], "goal": ENGLISH})),
                ("get_knowledge", json!({})),
                ("search", json!({"query": "boiler"})),
            ] {
                arguments["language"] = json!(code);
                let error = session.refused(tool, arguments).await;
                assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("language")), "{code}");
            }
        }
        assert!(knowledge(&session, json!({})).await.is_empty());
        stop(product).await;
    }

    async fn the_language_of_a_text_is_detected_if_it_is_long_and_clear_enough(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (text, expected) in [
            (ENGLISH, json!("english")), (FRENCH, json!("french")), (SPANISH, json!("spanish")), (GERMAN, json!("german")),
            (JAPANESE, Value::Null), ("*** 12345 --- 67890 !!! ???", Value::Null), ("The heat pump works", Value::Null),
            ("  Le chat est au lit  ", Value::Null), ("", Value::Null),
        ] {
            let id = remember(&session, text, &[]).await;
            assert_eq!(language(&session, &id).await, expected, "{text}");
        }
        stop(product).await;
    }

    async fn what_is_said_beats_what_is_detected(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (given, expected) in [("fr", json!("french")), ("simple", Value::Null), ("", json!("english"))] {
            for (tool, mut arguments) in [
                ("remember", json!({"source": "s", "tags": [], "description": ENGLISH})),
                ("learn_pattern", json!({"source": "s", "tags": [], "description": ENGLISH})),
                ("add_context", json!({"source": "s", "tags": [], "description": ENGLISH})),
                ("remind", json!({"source": "s", "tags": [], "goal": ENGLISH})),
            ] {
                arguments["language"] = json!(given);
                let id = id_of(&session.call(tool, arguments).await);
                assert_eq!(language(&session, &id).await, expected, "{tool}: {given}");
            }
        }
        stop(product).await;
    }

    async fn each_type_is_detected_by_its_own_text(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let text = |description: &str| json!({"source": "s", "tags": [], "description": description});
        let with = |mut arguments: Value, key: &str, value: &str| {
            arguments[key] = json!(value);
            arguments
        };

        for (tool, arguments, expected) in [
            ("remember", with(text("d"), "content", FRENCH), json!("french")),
            ("remember", text(FRENCH), json!("french")),
            ("learn_pattern", with(text("d"), "effect", FRENCH), json!("french")),
            ("learn_pattern", text(FRENCH), json!("french")),
            ("add_context", text(FRENCH), json!("french")),
            ("remind", json!({"source": "s", "tags": [], "goal": FRENCH}), json!("french")),
            ("register_schema", schema(FRENCH), json!("french")),
            ("create_record", record("d", ENGLISH), Value::Null),
            ("create_record", with(record(FRENCH, ENGLISH), "logical_key", "other"), json!("french")),
            ("remember", with(text("d"), "learned_from", FRENCH), Value::Null),
        ] {
            let id = id_of(&session.call(tool, arguments.clone()).await);
            assert_eq!(language(&session, &id).await, expected, "{tool} {arguments}");
        }
        stop(product).await;
    }

    async fn statuses_alerts_preferences_and_suppressions_have_no_language(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (tool, arguments) in [
            ("report_status", json!({"source": "s", "tags": [], "metrics": {"text": FRENCH}})),
            ("report_alert", alert("s", "a", "warning", FRENCH)),
            ("set_preference", json!({"key": "k", "value": FRENCH})),
            ("suppress_alert", json!({"source": "s", "reason": FRENCH})),
        ] {
            session.call(tool, arguments).await;
        }

        let raw = database.connect().await;
        let languages = raw.texts("SELECT type || ' ' || language FROM entries ORDER BY type").await;
        assert_eq!(languages, ["alert simple", "preference simple", "status simple", "suppression simple"]);
        drop(raw);
        stop(product).await;
    }

    async fn no_entry_gets_a_language_that_is_not_known(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = |language: &str| {
            json!({"source": "s", "tags": [], "description": "d", "logical_key": "k", "language": language})
        };
        let id = id_of(&session.call("remember", note("fr")).await);

        for (tool, arguments) in [
            ("remember", json!({"source": "s", "tags": [], "description": "new", "language": "klingon"})),
            ("remember", note("klingon")),
            ("update_entry", json!({"entry_id": id, "language": "klingon"})),
        ] {
            assert_eq!(session.refused(tool, arguments).await["param"], "language");
        }
        let raw = database.connect().await;
        assert!(raw.try_run("UPDATE entries SET language = 'klingon'").await.is_err());
        assert_eq!(raw.texts("SELECT language FROM entries").await, ["french"]);
        drop(raw);
        stop(product).await;
    }

    async fn one_notice_tells_of_a_language_without_an_analysis(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let text = json!({"source": "s", "tags": [], "description": JAPANESE});

        for (tool, arguments) in [
            ("remember", text.clone()),
            ("remember", text.clone()),
            ("learn_pattern", text.clone()),
            ("add_context", text),
            ("remind", json!({"source": "s", "tags": [], "goal": JAPANESE})),
            ("register_schema", schema(JAPANESE)),
            ("create_record", record(JAPANESE, "c")),
        ] {
            let id = id_of(&ann.call(tool, arguments).await);
            assert_eq!(language(&ann, &id).await, Value::Null, "{tool}");
            assert_eq!(notices(&ann).await.len(), 1, "{tool}");
        }

        let data = notices(&ann).await[0]["data"].clone();
        let code = data["detected_iso"].as_str().unwrap();
        assert_eq!(data["alert_id"], format!("unsupported-language-{code}"));
        assert_eq!((&data["level"], &data["alert_type"]), (&json!("info"), &json!("structural")));
        assert_eq!(data["resolved"], false);
        assert!(data["message"].as_str().unwrap().contains("Japanese"), "{data}");
        assert!(notices(&bob).await.is_empty());
        stop(product).await;
    }

    async fn no_notice_is_given_where_none_is_needed(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (text, given) in [
            (ENGLISH, ""), (FRENCH, ""), (JAPANESE, "fr"), (JAPANESE, "simple"), ("日本語の覚え書き", ""),
            ("*** 12345 --- 67890 !!! ???", ""),
        ] {
            let note = json!({"source": "s", "tags": [], "description": text, "language": given});
            session.call("remember", note).await;
            assert!(notices(&session).await.is_empty(), "{text}, {given}");
        }
        let own = alert("s", "a", "warning", JAPANESE);
        session.call("report_alert", own).await;
        assert!(notices(&session).await.is_empty());
        stop(product).await;
    }

    async fn a_notice_that_cannot_be_given_fails_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let raw = database.connect().await;
        refuse_alerts(&raw).await;

        let id = remember(&session, JAPANESE, &[]).await;

        let notes = knowledge(&session, json!({})).await;
        let ids: Vec<_> = notes.iter().map(|entry| &entry["id"]).collect();
        assert_eq!(ids, [&json!(id)]);
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 1);
        drop(raw);
        stop(product).await;
    }
}
