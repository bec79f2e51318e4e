//! Asking a Durable Object something from the stateless Worker.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{Headers, Method, Request, RequestInit, Result, Stub};

/// Asks a question, JSON for JSON.
///
/// # Errors
/// The object cannot be reached, fails, or answers something else.
pub async fn ask<A: DeserializeOwned>(object: &Stub, question: &impl Serialize) -> Result<A> {
    let headers = Headers::new();
    headers.set("Content-Type", "application/json")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_body(Some(JsValue::from_str(&serde_json::to_string(question)?)));
    let mut response = object.fetch_with_request(Request::new_with_init("https://object/", &init)?).await?;
    if response.status_code() != 200 {
        return Err(format!("an object answered {}", response.status_code()).into());
    }
    Ok(serde_json::from_str(&response.text().await?)?)
}
