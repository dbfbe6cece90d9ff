//! How callers over HTTP are told apart.

use super::layers::Layers;
use crate::transport::token::{SHORTEST_SECRET, TokenKey};

/// Tokens, and whether callers must have one.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// The key that signs tokens; none without a secret.
    pub token_key: Option<TokenKey>,
    /// Whether callers must have a token.
    pub required: bool,
    /// Whether the secret is shorter than it should be.
    pub has_short_secret: bool,
}

impl Authentication {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let secret = layers.text("jwt_secret", "AWARENESS_JWT_SECRET");
        let token_key = secret.as_ref().and_then(|secret| token_key(layers, secret));
        let required = layers.truth("auth_required", "AWARENESS_AUTH_REQUIRED");
        if required && secret.is_none() {
            layers.problem(
                "AWARENESS_AUTH_REQUIRED needs a way to tell callers: set AWARENESS_JWT_SECRET (make one with \
                 `awareness secret`); AWARENESS_OAUTH_ISSUER is not supported yet",
            );
        }

        Self {
            token_key,
            required,
            has_short_secret: secret.is_some_and(|secret| secret.len() < SHORTEST_SECRET),
        }
    }
}

fn token_key(layers: &mut Layers<'_>, secret: &str) -> Option<TokenKey> {
    let algorithm = layers.text("jwt_algorithm", "AWARENESS_JWT_ALGORITHM");
    let key = TokenKey::new(secret, algorithm.as_deref().unwrap_or("HS256"));

    layers.check(key.map_err(|error| format!("AWARENESS_JWT_ALGORITHM: {error}")))
}

#[cfg(test)]
mod tests {
    use crate::config::{Flags, Settings, Transport};

    #[test]
    fn authentication_is_switched_on_by_any_yes_and_needs_a_secret() {
        let load = |required: &str, secret: &str| {
            let variable = |name: &str| match name {
                "AWARENESS_AUTH_REQUIRED" => Some(required.to_owned()),
                "AWARENESS_JWT_SECRET" => Some(secret.to_owned()),
                _ => None,
            };
            Settings::load(&Flags::default(), variable, Transport::StreamableHttp)
                .map(|settings| settings.authentication.required)
        };

        assert_eq!(load("1", "secret"), Ok(true));
        assert_eq!(load("TRUE", "secret"), Ok(true));
        assert_eq!(load("off", "secret"), Ok(false));
        let text = load("yes", "").unwrap_err().to_string();
        assert!(text.contains("AWARENESS_JWT_SECRET") && text.contains("AWARENESS_OAUTH_ISSUER"));
        assert!(load("maybe", "secret").is_err());
    }
}
