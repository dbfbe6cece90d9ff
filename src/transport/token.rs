//! Self-signed tokens: JSON Web Tokens (RFC 7519) under a secret that the server alone knows. The subject is the owner.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::domain::{Owner, Timestamp};

/// The shortest secret that is not warned about, in bytes: as long as the output of HMAC-SHA-256 (RFC 7518, section 3.2).
pub const SHORTEST_SECRET: usize = 32;

/// A secret and the one algorithm that is accepted.
#[derive(Clone)]
pub struct TokenKey {
    algorithm: Algorithm,
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none, or not as a bearer.
    #[error("missing or invalid authorization header: send `Authorization: Bearer TOKEN`")]
    Missing,
    /// Its time is over.
    #[error("the token has expired: ask for a new one")]
    Expired,
    /// It says nobody.
    #[error("the token has no subject (`sub`)")]
    NoSubject,
    /// Anything else.
    #[error("invalid token")]
    Invalid,
}

/// The setting names no algorithm that signs with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use HS256, HS384 or HS512")]
pub struct AlgorithmError;

#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

impl TokenKey {
    /// Takes a secret and the name of an algorithm.
    ///
    /// # Errors
    ///
    /// [`AlgorithmError`] for one that does not sign with a secret.
    pub fn new(secret: &str, algorithm: &str) -> Result<Self, AlgorithmError> {
        let algorithm = match algorithm {
            "HS256" => Algorithm::HS256,
            "HS384" => Algorithm::HS384,
            "HS512" => Algorithm::HS512,
            _ => return Err(AlgorithmError),
        };

        Ok(Self {
            algorithm,
            signing: EncodingKey::from_secret(secret.as_bytes()),
            verifying: DecodingKey::from_secret(secret.as_bytes()),
        })
    }

    /// Makes a token for an owner. `id` tells it from others.
    ///
    /// # Errors
    ///
    /// [`TokenError::Invalid`] when it cannot be signed.
    pub fn issue(
        &self,
        owner: &Owner,
        now: Timestamp,
        expires: Timestamp,
        id: &str,
    ) -> Result<String, TokenError> {
        let (issued, _) = now.unix();
        let claims = serde_json::json!({
            "sub": owner.as_str(),
            "iat": issued,
            "exp": expires.unix().0,
            "jti": id,
        });

        encode(&Header::new(self.algorithm), &claims, &self.signing)
            .map_err(|_| TokenError::Invalid)
    }

    /// Finds the owner of an `Authorization` header.
    ///
    /// An expiry, and a time before which the token is not valid, are kept to if the token has them; one issued in the
    /// future or for some audience is refused.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub fn owner_of(
        &self,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<Owner, TokenError> {
        let token = authorization.and_then(bearer).ok_or(TokenError::Missing)?;
        let claims = decode::<Claims>(token, &self.verifying, &self.rules())
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?
            .claims;
        if claims.iat.is_some_and(|issued| issued > seconds(now)) {
            return Err(TokenError::Invalid);
        }

        match claims.sub {
            Some(serde_json::Value::String(sub)) if !sub.is_empty() => {
                Owner::new(sub).map_err(|_| TokenError::Invalid)
            }
            _ => Err(TokenError::NoSubject),
        }
    }

    fn rules(&self) -> Validation {
        let mut rules = Validation::new(self.algorithm);
        rules.required_spec_claims.clear();
        rules.leeway = 0;
        rules.validate_nbf = true;

        rules
    }
}

/// The token of a header: the scheme in any case, one blank.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;

    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 are exact in a float for 285 million years"
)]
fn seconds(time: Timestamp) -> f64 {
    time.unix_microseconds() as f64 / 1e6
}

/// Keeps the secret out of logs.
impl std::fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenKey({:?}, …)", self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Clock, SystemClock};
    use chrono::TimeDelta;
    use serde_json::json;

    const SECRET: &str = "a secret that is long enough for its purpose";

    fn key() -> TokenKey {
        TokenKey::new(SECRET, "HS256").unwrap()
    }

    /// A header with a token of these claims, signed by a key.
    fn header(key: &TokenKey, claims: &serde_json::Value) -> String {
        let token = encode(&Header::new(key.algorithm), claims, &key.signing).unwrap();

        format!("Bearer {token}")
    }

    fn owner_of(claims: &serde_json::Value) -> Result<String, TokenError> {
        let header = header(&key(), claims);

        key()
            .owner_of(Some(&header), SystemClock.now())
            .map(|owner| owner.to_string())
    }

    #[test]
    fn a_token_of_ours_names_its_owner_until_it_expires() {
        let now = SystemClock.now();
        let owner = Owner::new("O'Brien").unwrap();
        let issue = |hours| {
            let expires = now.checked_add(TimeDelta::hours(hours)).unwrap();
            key().issue(&owner, now, expires, "1").unwrap()
        };

        for scheme in ["Bearer", "bearer", "BEARER"] {
            let header = format!("{scheme} {}", issue(1));
            assert_eq!(key().owner_of(Some(&header), now), Ok(owner.clone()));
        }
        let expired = format!("Bearer {}", issue(-1));
        assert_eq!(
            key().owner_of(Some(&expired), now),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn claims_are_kept_to_where_they_are_there() {
        let (now, _) = SystemClock.now().unix();

        assert_eq!(owner_of(&json!({"sub": "ann"})).as_deref(), Ok("ann"));
        assert_eq!(owner_of(&json!({})), Err(TokenError::NoSubject));
        assert_eq!(owner_of(&json!({"sub": ""})), Err(TokenError::NoSubject));
        assert_eq!(owner_of(&json!({"sub": 7})), Err(TokenError::NoSubject));
        for claims in [
            json!({"sub": "_system"}),
            json!({"sub": "ann", "iat": now + 1000}),
            json!({"sub": "ann", "nbf": now + 1000}),
            json!({"sub": "ann", "aud": "someone"}),
            json!({"sub": "ann", "exp": "soon"}),
        ] {
            assert_eq!(owner_of(&claims), Err(TokenError::Invalid), "{claims}");
        }
    }

    #[test]
    fn another_secret_algorithm_or_scheme_is_refused() {
        let now = SystemClock.now();
        let claims = json!({"sub": "ann"});
        let foreign = header(&TokenKey::new("another", "HS256").unwrap(), &claims);
        let stronger = header(&TokenKey::new(SECRET, "HS512").unwrap(), &claims);
        // {"alg":"none","typ":"JWT"} . {"sub":"ann"} .
        let unsigned = "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4ifQ.";

        for header in [foreign.as_str(), &stronger, unsigned, "Bearer x"] {
            assert_eq!(key().owner_of(Some(header), now), Err(TokenError::Invalid));
        }
        for header in [
            None,
            Some("Basic YW5uOmFubg=="),
            Some("Bearer"),
            Some("Bearer "),
        ] {
            assert_eq!(key().owner_of(header, now), Err(TokenError::Missing));
        }
        assert_eq!(TokenKey::new(SECRET, "RS256").unwrap_err(), AlgorithmError);
    }
}
