//! `/api/auth`: the routes about accounts, between the client, the room that has the users, and the hasher of the account.

use serde::Serialize;
use socketio_durable::object::Object;
use socketio_durable::{Reply, Request};
use worker::{Env, Result};

use super::ask::ask;
use super::failure::Failure;
use super::{bearer, json_body};
use crate::accounts::TokenPair;
use crate::accounts::bodies::{Credentials, PasswordChange, Renewal};
use crate::accounts::hashing::{Hash, Replace, Verified, Verify, Work};
use crate::accounts::questions::{
    BeginLogin, BeginPasswordChange, BeginRegistration, ChangePassword, Comparison, Describe, LogIn, LogOut,
    Refresh, Register,
};
use crate::config::Config;

/// The routes, for one request.
pub struct Auth<'a> {
    env: &'a Env,
    config: &'a Config,
    room: Object,
}

impl<'a> Auth<'a> {
    /// Uses the accounts of a room.
    ///
    /// # Errors
    /// The platform fails.
    pub fn new(env: &'a Env, config: &'a Config, room: &str) -> Result<Self> {
        Ok(Self { env, config, room: Object::named(env, "ROOM", room)? })
    }

    /// Answers `POST /api/auth/register`.
    ///
    /// # Errors
    /// As with every route, the request is refused, or the platform fails.
    pub async fn register(self, request: &Request) -> Result<Reply, Failure> {
        let address = request.client_address();
        let credentials: Credentials = json_body::read(request).await?;
        let username = credentials.check_new(self.config.password_min_chars)?;
        let name_key = username.key().to_owned();
        // Spares the work of hashing if the name is taken; `Register` decides.
        ask(&self.room, &BeginRegistration { name_key: name_key.clone(), address: address.clone() }).await?;
        let password_hash = self.hash(&name_key, &Hash { password: credentials.password }).await?;
        let username = username.as_str().to_owned();
        let pair = ask(&self.room, &Register { name_key, username, password_hash, address }).await?;
        Ok(welcome(201, &pair, "Your account has been created."))
    }

    /// Answers `POST /api/auth/login`. A wrong password and an unknown user get the same response after the same work.
    pub async fn log_in(self, request: &Request) -> Result<Reply, Failure> {
        let address = request.client_address();
        let credentials: Credentials = json_body::read(request).await?;
        let name_key = credentials.name_key();
        let begin = BeginLogin { name_key: name_key.clone(), address: address.clone() };
        let Comparison { hash, dearest } = ask(&self.room, &begin).await?;
        let verify = Verify { password: credentials.password, hash: hash.clone(), dearest };
        let Verified { rehash } = self.hash(&name_key, &verify).await?;
        // The hasher has refused an unknown user, who has no hash.
        let password_hash = hash.unwrap_or_default();
        let pair = ask(&self.room, &LogIn { name_key, password_hash, rehash, address }).await?;
        Ok(welcome(200, &pair, "You are logged in."))
    }

    /// Answers `POST /api/auth/refresh`.
    pub async fn refresh(self, request: &Request) -> Result<Reply, Failure> {
        let Renewal { refresh_token } = json_body::read(request).await?;
        Ok(tokens(&ask(&self.room, &Refresh { refresh_token }).await?))
    }

    /// Answers `POST /api/auth/logout`, alike whether or not the login had ended before.
    pub async fn log_out(self, request: &Request) -> Result<Reply, Failure> {
        let Renewal { refresh_token } = json_body::read(request).await?;
        ask(&self.room, &LogOut { refresh_token }).await?;
        Ok(Reply::empty(204))
    }

    /// Answers `POST /api/auth/password`.
    pub async fn change_password(self, request: &Request) -> Result<Reply, Failure> {
        let address = request.client_address();
        let caller = bearer::caller(request, self.config)?;
        let change: PasswordChange = json_body::read(request).await?;
        change.check_new(self.config.password_min_chars, &caller.name_key)?;
        let begin = BeginPasswordChange { caller: caller.clone(), address: address.clone() };
        let before = ask(&self.room, &begin).await?;
        let PasswordChange { current_password: current, new_password: new } = change;
        let after = self.hash(&caller.name_key, &Replace { current, new, hash: before.clone() }).await?;
        Ok(tokens(&ask(&self.room, &ChangePassword { caller, before, after, address }).await?))
    }

    /// Answers `GET /api/auth/me`.
    pub async fn describe(self, request: &Request) -> Result<Reply, Failure> {
        let caller = bearer::caller(request, self.config)?;
        Ok(Reply::json(200, &ask(&self.room, &Describe { caller }).await?))
    }

    async fn hash<Q: Work>(&self, name_key: &str, work: &Q) -> Result<Q::Answer, Failure> {
        ask(&Object::named(self.env, "PASSWORD_HASHER", name_key)?, work).await
    }
}

/// Replies to a client that has registered or logged in. Frontends of the original server show `message`.
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

/// Replies to a client whose login was renewed.
fn tokens(pair: &TokenPair) -> Reply {
    secret(Reply::json(200, pair))
}

/// Tells old proxies too not to store the reply.
fn secret(reply: Reply) -> Reply {
    reply.with_header("Pragma", "no-cache")
}
