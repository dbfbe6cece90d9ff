//! Self-signed tokens: JSON Web Tokens (RFC 7519) under a secret that the server alone knows. The subject is the owner.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::Deserialize;
use serde_json::{Value, json};

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

/// What a token says, as far as it matters here. Times are seconds since 1970, and may have a fraction.
#[derive(Deserialize)]
struct Claims {
    sub: Option<Value>,
    aud: Option<Value>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
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
        let claims = json!({
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
            .map_err(|_| TokenError::Invalid)?
            .claims;
        claims.check(seconds(now))?;

        match claims.sub {
            Some(Value::String(sub)) if !sub.is_empty() => {
                Owner::new(sub).map_err(|_| TokenError::Invalid)
            }
            _ => Err(TokenError::NoSubject),
        }
    }

    /// The signature only: the library passes over times and audiences of a type it does not expect.
    fn rules(&self) -> Validation {
        let mut rules = Validation::new(self.algorithm);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.validate_aud = false;

        rules
    }
}

impl Claims {
    fn check(&self, now: f64) -> Result<(), TokenError> {
        if self.exp.is_some_and(|expires| expires <= now) {
            return Err(TokenError::Expired);
        }
        let is_early = self.nbf.is_some_and(|begins| begins > now);
        let is_of_the_future = self.iat.is_some_and(|issued| issued > now);
        if is_early || is_of_the_future || self.aud.is_some() {
            return Err(TokenError::Invalid);
        }

        Ok(())
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

    const SECRET: &str = "a secret that is long enough for its purpose";

    fn key() -> TokenKey {
        TokenKey::new(SECRET, "HS256").unwrap()
    }

    /// A header with a token of these claims, signed by a key.
    fn header(key: &TokenKey, claims: &Value) -> String {
        let token = encode(&Header::new(key.algorithm), claims, &key.signing).unwrap();

        format!("Bearer {token}")
    }

    fn owner_of(claims: &Value) -> Result<String, TokenError> {
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
            json!({"sub": "ann", "aud": 7}),
            json!({"sub": "ann", "exp": "soon"}),
            json!({"sub": "ann", "nbf": "soon"}),
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
