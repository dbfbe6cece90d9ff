//! A secret path prefix: what is behind it answers, everything else is not found.

use axum::http::Request;
use axum::http::uri::{PathAndQuery, Uri};
use subtle::ConstantTimeEq;

/// A path no route has.
const NOWHERE: &str = "/-";

/// The prefix, with one leading slash and none at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct MountPath(String);

impl MountPath {
    /// Takes the setting; slashes around it do not matter. `None` when nothing is left.
    #[must_use]
    pub fn new(setting: &str) -> Option<Self> {
        let trimmed = setting.trim().trim_matches('/');

        (!trimmed.is_empty()).then(|| Self(format!("/{trimmed}")))
    }

    /// The prefix as it stands in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the prefix off a request's path, or sends the request nowhere.
    pub(super) fn strip<B>(&self, mut request: Request<B>) -> Request<B> {
        let path = request.uri().path();
        if is_public(path) {
            return request;
        }
        let rest = self.rest(path).unwrap_or(NOWHERE);
        let path = match request.uri().query() {
            Some(query) => format!("{rest}?{query}"),
            None => rest.to_owned(),
        };
        if let Ok(path) = PathAndQuery::try_from(path) {
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = Some(path);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }

        request
    }

    /// What follows the prefix, compared in constant time and by whole segments.
    fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (prefix, rest) = path.split_at_checked(self.0.len())?;
        let equal: bool = prefix.as_bytes().ct_eq(self.0.as_bytes()).into();

        match rest {
            "" => Some("/"),
            rest if rest.starts_with('/') => Some(rest),
            _ => None,
        }
        .filter(|_| equal)
    }
}

/// Whether a path answers without the prefix too: icons, which clients ask for by addresses the server itself gives.
fn is_public(path: &str) -> bool {
    path == "/favicon.ico" || path.starts_with("/icons/")
}

/// Keeps the secret out of logs.
impl std::fmt::Debug for MountPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MountPath(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_segments_match() {
        let mount = MountPath::new("x9/").unwrap();
        let path_of = |path: &str| {
            let request = Request::builder().uri(path).body(()).unwrap();
            mount.strip(request).uri().to_string()
        };

        assert_eq!(path_of("/x9/mcp?a=1"), "/mcp?a=1");
        assert_eq!(path_of("/x9"), "/");
        for other in ["/mcp", "/x9y/mcp", "//x9/mcp", "/X9/mcp", "/"] {
            assert_eq!(path_of(other), NOWHERE, "{other}");
        }
        assert_eq!(MountPath::new(" / "), None);
    }
}
