//! Registration.

use engineio::{Address, Context};
use serde::{Deserialize, Serialize};

use super::AccountQuestion;
use crate::accounts::logins::Revocation;
use crate::accounts::refusals::username_taken;
use crate::accounts::{Accounts, TokenPair, users};
use crate::questions::Question;
use crate::refusal::Failure;
use crate::storage::Storage;

/// Asks whether a name is free, before a password is hashed for it.
#[derive(Serialize, Deserialize)]
pub struct BeginRegistration {
    /// The name.
    pub name_key: String,
    /// The client's address.
    pub address: Option<Address>,
}

/// Creates a user unless the name has been taken meanwhile, and begins a login.
#[derive(Serialize, Deserialize)]
pub struct Register {
    /// The name.
    pub name_key: String,
    /// The displayed name.
    pub username: String,
    /// The hash of the password.
    pub password_hash: String,
    /// The client's address.
    pub address: Option<Address>,
}

impl Question for BeginRegistration {
    const NAME: &'static str = "begin_registration";
    type Answer = ();
}

impl Question for Register {
    const NAME: &'static str = "register";
    type Answer = TokenPair;
}

impl AccountQuestion for BeginRegistration {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        _revoked: &mut Option<Revocation>,
    ) -> Result<(), Failure> {
        accounts.attempts.register(cx.now, self.address.as_ref())??;
        match users::find(&accounts.storage, &self.name_key)? {
            Some(_) => Err(username_taken().into()),
            None => Ok(()),
        }
    }
}

impl AccountQuestion for Register {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        revoked: &mut Option<Revocation>,
    ) -> Result<TokenPair, Failure> {
        let Self { name_key, username, password_hash, address } = self;
        if !users::create(&accounts.storage, cx.now, name_key, username, password_hash)? {
            return Err(username_taken().into());
        }
        accounts.attempts.remember_address(cx.now, name_key, address.as_ref())?;
        accounts.begin_login(cx, name_key, username, revoked)
    }
}
