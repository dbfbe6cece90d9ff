//! Tokens as callers hold them, good and bad.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// A secret nobody guesses, and no text that appears by chance.
pub(crate) const SECRET: &str = "s3cret-of-the-tests-0123456789abcdefghijklm";

/// A token for an owner that does not expire.
pub(crate) fn token_of(owner: &str) -> String {
    token_with(&json!({"sub": owner}))
}

/// A token of these claims, under the secret.
pub(crate) fn token_with(claims: &Value) -> String {
    signed(claims, SECRET, Algorithm::HS256)
}

pub(crate) fn signed(claims: &Value, secret: &str, algorithm: Algorithm) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());

    encode(&Header::new(algorithm), claims, &key).unwrap()
}
