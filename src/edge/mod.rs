//! The stateless Worker: routes each request. It keeps nothing between requests.

mod admin;
mod ask;
mod auth;
mod bearer;
mod failure;
mod ice;
mod json_body;
mod messages;
mod reply;

use engineio::{Rejection, Time};
use futures_util::future::LocalBoxFuture;
use socketio_durable::object::Object;
use socketio_durable::platform::now;
use socketio_durable::{Cors, Method, Origins, Reply, Request};
use worker::worker_sys::web_sys::Response;
use worker::{Context, Env, Result, console_error, event};

use auth::Auth;
use failure::Failure;

use crate::config::{Config, read_config};
use crate::refusal::{Refusal, RefusalKind};

/// The name of the only room. Nothing else assumes that there is one room.
const ROOM: &str = "main";

/// The interface over REST and over Socket.IO, for programs.
const OPENAPI: &str = include_str!("../../api/openapi.json");
const ASYNCAPI: &str = include_str!("../../api/asyncapi.json");

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let origin = request.origin();
    let Ok(config) = read_config(&env) else {
        request.discard_body().await;
        let sentence = "The server isn't set up correctly. See its log for the reason.";
        let reply = Reply::failure(500, "misconfigured", sentence);
        return reply.into_response(&Cors::new(Origins::default()), None);
    };
    let request = request.behind(config.trusted_proxy);
    let reply = match answer(&request, origin.as_deref(), &env, &config).await {
        Ok(Answer::Passed(response)) => return Ok(response),
        Ok(Answer::Reply(reply)) => reply,
        Err(Failure::Refused(refusal)) => refusal.into(),
        Err(Failure::Platform(error)) => {
            console_error!("{error}");
            Reply::internal_error()
        }
    };
    request.discard_body().await;
    reply.into_response(&Cors::new(config.origins.clone()), origin.as_deref())
}

/// The response to a request.
enum Answer {
    /// A reply of the Worker.
    Reply(Reply),
    /// The room's complete response.
    Passed(Response),
}

async fn answer(
    request: &Request,
    origin: Option<&str>,
    env: &Env,
    config: &Config,
) -> Result<Answer, Failure> {
    // In local runs, wrangler rewrites an `Origin` that names the requested host to the requested scheme, also behind a proxy.
    let is_requested = origin == Some(request.target());
    if !is_requested && !config.origins.admits(origin, &request.own_origin()) {
        return Ok(Answer::Reply(forbidden_origin(request)));
    }
    if request.is_socket_io() && request.method() != Method::Options {
        let response = Object::named(env, "ROOM", ROOM)?.fetch(request.raw()).await?;
        // A room that could not be opened knows no origins, so the page could not read its response.
        return Ok(if response.status() == 500 {
            Answer::Reply(Reply::internal_error())
        } else {
            Answer::Passed(response)
        });
    }
    route(request, env, config).await.map(Answer::Reply)
}

async fn route(request: &Request, env: &Env, config: &Config) -> Result<Reply, Failure> {
    let path = request.route();
    let allowed = match path {
        "/health" => "GET, HEAD",
        "/openapi.json" | "/asyncapi.json" => "GET",
        "/api/messages" | "/api/auth/me" | "/api/ice-servers" => "GET",
        "/api/auth/register" | "/api/auth/login" | "/api/auth/refresh" | "/api/auth/logout"
        | "/api/auth/password" | "/api/admin/import" => "POST",
        _ if request.is_socket_io() => "GET, POST",
        // Allows the page to read the 404, which a refused preflight would hide.
        _ if request.method() == Method::Options && request.is_preflight() => {
            return Ok(Reply::preflight(request, "GET, HEAD, POST"));
        }
        _ => return Err(not_found().into()),
    };
    let auth = || Auth::new(env, config, ROOM);
    // Boxed, so that the routes remain functions of their own: in one, they hardly compress.
    let reply: LocalBoxFuture<'_, _> = match (request.method(), path) {
        (Method::Options, _) => return Ok(Reply::preflight(request, allowed)),
        (Method::Get | Method::Head, "/health") => return Ok(health(now())),
        (Method::Get, "/openapi.json") => return Ok(Reply::json_text(200, OPENAPI.to_owned())),
        (Method::Get, "/asyncapi.json") => return Ok(Reply::json_text(200, ASYNCAPI.to_owned())),
        (Method::Get, "/api/messages") => Box::pin(messages::history(request, env, config, ROOM)),
        (Method::Get, "/api/auth/me") => Box::pin(auth()?.describe(request)),
        (Method::Get, "/api/ice-servers") => Box::pin(ice::servers(request, env, config, ROOM)),
        (Method::Post, "/api/auth/register") => Box::pin(auth()?.register(request)),
        (Method::Post, "/api/auth/login") => Box::pin(auth()?.log_in(request)),
        (Method::Post, "/api/auth/refresh") => Box::pin(auth()?.refresh(request)),
        (Method::Post, "/api/auth/logout") => Box::pin(auth()?.log_out(request)),
        (Method::Post, "/api/auth/password") => Box::pin(auth()?.change_password(request)),
        (Method::Post, "/api/admin/import") => Box::pin(admin::import(request, env, config, ROOM)),
        _ => return Ok(method_not_allowed(allowed)),
    };
    reply.await
}

/// Refuses a page that may not use this server, in the protocol that it spoke. A page cannot choose the `Origin` that its browser
/// sends.
fn forbidden_origin(request: &Request) -> Reply {
    if request.is_socket_io() {
        return engineio::Response::from(Rejection::Forbidden).into();
    }
    Refusal::new(RefusalKind::Forbidden, "forbidden_origin", "This page isn't allowed to use this server.")
        .into()
}

fn health(now: Time) -> Reply {
    #[derive(serde::Serialize)]
    struct Health {
        status: &'static str,
        timestamp: Time,
    }

    Reply::json(200, &Health { status: "ok", timestamp: now })
}

fn method_not_allowed(allowed: &'static str) -> Reply {
    let sentence = "This method isn't allowed here.";
    let refusal = Refusal::new(RefusalKind::MethodNotAllowed, "method_not_allowed", sentence);
    Reply::from(refusal).with_header("Allow", allowed)
}

fn not_found() -> Refusal {
    Refusal::new(RefusalKind::NotFound, "not_found", "There is nothing here.")
}
