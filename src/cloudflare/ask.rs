//! Asking a Durable Object something from the stateless Worker: JSON for JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::worker_sys::web_sys;
use worker::{Request, Result, Stub};

/// Asks a question.
///
/// # Errors
/// The object cannot be reached, fails, or answers something else.
pub async fn ask<A: DeserializeOwned>(object: &Stub, question: &impl Serialize) -> Result<A> {
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&serde_json::to_string(question)?.into());
    let request = web_sys::Request::new_with_str_and_init("https://object/", &init)?;
    let mut response = object.fetch_with_request(Request::from(request)).await?;
    if response.status_code() != 200 {
        return Err(format!("an object answered {}", response.status_code()).into());
    }
    Ok(serde_json::from_str(&response.text().await?)?)
}

/// Reads, in the object, what it is asked.
///
/// # Errors
/// It cannot be read, or is no such question.
pub async fn asked<Q: DeserializeOwned>(request: &mut Request) -> Result<Q> {
    Ok(serde_json::from_str(&request.text().await?)?)
}
