//! How fast users may send, and how many connections there may be.

use std::time::Duration;

use engineio::Time;
use natter::chat::limits::{Buckets, Kind, Rates};
use natter::chat::pacing::MAX_WAITING;
use serde_json::json;
use socketio::Server;

use crate::support::client::Exchange;
use crate::support::room::{Room, SETTINGS, token};
use crate::support::sqlite::Sqlite;
use crate::support::world::World;
use crate::support::{LIFETIME, START, server};
use natter_echo::Echo;

const RATES: Rates = Rates { messages: 240, history_loads: 120, calls: 60, candidates: 1200, connects: 480 };
const SECOND: Duration = Duration::from_secs(1);

fn slow_room() -> Room {
    Room::with(Sqlite::in_memory(), natter::chat::Settings { rates: RATES, sockets_per_user: 3, ..SETTINGS })
}

#[test]
fn a_bucket_gives_a_quarter_of_a_minutes_worth_at_once_and_then_the_rate() {
    for (kind, rate) in [
        (Kind::Message, 240),
        (Kind::HistoryLoad, 120),
        (Kind::Call, 60),
        (Kind::Other, 1200),
        (Kind::Connect, 480),
    ] {
        let mut buckets = Buckets::new(RATES);
        let mut taken = 0;
        for millis in 0..60_000 {
            taken += u32::from(buckets.take(START + Duration::from_millis(millis), "alice", kind).is_ok());
            if millis == 0 {
                while buckets.take(START, "alice", kind).is_ok() {
                    taken += 1;
                }
                assert_eq!(taken, rate / 4);
            }
        }
        assert!((rate * 5 / 4 - 1..=rate * 5 / 4).contains(&taken), "{taken} of {rate}");
        assert!(buckets.take(START + SECOND, "bob", kind).is_ok());
    }
}

#[test]
fn a_refusal_says_when_the_next_one_is_let_through() {
    let mut buckets = Buckets::new(RATES);
    while buckets.take(START, "alice", Kind::Message).is_ok() {}
    let refusal = buckets.take(START, "alice", Kind::Message).expect_err("an empty bucket");
    assert_eq!((&*refusal.code, refusal.retry_after), ("rate_limited", Some(Duration::from_millis(250))));
    assert!(buckets.take(START + Duration::from_millis(249), "alice", Kind::Message).is_err());
    assert!(buckets.take(START + Duration::from_millis(250), "alice", Kind::Message).is_ok());
}

#[test]
fn a_clock_that_goes_back_locks_nobody_out() {
    let mut buckets = Buckets::new(RATES);
    while buckets.take(START + 3600 * SECOND, "alice", Kind::Call).is_ok() {}
    assert!(buckets.take(START, "alice", Kind::Call).is_ok());
    let mut taken = 1;
    while buckets.take(START, "alice", Kind::Call).is_ok() {
        taken += 1;
    }
    assert_eq!(taken, 15);
}

#[test]
fn the_slowest_and_the_fastest_settings_work() {
    let rates =
        |rate| Rates { messages: rate, history_loads: rate, calls: rate, candidates: rate, connects: rate };
    let mut slow = Buckets::new(rates(1));
    assert!(slow.take(START, "alice", Kind::Message).is_ok());
    assert_eq!(slow.take(START, "alice", Kind::Message).unwrap_err().retry_after, Some(60 * SECOND));
    let mut fast = Buckets::new(rates(60_000));
    assert_eq!((0..100_000).filter(|_| fast.take(START, "alice", Kind::Message).is_ok()).count(), 15_000);
    assert!(fast.take(Time::from_millis(u64::MAX), "alice", Kind::Message).is_ok());
}

#[test]
fn a_flood_is_refused_and_reaches_nobody_while_others_go_on() {
    let room = slow_room();
    let (alice, bob) = room.enter("Alice", "Bob");
    for _ in 0..60 {
        assert_eq!(alice.asks("send_message", &json!({ "text": "flood" }))["ok"], true);
        alice.takes("new_message");
        bob.takes("new_message");
    }
    // More than that waits, and more than waits is refused.
    for _ in 0..MAX_WAITING {
        alice.emits("send_message", &json!({ "text": "flood" })).expects_nothing();
    }
    let refused = alice.asks("send_message", &json!({ "text": "flood" }));
    assert_eq!((&refused["ok"], &refused["code"]), (&json!(false), &json!("rate_limited")));
    assert_eq!(refused["retryAfterMs"], 250);
    alice.emits("send_message", &json!({ "text": "flood" }));
    let exception = alice.takes("exception");
    assert_eq!((&exception["code"], &exception["retryAfterMs"]), (&json!("rate_limited"), &json!(250)));
    bob.expects_nothing();
    // A second socket of the same user has no bucket of its own, and other kinds of events do.
    let tab = room.enters("Alice");
    assert_eq!(tab.asks("send_message", &json!({ "text": "flood" }))["code"], "rate_limited");
    assert_eq!(alice.asks("load_history", &json!({}))["ok"], true);
    assert_eq!(bob.asks("send_message", &json!({ "text": "hello" }))["ok"], true);
    room.world.pass(75 * SECOND + Duration::from_millis(250));
    alice.socket.takes_all();
    assert_eq!(alice.asks("send_message", &json!({ "text": "calm" }))["ok"], true);
}

#[test]
fn events_of_every_kind_are_limited_even_unknown_ones() {
    for (name, payload, count) in [
        ("load_history", json!({}), 30),
        ("call_user", json!({ "to": "Nobody", "offer": 1 }), 15),
        ("call_answer", json!({ "to": "Nobody", "answer": 1 }), 15),
        ("ice_candidate", json!({ "to": "Nobody", "candidate": null }), 300),
        ("end_call", json!({ "to": "Nobody" }), 300),
        ("refresh_token", json!({ "token": "garbage" }), 300),
        ("whatever", json!(null), 300),
        ("send_message", json!({ "text": "" }), 60),
    ] {
        let room = slow_room();
        let alice = room.enters("Alice");
        let mut served = 0;
        loop {
            alice.emits(name, &payload);
            let frames = alice.socket.takes_all();
            if frames.iter().any(|frame| format!("{frame:?}").contains("rate_limited")) {
                break;
            }
            served += 1;
        }
        assert_eq!(served, count, "{name}");
    }
}

#[test]
fn a_user_can_have_only_so_many_sockets() {
    let room = slow_room();
    let tabs = [room.enters("Alice"), room.enters("ALICE"), room.enters("alice")];
    room.knocks("Alice").expects(
        r#"44{"message":"Too many connections","data":{"code":"too_many_connections","retryAfterMs":60000}}"#,
    );
    tabs[1].leaves();
    room.enters("Alice");
    room.enters("Bob");
}

#[test]
fn whoever_has_all_their_sockets_can_come_back_to_a_session_of_theirs() {
    let room = slow_room();
    let tabs = [room.enters("Alice"), room.enters("Alice"), room.enters("Alice")];
    let pid = &tabs[1].private_id;
    // The server does not know yet that the connection is dead, and takes the new one in its place.
    let back = room.knocks_with("Alice", &json!({ "pid": pid }));
    let welcome = back.takes_text();
    assert!(welcome.starts_with("40{") && welcome.contains(pid), "{welcome}");
    assert!(!tabs[1].socket.is_open());
    // A client that claims a session which cannot be recovered is one too many.
    let auth = json!({ "pid": tabs[2].private_id, "offset": "none" });
    room.knocks_with("Alice", &auth).expects(
        r#"44{"message":"Too many connections","data":{"code":"too_many_connections","retryAfterMs":60000}}"#,
    );
}

#[test]
fn joining_again_and_again_closes_the_session() {
    let room = slow_room();
    let alice = room.enters("Alice");
    let auth = format!(r#"{{"token":"{}"}}"#, token("Alice", room.world.now()));
    // One connection may join, leave and join again, and gets the history each time.
    for _ in 1..RATES.connects / 4 {
        alice.socket.sends("41");
        alice.socket.sends(&format!("40{auth}"));
        assert!(alice.socket.takes_text().starts_with("40{"));
        alice.socket.takes_all();
    }
    alice.socket.sends("41");
    alice.socket.sends(&format!("40{auth}"));
    // The standard client comes back by itself after its connection was closed, and not after a `connect_error`.
    alice.socket.expects_close(NORMAL);
    room.knocks("Alice").expects_close(NORMAL);
    room.enters("Bob");
    room.world.pass(Duration::from_millis(125));
    room.enters("Alice");
}

const NORMAL: u16 = 1000;
const OPEN_POLLING: &str = "EIO=4&transport=polling";
const OPEN_WEB_SOCKET: &str = "EIO=4&transport=websocket";

fn expects_too_many(exchange: &Exchange<Server<Echo>>) {
    exchange.expects_rejection(429, r#"{"code":4,"message":"Too many connections"}"#);
}

#[test]
fn an_address_can_have_only_so_many_sessions() {
    let world = World::new(server(Echo::default()).with_max_connections(2));
    world.comes_from("192.0.2.1");
    let (polling, socket) = (world.opens_polling(), world.opens_web_socket());
    expects_too_many(&world.gets(OPEN_POLLING));
    expects_too_many(&world.connects(OPEN_WEB_SOCKET).0);
    // Open sessions go on, the upgrade included.
    polling.joins();
    let upgraded = polling.is_upgraded();
    assert_eq!(world.session_count(), 2);
    world.comes_from("192.0.2.2");
    world.opens_polling();
    world.comes_from("192.0.2.1");
    expects_too_many(&world.gets(OPEN_POLLING));
    socket.goes_away();
    let again = world.opens_polling();
    expects_too_many(&world.gets(OPEN_POLLING));
    again.sends("1");
    upgraded.sends("41").sends("1");
    world.opens_polling();
    world.opens_polling();
    expects_too_many(&world.gets(OPEN_POLLING));
    // Sessions that are never heard of again count no more.
    world.pass(LIFETIME + 60 * SECOND);
    world.opens_polling();
}

#[test]
fn sessions_are_counted_after_the_object_slept() {
    let new = || server(Echo::default()).with_max_connections(1);
    let world = World::new(new());
    world.comes_from("192.0.2.1");
    let socket = world.opens_web_socket();
    socket.joins("/");
    world.fall_asleep_and_wake_up_with(new());
    expects_too_many(&world.gets(OPEN_POLLING));
    socket.goes_away();
    world.opens_polling();
}
