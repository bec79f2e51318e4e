//! Answers to events, in both directions.

use crate::support::{MILLISECOND, echo};
use natter_echo::ANSWER_TIMEOUT;

const NORMAL: u16 = 1000;

/// How many events a socket may leave unanswered.
const MAX_UNANSWERED: usize = 1_000;

#[test]
fn an_event_is_answered_under_its_id() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42456["message-with-ack",1,"2",{"3":[false]}]"#).expects(r#"43456[1,"2",{"3":[false]}]"#);
    socket.sends(r#"420["message-with-ack"]"#).expects("430[]").expects_nothing();
}

#[test]
fn an_event_in_a_namespace_is_answered_there() {
    let world = echo();
    let socket = world.opens_web_socket();
    socket.joins("/custom");
    socket.expects(r#"42/custom,["auth",{}]"#);
    socket.sends(r#"42/custom,1["message-with-ack",1]"#).expects("43/custom,1[1]").expects_nothing();
}

#[test]
fn whoever_wants_no_answer_gets_none() {
    let world = echo();
    world.joins().sends(r#"42["message-with-ack",1]"#).expects_nothing();
}

#[test]
fn a_client_answers_the_server() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["emit-with-ack",1,"2"]"#).expects(r#"420["emit-with-ack",1,"2"]"#);
    socket.sends("430[1,\"2\"]").expects(r#"42["emit-with-ack",1,"2"]"#).expects_nothing();
    world.pass(ANSWER_TIMEOUT);
    socket.expects_nothing();
    assert_eq!(world.with_application(|echo| echo.answers.clone()), [(0, Some(r#"[1,"2"]"#.to_owned()))]);
}

#[test]
fn answers_may_come_in_any_order() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["emit-with-ack","first"]"#).expects(r#"420["emit-with-ack","first"]"#);
    socket.sends(r#"42["emit-with-ack","second"]"#).expects(r#"421["emit-with-ack","second"]"#);
    socket.sends(r#"431["second"]"#).expects(r#"42["emit-with-ack","second"]"#);
    socket.sends(r#"430["first"]"#).expects(r#"42["emit-with-ack","first"]"#).expects_nothing();
}

#[test]
fn an_answer_with_attachments_arrives_whole() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["emit-with-ack"]"#).expects(r#"420["emit-with-ack"]"#);
    socket.sends(r#"461-0[{"_placeholder":true,"num":0}]"#).expects_nothing();
    socket.sends_bytes(&[1, 2, 3]);
    socket.expects(r#"451-["emit-with-ack",{"_placeholder":true,"num":0}]"#).expects_bytes(&[1, 2, 3]);
}

#[test]
fn an_answer_that_nobody_waits_for_is_ignored() {
    let world = echo();
    let socket = world.joins();
    socket.sends("430[]").sends("437[1]").expects_nothing();
    socket.sends(r#"42["emit-with-ack"]"#).expects(r#"420["emit-with-ack"]"#);
    socket.sends("430[]").expects(r#"42["emit-with-ack"]"#);
    // A second time.
    socket.sends("430[]").expects_nothing();
}

#[test]
fn an_answer_that_does_not_come_in_time_is_given_up() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["emit-with-ack"]"#).expects(r#"420["emit-with-ack"]"#);
    world.pass(ANSWER_TIMEOUT - MILLISECOND);
    socket.expects_nothing();
    world.pass(MILLISECOND);
    socket.expects(r#"42["emit-with-ack-timeout"]"#);
    socket.sends("430[]").expects_nothing();
    assert_eq!(world.with_application(|echo| echo.answers.clone()), [(0, None)]);
}

#[test]
fn one_client_cannot_answer_for_another() {
    let world = echo();
    let (asked, other) = (world.joins(), world.joins());
    asked.sends(r#"42["emit-with-ack"]"#).expects(r#"420["emit-with-ack"]"#);
    other.sends("430[1]").expects_nothing();
    asked.expects_nothing();
    asked.sends("430[2]").expects(r#"42["emit-with-ack",2]"#);
}

#[test]
fn questions_to_a_client_that_is_gone_are_forgotten() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["ask",10]"#);
    assert_eq!(socket.takes_all().len(), 10);
    socket.goes_away();
    world.expects_to_be_empty();
    // Neither does whoever gets their place inherit them.
    let heir = world.joins();
    world.pass(ANSWER_TIMEOUT);
    heir.expects_nothing();
    assert_eq!(world.with_application(|echo| echo.answers.len()), 0);
}

#[test]
fn questions_to_a_socket_that_is_put_out_are_forgotten() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["ask",1]"#).expects(r#"420["question"]"#);
    socket.sends(r#"42["put-me-out"]"#).expects("41");
    socket.joins("/");
    socket.expects(r#"42["auth",{}]"#);
    socket.sends("430[1]").expects_nothing();
    world.pass(ANSWER_TIMEOUT);
    assert_eq!(world.with_application(|echo| echo.answers.len()), 0);
}

#[test]
fn whoever_leaves_too_many_questions_unanswered_is_cut_off() {
    let world = echo();
    let socket = world.joins();
    socket.sends(&format!(r#"42["ask",{MAX_UNANSWERED}]"#));
    assert_eq!(socket.takes_all().len(), MAX_UNANSWERED);
    socket.sends("435[]").expects(r#"42["emit-with-ack"]"#);
    socket.sends(r#"42["ask",1]"#).expects(&format!(r#"42{MAX_UNANSWERED}["question"]"#));
    socket.sends(r#"42["ask",2]"#).expects_close(NORMAL);
    world.expects_to_be_empty();
}
