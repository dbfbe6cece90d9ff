//! Standalone runner of the schema history: `awareness-migration up | down | status [steps]`.
//!
//! The product's own `awareness migrate` does the same with more options; this one exists for people who expect every
//! SeaORM project to have it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's output is its purpose"
)]

use std::process::ExitCode;

use migration::{DatabaseUrl, Direction, Migrator, Runner, default_owner};

const USAGE: &str = "usage: awareness-migration up [STEPS] | down [STEPS] | status
The database is AWARENESS_DATABASE_URL, the owner of rows without one AWARENESS_DEFAULT_OWNER.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage) => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Run(message)) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Usage,
    Run(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Run(error.to_string())
    }
}

async fn run(arguments: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (command, steps) = match words.as_slice() {
        [command @ ("up" | "down")] => (*command, None),
        [command @ ("up" | "down"), steps] => {
            (*command, Some(steps.parse().map_err(|_| Failure::Usage)?))
        }
        ["status"] => ("status", None),
        _ => return Err(Failure::Usage),
    };

    let Some(url) = variable("AWARENESS_DATABASE_URL") else {
        return Err(Failure::Run("AWARENESS_DATABASE_URL is not set".to_owned()));
    };
    let owner = default_owner(None, variable)?;
    let runner = Runner::new(DatabaseUrl::parse(&url)?, Migrator::new(owner));

    match command {
        "status" => {
            for step in runner.status().await?.steps {
                let state = if step.applied { "applied" } else { "pending" };
                println!("{state}  {}  {}", step.name, step.summary);
            }
        }
        command => {
            let direction = if command == "up" {
                Direction::Up
            } else {
                Direction::Down
            };
            for line in runner.run(direction, steps).await?.lines() {
                println!("{line}");
            }
        }
    }

    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read in `main` and nowhere else"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
