//! The command line. Doc comments here are the help texts a person reads in a terminal.
#![expect(
    clippy::doc_markdown,
    reason = "backticks would show in the help texts"
)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Flags;

/// Shared memory for every AI client you use, over the Model Context Protocol.
#[derive(Parser)]
#[command(version, propagate_version = true)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) store: StoreFlags,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// Where the memories are; for every command.
#[derive(Args)]
pub(super) struct StoreFlags {
    /// Config file (AWARENESS_CONFIG).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// sqlite:PATH, postgres://… or libpq's key=value form (AWARENESS_DATABASE_URL); default: a SQLite file in the data
    /// directory.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,

    /// Directory of the SQLite file (AWARENESS_DATA_DIR).
    #[arg(long, global = true, value_name = "DIRECTORY")]
    data_dir: Option<String>,

    /// Owner of rows that name none and of local requests (AWARENESS_DEFAULT_OWNER); default: your user name.
    #[arg(long, global = true, value_name = "NAME")]
    default_owner: Option<String>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve clients over HTTP, or over pipes with --stdio.
    Serve(Serve),
    /// Show or change the schema of the database.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Make the words that search finds by anew, for every entry, and the vectors that are missing.
    Reindex,
    /// Plant demo entries, or take them away again.
    Seed(Seed),
    /// Print a new secret to sign tokens with.
    Secret,
    /// Print a token for a user, signed with AWARENESS_JWT_SECRET.
    Token(Token),
}

#[derive(Args)]
pub(super) struct Token {
    /// Whose data the holder of the token reads and writes.
    #[arg(long)]
    pub(super) user: String,

    /// How long it is valid: a whole number of days or hours, such as 30d or 12h.
    #[arg(long, default_value = "30d")]
    pub(super) expires: String,
}

#[derive(Args, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of a command are truth values"
)]
pub(super) struct Serve {
    /// Talk over standard input and output, for a client that starts this process.
    #[arg(long)]
    pub(super) stdio: bool,

    /// Address to listen on (AWARENESS_HOST); default 127.0.0.1.
    #[arg(long)]
    host: Option<String>,

    /// Port to listen on (AWARENESS_PORT); default 8420.
    #[arg(long)]
    port: Option<String>,

    /// Secret path prefix (AWARENESS_MOUNT_PATH).
    #[arg(long, value_name = "PATH")]
    mount_path: Option<String>,

    /// More names of this server, comma-separated (AWARENESS_ALLOWED_HOSTS).
    #[arg(long, value_name = "HOSTS")]
    allowed_hosts: Option<String>,

    /// Listen beyond this machine although anyone who reaches the port can read and write everything.
    #[arg(long)]
    allow_unauthenticated: bool,

    /// Tools to show: full, core, readonly, or names separated by commas (AWARENESS_TOOLS); default full.
    #[arg(long, value_name = "PROFILE")]
    tools: Option<String>,

    /// Refuse to start when the schema is behind, instead of migrating it.
    #[arg(long)]
    pub(super) no_migrate: bool,

    /// Whether the command was given at all.
    #[arg(skip)]
    pub(super) bare: bool,
}

#[derive(Subcommand)]
pub(super) enum Migrate {
    /// Apply pending steps.
    Up {
        /// At most so many.
        #[arg(long)]
        steps: Option<u32>,
    },
    /// Undo applied steps, newest first.
    Down {
        /// So many; without it, all of them.
        #[arg(long)]
        steps: Option<u32>,
    },
    /// Show which steps are applied.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Drop everything and build the schema anew.
    Fresh {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(super) struct Seed {
    /// Remove the demo entries instead.
    #[arg(long)]
    pub(super) remove: bool,
}

impl Serve {
    /// What a client means that starts the command without a word.
    pub(super) fn for_pipes() -> Self {
        Self {
            bare: true,
            ..Self::default()
        }
    }

    /// All flags together.
    pub(super) fn flags(&self, store: &StoreFlags) -> Flags {
        Flags {
            transport: self.stdio.then(|| "stdio".to_owned()),
            host: self.host.clone(),
            port: self.port.clone(),
            mount_path: self.mount_path.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            allow_unauthenticated: self.allow_unauthenticated.then(|| "true".to_owned()),
            tools: self.tools.clone(),
            ..store.flags()
        }
    }
}

impl StoreFlags {
    pub(super) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            database_url: self.database_url.clone(),
            data_dir: self.data_dir.clone(),
            default_owner: self.default_owner.clone(),
            ..Flags::default()
        }
    }
}
