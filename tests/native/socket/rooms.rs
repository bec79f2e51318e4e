//! Rooms, and events for some sockets of a namespace.

use crate::support::{echo, server};
use natter_echo::Echo;

const SELECTED: &str = r#"42["selected",1]"#;

#[test]
fn an_event_reaches_the_sockets_in_a_room() {
    let world = echo();
    let [alice, bob, carol] = [world.joins(), world.joins(), world.joins()];
    alice.sends(r#"42["join","red"]"#);
    bob.sends(r#"42["join","red","blue"]"#);
    carol.sends(r#"42["select",["red"],[],false,1]"#).expects_nothing();
    alice.expects(SELECTED).expects_nothing();
    bob.expects(SELECTED).expects_nothing();
}

#[test]
fn a_socket_in_several_of_the_rooms_gets_an_event_once() {
    let world = echo();
    let [alice, bob] = [world.joins(), world.joins()];
    alice.sends(r#"42["join","red","blue"]"#);
    bob.sends(r#"42["select",["red","blue","green"],[],false,1]"#).expects_nothing();
    alice.expects(SELECTED).expects_nothing();
}

#[test]
fn rooms_and_the_sender_can_be_left_out() {
    let world = echo();
    let [alice, bob, carol] = [world.joins(), world.joins(), world.joins()];
    alice.sends(r#"42["join","red"]"#);
    bob.sends(r#"42["join","red","blue"]"#);
    alice.sends(r#"42["select",[],["blue"],true,1]"#).expects_nothing();
    bob.expects_nothing();
    carol.expects(SELECTED).expects_nothing();
    carol.sends(r#"42["select",["red"],["blue"],false,1]"#).expects_nothing();
    alice.expects(SELECTED).expects_nothing();
    bob.expects_nothing();
}

#[test]
fn a_socket_leaves_a_room() {
    let world = echo();
    let [alice, bob] = [world.joins(), world.joins()];
    alice.sends(r#"42["join","red"]"#).sends(r#"42["leave","red"]"#).sends(r#"42["leave","never"]"#);
    bob.sends(r#"42["select",["red"],[],false,1]"#);
    alice.expects_nothing();
}

#[test]
fn a_room_belongs_to_one_namespace() {
    let world = echo();
    let [alice, bob] = [world.joins(), world.joins()];
    alice.joins("/custom");
    alice.expects(r#"42/custom,["auth",{}]"#);
    alice.sends(r#"42/custom,["join","red"]"#);
    bob.sends(r#"42["select",["red"],[],false,1]"#);
    alice.expects_nothing();
}

#[test]
fn rooms_survive_hibernation() {
    let world = echo();
    let [alice, bob] = [world.joins(), world.joins()];
    alice.sends(r#"42["join","red"]"#);
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    bob.sends(r#"42["select",["red"],[],false,1]"#).expects_nothing();
    alice.expects(SELECTED).expects_nothing();
}

#[test]
fn the_names_of_rooms_are_bounded() {
    let world = echo();
    let [alice, bob] = [world.joins(), world.joins()];
    let longest = "r".repeat(4_096);
    alice.sends(&format!(r#"42["join","{longest}"]"#)).sends(r#"42["join","red"]"#);
    assert_eq!(world.take_log().len(), 1);
    bob.sends(r#"42["select",["red"],[],false,1]"#);
    alice.expects_nothing();
    bob.sends(&format!(r#"42["select",["{longest}"],[],false,1]"#));
    alice.expects(SELECTED);
}

#[test]
fn a_volatile_event_is_lost_to_a_client_that_does_not_poll() {
    let world = echo();
    let socket = world.joins();
    let poller = world.opens_polling();
    poller.sends("40");
    poller.polls().expects_ok();
    socket.sends(r#"42["select-volatile",[],[],false,1]"#).expects(SELECTED);
    let poll = poller.polls();
    poll.waits();
    socket.sends(r#"42["select-volatile",[],[],false,2]"#).expects(r#"42["selected",2]"#);
    poll.expects(r#"42["selected",2]"#);
}
