//! Password hashing, in an object class of its own: it takes a tenth of a second of computing, which neither the
//! stateless Worker's allowance nor the room's one thread has to spare.
//!
//! Objects are addressed by account, so that guessing at one account makes only that account wait.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectState, web_sys};
use worker::{Env, Result, State};

use super::entry::read_config;
use super::object::{answer, asked};
use super::panic::AbortOnPanic;
use crate::accounts::password::{Password, PasswordHash, Rounds, SALT_BYTES};

/// Compared in place of what cannot be a password, so that it takes as long.
const STAND_IN: &str = "not anybody's password";

/// A piece of work.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Hash a new password.
    Hash {
        /// The password; one that is not acceptable is hashed as no password.
        password: String,
    },
    /// Compare a password with a hash.
    Verify {
        /// The password; one that is not acceptable matches nothing.
        password: String,
        /// The hash in PHC string form; none for a user who does not exist, which costs the same work.
        hash: Option<String>,
    },
    /// Hash a new password, if the current one matches its hash.
    Replace {
        /// The current password.
        current: String,
        /// The new one; one that is not acceptable is hashed as no password.
        new: String,
        /// The hash of the current one in PHC string form.
        hash: String,
    },
}

/// What came of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The hash in PHC string form.
    Hashed(String),
    /// The password is the right one; and a hash of it with more rounds, if it has fewer than new ones get.
    Right {
        /// In PHC string form.
        rehash: Option<String>,
    },
    /// The password is not the right one, or not acceptable.
    Wrong,
}

/// The Durable Object class that hashes passwords.
#[wasm_bindgen]
pub struct PasswordHasher {
    state: State,
    env: Env,
}

#[wasm_bindgen]
impl PasswordHasher {
    /// The hasher of an account.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        Self { state: state.into(), env }
    }

    /// Does a piece of [`Work`]; the answer is an [`Outcome`].
    ///
    /// # Errors
    /// The request is no work, or the platform fails.
    pub async fn fetch(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
        Ok(self.work(&request).await?)
    }

    async fn work(&self, request: &web_sys::Request) -> Result<web_sys::Response> {
        let _abort_on_panic = AbortOnPanic::new(&self.state);
        let work: Work = asked(request).await?;
        let config = read_config(&self.env).map_err(|_| worker::Error::from("misconfigured"))?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| worker::Error::from(error.to_string()))?;
        let outcome = carry_out(work, salt, config.password_rounds)?;
        answer(&outcome)
    }
}

fn carry_out(work: Work, salt: [u8; SALT_BYTES], rounds: Rounds) -> Result<Outcome> {
    match work {
        Work::Hash { password } => Ok(match Password::parse(&password) {
            Ok(password) => Outcome::Hashed(password.hash(salt, rounds).as_str().to_owned()),
            Err(_) => Outcome::Wrong,
        }),
        Work::Replace { current, new, hash } => {
            match carry_out(Work::Verify { password: current, hash: Some(hash) }, salt, rounds)? {
                Outcome::Right { .. } => carry_out(Work::Hash { password: new }, salt, rounds),
                other => Ok(other),
            }
        }
        Work::Verify { password, hash } => {
            let kept = match &hash {
                Some(hash) => PasswordHash::parse(hash)
                    .map_err(|error| worker::Error::from(format!("a stored password hash: {error}")))?,
                None => PasswordHash::dummy(rounds),
            };
            let Ok(password) = Password::parse(&password) else {
                let stand_in = Password::parse(STAND_IN).map_err(|refusal| refusal.to_string())?;
                kept.verify(&stand_in);
                return Ok(Outcome::Wrong);
            };
            if !kept.verify(&password) || hash.is_none() {
                return Ok(Outcome::Wrong);
            }
            let rehash = kept.needs_rehash(rounds).then(|| password.hash(salt, rounds).as_str().to_owned());
            Ok(Outcome::Right { rehash })
        }
    }
}
