//! `awareness secret` and `awareness token`: what they print is what a server takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{assert_refused, remember};
use crate::support::http::Holder;
use crate::support::process::{HttpServer, run, run_with, text_of};
use crate::support::token::SECRET;
use crate::support::{Database, both_databases};

const DAY: i64 = 86_400;

/// What a command printed on standard output, which is all it printed: one line.
fn line_of(home: &TempDir, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run_with(home.path(), variables, arguments);
    let text = text_of(&output);
    assert!(output.status.success(), "{arguments:?}: {text}");
    assert!(output.stderr.is_empty(), "{arguments:?}: {text}");
    let line = text.strip_suffix('\n').expect("an end of the line");
    assert!(!line.contains('\n'), "{text}");

    line.to_owned()
}

fn token_for(user: &str, secret: &str) -> String {
    let home = tempfile::tempdir().unwrap();

    line_of(
        &home,
        &[("AWARENESS_JWT_SECRET", secret)],
        &["token", "--user", user],
    )
}

/// The parts of a token: its header and what it says.
fn parts_of(token: &str) -> (Value, Value) {
    let part = |number: usize| {
        let part = token.split('.').nth(number).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };

    (part(0), part(1))
}

both_databases! {
    async fn a_printed_token_works_on_a_server_with_the_same_secret(database: Database) {
        let home = tempfile::tempdir().unwrap();
        let secret = line_of(&home, &[], &["secret"]);
        let variables = [("AWARENESS_AUTH_REQUIRED", "yes"), ("AWARENESS_JWT_SECRET", secret.as_str())];
        let server = HttpServer::start_in(database.home(), &variables, &["--database-url", database.url()]);

        for owner in ["bob", "O'Brien & søn"] {
            let reply = Holder::of(&token_for(owner, &secret), &server).call("remember", remember("d"));
            assert_eq!(reply["status"], "ok");
        }

        let foreign = format!("Bearer {}", token_for("bob", &line_of(&home, &[], &["secret"])));
        assert_refused(&server, &[("authorization", &foreign)], "invalid");
        let raw = database.connect().await;
        let owners = raw.texts("SELECT owner_id FROM entries ORDER BY created").await;
        assert_eq!(owners, ["bob", "O'Brien & søn"]);
    }
}

#[test]
fn a_secret_is_new_each_time_and_long_enough() {
    let home = tempfile::tempdir().unwrap();

    let secrets = [(); 3].map(|()| line_of(&home, &[], &["secret"]));

    for secret in &secrets {
        assert_eq!(secret.len(), 43);
        assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
    }
    assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2] && secrets[0] != secrets[2]);
}

#[test]
fn a_token_says_who_and_how_long_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let token = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut all = vec![("AWARENESS_JWT_SECRET", SECRET)];
        all.extend(variables);
        let token = line_of(
            &home,
            &all,
            &[&["token", "--user", "ann"], arguments].concat(),
        );
        assert!(!token.contains(SECRET));
        parts_of(&token)
    };

    for (arguments, seconds) in [
        (vec![], 30 * DAY),
        (vec!["--expires", "1d"], DAY),
        (vec!["--expires", "24h"], DAY),
        (vec!["--expires=1h"], 3600),
        (vec!["--expires", "36500d"], 36_500 * DAY),
    ] {
        let (header, claims) = token(&[], &arguments);
        assert_eq!(header, json!({"alg": "HS256", "typ": "JWT"}));
        assert_eq!(claims["sub"], "ann");
        let (issued, expires) = (
            claims["iat"].as_i64().unwrap(),
            claims["exp"].as_i64().unwrap(),
        );
        assert_eq!(expires - issued, seconds, "{arguments:?}");
        let mut names: Vec<_> = claims
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["exp", "iat", "jti", "sub"]);
    }
    let ids = [(); 2].map(|()| token(&[], &[]).1["jti"].clone());
    assert!(ids[0].is_string() && ids[0] != ids[1], "{ids:?}");
    let (header, _) = token(&[("AWARENESS_JWT_ALGORITHM", "HS512")], &[]);
    assert_eq!(header["alg"], "HS512");
    let left = std::fs::read_dir(home.path()).unwrap().count();
    assert_eq!(left, 0, "no database is made or opened");
}

#[test]
fn the_secret_may_stand_in_the_config_file() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(
        &config,
        format!("jwt_secret = \"{SECRET}\"\nauth_required = true\n"),
    )
    .unwrap();
    let config = ["--config", config.to_str().unwrap()];
    let server = HttpServer::start(home.path(), &config);

    let token = line_of(
        &home,
        &[],
        &[config.as_slice(), &["token", "--user", "ann"]].concat(),
    );

    Holder::of(&token, &server).request("ping", json!({}));
    assert_refused(&server, &[], "missing");
}

/// Runs `awareness token`, which must refuse with a word that says why.
fn refused(variables: &[(&str, &str)], arguments: &[&str], word: &str) {
    let home = tempfile::tempdir().unwrap();
    let output = run_with(home.path(), variables, &[&["token"], arguments].concat());
    let text = text_of(&output);

    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {text}");
    assert!(
        text.starts_with("error: ") && text.contains(word),
        "{arguments:?}: {text}"
    );
    assert!(
        !text.contains(SECRET) && !text.contains("panicked"),
        "{arguments:?}: {text}"
    );
}

#[test]
fn without_a_secret_or_with_a_wrong_algorithm_no_token_is_printed() {
    let ann = ["--user", "ann"];

    let way_out = "AWARENESS_JWT_SECRET is not set: make a secret with `awareness secret`";
    refused(&[], &ann, way_out);
    refused(&[("AWARENESS_JWT_SECRET", "")], &ann, way_out);
    let unsigned = [
        ("AWARENESS_JWT_SECRET", SECRET),
        ("AWARENESS_JWT_ALGORITHM", "none"),
    ];
    refused(&unsigned, &ann, "AWARENESS_JWT_ALGORITHM: use HS256");
}

#[test]
fn a_token_for_nobody_or_for_no_time_is_refused() {
    let secret = [("AWARENESS_JWT_SECRET", SECRET)];

    for (user, word) in [
        ("", "empty"),
        (" ", "empty"),
        ("a\nb", "control"),
        ("_system", "reserved"),
    ] {
        refused(&secret, &["--user", user], word);
    }
    for expires in [
        "",
        "d",
        "30",
        "0d",
        "0h",
        "-1d",
        "10m",
        "1.5d",
        "+1d",
        " 1d",
        "1 d",
        "1D",
        "9999999999d",
        "1é",
    ] {
        let expires = format!("--expires={expires}");
        refused(&secret, &["--user", "ann", &expires], "Invalid duration");
    }
}

#[test]
fn a_token_under_a_short_secret_is_printed_with_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("AWARENESS_JWT_SECRET", "kurz-und-knapp")];

    let output = run_with(home.path(), &variables, &["token", "--user", "ann"]);

    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{warning}");
    assert!(
        warning.contains("AWARENESS_JWT_SECRET is short"),
        "{warning}"
    );
    assert!(!warning.contains("kurz-und-knapp"), "{warning}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}

#[test]
fn a_token_for_nobody_in_particular_is_wrong_usage() {
    let home = tempfile::tempdir().unwrap();

    for arguments in [
        vec!["token"],
        vec!["token", "ann"],
        vec!["token", "--user"],
        vec!["secret", "x"],
    ] {
        assert_eq!(
            run(home.path(), &arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}
