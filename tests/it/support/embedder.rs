//! A server that turns texts into vectors over HTTP, rightly or in one of the ways servers fail.

use std::sync::Arc;

use awareness::embed::{Ollama, Provider};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As asked.
    Right,
    /// As asked, but for texts with this word, which it refuses.
    RightBut(&'static str),
    /// As asked, but about this model, which it does not have.
    WithoutModel(&'static str),
    /// With one vector too few.
    TooFew,
    /// With one dimension too many.
    OtherDimensions,
    /// With vectors of different lengths.
    Uneven,
    /// With nothing but zeros.
    Zeros,
    /// With a body that is as it is.
    Body(&'static str),
    /// With a status.
    Status(u16),
    /// Not at all.
    Silent,
}

/// One question.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: &'static str,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

/// The server. Its vectors have three dimensions: one for cats, one for trains, one for all else.
#[derive(Clone)]
pub(crate) struct Embedder {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    manner: watch::Sender<Manner>,
    asked: watch::Sender<Vec<Asked>>,
}

impl Embedder {
    pub(crate) async fn start(manner: Manner) -> Self {
        let shared = Arc::new(Shared {
            manner: watch::Sender::new(manner),
            asked: watch::Sender::new(Vec::new()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/api/embed", post(ollama))
            .route("/v1/embeddings", post(openai))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        Self { url, shared }
    }

    /// What asks this server as an Ollama server.
    pub(crate) fn provider(&self) -> Arc<dyn Provider> {
        Arc::new(Ollama::new(&self.url.parse().unwrap(), "cats", 3))
    }

    /// Has it answer otherwise from now on.
    pub(crate) fn turn(&self, manner: Manner) {
        self.shared.manner.send_replace(manner);
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until it was asked what is wanted.
    pub(crate) async fn until_asked(&self, is_enough: impl Fn(&[Asked]) -> bool) {
        let mut asked = self.shared.asked.subscribe();
        asked.wait_for(|asked| is_enough(asked)).await.unwrap();
    }
}

impl Asked {
    /// The texts of the question.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let texts = self.body["input"].as_array().unwrap();

        texts.iter().map(|text| text.as_str().unwrap()).collect()
    }
}

impl Shared {
    /// Notes a question; its vectors, or how it is answered otherwise.
    async fn answer(&self, asked: Asked) -> Result<Vec<Vec<f32>>, Response> {
        let manner = *self.manner.borrow();
        let texts = asked.texts();
        let mut vectors: Vec<_> = texts.iter().map(|text| vector(text)).collect();
        let has = |word: &str| texts.iter().any(|text| text.contains(word));
        match manner {
            Manner::RightBut(word) if has(word) => return Err(self.refuse(asked, 400)),
            Manner::WithoutModel(model) if asked.body["model"] == model => {
                return Err(self.refuse(asked, 404));
            }
            Manner::Right | Manner::RightBut(_) | Manner::WithoutModel(_) => {}
            Manner::TooFew => drop(vectors.pop()),
            Manner::OtherDimensions => vectors.iter_mut().for_each(|vector| vector.push(1.0)),
            Manner::Uneven => drop(vectors[0].pop()),
            Manner::Zeros => vectors.iter_mut().for_each(|vector| vector.fill(0.0)),
            Manner::Status(status) => return Err(self.refuse(asked, status)),
            Manner::Body(body) => {
                self.note(asked);
                return Err(body.into_response());
            }
            Manner::Silent => {
                self.note(asked);
                return std::future::pending().await;
            }
        }
        self.note(asked);

        Ok(vectors)
    }

    /// Quotes the texts, as servers do.
    fn refuse(&self, asked: Asked, status: u16) -> Response {
        let status = StatusCode::from_u16(status).unwrap();
        let quoted = asked.body.to_string();
        self.note(asked);

        (status, quoted).into_response()
    }

    fn note(&self, asked: Asked) {
        self.asked.send_modify(|all| all.push(asked));
    }
}

async fn ollama(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    match shared.answer(asked("/api/embed", &headers, body)).await {
        Ok(vectors) => Json(json!({"embeddings": vectors})).into_response(),
        Err(response) => response,
    }
}

/// Answers last text first, as the interface allows.
async fn openai(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    match shared.answer(asked("/v1/embeddings", &headers, body)).await {
        Ok(vectors) => {
            let items = vectors.iter().enumerate().rev();
            let items = items.map(|(index, vector)| json!({"index": index, "embedding": vector}));
            Json(json!({"data": items.collect::<Vec<_>>()})).into_response()
        }
        Err(response) => response,
    }
}

fn asked(path: &'static str, headers: &HeaderMap, body: Value) -> Asked {
    let authorization = headers.get("authorization");

    Asked {
        path,
        authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
        body,
    }
}

fn vector(text: &str) -> Vec<f32> {
    let about =
        |words: [&str; 2]| f32::from(u8::from(words.iter().any(|word| text.contains(word))));

    vec![about(["cat", "feline"]), about(["train", "railway"]), 0.01]
}
