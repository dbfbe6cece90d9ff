//! What turns texts into vectors.

use url::Url;

use super::layers::Layers;
use crate::embed::{ApiKey, Choice, LoadError};

/// The model of an Ollama server: one that knows many languages.
const OLLAMA_MODEL: &str = "granite-embedding:278m";

/// How many numbers its vectors have.
const OLLAMA_DIMENSIONS: usize = 768;

const OLLAMA_URL: &str = "http://localhost:11434";

const OPENAI_URL: &str = "https://api.openai.com";

/// The most dimensions a vector may have.
const MAX_DIMENSIONS: usize = 16_384;

/// The provider that is chosen; the built-in model where nothing is said. What belongs to another provider is not read.
pub(super) fn embedding(layers: &mut Layers<'_>) -> Option<Choice> {
    let provider = layers.text_or_empty("embedding_provider", "AWARENESS_EMBEDDING_PROVIDER");

    match provider.as_deref().map(str::trim) {
        None | Some("builtin") => Some(Choice::Builtin),
        Some("" | "none") => Some(Choice::None),
        Some("local") => local(layers),
        Some("ollama") => ollama(layers),
        Some("openai") => openai(layers),
        Some(other) => {
            let names = Choice::NAMES.join(", ");
            layers.problem(&format!(
                "AWARENESS_EMBEDDING_PROVIDER: `{other}` is none of {names}"
            ));
            None
        }
    }
}

fn local(layers: &mut Layers<'_>) -> Option<Choice> {
    if !cfg!(feature = "local-models") {
        let why = LoadError::NotBuilt;
        layers.problem(&format!("AWARENESS_EMBEDDING_PROVIDER: {why}"));
        return None;
    }
    let directory = layers.text("embedding_directory", "AWARENESS_EMBEDDING_DIRECTORY");
    let directory = directory.ok_or("AWARENESS_EMBEDDING_DIRECTORY: name the directory of a model");

    Some(Choice::Local {
        directory: layers.check(directory)?.into(),
    })
}

fn ollama(layers: &mut Layers<'_>) -> Option<Choice> {
    let base = base(layers, "ollama_url", "AWARENESS_OLLAMA_URL", OLLAMA_URL);
    let model = layers.text("embedding_model", "AWARENESS_EMBEDDING_MODEL");
    let dimensions = dimensions(layers).unwrap_or(OLLAMA_DIMENSIONS);

    Some(Choice::Ollama {
        base: base?,
        model: model.unwrap_or_else(|| OLLAMA_MODEL.to_owned()),
        dimensions,
    })
}

fn openai(layers: &mut Layers<'_>) -> Option<Choice> {
    let base = base(layers, "openai_url", "AWARENESS_OPENAI_URL", OPENAI_URL);
    let model = layers.text("embedding_model", "AWARENESS_EMBEDDING_MODEL");
    if model.is_none() {
        layers.problem(
            "AWARENESS_EMBEDDING_MODEL: name a model of the service, such as text-embedding-3-small",
        );
    }
    let dimensions = dimensions(layers);
    let key = layers.text("openai_api_key", "AWARENESS_OPENAI_API_KEY");
    let key = key.and_then(|key| {
        let key = ApiKey::new(&key);
        layers.check(key.ok_or("AWARENESS_OPENAI_API_KEY: not a key that can be sent"))
    });

    Some(Choice::OpenAi {
        base: base?,
        model: model?,
        dimensions,
        key,
    })
}

/// An address, without what paths below it begin with.
fn base(layers: &mut Layers<'_>, key: &str, variable: &str, default: &str) -> Option<Url> {
    let text = layers.text(key, variable);
    let text = text.as_deref().unwrap_or(default).trim_end_matches('/');
    let text = text.strip_suffix("/v1").unwrap_or(text);
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });

    layers.check(url.ok_or_else(|| {
        format!("{variable}: not an address such as {default}, without a user, `?` or `#`")
    }))
}

/// From how many vectors on an owner is answered by the database's own index.
pub(super) fn large_owners_from(layers: &mut Layers<'_>) -> Option<u64> {
    let text = layers.text("hnsw_from", "AWARENESS_HNSW_FROM")?;
    let number = text.trim().parse().ok().filter(|number| *number > 0);

    layers.check(number.ok_or("AWARENESS_HNSW_FROM: use a number of vectors above 0"))
}

fn dimensions(layers: &mut Layers<'_>) -> Option<usize> {
    let text = layers.text("embedding_dimensions", "AWARENESS_EMBEDDING_DIMENSIONS")?;
    let number = text.trim().parse().ok();
    let number = number.filter(|number| (1..=MAX_DIMENSIONS).contains(number));

    layers.check(number.ok_or_else(|| {
        format!("AWARENESS_EMBEDDING_DIMENSIONS: not a number from 1 to {MAX_DIMENSIONS}")
    }))
}

#[cfg(test)]
mod tests {
    use crate::config::{ConfigError, Flags, Settings, Transport};
    use crate::embed::{ApiKey, Choice};

    fn load(variables: &[(&str, &str)]) -> Result<Choice, ConfigError> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| format!("AWARENESS_{key}") == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let flags = Flags {
            default_owner: Some("ann".to_owned()),
            ..Flags::default()
        };

        Settings::load(&flags, variable, Transport::Stdio).map(|settings| settings.embedding)
    }

    #[test]
    fn the_model_in_the_binary_is_used_unless_something_else_is_said() {
        assert_eq!(load(&[]), Ok(Choice::Builtin));
        assert_eq!(
            load(&[("EMBEDDING_PROVIDER", "builtin")]),
            Ok(Choice::Builtin)
        );
        assert_eq!(load(&[("EMBEDDING_PROVIDER", "")]), Ok(Choice::None));
        assert_eq!(load(&[("EMBEDDING_PROVIDER", "none")]), Ok(Choice::None));
        assert_eq!(
            load(&[("EMBEDDING_PROVIDER", "ollama")]),
            Ok(Choice::Ollama {
                base: "http://localhost:11434".parse().unwrap(),
                model: "granite-embedding:278m".to_owned(),
                dimensions: 768,
            })
        );
    }

    #[test]
    fn an_unknown_provider_is_refused_with_the_names_to_choose_from() {
        let error = load(&[("EMBEDDING_PROVIDER", "olama")]).unwrap_err();

        assert_eq!(
            error.to_string(),
            "AWARENESS_EMBEDDING_PROVIDER: `olama` is none of builtin, local, ollama, openai, none"
        );
    }

    #[test]
    fn a_service_needs_a_model_and_its_key_shows_nowhere() {
        let choice = load(&[
            ("EMBEDDING_PROVIDER", "openai"),
            ("EMBEDDING_MODEL", "m"),
            ("EMBEDDING_DIMENSIONS", "256"),
            ("OPENAI_URL", "https://models.example.com/v1/"),
            ("OPENAI_API_KEY", "sk-secret"),
        ])
        .unwrap();

        assert!(!format!("{choice:?}").contains("secret"));
        assert_eq!(
            choice,
            Choice::OpenAi {
                base: "https://models.example.com".parse().unwrap(),
                model: "m".to_owned(),
                dimensions: Some(256),
                key: ApiKey::new("sk-secret"),
            }
        );
        let error = load(&[
            ("EMBEDDING_PROVIDER", "openai"),
            ("EMBEDDING_DIMENSIONS", "0"),
            ("OPENAI_URL", "https://ann:secret@models.example.com"),
            ("OPENAI_API_KEY", "sk-\nsecret"),
        ])
        .unwrap_err();
        assert_eq!(error.0.len(), 4, "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn a_variable_that_is_set_but_empty_wins_over_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "embedding_provider = \"ollama\"\n").unwrap();
        let flags = Flags {
            config: Some(file.path().to_owned()),
            default_owner: Some("ann".to_owned()),
            ..Flags::default()
        };
        let embedding = |value: Option<&str>| {
            let variable = |name: &str| match name {
                "AWARENESS_EMBEDDING_PROVIDER" => value.map(str::to_owned),
                _ => None,
            };
            let settings = Settings::load(&flags, variable, Transport::Stdio).unwrap();
            settings.embedding
        };

        assert!(matches!(embedding(None), Choice::Ollama { .. }));
        assert_eq!(embedding(Some("")), Choice::None);
    }
}
