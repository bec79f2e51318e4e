//! Login by password.

use engineio::{Address, Context};
use serde::{Deserialize, Serialize};

use super::AccountQuestion;
use crate::accounts::logins::Revocation;
use crate::accounts::refusals::wrong_credentials;
use crate::accounts::{Accounts, TokenPair, users};
use crate::questions::Question;
use crate::refusal::Failure;
use crate::storage::Storage;

/// Asks for the hash to compare a password with.
#[derive(Serialize, Deserialize)]
pub struct BeginLogin {
    /// The name.
    pub name_key: String,
    /// The client's address.
    pub address: Option<Address>,
}

/// The work of a login.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// The hash of the user's password; `None` if there is no such user.
    pub hash: Option<String>,
    /// The least work of a refused login, in rounds: see [`users::dearest_work`].
    pub dearest: u32,
}

/// Begins a login after the password was found right.
#[derive(Serialize, Deserialize)]
pub struct LogIn {
    /// The name.
    pub name_key: String,
    /// The hash that the password was compared with.
    pub password_hash: String,
    /// A replacement for an outdated hash.
    pub rehash: Option<String>,
    /// The client's address.
    pub address: Option<Address>,
}

impl Question for BeginLogin {
    const NAME: &'static str = "begin_login";
    type Answer = Comparison;
}

impl Question for LogIn {
    const NAME: &'static str = "log_in";
    type Answer = TokenPair;
}

impl AccountQuestion for BeginLogin {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        _revoked: &mut Option<Revocation>,
    ) -> Result<Comparison, Failure> {
        let attempt = accounts.attempts.begin(cx.now, &self.name_key, self.address.as_ref())?;
        let user = users::find(&accounts.storage, &self.name_key)?;
        let dearest = users::dearest_work(&accounts.storage)?;
        attempt?;
        Ok(Comparison { hash: user.map(|user| user.password_hash), dearest })
    }
}

impl AccountQuestion for LogIn {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        revoked: &mut Option<Revocation>,
    ) -> Result<TokenPair, Failure> {
        let Self { name_key, password_hash, rehash, address } = self;
        let user = users::find(&accounts.storage, name_key)?;
        let user = user.filter(|user| user.password_hash == *password_hash).ok_or_else(wrong_credentials)?;
        accounts.attempts.succeeded(cx.now, name_key, address.as_ref())?;
        if let Some(rehash) = rehash {
            users::replace_hash(&accounts.storage, name_key, password_hash, rehash)?;
        }
        accounts.begin_login(cx, name_key, &user.username, revoked)
    }
}
