//! The vectors are those of the libraries the model was made with, and search goes by them.

use awareness::embed::{Local, Provider};
use serde::Deserialize;
use serde_json::json;

use super::weights::{minilm, minilm_with};
use crate::support::http::{get, json_of};
use crate::support::process::HttpServer;

/// `reference.py` makes it; the numbers are rounded to four digits.
const REFERENCE: &str = include_str!("reference.json");

const ROUNDING: f32 = 0.000_1;

#[derive(Deserialize)]
struct Reference {
    text: String,
    mean: Vec<f32>,
    first: Vec<f32>,
}

#[tokio::test]
async fn vectors_are_those_of_the_libraries_the_model_was_made_with() {
    let references: Vec<Reference> = serde_json::from_str(REFERENCE).unwrap();
    let texts: Vec<String> = references.iter().map(|it| it.text.clone()).collect();
    let local = Local::load(&minilm()).unwrap();

    let together = local.embed(&texts).await.unwrap();

    assert_eq!(together.len(), texts.len());
    for (reference, vector) in references.iter().zip(&together) {
        assert_near(vector, &reference.mean, &reference.text);
        let alone = local
            .embed(std::slice::from_ref(&reference.text))
            .await
            .unwrap();
        assert_near(&alone[0], &reference.mean, &reference.text);
    }
}

#[tokio::test]
async fn a_model_that_pools_by_its_first_token_does() {
    let references: Vec<Reference> = serde_json::from_str(REFERENCE).unwrap();
    let pooling = json!({"word_embedding_dimension": 384, "pooling_mode_cls_token": true});
    let model = minilm_with("1_Pooling/config.json", Some(&pooling.to_string()));
    let local = Local::load(model.path()).unwrap();

    for reference in &references {
        let vectors = local
            .embed(std::slice::from_ref(&reference.text))
            .await
            .unwrap();

        assert_near(&vectors[0], &reference.first, &reference.text);
    }
}

#[test]
fn search_finds_by_the_meaning_of_a_local_model() {
    let home = tempfile::tempdir().unwrap();
    let directory = minilm().display().to_string();
    let variables = [
        ("AWARENESS_EMBEDDING_PROVIDER", "local"),
        ("AWARENESS_EMBEDDING_DIRECTORY", directory.as_str()),
    ];
    let server = HttpServer::start_in(home.path(), &variables, &[]);
    let notes = ["The radiator is cold again", "Lunch with Anna on Friday"];
    for description in notes {
        let note = json!({"source": "s", "description": description, "tags": []});
        assert_eq!(server.try_call("remember", note).unwrap()["status"], "ok");
    }
    let made = server
        .try_call("backfill_embeddings", json!({"limit": 10}))
        .unwrap();
    assert_eq!(made["remaining"], 0, "{made}");

    let query = json!({"query": "heating broken", "mode": "list"});
    let found = server.try_call("search", query).unwrap();

    assert_eq!(found["branches"], json!(["words", "meaning"]), "{found}");
    let entries = found["entries"].as_array().unwrap();
    assert_eq!(entries[0]["description"], notes[0], "{found}");
    let shown = json!({"provider": "local", "model": "local/model", "status": "ok"});
    assert_eq!(json_of(get(&server.at("/health")))["embedding"], shown);
}

fn assert_near(vector: &[f32], reference: &[f32], text: &str) {
    assert_eq!(vector.len(), reference.len(), "{text}");
    for (at, (number, expected)) in vector.iter().zip(reference).enumerate() {
        assert!(
            (number - expected).abs() < ROUNDING,
            "{text}: {number} instead of {expected} at {at}"
        );
    }
}
