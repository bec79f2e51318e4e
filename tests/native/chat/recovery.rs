//! Coming back after a lost transport.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::MAX_PAYLOAD;
use crate::support::client::Socket;
use crate::support::room::{ChatServer, Person, RECOVERY_WINDOW, Room, chat_server, token};

const NORMAL: u16 = 1000;

/// A client as the standard one keeps its books: the private id it was given, and the last offset it saw.
pub struct Client {
    pub name: &'static str,
    pub socket: Socket<ChatServer>,
    pub sid: String,
    pub private_id: String,
    pub offset: Option<String>,
}

/// The events that a client receives on connecting.
pub struct Welcome {
    pub client: Client,
    pub recovered: bool,
    pub events: Vec<(String, Value)>,
}

impl Client {
    pub fn connects(room: &Room, name: &'static str) -> Self {
        let welcome = knock(room, name, json!({}), None);
        assert!(!welcome.recovered);
        assert_eq!(welcome.events[0].0, "message_history");
        welcome.client
    }

    /// Takes the events that have come, as the client's handlers would.
    pub fn listens(&mut self) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        for frame in self.socket.takes_all() {
            let engineio::Frame::Text(text) = frame else { continue };
            let Some(json) = text.strip_prefix("42") else { continue };
            let mut elements: Vec<Value> = serde_json::from_str(json).expect("an event");
            // Of an event without arguments this is the name.
            if let Some(offset) = elements.last().and_then(Value::as_str) {
                self.offset = Some(offset.to_owned());
            }
            events.push((elements[0].as_str().expect("a name").to_owned(), elements[1].take()));
        }
        events
    }

    /// Answers a call.
    fn answers(&self, to: &str) {
        self.socket.sends(&format!("42{}", json!(["call_answer", { "to": to, "answer": 1 }])));
    }

    /// Loses its transport and comes back.
    fn comes_back(self, room: &Room) -> Welcome {
        self.socket.goes_away();
        self.knocks_again(room)
    }

    pub fn knocks_again(self, room: &Room) -> Welcome {
        let token = token(self.name, room.world.now());
        self.knocks_again_bearing(room, &token)
    }

    pub fn knocks_again_bearing(self, room: &Room, token: &str) -> Welcome {
        let mut auth = json!({ "pid": self.private_id });
        if let Some(offset) = &self.offset {
            auth["offset"] = json!(offset);
        }
        knock_bearing(room, self.name, token, auth, Some(&self))
    }
}

fn knock(room: &Room, name: &'static str, auth: Value, before: Option<&Client>) -> Welcome {
    knock_bearing(room, name, &token(name, room.world.now()), auth, before)
}

pub fn knock_bearing(
    room: &Room,
    name: &'static str,
    token: &str,
    mut auth: Value,
    before: Option<&Client>,
) -> Welcome {
    auth["token"] = json!(token);
    auth["wants"] = json!(["missed"]);
    let socket = room.world.opens_web_socket();
    socket.answers_pings(true);
    socket.sends(&format!("40{auth}"));
    let connected: Value = serde_json::from_str(&socket.takes_text()[2..]).expect("a welcome");
    let text = |field: &str| connected[field].as_str().expect(field).to_owned();
    let offset = before.and_then(|before| before.offset.clone());
    let mut client = Client { name, socket, sid: text("sid"), private_id: text("pid"), offset };
    let recovered = before.is_some_and(|before| before.private_id == client.private_id);
    assert_eq!(recovered, before.is_some_and(|before| before.sid == client.sid));
    let events = client.listens();
    assert_eq!(recovered, events.iter().all(|(name, _)| name != "message_history"));
    Welcome { client, recovered, events }
}

pub fn says(person: &Person, text: &str) -> Value {
    let answer = person.asks("send_message", &json!({ "text": text }));
    person.takes("new_message");
    answer["message"].clone()
}

pub fn messages(events: &[(String, Value)]) -> Vec<Value> {
    events.iter().filter(|(name, _)| name == "new_message").map(|(_, message)| message.clone()).collect()
}

#[test]
fn whoever_comes_back_gets_what_was_missed_once_and_in_order() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = Client::connects(&room, "Bob");
    says(&alice, "before");
    bob.listens();
    bob.socket.goes_away();
    let missed: Vec<Value> = (0..20).map(|number| says(&alice, &format!("meanwhile {number}"))).collect();
    room.world.pass(Duration::from_secs(3));
    let Welcome { mut client, recovered, events } = bob.knocks_again(&room);
    assert!(recovered);
    assert_eq!(messages(&events), missed);
    assert_eq!(events.last().expect("an event").0, "online_users");
    alice.takes("online_users");
    let next = says(&alice, "after");
    assert_eq!(messages(&client.listens()), [next]);
}

/// The names and arguments of the events that come when Bob comes back to his session and shows these wishes.
fn comes_back_with(room: &Room, bob: Client, wants: Option<Value>) -> Vec<(String, Value)> {
    bob.socket.goes_away();
    let mut auth = json!({ "pid": bob.private_id, "offset": bob.offset });
    if let Some(wants) = wants {
        auth["wants"] = wants;
    }
    let socket = room.knocks_with("Bob", &auth);
    let welcome = socket.takes_text();
    assert!(welcome.contains(&bob.private_id), "recovered: {welcome}");
    Client { socket, ..bob }.listens()
}

#[test]
fn a_client_that_knows_nothing_of_recovery_gets_the_history_after_what_it_missed() {
    let old = json!("missed");
    let wrong_lists =
        [json!(null), old, json!({ "missed": true }), json!(7), json!([]), json!([7, "Missed", ["missed"]])];
    for wants in [None].into_iter().chain(wrong_lists.into_iter().map(Some)) {
        let room = Room::new();
        let alice = room.enters("Alice");
        let mut bob = Client::connects(&room, "Bob");
        let before = says(&alice, "before");
        bob.listens();
        bob.socket.goes_away();
        let missed = says(&alice, "missed");
        let events = comes_back_with(&room, bob, wants.clone());
        let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["new_message", "message_history", "online_users"], "{wants:?}");
        assert_eq!(events[1].1, json!([before, missed]));
    }
}

#[test]
fn a_client_that_wants_what_it_missed_gets_the_history_with_a_fresh_session_only() {
    let many: Vec<_> =
        (0..15).map(|number| json!(number)).chain([json!("missed"), json!("presence")]).collect();
    for wants in [json!(["missed"]), json!(["typing", "missed", 7, null]), json!(many)] {
        let room = Room::new();
        let alice = room.enters("Alice");
        assert_eq!(room.enters_with("Carol", &json!({ "wants": wants })).history, json!([]));
        let mut bob = Client::connects(&room, "Bob");
        says(&alice, "before");
        bob.listens();
        bob.socket.goes_away();
        says(&alice, "missed");
        let events = comes_back_with(&room, bob, Some(wants));
        let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["new_message", "online_users"]);
    }
}

#[test]
fn a_list_of_wishes_that_is_too_long_is_read_in_part() {
    let room = Room::new();
    let bob = Client::connects(&room, "Bob");
    let wants: Vec<_> = (0..16).map(|number| json!(number)).chain([json!("missed")]).collect();
    let events = comes_back_with(&room, bob, Some(json!(wants)));
    assert_eq!(events[0].0, "message_history");
}

#[test]
fn a_session_of_which_the_history_cannot_be_read_can_still_be_recovered_later() {
    let room = Room::new();
    let bob = Client::connects(&room, "Bob");
    bob.socket.goes_away();
    room.storage.fail_on("ORDER BY id DESC LIMIT");
    let socket = room.knocks_with("Bob", &json!({ "pid": bob.private_id }));
    assert!(socket.takes_text().contains(&bob.private_id));
    socket.expects_close(NORMAL);
    room.storage.work_again();
    room.world.take_log();
    assert!(bob.knocks_again(&room).recovered);
}

#[test]
fn whoever_missed_nothing_gets_nothing_again() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = Client::connects(&room, "Bob");
    says(&alice, "before");
    bob.listens();
    let Welcome { recovered, events, .. } = bob.comes_back(&room);
    assert!(recovered);
    assert!(messages(&events).is_empty());
}

#[test]
fn a_client_that_got_no_event_yet_misses_none() {
    let room = Room::new();
    let alice = room.enters("Alice");
    says(&alice, "before");
    let bob = Client::connects(&room, "Bob");
    assert_eq!(bob.offset, None);
    bob.socket.goes_away();
    let missed = says(&alice, "meanwhile");
    let Welcome { recovered, events, .. } = bob.knocks_again(&room);
    assert!(recovered);
    assert_eq!(messages(&events), [missed]);
}

#[test]
fn signalling_is_sent_again_between_the_messages_where_it_was() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let bob = Client::connects(&room, "Bob");
    // A transport that is dead, which nobody has noticed.
    says(&alice, "one");
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    says(&alice, "two");
    bob.answers("Alice");
    alice.takes("call_answered");
    alice.asks("ice_candidate", &json!({ "to": "Bob", "candidate": "a" }));
    alice.asks("ice_candidate", &json!({ "to": "Bob", "candidate": "b" }));
    let Welcome { recovered, events, .. } = bob.comes_back(&room);
    assert!(recovered);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let order =
        ["new_message", "incoming_call", "new_message", "ice_candidate", "ice_candidate", "online_users"];
    assert_eq!(names, order);
    assert_eq!(events[3].1, json!({ "from": "Alice", "candidate": "a" }));
}

#[test]
fn signalling_that_was_received_is_not_sent_again() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = Client::connects(&room, "Bob");
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.answers("Alice");
    alice.takes("call_answered");
    alice.asks("ice_candidate", &json!({ "to": "Bob", "candidate": "a" }));
    bob.listens();
    alice.asks("ice_candidate", &json!({ "to": "Bob", "candidate": "b" }));
    let Welcome { client, recovered, events } = bob.comes_back(&room);
    assert!(recovered);
    assert_eq!(events[0].1, json!({ "from": "Alice", "candidate": "b" }));
    assert_eq!(events.len(), 2);
    let Welcome { recovered, events, .. } = client.comes_back(&room);
    assert!(recovered);
    assert_eq!(events.len(), 1);
}

#[test]
fn a_session_that_still_seems_connected_is_taken_over() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = Client::connects(&room, "Bob");
    bob.listens();
    room.world.pass(Duration::from_secs(1));
    alice.takes("online_users");
    let missed = says(&alice, "meanwhile");
    let auth = json!({ "pid": bob.private_id });
    let Welcome { recovered, events, .. } = knock(&room, "Bob", auth, Some(&bob));
    assert!(recovered);
    assert_eq!(messages(&events), [missed]);
    assert!(!bob.socket.is_open());
    room.world.pass(Duration::from_secs(30));
    alice.expects_nothing();
}

#[test]
fn a_restart_in_between_loses_nothing() {
    let before = Room::new();
    let alice = before.enters("Alice");
    let mut bob = Client::connects(&before, "Bob");
    says(&alice, "before");
    bob.listens();
    bob.socket.goes_away();
    let missed = says(&alice, "meanwhile");
    let after = Room::on(before.storage.clone());
    after.world.set_clock(before.world.now());
    let Welcome { recovered, events, .. } = bob.knocks_again(&after);
    assert!(recovered);
    assert_eq!(messages(&events), [missed]);
}

#[test]
fn after_a_restart_a_session_with_signalling_begins_afresh() {
    let before = Room::new();
    let alice = before.enters("Alice");
    let mut bob = Client::connects(&before, "Bob");
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.listens();
    let after = Room::on(before.storage.clone());
    after.world.set_clock(before.world.now());
    assert!(!bob.knocks_again(&after).recovered);
}

#[test]
fn after_the_window_a_session_begins_afresh() {
    let room = Room::new();
    let _alice = room.enters("Alice");
    for (away, recovered) in [(Duration::ZERO, true), (Duration::from_secs(2), false)] {
        let bob = Client::connects(&room, "Bob");
        bob.socket.goes_away();
        room.world.pass(RECOVERY_WINDOW - Duration::from_secs(1) + away);
        assert_eq!(bob.knocks_again(&room).recovered, recovered);
    }
}

#[test]
fn after_the_window_even_the_first_who_ever_comes_back_begins_afresh() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let bob = Client::connects(&room, "Bob");
    // This one is lost for ever: nobody knows that Bob's connection is dead already.
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.socket.goes_away();
    room.world.pass(2 * RECOVERY_WINDOW);
    assert!(!bob.knocks_again(&room).recovered);
}

#[test]
fn whoever_missed_more_bytes_of_signalling_than_are_kept_begins_afresh() {
    for (count, recovered) in [(50, true), (60, false)] {
        let room = Room::new();
        let alice = room.enters("Alice");
        let bob = Client::connects(&room, "Bob");
        for _ in 0..count {
            alice.socket.sends(r#"451-["call_user",{"to":"Bob","offer":{"_placeholder":true,"num":0}}]"#);
            alice.socket.sends_bytes(&[0; MAX_PAYLOAD]);
        }
        assert_eq!(bob.comes_back(&room).recovered, recovered, "{count} times {MAX_PAYLOAD} bytes");
    }
}

#[test]
fn whoever_missed_too_much_begins_afresh() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let bob = Client::connects(&room, "Bob");
    bob.socket.goes_away();
    for number in 0..=natter::chat::recovery::BUDGET.entries {
        says(&alice, &number.to_string());
    }
    assert!(!bob.knocks_again(&room).recovered);
}

#[test]
fn nobody_comes_back_as_somebody_else_or_with_a_private_id_of_their_own_making() {
    let room = Room::new();
    let mut bob = Client::connects(&room, "Bob");
    bob.listens();
    for private_id in ["", "x", &bob.private_id[1..], &"A".repeat(bob.private_id.len())] {
        let auth = json!({ "pid": private_id });
        assert!(!knock(&room, "Bob", auth, Some(&bob)).recovered, "{private_id}");
    }
    let auth = json!({ "pid": bob.private_id });
    assert!(!knock(&room, "Mallory", auth, Some(&bob)).recovered);
    let auth = json!({ "pid": bob.private_id, "offset": "garbage" });
    assert!(!knock(&room, "Bob", auth, Some(&bob)).recovered);
    assert!(bob.socket.is_open());
}

#[test]
fn a_session_survives_the_sleep_of_the_object() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = Client::connects(&room, "Bob");
    says(&alice, "before");
    bob.listens();
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    bob.socket.goes_away();
    let missed = says(&alice, "meanwhile");
    let Welcome { recovered, events, .. } = bob.knocks_again(&room);
    assert!(recovered);
    assert_eq!(messages(&events), [missed]);
}

/// Bob, who was said something by phone while his connection was dead and nobody knew; and all that he has got before.
fn called_in_vain(room: &Room, listens: impl FnOnce(&mut Client, &Person)) -> Client {
    let alice = room.enters("Alice");
    let mut bob = Client::connects(room, "Bob");
    listens(&mut bob, &alice);
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob
}

#[test]
fn signalling_into_a_dead_connection_is_not_forgotten_by_a_restart() {
    for speaks in [false, true] {
        let before = Room::new();
        let bob = called_in_vain(&before, |bob, alice| {
            if speaks {
                says(alice, "hello");
                bob.listens();
            }
        });
        let after = Room::on(before.storage.clone());
        after.world.set_clock(before.world.now() + Duration::from_secs(60));
        assert!(!bob.knocks_again(&after).recovered, "speaks: {speaks}");
    }
}

#[test]
fn signalling_into_a_dead_connection_is_not_forgotten_by_a_sleep() {
    let room = Room::new();
    let bob = called_in_vain(&room, |bob, alice| {
        says(alice, "hello");
        bob.listens();
    });
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    assert!(!bob.comes_back(&room).recovered);
}

#[test]
fn signalling_that_was_received_before_a_sleep_is_no_obstacle() {
    let room = Room::new();
    let mut bob = called_in_vain(&room, |_, _| ());
    bob.listens();
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    let Welcome { recovered, events, .. } = bob.comes_back(&room);
    assert!(recovered);
    assert_eq!(events.len(), 1, "only who is online: {events:?}");
}

#[test]
fn a_message_from_after_a_call_proves_after_a_restart_that_nothing_is_missing() {
    let before = Room::new();
    let mut bob = called_in_vain(&before, |_, _| ());
    before.world.pass(Duration::from_secs(16));
    says(&before.enters("Carol"), "after the call");
    bob.listens();
    let after = Room::on(before.storage.clone());
    after.world.set_clock(before.world.now());
    assert!(bob.knocks_again(&after).recovered);
}
