//! Usernames, passwords and tokens.

mod attempts;
mod bcrypt;
mod callers;
mod former_names;
mod hashing;
mod import;
mod logins;
mod operators;
mod passwords;
mod tokens;
mod usernames;
