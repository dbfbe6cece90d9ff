//! The `awareness` command. See [`awareness::cli`].

/// The server makes and drops many small values on many threads; this allocator serves them at half the cost of the
/// system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    awareness::cli::run()
}
