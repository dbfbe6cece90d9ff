//! Which language a text seems to be in, and which text of an entry tells its language.

use std::cmp::Ordering;

use serde::de::IgnoredAny;
use whatlang::{Detector, Info, Lang};

use super::{Entry, EntryType, Language};

/// What a text seems to be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// A language with an analysis of its own.
    Mapped(Language),
    /// A language without one.
    Unmapped(Unmapped),
    /// Too short, or not sure.
    Unsure,
}

/// A language without an analysis of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// ISO 639-1 code; ISO 639-3 for a language that has none.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
}

/// Characters a text needs before its language is guessed.
const SHORTEST: usize = 20;

/// Guesses the language of a text over all languages the detector knows, not only the mapped ones, so that foreign text
/// is "unmapped" and not a wrong neighbour.
#[must_use]
pub fn detect(text: &str) -> Detection {
    let text = text.trim();
    if text.chars().count() < SHORTEST {
        return Detection::Unsure;
    }
    let Some(info) = whatlang::detect(text).filter(Info::is_reliable) else {
        return Detection::Unsure;
    };

    match Language::detected_as(info.lang()) {
        Some(language) => Detection::Mapped(language),
        None => Detection::Unmapped(Unmapped {
            code: code_of(info.lang()),
            name: info.lang().eng_name(),
        }),
    }
}

/// Guesses the language of an entry from what [`telling_text`] takes of it. What is stored is analysed by the answer for
/// good, so that it takes as many letters as a query takes characters: numbers and marks tell nothing.
#[must_use]
pub fn detect_entry(entry: &Entry) -> Detection {
    let text = telling_text(entry);
    let letters = text.chars().filter(|character| character.is_alphabetic());
    if letters.count() < SHORTEST {
        return Detection::Unsure;
    }

    match detect(&text) {
        Detection::Unsure => danish_or_norwegian(&text),
        sure => sure,
    }
}

/// Words of Danish that Norwegian writes in another way.
const DANISH: [&str; 31] = [
    "af", "blev", "blevet", "bliver", "dig", "efter", "gør", "gøre", "havde", "hvad", "ind", "jer",
    "lige", "meget", "mellem", "mig", "mod", "måske", "noget", "nogle", "nu", "op", "os", "sagde",
    "sig", "siger", "tager", "ud", "uden", "udenfor", "uge",
];

/// Words of Norwegian, of both kinds, that Danish writes in another way.
const NORWEGIAN: [&str; 46] = [
    "av", "ble", "blir", "blitt", "deg", "dei", "dere", "eg", "ein", "eit", "etter", "frå", "gjør",
    "gjøre", "hadde", "hva", "ikkje", "inn", "kanskje", "korleis", "kva", "kvifor", "meg",
    "mellom", "mot", "mye", "nokon", "noe", "noen", "nå", "opp", "oss", "sa", "seg", "sier", "tar",
    "uke", "uken", "ut", "uten", "utenfor", "vart", "vere", "vet", "vært", "å",
];

/// Tells two languages apart that look so much alike that the detector is seldom sure of one beside the other: it is asked
/// without Danish, and small words decide.
fn danish_or_norwegian(text: &str) -> Detection {
    let alone = Detector::with_denylist(vec![Lang::Dan])
        .detect(text)
        .filter(Info::is_reliable);
    if alone.is_none_or(|info| info.lang() != Lang::Nob) {
        return Detection::Unsure;
    }

    let text = text.to_lowercase();
    let count = |of: &[&str]| {
        text.split(|character: char| !character.is_alphabetic())
            .filter(|word| of.contains(word))
            .count()
    };
    let detected = match count(&DANISH).cmp(&count(&NORWEGIAN)) {
        Ordering::Greater => Language::detected_as(Lang::Dan),
        Ordering::Less => Language::detected_as(Lang::Nob),
        Ordering::Equal => None,
    };

    detected.map_or(Detection::Unsure, Detection::Mapped)
}

/// The text that tells the language of an entry; empty for the types that are never in one.
#[must_use]
pub fn telling_text(entry: &Entry) -> String {
    let text = |key| entry.text(key).unwrap_or_default();
    let (first, second) = match entry.entry_type {
        EntryType::Note => (text("description"), prose(entry)),
        EntryType::Pattern => (text("description"), text("effect")),
        EntryType::Intention => (entry.text("goal").unwrap_or(text("description")), ""),
        EntryType::Context | EntryType::Schema | EntryType::Record => (text("description"), ""),
        EntryType::Status | EntryType::Alert | EntryType::Suppression | EntryType::Preference => {
            ("", "")
        }
    };

    format!("{first} {second}").trim().to_owned()
}

/// The content of a note if it is text that people write: its media type says text, and it is no JSON object or array.
fn prose(entry: &Entry) -> &str {
    let media_type = entry.text("content_type").unwrap_or_default().trim();
    let top_level = media_type.split('/').next().unwrap_or_default();
    let content = entry.text("content").unwrap_or_default();
    if !(media_type.is_empty() || top_level.eq_ignore_ascii_case("text")) || is_data(content) {
        return "";
    }

    content
}

fn is_data(content: &str) -> bool {
    content.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(content).is_ok()
}

/// The code of a language that is not mapped.
fn code_of(language: Lang) -> &'static str {
    match language {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Cym => "cy",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hrv => "hr",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Zul => "zu",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{EntryId, Timestamp, Word};

    const ENGLISH: &str = "The boiler in the basement was replaced by a heat pump last winter.";
    const JAPANESE: &str = "これは日本語で書かれた覚え書きです。明日の会議は十時からです。";

    fn entry(entry_type: EntryType, data: &Value) -> Entry {
        let now = Timestamp::parse("2031-02-03").unwrap();
        let mut entry = Entry::new(EntryId::from("id"), entry_type, "s", now);
        entry.data = data.as_object().unwrap().clone();

        entry
    }

    fn mapped(code: &str) -> Detection {
        Detection::Mapped(Language::from_code(code).unwrap())
    }

    #[test]
    fn a_language_is_detected_mapped_or_not_or_left_open() {
        for (code, text) in [
            ("en", ENGLISH),
            (
                "fr",
                "La chaudière de la cave a été remplacée par une pompe à chaleur l'hiver dernier.",
            ),
            (
                "es",
                "La caldera del sótano fue sustituida por una bomba de calor el invierno pasado.",
            ),
            (
                "de",
                "Der Heizkessel im Keller wurde im letzten Winter durch eine Wärmepumpe ersetzt.",
            ),
        ] {
            assert_eq!(detect(text), mapped(code), "{text}");
        }
        let japanese = Unmapped {
            code: "ja",
            name: "Japanese",
        };
        assert_eq!(detect(JAPANESE), Detection::Unmapped(japanese));
        for text in [
            "too short",
            "",
            "                          ",
            "123 456 789 / 012 345 678 (+) --- 9",
        ] {
            assert_eq!(detect(text), Detection::Unsure, "{text}");
        }
    }

    #[test]
    fn danish_and_norwegian_are_told_apart() {
        let detected =
            |text: &str| detect_entry(&entry(EntryType::Context, &json!({"description": text})));
        for (code, text) in [
            (
                "no",
                "Jeg vet ikke hvorfor varmepumpen i kjelleren ble skrudd av i går kveld, men nå virker den igjen.",
            ),
            (
                "no",
                "Vi skal møtes på kontoret i morgen klokken ti for å snakke om det nye prosjektet.",
            ),
            (
                "no",
                "Hun sa at hun ikke ville komme hjem før i morgen fordi hun måtte jobbe sent.",
            ),
            (
                "no",
                "Katten sov hele dagen på sofaen ved vinduet mens regnet falt utenfor huset.",
            ),
            (
                "no",
                "Me skal møtast på kontoret i morgon klokka ti for å snakke om det nye prosjektet.",
            ),
            (
                "da",
                "Jeg ved ikke, hvorfor varmepumpen i kælderen blev slukket i går aftes, men nu virker den igen.",
            ),
            (
                "da",
                "Hun sagde, at hun ikke ville komme hjem før i morgen, fordi hun skulle arbejde sent.",
            ),
            (
                "sv",
                "Vi ska träffas på kontoret i morgon klockan tio för att prata om det nya projektet.",
            ),
        ] {
            assert_eq!(detected(text), mapped(code), "{text}");
        }
        let either =
            "Vi skal mødes på kontoret i morgen klokken ti for at tale om det nye projekt.";
        assert_eq!(
            detected(either),
            Detection::Unsure,
            "no word of it is of one alone"
        );
    }

    #[test]
    fn each_type_tells_its_language_by_its_own_text() {
        let all = json!({"description": "d", "content": "c", "effect": "e", "goal": "g", "message": "m", "reason": "r"});
        for entry_type in <EntryType as Word>::ALL {
            let expected = match entry_type {
                EntryType::Note => "d c",
                EntryType::Pattern => "d e",
                EntryType::Intention => "g",
                EntryType::Context | EntryType::Schema | EntryType::Record => "d",
                _ => "",
            };
            assert_eq!(
                telling_text(&entry(*entry_type, &all)),
                expected,
                "{entry_type}"
            );
        }
        let without_goal = entry(EntryType::Intention, &json!({"description": "d"}));
        assert_eq!(telling_text(&without_goal), "d");
    }

    #[test]
    fn content_that_is_no_text_tells_nothing() {
        for (content_type, content, expected) in [
            (json!(null), json!("c"), "d c"),
            (json!("text/plain"), json!("c"), "d c"),
            (json!(" TEXT/Markdown; charset=utf-8"), json!("c"), "d c"),
            (json!(""), json!("[12:30] {c"), "d [12:30] {c"),
            (json!("application/json"), json!("c"), "d"),
            (json!("image/svg+xml"), json!("c"), "d"),
            (json!("texture/plain"), json!("c"), "d"),
            (json!("text/plain"), json!(" {\"key\": \"c\"}"), "d"),
            (json!(null), json!("[\"c\"]"), "d"),
            (json!(null), json!({"key": "c"}), "d"),
            (json!(null), json!(["c"]), "d"),
        ] {
            let data =
                json!({"description": "d", "content_type": content_type, "content": content});
            assert_eq!(
                telling_text(&entry(EntryType::Note, &data)),
                expected,
                "{data}"
            );
        }
    }

    #[test]
    fn numbers_and_marks_do_not_make_a_text_long_enough() {
        let context =
            |text: &str| detect_entry(&entry(EntryType::Context, &json!({"description": text})));

        assert_eq!(context(ENGLISH), mapped("en"));
        assert_eq!(
            context("これは日本語 2031-02-03 04:05 #12345"),
            Detection::Unsure
        );
        assert!(matches!(
            detect("これは日本語 2031-02-03 04:05 #12345"),
            Detection::Unmapped(_)
        ));
    }
}
