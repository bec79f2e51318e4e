//! Cross-origin resource sharing: which pages may read what this server answers (Fetch standard, "CORS protocol").

use worker::Result;
use worker::worker_sys::web_sys::Headers;

use super::reply::Reply;
use super::request::Request;
use crate::origins::{Origins, Permission};
use crate::preflight;

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
        headers.append("Vary", "Origin")?;
        let permission = origin.and_then(|origin| Some((origin, self.origins.permission(origin)?)));
        let Some((origin, permission)) = permission else { return Ok(()) };
        if permission == Permission::Listed {
            headers.set("Access-Control-Allow-Origin", origin)?;
            headers.set("Access-Control-Allow-Credentials", "true")?;
        } else {
            let readers = if origin == "null" { "null" } else { "*" };
            headers.set("Access-Control-Allow-Origin", readers)?;
        }
        headers.set("Access-Control-Expose-Headers", "Retry-After")?;
        Ok(())
    }

    /// Whether the request is a browser's question if it may send another one.
    pub fn is_preflight(request: &Request) -> bool {
        request.header("Origin").is_some() && request.header("Access-Control-Request-Method").is_some()
    }

    /// The answer to a preflight for a resource with these methods.
    pub fn preflight(request: &Request, methods: &str) -> Reply {
        let requested = request.header("Access-Control-Request-Headers");
        Reply::empty(204)
            .with_header("Access-Control-Allow-Methods", methods)
            .with_header("Access-Control-Allow-Headers", preflight::allowed_headers(requested.as_deref()))
            .with_header("Access-Control-Max-Age", PREFLIGHT_MAX_AGE)
            .with_header("Vary", "Access-Control-Request-Headers")
    }
}
