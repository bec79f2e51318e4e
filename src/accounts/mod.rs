//! Accounts: usernames ([`username`]), passwords ([`password`]), access tokens ([`token`]), [`logins`], limits on guessing
//! ([`attempts`]) and the stored [`users`]. The Worker asks about them in [`requests`]. An [`import`] brings accounts of a Node
//! server over, with their hashes ([`bcrypt`]).
//!
//! Salts, times and randomness are arguments. [`hashing`] is expensive; the shell chooses the object that does it.

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
