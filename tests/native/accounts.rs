//! Usernames, passwords and tokens.

mod attempts;
mod families;
mod passwords;
mod tokens;
mod usernames;
