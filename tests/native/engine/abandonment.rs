//! Clients that come and never come back.

use std::time::Duration;

use socketio::Departure;

use crate::support::echo;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn of_ten_thousand_abandoned_sessions_none_is_left_an_hour_later() {
    const COUNT: usize = 10_000;
    let world = echo();
    let mut polls = Vec::new();
    for index in 0..COUNT {
        let poller = world.opens_polling();
        // Some only knock, some join, some leave a poll open, some begin an upgrade, some are closed by the server.
        match index % 5 {
            0 => {}
            1 => drop(poller.sends("40")),
            2 => polls.push(poller.joins().polls()),
            3 => drop(poller.joins().upgrades().sends("2probe")),
            _ => drop(poller.sends("40").sends("4garbage")),
        }
        if index % 10 == 9 {
            world.pass(Duration::from_millis(10));
        }
    }
    assert_eq!(world.session_count(), COUNT);
    assert_eq!(world.socket_count(), 3 * COUNT / 5);
    world.pass(HOUR);
    assert!(polls.iter().all(|poll| poll.is_answered()));
    assert_eq!(world.departures(), vec![Departure::Lost; 4 * COUNT / 5]);
    world.expects_to_be_empty();
}

#[test]
fn of_a_thousand_web_sockets_that_fall_silent_none_is_left_an_hour_later() {
    let world = echo();
    for index in 0..1000 {
        let socket = world.opens_web_socket();
        if index % 2 == 0 {
            socket.joins("/");
        }
        world.pass(Duration::from_millis(10));
    }
    world.pass(HOUR);
    world.expects_to_be_empty();
}

#[test]
fn a_crowd_that_leaves_one_by_one_is_given_up_in_a_few_steps() {
    let world = echo();
    for _ in 0..5000 {
        world.opens_polling().joins();
        world.pass(Duration::from_millis(1));
    }
    let before = world.ticks();
    world.pass(HOUR);
    world.expects_to_be_empty();
    assert!(world.ticks() - before < 20, "{} ticks", world.ticks() - before);
}
