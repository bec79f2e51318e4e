//! The object class that hashes passwords. Hashing takes a tenth of a second, which exceeds the allowance of the stateless Worker
//! and would block the room's only thread.
//!
//! Each account has its own object, so that guessing at one account delays only that account.

use socketio_durable::AbortOnPanic;
use socketio_durable::object::{answer, asked};
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectState, web_sys};
use worker::{Env, Result, State};

use crate::accounts::hashing::Hasher;
use crate::accounts::password::SALT_BYTES;
use crate::answers::hasher;
use crate::config::read_config;
use crate::questions::Asked;

/// The Durable Object class of a password hasher.
#[wasm_bindgen]
pub struct PasswordHasher {
    state: State,
    env: Env,
}

#[wasm_bindgen]
impl PasswordHasher {
    /// Creates the hasher of an account.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        Self { state: state.into(), env }
    }

    /// Answers a [question](hasher).
    ///
    /// # Errors
    /// The question cannot be answered, or the platform fails.
    pub async fn fetch(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
        Ok(self.answer(&request).await?)
    }

    async fn answer(&self, request: &web_sys::Request) -> Result<web_sys::Response> {
        let _abort_on_panic = AbortOnPanic::new(&self.state);
        let asked =
            Asked::parse(&asked(request).await?).map_err(|fault| worker::Error::from(fault.to_string()))?;
        let config = read_config(&self.env).map_err(|_| worker::Error::from("misconfigured"))?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| worker::Error::from(error.to_string()))?;
        let response = hasher::answer(&mut Hasher::new(config.password_rounds), salt, &asked)
            .map_err(|fault| worker::Error::from(fault.to_string()))?;
        answer(response.get())
    }
}
