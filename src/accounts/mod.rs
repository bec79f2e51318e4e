//! Accounts: who someone is ([`username`]), how they show it once ([`password`]) and from then on ([`token`]).
//!
//! In scope are the rules and the cryptography, as pure functions: salts and times are arguments. Storing accounts,
//! and choosing where the expensive [`password`] work runs, is the shell's.

pub mod password;
pub mod token;
pub mod username;
pub mod users;
