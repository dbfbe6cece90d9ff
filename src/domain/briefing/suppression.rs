//! Whether a suppression silences an alert.

use std::collections::HashSet;

use super::watched::{LiveAlert, Silence};

/// The words of an alert by which a suppression's tag may find it.
pub(super) struct AlertWords {
    /// Its id, message and metric: lower-case words with one blank around each.
    text: String,
    words: HashSet<String>,
}

impl AlertWords {
    pub(super) fn of(alert: &LiveAlert) -> Self {
        let texts = [
            alert.alert_id.as_str(),
            alert.message.as_str(),
            alert.metric.as_deref().unwrap_or_default(),
        ];
        let words: Vec<String> = texts.iter().flat_map(|text| words_of(text)).collect();

        Self {
            text: format!(" {} ", words.join(" ")),
            words: words.into_iter().collect(),
        }
    }

    /// Whether a tag stands in the text as whole words. A blank tag stands nowhere.
    fn hold(&self, tag: &str) -> bool {
        let words: Vec<String> = words_of(tag).collect();

        words
            .first()
            .is_some_and(|first| self.words.contains(first))
            && self.text.contains(&format!(" {} ", words.join(" ")))
    }
}

/// Whether an alert is silenced: any suppression that concerns it and is not escalated past is enough.
pub(super) fn is_silenced(alert: &LiveAlert, words: &AlertWords, silences: &[&Silence]) -> bool {
    silences.iter().any(|silence| {
        concerns(silence, alert, words)
            && !(silence.escalates && alert.severity() > silence.severity)
    })
}

fn concerns(silence: &Silence, alert: &LiveAlert, words: &AlertWords) -> bool {
    let metric = silence
        .metric
        .as_deref()
        .filter(|metric| !metric.is_empty());
    if metric.is_some() && metric != alert.metric.as_deref() {
        return false;
    }

    let tags = silence.tags.as_slice();
    tags.is_empty()
        || tags.iter().any(|tag| {
            !tag.trim().is_empty() && (alert.tags.as_slice().contains(tag) || words.hold(tag))
        })
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
