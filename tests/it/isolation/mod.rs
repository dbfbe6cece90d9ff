//! Two owners on one server, asked everything a server can be asked: what one has, the other cannot see, count, change
//! or infer. Whatever is asked with another's ids and names is answered as on a server where the other does not exist.

mod planting;
mod questions;

use std::collections::{BTreeSet, HashSet};

use awareness::domain::Timestamp;
use serde_json::{Value, json};

use crate::migrations::dump;
use crate::support::http::Holder;
use crate::support::process::HttpServer;
use crate::support::token::{SECRET, token_of};
use crate::support::{Database, both_databases};
use planting::plant;
use questions::{Lists, Question, changing, completions, looking, names_of, prompts, resources};

/// A text nobody but its owner may see.
const SENTINEL: &str = "sentinel-7f3a";

/// A name that everyone may guess.
const HANDLE: &str = "greenhouse";

/// Tables with rows of owners, and what identifies a row's content.
const TABLES: [(&str, &str); 8] = [
    (
        "entries",
        "id, type, source, created, updated, expires, deleted, tags, data, logical_key, language, is_language_given",
    ),
    ("reads", "id, entry_id, timestamp, platform, tool_used"),
    (
        "actions",
        "id, entry_id, timestamp, platform, action, detail, tags",
    ),
    ("entry_tags", "entry_id, tag, touched, deleted"),
    (
        // The slots are added up now and then.
        "(SELECT owner_id, kind, name, SUM(count) AS count FROM entry_counts
          GROUP BY owner_id, kind, name HAVING SUM(count) <> 0) AS counts",
        "kind, name, count",
    ),
    ("entry_links", "entry_id, related_id"),
    ("entry_words", "entry_id, terms"),
    ("read_counts", "entry_id, read_count, last_read, deleted"),
];

both_databases! {
    async fn whatever_is_asked_another_owner_does_not_exist(database: Database) {
        let empty = Database::migrated(database.kind()).await;
        let (server, lonely) = (start(&database), start(&empty));
        let ann = Holder::of(&token_of("ann"), &server);
        let ids = plant(&ann, HANDLE);
        plant(&ann, SENTINEL);
        let lists = lists_of(&ann);
        let questions = questions(&lists, &ids);
        assert_complete(&lists, &questions);
        let before = rows_of(&database, "ann").await;

        let bob = Holder::of(&token_of("bob"), &server);
        let alone = Holder::of(&token_of("bob"), &lonely);
        let (mut here, mut there) = (Settling::new(&ids), Settling::new(&ids));
        for question in &questions {
            let (seen, expected) = (here.ask(&bob, question), there.ask(&alone, question));
            assert_eq!(seen, expected, "{question:?}");
            let text = seen.to_string();
            assert!(!text.contains("invalid_parameter"), "{question:?} asks nothing: {text}");
            // Who already knows the text may be told it back.
            let knows = question.1.to_string().contains(SENTINEL);
            assert!(knows || !text.contains(SENTINEL), "{question:?}: {text}");
        }

        assert_eq!(names_of(&lists_of(&bob).prompts, "name"), names_of(&lists_of(&alone).prompts, "name"));
        for (rows, rows_before) in rows_of(&database, "ann").await.iter().zip(&before) {
            let gone: Vec<_> = rows_before.iter().filter(|row| !rows.contains(row)).collect();
            let new: Vec<_> = rows.iter().filter(|row| !rows_before.contains(row)).collect();
            assert!(gone.is_empty() && new.is_empty() && rows.len() == rows_before.len(), "gone: {gone:?}, new: {new:?}");
        }
        assert_revealing(&ann, &lists, &questions);
        empty.guard().remove().await;
    }
}

fn start(database: &Database) -> HttpServer {
    let variables = [
        ("AWARENESS_AUTH_REQUIRED", "true"),
        ("AWARENESS_JWT_SECRET", SECRET),
    ];

    HttpServer::start_in(
        database.home(),
        &variables,
        &["--database-url", database.url()],
    )
}

fn questions(lists: &Lists, ids: &[String]) -> Vec<Question> {
    let asking = || {
        [
            looking(HANDLE, ids),
            resources(lists, HANDLE, ids),
            prompts(lists, HANDLE),
            completions(lists, HANDLE),
        ]
    };

    asking()
        .into_iter()
        .chain([changing(HANDLE, ids)])
        .chain(asking())
        .flatten()
        .collect()
}

fn lists_of(holder: &Holder) -> Lists {
    let list = |method: &str, key: &str| {
        let reply = holder.request(method, json!({}));
        reply["result"][key]
            .as_array()
            .unwrap_or_else(|| panic!("{method}: {reply}"))
            .clone()
    };

    Lists {
        tools: list("tools/list", "tools"),
        resources: list("resources/list", "resources"),
        templates: list("resources/templates/list", "resourceTemplates"),
        prompts: list("prompts/list", "prompts"),
    }
}

/// Asserts that every tool is asked, with each of its arguments.
fn assert_complete(lists: &Lists, questions: &[Question]) {
    let mut asked = BTreeSet::new();
    for (_, params) in questions
        .iter()
        .filter(|(method, _)| *method == "tools/call")
    {
        let tool = params["name"].as_str().unwrap();
        asked.insert(tool.to_owned());
        asked.extend(
            params["arguments"]
                .as_object()
                .unwrap()
                .keys()
                .map(|name| format!("{tool}.{name}")),
        );
    }
    let mut listed = BTreeSet::new();
    for tool in &lists.tools {
        let name = tool["name"].as_str().unwrap();
        listed.insert(name.to_owned());
        let arguments = tool["inputSchema"]["properties"].as_object();
        listed.extend(
            arguments
                .into_iter()
                .flat_map(|all| all.keys())
                .map(|argument| format!("{name}.{argument}")),
        );
    }

    let unasked: Vec<_> = listed.difference(&asked).collect();
    assert!(unasked.is_empty(), "nothing asks {unasked:?}");
}

/// Asserts that the questions are worth asking: to the owner, every tool that reads, every resource, every prompt and
/// completion shows the text that nobody else may see.
fn assert_revealing(owner: &Holder, lists: &Lists, questions: &[Question]) {
    let reads = lists
        .tools
        .iter()
        .filter(|tool| tool["annotations"]["readOnlyHint"] == true);
    let mut silent: HashSet<String> = reads
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect();
    silent.extend(["get_briefing", "completion/complete"].map(str::to_owned));
    silent.extend(names_of(&lists.resources, "uri"));
    silent.extend(names_of(&lists.templates, "uriTemplate"));
    silent.extend(names_of(&lists.prompts, "name"));

    for (method, params) in questions {
        if silent.is_empty() {
            break;
        }
        if owner
            .request(method, params.clone())
            .to_string()
            .contains(SENTINEL)
        {
            let name = params["name"]
                .as_str()
                .or(params["uri"].as_str())
                .unwrap_or_default();
            silent.remove(name);
            silent.remove(*method);
            silent.retain(|template| !is_filled(template, name));
        }
    }

    assert!(
        silent.is_empty(),
        "nobody would notice a leak through {silent:?}"
    );
}

fn is_filled(template: &str, uri: &str) -> bool {
    template
        .split_once('{')
        .is_some_and(|(beginning, _)| uri.starts_with(beginning))
}

/// Everything stored of an owner.
async fn rows_of(database: &Database, owner: &str) -> Vec<Vec<String>> {
    let raw = database.connect().await;
    let mut rows = Vec::new();
    for (table, columns) in TABLES {
        rows.push(
            dump(
                &raw,
                &format!("{table} WHERE owner_id = '{owner}'"),
                columns,
            )
            .await,
        );
    }

    rows
}

/// Answers without what differs from run to run: times, and ids in the order they are first seen.
struct Settling {
    known: HashSet<String>,
    seen: Vec<String>,
}

impl Settling {
    fn new(known: &[String]) -> Self {
        Self {
            known: known.iter().cloned().collect(),
            seen: Vec::new(),
        }
    }

    fn ask(&mut self, holder: &Holder, (method, params): &Question) -> Value {
        let mut reply = holder.request(method, params.clone());
        self.settle(&mut reply["result"]);
        self.settle(&mut reply["error"]);

        reply
    }

    fn settle(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.settled(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.settle(item)),
            Value::Object(members) => {
                // Events are numbered across owners.
                if let Some(id) = members.get_mut("id").filter(|id| id.is_number()) {
                    *id = "<event>".into();
                }
                members.values_mut().for_each(|member| self.settle(member));
            }
            _ => {}
        }
    }

    /// Structured text part by part, any other word by word.
    fn settled(&mut self, text: &str) -> String {
        if let Ok(mut inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            self.settle(&mut inner);
            return inner.to_string();
        }
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "-:.+_".contains(character);
        let mut rest = text;
        let mut settled = String::new();
        while !rest.is_empty() {
            let (word, after) = rest.split_at(
                rest.find(|character| !is_part(character))
                    .unwrap_or(rest.len()),
            );
            settled += &self.word(word);
            let (between, after) = after.split_at(after.find(is_part).unwrap_or(after.len()));
            settled += between;
            rest = after;
        }

        settled
    }

    fn word(&mut self, word: &str) -> String {
        if self.known.contains(word) {
            return word.to_owned();
        }
        let is_id = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
        if is_id {
            let number = self
                .seen
                .iter()
                .position(|seen| seen == word)
                .unwrap_or_else(|| {
                    self.seen.push(word.to_owned());
                    self.seen.len() - 1
                });
            return format!("<id {number}>");
        }
        if word.contains('T') && Timestamp::parse(word).is_ok() {
            return "<time>".to_owned();
        }

        word.to_owned()
    }
}
