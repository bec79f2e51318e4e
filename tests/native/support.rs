//! Support for scripted exchanges: a world with a clock of its own, clients, an echo, and SQLite.

pub mod client;
pub mod echo;
pub mod room;
pub mod sqlite;
pub mod world;

use std::time::Duration;

use engineio::Entropy;
use engineio::Query;
use engineio::Time;
use socketio::{Application, HandshakeParts, Server};

use natter_echo::Echo;
use world::World;

/// The moment at which every test begins. A heartbeat would fall on it.
pub const START: Time = Time::from_millis(1_800_000_000_000);

pub const PING_INTERVAL: Duration = Duration::from_secs(25);
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a silent peer is believed to be alive.
pub const LIFETIME: Duration = Duration::from_secs(45);
/// The time between two heartbeats.
pub const PERIOD: Duration = Duration::from_millis(22_500);
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
pub const MAX_PAYLOAD: usize = 10_000;
pub const MAX_QUEUE: usize = 4 * MAX_PAYLOAD;
pub const MILLISECOND: Duration = Duration::from_millis(1);

pub fn engine_config() -> engineio::Config {
    engineio::Config {
        ping_interval: PING_INTERVAL,
        ping_timeout: PING_TIMEOUT,
        max_payload: MAX_PAYLOAD,
        upgrade_timeout: UPGRADE_TIMEOUT,
        max_queue: MAX_QUEUE,
    }
}

pub fn socket_config() -> socketio::Config {
    socketio::Config {
        handshake: HandshakeParts::default(),
        connect_timeout: CONNECT_TIMEOUT,
        max_attachment_bytes: 2 * MAX_PAYLOAD,
    }
}

pub fn server<A: Application>(application: A) -> Server<A> {
    Server::new(engine_config(), socket_config(), application)
}

/// A world with the echo in it.
pub fn echo() -> World<Server<Echo>> {
    World::new(server(Echo::default()))
}

/// The query of a URL, whose values need no decoding.
pub fn query(text: &str) -> Query {
    Query::from_pairs(text.split('&').filter_map(|pair| pair.split_once('=')))
}

/// Numbers that look random, and are the same in every run (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.roll().to_le_bytes()[..chunk.len()]);
        }
    }
}
