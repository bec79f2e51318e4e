//! The method of a request.

use worker::{Method, Request};

/// The method; none for one that the `worker` crate does not know, and would call GET.
pub fn method(request: &Request) -> Option<Method> {
    Some(request.method()).filter(|method| request.inner().method() == method.as_ref())
}
