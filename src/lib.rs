//! Natter: a chat and call-signalling server for the edge.
//!
//! A pure core in a thin shell. The core takes an input with the time at which it happened, and returns what should
//! be done; it knows no Cloudflare, no clock, no randomness and no `async`. From the wire upwards:
//!
//! - [`engine`]: Engine.IO v4, sessions over HTTP long-polling and WebSocket
//! - [`socket`]: Socket.IO v5, namespaces, events, acknowledgements, attachments
//! - [`application`]: what the server asks of an application
//! - [`chat`]: the application: messages, presence, call signalling
//! - [`accounts`]: usernames, passwords, tokens, users
//! - [`server`]: joins the layers
//! - [`ice`]: which STUN and TURN servers there are
//!
//! Beside them: [`storage`] (the database interface and schema), [`config`] (every setting), and the small words that
//! all of them use: [`address`], [`context`], [`cors`], [`keys`], [`proxy`], [`refusal`], [`time`], [`unicode`]. `cloudflare` is the shell, on `wasm32` only.

pub mod accounts;
pub mod address;
pub mod application;
pub mod chat;
pub mod config;
mod connections;
pub mod context;
pub mod cors;
pub mod engine;
pub mod ice;
pub mod keys;
pub mod proxy;
pub mod refusal;
pub mod server;
pub mod socket;
pub mod storage;
pub mod time;
mod timers;
pub mod unicode;

#[cfg(target_arch = "wasm32")]
pub mod cloudflare;
