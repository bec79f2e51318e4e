//! Rooms, and the sessions that an event is sent to.

use std::collections::BTreeSet;

use engineio::SessionKey;

use super::{NO_SPACE, Place, Socket, Sockets};
use crate::actions::Selection;
use crate::keys::{Namespace, Room, SocketKey};

/// The most bytes of room names that a socket may have: they are stored with it.
pub(crate) const MAX_ROOM_BYTES: usize = 4_096;

impl Sockets {
    /// Puts a socket into a room. Returns whether that was possible: not if the socket has not joined, or has too many rooms.
    pub fn join(&mut self, key: SocketKey, room: Room) -> bool {
        let Some(Socket { space, place: Place::Joined(joined), .. }) = self.get_mut(key) else {
            return false;
        };
        if joined.rooms.contains(&room) {
            return true;
        }
        let bytes: usize = joined.rooms.iter().map(|room| room.len()).sum();
        if bytes + room.len() > MAX_ROOM_BYTES {
            return false;
        }
        joined.rooms.push(room.clone());
        let space = *space;
        self.spaces.join(space, room, key);
        true
    }

    /// Takes a socket out of a room.
    pub fn leave_room(&mut self, key: SocketKey, room: &Room) {
        let Some(Socket { space, place: Place::Joined(joined), .. }) = self.get_mut(key) else { return };
        joined.rooms.retain(|it| it != room);
        let space = *space;
        self.spaces.leave_room(space, room, key);
    }

    /// The sessions of the sockets that have joined a namespace.
    pub fn members(&self, namespace: &Namespace) -> impl Iterator<Item = SessionKey> + Clone + '_ {
        let space = self.spaces.index(namespace).unwrap_or(NO_SPACE);
        self.sockets.iter().filter(move |(_, socket)| socket.reach == space).map(|(_, socket)| socket.session)
    }

    /// The sessions of the sockets that are selected, each once.
    pub fn selected(&self, selection: &Selection) -> Vec<SessionKey> {
        let Some(space) = self.spaces.index(&selection.namespace) else { return Vec::new() };
        let in_rooms = |rooms: &[Room]| -> BTreeSet<SocketKey> {
            rooms.iter().flat_map(|room| self.spaces.in_room(space, room)).collect()
        };
        let excepted = in_rooms(&selection.except_rooms);
        let is_wanted = |key: &SocketKey| Some(*key) != selection.except && !excepted.contains(key);
        if selection.rooms.is_empty() {
            let members = self.sockets.iter().map(|(_, socket)| socket);
            let members = members.filter(|socket| socket.reach == space);
            members.filter(|socket| is_wanted(&socket.key)).map(|socket| socket.session).collect()
        } else {
            let wanted = in_rooms(&selection.rooms).into_iter().filter(is_wanted);
            wanted.filter_map(|key| self.session_of(key)).collect()
        }
    }
}
