//! Accounts: who someone is ([`username`]), how they show it once ([`password`]) and from then on ([`token`]), how they
//! stay signed in ([`families`]), how often they may try ([`attempts`]), and what is kept of them ([`users`]). The edge asks about all that in [`requests`].
//!
//! Salts, times and randomness are arguments; choosing where the expensive [`password`] work runs is the shell's.

pub mod attempts;
pub mod families;
pub mod password;
pub mod requests;
pub mod token;
pub mod username;
pub mod users;
