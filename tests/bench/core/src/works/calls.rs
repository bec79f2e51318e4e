//! A call from the offer to hanging up: the state machine alone, and through the whole server.

use std::hint::black_box;

use engineio::Time;
use engineio::WebSocketId;
use natter::chat::calls::call::{Call, Step as After};
use natter::chat::calls::signal::Content;
use natter::chat::calls::signal::SignalKind;
use natter::chat::calls::{Party, User};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::chat::{CROWD, MOMENT};
use crate::room::{Room, deliveries};
use crate::{Step, measured};

/// The approximate length of a browser's offer for audio and video, in bytes.
const LINES_OF_AN_OFFER: usize = 120;

pub fn state_machine() -> Step {
    let content = |json: &RawValue| Content::new(json, &[]);
    let (offer, candidate) = (content(&description("offer")), content(&candidate()));
    let (ada, ben) = (party("ada"), party("ben"));
    let now = Time::from_millis(1_800_000_000_000);
    let talk = move || {
        let mut sends = Vec::new();
        let sids = vec![ben.sid.clone()];
        let offer = || Some(offer.clone());
        let candidate = || Some(candidate.clone());
        let mut call = Call::begin(now, ada.clone(), ben.user.clone(), sids, offer(), &mut sends);
        let steps = [
            call.signal(now, &ada, SignalKind::Candidate, candidate(), &mut sends),
            call.signal(now, &ben, SignalKind::Answer, offer(), &mut sends),
            call.signal(now, &ada, SignalKind::Candidate, candidate(), &mut sends),
            call.signal(now, &ben, SignalKind::Candidate, candidate(), &mut sends),
            call.signal(now, &ada, SignalKind::End, None, &mut sends),
        ];
        (steps, sends)
    };
    let (steps, sends) = talk();
    assert_eq!(
        steps.map(Result::ok),
        [After::Stays, After::Changes, After::Stays, After::Stays, After::Ends].map(Some)
    );
    // Offer, answer, three candidates and the end.
    assert_eq!(sends.len(), 6);
    measured(talk)
}

pub fn call() -> Step {
    let mut room = Room::with_crowd(CROWD);
    let (ada, ben) = (WebSocketId(0), WebSocketId(1));
    let (offer, answer, candidate) = (description("offer"), description("answer"), candidate());
    let signals = [
        (ada, event("call_user", json!({ "to": "user1", "offer": offer }))),
        (ada, event("ice_candidate", json!({ "to": "user1", "candidate": candidate }))),
        (ben, event("call_answer", json!({ "to": "user0", "answer": answer }))),
        (ada, event("ice_candidate", json!({ "to": "user1", "candidate": candidate }))),
        (ben, event("ice_candidate", json!({ "to": "user0", "candidate": candidate }))),
        (ada, event("end_call", json!({ "to": "user1" }))),
    ];
    let mut talk = move || -> usize {
        let outcomes = signals.iter().map(|(socket, packet)| {
            room.pass(MOMENT);
            deliveries(&black_box(room.frame(*socket, black_box(packet))))
        });
        outcomes.sum()
    };
    // The frames of the state machine, and an acknowledgement of every event.
    assert_eq!(talk(), 6 + 6);
    measured(talk)
}

fn party(name: &str) -> Party {
    Party { user: User { key: name.into(), name: name.into() }, sid: format!("{name}-session-0001").into() }
}

/// Returns a session description.
fn description(kind: &str) -> Box<RawValue> {
    let sdp = "a=rtpmap:96 VP8/90000\r\n".repeat(LINES_OF_AN_OFFER);
    to_raw_value(&json!({ "type": kind, "sdp": sdp })).expect("JSON")
}

fn candidate() -> Box<RawValue> {
    to_raw_value(&json!({
        "candidate": "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0",
        "sdpMid": "0",
        "sdpMLineIndex": 0,
    }))
    .expect("JSON")
}

/// Returns an event with an acknowledgement id.
fn event(name: &str, argument: serde_json::Value) -> String {
    format!("427{}", json!([name, argument]))
}
