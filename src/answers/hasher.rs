//! The questions that a password hasher answers.

use serde_json::value::RawValue;

use crate::accounts::hashing::{Hash, Hasher, Replace, Verify, Work};
use crate::accounts::password::SALT_BYTES;
use crate::questions::{Asked, Fault, Question, encode};

/// Answers a question. Pass new random bytes as `salt` in each call.
///
/// # Errors
/// The question is unknown or cannot be read, or a stored hash is damaged.
pub fn answer(hasher: &mut Hasher, salt: [u8; SALT_BYTES], asked: &Asked) -> Result<Box<RawValue>, Fault> {
    match asked.name() {
        Hash::NAME => work::<Hash>(hasher, salt, asked),
        Verify::NAME => work::<Verify>(hasher, salt, asked),
        Replace::NAME => work::<Replace>(hasher, salt, asked),
        _ => Err(asked.unknown()),
    }
}

fn work<Q: Work>(hasher: &mut Hasher, salt: [u8; SALT_BYTES], asked: &Asked) -> Result<Box<RawValue>, Fault> {
    let work: Q = asked.read()?;
    let response =
        work.carry_out(hasher, salt).map_err(|error| Fault::new(format!("a stored hash: {error}")))?;
    Ok(encode::<Q>(&response))
}
