//! The renewal and the end of a login.

use engineio::Context;
use serde::{Deserialize, Serialize};

use super::AccountQuestion;
use crate::accounts::logins::{self, Exchange, RefreshToken, Revocation};
use crate::accounts::token::TokenError;
use crate::accounts::{Accounts, TokenPair, users};
use crate::questions::Question;
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

/// Exchanges a refresh token for the next token pair.
#[derive(Serialize, Deserialize)]
pub struct Refresh {
    /// The token as the client sent it.
    pub refresh_token: String,
}

/// Ends a login, if there is one.
#[derive(Serialize, Deserialize)]
pub struct LogOut {
    /// The token as the client sent it.
    pub refresh_token: String,
}

impl Question for Refresh {
    const NAME: &'static str = "refresh";
    type Answer = TokenPair;
}

impl Question for LogOut {
    const NAME: &'static str = "log_out";
    type Answer = ();
}

impl AccountQuestion for Refresh {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        revoked: &mut Option<Revocation>,
    ) -> Result<TokenPair, Failure> {
        let ended = || Refusal::from(TokenError::Revoked);
        let token = RefreshToken::parse(&self.refresh_token).ok_or_else(ended)?;
        let Accounts { storage, logins: settings, successors, .. } = accounts;
        match logins::exchange(storage, cx, *settings, successors, &token)? {
            Exchange::Renewed { name_key, renewed } => {
                let user = users::find(storage, &name_key)?.ok_or_else(ended)?;
                Ok(accounts.token_pair(&user.username, renewed)?)
            }
            Exchange::Unknown => Err(ended().into()),
            Exchange::Reused(revocation) => {
                *revoked = Some(revocation);
                Err(ended().into())
            }
        }
    }
}

impl AccountQuestion for LogOut {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        _cx: &mut Context<'_>,
        revoked: &mut Option<Revocation>,
    ) -> Result<(), Failure> {
        if let Some(token) = RefreshToken::parse(&self.refresh_token) {
            *revoked = logins::end(&accounts.storage, &token)?;
        }
        Ok(())
    }
}
