//! Applications made of handlers, over WebSockets that exist only here.

mod payloads;
mod recovery;
mod rooms;
mod sockets;
mod world;
