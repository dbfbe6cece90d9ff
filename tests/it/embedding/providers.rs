//! What providers ask, and which answers they take.

use awareness::embed::{ApiKey, EmbedError, OpenAi, Provider};
use serde_json::json;

use crate::support::embedder::{Embedder, Manner};

/// A word that no error may show.
const PRIVATE: &str = "divorce";

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("cat {number}")).collect()
}

fn openai(embedder: &Embedder, dimensions: Option<usize>) -> OpenAi {
    let key = ApiKey::new("sk-secret");

    OpenAi::new(&embedder.url.parse().unwrap(), "cats", dimensions, key)
}

#[tokio::test]
async fn an_ollama_server_is_asked_in_batches_and_answers_in_order() {
    let embedder = Embedder::start(Manner::Right).await;
    let mut texts = texts(64);
    texts.push("train".to_owned());

    let vectors = embedder.provider().embed(&texts).await.unwrap();

    let asked = embedder.asked();
    let sizes: Vec<_> = asked.iter().map(|asked| asked.texts().len()).collect();
    assert_eq!(sizes, [64, 1]);
    assert_eq!(asked[1].path, "/api/embed");
    assert_eq!(asked[1].body, json!({"model": "cats", "input": ["train"]}));
    assert_eq!(asked[1].authorization, None);
    assert_eq!(vectors.len(), 65);
    assert!(vectors[0][0] > 0.9 && vectors[64][1] > 0.9);
    let length: f32 = vectors[64].iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-5);
}

#[tokio::test]
async fn a_service_is_asked_with_the_key_and_its_answer_is_put_in_order() {
    let embedder = Embedder::start(Manner::Right).await;
    let texts = ["cat".to_owned(), "train".to_owned()];

    let vectors = openai(&embedder, None).embed(&texts).await.unwrap();
    let cut = openai(&embedder, Some(3));
    cut.embed(&texts[..1]).await.unwrap();

    assert!(vectors[0][0] > 0.9 && vectors[1][1] > 0.9);
    let asked = embedder.asked();
    assert_eq!(asked[0].path, "/v1/embeddings");
    assert_eq!(asked[0].body, json!({"model": "cats", "input": texts}));
    assert_eq!(asked[0].authorization.as_deref(), Some("Bearer sk-secret"));
    assert_eq!(asked[1].body["dimensions"], 3);
    assert_eq!(
        cut.model(),
        "cats/3",
        "vectors cut to other lengths are never compared"
    );
}

#[tokio::test]
async fn answers_that_are_not_the_vectors_asked_for_are_refused_without_a_word_of_the_texts() {
    let embedder = Embedder::start(Manner::Right).await;
    let texts = [PRIVATE.to_owned(), "cat".to_owned()];
    let malformed = [
        Manner::TooFew,
        Manner::OtherDimensions,
        Manner::Uneven,
        Manner::Zeros,
        Manner::Status(400),
        Manner::Status(413),
        Manner::Body(""),
        Manner::Body("{"),
        Manner::Body("<html>divorce</html>"),
        Manner::Body(r#"{"embeddings": "divorce", "data": "divorce"}"#),
        Manner::Body(
            r#"{"embeddings": [[1, 2, NaN], [1, 2, 3]], "data": [{"index": 0, "embedding": [NaN]}]}"#,
        ),
        Manner::Body(
            r#"{"embeddings": [[1, 2, 1e99], [1, 2, 3]],
                "data": [{"index": 0, "embedding": [1, 2, 3]}, {"index": 1, "embedding": [1, 2, 1e99]}]}"#,
        ),
        Manner::Body(
            r#"{"embeddings": [[1, 2, null], [1, 2, 3]],
                "data": [{"index": 0, "embedding": [1, 2, 3]}, {"index": 0, "embedding": [1, 2, 3]}]}"#,
        ),
    ];

    for manner in malformed {
        embedder.turn(manner);
        let (one, other) = (embedder.provider(), openai(&embedder, Some(3)));
        for answer in [one.embed(&texts).await, other.embed(&texts).await] {
            let error = answer.unwrap_err();
            assert!(
                matches!(error, EmbedError::Malformed(_)),
                "{manner:?}: {error}"
            );
            assert!(!error.to_string().contains(PRIVATE), "{manner:?}: {error}");
        }
    }
    for status in [301, 401, 404, 429, 500, 503] {
        embedder.turn(Manner::Status(status));
        let (one, other) = (embedder.provider(), openai(&embedder, None));
        for answer in [one.embed(&texts).await, other.embed(&texts).await] {
            let error = answer.unwrap_err();
            assert!(
                matches!(error, EmbedError::Unavailable(_)),
                "{status}: {error}"
            );
            let text = error.to_string();
            assert!(text.contains(&status.to_string()), "{text}");
            assert!(
                !text.contains(PRIVATE) && !text.contains("secret"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let long = format!(r#"{{"embeddings": [[{}1]]}}"#, "1, ".repeat(6 << 20)).leak();
    let embedder = Embedder::start(Manner::Body(long)).await;

    let error = embedder.provider().embed(&texts(1)).await.unwrap_err();

    assert_eq!(
        error,
        EmbedError::Malformed("more than 16777216 bytes".to_owned())
    );
}

#[tokio::test]
async fn a_server_without_a_certificate_is_told_nothing() {
    let embedder = Embedder::start(Manner::Right).await;
    let url = embedder.url.replace("http:", "https:").parse().unwrap();

    let error = OpenAi::new(&url, "cats", None, ApiKey::new("sk-secret"))
        .embed(&texts(1))
        .await
        .unwrap_err();

    assert_eq!(error, EmbedError::Unavailable("no connection".to_owned()));
    assert!(embedder.asked().is_empty());
}

#[tokio::test]
async fn nobody_at_the_address_is_an_outage() {
    // Port 1 is for a service nobody runs.
    let url = "http://127.0.0.1:1".parse().unwrap();

    let error = OpenAi::new(&url, "cats", None, ApiKey::new("sk-secret"))
        .embed(&texts(1))
        .await
        .unwrap_err();

    assert_eq!(error, EmbedError::Unavailable("no connection".to_owned()));
}
