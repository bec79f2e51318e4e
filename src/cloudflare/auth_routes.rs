//! `/api/auth`: brings together the request, the hasher of the account, and the room that knows the users.

use serde::{Deserialize, Serialize};
use worker::{Env, Request, Result, Stub};

use super::ask::ask;
use super::body::{self, BodyError};
use super::password_hasher::{Outcome, Work};
use super::platform::now;
use super::reply::Reply;
use super::room::Question;
use crate::accounts::password::Password;
use crate::accounts::token::Tokens;
use crate::accounts::username::Username;
use crate::accounts::users;
use crate::config::Config;
use crate::refusal::{Refusal, RefusalKind};

/// The longest request body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct Session<'a> {
    token: &'a str,
    username: &'a str,
}

/// `POST /api/auth/register`.
///
/// # Errors
/// The platform fails; everything else is a reply.
pub async fn register(request: Request, env: &Env, config: &Config, room: &str) -> Result<Reply> {
    let credentials = match credentials(request).await {
        Ok(credentials) => credentials,
        Err(refusal) => return Ok(refusal.into()),
    };
    let username = match acceptable(&credentials) {
        Ok(username) => username,
        Err(refusal) => return Ok(refusal.into()),
    };
    let room = env.durable_object("ROOM")?.get_by_name(room)?;
    let name_key = username.key().to_owned();
    // Asked before the work is done, and decided by the room when it is done.
    let known = users::Request::Find { name_key: name_key.clone() };
    if let users::Response::Found { .. } = ask_about_users(&room, known).await? {
        return Ok(taken().into());
    }
    let hasher = env.durable_object("PASSWORD_HASHER")?.get_by_name(&name_key)?;
    let Outcome::Hashed(password_hash) = ask(&hasher, &Work::Hash { password: credentials.password }).await?
    else {
        return Err("the hasher refused an acceptable password".into());
    };
    let create = users::Request::Create { name_key, username: username.as_str().to_owned(), password_hash };
    match ask_about_users(&room, create).await? {
        users::Response::Created => Ok(session(201, &username, config)),
        _ => Ok(taken().into()),
    }
}

/// `POST /api/auth/login`.
///
/// A wrong password and an unknown user get the same answer after the same work.
///
/// # Errors
/// The platform fails; everything else is a reply.
pub async fn login(request: Request, env: &Env, config: &Config, room: &str) -> Result<Reply> {
    let credentials = match credentials(request).await {
        Ok(credentials) => credentials,
        Err(refusal) => return Ok(refusal.into()),
    };
    let room = env.durable_object("ROOM")?.get_by_name(room)?;
    // What cannot be a name is a name that nobody has.
    let name_key =
        Username::parse(&credentials.username).map_or_else(|_| String::new(), |name| name.key().to_owned());
    let (username, hash) =
        match ask_about_users(&room, users::Request::Find { name_key: name_key.clone() }).await? {
            users::Response::Found { username, password_hash } => (Some(username), Some(password_hash)),
            _ => (None, None),
        };
    let hasher = env.durable_object("PASSWORD_HASHER")?.get_by_name(&name_key)?;
    let verify = Work::Verify { password: credentials.password, hash: hash.clone() };
    let outcome = ask(&hasher, &verify).await?;
    let known = username.and_then(|username| Username::parse(&username).ok()).zip(hash);
    let (Outcome::Right { rehash }, Some((username, before))) = (outcome, known) else {
        return Ok(wrong_credentials().into());
    };
    if let Some(after) = rehash {
        ask_about_users(&room, users::Request::Rehash { name_key, before, after }).await?;
    }
    Ok(session(200, &username, config))
}

/// The name, if both it and the password may be registered.
fn acceptable(credentials: &Credentials) -> std::result::Result<Username, Refusal> {
    let username = Username::parse(&credentials.username)?;
    username.check_registrable()?;
    Password::parse(&credentials.password)?;
    Ok(username)
}

fn session(status: u16, username: &Username, config: &Config) -> Reply {
    let issued = Tokens::new(&config.jwt_secret, config.jwt_ttl).issue(username, now());
    Reply::json(status, &Session { token: &issued.token, username: username.as_str() })
        .with_header("Pragma", "no-cache")
}

async fn credentials(mut request: Request) -> std::result::Result<Credentials, Refusal> {
    let content_type = request.headers().get("Content-Type").ok().flatten().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(
            RefusalKind::UnsupportedMediaType,
            "unsupported_media_type",
            "The request body has to be JSON, with Content-Type: application/json.",
        ));
    }
    let body = body::read_text(&mut request, MAX_BODY_BYTES).await.map_err(|error| match error {
        BodyError::TooLarge => Refusal::new(
            RefusalKind::TooLarge,
            "body_too_large",
            "The request body can be up to 64 KiB long.",
        ),
        BodyError::NotUtf8 | BodyError::Interrupted => {
            Refusal::invalid("invalid_body", "The request body is not complete UTF-8 text.")
        }
    })?;
    let sentence = "The request body has to be { \"username\": string, \"password\": string }.";
    // An array would pass for an object whose fields it lists in order.
    let is_object = body.trim_start().starts_with('{');
    let credentials = serde_json::from_str(&body).ok().filter(|_| is_object);
    credentials.ok_or_else(|| Refusal::invalid("invalid_body", sentence))
}

async fn ask_about_users(room: &Stub, question: users::Request) -> Result<users::Response> {
    ask(room, &Question::Users(question)).await
}

fn taken() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "username_taken", "This username is already taken.")
}

fn wrong_credentials() -> Refusal {
    Refusal::new(RefusalKind::Unauthenticated, "invalid_credentials", "Wrong username or password.")
}
