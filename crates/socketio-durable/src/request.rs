//! An HTTP request, of which only what is asked for is looked up: the `worker` crate's own type copies method, path, headers
//! and `cf` of each out of JavaScript, whether anybody wants them or not.

use std::borrow::Cow;

use worker::FromRequest;
use worker::worker_sys::web_sys;

use super::body::{self, BodyError};
use crate::proxy::TrustedProxy;
use engineio::{Address, HandshakeRequest};

/// A request that came in.
pub struct Request {
    raw: web_sys::Request,
    proxy: TrustedProxy,
    /// `scheme://host/path?query`, as the platform has parsed and normalised it: nothing in it can be wrong.
    url: String,
}

/// The methods that something here answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `POST`.
    Post,
    /// `OPTIONS`.
    Options,
    /// Any other.
    Other,
}

impl Request {
    /// Returns the request as one that came through this proxy.
    #[must_use]
    pub fn behind(self, proxy: TrustedProxy) -> Self {
        Self { proxy, ..self }
    }

    /// The platform's request.
    pub fn raw(&self) -> &web_sys::Request {
        &self.raw
    }

    /// The method.
    pub fn method(&self) -> Method {
        match self.raw.method().as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "OPTIONS" => Method::Options,
            _ => Method::Other,
        }
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> &str {
        let path = &self.url[self.target().len()..];
        path.split_once('?').map_or(path, |(path, _)| path)
    }

    /// The path without a slash at its end, of which one makes no difference, as in Express. A second one does, and so does case.
    pub fn route(&self) -> &str {
        let path = self.path();
        path.strip_suffix('/').filter(|route| !route.is_empty()).unwrap_or(path)
    }

    /// Whether the request is a Socket.IO client's: below `/socket.io/`, or without the slash if the client leaves it out
    /// (`addTrailingSlash: false`).
    pub fn is_socket_io(&self) -> bool {
        self.route() == "/socket.io" || self.path().starts_with("/socket.io/")
    }

    /// Where the request was sent to, as browsers write an origin: `scheme://host`, with the port unless it is the scheme's own.
    pub fn target(&self) -> &str {
        let authority = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[authority..].find(['/', '?']).map_or(self.url.len(), |at| authority + at);
        &self.url[..end]
    }

    /// The server's own origin, as the browser that sent the request knows it.
    pub fn own_origin(&self) -> Cow<'_, str> {
        self.proxy.own_origin(self.target(), |name| self.header(name))
    }

    /// The decoded pairs of the query.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query().as_bytes())
    }

    /// The query string without its question mark.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The value of a header; several are joined by commas.
    pub fn header(&self, name: &str) -> Option<String> {
        self.raw.headers().get(name).ok().flatten()
    }

    /// The origin of the page that the request comes from; none for apps and scripts.
    pub fn origin(&self) -> Option<String> {
        self.header("Origin")
    }

    /// Whether the request is a preflight: a browser asks whether it may send another request.
    pub fn is_preflight(&self) -> bool {
        self.origin().is_some() && self.header("Access-Control-Request-Method").is_some()
    }

    /// The address of the client, if a trusted proxy tells it.
    pub fn client_address(&self) -> Option<Address> {
        self.proxy.client_address(|name| self.header(name))
    }

    /// The body as text, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// It is too long, no UTF-8, or incomplete.
    pub async fn text(&self, limit: usize) -> Result<String, BodyError> {
        match self.raw.body() {
            Some(stream) => body::read_text(stream, limit).await,
            None => Ok(String::new()),
        }
    }

    /// Reads a body that nothing has read, within bounds, and throws it away. An answer that goes out before the body is in costs
    /// the client its connection, and with it the next request there (workerd #1741).
    pub async fn discard_body(&self) {
        if let Some(stream) = self.raw.body().filter(|_| !self.raw.body_used()) {
            body::discard(stream).await;
        }
    }
}

impl HandshakeRequest for Request {
    fn query(&self) -> &str {
        self.query()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.header(name)
    }
}

impl From<web_sys::Request> for Request {
    fn from(raw: web_sys::Request) -> Self {
        Self { url: raw.url(), raw, proxy: TrustedProxy::default() }
    }
}

impl FromRequest for Request {
    fn from_raw(raw: web_sys::Request) -> Result<Self, impl Into<Box<dyn std::error::Error>>> {
        Ok::<_, worker::Error>(raw.into())
    }
}
