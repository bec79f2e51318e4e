//! HTTP responses, in one shape for all routes.

use serde::Serialize;
use worker::Result;
use worker::worker_sys::web_sys::{Headers, Response, ResponseInit};

use super::cors::Cors;
use super::preflight;
use super::request::Request;

/// The security headers of every response. No response is a page: browsers must not run, frame, embed or sniff it.
const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000"),
];

/// How long a browser may remember the response to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: &str = "86400";

/// A response before it is given the headers that depend on who asks.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// `Content-Type`; none without a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct FailureBody<'a> {
    error: &'a str,
    code: &'a str,
}

impl Reply {
    /// A JSON body.
    pub fn json<T: Serialize>(status: u16, body: &T) -> Self {
        Self::json_text(status, serde_json::to_string(body).expect("our own types serialise"))
    }

    /// A body that is JSON already.
    pub fn json_text(status: u16, body: String) -> Self {
        Self { status, content_type: Some("application/json"), body, headers: Vec::new() }
    }

    /// No body.
    pub fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: String::new(), headers: Vec::new() }
    }

    /// A failure: a sentence for a person, and a code for a program.
    pub fn failure(status: u16, code: &str, error: &str) -> Self {
        Self::json(status, &FailureBody { error, code })
    }

    /// Returns the response to a failure of the server; the log has the cause.
    pub fn internal_error() -> Self {
        Self::failure(500, "internal_error", "Something went wrong on the server. Please try again.")
    }

    /// Responds to a preflight for a resource with these methods.
    pub fn preflight(request: &Request, methods: &str) -> Self {
        let requested = request.header("Access-Control-Request-Headers");
        Self::empty(204)
            .with_header("Access-Control-Allow-Methods", methods)
            .with_header("Access-Control-Allow-Headers", preflight::allowed_headers(requested.as_deref()))
            .with_header("Access-Control-Max-Age", PREFLIGHT_MAX_AGE)
            .with_header("Vary", "Access-Control-Request-Headers")
    }

    /// With one more header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The platform's response, with the headers that every response has.
    ///
    /// # Errors
    /// The platform refuses a header.
    pub fn into_response(self, cors: &Cors, origin: Option<&str>) -> Result<Response> {
        let headers = Headers::new()?;
        if let Some(content_type) = self.content_type {
            headers.set("Content-Type", content_type)?;
        }
        headers.set("Cache-Control", "no-store")?;
        for (name, value) in SECURITY_HEADERS {
            headers.set(name, value)?;
        }
        for (name, value) in &self.headers {
            headers.set(name, value)?;
        }
        cors.apply(origin, &headers)?;
        let init = ResponseInit::new();
        init.set_status(self.status);
        init.set_headers(&headers);
        let body = self.content_type.map(|_| &*self.body);
        Ok(Response::new_with_opt_str_and_init(body, &init)?)
    }
}
