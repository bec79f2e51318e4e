//! Engine.IO: scripted exchanges.

mod abandonment;
mod handshake;
mod heartbeat;
mod polling;
mod restoring;
mod upgrade;
mod web_socket;
