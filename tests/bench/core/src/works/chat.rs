//! A room of 1,000 users with a WebSocket each, from the incoming frame to the outgoing effects.

use std::hint::black_box;
use std::time::Duration;

use engineio::Input;
use engineio::WebSocketId;
use socketio::Outcome;

use crate::room::{ANNOUNCEMENT, Room, deliveries};
use crate::{Step, measured};

pub const CROWD: u32 = 1000;

/// The time between two events of a user, as the rate limits permit it.
pub const MOMENT: Duration = Duration::from_millis(1);

const ADA: WebSocketId = WebSocketId(0);
const NEWCOMER: WebSocketId = WebSocketId(CROWD);

pub fn send_message() -> Step {
    let text = "How are you today? The weather is fine here, and so am I.";
    says(format!(r#"42["send_message",{{"text":"{text}"}}]"#), CROWD as usize)
}

pub fn send_message_with_ack() -> Step {
    let text = "How are you today? The weather is fine here, and so am I.";
    let packet = format!(r#"4217["send_message",{{"text":"{text}","clientId":"b4f1c2d8"}}]"#);
    says(packet, CROWD as usize + 1)
}

pub fn load_history() -> Step {
    says(r#"4217["load_history",{"limit":50}]"#.to_owned(), 1)
}

/// Measures an event from one of the crowd, which leads to this many deliveries.
fn says(packet: String, reached: usize) -> Step {
    let mut room = Room::with_crowd(CROWD);
    let mut say = move || {
        room.pass(MOMENT);
        room.frame(ADA, black_box(&packet))
    };
    assert_eq!(deliveries(&say()), reached);
    measured(say)
}

/// Measures another user who connects, gets the history and the user list, and disconnects.
pub fn come_and_go() -> Step {
    let mut room = Room::with_crowd(CROWD);
    let packet = room.connect_packet("newcomer");
    let mut come_and_go = move || {
        room.pass(MOMENT);
        let welcome = room.connect(NEWCOMER, black_box(&packet));
        let there = room.clients();
        room.part(NEWCOMER);
        (welcome, there, room.clients())
    };
    let (welcome, there, left) = come_and_go();
    assert_eq!((deliveries(&welcome), there, left), (3, CROWD as usize + 1, CROWD as usize));
    measured(come_and_go)
}

/// Measures another user who connects and disconnects, with a user list to everyone for both.
pub fn announce_presence() -> Step {
    let mut room = Room::with_crowd(CROWD);
    let packet = room.connect_packet("newcomer");
    let mut announce = move || {
        room.connect(NEWCOMER, black_box(&packet));
        room.pass(ANNOUNCEMENT);
        let with = room.announces();
        room.part(NEWCOMER);
        room.pass(ANNOUNCEMENT);
        (with, room.announces())
    };
    let (with, without) = announce();
    assert_eq!((deliveries(&with), deliveries(&without)), (CROWD as usize + 1, CROWD as usize));
    measured(announce)
}

/// Measures a heartbeat for everyone, after answers to the previous one.
pub fn beat() -> Step {
    let mut room = Room::with_crowd(CROWD);
    let mut beat = move || -> Outcome {
        // The platform has received the pongs.
        let at = room.pass(Duration::from_secs(30));
        room.handle(Input::Tick { last_pong: &|_| Some(at) })
    };
    for _ in 0..3 {
        assert_eq!(deliveries(&beat()), CROWD as usize);
    }
    measured(beat)
}
