//! Which tools a client is shown: all of them cost a model's context, and few agents need all.

use std::collections::BTreeSet;
use std::str::FromStr;

/// A choice of tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// All of them; what existing clients expect.
    #[default]
    Full,
    /// What an everyday agent needs.
    Core,
    /// Those that change nothing.
    ReadOnly,
    /// These, by name.
    Only(BTreeSet<String>),
}

/// The setting names a tool that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no tool and no profile: use full, core, readonly, or names of tools separated by commas"
)]
pub struct ProfileError(String);

/// The tools of [`Profile::Core`].
const CORE: [&str; 8] = [
    "delete_entry",
    "get_briefing",
    "get_knowledge",
    "get_tags",
    "remember",
    "remind",
    "search",
    "update_entry",
];

impl Profile {
    /// Whether a tool belongs to the choice; `is_read_only` is what the tool says of itself.
    pub(super) fn holds(&self, tool: &str, is_read_only: bool) -> bool {
        match self {
            Self::Full => true,
            Self::Core => CORE.contains(&tool),
            Self::ReadOnly => is_read_only,
            Self::Only(names) => names.contains(tool),
        }
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(setting: &str) -> Result<Self, ProfileError> {
        match setting.trim() {
            "full" => return Ok(Self::Full),
            "core" => return Ok(Self::Core),
            "readonly" => return Ok(Self::ReadOnly),
            _ => {}
        }
        let names: BTreeSet<String> = setting
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        let known = super::tools::names();
        match names.iter().find(|name| !known.contains(name.as_str())) {
            Some(unknown) => Err(ProfileError(unknown.clone())),
            None => Ok(Self::Only(names)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_a_word_or_a_list_of_tools() {
        assert_eq!("core".parse(), Ok(Profile::Core));
        let only = BTreeSet::from(["remember".to_owned(), "search".to_owned()]);
        assert_eq!("search, remember".parse(), Ok(Profile::Only(only)));
        assert_eq!(
            "search,recall".parse::<Profile>(),
            Err(ProfileError("recall".to_owned()))
        );
        assert!("".parse::<Profile>().is_err());
    }
}
