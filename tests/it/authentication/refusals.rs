//! Tokens that are none, and the words that say why.

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{FAR_AWAY, LONG_AGO, assert_refused, protected};
use crate::support::http::Holder;
use crate::support::token::{SECRET, signed, token_of, token_with};

#[test]
fn a_call_without_a_token_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let server = protected(&home, &[]);
    let bare = token_of("ann");

    assert_refused(&server, &[], "missing");
    for header in [
        "Basic YW5uOmFubg==",
        "Bearer",
        "Bearer ",
        &bare,
        "Token x",
        "",
    ] {
        assert_refused(&server, &[("authorization", header)], "invalid");
    }
    assert_refused(
        &server,
        &[("x-authorization", &format!("Bearer {bare}"))],
        "missing",
    );
}

#[test]
fn a_token_that_is_not_ours_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let server = protected(&home, &[]);
    let good = token_of("ann");
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let ann = json!({"sub": "ann"});

    for token in [
        signed(
            &ann,
            "another secret, just as long as the true one",
            Algorithm::HS256,
        ),
        signed(&ann, "", Algorithm::HS256),
        signed(&ann, SECRET, Algorithm::HS384),
        signed(&ann, SECRET, Algorithm::HS512),
        // {"alg":"none","typ":"JWT"}, {"alg":"NONE"} and {"alg":"RS256"}, each with and without a signature.
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}."),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.{signature}"),
        format!("eyJhbGciOiJOT05FIn0.{claims}."),
        format!("eyJhbGciOiJSUzI1NiJ9.{claims}.{signature}"),
        // {"sub":"bob"} under the signature of another's claims.
        format!("{head}.eyJzdWIiOiJib2IifQ.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        format!("{good}.x"),
        format!("{good} {good}"),
        format!(" {good}"),
        format!("..{good}"),
        "..".to_owned(),
        "x".to_owned(),
        "%00".to_owned(),
        "A".repeat(6000),
    ] {
        assert_refused(
            &server,
            &[("authorization", &format!("Bearer {token}"))],
            "invalid",
        );
    }
    assert_eq!(
        Holder::of(&good, &server).call("get_stats", json!({}))["total"],
        0,
        "the good one is let in"
    );
}

#[test]
fn a_token_of_ours_holds_for_its_time_and_its_owner_alone() {
    let home = tempfile::tempdir().unwrap();
    let server = protected(&home, &[]);

    for (claims, word) in [
        (json!({"sub": "ann", "exp": LONG_AGO}), "expired"),
        (json!({"sub": "ann", "exp": 1_000_000_000.5}), "expired"),
        (json!({"sub": "ann", "exp": -1}), "expired"),
        (json!({"sub": "ann", "exp": "never"}), "invalid"),
        (
            json!({"sub": "ann", "exp": FAR_AWAY.to_string()}),
            "invalid",
        ),
        (json!({"sub": "ann", "exp": [FAR_AWAY]}), "invalid"),
        (json!({"sub": "ann", "nbf": FAR_AWAY}), "invalid"),
        (
            json!({"sub": "ann", "nbf": FAR_AWAY.to_string()}),
            "invalid",
        ),
        (json!({"sub": "ann", "iat": FAR_AWAY}), "invalid"),
        (json!({"sub": "ann", "iat": true}), "invalid"),
        (json!({"sub": "ann", "aud": "another service"}), "invalid"),
        (json!({"sub": "ann", "aud": ["another service"]}), "invalid"),
        (json!({"sub": "ann", "aud": 7}), "invalid"),
        (json!({"exp": FAR_AWAY}), "sub"),
        (json!({"sub": ""}), "sub"),
        (json!({"sub": null}), "sub"),
        (json!({"sub": 7}), "sub"),
        (json!({"sub": ["ann"]}), "invalid"),
        (json!({"sub": " "}), "invalid"),
        (json!({"sub": "_system"}), "invalid"),
        (json!({"sub": "a\0b"}), "invalid"),
        (json!(["ann"]), "invalid"),
        (json!("ann"), "invalid"),
        (json!(null), "invalid"),
    ] {
        let header = format!("Bearer {}", token_with(&claims));
        assert_refused(&server, &[("authorization", &header)], word);
    }

    for claims in [
        json!({"sub": "ann", "exp": FAR_AWAY, "nbf": LONG_AGO, "iat": LONG_AGO, "jti": "1", "role": "none"}),
        json!({"sub": "ann", "exp": 9_000_000_000.5, "iat": 1_000_000_000.5}),
        json!({"sub": "ann"}),
    ] {
        Holder::of(&token_with(&claims), &server).request("ping", json!({}));
    }
}
