//! The interface between a server and the shell that drives it.

use engineio::{Context, Effect, Input, Time, WebSocketId};

/// A server that a Durable Object's shell drives.
pub trait Service {
    /// Handles one input.
    fn handle(&mut self, cx: &mut Context<'_>, input: Input<'_>) -> Outcome;

    /// Returns the earliest moment at which [`Input::Tick`] is due.
    fn next_deadline(&self) -> Option<Time>;

    /// Returns the part of [`Service::next_deadline`] that is worth waking up for, but not worth staying awake for.
    fn next_heartbeat(&self) -> Option<Time>;

    /// Restores the session of a WebSocket that outlived the object's memory from what was stored with it.
    ///
    /// `heard_at` is when its client was last heard of, as far as the platform knows. Returns whether that was possible; if
    /// not, the WebSocket is of no use any more.
    fn restore(&mut self, now: Time, socket: WebSocketId, heard_at: Option<Time>, stored: &str) -> bool;

    /// The platform refused to store the state of a WebSocket, because it is too large. Unless the session ended now, it would come
    /// back from hibernation in an earlier state.
    fn state_refused(&mut self, cx: &mut Context<'_>, socket: WebSocketId) -> Outcome {
        self.handle(cx, Input::SocketClosed { socket })
    }

    /// The alarm has gone off; [`Input::Tick`] follows.
    fn alarm_fired(&mut self, now: Time);
}

/// The consequences of one input.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Effects for the platform, in order.
    pub effects: Vec<Effect>,
    /// States to store with WebSockets for [`Service::restore`], in place of earlier ones.
    pub stored: Vec<(WebSocketId, String)>,
    /// Lines for the operator's log.
    pub log: Vec<String>,
}
