//! Tokens that expire while their sockets are connected.

use std::time::Duration;

use engineio::{Context, Time, Timers};
use socketio::{Actions, SocketKey};

use super::parts::{Departed, Part};
use super::{Chat, Settings, door};
use crate::storage::{Storage, StorageError};

/// Sockets are disconnected at multiples of this, so that many tokens that expire together cost one wake-up. Until then a
/// client hears others for some seconds more, but whatever it sends is refused at once.
pub const GRID: Duration = Duration::from_secs(5);

/// The moments by which sockets have to show a newer token.
#[derive(Default)]
pub struct Expiries(Timers<SocketKey>);

impl Expiries {
    /// Sets the expiry of a socket's token.
    pub fn set(&mut self, socket: SocketKey, expires_at: Time) {
        let grid = GRID.as_millis() as u64;
        let at = expires_at.as_millis().div_ceil(grid).saturating_mul(grid);
        self.0.set(socket, Time::from_millis(at));
    }
}

impl<S: Storage + Clone> Part<S> for Expiries {
    fn open(_storage: &S, _settings: &Settings) -> Result<Self, StorageError> {
        Ok(Self::default())
    }

    fn joined(room: &mut Chat<S>, _cx: &mut Context<'_>, socket: SocketKey, _actions: &mut Actions) {
        Self::restored(room, socket);
    }

    fn restored(room: &mut Chat<S>, socket: SocketKey) {
        if let Some(member) = room.members.get(socket) {
            room.parts.expiry.set(socket, member.expires_at);
        }
    }

    fn left(room: &mut Chat<S>, _cx: &mut Context<'_>, departed: &Departed, _actions: &mut Actions) {
        room.parts.expiry.0.cancel(departed.socket);
    }

    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
        while let Some(socket) = room.parts.expiry.0.pop_due(cx.now) {
            door::expire(room, cx, socket, actions);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.0.next()
    }
}
