//! The words that grade and classify an alert.

use super::word_enum;

word_enum! {
    /// How serious an alert is.
    Level {
        /// Only raised by the server itself.
        Info = "info",
        /// Worth a sentence.
        Warning = "warning",
        /// Worth interrupting for.
        Critical = "critical",
    }
}

impl Level {
    /// The levels a caller may report or suppress.
    pub const REPORTABLE: &'static [Self] = &[Self::Warning, Self::Critical];
}

word_enum! {
    /// What kind of deviation an alert reports.
    AlertType {
        /// A number left its bounds.
        Threshold = "threshold",
        /// A part is missing or broken.
        Structural = "structural",
        /// Something differs from what is usual.
        Baseline = "baseline",
    }
}
