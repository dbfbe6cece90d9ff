//! One database a test.

use std::sync::atomic::{AtomicU32, Ordering};

use awareness::store::Store;
use migration::{DatabaseUrl, Direction, Migrator, Runner};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use test_postgres::{Address, Durability, ROLE, address_of, connect, make_role};

/// The owner rows get that name none.
pub(crate) const DEFAULT_OWNER: &str = "ann";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A database of the test's own, removed when it has passed.
#[derive(Clone)]
pub(crate) struct Database {
    kind: Kind,
    url: String,
    home: std::sync::Arc<TempDir>,
}

/// Removes the database; a test that fails leaves it to the end of the process.
pub(crate) struct Guard(Database);

impl Database {
    /// A database with nothing in it.
    pub(crate) async fn empty(kind: Kind) -> Self {
        Self::create(kind, None).await
    }

    /// A database at the newest schema.
    pub(crate) async fn migrated(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let database = Self::empty(kind).await;
                database.migrate(Direction::Up, None).await.unwrap();
                database
            }
            Kind::Postgres => Self::create(kind, Some(template().await)).await,
        }
    }

    async fn create(kind: Kind, template: Option<&str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", home.path().join("memory.db").display()),
            Kind::Postgres => {
                let name = create_postgres(template).await;
                address().plain(&name)
            }
        };

        Self {
            kind,
            url,
            home: home.into(),
        }
    }

    /// A SQLite file that is there already.
    pub(crate) fn at(path: &std::path::Path) -> Self {
        Self {
            kind: Kind::Sqlite,
            url: format!("sqlite:{}", path.display()),
            home: tempfile::tempdir().unwrap().into(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The setting that opens it as the plain role.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn parsed_url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url).unwrap()
    }

    /// A directory of the test's own.
    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    pub(crate) fn runner(&self) -> Runner {
        self.runner_for(DEFAULT_OWNER)
    }

    pub(crate) fn runner_for(&self, owner: &str) -> Runner {
        Runner::new(self.parsed_url(), Migrator::new(owner))
    }

    /// How many steps the history has.
    pub(crate) fn steps() -> usize {
        Migrator::new(DEFAULT_OWNER).steps().len()
    }

    /// What undoing the last step drops.
    pub(crate) fn last_step_drops() -> &'static str {
        Migrator::new(DEFAULT_OWNER)
            .steps()
            .last()
            .unwrap()
            .down_drops()
    }

    /// Undoes all steps but the first so many.
    pub(crate) async fn migrate_down_to(
        &self,
        steps: u32,
    ) -> Result<migration::Report, migration::MigrateError> {
        let undone = u32::try_from(Self::steps()).unwrap() - steps;

        self.migrate(Direction::Down, Some(undone)).await
    }

    pub(crate) async fn migrate(
        &self,
        direction: Direction,
        steps: Option<u32>,
    ) -> Result<migration::Report, migration::MigrateError> {
        self.runner().run(direction, steps).await
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.parsed_url()).await.unwrap()
    }

    pub(crate) async fn try_store(&self) -> Result<Store, awareness::store::StoreError> {
        Store::open(&self.parsed_url()).await
    }

    /// The store opened by a role that passes row-level security.
    pub(crate) async fn superuser_store(&self) -> Store {
        let DatabaseUrl::Postgres(server) = self.parsed_url() else {
            panic!("not a server");
        };
        let setting = address().superuser(server.options.get_database().unwrap());

        Store::open(&DatabaseUrl::parse(&setting).unwrap())
            .await
            .unwrap()
    }

    /// Runs a statement about the database itself, `{name}`, after everyone was thrown out of it.
    pub(crate) async fn as_superuser(&self, statement: &str) {
        let DatabaseUrl::Postgres(server) = self.parsed_url() else {
            panic!("not a server");
        };
        let name = server.options.get_database().unwrap();
        // Nobody comes back in before the statement.
        let exists = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        let shut = format!(
            "DO $$ BEGIN IF EXISTS ({exists}) THEN ALTER DATABASE {name} ALLOW_CONNECTIONS false; END IF; END $$"
        );
        let throw_out = format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        let open = format!(
            "DO $$ DECLARE one TEXT; BEGIN
                 FOR one IN SELECT datname FROM pg_database WHERE NOT datallowconn AND datname LIKE '{name}%' LOOP
                     EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS true', one);
                 END LOOP;
             END $$"
        );
        let statement = statement.replace("{name}", name);
        address()
            .run_as_superuser("postgres", &[&shut, &throw_out, &statement, &open])
            .await;
    }

    /// A connection as the plain role, which on Postgres sees no owner's rows until it sets one.
    pub(crate) async fn connect_plain(&self) -> Raw {
        Raw(connect(&self.url).await)
    }

    /// A plain connection, for what a test does past the store. On Postgres it sees every owner's rows.
    pub(crate) async fn connect(&self) -> Raw {
        let connection = match self.parsed_url() {
            DatabaseUrl::Sqlite(path) => {
                let mut options = ConnectOptions::new("sqlite://");
                options
                    .max_connections(1)
                    .sqlx_logging(false)
                    .map_sqlx_sqlite_opts(move |sqlite| {
                        sqlite
                            .filename(&path)
                            .in_memory(false)
                            .create_if_missing(true)
                            .foreign_keys(true)
                    });
                sea_orm::Database::connect(options).await.unwrap()
            }
            DatabaseUrl::Postgres(_) => {
                let connection = connect(&self.url).await;
                connection
                    .execute_unprepared("SELECT set_config('app.maintenance', 'on', false)")
                    .await
                    .unwrap();
                connection
            }
        };

        Raw(connection)
    }

    pub(crate) fn guard(&self) -> Guard {
        Guard(self.clone())
    }
}

impl Guard {
    pub(crate) async fn remove(self) {
        if let DatabaseUrl::Postgres(server) = self.0.parsed_url() {
            let name = server.options.get_database().unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            address().run_as_superuser("postgres", &[&drop]).await;
        }
    }
}

/// Plain statements on a test's database.
pub(crate) struct Raw(DatabaseConnection);

impl Raw {
    pub(crate) async fn run(&self, statement: &str) {
        self.0
            .execute_unprepared(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    pub(crate) async fn try_run(&self, statement: &str) -> Result<(), sea_orm::DbErr> {
        self.0.execute_unprepared(statement).await.map(|_| ())
    }

    pub(crate) async fn rows(&self, query: &str) -> Vec<QueryResult> {
        let statement = Statement::from_string(self.0.get_database_backend(), query);

        self.0
            .query_all_raw(statement)
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// The first column of every row, as text.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let rows = self.rows(query).await;

        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    /// A count.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.rows(query).await[0].try_get_by_index(0).unwrap()
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Postgres
    }
}

/// The server of this test process. It does not wait for the disk: the tests kill clients, never the server.
fn address() -> &'static Address {
    address_of(
        Durability::None,
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")),
    )
}

async fn create_postgres(template: Option<&str>) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "test_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    create_postgres_named(&name, template).await;

    name
}

async fn create_postgres_named(name: &str, template: Option<&str>) {
    role().await;
    let template = template.unwrap_or("template0");
    let create =
        format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER {ROLE}");
    address().run_as_superuser("postgres", &[&create]).await;
}

/// Makes the plain role, once.
async fn role() {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(|| async {
        address()
            .run_as_superuser("postgres", &[&make_role()])
            .await;
    })
    .await;
}

/// The migrated database the others are copied from, made once.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", std::process::id());
            create_postgres_named(&name, None).await;
            address()
                .run_as_superuser(&name, &["CREATE EXTENSION vector"])
                .await;
            let url = DatabaseUrl::parse(&address().plain(&name)).unwrap();
            Runner::new(url, Migrator::new(DEFAULT_OWNER))
                .run(Direction::Up, None)
                .await
                .unwrap();
            name
        })
        .await
}
