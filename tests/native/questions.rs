//! Questions between the stateless Worker and the objects, as they travel.

use std::time::Duration;

use natter::accounts::hashing::{Hash, Hasher, Replace, Verify};
use natter::accounts::password::{Password, PasswordHash, Rounds, SALT_BYTES};
use natter::accounts::questions::{BeginLogin, LogOut, Refresh};
use natter::answers::{hasher, room};
use natter::questions::{Asked, Asking, Question, Response, decode};
use natter::refusal::{Refusal, RefusalKind};
use serde_json::{Value, json};

use crate::support::room::Room;

const SALT: [u8; SALT_BYTES] = [7; SALT_BYTES];

fn sent<Q: Question>(question: &Q) -> Asked {
    Asked::parse(&serde_json::to_string(&Asking::new(question)).expect("JSON")).expect("a question")
}

fn asked(json: Value) -> Asked {
    Asked::parse(&json.to_string()).expect("a question")
}

fn hasher_answers<Q: Question>(question: &Q) -> Response<Q> {
    let mut hasher = Hasher::new(Rounds::new(1).expect("within bounds"));
    let response = hasher::answer(&mut hasher, SALT, &sent(question)).expect("a response");
    decode::<Q>(response.get()).expect("a response to the question")
}

/// Returns the log line of a room that cannot answer.
fn fault_of_the_room(asked: &Asked) -> String {
    let room = Room::new();
    let response = room.world.apply(|chat, cx, actions| room::answer(chat, cx, asked, actions));
    response.expect_err("a fault").to_string()
}

#[test]
fn a_question_travels_with_its_name() {
    let question = LogOut { refresh_token: "token".to_owned() };
    let sent = serde_json::to_value(Asking::new(&question)).expect("JSON");
    assert_eq!(sent, json!({ "question": "log_out", "parameters": { "refresh_token": "token" } }));
}

#[test]
fn a_refusal_arrives_as_it_was_given() {
    let refusal = Refusal::too_many("too_many_attempts", "Later.", Duration::from_millis(1500));
    for refusal in [refusal, Refusal::new(RefusalKind::Conflict, "username_taken", "Taken.")] {
        let sent = serde_json::to_string(&Err::<(), _>(refusal.clone())).expect("JSON");
        assert_eq!(serde_json::from_str::<Result<(), Refusal>>(&sent).expect("a response"), Err(refusal));
    }
}

#[test]
fn a_room_cannot_answer_a_question_that_it_does_not_know() {
    let asked = asked(json!({ "question": "future", "parameters": {} }));
    assert_eq!(fault_of_the_room(&asked), r#"the question "future" is unknown"#);
    assert!(fault_of_the_room(&sent(&Hash { password: "secret".to_owned() })).contains("unknown"));
}

#[test]
fn a_room_cannot_answer_a_question_with_other_parameters() {
    for parameters in [json!({}), json!({ "token": "secret" }), json!(null), json!({ "refresh_token": 1 })] {
        let fault = fault_of_the_room(&asked(json!({ "question": Refresh::NAME, "parameters": parameters })));
        assert!(fault.starts_with("the question refresh cannot be read: "), "{fault}");
        assert!(!fault.contains("secret"), "{fault}");
    }
}

#[test]
fn a_question_of_version_0_1_is_not_understood() {
    for before in [
        json!({ "account": { "refresh": { "refresh_token": "token" } } }),
        json!({ "hash": { "password": "secret" } }),
    ] {
        assert!(Asked::parse(&before.to_string()).is_err());
    }
}

#[test]
fn a_room_that_cannot_use_its_database_says_so_to_the_log() {
    let room = Room::new();
    room.storage.fail_on("FROM users");
    let asked = sent(&BeginLogin { name_key: "alice".to_owned(), address: None });
    let response = room.world.apply(|chat, cx, actions| room::answer(chat, cx, &asked, actions));
    assert!(response.expect_err("a fault").to_string().starts_with("storage: "));
}

#[test]
fn a_hasher_answers_its_questions() {
    let hash = hasher_answers(&Hash { password: "correct horse".to_owned() }).expect("a hash");
    let right = PasswordHash::parse(&hash).expect("a hash").verify(&Password::typed("correct horse"));
    assert!(right);

    let verify = |password: &str| {
        let (password, hash) = (password.to_owned(), Some(hash.clone()));
        hasher_answers(&Verify { password, hash, dearest: 0 })
    };
    assert_eq!(verify("correct horse").expect("verified").rehash, None);
    assert_eq!(verify("wrong").expect_err("refused").code, "invalid_credentials");

    let replace = |current: &str| {
        let (current, new) = (current.to_owned(), "battery staple".to_owned());
        hasher_answers(&Replace { current, new, hash: hash.clone() })
    };
    let replaced = PasswordHash::parse(&replace("correct horse").expect("a hash")).expect("a hash");
    assert!(replaced.verify(&Password::typed("battery staple")));
    let refusal = replace("wrong").expect_err("refused");
    assert_eq!((refusal.kind, &*refusal.code), (RefusalKind::Forbidden, "wrong_password"));
}

#[test]
fn a_hasher_cannot_answer_other_questions_or_compare_with_a_damaged_hash() {
    let mut hasher = Hasher::new(Rounds::new(1).expect("within bounds"));
    let mut fault = |asked| hasher::answer(&mut hasher, SALT, &asked).expect_err("a fault").to_string();
    assert!(fault(sent(&LogOut { refresh_token: String::new() })).contains("unknown"));
    let damaged = Verify { password: String::new(), hash: Some("$2b$".to_owned()), dearest: 0 };
    assert_eq!(fault(sent(&damaged)), "a stored hash: The password hash is malformed.");
}
