//! Natter: a chat and call-signalling server for the edge.
//!
//! A pure core in a thin shell. The core takes an input with the time at which it happened, and returns what to do; it
//! knows no Cloudflare, no clock, no randomness and no `async`. From the wire upwards:
//!
//! - [`engineio`]: Engine.IO v4, sessions over HTTP long-polling and WebSocket
//! - [`socketio`]: Socket.IO v5, and the interface between a server and its application
//! - [`chat`]: the application: messages, presence, call signalling
//! - [`accounts`]: usernames, passwords, tokens, users
//! - [`ice`]: which STUN and TURN servers there are
//!
//! Beside them: [`storage`] (the schema), [`config`] (every setting), [`questions`] and [`answers`] (between objects), and
//! what all of them use: [`bodies`], [`refusal`], [`unicode`]. The shell is [`socketio_durable`]; on `wasm32`, `edge` is the stateless
//! Worker in front of it, and `objects` has the Durable Object classes.

pub mod accounts;
pub mod answers;
pub mod bodies;
pub mod chat;
pub mod config;
pub mod ice;
pub mod questions;
pub mod refusal;
pub mod storage;
pub mod unicode;

#[cfg(target_arch = "wasm32")]
mod edge;
#[cfg(target_arch = "wasm32")]
mod objects;
