//! Settings of authentication: what starts, what does not, and what the log must not show.

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{LONG_AGO, PROTECTED, assert_refused, protected, remember};
use crate::support::http::Holder;
use crate::support::process::{HttpServer, run_with, text_of};
use crate::support::token::{SECRET, signed, token_of, token_with};

#[test]
fn the_algorithm_is_the_one_that_is_set() {
    let home = tempfile::tempdir().unwrap();
    let ann = json!({"sub": "ann"});
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let [required, secret] = PROTECTED;
        let variables = [required, secret, ("AWARENESS_JWT_ALGORITHM", name)];
        let server = HttpServer::start_in(home.path(), &variables, &[]);

        Holder::of(&signed(&ann, SECRET, algorithm), &server).request("ping", json!({}));
        let other = format!("Bearer {}", token_with(&ann));
        assert_refused(&server, &[("authorization", &other)], "invalid");
    }
}

#[test]
fn a_secret_that_guards_nothing_is_warned_of() {
    let home = tempfile::tempdir().unwrap();
    let [required, secret] = PROTECTED;
    for (variables, is_warned) in [(vec![secret], true), (vec![required, secret], false)] {
        let server = HttpServer::start_in(home.path(), &variables, &[]);

        let log = server.into_log();

        let warned = log.contains("AWARENESS_JWT_SECRET alone asks nobody for a token");
        assert_eq!(warned, is_warned, "{log}");
        assert!(!log.contains(SECRET), "{log}");
    }
}

#[test]
fn a_server_that_could_not_tell_callers_apart_does_not_start() {
    let home = tempfile::tempdir().unwrap();
    let both = "AWARENESS_JWT_SECRET AWARENESS_OAUTH_ISSUER";
    for (variables, arguments, words) in [
        (vec![("AWARENESS_AUTH_REQUIRED", "true")], vec![], both),
        (
            vec![("AWARENESS_AUTH_REQUIRED", "true")],
            vec!["--mount-path", "/x"],
            both,
        ),
        (
            vec![
                ("AWARENESS_AUTH_REQUIRED", "true"),
                ("AWARENESS_JWT_SECRET", ""),
            ],
            vec![],
            both,
        ),
        (
            vec![
                ("AWARENESS_AUTH_REQUIRED", "maybe"),
                ("AWARENESS_JWT_SECRET", SECRET),
            ],
            vec![],
            "AWARENESS_AUTH_REQUIRED true",
        ),
        (
            vec![
                ("AWARENESS_JWT_ALGORITHM", "none"),
                ("AWARENESS_JWT_SECRET", SECRET),
            ],
            vec![],
            "AWARENESS_JWT_ALGORITHM HS256",
        ),
        (
            vec![
                ("AWARENESS_JWT_ALGORITHM", "RS256"),
                ("AWARENESS_JWT_SECRET", SECRET),
            ],
            vec![],
            "AWARENESS_JWT_ALGORITHM HS256",
        ),
    ] {
        let mut all = vec!["serve", "--port", "0"];
        all.extend(arguments);
        let output = run_with(home.path(), &variables, &all);
        let text = text_of(&output);

        assert_eq!(output.status.code(), Some(1), "{variables:?}: {text}");
        assert!(
            words.split(' ').all(|word| text.contains(word)),
            "{variables:?}: {text}"
        );
        assert!(
            !text.contains(SECRET) && !text.contains("panicked"),
            "{variables:?}: {text}"
        );
    }
}

#[test]
fn with_tokens_a_server_may_listen_beyond_this_machine() {
    let home = tempfile::tempdir().unwrap();

    let server = protected(&home, &["--host", "0.0.0.0"]);

    assert!(server.url.starts_with("http://0.0.0.0:"), "{}", server.url);
}

#[test]
fn a_secret_that_could_be_guessed_is_warned_about_and_not_shown() {
    let home = tempfile::tempdir().unwrap();
    let log_of = |secret: &str| {
        let variables = [
            ("AWARENESS_AUTH_REQUIRED", "true"),
            ("AWARENESS_JWT_SECRET", secret),
        ];
        HttpServer::start_in(home.path(), &variables, &[]).into_log()
    };

    let short = log_of("kurz-und-knapp");
    assert!(
        short.contains("WARN") && short.contains("AWARENESS_JWT_SECRET is short"),
        "{short}"
    );
    assert!(!short.contains("kurz-und-knapp"), "{short}");
    assert!(!log_of(SECRET).contains("WARN"));
}

/// What must not be in any log, however much it is asked to say.
#[test]
fn no_secret_token_or_memory_reaches_the_log() {
    let home = tempfile::tempdir().unwrap();
    let [required, secret] = PROTECTED;
    let asked = "trace,rmcp=trace,rmcp::service=trace,rmcp::transport=trace,sqlx::query=trace,sea_orm::query=trace";
    for asked in ["trace", asked, "[serve_inner]=trace", "nonsense=,=="] {
        let variables = [required, secret, ("AWARENESS_LOG", asked)];
        let server = HttpServer::start_in(home.path(), &variables, &[]);
        let good = token_of("ann");
        let expired = token_with(&json!({"sub": "ann", "exp": LONG_AGO}));
        let foreign = signed(&json!({"sub": "ann"}), "another secret", Algorithm::HS256);

        let ours = Holder::of(&good, &server);
        ours.call("remember", remember("memory-text"));
        ours.call("search", json!({"query": "memory-text"}));
        ours.call(
            "update_entry",
            json!({"entry_id": "memory-text", "description": "memory-text"}),
        );
        ours.call("get_knowledge", json!({"since": "memory-text"}));
        ours.request("resources/read", json!({"uri": "awareness://knowledge"}));
        ours.request("resources/read", json!({"uri": "awareness://memory-text"}));
        ours.request(
            "prompts/get",
            json!({"name": "catchup", "arguments": {"hours": "memory-text"}}),
        );
        ours.request(
            "tools/call",
            json!({"name": "memory-text", "arguments": {"a": "memory-text"}}),
        );
        for token in [&expired, &foreign] {
            assert_refused(
                &server,
                &[("authorization", &format!("Bearer {token}"))],
                "token",
            );
        }

        let log = server.into_log();
        for word in [
            SECRET,
            &good,
            &expired,
            &foreign,
            "another secret",
            "memory-text",
            "Bearer ",
        ] {
            assert!(!log.contains(word), "{asked}: {word} is in {log}");
        }
        let signature = good.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "{asked}: {log}");
    }
}
