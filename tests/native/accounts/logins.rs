//! Logins: their renewal, their end, and their rows.

use std::collections::HashSet;
use std::time::Duration;

use engineio::Time;
use natter::accounts::TokenPair;
use natter::accounts::caller::Caller;
use natter::accounts::logins::{LoginId, REPEATED_FOR};
use natter::accounts::questions::{
    BeginLogin, ChangePassword, Comparison, Describe, LogOut, Profile, Refresh,
};
use natter::accounts::username::Username;
use natter::refusal::Refusal;
use natter::storage::Storage as _;
use serde_json::json;

use crate::support::MILLISECOND;
use crate::support::room::{LOGINS_PER_USER, REFRESH_TTL, Room, chat_server, ended, token_pair, tokens};

const HASH: &str = "hash";

fn refresh(room: &Room, refresh_token: &str) -> Result<TokenPair, Refusal> {
    room.asks(&Refresh { refresh_token: refresh_token.to_owned() })
}

fn log_out(room: &Room, refresh_token: &str) {
    assert_eq!(room.asks(&LogOut { refresh_token: refresh_token.to_owned() }), Ok(()));
}

fn login_of(room: &Room, pair: &TokenPair) -> LoginId {
    let claims = tokens().verify(&pair.token, room.world.now()).expect("a valid token");
    claims.login.expect("a login")
}

fn caller(room: &Room, pair: &TokenPair) -> Caller {
    let name_key = Username::parse(&pair.username).expect("a username").key().to_owned();
    Caller { name_key, login: Some(login_of(room, pair)) }
}

fn describe(room: &Room, pair: &TokenPair) -> Result<Profile, Refusal> {
    room.asks(&Describe { caller: caller(room, pair) })
}

fn change_password(room: &Room, pair: &TokenPair, before: &str, after: &str) -> Result<TokenPair, Refusal> {
    room.asks(&ChangePassword {
        caller: caller(room, pair),
        before: before.to_owned(),
        after: after.to_owned(),
        address: None,
    })
}

fn rows(room: &Room) -> i64 {
    room.storage.integer("SELECT count(*) FROM families")
}

#[test]
fn a_login_goes_on_with_a_new_pair_each_time() {
    let room = Room::new();
    let mut current = room.registers("Alice", HASH);
    let first = login_of(&room, &current);
    let mut seen = HashSet::new();
    for _ in 0..50 {
        assert!(seen.insert(current.refresh_token.clone()));
        room.world.pass(Duration::from_secs(3600));
        current = token_pair(refresh(&room, &current.refresh_token));
        assert_eq!((current.username.as_str(), login_of(&room, &current)), ("Alice", first.clone()));
    }
    assert_eq!(rows(&room), 1, "one row, however often it goes on");
}

#[test]
fn a_refresh_token_has_256_random_bits_and_is_kept_as_a_hash_only() {
    let room = Room::new();
    let token = room.registers("Alice", HASH).refresh_token;
    assert_eq!(token.len(), 64);
    let other = room.logs_in("Alice", HASH).refresh_token;
    assert!(token.bytes().zip(other.bytes()).filter(|(one, other)| one == other).count() < 20);
    let kept = room.storage.integer("SELECT count(*) FROM families WHERE length(token_hash) = 32");
    assert_eq!(kept, 2);
    for part in [&token[..20], &token[20..40], &token[40..]] {
        let sql = format!("SELECT count(*) FROM families WHERE id LIKE '%{part}%'");
        assert_eq!(room.storage.integer(&sql), 0);
    }
}

#[test]
fn a_stolen_refresh_token_that_is_used_twice_ends_the_login_for_both() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let elsewhere = room.logs_in("Alice", HASH);
    let thief = token_pair(refresh(&room, &alice.refresh_token));
    let thief = token_pair(refresh(&room, &thief.refresh_token));
    let socket = room.enters_bearing(&thief.token);
    let other = room.enters_bearing(&elsewhere.token);
    assert_eq!(refresh(&room, &alice.refresh_token), ended());
    assert_eq!(refresh(&room, &thief.refresh_token), ended());
    socket.socket.expects("41");
    room.knocks_bearing(&thief.token)
        .expects(r#"44{"message":"Authentication error","data":{"code":"token_revoked"}}"#);
    assert_eq!(describe(&room, &thief), ended());
    // The other login is not affected.
    room.world.pass(Duration::from_secs(1));
    other.takes("online_users");
    other.expects_nothing();
    token_pair(refresh(&room, &elsewhere.refresh_token));
}

#[test]
fn a_refresh_that_is_tried_again_is_answered_with_the_same_pair() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    room.world.pass(Duration::from_secs(3600));
    let next = token_pair(refresh(&room, &alice.refresh_token));
    for _ in 0..3 {
        room.world.pass((REPEATED_FOR - MILLISECOND) / 3);
        assert_eq!(token_pair(refresh(&room, &alice.refresh_token)), next);
        // Using the access token does not use the refresh token.
        assert!(describe(&room, &next).is_ok());
    }
    assert_eq!(rows(&room), 1);
    room.world.pass(REPEATED_FOR);
    token_pair(refresh(&room, &next.refresh_token));
}

#[test]
fn a_refresh_can_be_tried_again_after_a_restart_and_after_the_clock_was_set_back() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let next = token_pair(refresh(&room, &alice.refresh_token));
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    assert_eq!(token_pair(refresh(&room, &alice.refresh_token)), next);
    room.world.set_clock(Time::from_millis(room.world.now().as_millis() - 29_999));
    assert_eq!(token_pair(refresh(&room, &alice.refresh_token)), next);
    room.world.set_clock(Time::from_millis(room.world.now().as_millis() - 1));
    assert_eq!(refresh(&room, &alice.refresh_token), ended());
}

#[test]
fn a_spent_token_that_comes_back_too_late_ends_the_login() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let next = token_pair(refresh(&room, &alice.refresh_token));
    room.world.pass(REPEATED_FOR);
    assert_eq!(refresh(&room, &alice.refresh_token), ended());
    assert_eq!(refresh(&room, &next.refresh_token), ended());
    assert_eq!(rows(&room), 0);
}

#[test]
fn a_token_that_was_spent_before_the_last_one_ends_the_login() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let next = token_pair(refresh(&room, &alice.refresh_token));
    let newest = token_pair(refresh(&room, &next.refresh_token));
    assert_eq!(token_pair(refresh(&room, &next.refresh_token)), newest);
    assert_eq!(refresh(&room, &alice.refresh_token), ended());
    assert_eq!(refresh(&room, &newest.refresh_token), ended());
}

#[test]
fn equal_tokens_have_different_successors_each_time() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    room.storage.query("CREATE TABLE before AS SELECT * FROM families", &[]).unwrap();
    let one = token_pair(refresh(&room, &alice.refresh_token));
    room.storage.query("DELETE FROM families", &[]).unwrap();
    room.storage.query("INSERT INTO families SELECT * FROM before", &[]).unwrap();
    let other = token_pair(refresh(&room, &alice.refresh_token));
    assert_ne!(one.refresh_token, other.refresh_token);
}

#[test]
fn concurrent_refreshes_of_one_token_get_the_same_pair() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let answers: Vec<_> = (0..5).map(|_| token_pair(refresh(&room, &alice.refresh_token))).collect();
    assert!(answers[1..].iter().all(|answer| *answer == answers[0]));
    token_pair(refresh(&room, &answers[0].refresh_token));
    assert_eq!(rows(&room), 1);
}

#[test]
fn an_access_token_does_not_help_to_end_a_login() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let id = login_of(&room, &alice);
    for forged in [id.as_str().to_owned(), format!("{:0<64}", id.as_str()), "A".repeat(64), String::new()] {
        assert_eq!(refresh(&room, &forged), ended());
        log_out(&room, &forged);
    }
    token_pair(refresh(&room, &alice.refresh_token));
}

#[test]
fn a_login_that_is_not_renewed_ends_by_itself() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    room.world.pass(REFRESH_TTL - MILLISECOND);
    let alice = token_pair(refresh(&room, &alice.refresh_token));
    room.world.pass(REFRESH_TTL);
    assert_eq!(refresh(&room, &alice.refresh_token), ended());
    assert_eq!(rows(&room), 0);
}

#[test]
fn logins_that_are_over_are_removed_in_bounded_steps() {
    let room = Room::new();
    for number in 0..100 {
        room.registers(&format!("user{number}"), HASH);
    }
    room.world.pass(REFRESH_TTL);
    for left in [84, 68, 52, 36, 20, 4, 0, 0] {
        assert_eq!(refresh(&room, &"A".repeat(64)), ended());
        assert_eq!(rows(&room), left);
    }
}

#[test]
fn a_further_login_ends_the_one_that_was_renewed_longest_ago() {
    let room = Room::new();
    let mut logins = vec![room.registers("Alice", HASH)];
    let bob = room.registers("Bob", HASH);
    while logins.len() < LOGINS_PER_USER as usize {
        room.world.pass(MILLISECOND);
        logins.push(room.logs_in("Alice", HASH));
    }
    room.world.pass(MILLISECOND);
    logins[0] = token_pair(refresh(&room, &logins[0].refresh_token));
    let oldest = room.enters_bearing(&logins[1].token);
    let renewed = room.enters_bearing(&logins[0].token);
    room.world.pass(MILLISECOND);
    room.logs_in("Alice", HASH);
    oldest.socket.expects("41");
    renewed.expects_nothing();
    assert_eq!(describe(&room, &logins[1]), ended());
    assert!(describe(&room, &logins[0]).is_ok());
    assert!(describe(&room, &bob).is_ok());
    assert_eq!(rows(&room), i64::from(LOGINS_PER_USER) + 1);
}

#[test]
fn logging_out_ends_the_login_and_puts_out_its_sockets() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let elsewhere = room.logs_in("Alice", HASH);
    let tabs = [room.enters_bearing(&alice.token), room.enters_bearing(&alice.token)];
    let phone = room.enters_bearing(&elsewhere.token);
    room.world.pass(Duration::from_secs(1));
    tabs.iter().for_each(|tab| drop(tab.takes("online_users")));
    phone.takes("online_users");
    log_out(&room, &alice.refresh_token);
    for tab in &tabs {
        tab.socket.expects("41");
    }
    phone.expects_nothing();
    assert_eq!(refresh(&room, &alice.refresh_token), ended());
    log_out(&room, &alice.refresh_token);
}

#[test]
fn logging_out_reaches_sockets_that_slept() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let tab = room.enters_bearing(&alice.token);
    room.world.pass(Duration::from_secs(1));
    tab.takes("online_users");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    log_out(&room, &alice.refresh_token);
    tab.socket.expects("41");
}

#[test]
fn a_changed_password_ends_every_other_login() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let elsewhere = room.logs_in("Alice", HASH);
    let bob = room.registers("Bob", HASH);
    let (own, other, foreign) = (
        room.enters_bearing(&alice.token),
        room.enters_bearing(&elsewhere.token),
        room.enters_bearing(&bob.token),
    );
    let unnamed = room.enters("Alice");
    room.world.pass(Duration::from_secs(1));
    for person in [&own, &other, &foreign, &unnamed] {
        person.socket.takes_all();
    }
    let refusal = change_password(&room, &alice, "another hash", "new").expect_err("refused");
    assert_eq!(refusal.code, "invalid_credentials");
    own.expects_nothing();
    let renewed = token_pair(change_password(&room, &alice, HASH, "new"));
    other.socket.expects("41");
    unnamed.socket.expects("41");
    room.world.pass(Duration::from_secs(10));
    own.expects_nothing();
    foreign.expects_nothing();
    // Tokens of earlier logins are no longer valid, the caller's own included.
    for before in [&alice, &elsewhere] {
        assert_eq!(describe(&room, before), ended());
        assert_eq!(refresh(&room, &before.refresh_token), ended());
        assert_eq!(change_password(&room, before, "new", "newer"), ended());
    }
    assert_eq!(
        room.asks(&BeginLogin { name_key: "alice".into(), address: None }),
        Ok(Comparison { hash: Some("new".into()), dearest: 0 })
    );
    // The caller's socket continues under the new login, even if the object hibernates meanwhile.
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    own.asks("send_message", &json!({ "text": "still here" }));
    own.takes("new_message");
    log_out(&room, &renewed.refresh_token);
    own.socket.expects("41");
}

#[test]
fn nothing_changes_when_the_database_fails_half_way() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    room.storage.fail_on("INSERT INTO families");
    let question = ChangePassword {
        caller: caller(&room, &alice),
        before: HASH.to_owned(),
        after: "new".to_owned(),
        address: None,
    };
    assert!(room.world.apply(|chat, cx, actions| chat.account(cx, &question, actions)).is_err());
    room.storage.work_again();
    assert_eq!(
        room.asks(&BeginLogin { name_key: "alice".into(), address: None }),
        Ok(Comparison { hash: Some(HASH.into()), dearest: 0 })
    );
    token_pair(refresh(&room, &alice.refresh_token));
}

#[test]
fn a_token_pair_does_not_show_its_tokens() {
    let room = Room::new();
    let alice = room.registers("Alice", HASH);
    let shown = format!("{alice:?}");
    assert!(!shown.contains(&alice.token) && !shown.contains(&alice.refresh_token), "{shown}");
}
