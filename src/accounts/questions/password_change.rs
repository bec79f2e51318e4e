//! The change of a password.

use engineio::{Address, Context};
use serde::{Deserialize, Serialize};

use super::AccountQuestion;
use crate::accounts::caller::Caller;
use crate::accounts::logins::{self, Revocation};
use crate::accounts::refusals::wrong_credentials;
use crate::accounts::{Accounts, TokenPair, users};
use crate::questions::Question;
use crate::refusal::Failure;
use crate::storage::Storage;

/// Asks for the hash to compare the current password with.
#[derive(Serialize, Deserialize)]
pub struct BeginPasswordChange {
    /// The asking user.
    pub caller: Caller,
    /// The client's address.
    pub address: Option<Address>,
}

/// Replaces a password, ends every login of the user, and begins a new one for the caller.
#[derive(Serialize, Deserialize)]
pub struct ChangePassword {
    /// The asking user.
    pub caller: Caller,
    /// The hash that the current password was compared with.
    pub before: String,
    /// The hash of the new password.
    pub after: String,
    /// The client's address.
    pub address: Option<Address>,
}

impl Question for BeginPasswordChange {
    const NAME: &'static str = "begin_password_change";
    /// The hash of the current password.
    type Answer = String;
}

impl Question for ChangePassword {
    const NAME: &'static str = "change_password";
    type Answer = TokenPair;
}

impl AccountQuestion for BeginPasswordChange {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        _revoked: &mut Option<Revocation>,
    ) -> Result<String, Failure> {
        let user = accounts.user(cx.now, &self.caller)?;
        accounts.attempts.begin(cx.now, &self.caller.name_key, self.address.as_ref())??;
        Ok(user.password_hash)
    }
}

impl AccountQuestion for ChangePassword {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        revoked: &mut Option<Revocation>,
    ) -> Result<TokenPair, Failure> {
        let Self { caller: Caller { name_key, login }, before, after, address } = self;
        let user = accounts.user(cx.now, &self.caller)?;
        if !users::replace_hash(&accounts.storage, name_key, before, after)? {
            return Err(wrong_credentials().into());
        }
        accounts.attempts.succeeded(cx.now, name_key, address.as_ref())?;
        let owner = (name_key.as_str(), login.as_ref());
        let (renewed, revocation) =
            logins::begin_alone(&accounts.storage, cx.entropy, cx.now, accounts.logins, owner)?;
        *revoked = Some(revocation);
        Ok(accounts.token_pair(&user.username, renewed)?)
    }
}
