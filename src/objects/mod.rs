//! The Durable Object classes.

mod password_hasher;
mod room;
mod turn;
