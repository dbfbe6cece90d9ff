//! One look-up through the three layers, and the problems found on the way.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What the command line sets.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The config file.
    pub config: Option<PathBuf>,
    /// The database.
    pub database_url: Option<String>,
    /// The directory of the SQLite file.
    pub data_dir: Option<String>,
    /// Whose data local requests are about.
    pub default_owner: Option<String>,
    /// `stdio` or `streamable-http`.
    pub transport: Option<String>,
    /// Address to listen on.
    pub host: Option<String>,
    /// Port to listen on.
    pub port: Option<String>,
    /// Secret path prefix.
    pub mount_path: Option<String>,
    /// More names of the server, comma-separated.
    pub allowed_hosts: Option<String>,
    /// Listen beyond this machine without authentication.
    pub allow_unauthenticated: Option<String>,
    /// The tools clients are shown.
    pub tools: Option<String>,
}

/// What the config file sets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    database: DatabaseSection,
    data_dir: Option<String>,
    pub(super) default_owner: Option<String>,
    transport: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    mount_path: Option<String>,
    #[serde(default)]
    allowed_hosts: Vec<String>,
    allow_unauthenticated: Option<bool>,
    auth_required: Option<bool>,
    jwt_secret: Option<String>,
    jwt_algorithm: Option<String>,
    public_url: Option<String>,
    tools: Option<String>,
    embedding_provider: Option<String>,
    embedding_model: Option<String>,
    embedding_dimensions: Option<u32>,
    embedding_directory: Option<String>,
    hnsw_from: Option<u64>,
    ollama_url: Option<String>,
    openai_url: Option<String>,
    openai_api_key: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseSection {
    url: Option<String>,
}

impl File {
    /// Reads the file that was chosen, which must exist, else the usual one, if it exists.
    pub(super) fn read(chosen: Option<&Path>, usual: Option<PathBuf>) -> Result<Self, String> {
        let path = match chosen {
            Some(chosen) => chosen.to_owned(),
            None => match usual.filter(|usual| usual.exists()) {
                Some(usual) => usual,
                None => return Ok(Self::default()),
            },
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("config file {}: {error}", path.display()))?;

        toml::from_str(&text)
            .map_err(|error| format!("config file {}: {}", path.display(), error.message()))
    }

    fn text(&self, key: &str) -> Option<String> {
        match key {
            "database_url" => self.database.url.clone(),
            "data_dir" => self.data_dir.clone(),
            "transport" => self.transport.clone(),
            "host" => self.host.clone(),
            "port" => self.port.map(|port| port.to_string()),
            "mount_path" => self.mount_path.clone(),
            "allowed_hosts" => {
                (!self.allowed_hosts.is_empty()).then(|| self.allowed_hosts.join(","))
            }
            "allow_unauthenticated" => self.allow_unauthenticated.map(|value| value.to_string()),
            "auth_required" => self.auth_required.map(|value| value.to_string()),
            "jwt_secret" => self.jwt_secret.clone(),
            "jwt_algorithm" => self.jwt_algorithm.clone(),
            "public_url" => self.public_url.clone(),
            "tools" => self.tools.clone(),
            "embedding_provider" => self.embedding_provider.clone(),
            "embedding_model" => self.embedding_model.clone(),
            "embedding_dimensions" => self.embedding_dimensions.map(|number| number.to_string()),
            "embedding_directory" => self.embedding_directory.clone(),
            "hnsw_from" => self.hnsw_from.map(|number| number.to_string()),
            "ollama_url" => self.ollama_url.clone(),
            "openai_url" => self.openai_url.clone(),
            "openai_api_key" => self.openai_api_key.clone(),
            _ => None,
        }
    }
}

impl Flags {
    fn text(&self, key: &str) -> Option<String> {
        match key {
            "database_url" => self.database_url.clone(),
            "data_dir" => self.data_dir.clone(),
            "transport" => self.transport.clone(),
            "host" => self.host.clone(),
            "port" => self.port.clone(),
            "mount_path" => self.mount_path.clone(),
            "allowed_hosts" => self.allowed_hosts.clone(),
            "allow_unauthenticated" => self.allow_unauthenticated.clone(),
            "tools" => self.tools.clone(),
            _ => None,
        }
    }
}

/// The three layers, and what is wrong with them.
pub(super) struct Layers<'a> {
    flags: &'a Flags,
    variable: &'a dyn Fn(&str) -> Option<String>,
    file: &'a File,
    problems: Vec<String>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(
        flags: &'a Flags,
        variable: &'a dyn Fn(&str) -> Option<String>,
        file: &'a File,
    ) -> Self {
        Self {
            flags,
            variable,
            file,
            problems: Vec::new(),
        }
    }

    /// The value of a setting from the topmost layer that has one.
    pub(super) fn text(&self, key: &str, variable: &str) -> Option<String> {
        self.flags
            .text(key)
            .or_else(|| (self.variable)(variable).filter(|value| !value.is_empty()))
            .or_else(|| self.file.text(key))
    }

    /// As [`Layers::text`], for a setting where an empty variable says something.
    pub(super) fn text_or_empty(&self, key: &str, variable: &str) -> Option<String> {
        let flag = self.flags.text(key);

        flag.or_else(|| (self.variable)(variable))
            .or_else(|| self.file.text(key))
    }

    /// A yes or no; no if nothing is set.
    pub(super) fn truth(&mut self, key: &str, variable: &str) -> bool {
        let Some(value) = self.text(key, variable) else {
            return false;
        };
        match value.to_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.problem(&format!("{variable}: use true or false"));
                false
            }
        }
    }

    /// Takes a value, or notes why there is none.
    pub(super) fn check<T>(&mut self, outcome: Result<T, impl ToString>) -> Option<T> {
        outcome
            .map_err(|problem| self.problem(&problem.to_string()))
            .ok()
    }

    pub(super) fn problem(&mut self, problem: &str) {
        self.problems.push(problem.to_owned());
    }

    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }
}
