//! Offsets: which ones a session takes, and sessions whose token has expired.

use std::time::Duration;

use natter::accounts::TokenPair;
use natter::accounts::caller::Caller;
use natter::accounts::logins::LoginId;
use natter::accounts::questions::{ChangePassword, LogOut};
use natter::accounts::token::{TokenSecret, Tokens};
use natter::accounts::username::Username;
use natter::chat::expiry::GRID;
use serde_json::json;

use super::recovery::{Client, Welcome, knock_bearing, messages, says};
use crate::support::room::{HISTORY_LIMIT, Room, SECRET, token};

const MINUTE: Duration = Duration::from_secs(60);
const UNKNOWN: &str = "01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b";

/// A token of the user that is valid for so long from now on, of a login or none.
fn token_for(room: &Room, name: &str, login: Option<&LoginId>, ttl: Duration) -> String {
    let tokens = Tokens::new(&TokenSecret::parse(SECRET).unwrap(), ttl);
    tokens.issue(&Username::parse(name).unwrap(), login, room.world.now()).token
}

fn connects_bearing(room: &Room, name: &'static str, token: &str) -> Client {
    knock_bearing(room, name, token, json!({}), None).client
}

/// Bob, who has the newest of all messages, and whose connection is lost; Alice has said more since.
fn bob_behind(room: &Room) -> Client {
    let alice = room.enters("Alice");
    says(&alice, "before Bob came");
    let mut bob = Client::connects(room, "Bob");
    says(&alice, "received");
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    alice.asks("end_call", &json!({ "to": "Bob" }));
    bob.listens();
    bob.socket.goes_away();
    says(&alice, "missed");
    bob
}

#[test]
fn an_offset_that_this_session_never_gave_begins_afresh() {
    let room = Room::new();
    let bob = bob_behind(&room);
    let offset = bob.offset.expect("an offset");
    let (message, _) = offset.split_once('.').expect("of a call");
    let future = (room.world.now() + 60 * MINUTE).as_millis();
    let sid = &bob.sid;
    for unknown in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "garbage".to_owned(),
        "token_expired".to_owned(),
        "exception".to_owned(),
        "\u{1f600}".repeat(1_000),
        // Of no message.
        UNKNOWN.to_owned(),
        "01ffb1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b".to_owned(),
        "ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
        format!("{UNKNOWN}.1.{sid}"),
        // Of no signal, or of somebody else's.
        format!("{message}."),
        format!("{message}.1"),
        format!("{message}.1."),
        format!("{message}.x.{sid}"),
        format!("{message}.-1.{sid}"),
        format!("{message}.99999999999999999999999.{sid}"),
        format!("{message}.{future}.{sid}"),
        format!("{message}.1.AAAAAAAAAAAAAAAAAAAA"),
        format!("{UNKNOWN}.1.AAAAAAAAAAAAAAAAAAAA"),
        format!("{offset}."),
        format!("{offset}.{sid}"),
        format!(" {offset}"),
        offset.to_uppercase(),
    ] {
        let room = Room::new();
        let mut bob = bob_behind(&room);
        bob.offset = Some(unknown.clone());
        let Welcome { recovered, events, .. } = bob.knocks_again(&room);
        assert!(!recovered, "{unknown}");
        assert_eq!(events[0].0, "message_history", "{unknown}");
    }
    let room = Room::new();
    let bob = bob_behind(&room);
    assert_eq!(bob.offset.as_ref(), Some(&offset), "every room is the same");
    let Welcome { recovered, events, .. } = bob.knocks_again(&room);
    assert!(recovered);
    assert_eq!(messages(&events)[0]["text"], "missed");
    assert_eq!(messages(&events).len(), 1);
}

#[test]
fn an_unknown_offset_begins_afresh_after_a_restart_too() {
    for unknown in ["token_expired", UNKNOWN] {
        let before = Room::new();
        let alice = before.enters("Alice");
        says(&alice, "before Bob came");
        let mut bob = Client::connects(&before, "Bob");
        bob.offset = Some(unknown.to_owned());
        let after = Room::on(before.storage.clone());
        after.world.set_clock(before.world.now());
        assert!(!bob.knocks_again(&after).recovered, "{unknown}");
    }
}

#[test]
fn an_offset_of_an_earlier_session_counts_as_none() {
    for calls in [false, true] {
        let room = Room::new();
        let alice = room.enters("Alice");
        let mut bob = Client::connects(&room, "Bob");
        says(&alice, "in the first session");
        if calls {
            alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
            alice.asks("end_call", &json!({ "to": "Bob" }));
        }
        bob.listens();
        let offset = bob.offset.clone();
        bob.socket.sends("41");
        if !calls {
            says(&alice, "between the two");
        }
        let Welcome { client: mut bob, recovered, .. } = bob.knocks_again(&room);
        assert!(!recovered, "after a goodbye");
        // The standard client keeps it.
        bob.offset = offset;
        bob.socket.goes_away();
        let missed = says(&alice, "missed");
        let Welcome { recovered, events, .. } = bob.knocks_again(&room);
        assert!(recovered);
        assert_eq!(messages(&events), [missed], "calls: {calls}");
        assert!(events.iter().all(|(name, _)| !matches!(name.as_str(), "incoming_call" | "call_ended")));
    }
}

#[test]
fn a_session_goes_on_after_its_token_has_expired() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = connects_bearing(&room, "Bob", &token_for(&room, "Bob", None, MINUTE));
    room.world.pass(Duration::from_secs(2));
    alice.socket.takes_all();
    says(&alice, "received");
    room.world.pass(MINUTE + GRID - Duration::from_secs(5));
    let names: Vec<_> = bob.listens().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["online_users", "new_message", "token_expired"]);
    assert!(bob.socket.is_open(), "only the socket is gone");
    alice.socket.takes_all();
    let missed: Vec<_> = (0..HISTORY_LIMIT + 3).map(|number| says(&alice, &number.to_string())).collect();
    // At once the client comes back over the same connection.
    let newer = token_for(&room, "Bob", None, 10 * MINUTE);
    let Welcome { mut client, recovered, events } = bob.knocks_again_bearing(&room, &newer);
    assert!(recovered);
    assert_eq!(messages(&events), missed);
    alice.expects_nothing();
    room.world.pass(MINUTE);
    alice.expects_nothing();
    let next = says(&alice, "after");
    assert_eq!(messages(&client.listens()), [next]);
}

#[test]
fn a_call_goes_on_when_the_token_of_one_side_expires() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = connects_bearing(&room, "Bob", &token_for(&room, "Bob", None, MINUTE));
    alice.asks_after_all("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.socket.sends(r#"42["call_answer",{"to":"Alice","answer":1}]"#);
    room.world.pass(MINUTE + Duration::from_secs(1));
    bob.listens();
    alice.asks_after_all("ice_candidate", &json!({ "to": "Bob", "candidate": 7 }));
    let newer = token_for(&room, "Bob", None, 10 * MINUTE);
    let Welcome { recovered, events, .. } = bob.knocks_again_bearing(&room, &newer);
    assert!(recovered);
    assert_eq!(events[0], ("ice_candidate".to_owned(), json!({ "from": "Alice", "candidate": 7 })));
    room.world.pass(Duration::from_secs(30));
    alice.expects_nothing();
}

#[test]
fn a_session_goes_on_with_a_new_login_after_its_token_has_expired() {
    let room = Room::new();
    let first = room.registers("Bob", "hash");
    let bob = connects_bearing(&room, "Bob", &first.token);
    room.world.pass(Duration::from_secs(7 * 24 * 3600) + GRID);
    let second = room.logs_in("Bob", "hash");
    assert!(bob.knocks_again_bearing(&room, &second.token).recovered);
}

/// Ends a login of Bob's.
type Ending = fn(&Room, &TokenPair);

fn endings() -> [(&'static str, Ending); 2] {
    [
        ("logout", |room, login| {
            room.asks(&LogOut { refresh_token: login.refresh_token.clone() }).expect("logged out");
        }),
        ("password", |room, _| {
            let caller = Caller { name_key: "bob".to_owned(), login: None };
            let change =
                ChangePassword { caller, before: "hash".to_owned(), after: "hash".to_owned(), address: None };
            room.asks(&change).expect("changed");
        }),
    ]
}

#[test]
fn a_session_whose_login_has_ended_never_goes_on() {
    for (what, end) in endings() {
        for (is_lost, restarts) in [(false, false), (true, false), (false, true), (true, true)] {
            let room = Room::new();
            let login = room.registers("Bob", "hash");
            let bob = connects_bearing(&room, "Bob", &login.token);
            if is_lost {
                bob.socket.goes_away();
            }
            end(&room, &login);
            let again = room.logs_in("Bob", "hash");
            let after = if restarts { Room::on(room.storage.clone()) } else { room };
            assert!(
                !bob.knocks_again_bearing(&after, &again.token).recovered,
                "{what}, lost: {is_lost}, restarts: {restarts}"
            );
        }
    }
}

#[test]
fn a_session_belongs_to_the_login_of_its_newest_token() {
    let room = Room::new();
    let first = room.registers("Bob", "hash");
    let second = room.logs_in("Bob", "hash");
    let bob = connects_bearing(&room, "Bob", &first.token);
    bob.socket.sends(&format!(r#"42["refresh_token",{{"token":"{}"}}]"#, second.token));
    room.asks(&LogOut { refresh_token: first.refresh_token }).expect("logged out");
    bob.socket.goes_away();
    let Welcome { client, recovered, .. } = bob.knocks_again(&room);
    assert!(recovered);
    client.socket.goes_away();
    assert!(client.knocks_again_bearing(&room, &token("Bob", room.world.now())).recovered);
}
