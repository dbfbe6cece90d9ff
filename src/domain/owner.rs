//! Whose data it is.

use std::fmt;

use migration::SYSTEM_OWNER;

/// The owner of rows: opaque, case-sensitive, never empty.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(String);

/// Why a text cannot be an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerError {
    /// Nothing but blanks.
    #[error("an owner cannot be empty")]
    Empty,
    /// A control character, NUL among them.
    #[error("an owner cannot hold control characters")]
    ControlCharacter,
    /// The owner of shared schemas, whom no caller may be.
    #[error("`{SYSTEM_OWNER}` is reserved for shared schemas")]
    Reserved,
}

impl Owner {
    /// Takes the name of a person or program as an owner.
    ///
    /// # Errors
    ///
    /// [`OwnerError`] for an empty or reserved name and for control characters.
    pub fn new(name: impl Into<String>) -> Result<Self, OwnerError> {
        let name = name.into();
        if name.trim().is_empty() {
            return Err(OwnerError::Empty);
        }
        if name.chars().any(char::is_control) {
            return Err(OwnerError::ControlCharacter);
        }
        if name == SYSTEM_OWNER {
            return Err(OwnerError::Reserved);
        }

        Ok(Self(name))
    }

    /// The reserved owner of schemas that everyone may read. Only operator commands act as this owner.
    #[must_use]
    pub fn system() -> Self {
        Self(SYSTEM_OWNER.to_owned())
    }

    /// The text that stands in `owner_id`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Owner({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_any_text_but_empty_reserved_or_with_control_characters() {
        for name in [
            "O'Brien",
            "x'); DROP TABLE entries;--",
            "$$",
            "Ünïcode",
            "a\\b",
        ] {
            assert_eq!(Owner::new(name).unwrap().as_str(), name);
        }

        assert_eq!(Owner::new(" "), Err(OwnerError::Empty));
        assert_eq!(Owner::new("a\0"), Err(OwnerError::ControlCharacter));
        assert_eq!(Owner::new("_system"), Err(OwnerError::Reserved));
    }
}
