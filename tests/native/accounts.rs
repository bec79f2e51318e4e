//! Usernames, passwords and tokens.

mod attempts;
mod bcrypt;
mod families;
mod former_names;
mod hashing;
mod import;
mod operators;
mod passwords;
mod tokens;
mod usernames;
