//! The two sentences of a briefing: one about everything, one to say to a person.

use std::collections::BTreeMap;

use super::report::{FiredIntention, SourceReport, SourceState};

/// The most parts of a mention; it says how many more there are.
const MOST_PARTS: usize = 10;

pub(super) fn summary(sources: &BTreeMap<String, SourceReport>, fired: usize) -> String {
    let named = |wanted: fn(&SourceReport) -> bool| -> Vec<&str> {
        sources
            .iter()
            .filter(|(_, source)| wanted(source))
            .map(|(name, _)| name.as_str())
            .collect()
    };
    let mut parts = Vec::new();
    for (state, names) in [
        (
            "critical",
            named(|source| source.state == SourceState::Critical),
        ),
        (
            "warning",
            named(|source| source.state == SourceState::Warning),
        ),
    ] {
        if !names.is_empty() {
            parts.push(format!("{} {state} on {}", names.len(), names.join(", ")));
        }
    }
    let stale = named(|source| source.stale);
    if !stale.is_empty() {
        parts.push(format!("{} stale", stale.join(", ")));
    }
    if fired > 0 {
        parts.push(format!("{} ready", counted(fired, "intention")));
    }

    if parts.is_empty() {
        return format!("All clear across {}.", counted(sources.len(), "source"));
    }

    format!("{}.", parts.join(". "))
}

pub(super) fn mention(
    sources: &BTreeMap<String, SourceReport>,
    fired: &[FiredIntention],
) -> String {
    let mut parts: Vec<(u8, String)> = sources
        .values()
        .filter_map(|source| {
            let headline = source.headline.as_deref().filter(|text| !text.is_empty())?;
            let (rank, word) = match source.state {
                SourceState::Critical => (0, "CRITICAL"),
                SourceState::Warning => (2, "FYI"),
                SourceState::Stale => (3, "STALE"),
                SourceState::Ok => return None,
            };
            Some((rank, sentence(word, headline)))
        })
        .collect();
    let intentions = fired.iter().filter(|intention| !intention.goal.is_empty());
    parts.extend(intentions.map(|intention| (1, sentence("INTENTION", &intention.goal))));

    let left_out = parts.len().saturating_sub(MOST_PARTS);
    if left_out > 0 {
        // What matters less goes; what stays keeps its place.
        let mut ranks: Vec<u8> = parts.iter().map(|(rank, _)| *rank).collect();
        ranks.sort_unstable();
        let last_rank = ranks.get(MOST_PARTS - 1).copied().unwrap_or(u8::MAX);
        let mut room = MOST_PARTS - ranks.iter().filter(|rank| **rank < last_rank).count();
        parts.retain(|(rank, _)| {
            let stays = *rank < last_rank || (*rank == last_rank && room > 0);
            room -= usize::from(stays && *rank == last_rank);
            stays
        });
    }

    let mut sentences: Vec<String> = parts.into_iter().map(|(_, sentence)| sentence).collect();
    if left_out > 0 {
        sentences.push(format!("And {left_out} more."));
    }

    sentences.join(" ")
}

fn sentence(word: &str, text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', '…']) {
        ""
    } else {
        "."
    };

    format!("{word}: {text}{end}")
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}
