//! Every state of a call with every input, and every reason for which a call ends.

use std::time::Duration;

use engineio::Frame;
use natter::chat::calls::call::{Call, GRACE, MAX_EARLY, MAX_EARLY_BYTES, MAX_KEPT_OFFER, RINGING};
use natter::chat::calls::signal::Content;
use natter::chat::calls::{Party, User};
use natter::storage::Storage as _;
use serde_json::{Value, json};

use crate::support::START;
use crate::support::room::{Person, Room, chat_server};

/// Alice has called Bob, who has two tabs. She has one more, and Carol is there as well.
struct Scene {
    room: Room,
    alice: Person,
    alice_tab: Person,
    bob: Person,
    bob_tab: Person,
    carol: Person,
}

impl Scene {
    fn idle() -> Self {
        let room = Room::new();
        let [alice, alice_tab, bob, bob_tab, carol] =
            ["Alice", "Alice", "Bob", "Bob", "Carol"].map(|name| room.enters(name));
        room.world.pass(Duration::from_secs(1));
        let scene = Self { room, alice, alice_tab, bob, bob_tab, carol };
        scene.news();
        scene
    }

    fn ringing() -> Self {
        let scene = Self::idle();
        scene.alice.emits("call_user", &json!({ "to": "Bob", "offer": 0 }));
        scene.news();
        scene
    }

    fn connected() -> Self {
        let scene = Self::ringing();
        scene.bob.emits("call_answer", &json!({ "to": "Alice", "answer": 0 }));
        scene.news();
        scene
    }

    /// Returns the events that everyone was sent since the last call, like `alice: call_ended hangup`.
    fn news(&self) -> Vec<String> {
        let everyone = [
            ("alice", &self.alice),
            ("alice_tab", &self.alice_tab),
            ("bob", &self.bob),
            ("bob_tab", &self.bob_tab),
            ("carol", &self.carol),
        ];
        everyone
            .into_iter()
            .flat_map(|(who, person)| news(person).map(move |it| format!("{who}: {it}")))
            .collect()
    }
}

/// The events that a person was sent, with what tells them apart, except for who is online.
fn news(person: &Person) -> impl Iterator<Item = String> + use<> {
    let frames = person.socket.takes_all();
    frames.into_iter().filter_map(|frame| {
        let Frame::Text(text) = frame else { panic!("bytes") };
        let event: Value = serde_json::from_str(text.strip_prefix("42")?).expect("an event");
        let name = event[0].as_str().expect("a name").to_owned();
        let detail =
            ["reason", "code", "offer", "answer", "candidate"].iter().find_map(|it| event[1].get(it));
        match detail {
            _ if name == "online_users" => None,
            Some(Value::String(detail)) => Some(format!("{name} {detail}")),
            Some(detail) => Some(format!("{name} {detail}")),
            None => Some(name),
        }
    })
}

const EVENTS: [(&str, &str); 4] =
    [("call_user", "offer"), ("call_answer", "answer"), ("ice_candidate", "candidate"), ("end_call", "none")];

type Begin = fn() -> Scene;
type Who = fn(&Scene) -> (&Person, &'static str);

/// The consequences of each of the four events, in the order of [`EVENTS`].
#[track_caller]
fn follows(begin: Begin, who: Who, expected: [&[&str]; 4]) {
    for ((event, field), expected) in EVENTS.into_iter().zip(expected) {
        let scene = begin();
        let (person, to) = who(&scene);
        person.emits(event, &json!({ "to": to, field: 7 }));
        assert_eq!(scene.news(), expected, "{event} to {to}");
    }
}

const ALICE: Who = |scene| (&scene.alice, "Bob");
const ALICE_TAB: Who = |scene| (&scene.alice_tab, "Bob");
const BOB: Who = |scene| (&scene.bob, "Alice");
const BOB_TAB: Who = |scene| (&scene.bob_tab, "Alice");

#[test]
fn without_a_call_there_is_only_calling() {
    follows(
        Scene::idle,
        ALICE,
        [
            &["bob: incoming_call 7", "bob_tab: incoming_call 7"],
            &["alice: exception not_in_call"],
            // It waits for a call.
            &[],
            &["alice: exception not_in_call"],
        ],
    );
}

#[test]
fn while_it_rings_the_caller_may_offer_again_and_cancel() {
    follows(
        Scene::ringing,
        ALICE,
        [
            &["bob: incoming_call 7", "bob_tab: incoming_call 7"],
            &["alice: exception nothing_to_answer"],
            &[],
            &["bob: call_ended cancelled", "bob_tab: call_ended cancelled"],
        ],
    );
}

#[test]
fn while_it_rings_any_socket_of_the_callee_may_answer_or_decline() {
    follows(
        Scene::ringing,
        BOB,
        [
            &["bob: call_ended glare", "bob: incoming_call 0", "bob: exception glare"],
            &["alice: call_answered 7", "bob_tab: call_ended answered_elsewhere"],
            &[],
            &["alice: call_ended declined", "bob_tab: call_ended declined"],
        ],
    );
    follows(
        Scene::ringing,
        BOB_TAB,
        [
            &["bob_tab: call_ended glare", "bob_tab: incoming_call 0", "bob_tab: exception glare"],
            &["alice: call_answered 7", "bob: call_ended answered_elsewhere"],
            &[],
            &["alice: call_ended declined", "bob: call_ended declined"],
        ],
    );
}

#[test]
fn while_it_rings_another_socket_of_the_caller_has_no_part_in_it() {
    follows(
        Scene::ringing,
        ALICE_TAB,
        [
            &["alice_tab: call_ended busy", "alice_tab: exception already_in_call"],
            &["alice_tab: exception call_elsewhere"],
            &["alice_tab: exception call_elsewhere"],
            &["alice_tab: exception call_elsewhere"],
        ],
    );
}

#[test]
fn a_connected_call_is_between_two_sockets_and_lets_them_renegotiate() {
    follows(
        Scene::connected,
        ALICE,
        [
            &["bob: incoming_call 7"],
            &["alice: exception nothing_to_answer"],
            &["bob: ice_candidate 7"],
            &["bob: call_ended hangup"],
        ],
    );
    follows(
        Scene::connected,
        BOB,
        [
            &["alice: incoming_call 7"],
            &["bob: exception nothing_to_answer"],
            &["alice: ice_candidate 7"],
            &["alice: call_ended hangup"],
        ],
    );
    follows(
        Scene::connected,
        ALICE_TAB,
        [
            &["alice_tab: call_ended busy", "alice_tab: exception already_in_call"],
            &["alice_tab: exception call_elsewhere"],
            &["alice_tab: exception call_elsewhere"],
            &["alice_tab: exception call_elsewhere"],
        ],
    );
    follows(
        Scene::connected,
        BOB_TAB,
        [
            &["bob_tab: call_ended busy", "bob_tab: exception already_in_call"],
            &["bob_tab: exception answered_elsewhere"],
            &["bob_tab: exception call_elsewhere"],
            &["bob_tab: exception call_elsewhere"],
        ],
    );
}

#[test]
fn whoever_is_in_a_call_is_busy_for_everyone_else() {
    for begin in [Scene::ringing, Scene::connected] {
        for who in [|scene| (&scene.carol, "Alice"), |scene| (&scene.carol, "Bob")] as [Who; 2] {
            follows(
                begin,
                who,
                [
                    &["carol: call_ended busy", "carol: exception user_busy"],
                    &["carol: exception not_in_call"],
                    // The call may end before the one that follows.
                    &[],
                    &["carol: exception not_in_call"],
                ],
            );
        }
        for (who, name) in [(|scene| (&scene.alice, "Carol")) as Who, |scene| (&scene.bob, "Carol")]
            .into_iter()
            .zip(["alice", "bob"])
        {
            let scene = begin();
            who(&scene).0.emits("call_user", &json!({ "to": "Carol", "offer": 7 }));
            let expected = [format!("{name}: call_ended busy"), format!("{name}: exception already_in_call")];
            assert_eq!(scene.news(), expected);
        }
    }
}

/// The consequences of a lost connection or of a departure, at once and in the end.
#[track_caller]
fn follows_departure(begin: Begin, who: Who, says_goodbye: bool, at_once: &[&str], later: &[&str]) {
    let scene = begin();
    let person = who(&scene).0;
    if says_goodbye {
        person.leaves();
        person.socket.takes_all();
    } else {
        person.socket.goes_away();
    }
    assert_eq!(scene.news(), at_once);
    scene.room.world.pass(GRACE - Duration::from_millis(1));
    assert_eq!(scene.news(), [""; 0], "within the grace");
    scene.room.world.pass(Duration::from_millis(1));
    assert_eq!(scene.news(), later);
}

#[test]
fn a_party_that_goes_ends_the_call_at_once_and_one_that_is_lost_after_the_grace() {
    let rings = ["bob: call_ended disconnected", "bob_tab: call_ended disconnected"];
    follows_departure(Scene::ringing, ALICE, true, &rings, &[]);
    follows_departure(Scene::ringing, ALICE, false, &[], &rings);
    follows_departure(Scene::connected, ALICE, true, &["bob: call_ended disconnected"], &[]);
    follows_departure(Scene::connected, ALICE, false, &[], &["bob: call_ended disconnected"]);
    follows_departure(Scene::connected, BOB, true, &["alice: call_ended disconnected"], &[]);
    follows_departure(Scene::connected, BOB, false, &[], &["alice: call_ended disconnected"]);
}

#[test]
fn whoever_has_no_part_in_a_call_may_go() {
    for says_goodbye in [true, false] {
        for begin in [Scene::ringing, Scene::connected] {
            follows_departure(begin, ALICE_TAB, says_goodbye, &[], &[]);
            follows_departure(begin, BOB_TAB, says_goodbye, &[], &[]);
            follows_departure(begin, |scene| (&scene.carol, ""), says_goodbye, &[], &[]);
        }
        // Bob has another tab that rings.
        follows_departure(Scene::ringing, BOB, says_goodbye, &[], &[]);
    }
}

#[test]
fn a_callee_whose_last_socket_goes_ends_the_call() {
    let scene = Scene::ringing();
    scene.bob.leaves();
    scene.bob_tab.leaves();
    assert!(scene.news().contains(&"alice: call_ended disconnected".to_owned()));

    let scene = Scene::ringing();
    scene.bob.socket.goes_away();
    scene.bob_tab.socket.goes_away();
    assert_eq!(scene.news(), [""; 0]);
    scene.room.world.pass(GRACE);
    assert_eq!(scene.news(), ["alice: call_ended disconnected"]);
}

#[test]
fn nobody_answers_in_time() {
    let scene = Scene::ringing();
    scene.room.world.pass(RINGING - Duration::from_millis(1));
    assert_eq!(scene.news(), [""; 0]);
    scene.room.world.pass(Duration::from_millis(1));
    let expected =
        ["alice: call_ended no_answer", "bob: call_ended no_answer", "bob_tab: call_ended no_answer"];
    assert_eq!(scene.news(), expected);
    scene.carol.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    assert_eq!(scene.news(), ["bob: incoming_call 1", "bob_tab: incoming_call 1"]);
}

#[test]
fn a_connected_call_has_no_end_by_itself() {
    let scene = Scene::connected();
    scene.room.world.pass(Duration::from_secs(24 * 3600));
    assert_eq!(scene.news(), [""; 0]);
}

#[test]
fn candidates_before_the_answer_wait_for_it_on_both_sides() {
    let scene = Scene::ringing();
    for number in 0..MAX_EARLY {
        scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": number }));
    }
    scene.bob_tab.emits("ice_candidate", &json!({ "to": "Alice", "candidate": "mine" }));
    scene.bob.emits("ice_candidate", &json!({ "to": "Alice", "candidate": "of the other tab" }));
    assert_eq!(scene.news(), [""; 0]);
    scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": "too many" }));
    assert_eq!(scene.news(), ["alice: exception too_many_candidates"]);
    scene.bob_tab.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    let mut expected = vec![
        "alice: call_answered 1".to_owned(),
        "alice: ice_candidate mine".to_owned(),
        "bob: call_ended answered_elsewhere".to_owned(),
    ];
    expected.extend((0..MAX_EARLY).map(|number| format!("bob_tab: ice_candidate {number}")));
    assert_eq!(scene.news(), expected);
}

#[test]
fn candidates_that_wait_are_bounded_in_bytes() {
    let scene = Scene::ringing();
    // In JSON, with its quotation marks, one is a sixteenth of what may wait.
    let candidate = "x".repeat(MAX_EARLY_BYTES / 16 - 2);
    for _ in 0..16 {
        scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": candidate }));
    }
    assert_eq!(scene.news(), [""; 0]);
    scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": 1 }));
    assert_eq!(scene.news(), ["alice: exception too_many_candidates"]);
}

#[test]
fn both_call_each_other_and_the_first_call_stands() {
    let scene = Scene::idle();
    scene.alice.emits("call_user", &json!({ "to": "Bob", "offer": "A" }));
    scene.bob.emits("call_user", &json!({ "to": "Alice", "offer": "B" }));
    let glare =
        ["bob: incoming_call A", "bob: call_ended glare", "bob: incoming_call A", "bob: exception glare"];
    assert_eq!(scene.news()[..4], glare);
    scene.bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    assert_eq!(scene.news(), ["alice: call_answered 1", "bob_tab: call_ended answered_elsewhere"]);
}

#[test]
fn a_tab_that_is_opened_while_it_rings_rings_as_well() {
    let scene = Scene::ringing();
    let tab = scene.room.enters("Bob");
    assert_eq!(news(&tab).collect::<Vec<_>>(), ["incoming_call 0"]);
    scene.alice.emits("end_call", &json!({ "to": "Bob" }));
    assert_eq!(news(&tab).collect::<Vec<_>>(), ["call_ended cancelled"]);
}

#[test]
fn an_offer_that_is_too_large_is_not_kept_for_later_sockets() {
    let party =
        |name: &str, sid: &str| Party { user: User { key: name.into(), name: name.into() }, sid: sid.into() };
    for (size, rings) in [(MAX_KEPT_OFFER, 1), (MAX_KEPT_OFFER + 1, 0)] {
        let offer = Content::new(serde_json::from_str("1").unwrap(), &[vec![0; size - 1].into()]);
        let (alice, bob) = (party("alice", "a"), party("bob", "b"));
        let mut sends = Vec::new();
        let mut call = Call::begin(START, alice, bob.user.clone(), vec![bob.sid], Some(offer), &mut sends);
        assert_eq!(sends.len(), 1);
        sends.clear();
        call.entered(&party("bob", "later"), &mut sends);
        assert_eq!(sends.len(), rings, "{size} bytes");
    }
}

#[test]
fn a_page_that_is_loaded_anew_while_it_rings_rings_again() {
    let scene = Scene::ringing();
    scene.bob.socket.goes_away();
    scene.bob_tab.socket.goes_away();
    scene.room.world.pass(Duration::from_secs(2));
    let page = scene.room.enters("Bob");
    assert_eq!(news(&page).collect::<Vec<_>>(), ["incoming_call 0"]);
    scene.room.world.pass(GRACE);
    page.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    assert_eq!(scene.news(), ["alice: call_answered 1"]);
}

#[test]
fn a_page_that_is_loaded_anew_calls_anew() {
    for begin in [Scene::ringing, Scene::connected] {
        let scene = begin();
        scene.alice.socket.goes_away();
        let page = scene.room.enters("Alice");
        page.socket.takes_all();
        page.emits("call_user", &json!({ "to": "Bob", "offer": 9 }));
        assert_eq!(news(&scene.bob).collect::<Vec<_>>(), ["call_ended disconnected", "incoming_call 9"]);
        assert_eq!(news(&page).count(), 0);
    }
}

#[test]
fn a_socket_that_comes_back_within_the_grace_keeps_its_call_and_gets_what_it_missed() {
    let scene = Scene::connected();
    scene.bob.socket.goes_away();
    scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": "missed" }));
    scene.room.world.pass(Duration::from_secs(10));
    let back = scene.room.knocks_with("Bob", &json!({ "pid": scene.bob.private_id }));
    let got: Vec<String> = back.takes_all().into_iter().map(|frame| format!("{frame:?}")).collect();
    assert!(got.iter().any(|frame| frame.contains("missed")), "{got:?}");
    scene.room.world.pass(Duration::from_secs(60));
    back.takes_all();
    assert_eq!(scene.news(), [""; 0]);
    scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": "next" }));
    assert!(back.takes_text().contains("next"));
    back.sends(r#"42["end_call",{"to":"Alice"}]"#);
    assert_eq!(scene.news(), ["alice: call_ended hangup"]);
}

#[test]
fn ringing_outlives_the_memory() {
    let scene = Scene::ringing();
    scene.alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": "early" }));
    scene.room.world.pass(Duration::from_secs(10));
    scene.room.world.fall_asleep_and_wake_up_with(chat_server(scene.room.storage.clone()));
    scene.carol.emits("call_user", &json!({ "to": "Alice", "offer": 1 }));
    assert_eq!(scene.news(), ["carol: call_ended busy", "carol: exception user_busy"]);
    let tab = scene.room.enters("Bob");
    assert_eq!(news(&tab).collect::<Vec<_>>(), ["incoming_call 0"]);
    scene.room.world.pass(Duration::from_secs(20));
    scene.bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    let expected =
        ["alice: call_answered 1", "bob: ice_candidate early", "bob_tab: call_ended answered_elsewhere"];
    assert_eq!(scene.news(), expected);
    scene.room.world.fall_asleep_and_wake_up_with(chat_server(scene.room.storage.clone()));
    scene.room.world.pass(Duration::from_secs(600));
    scene.alice.emits("end_call", &json!({ "to": "Bob" }));
    assert_eq!(scene.news(), ["bob: call_ended hangup"]);
}

#[test]
fn what_rang_too_long_in_the_sleep_ends_on_waking() {
    let scene = Scene::ringing();
    scene.room.world.fall_asleep_and_wake_up_with(chat_server(scene.room.storage.clone()));
    scene.room.world.oversleep(Duration::from_secs(60));
    scene.bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    let expected = [
        "alice: call_ended no_answer",
        "bob: call_ended no_answer",
        "bob: exception not_in_call",
        "bob_tab: call_ended no_answer",
    ];
    assert_eq!(scene.news(), expected);
}

#[test]
fn a_restart_ends_the_calls_to_which_nobody_comes_back() {
    for begin in [Scene::ringing, Scene::connected] {
        let before = begin();
        let room = Room::on(before.room.storage.clone());
        room.world.set_clock(before.room.world.now() + Duration::from_secs(1));
        room.world.tick();
        let alice = room.enters("Alice");
        room.world.pass(GRACE);
        alice.socket.takes_all();
        assert_eq!(room.storage.integer("SELECT count(*) FROM calls"), 0);
        let _bob = room.enters("Bob");
        assert_eq!(
            alice.asks_after_all("call_user", &json!({ "to": "Bob", "offer": 1 })),
            json!({ "ok": true })
        );
    }
}

/// The same after a restart, of which Alice and both tabs of Bob come back to fresh sessions.
fn restarted(before: &Scene) -> (Room, [Person; 3]) {
    let room = Room::on(before.room.storage.clone());
    room.world.shuffle(7);
    room.world.set_clock(before.room.world.now() + Duration::from_secs(1));
    room.world.tick();
    let people = ["Alice", "Bob", "Bob"].map(|name| room.enters(name));
    for person in &people {
        news(person).for_each(drop);
    }
    (room, people)
}

#[test]
fn after_a_restart_whoever_begins_afresh_hears_once_that_the_call_has_ended() {
    for begin in [Scene::ringing, Scene::connected] {
        let (room, people) = restarted(&begin());
        room.world.pass(GRACE);
        for person in &people {
            assert_eq!(news(person).collect::<Vec<_>>(), ["call_ended disconnected"]);
        }
    }
}

#[test]
fn after_a_restart_a_call_that_begins_anew_is_not_ended_by_the_one_before() {
    for begin in [Scene::ringing, Scene::connected] {
        let (_room, [alice, bob, bob_tab]) = restarted(&begin());
        alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
        assert_eq!(news(&alice).collect::<Vec<_>>(), Vec::<String>::new());
        for tab in [&bob, &bob_tab] {
            assert_eq!(news(tab).collect::<Vec<_>>(), ["call_ended disconnected", "incoming_call 1"]);
        }
        bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
        assert_eq!(news(&alice).collect::<Vec<_>>(), ["call_answered 1"]);
        assert_eq!(news(&bob).collect::<Vec<_>>(), Vec::<String>::new());
        assert_eq!(news(&bob_tab).collect::<Vec<_>>(), ["call_ended answered_elsewhere"]);
    }
}

#[test]
fn a_call_that_cannot_be_read_is_no_call_and_keeps_nobody_out() {
    let before = Scene::connected();
    before.room.storage.query("UPDATE calls SET call = '{\"of\":\"another version\"}'", &[]).expect("SQL");
    let room = Room::on(before.room.storage.clone());
    assert_eq!(room.storage.integer("SELECT count(*) FROM calls"), 0);
    let (alice, _bob) = room.enter("Alice", "Bob");
    assert_eq!(alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 })), json!({ "ok": true }));
}

#[test]
fn a_database_that_fails_refuses_and_changes_nothing() {
    let scene = Scene::ringing();
    scene.room.storage.fail_on("INTO calls");
    scene.bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    assert_eq!(scene.news(), ["bob: exception internal_error"]);
    scene.room.storage.work_again();
    scene.bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    assert_eq!(scene.news(), ["alice: call_answered 1", "bob_tab: call_ended answered_elsewhere"]);
    scene.room.world.take_log();
}
