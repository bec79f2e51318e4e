//! Pings, and peers that fall silent.

use std::time::Duration;

use engineio::Heartbeat;
use socketio::Departure;

use crate::support::{LIFETIME, MILLISECOND, PERIOD, START, echo, engine_config};

const NORMAL: u16 = 1000;

#[test]
fn everyone_is_pinged_at_the_same_moment() {
    let world = echo();
    let (first, poller) = (world.joins(), world.opens_polling());
    poller.joins();
    let poll = poller.polls();
    world.pass(Duration::from_secs(5));
    let second = world.joins();
    world.pass(PERIOD - Duration::from_secs(5) - MILLISECOND);
    first.expects_nothing();
    world.pass(MILLISECOND);
    first.expects("2").expects_nothing();
    second.expects("2").expects_nothing();
    poll.expects("2");
}

#[test]
fn a_ping_that_finds_no_poll_waits_for_one() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    world.pass(PERIOD);
    poller.polls().expects("2");
    poller.sends("3");
    world.pass(PERIOD);
    poller.polls().expects("2");
}

#[test]
fn a_session_that_has_just_been_opened_is_not_pinged() {
    let world = echo();
    world.pass(PERIOD / 2 + MILLISECOND);
    let late = world.joins();
    world.pass(PERIOD / 2);
    late.expects_nothing();
    world.pass(PERIOD - MILLISECOND);
    late.expects("2").sends("3").expects_nothing();
}

#[test]
fn heartbeats_fall_on_a_grid_that_follows_from_the_clock_alone() {
    let heartbeat = Heartbeat::new(&engine_config());
    assert_eq!(heartbeat.after(START), START + PERIOD);
    assert_eq!(heartbeat.after(START + MILLISECOND), START + PERIOD);
    assert_eq!(heartbeat.after(START + PERIOD), START + PERIOD * 2);
    assert_eq!(heartbeat.expiry(START), START + LIFETIME);
}

#[test]
fn a_silent_web_socket_is_closed_in_time() {
    let world = echo();
    let socket = world.joins();
    world.pass(LIFETIME - MILLISECOND);
    socket.expects("2").expects_nothing();
    world.pass(MILLISECOND);
    socket.expects_close(NORMAL);
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn a_silent_poller_is_given_up_in_time_even_if_it_polls() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    world.pass(PERIOD);
    poller.polls().expects("2");
    let poll = poller.polls();
    world.pass(LIFETIME - PERIOD - MILLISECOND);
    poll.waits();
    world.pass(MILLISECOND);
    poll.expects("1");
    poller.polls().expects_unknown_sid();
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn a_silent_poller_has_no_session_any_more_even_if_the_alarm_is_late() {
    for wants in ["poll", "post", "upgrade"] {
        let world = echo();
        let poller = world.opens_polling();
        poller.joins();
        world.oversleep(LIFETIME);
        match wants {
            "poll" => poller.polls().expects_unknown_sid(),
            "post" => poller.posts("3").expects_unknown_sid(),
            _ => {
                let (exchange, _) = world.connects(&format!("EIO=4&transport=websocket&sid={}", poller.sid));
                exchange.expects_unknown_sid();
            }
        }
        assert_eq!(world.departures(), [Departure::Lost]);
        world.expects_to_be_empty();
    }
}

#[test]
fn a_peer_that_falls_silent_between_two_heartbeats_is_closed_between_two_heartbeats() {
    let world = echo();
    let socket = world.joins();
    world.pass(Duration::from_secs(7));
    socket.sends("3");
    world.pass(LIFETIME - MILLISECOND);
    assert!(socket.is_open());
    world.pass(MILLISECOND);
    assert!(!socket.is_open());
}

#[test]
fn whoever_answers_lives_on() {
    let world = echo();
    let (socket, poller) = (world.joins(), world.opens_polling());
    poller.joins();
    for _ in 0..100 {
        let poll = poller.polls();
        world.pass(PERIOD);
        socket.expects("2").sends("3").expects_nothing();
        poll.expects("2");
        poller.sends("3");
    }
    assert_eq!(world.session_count(), 2);
}

#[test]
fn a_message_is_a_sign_of_life_as_well() {
    let world = echo();
    let socket = world.joins();
    for _ in 0..10 {
        world.pass(LIFETIME - MILLISECOND);
        socket.sends(r#"42["unheard of"]"#);
    }
    assert!(socket.is_open());
}

#[test]
fn pongs_that_the_platform_has_taken_count() {
    let world = echo();
    let (alive, silent) = (world.joins(), world.joins());
    alive.answers_pings(true);
    world.pass(Duration::from_secs(3600));
    alive.expects_nothing();
    assert!(!silent.is_open());
    alive.answers_pings(false);
    world.pass(LIFETIME + PERIOD);
    assert!(!alive.is_open());
    world.expects_to_be_empty();
}

#[test]
fn one_wake_up_serves_everyone() {
    let world = echo();
    let sockets: Vec<_> = (0..100)
        .map(|_| {
            world.pass(Duration::from_millis(97));
            world.joins()
        })
        .collect();
    for socket in &sockets {
        socket.answers_pings(true);
    }
    world.pass(PERIOD * 4);
    let before = world.ticks();
    world.pass(PERIOD * 100);
    assert_eq!(world.ticks() - before, 100);
}

#[test]
fn nobody_needs_to_be_woken_when_nobody_is_there() {
    let world = echo();
    assert_eq!(world.next_deadline(), None);
    let socket = world.joins();
    assert_eq!(world.next_deadline(), Some(START + PERIOD));
    socket.goes_away();
    assert_eq!(world.next_deadline(), None);
}

#[test]
fn a_tick_that_comes_too_early_or_too_late_does_no_harm() {
    let world = echo();
    let socket = world.joins();
    world.tick();
    socket.expects_nothing();
    world.oversleep(PERIOD * 3 / 2);
    world.tick();
    socket.expects("2").sends("3").expects_nothing();
    assert_eq!(world.next_deadline(), Some(START + PERIOD * 2));
}
