//! Tests of the core on the host, where they take milliseconds.

mod accounts;
mod config;
