//! The settings of a Worker, read from its bindings.

use std::cell::OnceCell;
use std::rc::Rc;

use js_sys::Reflect;
use worker::{Env, console_error};

use super::{Config, ConfigError};

/// Returns the settings, which are read once and stay the same while this memory lives.
///
/// # Errors
/// Some are wrong; the log says which.
pub fn read_config(env: &Env) -> Result<Rc<Config>, ConfigError> {
    thread_local! {
        static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
    }
    CONFIG.with(|known| {
        if let Some(config) = known.get() {
            return Ok(config.clone());
        }
        let lookup = |name: &str| Reflect::get(env, &name.into()).ok().and_then(|value| value.as_string());
        let config = Config::read(lookup).inspect_err(|error| console_error!("{error}"))?;
        Ok(known.get_or_init(|| Rc::new(config)).clone())
    })
}
