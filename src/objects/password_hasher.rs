//! Password hashing, in an object class of its own: it takes a tenth of a second of computing, which neither the
//! stateless Worker's allowance nor the room's one thread has to spare.
//!
//! Objects are addressed by account, so that guessing at one account makes only that account wait.

use socketio_durable::AbortOnPanic;
use socketio_durable::object::{answer, asked};
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectState, web_sys};
use worker::{Env, Result, State};

use crate::accounts::hashing::{Hasher, Work};
use crate::accounts::password::SALT_BYTES;
use crate::config::read_config;

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

    /// Does a piece of [`Work`]; the answer is an [`Outcome`](crate::accounts::hashing::Outcome).
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
        let outcome = Hasher::new(config.password_rounds)
            .carry_out(work, salt)
            .map_err(|error| worker::Error::from(format!("a stored hash: {error}")))?;
        answer(&outcome)
    }
}
