//! The namespaces that have sockets, and the rooms in them.

use std::collections::{BTreeSet, HashMap};

use slab::Slab;

use crate::keys::{Namespace, Room, SocketKey};

/// Every namespace that has a socket.
#[derive(Default)]
pub struct Spaces {
    spaces: Slab<Space>,
    by_name: HashMap<Namespace, usize>,
}

struct Space {
    name: Namespace,
    sockets: usize,
    rooms: HashMap<Room, BTreeSet<SocketKey>>,
}

impl Spaces {
    /// Counts one more socket of a namespace, and returns the namespace's index.
    pub fn enter(&mut self, name: &str) -> usize {
        let index = match self.by_name.get(name) {
            Some(&index) => index,
            None => {
                let name = match name {
                    "/" => Namespace::MAIN,
                    name => Namespace::new(name.to_owned()),
                };
                let space = Space { name: name.clone(), sockets: 0, rooms: HashMap::new() };
                let index = self.spaces.insert(space);
                self.by_name.insert(name, index);
                index
            }
        };
        self.spaces[index].sockets += 1;
        index
    }

    /// Counts one socket less.
    pub fn leave(&mut self, index: usize) {
        let space = &mut self.spaces[index];
        space.sockets -= 1;
        if space.sockets == 0 {
            let space = self.spaces.remove(index);
            self.by_name.remove(&space.name);
        }
    }

    /// The name of a namespace.
    pub fn name(&self, index: usize) -> &Namespace {
        &self.spaces[index].name
    }

    /// The index of a namespace; `None` if it has no socket.
    pub fn index(&self, name: &Namespace) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Puts a socket into a room.
    pub fn join(&mut self, index: usize, room: Room, socket: SocketKey) {
        self.spaces[index].rooms.entry(room).or_default().insert(socket);
    }

    /// Takes a socket out of a room.
    pub fn leave_room(&mut self, index: usize, room: &Room, socket: SocketKey) {
        let rooms = &mut self.spaces[index].rooms;
        if let Some(sockets) = rooms.get_mut(room) {
            sockets.remove(&socket);
            if sockets.is_empty() {
                rooms.remove(room);
            }
        }
    }

    /// The sockets in a room, in the order in which they asked to join the namespace.
    pub fn in_room<'a>(&'a self, index: usize, room: &str) -> impl Iterator<Item = SocketKey> + use<'a> {
        self.spaces[index].rooms.get(room).into_iter().flatten().copied()
    }
}
