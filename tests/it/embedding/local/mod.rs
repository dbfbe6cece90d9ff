//! A sentence transformer out of a directory, run in this process: `cargo test --features local-models`.

#[cfg(feature = "local-models")]
mod directories;
#[cfg(not(feature = "local-models"))]
mod not_built;
#[cfg(feature = "local-models")]
mod vectors;
#[cfg(feature = "local-models")]
mod weights;
