//! The bearers of access tokens and operator tokens.

use natter::accounts::caller::{Caller, authenticate_operator};
use natter::accounts::token::{OperatorScope, TokenError};
use natter::refusal::RefusalKind;

use crate::support::room::{Room, tokens};

#[test]
fn a_caller_is_the_user_of_the_bearer_token() {
    let room = Room::new();
    let pair = room.registers("Alice", "hash");
    let login = tokens().verify(&pair.token, room.world.now()).expect("valid").login;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {} ", pair.token);
        let caller = Caller::authenticate(&header, &tokens(), room.world.now()).expect("valid");
        assert_eq!(caller, Caller { name_key: "alice".to_owned(), login: login.clone() });
    }
}

#[test]
fn a_request_without_a_bearer_token_has_no_caller() {
    let now = Room::new().world.now();
    for header in ["", "Bearer", "Bearer ", "Basic YWxpY2U6cHc=", "Bearer\ttoken"] {
        assert_eq!(Caller::authenticate(header, &tokens(), now), Err(TokenError::Missing), "{header:?}");
    }
    assert_eq!(Caller::authenticate("Bearer token", &tokens(), now), Err(TokenError::Malformed));
}

#[test]
fn a_users_token_is_not_an_operators() {
    let room = Room::new();
    let header = format!("Bearer {}", room.registers("Alice", "hash").token);
    let authenticate = |header: &str| {
        let (scope, now) = (OperatorScope::Import, room.world.now());
        authenticate_operator(header, &tokens(), scope, "https://chat.test", now).expect_err("refused")
    };
    for (header, code) in [("", "token_missing"), (header.as_str(), "token_invalid")] {
        let refusal = authenticate(header);
        assert_eq!((refusal.kind, &*refusal.code), (RefusalKind::Unauthenticated, code));
        assert!(refusal.message.to_lowercase().contains("operator"), "{}", refusal.message);
    }
}
