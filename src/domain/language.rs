//! Languages of entries: which text analysis applies. Which language a text seems to be in is not told here.

use std::fmt;
use std::hash::{Hash, Hasher};

use snowball_stemmers_rs::Algorithm;
use whatlang::Lang;

/// A text-analysis configuration, by its PostgreSQL name; `simple` means no language is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language(&'static Mapped);

#[derive(Debug, PartialEq, Eq)]
struct Mapped {
    name: &'static str,
    code: &'static str,
    detected: Option<Lang>,
    stemmer: Option<Algorithm>,
}

static SIMPLE: Mapped = Mapped {
    name: "simple",
    code: "simple",
    detected: None,
    stemmer: None,
};

macro_rules! languages {
    ($($name:literal $code:literal $detected:expr, $stemmer:ident);+ $(;)?) => {
        static LANGUAGES: &[Mapped] = &[$(Mapped {
            name: $name,
            code: $code,
            detected: $detected,
            stemmer: Some(Algorithm::$stemmer),
        }),+];
    };
}

// Basque and Irish are mapped but the detector does not know them.
languages! {
    "arabic" "ar" Some(Lang::Ara), Arabic;
    "armenian" "hy" Some(Lang::Hye), Armenian;
    "basque" "eu" None, Basque;
    "catalan" "ca" Some(Lang::Cat), Catalan;
    "danish" "da" Some(Lang::Dan), Danish;
    "dutch" "nl" Some(Lang::Nld), Dutch;
    "english" "en" Some(Lang::Eng), English;
    "finnish" "fi" Some(Lang::Fin), Finnish;
    "french" "fr" Some(Lang::Fra), French;
    "german" "de" Some(Lang::Deu), German;
    "greek" "el" Some(Lang::Ell), Greek;
    "hindi" "hi" Some(Lang::Hin), Hindi;
    "hungarian" "hu" Some(Lang::Hun), Hungarian;
    "indonesian" "id" Some(Lang::Ind), Indonesian;
    "irish" "ga" None, Irish;
    "italian" "it" Some(Lang::Ita), Italian;
    "lithuanian" "lt" Some(Lang::Lit), Lithuanian;
    "nepali" "ne" Some(Lang::Nep), Nepali;
    "norwegian" "no" Some(Lang::Nob), Norwegian;
    "portuguese" "pt" Some(Lang::Por), Portuguese;
    "romanian" "ro" Some(Lang::Ron), Romanian;
    "russian" "ru" Some(Lang::Rus), Russian;
    "serbian" "sr" Some(Lang::Srp), Serbian;
    "spanish" "es" Some(Lang::Spa), Spanish;
    "swedish" "sv" Some(Lang::Swe), Swedish;
    "tamil" "ta" Some(Lang::Tam), Tamil;
    "turkish" "tr" Some(Lang::Tur), Turkish;
    "yiddish" "yi" Some(Lang::Yid), Yiddish;
}

impl Language {
    /// No language known: words are split and lower-cased, nothing more.
    pub const SIMPLE: Self = Self(&SIMPLE);

    /// English.
    #[must_use]
    pub fn english() -> Self {
        Self::find(|language| language.code == "en").unwrap_or(Self::SIMPLE)
    }

    /// Reads an ISO 639-1 code, or `simple`; blanks around it and its case do not matter. Both kinds of Norwegian have a
    /// code of their own and one analysis.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let code = code.trim().to_ascii_lowercase();
        let code = match code.as_str() {
            "nb" | "nn" => "no",
            code => code,
        };

        Self::find(|language| language.code == code)
    }

    /// Reads a stored configuration name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::find(|language| language.name == name)
    }

    /// Lists the codes a caller may give, `simple` included, in alphabetical order.
    #[must_use]
    pub fn codes() -> Vec<&'static str> {
        let mut codes: Vec<_> = all().map(|language| language.code).collect();
        codes.sort_unstable();

        codes
    }

    /// The configuration name, which is what is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The ISO 639-1 code, or `simple`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// Every language, `simple` first.
    pub fn all() -> impl Iterator<Item = Self> {
        all().map(Self)
    }

    /// How its words are stemmed; `None` for `simple`.
    pub(super) fn stemmer(self) -> Option<Algorithm> {
        self.0.stemmer
    }

    /// Whether no language is known.
    #[must_use]
    pub fn is_simple(self) -> bool {
        self == Self::SIMPLE
    }

    /// The language the detector calls so.
    pub(super) fn detected_as(detected: Lang) -> Option<Self> {
        Self::find(|language| language.detected == Some(detected))
    }

    fn find(matches: impl Fn(&Mapped) -> bool) -> Option<Self> {
        all().find(|language| matches(language)).map(Self)
    }
}

impl Hash for Language {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Language({})", self.name())
    }
}

fn all() -> impl Iterator<Item = &'static Mapped> {
    std::iter::once(&SIMPLE).chain(LANGUAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_whatever_their_case_and_blanks() {
        assert_eq!(Language::from_code(" FR ").unwrap().name(), "french");
        assert_eq!(Language::from_code("simple"), Some(Language::SIMPLE));
        assert_eq!(Language::from_code("xx"), None);
        assert_eq!(Language::from_name("english"), Language::from_code("en"));
        assert_eq!(Language::codes().len(), 29);
        for code in ["no", "nb", "nn", " NB "] {
            assert_eq!(Language::from_code(code).unwrap().name(), "norwegian");
        }
        for code in ["", "ja", "zh", "ko", "he"] {
            assert_eq!(Language::from_code(code), None, "{code}");
        }
    }

    #[test]
    fn every_code_stands_for_one_name() {
        for language in Language::all() {
            assert_eq!(Language::from_code(language.code()), Some(language));
            assert_eq!(Language::from_name(language.name()), Some(language));
        }
    }
}
