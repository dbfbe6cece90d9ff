//! Which database to open, from one setting: `sqlite:PATH`, `postgres://…` or libpq's `key=value` form.
//!
//! Knows nothing of pools. The password of a server is in [`Server::options`] and in no `Debug` or `Display`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

const ACCEPTED: &str = "use sqlite:PATH, sqlite://PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE, postgresql://… \
                        or the libpq form `host=HOST dbname=DATABASE user=USER password='PASSWORD'`";

/// Parameters of libpq that are understood and passed on.
const PASSED_ON: [&str; 11] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

/// Parameters of libpq that hosted databases put into their addresses and that change nothing here.
const WITHOUT_EFFECT: [&str; 8] = [
    "channel_binding",
    "client_encoding",
    "gssencmode",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// Where the memories are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A Postgres database.
    Postgres(Box<Server>),
}

/// How to reach a Postgres database.
#[derive(Clone)]
pub struct Server {
    /// The driver's options, password included.
    pub options: PgConnectOptions,
    /// How long to wait for a connection; `connect_timeout` in seconds, default 10 s.
    pub connect_timeout: Duration,
}

/// Why a database setting cannot be used. Never repeats the setting, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The setting is blank.
    #[error("the database setting is empty: {ACCEPTED}")]
    Empty,
    /// The part before `:` names no database we know.
    #[error("unknown scheme `{0}`: {ACCEPTED}")]
    Scheme(String),
    /// Neither a URL nor `key=value` pairs.
    #[error("the database setting is neither a URL nor key=value pairs: {ACCEPTED}")]
    Unrecognised,
    /// A SQLite setting without a usable path.
    #[error("the SQLite path {0}")]
    Path(&'static str),
    /// A Postgres setting that does not parse.
    #[error("the Postgres setting {0}")]
    Server(String),
}

impl DatabaseUrl {
    /// Reads the setting.
    ///
    /// A relative SQLite path is relative to the working directory. In the `key=value` form the host defaults to
    /// `localhost`, the port to 5432, database and user to `awareness`; a value with blanks is quoted with `'`.
    ///
    /// # Errors
    ///
    /// [`DatabaseUrlError`], which lists what is accepted.
    pub fn parse(setting: &str) -> Result<Self, DatabaseUrlError> {
        let setting = setting.trim();
        if setting.is_empty() {
            return Err(DatabaseUrlError::Empty);
        }
        if let Some(path) = setting.strip_prefix("sqlite:") {
            return sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        if setting.starts_with("postgres://") || setting.starts_with("postgresql://") {
            return server_from_url(setting).map(|server| Self::Postgres(Box::new(server)));
        }

        match setting.split_once(':') {
            Some((scheme, rest)) if rest.starts_with("//") || is_scheme(scheme) => {
                Err(DatabaseUrlError::Scheme(scheme.to_owned()))
            }
            _ if setting.contains('=') => {
                server_from_pairs(setting).map(|server| Self::Postgres(Box::new(server)))
            }
            _ => Err(DatabaseUrlError::Unrecognised),
        }
    }

    /// The SQLite file, if it is one.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// Shows where the store is, without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(server) => server.fmt(formatter),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseUrl({self})")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let host = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => options.get_host().to_owned(),
        };
        let database = options.get_database().unwrap_or(options.get_username());
        let (user, port) = (options.get_username(), options.get_port());

        write!(formatter, "postgres://{user}@{host}:{port}/{database}")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Server({self})")
    }
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Server {}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn sqlite(path: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    if path.is_empty() {
        return Err(DatabaseUrlError::Path("is empty"));
    }
    if path.contains(":memory:") {
        return Err(DatabaseUrlError::Path(
            "names an in-memory database, which would keep nothing",
        ));
    }
    if path.contains('?') {
        return Err(DatabaseUrlError::Path(
            "holds a `?`: options after the path are not supported",
        ));
    }

    Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
}

fn server_from_url(setting: &str) -> Result<Server, DatabaseUrlError> {
    let invalid = |reason: &str| DatabaseUrlError::Server(reason.to_owned());
    let authority = setting
        .split_once("://")
        .map_or("", |(_, rest)| rest)
        .split(['/', '?'])
        .next()
        .unwrap_or_default();
    if authority.matches('@').count() > 1 {
        return Err(invalid(
            "has two `@`: write an `@` in user or password as %40",
        ));
    }

    let mut url =
        Url::parse(setting).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
    let mut timeout = None;
    let mut kept = Vec::new();
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "connect_timeout" => timeout = Some(seconds(&value)?),
            "options" => kept.push((key.into_owned(), value.into_owned())),
            key if PASSED_ON.contains(&key) => kept.push((key.to_owned(), value.into_owned())),
            key if WITHOUT_EFFECT.contains(&key) => {}
            key => {
                return Err(DatabaseUrlError::Server(format!(
                    "has an unknown parameter `{key}`"
                )));
            }
        }
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }

    let options = PgConnectOptions::from_str(url.as_str())
        .map_err(|_| invalid("has a port, host or parameter that cannot be read"))?;

    Ok(Server::new(options, timeout))
}

fn server_from_pairs(setting: &str) -> Result<Server, DatabaseUrlError> {
    let mut options = PgConnectOptions::new()
        .host("localhost")
        .port(5432)
        .username("awareness")
        .database("awareness");
    let mut timeout = None;

    for (key, value) in pairs(setting)? {
        let unreadable = || DatabaseUrlError::Server(format!("has a `{key}` that cannot be read"));
        options = match key.as_str() {
            "host" if value.starts_with('/') => options.socket(value),
            "host" | "hostaddr" => options.host(&value),
            "port" => options.port(value.parse().map_err(|_| unreadable())?),
            "user" => options.username(&value),
            "password" => options.password(&value),
            "dbname" => options.database(&value),
            "application_name" => options.application_name(&value),
            "sslmode" => options.ssl_mode(PgSslMode::from_str(&value).map_err(|_| unreadable())?),
            "sslrootcert" => options.ssl_root_cert(value),
            "sslcert" => options.ssl_client_cert(value),
            "sslkey" => options.ssl_client_key(value),
            "connect_timeout" => {
                timeout = Some(seconds(&value)?);
                options
            }
            key if WITHOUT_EFFECT.contains(&key) => options,
            key => {
                return Err(DatabaseUrlError::Server(format!(
                    "has an unknown parameter `{key}`"
                )));
            }
        };
    }

    Ok(Server::new(options, timeout))
}

impl Server {
    fn new(options: PgConnectOptions, connect_timeout: Option<Duration>) -> Self {
        Self {
            options,
            connect_timeout: connect_timeout.unwrap_or(Duration::from_secs(10)),
        }
    }
}

fn seconds(value: &str) -> Result<Duration, DatabaseUrlError> {
    match value.parse() {
        // libpq: zero means no limit, which no server should wait for at start.
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err(DatabaseUrlError::Server(
            "has a `connect_timeout` outside 1 to 3600 seconds".to_owned(),
        )),
    }
}

/// Splits libpq's `key=value` text: values may be quoted with `'`, and `\` escapes the next character.
///
/// See <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE>.
fn pairs(setting: &str) -> Result<Vec<(String, String)>, DatabaseUrlError> {
    let invalid = |reason: &str| DatabaseUrlError::Server(reason.to_owned());
    let mut pairs = Vec::new();
    let mut rest = setting.trim_start();

    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=') else {
            return Err(invalid("has a key without `=`"));
        };
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(invalid("has a value with blanks that is not quoted with '"));
        }
        let (value, remaining) = value(after.trim_start())
            .ok_or_else(|| invalid("has a quoted value that does not end"))?;
        pairs.push((key.to_owned(), value));
        rest = remaining.trim_start();
    }

    Ok(pairs)
}

/// Reads one value and returns it with what follows; `None` when a quote is left open.
fn value(text: &str) -> Option<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut characters = text.char_indices().skip(usize::from(quoted));
    let mut value = String::new();

    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted => return Some((value, text.get(at + 1..)?)),
            blank if !quoted && blank.is_whitespace() => return Some((value, text.get(at..)?)),
            other => value.push(other),
        }
    }

    (!quoted).then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(setting: &str) -> String {
        match DatabaseUrl::parse(setting) {
            Ok(url) => url.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn sqlite_paths_are_taken_as_written() {
        assert_eq!(shown("sqlite:memory.db"), "sqlite:memory.db");
        assert_eq!(shown("sqlite:/var/lib/a b.db"), "sqlite:/var/lib/a b.db");
        assert_eq!(shown("sqlite:///var/lib/a.db"), "sqlite:/var/lib/a.db");
        assert_eq!(shown("sqlite://./a.db"), "sqlite:./a.db");
    }

    #[test]
    fn what_is_not_a_database_is_refused_with_the_list() {
        assert!(
            shown("postgre://h/d").starts_with("error: unknown scheme `postgre`: use sqlite:PATH")
        );
        assert!(shown("mysql:x").starts_with("error: unknown scheme `mysql`"));
        assert!(shown("memory.db").starts_with("error: the database setting is neither"));
        assert!(shown(" ").contains("is empty"));
        assert!(shown("sqlite::memory:").contains("would keep nothing"));
        assert!(shown("sqlite:a.db?mode=rwc").contains("holds a `?`"));
        assert!(shown("sqlite:").contains("is empty"));
    }

    #[test]
    fn a_server_is_shown_without_its_password() {
        let url = DatabaseUrl::parse("postgres://ann:s3cret%40x@db.example:6432/memory").unwrap();

        assert_eq!(url.to_string(), "postgres://ann@db.example:6432/memory");
        assert!(!format!("{url:?}").contains("s3cret"));
        assert!(
            !format!("{:?}", shown("postgres://u:s3cret@h/d?password=s3cret")).contains("s3cret")
        );
    }

    #[test]
    fn a_second_at_sign_and_unknown_parameters_are_named() {
        assert!(shown("postgres://ann:p@ss@host/db").contains("write an `@`"));
        assert!(shown("postgres://h/d?passwrd=x").contains("unknown parameter `passwrd`"));
        assert!(shown("postgres://h:port/d").contains("is not a URL"));
    }

    #[test]
    fn the_key_value_form_follows_libpq() {
        assert_eq!(
            shown("dbname=memory"),
            "postgres://awareness@localhost:5432/memory"
        );
        assert_eq!(
            shown("host=/run/pg port=6432 user='o\\'brien' password='a b\\\\c' dbname = 'x y'"),
            "postgres://o'brien@/run/pg:6432/x y"
        );
        assert!(shown("password=a b host=h").contains("not quoted"));
        assert!(shown("password='open").contains("does not end"));
        assert!(shown("host=h port=high").contains("`port`"));
    }

    #[test]
    fn a_connect_timeout_is_kept_in_both_forms() {
        for setting in [
            "postgres://h/d?connect_timeout=3",
            "host=h connect_timeout=3",
        ] {
            let DatabaseUrl::Postgres(server) = DatabaseUrl::parse(setting).unwrap() else {
                panic!("not a server");
            };
            assert_eq!(server.connect_timeout, Duration::from_secs(3));
        }
    }
}
