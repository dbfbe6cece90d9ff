//! A directory that holds no model this can run: the file is named, and what is wrong with it.

use std::fs;

use awareness::embed::Local;
use serde_json::json;

use super::weights::{minilm, minilm_with};
use crate::support::process::{run_with, text_of};

#[test]
fn what_is_missing_or_broken_is_named() {
    let other_type = json!({"model_type": "t5"}).to_string();
    let other_pooling = json!({"pooling_mode_max_tokens": true}).to_string();
    let dense = json!([{"type": "sentence_transformers.models.Dense"}]).to_string();
    for (file, content, what) in [
        ("config.json", None, "No such file"),
        ("config.json", Some("{"), "EOF"),
        ("config.json", Some("{}"), "no model_type"),
        (
            "config.json",
            Some(other_type.as_str()),
            "`t5` cannot be run",
        ),
        ("model.safetensors", None, "No such file"),
        ("model.safetensors", Some("no weights"), "model.safetensors"),
        ("tokenizer.json", None, "No such file"),
        ("tokenizer.json", Some("{}"), "tokenizer.json"),
        (
            "1_Pooling/config.json",
            Some(other_pooling.as_str()),
            "max_tokens",
        ),
        (
            "modules.json",
            Some(dense.as_str()),
            "`Dense` cannot be run",
        ),
        (
            "sentence_bert_config.json",
            Some(r#"{"max_seq_length": 2}"#),
            "no room",
        ),
    ] {
        let model = minilm_with(file, content);

        let error = Local::load(model.path()).err().unwrap().to_string();

        assert!(
            error.contains(file) && error.contains(what),
            "{file}: {error}"
        );
    }
}

#[test]
fn weights_that_were_cut_short_are_refused() {
    let model = minilm_with("model.safetensors", None);
    let whole = fs::read(minilm().join("model.safetensors")).unwrap();
    fs::write(
        model.path().join("model.safetensors"),
        &whole[..whole.len() / 2],
    )
    .unwrap();

    let error = Local::load(model.path()).err().unwrap().to_string();

    assert!(error.contains("model.safetensors"), "{error}");
}

#[test]
fn a_server_does_not_start_without_its_model() {
    let home = tempfile::tempdir().unwrap();
    for (directory, what) in [
        ("", "AWARENESS_EMBEDDING_DIRECTORY"),
        ("/nowhere", "/nowhere: No such file"),
    ] {
        let variables = [
            ("AWARENESS_EMBEDDING_PROVIDER", "local"),
            ("AWARENESS_EMBEDDING_DIRECTORY", directory),
        ];

        let output = run_with(home.path(), &variables, &["serve", "--port", "0"]);

        assert!(!output.status.success());
        let text = text_of(&output);
        assert!(text.contains(what), "{text}");
    }
}
