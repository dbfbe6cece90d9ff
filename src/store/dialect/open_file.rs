//! Whether the file of a SQLite store is still the one that was opened.
//!
//! A file that is removed or replaced stays open, and SQLite in WAL mode goes on writing into what nobody can find any
//! more. So writers look first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that was opened.
pub(in crate::store) struct OpenFile {
    path: PathBuf,
    identity: Option<Identity>,
}

/// Device and number of a file.
type Identity = (u64, u64);

impl OpenFile {
    /// Remembers which file is at a path now.
    pub(in crate::store) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity_of(path)?,
        })
    }

    /// Fails when the file is no longer there or is another one.
    pub(super) fn check(&self) -> io::Result<()> {
        if identity_of(&self.path)? == self.identity {
            return Ok(());
        }

        Err(io::ErrorKind::NotFound.into())
    }
}

#[cfg(unix)]
fn identity_of(path: &Path) -> io::Result<Option<Identity>> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(path)?;

    Ok(Some((metadata.dev(), metadata.ino())))
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn identity_of(path: &Path) -> io::Result<Option<Identity>> {
    fs::metadata(path).map(|_| None)
}
