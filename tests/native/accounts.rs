//! Usernames, passwords and tokens.

mod families;
mod passwords;
mod tokens;
mod usernames;
