//! `awareness migrate`: where the schema stands, and changing it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use migration::{Direction, Migrator, Report, Runner};
use serde_json::json;

use super::arguments::{Migrate, StoreFlags};
use super::{Failure, settings};
use crate::config::{Settings, Transport, make_data_directory};

pub(super) async fn run(command: Migrate, store: &StoreFlags) -> Result<(), Failure> {
    let settings = settings(&store.flags(), Transport::StreamableHttp)?;
    let runner = runner(&settings)?;

    match command {
        Migrate::Up { steps } => tell(&runner.run(Direction::Up, steps).await?),
        Migrate::Down { steps } => tell(&runner.run(Direction::Down, steps).await?),
        Migrate::Status { json } => status(&runner, json).await?,
        Migrate::Fresh { yes } => {
            if !yes && !confirmed(&settings)? {
                return Err(Failure("nothing was changed".to_owned()));
            }
            tell(&runner.fresh().await?);
        }
    }

    Ok(())
}

/// The runner of the configured database; makes the default data directory.
pub(super) fn runner(settings: &Settings) -> Result<Runner, Failure> {
    if let Some(directory) = &settings.data_directory {
        make_data_directory(directory).map_err(|error| {
            Failure(format!(
                "the data directory {} cannot be made: {error}",
                directory.display()
            ))
        })?;
    }
    let migrator = Migrator::new(settings.default_owner.as_str());

    Ok(Runner::new(settings.database.clone(), migrator))
}

fn tell(report: &Report) {
    for line in report.lines() {
        println!("{line}");
    }
}

async fn status(runner: &Runner, as_json: bool) -> Result<(), Failure> {
    let status = runner.status().await?;
    if as_json {
        let steps: Vec<_> = status
            .steps
            .iter()
            .map(|step| json!({"name": step.name, "adds": step.summary, "applied": step.applied}))
            .collect();
        println!(
            "{:#}",
            json!({"version": status.version(), "pending": status.pending().0, "steps": steps})
        );
        return Ok(());
    }

    for step in &status.steps {
        let state = if step.applied { "applied" } else { "pending" };
        println!("{state}  {}  {}", step.name, step.summary);
    }
    println!("{}", status.pending());

    Ok(())
}

fn confirmed(settings: &Settings) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure(format!(
            "this would drop every memory in {}: repeat with --yes if that is meant",
            settings.database
        )));
    }
    eprint!("Drop every memory in {}? Type yes: ", settings.database);
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;

    Ok(answer.trim() == "yes")
}
