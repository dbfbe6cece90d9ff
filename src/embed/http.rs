//! Questions to providers on other machines: JSON there, JSON back, within bounds of time and size.
//!
//! What goes wrong is said in words of our own: an answer may quote the texts, and an address may be private.

use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::EmbedError;

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer that is read, in bytes: twice what the largest batch of long vectors takes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// What a provider knows its customer by. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Takes a key; `None` for one that cannot be sent.
    #[must_use]
    pub fn new(key: &str) -> Option<Self> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim())).ok()?;
        value.set_sensitive(true);

        Some(Self(value))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

/// One address that answers questions.
#[derive(Clone)]
pub(super) struct Endpoint {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    address: String,
    key: Option<ApiKey>,
}

impl Endpoint {
    /// An address below a base.
    pub(super) fn new(base: &Url, path: &str, key: Option<ApiKey>) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .build();

        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            address: format!("{}/{path}", base.as_str().trim_end_matches('/')),
            key,
        }
    }

    /// Asks and reads the answer.
    ///
    /// # Errors
    ///
    /// [`EmbedError::Unavailable`] without an answer; [`EmbedError::Malformed`] for one of another shape.
    pub(super) async fn ask<A: DeserializeOwned>(
        &self,
        question: &impl Serialize,
    ) -> Result<A, EmbedError> {
        let question = serde_json::to_vec(question)
            .map_err(|_| EmbedError::Malformed("no question to answer".to_owned()))?;
        let answer = tokio::time::timeout(PATIENCE, self.exchange(question))
            .await
            .map_err(|_| unavailable(format!("no answer within {} s", PATIENCE.as_secs())))??;

        // What the parser says would quote the answer.
        serde_json::from_slice(&answer)
            .map_err(|_| EmbedError::Malformed("something that is no list of vectors".to_owned()))
    }

    async fn exchange(&self, question: Vec<u8>) -> Result<Bytes, EmbedError> {
        let mut request = Request::post(&self.address).header(CONTENT_TYPE, "application/json");
        if let Some(ApiKey(key)) = &self.key {
            request = request.header(AUTHORIZATION, key);
        }
        let request = request
            .body(Full::from(question))
            .map_err(|_| unavailable("its address cannot be used".to_owned()))?;

        let response = self.client.request(request).await.map_err(|error| {
            let what = if error.is_connect() {
                "no connection"
            } else {
                "the connection broke off"
            };
            unavailable(what.to_owned())
        })?;
        refuse_status(response.status())?;
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        let body = body.collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                EmbedError::Malformed(format!("more than {MAX_ANSWER_BYTES} bytes"))
            } else {
                unavailable("the answer broke off".to_owned())
            }
        })?;

        Ok(body.to_bytes())
    }
}

/// Takes no status but success. Some speak of the texts; all others of the provider.
fn refuse_status(status: StatusCode) -> Result<(), EmbedError> {
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(EmbedError::Malformed(format!("status {}", status.as_u16())))
        }
        _ if status.is_success() => Ok(()),
        _ => Err(unavailable(format!("status {}", status.as_u16()))),
    }
}

fn unavailable(what: String) -> EmbedError {
    EmbedError::Unavailable(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nowhere() {
        let key = ApiKey::new("sk-secret\n").unwrap();

        assert_eq!(format!("{key:?}"), "ApiKey(…)");
        assert_eq!(key.0.to_str().unwrap(), "Bearer sk-secret");
        assert!(!format!("{:?}", key.0).contains("secret"));
        assert!(ApiKey::new("two\nlines").is_none());
    }
}
