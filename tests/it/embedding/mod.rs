//! Vectors of models that are not in the binary: the questions, the answers, and what happens without them.

mod background;
mod local;
mod providers;
mod settings;
