//! Accounts: usernames ([`username`]), passwords ([`password`]), access tokens ([`token`]), [`logins`], limits on guessing
//! ([`attempts`]) and the stored [`users`]. The Worker asks about them in [`questions`]. An [`import`] brings accounts of a Node
//! server over, with their hashes ([`bcrypt`]).
//!
//! Salts, times and randomness are arguments. [`hashing`] is expensive; the shell chooses the object that does it.

pub mod attempts;
pub mod bcrypt;
pub mod bodies;
pub mod caller;
mod hash_error;
pub mod hashing;
pub mod import;
mod login_id;
pub mod logins;
pub mod password;
pub mod questions;
mod refusals;
pub mod token;
mod token_pair;
pub mod username;
pub mod users;

pub use token_pair::TokenPair;

use engineio::{Context, Time};

use crate::refusal::{Failure, Refusal};
use crate::storage::{Storage, StorageError};
use attempts::Attempts;
use caller::Caller;
use logins::{LoginId, Renewed, Revocation, Revoked, SuccessorKey};
use questions::AccountQuestion;
use token::{TokenError, Tokens};
use username::Username;
use users::User;

/// The accounts of a room.
pub struct Accounts<S> {
    storage: S,
    tokens: Tokens,
    logins: logins::Settings,
    successors: SuccessorKey,
    attempts: Attempts<S>,
}

/// The response to a question, and the logins that ended with it.
pub type Settled<A> = (Result<A, Refusal>, Option<Revocation>);

impl<S: Storage + Clone> Accounts<S> {
    /// Uses the accounts in a database of the current version.
    pub fn new(storage: S, tokens: Tokens, logins: logins::Settings, limits: attempts::Limits) -> Self {
        Self {
            attempts: Attempts::new(storage.clone(), &tokens, limits),
            successors: SuccessorKey::new(&tokens),
            storage,
            tokens,
            logins,
        }
    }

    /// Returns the issuer and verifier of access tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Returns whether the login of an access token goes on. A token without a login, which another program made with the secret,
    /// is valid until it expires.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn is_alive(&self, now: Time, name_key: &str, login: Option<&LoginId>) -> Result<bool, StorageError> {
        match login {
            Some(login) => logins::is_alive(&self.storage, now, login, name_key),
            None => Ok(true),
        }
    }

    /// Answers a question in one transaction. The sockets of revoked logins must be disconnected.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing has changed.
    pub fn answer<Q: AccountQuestion>(
        &self,
        cx: &mut Context<'_>,
        question: &Q,
    ) -> Result<Settled<Q::Answer>, StorageError> {
        let mut settled = None;
        self.storage.transaction(&mut || {
            let mut revoked = None;
            let response = match question.answer(self, cx, &mut revoked) {
                Ok(answer) => Ok(answer),
                Err(Failure::Refused(refusal)) => Err(refusal),
                Err(Failure::Storage(error)) => return Err(error),
            };
            settled = Some((response, revoked));
            Ok(())
        })?;
        settled.ok_or_else(|| StorageError("a transaction was not carried out".to_owned()))
    }

    /// Finds the user of a caller whose login goes on.
    fn user(&self, now: Time, caller: &Caller) -> Result<User, Failure> {
        let revoked = || Refusal::from(TokenError::Revoked);
        if !self.is_alive(now, &caller.name_key, caller.login.as_ref())? {
            return Err(revoked().into());
        }
        Ok(users::find(&self.storage, &caller.name_key)?.ok_or_else(revoked)?)
    }

    fn begin_login(
        &self,
        cx: &mut Context<'_>,
        name_key: &str,
        username: &str,
        revoked: &mut Option<Revocation>,
    ) -> Result<TokenPair, Failure> {
        let (renewed, ended) = logins::begin(&self.storage, cx.entropy, cx.now, self.logins, name_key)?;
        if !ended.is_empty() {
            *revoked = Some(Revocation { name_key: name_key.to_owned(), revoked: Revoked::Logins(ended) });
        }
        Ok(self.token_pair(username, renewed)?)
    }

    fn token_pair(&self, username: &str, renewed: Renewed) -> Result<TokenPair, StorageError> {
        let username = Username::parse(username)
            .map_err(|_| StorageError("a stored username is not well formed".to_owned()))?;
        let issued = self.tokens.issue(&username, Some(&renewed.login), renewed.at);
        Ok(TokenPair {
            token: issued.token,
            username: username.as_str().to_owned(),
            refresh_token: renewed.token.reveal(),
            expires_at: issued.expires_at.to_string(),
        })
    }
}
