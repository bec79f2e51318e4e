//! Parts of a request's URL. The platform has parsed and normalised it, so nothing here can be wrong.

use std::borrow::Cow;

use worker::Request;

/// The URL of a request: `scheme://host/path?query`.
pub struct RequestUrl(String);

impl RequestUrl {
    /// Where the request was sent to.
    pub fn of(request: &Request) -> Self {
        Self(request.inner().url())
    }

    /// The origin, as browsers write it: `scheme://host`, with the port unless it is the scheme's own.
    pub fn origin(&self) -> &str {
        let authority = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[authority..].find(['/', '?']).map_or(self.0.len(), |at| authority + at);
        &self.0[..end]
    }

    /// The decoded pairs of the query.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let query = self.0.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
    }
}
