//! The commands. Each reads the settings, does its work through the floors below, and tells a person what happened.
//!
//! Exit codes: 0 done, 1 refused or failed with a message, 2 wrong usage.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's output is its purpose"
)]

mod arguments;
mod migrate;
mod reindex;
mod seed;
mod serve;
mod token;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{ConfigError, Settings, Transport};
use arguments::{Command, CommandLine, Serve};

/// Runs the command that was asked for.
#[must_use]
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    let command = match line.command {
        Some(command) => command,
        // A client that starts the bare command talks over its pipes; a person at a terminal wants to know more.
        None if std::io::stdin().is_terminal() => {
            // Nothing can be done about a terminal that takes no text.
            let _ = CommandLine::command().print_help();
            return ExitCode::SUCCESS;
        }
        None => Command::Serve(Serve::for_pipes()),
    };
    start_log();

    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime does not start: {error}")),
    };
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve::run(serve, &line.store).await,
            Command::Migrate(migrate) => migrate::run(migrate, &line.store).await,
            Command::Reindex => reindex::run(&line.store).await,
            Command::Seed(seed) => seed::run(seed, &line.store).await,
            Command::Secret => token::print_secret(),
            Command::Token(token) => token::print_token(&token, &line.store),
        }
    });

    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure.0),
    }
}

/// Why a command did not do what was asked.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn fail(message: &str) -> ExitCode {
    for line in message.lines() {
        eprintln!("error: {line}");
    }

    ExitCode::FAILURE
}

/// Reads the environment; the only place that does.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn settings(flags: &crate::config::Flags, transport: Transport) -> Result<Settings, ConfigError> {
    Settings::load(flags, variable, transport)
}

fn warn_of_short_secret(settings: &Settings) {
    if settings.authentication.has_short_secret {
        tracing::warn!(
            "AWARENESS_JWT_SECRET is short and could be guessed: use `awareness secret`"
        );
    }
}

/// Logs to standard error. The protocol library and the database layers stay at warnings whatever is asked for: below
/// that they log whole requests and results, and with them the text of memories. What the protocol library says of refused
/// requests quotes them.
fn start_log() {
    let asked = variable("AWARENESS_LOG").unwrap_or_else(|| "info".to_owned());
    let asked = EnvFilter::try_new(asked).unwrap_or_else(|_| EnvFilter::new("info"));
    let discreet = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target("rmcp", LevelFilter::WARN)
        .with_target("rmcp::service", LevelFilter::ERROR)
        .with_target("hyper", LevelFilter::WARN)
        .with_target("hyper_util", LevelFilter::WARN)
        .with_target("rustls", LevelFilter::WARN)
        .with_target("sqlx", LevelFilter::WARN)
        .with_target("sea_orm", LevelFilter::WARN)
        .with_target("sea_orm_migration", LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(discreet);

    tracing_subscriber::registry()
        .with(lines)
        .with(asked)
        .init();
}
