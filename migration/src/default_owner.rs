//! Who owns rows that name no owner: the one resolver behind the backfill, the column defaults, the `users` row and the
//! owner of local sessions.

/// The reserved owner of schemas that everyone may read.
pub const SYSTEM_OWNER: &str = "_system";

/// Why a value cannot be the default owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefaultOwnerError {
    /// The flag or the variable is set to nothing.
    #[error("{source_name} is empty: give the default owner a name or leave it unset")]
    Empty {
        /// Where the value came from, for example `AWARENESS_DEFAULT_OWNER`.
        source_name: &'static str,
    },
    /// The value is the reserved owner.
    #[error("`{SYSTEM_OWNER}` is reserved for shared schemas and cannot be the default owner")]
    Reserved,
    /// The value holds a control character, which DDL text cannot carry faithfully.
    #[error("the default owner holds a control character")]
    ControlCharacter,
}

/// Resolves the default owner: flag, else `AWARENESS_DEFAULT_OWNER`, else the operating-system user, else `system`.
///
/// `variable` reads the environment, so that tests and commands decide where it comes from. The operating-system user
/// is the first of `LOGNAME`, `USER`, `LNAME`, `USERNAME` that is not blank, else the account of the process.
///
/// # Errors
///
/// [`DefaultOwnerError`] when the flag or the variable is set to a value that cannot be an owner: a name given on
/// purpose is never replaced in silence.
pub fn default_owner(
    flag: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<String, DefaultOwnerError> {
    if let Some(owner) = flag {
        return checked("--default-owner", owner);
    }
    if let Some(owner) = variable("AWARENESS_DEFAULT_OWNER") {
        return checked("AWARENESS_DEFAULT_OWNER", &owner);
    }

    let user = ["LOGNAME", "USER", "LNAME", "USERNAME"]
        .into_iter()
        .filter_map(&variable)
        .chain(whoami::username().ok())
        .find(|name| checked("the operating-system user", name).is_ok());

    Ok(user.unwrap_or_else(|| "system".to_owned()))
}

fn checked(source_name: &'static str, owner: &str) -> Result<String, DefaultOwnerError> {
    if owner.trim().is_empty() {
        return Err(DefaultOwnerError::Empty { source_name });
    }
    if owner == SYSTEM_OWNER {
        return Err(DefaultOwnerError::Reserved);
    }
    if owner.chars().any(char::is_control) {
        return Err(DefaultOwnerError::ControlCharacter);
    }

    Ok(owner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        flag: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<String, DefaultOwnerError> {
        default_owner(flag, |name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_flag_wins_over_the_variable_and_the_variable_over_the_user() {
        let variables = [("AWARENESS_DEFAULT_OWNER", "team"), ("USER", "ann")];

        assert_eq!(resolve(Some("flag"), &variables).unwrap(), "flag");
        assert_eq!(resolve(None, &variables).unwrap(), "team");
        assert_eq!(
            resolve(None, &[("USER", "ann"), ("LOGNAME", " ")]).unwrap(),
            "ann"
        );
    }

    #[test]
    fn an_owner_set_to_nothing_is_refused() {
        let empty = resolve(None, &[("AWARENESS_DEFAULT_OWNER", "  ")]).unwrap_err();

        assert!(
            empty
                .to_string()
                .starts_with("AWARENESS_DEFAULT_OWNER is empty")
        );
        assert!(resolve(Some(""), &[]).is_err());
    }

    #[test]
    fn the_reserved_owner_and_control_characters_are_refused() {
        assert_eq!(
            resolve(Some("_system"), &[]),
            Err(DefaultOwnerError::Reserved)
        );
        assert_eq!(
            resolve(Some("a\0b"), &[]),
            Err(DefaultOwnerError::ControlCharacter)
        );
    }

    #[test]
    fn an_owner_is_kept_byte_for_byte() {
        for owner in [
            "O'Brien",
            "a\"b",
            "x\\y",
            "{0}",
            "100%s",
            "Ünïcode",
            " padded ",
        ] {
            assert_eq!(resolve(Some(owner), &[]).unwrap(), owner);
        }
    }
}
