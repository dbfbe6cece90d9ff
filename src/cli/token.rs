//! `awareness secret` and `awareness token`: what a server with authentication and its callers need.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use super::arguments::{StoreFlags, Token};
use super::{Failure, settings, warn_of_short_secret};
use crate::config::Transport;
use crate::domain::{Clock as _, Ids as _, Owner, RandomIds, SystemClock};
use crate::transport::token::SHORTEST_SECRET;

/// Prints 32 random bytes as text: 43 characters of the URL-safe alphabet.
pub(super) fn print_secret() -> Result<(), Failure> {
    let mut secret = [0; SHORTEST_SECRET];
    getrandom::fill(&mut secret).map_err(|error| Failure(error.to_string()))?;
    println!("{}", URL_SAFE_NO_PAD.encode(secret));

    Ok(())
}

/// Prints a token.
pub(super) fn print_token(token: &Token, store: &StoreFlags) -> Result<(), Failure> {
    let settings = settings(&store.flags(), Transport::StreamableHttp)?;
    warn_of_short_secret(&settings);
    let Some(key) = settings.authentication.token_key else {
        return Err(Failure(
            "AWARENESS_JWT_SECRET is not set: make a secret with `awareness secret` and give it to the server too"
                .to_owned(),
        ));
    };
    let owner = Owner::new(token.user.as_str())?;
    let now = SystemClock.now();
    let expires = duration(&token.expires)
        .and_then(|span| now.checked_add(span))
        .ok_or_else(|| {
            Failure(format!(
                "Invalid duration `{}`: use a whole number of days or hours from 1, such as 30d or 12h",
                token.expires
            ))
        })?;
    let id = RandomIds.next(now).into_string();
    println!("{}", key.issue(&owner, now, expires, &id)?);

    Ok(())
}

fn duration(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = is_number.then(|| number.parse().ok()).flatten()?;
    let span = match unit {
        "d" => TimeDelta::try_days(number),
        "h" => TimeDelta::try_hours(number),
        _ => None,
    };

    span.filter(|span| *span > TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_days_or_hours() {
        assert_eq!(duration("1d"), duration("24h"));
        for text in [
            "",
            "d",
            "10m",
            "-1d",
            "0h",
            "1.5d",
            "+1d",
            "99999999999999999999d",
            "1é",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
