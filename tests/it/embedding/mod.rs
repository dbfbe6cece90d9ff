//! Vectors from other machines: the questions, the answers, and what happens without them.

mod background;
mod providers;
mod settings;
