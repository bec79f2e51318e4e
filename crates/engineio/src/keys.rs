//! The names by which the layers call each other's things. Each is meaningless outside the object that made it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A WebSocket of the platform, by a number that the platform chose and may reuse once the socket is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WebSocketId(pub u32);

/// An HTTP request of the platform that waits for its response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// An Engine.IO session, valid until it is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionKey(pub(crate) usize);

/// A map by one of these names.
pub type KeyMap<K, V> = HashMap<K, V, BuildHasherDefault<KeyHasher>>;

/// Hashes the number in a name with one multiplication. The numbers are the platform's and our own: there is nobody who could
/// choose them so that they collide, and they are looked up for every frame and, in a heartbeat, for everybody.
#[derive(Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio, which spreads numbers that follow one another.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
