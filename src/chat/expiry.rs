//! Tokens that expire while their sockets are connected.

use std::time::Duration;

use engineio::Time;
use engineio::Timers;
use socketio::SocketKey;

/// Sockets are put out at multiples of this, so that many whose tokens expire together cost one wake-up. All that one gains
/// by it is to hear others for some seconds more: what it sends itself is refused at once.
pub const GRID: Duration = Duration::from_secs(5);

/// The moments at which sockets have to show a newer token.
#[derive(Default)]
pub struct Expiries(Timers<SocketKey>);

impl Expiries {
    /// The token of a socket expires at this moment.
    pub fn set(&mut self, socket: SocketKey, expires_at: Time) {
        let grid = GRID.as_millis() as u64;
        let at = expires_at.as_millis().div_ceil(grid).saturating_mul(grid);
        self.0.set(socket, Time::from_millis(at));
    }

    /// A socket is gone.
    pub fn cancel(&mut self, socket: SocketKey) {
        self.0.cancel(socket);
    }

    /// Removes and returns a socket that is to be put out.
    pub fn pop_due(&mut self, now: Time) -> Option<SocketKey> {
        self.0.pop_due(now)
    }

    /// The earliest moment at which there is one.
    pub fn next_deadline(&self) -> Option<Time> {
        self.0.next()
    }
}
