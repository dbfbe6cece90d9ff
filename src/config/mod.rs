//! Settings: the config file, over it the environment, over both the flags. Only `main` and the commands read them;
//! everything below is given values.

mod authentication;
mod embedding;
mod layers;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use migration::{DatabaseUrl, default_owner};
use url::Url;

use crate::domain::Owner;
use crate::embed::Choice;
use crate::mcp::Profile;
use crate::transport::http::MountPath;
pub use authentication::Authentication;
pub use layers::Flags;
use layers::{File, Layers};

/// How clients reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A client starts the process and talks over its pipes.
    Stdio,
    /// HTTP.
    StreamableHttp,
}

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the memories are.
    pub database: DatabaseUrl,
    /// The directory to be made if the database is in the default place; none if the place was chosen.
    pub data_directory: Option<PathBuf>,
    /// Whose data local requests are about.
    pub default_owner: Owner,
    /// How clients reach the server.
    pub transport: Transport,
    /// Where HTTP listens; default `127.0.0.1:8420`.
    pub address: SocketAddr,
    /// A secret prefix before every path.
    pub mount_path: Option<MountPath>,
    /// Names beside the loopback names by which clients may call the server.
    pub allowed_hosts: Vec<String>,
    /// Whether a server without authentication may listen beyond this machine.
    pub allow_unauthenticated: bool,
    /// How callers over HTTP are told apart.
    pub authentication: Authentication,
    /// Where the server is reached from outside, without a slash at the end.
    pub public_url: Option<String>,
    /// The tools clients are shown.
    pub profile: Profile,
    /// What turns texts into vectors.
    pub embedding: Choice,
    /// From how many vectors on an owner is answered by Postgres' own index, if that is set.
    pub large_owners_from: Option<u64>,
}

/// Every setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Settings {
    /// Puts the layers together.
    ///
    /// `variable` reads the environment. An empty variable is as good as none, except for the default owner, which may
    /// not be empty, and the embedding provider, where it means none.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names every setting that cannot be used, at once.
    pub fn load(
        flags: &Flags,
        variable: impl Fn(&str) -> Option<String>,
        default_transport: Transport,
    ) -> Result<Self, ConfigError> {
        let directories = ProjectDirs::from("", "", "awareness");
        let chosen = flags.config.clone().or_else(|| {
            variable("AWARENESS_CONFIG")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        });
        let file = File::read(
            chosen.as_deref(),
            directories
                .as_ref()
                .map(|directories| directories.config_dir().join("config.toml")),
        )
        .map_err(|problem| ConfigError(vec![problem]))?;
        let mut layers = Layers::new(flags, &variable, &file);

        let (database, data_directory) = database(&mut layers, directories.as_ref());
        let owner_flag = flags.default_owner.as_deref();
        let owner_in_file = |name: &str| match (name, variable(name)) {
            ("AWARENESS_DEFAULT_OWNER", None) => file.default_owner.clone(),
            (_, value) => value,
        };
        let owner = layers.check(default_owner(owner_flag, owner_in_file));
        let owner = owner.and_then(|owner| layers.check(Owner::new(owner)));
        let transport = transport(&mut layers, default_transport);
        let address = address(&mut layers);
        let mount_path = layers.text("mount_path", "AWARENESS_MOUNT_PATH");
        let hosts = layers.text("allowed_hosts", "AWARENESS_ALLOWED_HOSTS");
        let hosts = split(hosts.as_deref().unwrap_or_default()).into_iter();
        let allow_unauthenticated =
            layers.truth("allow_unauthenticated", "AWARENESS_ALLOW_UNAUTHENTICATED");
        let authentication = Authentication::read(&mut layers);
        let public_url = public_url(&mut layers);
        let profile = profile(&mut layers);
        let embedding = embedding::embedding(&mut layers);
        let large_owners_from = embedding::large_owners_from(&mut layers);

        let problems = layers.into_problems();
        let (Some(database), Some(default_owner), Some(embedding)) = (database, owner, embedding)
        else {
            return Err(ConfigError(problems));
        };
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }

        Ok(Self {
            database,
            data_directory,
            default_owner,
            transport,
            address,
            mount_path: mount_path.as_deref().and_then(MountPath::new),
            allowed_hosts: hosts.chain(public_url.as_ref().and_then(host_of)).collect(),
            allow_unauthenticated,
            authentication,
            public_url: public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            profile: profile.unwrap_or_default(),
            embedding,
            large_owners_from,
        })
    }
}

/// The database that is set, else the SQLite file in the data directory.
fn database(
    layers: &mut Layers<'_>,
    directories: Option<&ProjectDirs>,
) -> (Option<DatabaseUrl>, Option<PathBuf>) {
    if let Some(url) = layers.text("database_url", "AWARENESS_DATABASE_URL") {
        let parsed = DatabaseUrl::parse(&url)
            .map_err(|error| format!("AWARENESS_DATABASE_URL (--database-url): {error}"));
        return (layers.check(parsed), None);
    }

    let directory = match layers.text("data_dir", "AWARENESS_DATA_DIR") {
        Some(chosen) => Some(PathBuf::from(chosen)),
        None => directories.map(|directories| directories.data_dir().to_owned()),
    };
    let Some(directory) = directory else {
        layers.problem("no home directory to keep memories in: set AWARENESS_DATA_DIR");
        return (None, None);
    };

    (
        Some(DatabaseUrl::Sqlite(directory.join("awareness.db"))),
        Some(directory),
    )
}

fn public_url(layers: &mut Layers<'_>) -> Option<Url> {
    let text = layers.text("public_url", "AWARENESS_PUBLIC_URL")?;
    let url = Url::parse(&text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or("AWARENESS_PUBLIC_URL: not an address such as https://memory.example.com");

    layers.check(url)
}

fn profile(layers: &mut Layers<'_>) -> Option<Profile> {
    let profile = layers.text("tools", "AWARENESS_TOOLS")?.parse();

    layers.check(profile.map_err(|error| format!("AWARENESS_TOOLS (--tools): {error}")))
}

fn host_of(url: &Url) -> Option<String> {
    url.host_str().map(str::to_owned)
}

fn transport(layers: &mut Layers<'_>, default: Transport) -> Transport {
    match layers.text("transport", "AWARENESS_TRANSPORT").as_deref() {
        None => default,
        Some("stdio") => Transport::Stdio,
        Some("streamable-http" | "http") => Transport::StreamableHttp,
        Some(other) => {
            layers.problem(&format!(
                "AWARENESS_TRANSPORT: `{other}` is neither stdio nor streamable-http"
            ));
            default
        }
    }
}

fn address(layers: &mut Layers<'_>) -> SocketAddr {
    let host = layers.text("host", "AWARENESS_HOST");
    let port = layers.text("port", "AWARENESS_PORT");
    let host = match host.as_deref() {
        None | Some("localhost") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some(host) => host.parse().ok(),
    };
    let port = match port.as_deref() {
        None => Some(8420),
        Some(port) => port.parse().ok(),
    };
    if host.is_none() {
        layers.problem("AWARENESS_HOST (--host): not an IP address or `localhost`");
    }
    if port.is_none() {
        layers.problem("AWARENESS_PORT (--port): not a port from 0 to 65535");
    }

    SocketAddr::new(
        host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        port.unwrap_or(8420),
    )
}

fn split(list: &str) -> Vec<String> {
    list.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Makes the default data directory, for its owner's eyes only. Its parent must exist, unless it is the system's own
/// place for data.
///
/// # Errors
///
/// [`std::io::Error`] when it cannot be made.
pub fn make_data_directory(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let is_default = ProjectDirs::from("", "", "awareness")
        .is_some_and(|directories| directories.data_dir() == directory);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(is_default);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);

    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flags: &Flags, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };

        Settings::load(flags, variable, Transport::StreamableHttp)
    }

    #[test]
    fn with_nothing_set_a_file_in_the_data_directory_is_served_on_loopback() {
        let settings = load(&Flags::default(), &[("USER", "ann")]).unwrap();

        assert!(settings.database.to_string().ends_with("awareness.db"));
        assert_eq!(settings.address.to_string(), "127.0.0.1:8420");
        assert_eq!(settings.default_owner.as_str(), "ann");
    }

    #[test]
    fn flags_win_over_the_environment_and_the_environment_over_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "port = 1\nhost = \"127.0.0.2\"\ndefault_owner = \"file\"\n[database]\nurl = \"sqlite:file.db\"\n",
        )
        .unwrap();
        let flags = Flags {
            config: Some(file.path().to_owned()),
            port: Some("3".to_owned()),
            ..Flags::default()
        };

        let settings = load(
            &flags,
            &[("AWARENESS_PORT", "2"), ("AWARENESS_HOST", "127.0.0.3")],
        )
        .unwrap();

        assert_eq!(settings.address.to_string(), "127.0.0.3:3");
        assert_eq!(settings.database.to_string(), "sqlite:file.db");
        assert_eq!(settings.default_owner.as_str(), "file");
        assert_eq!(settings.data_directory, None);
    }

    #[test]
    fn every_bad_setting_is_reported_at_once() {
        let error = load(
            &Flags::default(),
            &[
                ("AWARENESS_PORT", "many"),
                ("AWARENESS_HOST", "everywhere"),
                ("AWARENESS_TRANSPORT", "smoke"),
                ("AWARENESS_DATABASE_URL", "postgre://u:secret@h/d"),
                ("AWARENESS_ALLOW_UNAUTHENTICATED", "maybe"),
                ("AWARENESS_DEFAULT_OWNER", ""),
            ],
        )
        .unwrap_err();

        let text = error.to_string();
        assert_eq!(error.0.len(), 6, "{text}");
        assert!(!text.contains("secret"));
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let settings = load(
            &Flags::default(),
            &[
                ("AWARENESS_PORT", ""),
                ("AWARENESS_DATABASE_URL", ""),
                ("AWARENESS_MOUNT_PATH", ""),
            ],
        )
        .unwrap();

        assert_eq!(settings.address.port(), 8420);
        assert_eq!(settings.mount_path, None);
    }

    #[test]
    fn the_public_address_names_the_server_to_its_callers() {
        let settings = load(
            &Flags::default(),
            &[("AWARENESS_PUBLIC_URL", "https://memory.example.com/")],
        )
        .unwrap();

        assert_eq!(
            settings.public_url.as_deref(),
            Some("https://memory.example.com")
        );
        assert_eq!(settings.allowed_hosts, ["memory.example.com"]);
        assert!(load(&Flags::default(), &[("AWARENESS_PUBLIC_URL", "memory")]).is_err());
    }

    #[test]
    fn an_unknown_key_in_the_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "prot = 1\n").unwrap();
        let flags = Flags {
            config: Some(file.path().to_owned()),
            ..Flags::default()
        };

        assert!(load(&flags, &[]).unwrap_err().to_string().contains("prot"));
        let missing = Flags {
            config: Some(PathBuf::from("/nowhere/config.toml")),
            ..Flags::default()
        };
        assert!(load(&missing, &[]).is_err());
    }
}
