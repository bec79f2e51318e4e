//! `/api/auth`: brings together the request, the hasher of the account, and the room that knows the users.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use worker::{Env, Result};

use super::failure::Failure;
use super::{bearer, ice as ice_reply, json_body};
use crate::accounts::hashing::{Outcome, Work};
use crate::accounts::password::Password;
use crate::accounts::requests::{self, Response, TokenPair};
use crate::accounts::token::TokenError;
use crate::accounts::username::Username;
use crate::config::Config;
use crate::ice::{self, Turn};
use crate::questions::Question;
use crate::questions::TurnAnswer;
use crate::refusal::{Refusal, RefusalKind};
use socketio_durable::Reply;
use socketio_durable::Request;
use socketio_durable::object::Object;

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renewal {
    refresh_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordChange {
    current_password: String,
    new_password: String,
}

const CREDENTIALS: &str = "The request body has to be { \"username\": string, \"password\": string }.";
const RENEWAL: &str = "The request body has to be { \"refreshToken\": string }.";
const PASSWORD_CHANGE: &str =
    "The request body has to be { \"currentPassword\": string, \"newPassword\": string }.";

/// What answers requests about accounts.
pub struct Auth<'a> {
    env: &'a Env,
    config: &'a Config,
    room: Object,
}

impl<'a> Auth<'a> {
    /// With the users of this room.
    ///
    /// # Errors
    /// The platform fails.
    pub fn new(env: &'a Env, config: &'a Config, room: &str) -> Result<Self> {
        Ok(Self { env, config, room: Object::named(env, "ROOM", room)? })
    }

    /// `POST /api/auth/register`.
    ///
    /// # Errors
    /// The request is refused, or the platform fails; so it is with the others.
    pub async fn register(self, request: &Request) -> Result<Reply, Failure> {
        let address = request.client_address();
        let Credentials { username, password } = json_body::read(request, CREDENTIALS).await?;
        let username = Username::parse(&username)?;
        username.check_registrable()?;
        self.parse_new(&password)?.check_uncommon(username.key())?;
        let name_key = username.key().to_owned();
        // Asked before the work is done, and decided by the room when it is done.
        let begin =
            requests::Request::BeginRegistration { name_key: name_key.clone(), address: address.clone() };
        match self.ask_room(begin).await? {
            Response::Free => {}
            other => return Err(refusal(&other)),
        }
        let Outcome::Hashed(password_hash) = self.hash(&name_key, &Work::Hash { password }).await? else {
            return Err(worker::Error::from("the hasher refused an acceptable password").into());
        };
        let username = username.as_str().to_owned();
        let register = requests::Request::Register { name_key, username, password_hash, address };
        Ok(welcome(201, &self.token_pair(register).await?, "Your account has been created."))
    }

    /// `POST /api/auth/login`. A wrong password and an unknown user get the same answer after the same work.
    pub async fn log_in(self, request: &Request) -> Result<Reply, Failure> {
        let address = request.client_address();
        let Credentials { username, password } = json_body::read(request, CREDENTIALS).await?;
        // What cannot be a name is a name that nobody has.
        let name_key =
            Username::parse(&username).map_or_else(|_| String::new(), |name| name.key().to_owned());
        let begin = requests::Request::BeginLogin { name_key: name_key.clone(), address: address.clone() };
        let (hash, dearest) = match self.ask_room(begin).await? {
            Response::Comparison { hash, dearest } => (hash, dearest),
            other => return Err(refusal(&other)),
        };
        let verify = Work::Verify { password, hash: hash.clone(), dearest };
        let outcome = self.hash(&name_key, &verify).await?;
        let (Outcome::Right { rehash }, Some(password_hash)) = (outcome, hash) else {
            return Err(wrong_credentials().into());
        };
        let log_in = requests::Request::LogIn { name_key, password_hash, rehash, address };
        Ok(welcome(200, &self.token_pair(log_in).await?, "You are logged in."))
    }

    /// `POST /api/auth/refresh`.
    pub async fn refresh(self, request: &Request) -> Result<Reply, Failure> {
        let Renewal { refresh_token } = json_body::read(request, RENEWAL).await?;
        Ok(tokens(&self.token_pair(requests::Request::Refresh { refresh_token }).await?))
    }

    /// `POST /api/auth/logout`. It makes no difference whether the session had ended before.
    pub async fn log_out(self, request: &Request) -> Result<Reply, Failure> {
        let Renewal { refresh_token } = json_body::read(request, RENEWAL).await?;
        match self.ask_room(requests::Request::LogOut { refresh_token }).await? {
            Response::LoggedOut => Ok(Reply::empty(204)),
            other => Err(refusal(&other)),
        }
    }

    /// `POST /api/auth/password`.
    pub async fn change_password(self, request: &Request) -> Result<Reply, Failure> {
        let address = request.client_address();
        let caller = bearer::caller(request, self.config)?;
        let PasswordChange { current_password: current, new_password: new } =
            json_body::read(request, PASSWORD_CHANGE).await?;
        self.parse_new(&new)?.check_uncommon(&caller.name_key)?;
        let begin =
            requests::Request::BeginPasswordChange { caller: caller.clone(), address: address.clone() };
        let before = match self.ask_room(begin).await? {
            Response::Hash(hash) => hash,
            other => return Err(refusal(&other)),
        };
        let replace = Work::Replace { current, new, hash: before.clone() };
        let Outcome::Hashed(after) = self.hash(&caller.name_key, &replace).await? else {
            return Err(wrong_password().into());
        };
        let change = requests::Request::ChangePassword { caller, before, after, address };
        Ok(tokens(&self.token_pair(change).await?))
    }

    /// `GET /api/auth/me`.
    pub async fn describe(self, request: &Request) -> Result<Reply, Failure> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Me {
            username: String,
            created_at: String,
        }

        let caller = bearer::caller(request, self.config)?;
        match self.ask_room(requests::Request::Describe { caller }).await? {
            Response::User { username, created_at } => Ok(Reply::json(200, &Me { username, created_at })),
            other => Err(refusal(&other)),
        }
    }

    /// `GET /api/ice-servers`. The credentials are the user's own, whose login has not ended.
    pub async fn ice_servers(self, request: &Request) -> Result<Reply, Failure> {
        let caller = bearer::caller(request, self.config)?;
        let pseudonym = ice::pseudonym(&self.config.tokens(), &caller.name_key);
        if let Some(Turn::Cloudflare { .. }) = self.config.ice.turn {
            return match self.room.ask(&Question::TurnCredentials { caller }).await? {
                TurnAnswer::Given { turn, asked_at } => {
                    Ok(ice_reply::servers_with(&self.config.ice, turn, asked_at))
                }
                TurnAnswer::Missing => Ok(ice_reply::servers(&self.config.ice, &pseudonym)),
                TurnAnswer::Ended => Err(Refusal::from(TokenError::Revoked).into()),
            };
        }
        match self.ask_room(requests::Request::Describe { caller }).await? {
            Response::User { .. } => Ok(ice_reply::servers(&self.config.ice, &pseudonym)),
            other => Err(refusal(&other)),
        }
    }

    /// Reads a password that somebody wants to have from now on.
    fn parse_new(&self, password: &str) -> Result<Password, Refusal> {
        Password::parse(password, self.config.password_min_chars)
    }

    /// The session that the room begins or goes on with.
    async fn token_pair(&self, question: requests::Request) -> Result<TokenPair, Failure> {
        match self.ask_room(question).await? {
            Response::TokenPair(pair) => Ok(pair),
            other => Err(refusal(&other)),
        }
    }

    async fn ask_room(&self, question: requests::Request) -> Result<Response> {
        self.room.ask(&Question::Account(question)).await
    }

    async fn hash(&self, name_key: &str, work: &Work) -> Result<Outcome> {
        Object::named(self.env, "PASSWORD_HASHER", name_key)?.ask(work).await
    }
}

/// The reply to a client that has registered or logged in. Frontends of the original server show `message`.
fn welcome(status: u16, pair: &TokenPair, message: &str) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Welcome<'a> {
        token: &'a str,
        username: &'a str,
        message: &'a str,
        refresh_token: &'a str,
        expires_at: &'a str,
    }

    let TokenPair { token, username, refresh_token, expires_at } = pair;
    secret(Reply::json(status, &Welcome { token, username, message, refresh_token, expires_at }))
}

/// The reply to a client that goes on with a new pair of tokens.
fn tokens(pair: &TokenPair) -> Reply {
    secret(Reply::json(200, pair))
}

/// The same reply, which old proxies are told not to keep either.
fn secret(reply: Reply) -> Reply {
    reply.with_header("Pragma", "no-cache")
}

/// What a client is told when the room says no.
fn refusal(response: &Response) -> Failure {
    match response {
        Response::Taken => taken().into(),
        Response::Unknown => wrong_credentials().into(),
        Response::Ended => TokenError::Revoked.into(),
        Response::TooMany { retry_after_ms } => too_many(Duration::from_millis(*retry_after_ms)).into(),
        _ => worker::Error::from("the room answered something else").into(),
    }
}

fn taken() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "username_taken", "This username is already taken.")
}

fn wrong_credentials() -> Refusal {
    Refusal::new(RefusalKind::Unauthenticated, "invalid_credentials", "Wrong username or password.")
}

/// Not 401: the caller has shown who they are, and need not sign in again.
fn wrong_password() -> Refusal {
    Refusal::new(RefusalKind::Forbidden, "wrong_password", "The current password is wrong.")
}

fn too_many(retry_after: Duration) -> Refusal {
    Refusal::too_many("too_many_attempts", "Too many attempts. Please try again later.", retry_after)
}
