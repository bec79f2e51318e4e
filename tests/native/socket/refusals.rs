//! Events that are framed as they should be and cannot be accepted: each is refused, and the session goes on.

use socketio::Server;

use crate::support::client::Socket;
use crate::support::echo;
use natter_echo::Echo;

const NO_TEXT: &str = "\u{fffd}";
const PLACEHOLDER: &str = r#"{"_placeholder":true,"num":0}"#;

fn deep(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// The session is whole, and has nothing else to say.
#[track_caller]
fn goes_on(socket: &Socket<Server<Echo>>) {
    socket.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#).expects_nothing();
}

#[test]
fn a_name_that_is_no_text_is_refused() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["\ud83d",1]"#).expects(&format!(r#"42["refused","{NO_TEXT}","Name"]"#));
    socket.sends(r#"427["\ud83d",1]"#).expects(&format!(r#"437["{NO_TEXT}","Name"]"#));
    goes_on(&socket);
}

#[test]
fn arguments_that_are_nested_too_deep_are_refused() {
    let world = echo();
    let socket = world.joins();
    for depth in [64, 65, 4_000] {
        socket.sends(&format!(r#"42["everyone",{}]"#, deep(depth)));
        socket.expects(r#"42["refused","everyone","TooDeep"]"#);
        socket.sends(&format!(r#"4212["message-with-ack",{}]"#, deep(depth)));
        socket.expects(r#"4312["message-with-ack","TooDeep"]"#);
    }
    goes_on(&socket);
}

#[test]
fn the_attachments_of_a_refused_event_are_taken_and_the_answer_follows_the_last() {
    let world = echo();
    let (socket, poller) = (world.joins(), world.opens_polling());
    poller.joins();
    for (event, answer) in [
        (format!(r#"452-3["\ud83d",{PLACEHOLDER}]"#), format!(r#"433["{NO_TEXT}","Name"]"#)),
        (format!(r#"452-3["everyone",{}]"#, deep(100)), r#"433["everyone","TooDeep"]"#.to_owned()),
    ] {
        socket.sends(&event).expects_nothing();
        socket.sends_bytes(&[1]).expects_nothing();
        socket.sends("bAg").expects(&answer);
        goes_on(&socket);
        poller.sends(&format!("{event}\x1ebAQ\x1ebAg\x1e42[\"message\",1]"));
        poller.polls().expects(&format!("{answer}\x1e42[\"message-back\",1]"));
    }
}

#[test]
fn a_refused_event_reaches_nobody_else() {
    let world = echo();
    let (socket, other) = (world.joins(), world.joins());
    socket.sends(&format!(r#"42["everyone",{}]"#, deep(100)));
    socket.sends(&format!(r#"451-["everyone",{PLACEHOLDER},{}]"#, deep(100))).sends_bytes(&[1]);
    socket.sends(r#"42["every\ud83done"]"#);
    assert_eq!(socket.takes_all().len(), 3);
    other.expects_nothing();
}

#[test]
fn the_limits_of_attachments_hold_for_refused_events_as_well() {
    let world = echo();
    let event = format!(r#"453-["everyone",{}]"#, deep(100));
    let too_many = world.joins();
    too_many.sends(&event.replace("453-", "4511-")).expects_close(1000);
    let too_large = world.joins();
    too_large.sends(&event);
    for _ in 0..2 {
        too_large.sends_bytes(&[0; crate::support::MAX_PAYLOAD]).expects_nothing();
    }
    too_large.sends_bytes(&[0]).expects_close(1000);
    let text_between = world.joins();
    text_between.sends(&event).sends(r#"42["message",1]"#).expects_close(1000);
    let too_slow = world.joins();
    too_slow.sends(&event);
    world.pass(std::time::Duration::from_secs(10));
    too_slow.expects_close(1000);
    world.expects_to_be_empty();
}

#[test]
fn a_refused_event_of_a_namespace_that_was_not_joined_closes_the_session() {
    for event in [r#"42/custom,["\ud83d"]"#.to_owned(), format!(r#"42/custom,["a",{}]"#, deep(100))] {
        let world = echo();
        world.joins().sends(&event).expects_close(1000);
        world.expects_to_be_empty();
    }
}

#[test]
fn attachments_come_with_strings_that_are_no_text_and_numbers_that_no_type_holds() {
    let world = echo();
    let (socket, other) = (world.joins(), world.joins());
    for rest in [
        r#"{"text":"cut \ud83d","thumb":{"_placeholder":true,"num":0}}"#,
        r#"{"\udf89":{"_placeholder":true,"num":0}}"#,
        r#"{"_placeholder":true,"num":0,"\ud83d":1}"#,
        r#"{"size":1e999,"thumb":{"_placeholder":true,"num":0}}"#,
    ] {
        socket.sends(&format!(r#"451-["everyone",{rest}]"#)).sends_bytes(&[1]);
        for socket in [&socket, &other] {
            socket.expects(&format!(r#"451-["everyone",{rest}]"#)).expects_bytes(&[1]).expects_nothing();
        }
    }
}

#[test]
fn an_answer_may_hold_strings_that_are_no_text() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["emit-with-ack"]"#).expects(r#"420["emit-with-ack"]"#);
    socket.sends(r#"461-0["\ud83d",{"_placeholder":true,"num":0}]"#).sends_bytes(&[1]);
    socket.expects(r#"451-["emit-with-ack","\ud83d",{"_placeholder":true,"num":0}]"#).expects_bytes(&[1]);
    goes_on(&socket);
}

#[test]
fn a_placeholder_is_recognised_however_it_is_written() {
    for illegal in [
        r#"{"\u005fplaceholder":true,"num":1}"#,
        r#"{"_placeholder":true,"\u006eum":1,"text":"\ud83d"}"#,
        r#"{"num":1,"_placeholder":true}"#,
        r#"{ "_placeholder" : true , "num" : 1 }"#,
        r#"{"_placeholder":false,"_placeholder":true,"num":1}"#,
        r#"{"_placeholder":true,"num":0,"num":1}"#,
        r#"{"_placeholder":true,"num":18446744073709551616}"#,
        r#"{"_placeholder":true,"num":1e999}"#,
        r#"{"_placeholder":true,"num":[0]}"#,
        r#"{"_placeholder":true,"num":{"num":0}}"#,
        r#"{"a":"}","b":"\"","c":[{"d":{"_placeholder":true,"num":1}}]}"#,
    ] {
        let world = echo();
        let socket = world.joins();
        socket.sends(&format!(r#"451-["message",{illegal}]"#)).sends_bytes(&[1]).expects_close(1000);
        world.expects_to_be_empty();
    }
    let world = echo();
    let socket = world.joins();
    for harmless in [
        r#"{"\u005fplaceholder":true,"num":0}"#,
        r#"{ "_placeholder" : true , "num" : 0 }"#,
        r#"{"_placeholder":true,"_placeholder":false,"num":1}"#,
        r#"{"_placeholder":true,"num":1,"num":0}"#,
        r#"{"a":{"_placeholder":true,"num":0},"num":1}"#,
        r#"["_placeholder",true,"num",1]"#,
        r#"{"a":"_placeholder","b":true,"num":1}"#,
        r#"{"_placeholder":[true],"num":1}"#,
        r#"{"a":"{\"_placeholder\":true,\"num\":1}"}"#,
    ] {
        socket.sends(&format!(r#"451-["message",{harmless}]"#)).sends_bytes(&[1]);
        socket.expects(&format!(r#"451-["message-back",{harmless}]"#)).expects_bytes(&[1]);
    }
    goes_on(&socket);
}
