//! Engine.IO: scripted exchanges.

mod abandonment;
mod base64;
mod handshake;
mod heartbeat;
mod polling;
mod restoring;
mod upgrade;
mod watch;
mod web_socket;
