//! Cross-origin resource sharing: which pages may read what this server answers (Fetch standard, "CORS protocol").

use worker::Result;
use worker::worker_sys::web_sys::Headers;

use crate::origins::{Origins, Permission};

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
}
