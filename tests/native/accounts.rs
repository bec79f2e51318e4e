//! Usernames, passwords and tokens.

mod passwords;
mod tokens;
mod usernames;
