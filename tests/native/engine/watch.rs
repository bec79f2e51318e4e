//! Clients that poll, and whose end somebody waits to hear of.

use engineio::{POLL_ABSENCE, POLL_HOLD};
use socketio::Departure;
use socketio::Server;

use crate::support::client::Poller;
use crate::support::world::World;
use crate::support::{MILLISECOND, UPGRADE_TIMEOUT, echo};
use natter_echo::Echo;

const WATCH: &str = r#"42["watch",true]"#;
const LOSE_SIGHT: &str = r#"42["watch",false]"#;

fn joined() -> (World<Server<Echo>>, Poller<Server<Echo>>) {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    (world, poller)
}

fn watched() -> (World<Server<Echo>>, Poller<Server<Echo>>) {
    let (world, poller) = joined();
    poller.sends(WATCH);
    (world, poller)
}

#[test]
fn a_watched_client_gets_its_poll_back_in_time_and_stays_if_it_polls_again_in_time() {
    let (world, poller) = watched();
    for _ in 0..2 {
        let poll = poller.polls();
        world.pass(POLL_HOLD - MILLISECOND);
        poll.waits();
        world.pass(MILLISECOND);
        poll.expects("6");
        world.pass(POLL_ABSENCE - MILLISECOND);
    }
    assert_eq!(world.departures(), []);
}

#[test]
fn a_watched_client_that_does_not_poll_again_is_lost_since_its_last_poll() {
    for is_answered_early in [false, true] {
        let (world, poller) = watched();
        world.pass(POLL_HOLD);
        let since = world.now();
        let poll = poller.polls();
        if is_answered_early {
            world.joins().sends(r#"42["everyone",1]"#);
            poll.expects(r#"42["everyone",1]"#);
        }
        world.pass(POLL_HOLD + POLL_ABSENCE - MILLISECOND);
        assert!(poll.is_answered());
        assert_eq!(world.departures(), []);
        world.pass(MILLISECOND);
        assert_eq!(world.departures(), [Departure::Absent { since }]);
        poller.polls().expects_unknown_sid();
    }
}

#[test]
fn a_poll_that_was_open_when_the_watch_began_may_be_followed_by_another_one() {
    let (world, poller) = joined();
    let poll = poller.polls();
    world.pass(POLL_HOLD + POLL_ABSENCE);
    poll.waits();
    let since = world.now();
    poller.sends(WATCH);
    world.pass(POLL_HOLD - MILLISECOND);
    poll.waits();
    world.pass(MILLISECOND);
    poll.expects("6");
    world.pass(POLL_ABSENCE - MILLISECOND);
    assert_eq!(world.departures(), []);
    world.pass(MILLISECOND);
    assert_eq!(world.departures(), [Departure::Absent { since }]);
    world.expects_to_be_empty();
}

#[test]
fn a_client_whose_poll_comes_back_late_has_the_same_time_for_the_next_one() {
    let (world, poller) = watched();
    let poll = poller.polls();
    world.oversleep(3 * POLL_HOLD);
    world.tick();
    poll.expects("6");
    world.pass(POLL_ABSENCE - MILLISECOND);
    poller.polls().waits();
    assert_eq!(world.departures(), []);
}

#[test]
fn a_watched_client_that_posts_is_alive() {
    let (world, poller) = watched();
    world.pass(POLL_HOLD + POLL_ABSENCE - MILLISECOND);
    poller.sends("3");
    let since = world.now();
    world.pass(POLL_HOLD + POLL_ABSENCE - MILLISECOND);
    assert_eq!(world.departures(), []);
    world.pass(MILLISECOND);
    assert_eq!(world.departures(), [Departure::Absent { since }]);
}

#[test]
fn a_watch_that_begins_twice_is_one() {
    let (world, poller) = watched();
    let since = world.now();
    world.pass(POLL_HOLD);
    // Not by a post, which would be a sign of life.
    world.apply(|echo, _, actions| echo.watch_all(true, actions));
    world.pass(POLL_ABSENCE);
    assert_eq!(world.departures(), [Departure::Absent { since }]);
    poller.polls().expects_unknown_sid();
}

#[test]
fn an_upgrade_takes_as_long_as_it_may() {
    let (world, poller) = watched();
    let poll = poller.polls();
    let socket = poller.upgrades();
    socket.sends("2probe").expects("3probe");
    poll.expects("6");
    world.pass(UPGRADE_TIMEOUT - MILLISECOND);
    assert_eq!(world.departures(), []);
    socket.sends("5");
    world.pass(2 * (POLL_HOLD + POLL_ABSENCE));
    socket.sends(r#"42["message",1]"#);
    assert!(world.departures().is_empty() && socket.is_open());
}

#[test]
fn a_client_that_dies_while_it_upgrades_is_lost_since_it_was_last_heard_of() {
    let (world, poller) = watched();
    let socket = poller.upgrades();
    world.pass(MILLISECOND);
    let since = world.now();
    socket.sends("2probe");
    world.pass(MILLISECOND);
    socket.goes_away();
    world.pass(POLL_HOLD + POLL_ABSENCE);
    assert_eq!(world.departures(), [Departure::Absent { since }]);
    world.expects_to_be_empty();
}

#[test]
fn a_client_that_nobody_watches_may_hold_its_poll_or_have_none() {
    let unwatched = joined();
    let no_more = watched();
    no_more.1.sends(LOSE_SIGHT);
    let left = watched();
    left.1.sends("41\x1e40").polls().expects_ok();
    let put_out = watched();
    put_out.1.sends("42[\"put-me-out\"]\x1e40").polls().expects_ok();
    for (world, poller) in [unwatched, no_more, left, put_out] {
        let departures = world.departures();
        let deadline = world.next_deadline().expect("a heartbeat");
        assert!(deadline > world.now() + POLL_HOLD + POLL_ABSENCE, "nothing else is due: {deadline}");
        world.pass(POLL_HOLD + POLL_ABSENCE);
        let poll = poller.polls();
        world.pass(POLL_HOLD);
        poll.waits();
        assert_eq!(world.departures(), departures);
    }
}

#[test]
fn a_session_is_watched_for_as_long_as_one_of_its_sockets_is() {
    let (world, poller) = watched();
    poller.sends("40/custom,\x1e42/custom,[\"watch\",true]").polls().expects_ok();
    let poll = poller.polls();
    poller.sends(r#"42["watch",false]"#);
    world.pass(POLL_HOLD);
    poll.expects("6");
    poller.sends("41/custom,");
    let poll = poller.polls();
    world.pass(POLL_HOLD);
    poll.waits();
}

#[test]
fn a_client_with_a_web_socket_is_not_watched() {
    let (world, poller) = watched();
    poller.is_upgraded();
    let socket = world.joins();
    socket.sends(WATCH);
    let deadline = world.next_deadline().expect("a heartbeat");
    assert!(deadline > world.now() + POLL_HOLD + POLL_ABSENCE, "nothing else is due: {deadline}");
}

#[test]
fn a_session_that_the_server_has_closed_waits_for_its_poll_unwatched() {
    let (world, poller) = watched();
    poller.sends("4garbage");
    world.pass(2 * (POLL_HOLD + POLL_ABSENCE));
    poller.polls().expects("1");
    world.expects_to_be_empty();
}
