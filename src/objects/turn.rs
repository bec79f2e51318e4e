//! Credentials of Cloudflare's TURN service.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use js_sys::Reflect;
use socketio_durable::body;
use socketio_durable::platform::{abort_after, now};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::worker_sys::web_sys;
use worker::{Fetch, Request, console_error};

use crate::answers::room::Turn as Given;
use crate::ice::{self, CloudflareRequest, IceServer, Kept, Settings, Turn};

/// The timeout of Cloudflare's API, in milliseconds. A call waits for it.
const PATIENCE_MS: u32 = 3000;

/// The longest response of the API that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

type Answer = Shared<LocalBoxFuture<'static, Option<Rc<Vec<IceServer>>>>>;

/// The service, with a cache of its credentials for a room's users. The room caches them because all requests of a user pass
/// through it, and in memory because a room that slept may ask again.
pub struct TurnService {
    url: String,
    api_token: String,
    ttl: Duration,
    kept: RefCell<Kept<Answer>>,
}

impl TurnService {
    /// Creates an empty cache; `None` unless Cloudflare's service is configured.
    pub fn new(settings: &Settings) -> Option<Self> {
        let Some(Turn::Cloudflare { api, key_id, api_token }) = &settings.turn else { return None };
        Some(Self {
            url: format!("{api}/v1/turn/keys/{key_id}/credentials/generate-ice-servers"),
            api_token: api_token.clone(),
            ttl: settings.ttl,
            kept: RefCell::new(Kept::new(settings.ttl)),
        })
    }

    /// Returns the credentials of a user; `None` if the service fails. Concurrent requests wait for the same answer.
    pub async fn credentials(&self, name_key: &str) -> Option<Given> {
        let (asked_at, answer) = self.kept.borrow_mut().get_or(now(), name_key, || self.ask());
        match answer.await {
            Some(servers) => Some(Given { servers: servers.to_vec(), asked_at: asked_at.as_millis() }),
            None => {
                self.kept.borrow_mut().failed(now(), name_key, asked_at);
                None
            }
        }
    }

    fn ask(&self) -> Answer {
        let (url, api_token, ttl) = (self.url.clone(), self.api_token.clone(), self.ttl.as_secs());
        let answer = async move {
            let asked = ask_cloudflare(&url, &api_token, ttl).await;
            asked
                .inspect_err(|why| console_error!("TURN: {why}; there are STUN servers only"))
                .ok()
                .map(Rc::new)
        };
        answer.boxed_local().shared()
    }
}

/// Asks for credentials.
///
/// # Errors
/// The reason, without secrets.
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
    init.set_body(&serde_json::to_string(&CloudflareRequest { ttl }).unwrap_or_default().into());
    Reflect::set(&init, &"signal".into(), &abort_after(PATIENCE_MS))?;
    web_sys::Request::new_with_str_and_init(url, &init)
}
