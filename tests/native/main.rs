//! Native tests: the core without a platform, and with a clock that only the tests move.

mod accounts;
mod bodies;
mod chat;
mod config;
mod corpus;
mod engine;
mod ice;
mod json;
mod origins;
mod properties;
mod proxy;
mod questions;
mod socket;
mod support;
mod time;
mod unicode;
