//! Usernames, passwords and tokens.

mod attempts;
mod families;
mod former_names;
mod passwords;
mod tokens;
mod usernames;
