//! What a stranger sees of a server that asks for tokens.

use super::protected;
use crate::support::http::{agent, get};
use crate::support::token::token_of;

#[test]
fn what_everyone_may_see_needs_no_token() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, prefix) in [
        (vec![], ""),
        (vec!["--mount-path", "/s3cret-place"], "/s3cret-place"),
    ] {
        let server = protected(&home, &arguments);
        let base = server.url.trim_end_matches("/mcp").trim_end_matches(prefix);
        let status = |path: &str| get(&format!("{base}{path}")).status().as_u16();

        for path in ["/health", "/ready"] {
            assert_eq!(status(&format!("{prefix}{path}")), 200, "{path}");
        }
        for path in ["/favicon.ico", "/icons/awareness-64-dark.svg"] {
            assert_eq!(status(path), 200, "{path}");
        }
        for path in [
            "/icons/none.svg",
            "/icons/a/b.svg",
            "/icons/%2e%2e%2fhealth",
            "/icons/",
        ] {
            assert_eq!(status(path), 404, "{path}");
        }
        // There is no provider of tokens to tell of; a client that asks must not take that for a refusal.
        for path in [
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-authorization-server/mcp",
        ] {
            assert_eq!(status(&format!("{prefix}{path}")), 404, "{path}");
        }
        assert_eq!(status(&format!("{prefix}/mcp")), 401);
    }
}

#[test]
fn a_stranger_cannot_tell_what_exists_from_what_does_not() {
    let home = tempfile::tempdir().unwrap();
    let server = protected(&home, &["--mount-path", "/s3cret-place"]);
    let base = server.url.trim_end_matches("/s3cret-place/mcp");
    let ask = |method: &str, path: &str, token: Option<&str>| {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{base}{path}"));
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let mut answer = agent().run(request.body(()).unwrap()).unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        let mut headers = answer.headers().clone();
        headers.remove("date");
        (answer.status().as_u16(), format!("{headers:?}"), body)
    };
    let refusal = ask("GET", "/s3cret-place/mcp", None);

    for path in [
        "/s3cret-place/mcp",
        "/s3cret-place/none",
        "/s3cret-place",
        "/mcp",
        "/health",
        "/none",
        "/",
        "/S3CRET-PLACE/mcp",
    ] {
        for method in ["GET", "POST", "DELETE", "PUT", "OPTIONS"] {
            assert_eq!(ask(method, path, None), refusal, "{method} {path}");
        }
    }
    assert_eq!(refusal.0, 401);
    let token = token_of("ann");
    for path in [
        "/mcp",
        "/none",
        "/s3cret-placex/mcp",
        "/s3cret-place/../mcp",
        "/s3cret-place/none",
    ] {
        assert_eq!(ask("POST", path, Some(&token)).0, 404, "{path}");
    }
}
