//! Cross-origin resource sharing: which pages may read what this server answers (Fetch standard, "CORS protocol").

use worker::Result;
use worker::worker_sys::web_sys::Headers;

use super::reply::Reply;
use crate::config::Origins;

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: &str = "86400";

/// The origins that get an answer they may read. A page of the server's own origin needs no permission.
#[derive(Clone)]
pub struct Cors {
    origins: Origins,
}

impl Cors {
    /// Allows these origins.
    pub fn new(origins: Origins) -> Self {
        Self { origins }
    }

    /// Adds the permission for `origin`, if it has one.
    ///
    /// # Errors
    /// The platform refuses a header.
    pub fn apply(&self, origin: Option<&str>, headers: &Headers) -> Result<()> {
        headers.set("Vary", "Origin")?;
        if let Some(origin) = origin.filter(|origin| self.origins.allows(origin)) {
            headers.set("Access-Control-Allow-Origin", origin)?;
            headers.set("Access-Control-Allow-Credentials", "true")?;
            headers.set("Access-Control-Expose-Headers", "Retry-After")?;
        }
        Ok(())
    }

    /// The answer to a preflight for a resource with these methods.
    pub fn preflight(methods: &str) -> Reply {
        Reply::empty(204)
            .with_header("Access-Control-Allow-Methods", methods)
            .with_header("Access-Control-Allow-Headers", "Content-Type, Authorization")
            .with_header("Access-Control-Max-Age", PREFLIGHT_MAX_AGE)
    }
}
