//! What the edge, which holds no data of its own, asks about accounts; each question is answered in one step.
//!
//! A password is compared between two of them: the first gives its hash, the second begins a session if the hash is still
//! the one that was compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::attempts::{self, Attempts, TooMany};
use super::import::{self, Entry, Verdict};
use super::logins::{self, Exchange, LoginId, RefreshToken, Renewed, Revocation, Revoked, SuccessorKey};
use super::token::Tokens;
use super::username::Username;
use super::users;
use crate::storage::{Storage, StorageError};
use engineio::Address;
use engineio::Context;
use engineio::Time;

/// A question. Names are given as they are compared, hashes in PHC string form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Whether a name is free; asked before the work of hashing is done.
    BeginRegistration {
        /// The name.
        name_key: String,
        /// Where the request comes from.
        address: Option<Address>,
    },
    /// Creates a user, unless the name is taken by now, and begins a session.
    Register {
        /// The name.
        name_key: String,
        /// The name as it is shown.
        username: String,
        /// The hash of the password.
        password_hash: String,
        /// Where the request comes from.
        address: Option<Address>,
    },
    /// The hash that a password has to be compared with.
    BeginLogin {
        /// The name.
        name_key: String,
        /// Where the request comes from.
        address: Option<Address>,
    },
    /// Begins a session: the password was the right one.
    LogIn {
        /// The name.
        name_key: String,
        /// The hash that the password was compared with.
        password_hash: String,
        /// A hash of today's kind and work to replace it with.
        rehash: Option<String>,
        /// Where the request comes from.
        address: Option<Address>,
    },
    /// Takes a refresh token in exchange for the next one.
    Refresh {
        /// As the client sent it.
        refresh_token: String,
    },
    /// Ends a session.
    LogOut {
        /// As the client sent it.
        refresh_token: String,
    },
    /// What the current password of the caller has to be compared with.
    BeginPasswordChange {
        /// Whose.
        caller: Caller,
        /// Where the request comes from.
        address: Option<Address>,
    },
    /// Replaces a password and ends every session of the user but the caller's.
    ChangePassword {
        /// Whose.
        caller: Caller,
        /// The hash that the current password was compared with.
        before: String,
        /// The hash of the new one.
        after: String,
        /// Where the request comes from.
        address: Option<Address>,
    },
    /// Who the caller is.
    Describe {
        /// The caller.
        caller: Caller,
    },
    /// Brings over accounts of another server.
    Import {
        /// The accounts, at most [`import::MAX_ENTRIES`].
        entries: Vec<Entry>,
        /// Whether anything is written; otherwise the entries are only judged.
        write: bool,
    },
}

/// Whom a valid access token speaks for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Caller {
    /// The name as it is compared.
    pub name_key: String,
    /// The login that the token belongs to.
    #[serde(rename = "family")]
    pub login: Option<LoginId>,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The name is nobody's.
    Free,
    /// The name belongs to somebody.
    Taken,
    /// The hash that a login is compared with, and the work of refusing it.
    Comparison {
        /// The hash of the user's password; `None` if there is no such user.
        hash: Option<String>,
        /// The work that every refused login costs at least, in rounds: see [`users::dearest_work`].
        dearest: u32,
    },
    /// The hash that the current password has to be compared with.
    Hash(String),
    /// There is no such user, or the password has been changed meanwhile.
    Unknown,
    /// A session has begun or goes on.
    TokenPair(TokenPair),
    /// What was shown to prove a session is none, or of one that has ended.
    Ended,
    /// The session has ended, if there was one.
    LoggedOut,
    /// There were too many attempts.
    TooMany {
        /// How long to wait, in milliseconds.
        retry_after_ms: u64,
    },
    /// Who the caller is.
    User {
        /// The name as it is shown.
        username: String,
        /// When the user registered, in ISO 8601.
        created_at: String,
    },
    /// A verdict for each entry, in their order.
    Imported(Vec<Verdict>),
}

/// What a client gets that has shown who it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenPair {
    /// The access token.
    pub token: String,
    /// The name as it is shown.
    pub username: String,
    /// The means to get the next pair; good for one use.
    pub refresh_token: String,
    /// When the access token expires, in ISO 8601.
    pub expires_at: String,
}

/// Shows whose it is, not the tokens.
impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenPair(of {}, redacted, expires {})", self.username, self.expires_at)
    }
}

/// The accounts of a room.
pub struct Accounts<S> {
    storage: S,
    tokens: Tokens,
    logins: logins::Settings,
    successors: SuccessorKey,
    attempts: Attempts<S>,
}

impl<S: Storage + Clone> Accounts<S> {
    /// The accounts in a database of the current version.
    pub fn new(storage: S, tokens: Tokens, logins: logins::Settings, limits: attempts::Limits) -> Self {
        Self {
            attempts: Attempts::new(storage.clone(), &tokens, limits),
            successors: SuccessorKey::new(&tokens),
            storage,
            tokens,
            logins,
        }
    }

    /// Issues and verifies access tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Whether the session that an access token is of has not ended. A token without a login was made by somebody else who has
    /// the secret; it is valid until it expires.
    ///
    /// # Errors
    /// The database fails.
    pub fn is_alive(&self, now: Time, name_key: &str, login: Option<&LoginId>) -> Result<bool, StorageError> {
        match login {
            Some(login) => logins::is_alive(&self.storage, now, login, name_key),
            None => Ok(true),
        }
    }

    /// Answers a question. What is revoked by it concerns the sockets too.
    ///
    /// # Errors
    /// The database fails; then nothing has changed.
    pub fn answer(
        &self,
        cx: &mut Context<'_>,
        request: &Request,
    ) -> Result<(Response, Option<Revocation>), StorageError> {
        let mut outcome = None;
        self.storage.transaction(&mut || {
            outcome = Some(self.carry_out(cx, request)?);
            Ok(())
        })?;
        outcome.ok_or_else(|| StorageError("a transaction was not carried out".to_owned()))
    }

    fn carry_out(
        &self,
        cx: &mut Context<'_>,
        request: &Request,
    ) -> Result<(Response, Option<Revocation>), StorageError> {
        let response = match request {
            Request::BeginRegistration { name_key, address } => {
                match self.attempts.register(cx.now, address.as_ref())? {
                    Err(too_many) => too_many.into(),
                    Ok(()) if users::find(&self.storage, name_key)?.is_some() => Response::Taken,
                    Ok(()) => Response::Free,
                }
            }
            Request::Register { name_key, username, password_hash, address } => {
                if !users::create(&self.storage, cx.now, name_key, username, password_hash)? {
                    return Ok((Response::Taken, None));
                }
                self.attempts.remember_address(cx.now, name_key, address.as_ref())?;
                return self.log_in(cx, name_key, username);
            }
            Request::BeginLogin { name_key, address } => {
                let attempt = self.attempts.begin(cx.now, name_key, address.as_ref())?;
                let user = users::find(&self.storage, name_key)?;
                let dearest = users::dearest_work(&self.storage)?;
                match attempt {
                    Err(too_many) => too_many.into(),
                    Ok(()) => Response::Comparison { hash: user.map(|user| user.password_hash), dearest },
                }
            }
            Request::LogIn { name_key, password_hash, rehash, address } => {
                let user = users::find(&self.storage, name_key)?;
                let Some(user) = user.filter(|user| user.password_hash == *password_hash) else {
                    return Ok((Response::Unknown, None));
                };
                self.attempts.succeeded(cx.now, name_key, address.as_ref())?;
                if let Some(rehash) = rehash {
                    users::replace_hash(&self.storage, name_key, password_hash, rehash)?;
                }
                return self.log_in(cx, name_key, &user.username);
            }
            Request::Refresh { refresh_token } => return self.refresh(cx, refresh_token),
            Request::LogOut { refresh_token } => {
                let revocation = match RefreshToken::parse(refresh_token) {
                    Some(token) => logins::end(&self.storage, &token)?,
                    None => None,
                };
                return Ok((Response::LoggedOut, revocation));
            }
            Request::BeginPasswordChange { caller, address } => match self.user(cx.now, caller)? {
                Some(user) => match self.attempts.begin(cx.now, &caller.name_key, address.as_ref())? {
                    Ok(()) => Response::Hash(user.password_hash),
                    Err(too_many) => too_many.into(),
                },
                None => Response::Ended,
            },
            Request::ChangePassword { caller, before, after, address } => {
                return self.change_password(cx, caller, (before, after), address.as_ref());
            }
            Request::Describe { caller } => match self.user(cx.now, caller)? {
                Some(user) => {
                    Response::User { username: user.username, created_at: user.created_at.to_string() }
                }
                None => Response::Ended,
            },
            Request::Import { entries, write } => {
                Response::Imported(import::import(&self.storage, cx.now, entries, *write)?)
            }
        };
        Ok((response, None))
    }

    /// The user whom a caller is, unless the session has ended.
    fn user(&self, now: Time, caller: &Caller) -> Result<Option<users::User>, StorageError> {
        if !self.is_alive(now, &caller.name_key, caller.login.as_ref())? {
            return Ok(None);
        }
        users::find(&self.storage, &caller.name_key)
    }

    fn log_in(
        &self,
        cx: &mut Context<'_>,
        name_key: &str,
        username: &str,
    ) -> Result<(Response, Option<Revocation>), StorageError> {
        let (renewed, ended) = logins::begin(&self.storage, cx.entropy, cx.now, self.logins, name_key)?;
        let revocation = (!ended.is_empty())
            .then(|| Revocation { name_key: name_key.to_owned(), revoked: Revoked::Logins(ended) });
        Ok((self.token_pair(username, renewed)?, revocation))
    }

    fn refresh(
        &self,
        cx: &mut Context<'_>,
        refresh_token: &str,
    ) -> Result<(Response, Option<Revocation>), StorageError> {
        let Some(token) = RefreshToken::parse(refresh_token) else { return Ok((Response::Ended, None)) };
        match logins::exchange(&self.storage, cx, self.logins, &self.successors, &token)? {
            Exchange::Renewed { name_key, renewed } => match users::find(&self.storage, &name_key)? {
                Some(user) => Ok((self.token_pair(&user.username, renewed)?, None)),
                None => Ok((Response::Ended, None)),
            },
            Exchange::Unknown => Ok((Response::Ended, None)),
            Exchange::Reused(revocation) => Ok((Response::Ended, Some(revocation))),
        }
    }

    fn change_password(
        &self,
        cx: &mut Context<'_>,
        caller: &Caller,
        (before, after): (&str, &str),
        address: Option<&Address>,
    ) -> Result<(Response, Option<Revocation>), StorageError> {
        let Caller { name_key, login } = caller;
        let Some(user) = self.user(cx.now, caller)? else { return Ok((Response::Ended, None)) };
        if !users::replace_hash(&self.storage, name_key, before, after)? {
            return Ok((Response::Unknown, None));
        }
        self.attempts.succeeded(cx.now, name_key, address)?;
        let whose = (name_key.as_str(), login.as_ref());
        let (renewed, revocation) =
            logins::begin_alone(&self.storage, cx.entropy, cx.now, self.logins, whose)?;
        Ok((self.token_pair(&user.username, renewed)?, Some(revocation)))
    }

    fn token_pair(&self, username: &str, renewed: Renewed) -> Result<Response, StorageError> {
        let username = Username::parse(username)
            .map_err(|_| StorageError("a stored username is not well formed".to_owned()))?;
        let issued = self.tokens.issue(&username, Some(&renewed.login), renewed.at);
        Ok(Response::TokenPair(TokenPair {
            token: issued.token,
            username: username.as_str().to_owned(),
            refresh_token: renewed.token.reveal(),
            expires_at: issued.expires_at.to_string(),
        }))
    }
}

impl From<TooMany> for Response {
    fn from(too_many: TooMany) -> Self {
        let millis = too_many.retry_after.as_millis();
        Self::TooMany { retry_after_ms: u64::try_from(millis).unwrap_or(u64::MAX) }
    }
}
