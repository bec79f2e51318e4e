//! Sequences of operations on a whole server.

use engineio::Data;

use super::script::{self, Operation};
use super::world::World;

/// Whatever clients, clock and platform do, the server keeps its promises, and forgets clients that fall silent.
pub fn operations(input: &[u8]) {
    let mut world = World::new();
    for operation in script::operations(input) {
        match operation {
            Operation::Request(request) => world.request(request),
            Operation::Text { line, text } => world.frame(line, Data::Text(&text)),
            Operation::Binary { line, bytes } => world.frame(line, Data::Binary(bytes.into())),
            Operation::Hangup { line } => world.hang_up(line),
            Operation::Abort { session } => world.abort(session),
            Operation::TogglePongs { line } => world.toggle_pongs(line),
            Operation::Pass(time) => world.pass(time),
            Operation::Oversleep(time) => world.oversleep(time),
            Operation::SetBack(time) => world.set_back(time),
            Operation::Tick => world.tick(),
            Operation::Sleep => world.sleep(),
            Operation::Announce { namespace, length } => world.announce(namespace, length),
        }
    }
    world.fall_silent();
}
