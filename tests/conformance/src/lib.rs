//! The server of the official test suites: the engine and the shell of Natter, with echo applications in place of the chat, and
//! with the suites' short timings.
//!
//! `/socket.io/` echoes events (see [`natter_echo`]), `/engine.io/` echoes messages (see [`engine_echo`]). `/panic` panics inside
//! the Socket.IO object, and `/counts` tells how many sessions and sockets it holds. With `direct=1` in its query a request
//! for a WebSocket gets that of the object itself, as in the chat, and not a [`relay`]'s, which a panic takes with it.

#![cfg(target_arch = "wasm32")]

mod engine_echo;
mod objects;
mod relay;
mod socket_support;

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let object = match request.path() {
        path if path.starts_with("/engine.io/") => env.durable_object("ENGINE")?,
        path if path.starts_with("/socket.io/") || path == "/panic" || path == "/counts" => {
            env.durable_object("SOCKET")?
        }
        _ => return Response::error("not found", 404),
    };
    let is_direct = request.url()?.query_pairs().any(|(name, value)| name == "direct" && value == "1");
    match object.get_by_name("main")?.fetch_with_request(request).await {
        Ok(response) if response.status_code() == 101 && !is_direct => relay::relay(response),
        Ok(response) => Ok(response),
        Err(error) => Response::error(error.to_string(), 500),
    }
}
