//! Operator tokens: valid for one operation, at one server, for minutes, and distinct from a user's.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engineio::Time;
use hmac::{Hmac, KeyInit as _, Mac as _};
use natter::accounts::token::{MAX_OPERATOR_TTL, OperatorScope, TokenError, TokenSecret, Tokens};
use natter::accounts::username::Username;
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0PsA";
const OTHER: &str = "9fB3kX7qW1zN5vR8tC2yM6pL4hJ0dGsE";
const NOW: Time = Time::from_millis(1_800_000_000_500);
const OWN: &str = "https://chat.example";

fn tokens_of(secret: &str) -> Tokens {
    Tokens::new(&TokenSecret::parse(secret).expect("strong"), Duration::from_secs(3600))
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().into()
}

fn signed(key: &[u8], payload: &Value) -> String {
    let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", segment(&json!({ "alg": "HS256", "typ": "JWT" })), segment(payload));
    let signature = URL_SAFE_NO_PAD.encode(mac(key, message.as_bytes()));
    format!("{message}.{signature}")
}

/// Derives the key of operator tokens as the script does.
fn key(secret: &str) -> [u8; 32] {
    mac(secret.as_bytes(), b"natter: operator tokens")
}

fn good() -> Value {
    let now = NOW.as_secs();
    json!({ "scope": "import", "aud": OWN, "iat": now, "exp": now + 120 })
}

fn verify(token: &str) -> Result<(), TokenError> {
    tokens_of(SECRET).verify_operator(token, OperatorScope::Import, OWN, NOW)
}

fn verify_with(claim: &str, value: Value) -> Result<(), TokenError> {
    let mut payload = good();
    payload[claim] = value;
    verify(&signed(&key(SECRET), &payload))
}

#[test]
fn a_token_made_from_the_secret_is_valid_until_it_expires() {
    assert_eq!(verify(&signed(&key(SECRET), &good())), Ok(()));
    let now = NOW.as_secs();
    assert_eq!(verify_with("exp", json!(now + 1)), Ok(()));
    assert_eq!(verify_with("exp", json!(now)), Err(TokenError::Expired));
    assert_eq!(verify_with("exp", json!(0)), Err(TokenError::Expired));
}

#[test]
fn a_token_that_lasts_for_more_than_minutes_is_refused() {
    let now = NOW.as_secs();
    let longest = MAX_OPERATOR_TTL.as_secs();
    assert_eq!(longest, 300);
    assert_eq!(verify_with("exp", json!(now + longest)), Ok(()));
    for exp in [now + longest + 1, u64::MAX] {
        assert_eq!(verify_with("exp", json!(exp)), Err(TokenError::Malformed));
    }
}

#[test]
fn a_token_of_the_future_is_not_yet_valid() {
    let now = NOW.as_secs();
    let at = |iat: u64| {
        let mut payload = good();
        (payload["iat"], payload["exp"]) = (json!(iat), json!(iat + 120));
        verify(&signed(&key(SECRET), &payload))
    };
    assert_eq!(at(now + 60), Ok(()));
    assert_eq!(at(now + 61), Err(TokenError::NotYetValid));
    assert_eq!(at(u64::MAX - 120), Err(TokenError::NotYetValid));
}

#[test]
fn a_token_for_another_server_or_another_thing_is_refused() {
    for aud in ["http://chat.example", "https://chat.example:8443", "https://chat.example/", "natter", ""] {
        assert_eq!(verify_with("aud", json!(aud)), Err(TokenError::Forged), "{aud}");
    }
    for scope in [json!("export"), json!(""), json!(["import"]), Value::Null] {
        assert_eq!(verify_with("scope", scope), Err(TokenError::Malformed));
    }
    for claim in ["aud", "iat", "exp"] {
        assert_eq!(verify_with(claim, Value::Null), Err(TokenError::Malformed), "{claim}");
    }
}

#[test]
fn a_token_made_from_another_secret_is_forged() {
    for other in [OTHER.as_bytes(), SECRET.as_bytes(), b"", &key(OTHER)] {
        assert_eq!(verify(&signed(other, &good())), Err(TokenError::Forged));
    }
    // The former secret makes valid tokens for users, but not for operators.
    let tokens = tokens_of(SECRET).accepting(Some(&TokenSecret::parse(OTHER).unwrap()));
    let before = signed(&key(OTHER), &good());
    assert_eq!(tokens.verify_operator(&before, OperatorScope::Import, OWN, NOW), Err(TokenError::Forged));
    // The signature is checked before the claims.
    let mut payload = good();
    payload["exp"] = json!(0);
    assert_eq!(verify(&signed(&key(OTHER), &payload)), Err(TokenError::Forged));
}

#[test]
fn a_users_token_is_no_operators_and_an_operators_no_users() {
    let tokens = tokens_of(SECRET);
    let alice = Username::parse("Alice").unwrap();
    let users = tokens.issue(&alice, None, NOW).token;
    assert_eq!(verify(&users), Err(TokenError::Forged));
    let now = NOW.as_secs();
    // It has the claims of both, so that only the key distinguishes them.
    let both = json!({
        "scope": "import", "aud": "natter", "iss": "natter", "sub": "Alice", "username": "Alice",
        "iat": now, "exp": now + 120,
    });
    let as_operator = |token: &str| tokens.verify_operator(token, OperatorScope::Import, "natter", NOW);
    let of_operator = signed(&key(SECRET), &both);
    assert_eq!(as_operator(&of_operator), Ok(()));
    assert_eq!(tokens.verify(&of_operator, NOW), Err(TokenError::Forged));
    let of_user = signed(SECRET.as_bytes(), &both);
    assert!(tokens.verify(&of_user, NOW).is_ok());
    assert_eq!(as_operator(&of_user), Err(TokenError::Forged));
}

#[test]
fn what_is_no_token_is_malformed_and_nothing_is_missing() {
    assert_eq!(verify(""), Err(TokenError::Missing));
    for text in ["a", "..", "a.b.c", "null"] {
        assert_eq!(verify(text), Err(TokenError::Malformed), "{text}");
    }
    let mut payload = good();
    payload["padding"] = json!("x".repeat(4096));
    assert_eq!(verify(&signed(&key(SECRET), &payload)), Err(TokenError::Malformed));
    let good = signed(&key(SECRET), &good());
    for length in 0..good.len() {
        assert!(verify(&good[..length]).is_err());
    }
}
