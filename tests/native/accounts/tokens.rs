//! Access tokens and their secrets.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engineio::Time;
use hmac::{Hmac, KeyInit as _, Mac as _};
use natter::accounts::logins::LoginId;
use natter::accounts::token::{TokenError, TokenSecret, Tokens, WeakSecret};
use natter::accounts::username::Username;
use natter::refusal::{Refusal, RefusalKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0PsA";
const NOW: Time = Time::from_millis(1_800_000_000_500);
const HOUR: Duration = Duration::from_secs(3600);

fn tokens_of(secret: &str) -> Tokens {
    Tokens::new(&TokenSecret::parse(secret).expect("strong"), HOUR)
}

fn tokens() -> Tokens {
    tokens_of(SECRET)
}

fn alice() -> Username {
    Username::parse("Alice").unwrap()
}

fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signs any header and payload with the right secret by HS256.
fn signed(header: &Value, payload: &Value) -> String {
    let message = format!("{}.{}", segment(header), segment(payload));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&message);
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn good_payload() -> Value {
    let now = NOW.as_secs();
    json!({ "sub": "Alice", "username": "Alice", "iat": now, "exp": now + 3600, "iss": "natter", "aud": "natter" })
}

/// Verifies a correctly signed token in which `claim` is `value`.
fn verify_with(claim: &str, value: Value) -> Result<(), TokenError> {
    let mut payload = good_payload();
    payload[claim] = value;
    tokens().verify(&signed(&json!({ "alg": "HS256", "typ": "JWT" }), &payload), NOW).map(drop)
}

#[test]
fn a_token_speaks_for_its_user_until_it_expires() {
    let tokens = tokens();
    let issued = tokens.issue(&alice(), None, NOW);
    assert_eq!(issued.expires_at, Time::from_millis(1_800_003_600_000));
    let claims = tokens.verify(&issued.token, NOW).expect("valid");
    assert_eq!(claims.username.as_str(), "Alice");
    assert_eq!(claims.expires_at, issued.expires_at);
    let last = Time::from_millis(issued.expires_at.as_millis() - 1);
    assert!(tokens.verify(&issued.token, last).is_ok());
    assert_eq!(tokens.verify(&issued.token, issued.expires_at), Err(TokenError::Expired));
}

#[test]
fn frontends_can_read_the_name_out_of_a_token() {
    let token = tokens().issue(&alice(), None, NOW).token;
    let parts: Vec<&str> = token.split('.').collect();
    let decode =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(decode(parts[0]), json!({ "alg": "HS256", "typ": "JWT" }));
    assert_eq!(decode(parts[1]), good_payload());
    assert_eq!(signed(&json!({ "alg": "HS256", "typ": "JWT" }), &good_payload()).matches('.').count(), 2);
}

#[test]
fn a_token_made_by_any_other_library_from_the_same_claims_is_valid() {
    assert!(tokens().verify(&signed(&json!({ "alg": "HS256" }), &good_payload()), NOW).is_ok());
    // RFC 7519, section 4.1.3: the audience may be a list.
    assert_eq!(verify_with("aud", json!(["natter", "other"])), Ok(()));
}

#[test]
fn a_token_names_the_login_that_it_is_of() {
    let login = LoginId::parse("AAECAwQFBgcICQoL").expect("12 bytes");
    let token = tokens().issue(&alice(), Some(&login), NOW).token;
    assert_eq!(tokens().verify(&token, NOW).unwrap().login, Some(login));
    assert_eq!(verify_with("sid", json!("AAECAwQFBgcICQoL")), Ok(()));
    for sid in
        [json!(""), json!("AAECAwQF"), json!("AAECAwQFBgcICQo!"), json!("AAECAwQFBgcICQoLDA"), json!(1)]
    {
        assert_eq!(verify_with("sid", sid), Err(TokenError::Malformed));
    }
}

#[test]
fn a_token_signed_with_the_secret_before_is_valid_until_it_expires() {
    let previous = TokenSecret::parse("9fB3kX7qW1zN5vR8tC2yM6pL4hJ0dGsE").unwrap();
    let before = Tokens::new(&previous, HOUR).issue(&alice(), None, NOW);
    assert_eq!(tokens().verify(&before.token, NOW), Err(TokenError::Forged));
    let after = tokens().accepting(Some(&previous));
    assert_eq!(after.verify(&before.token, NOW).unwrap().username, alice());
    assert_eq!(after.verify(&before.token, before.expires_at), Err(TokenError::Expired));
    // New tokens are signed with the new secret, and a token that neither signed is forged.
    assert!(tokens().verify(&after.issue(&alice(), None, NOW).token, NOW).is_ok());
    let stranger = tokens_of("Zq1cV6nM4bX9kL2jH7gF5dS8aP3oI0uY").issue(&alice(), None, NOW).token;
    assert_eq!(after.verify(&stranger, NOW), Err(TokenError::Forged));
}

#[test]
fn a_token_signed_with_another_key_is_forged() {
    let token = tokens_of("9fB3kX7qW1zN5vR8tC2yM6pL4hJ0dGsE").issue(&alice(), None, NOW).token;
    assert_eq!(tokens().verify(&token, NOW), Err(TokenError::Forged));
    // The same holds after it has expired, since its claims are not trusted.
    assert_eq!(tokens().verify(&token, NOW + 2 * HOUR), Err(TokenError::Forged));
}

#[test]
fn a_token_whose_payload_was_changed_is_forged() {
    let token = tokens().issue(&alice(), None, NOW).token;
    let parts: Vec<&str> = token.split('.').collect();
    let mut payload = good_payload();
    payload["sub"] = json!("Bob");
    let changed = format!("{}.{}.{}", parts[0], segment(&payload), parts[2]);
    assert_eq!(tokens().verify(&changed, NOW), Err(TokenError::Forged));
    for length in 0..parts[2].len() {
        let cut = format!("{}.{}.{}", parts[0], parts[1], &parts[2][..length]);
        assert!(tokens().verify(&cut, NOW).is_err());
    }
}

#[test]
fn a_token_without_an_algorithm_is_refused() {
    let token = tokens().issue(&alice(), None, NOW).token;
    let parts: Vec<&str> = token.split('.').collect();
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": alg, "typ": "JWT" });
        let bare = format!("{}.{}.", segment(&header), parts[1]);
        for token in [bare, signed(&header, &good_payload())] {
            assert_eq!(tokens().verify(&token, NOW).expect_err(alg).code(), "token_invalid");
        }
    }
}

#[test]
fn a_token_that_names_another_algorithm_is_forged() {
    for alg in ["HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"] {
        let token = signed(&json!({ "alg": alg }), &good_payload());
        assert_eq!(tokens().verify(&token, NOW), Err(TokenError::Forged), "{alg}");
    }
}

#[test]
fn a_token_with_an_extension_that_has_to_be_understood_is_refused() {
    let header = json!({ "alg": "HS256", "crit": ["exp"] });
    assert_eq!(tokens().verify(&signed(&header, &good_payload()), NOW), Err(TokenError::Malformed));
}

#[test]
fn a_key_inside_a_token_is_not_used() {
    let jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("attacker's key, 32 bytes or more") });
    let message = format!("{}.{}", segment(&json!({ "alg": "HS256", "jwk": jwk })), segment(&good_payload()));
    let mac =
        Hmac::<Sha256>::new_from_slice(b"attacker's key, 32 bytes or more").unwrap().chain_update(&message);
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    assert_eq!(tokens().verify(&token, NOW), Err(TokenError::Forged));
}

#[test]
fn a_token_of_another_issuer_or_for_another_audience_is_forged() {
    assert_eq!(verify_with("iss", json!("other")), Err(TokenError::Forged));
    assert_eq!(verify_with("aud", json!("other")), Err(TokenError::Forged));
    assert_eq!(verify_with("aud", json!(["other"])), Err(TokenError::Forged));
}

#[test]
fn a_token_lacking_a_claim_or_with_one_of_another_type_is_malformed() {
    for claim in ["sub", "exp", "iss", "aud"] {
        for value in [Value::Null, json!({}), json!(-1), json!(true)] {
            assert!(verify_with(claim, value.clone()).is_err(), "{claim} {value}");
        }
    }
    assert_eq!(verify_with("sub", json!("a")), Err(TokenError::Malformed));
    assert_eq!(verify_with("exp", json!("2030-01-01")), Err(TokenError::Malformed));
    // The original server's tokens have a name only.
    let old = json!({ "username": "Alice", "iat": NOW.as_secs(), "exp": NOW.as_secs() + 60 });
    assert_eq!(tokens().verify(&signed(&json!({ "alg": "HS256" }), &old), NOW), Err(TokenError::Malformed));
}

#[test]
fn a_token_of_the_future_is_not_yet_valid_but_clocks_may_differ_by_a_minute() {
    let now = NOW.as_secs();
    for claim in ["iat", "nbf"] {
        assert_eq!(verify_with(claim, json!(now + 60)), Ok(()));
        assert_eq!(verify_with(claim, json!(now + 61)), Err(TokenError::NotYetValid));
    }
}

#[test]
fn times_beyond_all_bounds_do_no_harm() {
    assert_eq!(verify_with("exp", json!(u64::MAX)), Ok(()));
    assert_eq!(verify_with("exp", json!(0)), Err(TokenError::Expired));
    assert_eq!(verify_with("nbf", json!(u64::MAX)), Err(TokenError::NotYetValid));
    let forever = Tokens::new(&TokenSecret::parse(SECRET).unwrap(), Duration::MAX);
    let issued = forever.issue(&alice(), None, Time::from_millis(u64::MAX));
    assert!(forever.verify(&issued.token, NOW).is_err());
}

#[test]
fn what_is_no_token_is_malformed_and_nothing_is_missing() {
    assert_eq!(tokens().verify("", NOW), Err(TokenError::Missing));
    for text in ["a", ".", "..", "...", "a.b.c", "null", "[object Object]", "Bearer a.b.c", "ä.ö.ü"] {
        assert_eq!(tokens().verify(text, NOW), Err(TokenError::Malformed), "{text}");
    }
    let long = signed(&json!({ "alg": "HS256", "kid": "k".repeat(4096) }), &good_payload());
    assert_eq!(tokens().verify(&long, NOW), Err(TokenError::Malformed));
    let deep = URL_SAFE_NO_PAD.encode("[".repeat(2000));
    assert_eq!(tokens().verify(&format!("{deep}.{deep}.AA"), NOW), Err(TokenError::Malformed));
}

#[test]
fn the_longest_name_makes_a_token_that_is_read() {
    // A base with three marks that NFKC composes and NFC does not; ideographs with selectors; and characters that JSON escapes.
    for part in ["𝛂\u{313}\u{300}\u{345}", "𠮷\u{E0100}", "\\"] {
        let longest = Username::parse(&format!("a{}", part.repeat(63))).unwrap();
        let token = tokens().issue(&longest, None, NOW).token;
        assert!(token.len() < 3_000, "{}", token.len());
        assert_eq!(tokens().verify(&token, NOW).map(|claims| claims.username), Ok(longest));
    }
}

#[test]
fn every_refused_token_has_a_code_and_is_unauthenticated() {
    for (error, code) in [
        (TokenError::Missing, "token_missing"),
        (TokenError::Malformed, "token_invalid"),
        (TokenError::Forged, "token_invalid"),
        (TokenError::Expired, "token_expired"),
        (TokenError::NotYetValid, "token_not_yet_valid"),
    ] {
        assert_eq!(error.code(), code);
        let refusal = Refusal::from(error);
        assert_eq!((refusal.kind, &*refusal.code), (RefusalKind::Unauthenticated, code));
        assert_eq!(refusal.message, error.to_string());
    }
}

#[test]
fn a_secret_that_is_short_repetitive_or_known_is_refused() {
    for (text, weakness) in [
        ("", WeakSecret::TooShort),
        ("wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0Ps", WeakSecret::TooShort),
        ("   wJ9x2Qm4Zr7Lk1Tn8Vb5Yc   \t          \n", WeakSecret::TooShort),
        ("secret", WeakSecret::Sample),
        ("change-me", WeakSecret::Sample),
        ("CHANGE_ME_change_me_CHANGE_ME_change_me", WeakSecret::Sample),
        ("your-secret-key-change-in-production", WeakSecret::Sample),
        ("your_super_secret_jwt_key_here_please", WeakSecret::Sample),
        ("replace-me-with-at-least-32-random-bytes", WeakSecret::Sample),
        ("<replace with 32 random bytes or more>", WeakSecret::Sample),
        ("12345678901234567890123456789012", WeakSecret::Sample),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", WeakSecret::Repetitive),
        ("wJ9x2Qm4wJ9x2Qm4wJ9x2Qm4wJ9x2Qm4wJ9x", WeakSecret::Repetitive),
        ("0123456789abcdef0123456789abcdef", WeakSecret::Repetitive),
    ] {
        let error = TokenSecret::parse(text).expect_err(text);
        assert_eq!(error, weakness, "{text}");
        assert!(text.len() < 3 || !error.to_string().contains(text));
    }
}

#[test]
fn secrets_made_by_the_usual_tools_are_accepted() {
    for text in [
        SECRET,
        "3f8a1c0d9e7b2465f0c1d2a3b4e5968778695a4b3c2d1e0f9f8e7d6c5b4a3928",
        "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n",
        "b5b0c2d6-7d8e-4f1a-9c3b-2e4f6a8d0c1e",
        "eleven otters juggle cobalt teapots at dawn",
    ] {
        TokenSecret::parse(text).unwrap_or_else(|weakness| panic!("{text}: {weakness:?}"));
    }
}

#[test]
fn neither_a_secret_nor_a_token_is_shown() {
    let issued = tokens().issue(&alice(), None, NOW);
    let shown = format!("{:?} {issued:?}", TokenSecret::parse(SECRET).unwrap());
    assert_eq!(shown, "TokenSecret(redacted) IssuedToken(redacted, expires 2027-01-15T09:00:00.000Z)");
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(text in prop_oneof![".{0,80}", "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,44}"]) {
        prop_assert!(tokens().verify(&text, NOW).is_err());
        let _ = TokenSecret::parse(&text);
    }

    #[test]
    fn a_token_changed_in_one_character_is_refused(at in 0usize..200, to in "[A-Za-z0-9_.-]") {
        let token = tokens().issue(&alice(), None, NOW).token;
        let at = at % token.len();
        let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
        prop_assert_eq!(tokens().verify(&changed, NOW).is_ok(), changed == token);
    }

    #[test]
    fn a_payload_of_any_shape_is_refused_or_read(payload in "\\PC{0,60}") {
        let message = format!("{}.{}", segment(&json!({ "alg": "HS256" })), URL_SAFE_NO_PAD.encode(payload));
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&message);
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        prop_assert_eq!(tokens().verify(&token, NOW), Err(TokenError::Malformed));
    }
}
