//! The `awareness` command. See [`awareness::cli`].

fn main() -> std::process::ExitCode {
    awareness::cli::run()
}
