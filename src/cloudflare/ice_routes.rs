//! `/api/ice-servers`: what helps browsers to reach each other.

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::worker_sys::web_sys;
use worker::{Fetch, Request, console_error};

use super::body;
use super::platform::{abort_after, now};
use super::reply::Reply;
use crate::ice::{self, CloudflareQuestion, IceServer, Settings, Turn};

/// How long Cloudflare's API may take, in milliseconds. A call waits for it.
const PATIENCE_MS: u32 = 3000;

/// The longest answer of the API that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// The servers for a user, whom TURN servers know by a pseudonym. Where no TURN credentials can be had there are STUN servers only,
/// and the log says why.
pub async fn servers(settings: &Settings, pseudonym: &str) -> Reply {
    let now = now();
    let turn = match &settings.turn {
        None => Vec::new(),
        Some(Turn::SharedSecret { urls, secret }) => {
            vec![ice::shared_secret(urls, secret, pseudonym, settings.expiry(now))]
        }
        Some(Turn::Cloudflare { api, key_id, api_token }) => {
            let url = format!("{api}/v1/turn/keys/{key_id}/credentials/generate-ice-servers");
            ask_cloudflare(&url, api_token, settings.ttl.as_secs()).await.unwrap_or_else(|why| {
                console_error!("TURN: {why}; there are STUN servers only");
                Vec::new()
            })
        }
    };
    Reply::json(200, &settings.servers(now, turn))
}

/// Asks for credentials.
///
/// # Errors
/// Why there are none, without anything secret.
async fn ask_cloudflare(url: &str, api_token: &str, ttl: u64) -> Result<Vec<IceServer>, String> {
    let request = question(url, api_token, ttl).map_err(|_| "the question cannot be put".to_owned())?;
    let answer = Fetch::Request(Request::from(request)).send().await;
    let answer = answer.map_err(|_| "the API cannot be reached, or takes too long".to_owned())?;
    let status = answer.status_code();
    if !(200..300).contains(&status) {
        return Err(format!("the API answered {status}"));
    }
    let something_else = || "the API answered something else".to_owned();
    let body = web_sys::Response::from(answer).body().ok_or_else(something_else)?;
    let text = body::read_text(body, MAX_ANSWER_BYTES).await.ok();
    text.and_then(|text| ice::read_cloudflare(&text)).ok_or_else(something_else)
}

fn question(url: &str, api_token: &str, ttl: u64) -> Result<web_sys::Request, JsValue> {
    let headers = web_sys::Headers::new()?;
    headers.set("Authorization", &format!("Bearer {api_token}"))?;
    headers.set("Content-Type", "application/json")?;
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_headers(headers.unchecked_ref());
    init.set_body(&serde_json::to_string(&CloudflareQuestion { ttl }).unwrap_or_default().into());
    Reflect::set(&init, &"signal".into(), &abort_after(PATIENCE_MS))?;
    web_sys::Request::new_with_str_and_init(url, &init)
}
