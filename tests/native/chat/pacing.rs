//! Messages that come faster than their user's rate wait for their turn.

use std::time::Duration;

use engineio::Frame;
use natter::accounts::questions::LogOut;
use natter::chat::limits::Rates;
use natter::chat::pacing::{MAX_DELAY, MAX_ROOM_BYTES, MAX_WAITING, MAX_WAITING_BYTES};
use serde_json::{Value, json};

use crate::support::MILLISECOND;
use crate::support::room::{Person, Room, SETTINGS};
use crate::support::sqlite::Sqlite;

const SECOND: Duration = Duration::from_secs(1);

/// How many messages a user may send at once, and how long each further one takes.
const BURST: usize = 60;
const PERIOD: Duration = Duration::from_millis(250);

fn paced(messages: u32) -> Room {
    let rates = Rates { messages, ..SETTINGS.rates };
    Room::with(Sqlite::in_memory(), natter::chat::Settings { rates, ..SETTINGS })
}

/// A room with the default rate, in which Alice has used up her burst.
fn used_up() -> (Room, Person, Person) {
    let room = paced(240);
    let (alice, bob) = room.enter("Alice", "Bob");
    for _ in 0..BURST {
        alice.emits("send_message", &json!({ "text": "burst" }));
    }
    assert_eq!((heard(&alice).len(), heard(&bob).len()), (BURST, BURST));
    (room, alice, bob)
}

/// The texts of the messages that have come; whatever else has come is not looked at.
fn heard(person: &Person) -> Vec<String> {
    events(person).filter(|event| event[0] == "new_message").map(|event| text(&event[1]["text"])).collect()
}

fn events(person: &Person) -> impl Iterator<Item = Value> + use<> {
    person.socket.takes_all().into_iter().filter_map(|frame| {
        let Frame::Text(text) = frame else { panic!("bytes") };
        Some(serde_json::from_str(text.strip_prefix("42")?).expect("an event"))
    })
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn stored(room: &Room) -> i64 {
    room.storage.integer("SELECT count(*) FROM messages")
}

/// Sends a message that wants this acknowledgement.
fn asks(person: &Person, ack: usize, message: &Value) {
    person.socket.sends(&format!("42{ack}{}", json!(["send_message", message])));
}

#[test]
fn three_hundred_at_once_from_an_old_frontend_all_arrive_in_order() {
    let room = paced(240);
    let (alice, bob) = room.enter("Alice", "Bob");
    let texts: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    for text in &texts {
        alice.emits("send_message", &json!({ "text": text }));
    }
    assert_eq!(heard(&bob), texts[..BURST]);
    room.world.pass(10 * SECOND);
    assert_eq!(heard(&bob), texts[BURST..BURST + 40]);
    room.world.pass(PERIOD * 200);
    assert_eq!(heard(&bob), texts[BURST + 40..]);
    assert_eq!(stored(&room), 300);
    let came: Vec<_> = events(&alice).map(|event| text(&event[0])).collect();
    assert!(came.iter().all(|name| name == "new_message"), "{came:?}");
}

#[test]
fn a_queue_that_sends_one_after_the_other_loses_none_and_waits_for_each_no_longer_than_its_period() {
    let room = paced(240);
    let (alice, bob) = room.enter("Alice", "Bob");
    for number in 0..200 {
        asks(&alice, number, &json!({ "text": number.to_string(), "clientId": number.to_string() }));
        let before = room.world.now();
        let acknowledged = format!("43{number}[{{\"ok\":true,");
        loop {
            let frames = alice.socket.takes_all();
            if frames
                .iter()
                .any(|frame| matches!(frame, Frame::Text(text) if text.starts_with(&acknowledged)))
            {
                break;
            }
            assert!(room.world.now().since(before) < PERIOD, "message {number}");
            room.world.pass(MILLISECOND);
        }
    }
    assert_eq!(heard(&bob), (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn one_is_acknowledged_once_it_is_stored() {
    let (room, alice, _bob) = used_up();
    asks(&alice, 1, &json!({ "text": "patience" }));
    room.world.pass(PERIOD - MILLISECOND);
    alice.expects_nothing();
    assert_eq!(stored(&room), BURST as i64);
    room.world.pass(MILLISECOND);
    assert_eq!(stored(&room), BURST as i64 + 1);
    assert!(alice.socket.takes_text().starts_with(r#"431[{"ok":true,"message":{"id":"#));
    assert_eq!(alice.takes("new_message")["timestamp"], room.world.now().to_string());
}

#[test]
fn one_that_cannot_be_stored_then_is_refused_then() {
    let (room, alice, bob) = used_up();
    asks(&alice, 1, &json!({ "text": "one" }));
    alice.emits("send_message", &json!({ "text": "two" })).emits("send_message", &json!({ "text": "three" }));
    room.storage.fail_on("INTO messages");
    room.world.pass(2 * PERIOD);
    assert!(alice.socket.takes_text().starts_with(r#"431[{"ok":false,"#));
    let exception = alice.takes("exception");
    assert_eq!((&exception["event"], &exception["code"]), (&json!("send_message"), &json!("internal_error")));
    room.storage.work_again();
    assert_eq!(room.world.take_log().len(), 2);
    room.world.pass(PERIOD);
    assert_eq!(heard(&bob), ["three"]);
}

#[test]
fn a_repetition_of_one_that_waits_is_stored_once_and_answered_with_it() {
    let (room, alice, bob) = used_up();
    let tab = room.enters("Alice");
    let message = json!({ "text": "once", "clientId": "c1" });
    asks(&alice, 1, &message);
    asks(&alice, 2, &message);
    asks(&tab, 3, &message);
    alice.emits("send_message", &message);
    asks(&alice, 4, &json!({ "text": "another", "clientId": "c2" }));
    // Another user's id is another message's.
    bob.emits("send_message", &json!({ "text": "mine", "clientId": "c1" }));
    assert_eq!(heard(&bob), ["mine"]);
    alice.socket.takes_all();
    tab.socket.takes_all();
    room.world.pass(PERIOD);
    let answers: Vec<_> = (0..2).map(|_| alice.socket.takes_text()).collect();
    assert!(answers[0].starts_with("431") && answers[1].starts_with("432"), "{answers:?}");
    assert_eq!(answers[0][3..], answers[1][3..]);
    assert_eq!(tab.socket.takes_text()[3..], answers[0][3..]);
    assert_eq!((heard(&alice), heard(&bob)), (vec!["once".to_owned()], vec!["once".to_owned()]));
    // It took one turn.
    room.world.pass(PERIOD);
    assert_eq!(heard(&bob), ["another"]);
}

#[test]
fn those_of_one_user_keep_their_order_over_all_sockets_and_nobody_else_waits() {
    let (room, alice, bob) = used_up();
    let tab = room.enters("Alice");
    for number in 0..6 {
        let socket = if number % 2 == 0 { &alice } else { &tab };
        socket.emits("send_message", &json!({ "text": number.to_string() }));
        let answer = bob.asks("send_message", &json!({ "text": "at once" }));
        assert_eq!((&answer["ok"], heard(&bob)), (&json!(true), vec!["at once".to_owned()]));
    }
    room.world.pass(6 * PERIOD);
    assert_eq!(heard(&bob), ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn a_message_whose_token_has_dropped_in_goes_behind_those_that_wait() {
    let (room, alice, bob) = used_up();
    alice.emits("send_message", &json!({ "text": "first" }));
    // The timer is late.
    room.world.oversleep(2 * PERIOD);
    alice.emits("send_message", &json!({ "text": "second" }));
    assert_eq!(heard(&bob), ["first", "second"]);
}

#[test]
fn other_events_of_the_same_user_do_not_wait() {
    let (room, alice, bob) = used_up();
    alice.emits("send_message", &json!({ "text": "patience" }));
    assert_eq!(alice.asks("load_history", &json!({}))["ok"], true);
    assert_eq!(alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }))["ok"], true);
    bob.takes("incoming_call");
    assert_eq!(stored(&room), BURST as i64);
}

#[test]
fn the_object_stays_awake_for_those_that_wait() {
    for rate in [1, 7, 20, 240, 59_999] {
        let room = paced(rate);
        let (alice, bob) = room.enter("Alice", "Bob");
        loop {
            alice.emits("send_message", &json!({ "text": "on" }));
            if heard(&bob).is_empty() {
                break;
            }
        }
        let began = room.world.now();
        loop {
            let next = room.world.next_deadline().expect("a deadline");
            assert!(next.since(room.world.now()) < 10 * SECOND, "at {rate} a minute");
            room.world.pass(next.since(room.world.now()));
            if !heard(&bob).is_empty() {
                break;
            }
        }
        assert!(room.world.now().since(began) <= SECOND * 60 / rate + MILLISECOND, "at {rate} a minute");
    }
}

#[test]
fn one_that_would_wait_for_too_long_is_refused() {
    let room = paced(20);
    let (alice, bob) = room.enter("Alice", "Bob");
    let mut accepted = 0;
    while events(&alice).all(|event| event[0] != "exception") {
        alice.emits("send_message", &json!({ "text": "slowly" }));
        accepted += 1;
    }
    // Five at once, and one in 3 s.
    let fits = 5 + (MAX_DELAY.as_secs() / 3) as usize;
    assert_eq!(accepted, fits + 1);
    room.world.pass(MAX_DELAY);
    assert_eq!(heard(&bob).len(), fits);
}

#[test]
fn whoever_sends_more_than_can_wait_is_refused() {
    let (room, alice, bob) = used_up();
    for number in 0..MAX_WAITING {
        alice.emits("send_message", &json!({ "text": number.to_string() })).expects_nothing();
    }
    for _ in 0..10 {
        let refused = alice.asks("send_message", &json!({ "text": "too much" }));
        assert_eq!((&refused["code"], &refused["retryAfterMs"]), (&json!("rate_limited"), &json!(250)));
    }
    room.world.pass(PERIOD);
    alice.emits("send_message", &json!({ "text": "last" }));
    room.world.pass(PERIOD * MAX_WAITING as u32);
    let texts = heard(&bob);
    assert_eq!((texts.len(), texts.last().map(String::as_str)), (MAX_WAITING + 1, Some("last")));
}

#[test]
fn repetitions_count_as_well_and_the_message_is_not_refused_for_them() {
    let (room, alice, _bob) = used_up();
    let message = json!({ "text": "once", "clientId": "c1" });
    for ack in 0..2 * MAX_WAITING {
        asks(&alice, ack, &message);
    }
    let answered = |ok: bool| {
        let answer = format!("[{{\"ok\":{ok},");
        let frames = alice.socket.takes_all();
        frames.iter().filter(|frame| matches!(frame, Frame::Text(text) if text.contains(&answer))).count()
    };
    assert_eq!(answered(false), MAX_WAITING);
    assert_eq!(alice.asks("send_message", &json!({ "text": "more" }))["code"], "rate_limited");
    room.world.pass(PERIOD);
    assert_eq!(answered(true), MAX_WAITING);
}

#[test]
fn those_that_wait_are_bounded_in_bytes() {
    let (_room, alice, _bob) = used_up();
    let long = "x".repeat(4_000);
    let mut waiting = 0;
    while events(&alice).next().is_none() {
        alice.emits("send_message", &json!({ "text": long }));
        waiting += 1;
    }
    assert!(waiting * long.len() <= MAX_WAITING_BYTES + long.len(), "{waiting}");
    assert!(waiting * 5_000 > MAX_WAITING_BYTES, "{waiting}");
}

#[test]
fn those_that_wait_are_bounded_in_the_whole_room() {
    let room = paced(4);
    let long = "🎉".repeat(2_000);
    let mut refused_at = None;
    for number in 0..MAX_ROOM_BYTES / long.len() {
        let person = room.enters(&format!("user{number}"));
        // One at once; four more wait for 60 s.
        for _ in 0..5 {
            person.emits("send_message", &json!({ "text": long }));
        }
        if events(&person).any(|event| event[0] == "exception") {
            refused_at = Some(number);
            break;
        }
        person.socket.goes_away();
    }
    let waiting = 4 * refused_at.expect("a bound") * long.len();
    assert!(waiting <= MAX_ROOM_BYTES && waiting > MAX_ROOM_BYTES * 9 / 10, "{waiting}");
}

#[test]
fn whoever_is_gone_meanwhile_is_heard_nevertheless() {
    for says_goodbye in [true, false] {
        let (room, alice, bob) = used_up();
        asks(&alice, 7, &json!({ "text": "last words" }));
        if says_goodbye {
            alice.leaves()
        } else {
            alice.socket.goes_away()
        }
        // This one may get the number of the socket that is gone, and none of its answers.
        let carol = room.enters("Carol");
        room.world.pass(PERIOD);
        assert_eq!(heard(&bob), ["last words"]);
        let frames = carol.socket.takes_all();
        assert!(frames.iter().all(|frame| matches!(frame, Frame::Text(text) if !text.starts_with("43"))));
        assert_eq!(stored(&room), BURST as i64 + 1);
    }
}

#[test]
fn whoever_is_put_out_meanwhile_is_not_heard() {
    let room = paced(240);
    let login = room.registers("Alice", "hash");
    let other = room.logs_in("Alice", "hash");
    let (alice, phone) = (room.enters_bearing(&login.token), room.enters_bearing(&other.token));
    let bob = room.enters("Bob");
    for _ in 0..BURST {
        alice.emits("send_message", &json!({ "text": "burst" }));
    }
    heard(&bob);
    for number in 0..4 {
        alice.emits("send_message", &json!({ "text": format!("logged out {number}") }));
        phone.emits("send_message", &json!({ "text": format!("stays {number}") }));
    }
    room.asks(&LogOut { refresh_token: login.refresh_token }).expect("logged out");
    room.world.pass(10 * PERIOD);
    assert_eq!(heard(&bob), ["stays 0", "stays 1", "stays 2", "stays 3"]);
}

#[test]
fn a_token_that_expires_meanwhile_was_valid_when_the_message_came() {
    use natter::accounts::logins::LoginId;
    use natter::accounts::token::{TokenSecret, Tokens};
    use natter::accounts::username::Username;

    let room = paced(4);
    let bob = room.enters("Bob");
    let tokens = Tokens::new(&TokenSecret::parse(crate::support::room::SECRET).unwrap(), 61 * SECOND);
    let token = tokens.issue(&Username::parse("Alice").unwrap(), None::<&LoginId>, room.world.now()).token;
    let alice = room.enters_bearing(&token);
    room.world.pass(50 * SECOND);
    alice.emits("send_message", &json!({ "text": "one" })).emits("send_message", &json!({ "text": "two" }));
    assert_eq!(heard(&bob), ["one"]);
    room.world.pass(15 * SECOND);
    assert_eq!(heard(&bob), ["two"]);
    assert!(events(&alice).any(|event| event[0] == "token_expired"));
}
