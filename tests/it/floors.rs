//! The shape of the source: imports point down, SQL and databases are named where they belong, and every statement on an
//! owner's table starts from the one place that knows the owner.

use std::fs;
use std::path::{Path, PathBuf};

/// Floors from the top; each may use only those after it, and those named beside it.
const FLOORS: [(&str, &[&str]); 9] = [
    (
        "cli",
        &[
            "config",
            "transport",
            "mcp",
            "service",
            "store",
            "embed",
            "domain",
        ],
    ),
    ("config", &["transport", "mcp", "embed", "domain"]),
    ("transport", &["mcp", "domain", "store", "embed"]),
    ("mcp", &["service", "store", "index", "domain"]),
    ("service", &["store", "index", "embed", "domain"]),
    ("store", &["domain"]),
    ("index", &["domain"]),
    ("embed", &["domain"]),
    ("domain", &[]),
];

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();

    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A source without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();

    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn imports_point_down_only() {
    for (floor, below) in FLOORS {
        for path in sources(&root().join("src").join(floor)) {
            let code = code(&path);
            for (other, _) in FLOORS {
                if other != floor && !below.contains(&other) {
                    assert!(
                        !code.contains(&format!("crate::{other}")),
                        "{} reaches up to {other}",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn the_migrations_do_not_know_the_entities() {
    for path in sources(&root().join("migration/src")) {
        let code = code(&path);
        let uses = code
            .match_indices("entity::")
            .any(|(at, _)| !code[..at].ends_with(|character: char| character.is_alphanumeric()));
        assert!(!uses, "{}", path.display());
    }
}

#[test]
fn a_database_is_named_in_the_dialect_and_where_connections_are_set_up_only() {
    for path in sources(&root().join("src")) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if name.starts_with("src/store/dialect/") || name == "src/store/connect.rs" {
            continue;
        }
        let code = code(&path);
        for word in [
            "Dialect::Sqlite",
            "Dialect::Postgres",
            "DbBackend::Sqlite",
            "DbBackend::Postgres",
            "from_sql_and_values",
        ] {
            assert!(!code.contains(word), "{name} names a database: {word}");
        }
    }
}

#[test]
fn statements_on_owned_tables_start_from_the_scope() {
    for path in sources(&root().join("src/store")) {
        let name = path.file_name().unwrap().display().to_string();
        // Accounts have no owner, and upkeep is for all of them; both say so in their names.
        if ["scope.rs", "users.rs", "maintenance.rs"].contains(&name.as_str()) {
            continue;
        }
        let code = code(&path);
        for start in [
            "Entity::find()",
            "Entity::find_by_id(",
            "Entity::update_many()",
            "Entity::delete_many()",
            "Entity::delete_by_id(",
        ] {
            assert!(
                !code.contains(start),
                "{} bypasses the owner predicate: {start}",
                path.display()
            );
        }
    }
}

#[test]
fn the_environment_and_the_clock_are_read_in_one_place_each() {
    for (word, places) in [
        (
            "std::env::var",
            vec!["src/cli/mod.rs", "migration/src/main.rs"],
        ),
        (
            "Utc::now()",
            vec!["src/domain/clock.rs", "migration/src/sql.rs"],
        ),
    ] {
        let mut found = Vec::new();
        for directory in ["src", "migration/src", "entity/src"] {
            for path in sources(&root().join(directory)) {
                if code(&path).contains(word) {
                    found.push(path.strip_prefix(root()).unwrap().display().to_string());
                }
            }
        }
        found.sort();
        let mut places = places;
        places.sort_unstable();
        let mut expected: Vec<_> = places.into_iter().map(str::to_owned).collect();
        expected.sort();
        assert_eq!(found, expected, "{word}");
    }
}
