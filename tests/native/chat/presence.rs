//! The list of users who are online.

use std::time::Duration;

use engineio::Frame;
use natter::chat::member::GRACE;
use serde_json::json;

use crate::support::MILLISECOND;
use crate::support::room::{RECOVERY_WINDOW, Room};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn everyone_learns_who_comes() {
    let room = Room::new();
    let alice = room.enters("Alice");
    room.world.pass(SECOND);
    alice.expects("online_users", &json!(["Alice"]));
    let bob = room.enters("bob");
    room.world.pass(SECOND);
    alice.expects("online_users", &json!(["Alice", "bob"])).expects_nothing();
    bob.expects("online_users", &json!(["Alice", "bob"])).expects_nothing();
}

#[test]
fn a_user_with_many_tabs_is_listed_once_until_the_last_is_closed() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let second = room.enters("ALICE");
    assert_eq!(second.online, json!(["Alice", "Bob"]));
    room.world.pass(SECOND);
    alice.leaves();
    room.world.pass(10 * SECOND);
    bob.expects_nothing();
    second.leaves();
    room.world.pass(SECOND);
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn whoever_says_goodbye_is_gone_at_once() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.leaves();
    room.world.pass(Duration::from_millis(100));
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn whoever_loses_the_connection_is_gone_after_a_few_seconds() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.socket.goes_away();
    room.world.pass(GRACE - MILLISECOND);
    bob.expects_nothing();
    room.world.pass(SECOND);
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn whoever_comes_back_in_time_was_never_gone() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.socket.goes_away();
    room.world.pass(GRACE - MILLISECOND);
    let alice = room.enters("Alice");
    assert_eq!(alice.online, json!(["Alice", "Bob"]));
    room.world.pass(10 * SECOND);
    bob.expects_nothing();
    alice.expects_nothing();
}

#[test]
fn a_client_that_is_never_heard_of_again_goes_offline() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.socket.answers_pings(false);
    room.world.pass(60 * SECOND);
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn an_empty_room_needs_nobody_to_wake_it() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.leaves();
    bob.socket.goes_away();
    // Until then bob could come back to his session.
    room.world.pass(RECOVERY_WINDOW + SECOND);
    assert_eq!(room.world.next_deadline(), None);
}

/// How many lists of users went out, and how many bytes they were.
#[derive(Default, Debug)]
struct Cost {
    lists: usize,
    bytes: usize,
}

/// The cost of arrivals if each is announced to everyone at once.
fn naive_cost(count: usize) -> Cost {
    let list = |users: usize| r#"42["online_users",[]]"#.len() + users * r#""user0000","#.len() - 1;
    Cost { lists: (1..=count).sum(), bytes: (1..=count).map(|users| users * list(users)).sum() }
}

#[test]
fn a_thousand_users_who_join_together_cost_a_handful_of_announcements() {
    const COUNT: usize = 1_000;
    let room = Room::new();
    let mut sockets = Vec::new();
    for index in 0..COUNT {
        sockets.push(room.knocks(&format!("user{index:04}")));
        room.world.pass(MILLISECOND);
    }
    room.world.pass(5 * SECOND);
    let everyone: Vec<_> = (0..COUNT).map(|index| format!("user{index:04}")).collect();
    let everyone = format!("42{}", json!(["online_users", everyone]));
    let mut cost = Cost::default();
    for socket in &sockets {
        let frames = socket.takes_all();
        assert_eq!(frames.last(), Some(&Frame::Text(everyone.as_str().into())));
        let is_list =
            |frame: &&Frame| matches!(frame, Frame::Text(text) if text.starts_with(r#"42["online_users""#));
        let lists: Vec<_> = frames.iter().filter(is_list).collect();
        // The one that comes on connecting is among them.
        assert!(lists.len() < 10, "{} lists", lists.len());
        cost.lists += lists.len();
        cost.bytes += lists.iter().map(|frame| frame.len()).sum::<usize>();
    }
    let naive = naive_cost(COUNT);
    assert!(cost.lists * 50 < naive.lists && cost.bytes * 50 < naive.bytes, "{cost:?}, naively {naive:?}");
}

#[test]
fn users_who_come_and_go_all_the_time_cost_no_more_than_the_pause_allows() {
    let room = Room::new();
    let people: Vec<_> = (0..100).map(|index| room.enters(&format!("user{index}"))).collect();
    room.world.pass(5 * SECOND);
    for person in &people {
        person.socket.takes_all();
    }
    for _ in 0..500 {
        room.enters("restless").leaves();
        room.world.pass(Duration::from_millis(10));
    }
    // 5 s, and a pause of 2 ms for each of 100 users after each announcement.
    let announcements = people[0].socket.takes_all().len();
    assert!((20..=25).contains(&announcements), "{announcements}");
}

#[test]
fn a_tab_that_says_goodbye_does_not_speak_for_one_that_was_lost() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let tab = room.enters("Alice");
    alice.socket.goes_away();
    room.world.pass(GRACE / 2);
    tab.leaves();
    room.world.pass(GRACE / 2 - MILLISECOND);
    bob.expects_nothing();
    let back = room.enters("Alice");
    room.world.pass(10 * SECOND);
    bob.expects_nothing();
    // But one that was lost long ago is forgotten.
    back.leaves();
    room.world.pass(SECOND);
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}
