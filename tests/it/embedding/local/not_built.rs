//! A binary that cannot run local models says so before it serves.

use crate::support::process::{run_with, text_of};

#[test]
fn a_binary_without_local_models_says_how_to_get_one_with_them() {
    let home = tempfile::tempdir().unwrap();
    let variables = [
        ("AWARENESS_EMBEDDING_PROVIDER", "local"),
        ("AWARENESS_EMBEDDING_DIRECTORY", "model"),
    ];

    let output = run_with(home.path(), &variables, &["serve", "--port", "0"]);

    assert!(!output.status.success());
    let text = text_of(&output);
    for words in [
        "AWARENESS_EMBEDDING_PROVIDER",
        "cargo build --release --features local-models",
    ] {
        assert!(text.contains(words), "{text}");
    }
}
