//! Events with bytes: a packet with placeholders, and the attachments that follow it.

use std::time::Duration;

use crate::support::{MAX_PAYLOAD, MILLISECOND, echo};

const NORMAL: u16 = 1000;

/// How long the next attachment may take.
const ATTACHMENT_TIMEOUT: Duration = Duration::from_secs(10);

#[test]
fn attachments_come_back_in_their_order() {
    let world = echo();
    let socket = world.joins();
    let two = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    socket.sends(&format!(r#"452-["message",{two}]"#)).expects_nothing();
    socket.sends_bytes(&[1, 2, 3]).expects_nothing();
    socket.sends_bytes(&[4, 5, 6]);
    socket
        .expects(&format!(r#"452-["message-back",{two}]"#))
        .expects_bytes(&[1, 2, 3])
        .expects_bytes(&[4, 5, 6]);
    socket.expects_nothing();
}

#[test]
fn an_event_with_attachments_can_be_answered() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"451-789["message-with-ack",{"_placeholder":true,"num":0}]"#).sends_bytes(&[1, 2, 3]);
    socket.expects(r#"461-789[{"_placeholder":true,"num":0}]"#).expects_bytes(&[1, 2, 3]).expects_nothing();
}

#[test]
fn attachments_reach_everyone_over_either_transport() {
    let world = echo();
    let (speaker, listener, poller) = (world.joins(), world.joins(), world.opens_polling());
    poller.joins();
    speaker.sends(r#"451-["everyone",{"_placeholder":true,"num":0}]"#).sends_bytes(&[1, 2, 3]);
    for socket in [&speaker, &listener] {
        socket.expects(r#"451-["everyone",{"_placeholder":true,"num":0}]"#).expects_bytes(&[1, 2, 3]);
    }
    poller.polls().expects("451-[\"everyone\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID");
}

#[test]
fn attachments_may_be_empty_and_ten() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"4510-["message",{"_placeholder":true,"num":9}]"#);
    for _ in 0..10 {
        socket.expects_nothing();
        socket.sends_bytes(&[]);
    }
    assert_eq!(socket.takes_all().len(), 11);
}

#[test]
fn nobody_sends_attachments_before_joining() {
    for announced in
        [r#"451-["message",{"_placeholder":true,"num":0}]"#, r#"461-1[{"_placeholder":true,"num":0}]"#]
    {
        let world = echo();
        let socket = world.opens_web_socket();
        socket.sends(announced).expects_close(NORMAL);
        let socket = world.joins();
        socket.sends("41").sends(announced).expects_close(NORMAL);
        world.expects_to_be_empty();
    }
}

#[test]
fn eleven_attachments_close_the_session() {
    let world = echo();
    world.joins().sends(r#"4511-["message"]"#).expects_close(NORMAL);
    world.expects_to_be_empty();
}

#[test]
fn a_packet_that_announces_no_attachments_is_complete() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"450-["message",1]"#).expects(r#"42["message-back",1]"#);
    socket.sends(r#"42["message",2]"#).expects(r#"42["message-back",2]"#).expects_nothing();
}

#[test]
fn a_placeholder_that_stands_for_nothing_closes_the_session() {
    for illegal in [
        r#"{"_placeholder":true,"num":1}"#,
        r#"{"_placeholder":true,"num":-1}"#,
        r#"{"_placeholder":true,"num":0.5}"#,
        r#"{"_placeholder":true,"num":"0"}"#,
        r#"{"_placeholder":true,"num":null}"#,
        r#"{"_placeholder":true}"#,
        r#"[[{"deep":{"_placeholder":true,"num":1}}]]"#,
    ] {
        let world = echo();
        let socket = world.joins();
        socket
            .sends(&format!(r#"451-["message",{{"_placeholder":true,"num":0}},{illegal}]"#))
            .expects_nothing();
        socket.sends_bytes(&[1]).expects_close(NORMAL);
        world.expects_to_be_empty();
    }
}

#[test]
fn what_only_looks_like_a_placeholder_is_passed_on() {
    let world = echo();
    let socket = world.joins();
    for harmless in
        [r#"{"_placeholder":false,"num":7}"#, r#"{"_placeholder":"true","num":7}"#, r#""_placeholder""#]
    {
        socket.sends(&format!(r#"451-["message",{harmless}]"#)).sends_bytes(&[1]);
        socket.expects(&format!(r#"451-["message-back",{harmless}]"#)).expects_bytes(&[1]);
    }
    // Without attachments nobody looks for placeholders.
    let placeholder = r#"{"_placeholder":true,"num":7}"#;
    socket.sends(&format!(r#"42["message",{placeholder}]"#));
    socket.expects(&format!(r#"42["message-back",{placeholder}]"#));
}

#[test]
fn text_in_place_of_an_attachment_closes_the_session() {
    for text in [r#"42["message",1]"#, "41", r#"451-["message"]"#] {
        let world = echo();
        let socket = world.joins();
        socket.sends(r#"451-["message",{"_placeholder":true,"num":0}]"#).sends(text).expects_close(NORMAL);
        world.expects_to_be_empty();
    }
}

#[test]
fn the_heartbeat_goes_on_between_attachments() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"451-["message",{"_placeholder":true,"num":0}]"#).sends("3").sends_bytes(&[1]);
    socket.expects(r#"451-["message-back",{"_placeholder":true,"num":0}]"#).expects_bytes(&[1]);
}

#[test]
fn an_attachment_that_does_not_come_in_time_closes_the_session() {
    let world = echo();
    let (slow, too_slow) = (world.joins(), world.joins());
    for socket in [&slow, &too_slow] {
        socket.sends(r#"452-["message"]"#);
    }
    world.pass(ATTACHMENT_TIMEOUT - MILLISECOND);
    slow.sends_bytes(&[1]);
    too_slow.expects_nothing();
    world.pass(MILLISECOND);
    too_slow.expects_close(NORMAL);
    world.pass(ATTACHMENT_TIMEOUT - MILLISECOND - MILLISECOND);
    slow.sends_bytes(&[2]);
    slow.expects(r#"452-["message-back"]"#).expects_bytes(&[1]).expects_bytes(&[2]);
    slow.answers_pings(true);
    world.pass(2 * ATTACHMENT_TIMEOUT);
    slow.expects_nothing();
}

#[test]
fn attachments_that_are_too_much_together_close_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"453-["message"]"#).sends_bytes(&vec![0; MAX_PAYLOAD]).sends_bytes(&vec![0; MAX_PAYLOAD]);
    socket.expects_nothing();
    socket.sends_bytes(&[0]).expects_close(NORMAL);
    world.expects_to_be_empty();
}

#[test]
fn attachments_may_come_over_the_old_transport_and_the_new_one() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends("452-[\"message\"]\x1ebAQ==");
    let socket = poller.is_upgraded();
    socket.sends_bytes(&[2]);
    socket.expects(r#"452-["message-back"]"#).expects_bytes(&[1]).expects_bytes(&[2]);
}

#[test]
fn attachments_for_a_namespace_that_was_not_joined_close_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"451-/custom,["message"]"#).sends_bytes(&[1]).expects_close(NORMAL);
    world.expects_to_be_empty();
}
