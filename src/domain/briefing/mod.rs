//! The briefing: what of an owner's world needs attention now.
//!
//! Pure: it is given what there is and the time, and says what to show. Suppressions and patterns are applied here, so
//! that whoever reads a briefing need not know them. To add a condition a pattern may have, see `condition.rs`; to add a
//! way to suppress, see `suppression.rs`.

mod evaluation;
mod report;
mod suppression;
mod watched;
mod wording;

pub use evaluation::{effect_words, evaluate};
pub use report::{Briefing, Evaluation, FiredIntention, SourceReport, SourceState};
pub use watched::{Expectation, LiveAlert, Silence, StatusReport, Watched, severity};
