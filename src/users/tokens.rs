//! Tokens: the access token, which says who and by which session and nothing of rights, and the refresh token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::kernel::{Code, Error, Result};

/// For how long an access token is good, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// For how long a session may be refreshed at all, in days.
pub const SESSION_DAYS: i64 = 30;
/// For how long somebody stays signed in on the pages, in hours: a working day with its evening.
pub const PAGE_HOURS: i64 = 12;
/// The shortest key that tokens are signed with, in bytes: as long as the hash it keys.
pub const LEAST_KEY: usize = 32;

const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "guatu";
const AUDIENCE: &str = "guatu-api";

/// What an access token says. No role: a removed right is gone at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub sub: Uuid,
    pub sid: Uuid,
    pub iat: i64,
    pub exp: i64,
    pub iss: String,
    pub aud: String,
}

/// Signs and reads access tokens. The algorithm is fixed here, whatever a token says of itself.
pub struct Tokens {
    signing: EncodingKey,
    reading: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// `key` is secret and of at least [`LEAST_KEY`] bytes.
    pub fn new(key: &[u8]) -> Result<Tokens> {
        if key.len() < LEAST_KEY {
            return Err(Error::internal(format!(
                "the token key has fewer than {LEAST_KEY} bytes"
            )));
        }
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library asks the system's clock; expiry is judged below by the clock that the house was given.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Tokens {
            signing: EncodingKey::from_secret(key),
            reading: DecodingKey::from_secret(key),
            validation,
        })
    }

    pub fn issue(&self, now: DateTime<Utc>, user_id: Uuid, session_id: Uuid) -> Result<String> {
        let claims = Claims {
            sub: user_id,
            sid: session_id,
            iat: now.timestamp(),
            exp: now.timestamp() + ACCESS_SECONDS,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
        };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.signing).map_err(Error::internal)
    }

    /// What a token says, if it is one of ours and has not expired by `now`.
    pub fn read(&self, now: DateTime<Utc>, token: &str) -> Result<Claims> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.reading, &self.validation)
            .map_err(|_| Error::Unauthenticated(Code::AuthTokenInvalid))?
            .claims;
        if now.timestamp() >= claims.exp {
            return Err(Error::Unauthenticated(Code::AuthTokenExpired));
        }
        Ok(claims)
    }
}

/// A new refresh token, 256 random bits, and the hash under which it is stored.
pub fn new_refresh_token() -> (String, Vec<u8>) {
    let bits: [u8; 32] = rand::rng().random();
    let token = URL_SAFE_NO_PAD.encode(bits);
    let hash = hash_of(&token);
    (token, hash)
}

/// The hash under which a refresh token is stored: plain SHA-256 is enough for 256 random bits.
pub fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};
    use serde_json::json;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 8, 0, 0).unwrap()
    }

    fn signed(algorithm: Algorithm, key: &[u8], claims: &serde_json::Value) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
    }

    fn claims() -> serde_json::Value {
        json!({ "sub": Uuid::nil(), "sid": Uuid::nil(), "iat": now().timestamp(),
                "exp": now().timestamp() + 60, "iss": ISSUER, "aud": AUDIENCE })
    }

    fn refusal(token: &str) -> Code {
        match Tokens::new(KEY).unwrap().read(now(), token) {
            Err(Error::Unauthenticated(code)) => code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_token_of_ours_is_read_until_its_last_second() {
        let tokens = Tokens::new(KEY).unwrap();
        let token = tokens.issue(now(), Uuid::nil(), Uuid::max()).unwrap();
        let last = now() + TimeDelta::seconds(ACCESS_SECONDS - 1);
        assert_eq!(tokens.read(last, &token).unwrap().sid, Uuid::max());
        let after = now() + TimeDelta::seconds(ACCESS_SECONDS);
        assert!(matches!(
            tokens.read(after, &token),
            Err(Error::Unauthenticated(Code::AuthTokenExpired))
        ));
    }

    #[test]
    fn a_token_without_signature_is_refused() {
        for alg in ["none", "None", "NONE", "HS256"] {
            let head = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT" }).to_string());
            let body = URL_SAFE_NO_PAD.encode(claims().to_string());
            assert_eq!(refusal(&format!("{head}.{body}.")), Code::AuthTokenInvalid);
            assert_eq!(refusal(&format!("{head}.{body}")), Code::AuthTokenInvalid);
        }
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        assert!(
            Tokens::new(KEY)
                .unwrap()
                .read(now(), &signed(ALGORITHM, KEY, &claims()))
                .is_ok()
        );
        let other = b"another key of thirty-two bytes!";
        assert_eq!(
            refusal(&signed(ALGORITHM, other, &claims())),
            Code::AuthTokenInvalid
        );
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            assert_eq!(
                refusal(&signed(algorithm, KEY, &claims())),
                Code::AuthTokenInvalid
            );
        }
    }

    #[test]
    fn an_altered_token_is_refused() {
        let token = signed(ALGORITHM, KEY, &claims());
        let parts: Vec<&str> = token.split('.').collect();
        let mut other = claims();
        other["sub"] = json!(Uuid::max());
        let body = URL_SAFE_NO_PAD.encode(other.to_string());
        assert_eq!(
            refusal(&format!("{}.{body}.{}", parts[0], parts[2])),
            Code::AuthTokenInvalid
        );
        assert_eq!(refusal(""), Code::AuthTokenInvalid);
        assert_eq!(refusal("a.b.c"), Code::AuthTokenInvalid);
    }

    #[test]
    fn a_token_that_lacks_a_claim_or_is_for_somebody_else_is_refused() {
        for name in ["sub", "sid", "iat", "exp", "iss", "aud"] {
            let mut without = claims();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(
                refusal(&signed(ALGORITHM, KEY, &without)),
                Code::AuthTokenInvalid,
                "{name}"
            );
        }
        for (name, value) in [("iss", "other"), ("aud", "other"), ("sub", "1")] {
            let mut wrong = claims();
            wrong[name] = json!(value);
            assert_eq!(
                refusal(&signed(ALGORITHM, KEY, &wrong)),
                Code::AuthTokenInvalid,
                "{name}"
            );
        }
    }

    #[test]
    fn an_expired_token_is_refused_by_the_clock_of_the_house() {
        let mut old = claims();
        old["exp"] = json!(now().timestamp());
        assert_eq!(refusal(&signed(ALGORITHM, KEY, &old)), Code::AuthTokenExpired);
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Tokens::new(&KEY[..31]).is_err());
    }
}
