//! Accounts: who someone is ([`username`]), how they show it once ([`password`]) and from then on ([`token`]), how they
//! stay signed in ([`logins`]), how often they may try ([`attempts`]), and what is kept of them ([`users`]). The edge asks about all that in
//! [`requests`]. Accounts of other servers come in by [`import`], with the hashes that they have there ([`bcrypt`]).
//!
//! Salts, times and randomness are arguments; choosing where the expensive work of [`hashing`] runs is the shell's.

pub mod attempts;
pub mod bcrypt;
pub mod hashing;
pub mod import;
pub mod logins;
pub mod password;
pub mod requests;
pub mod token;
pub mod username;
pub mod users;
